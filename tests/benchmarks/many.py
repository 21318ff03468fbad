"""Time and memory of a command on many environments.

python -m tests.benchmarks.many [RUNS]   (Linux)

Every web server answers after two seconds. The floor of twenty environments is the command on the slowest of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from mwaa_shell.history import Search
from mwaa_shell.session import Session, UserInterface
from mwaa_shell.settings import Access, AccessKey, Settings
from tests.benchmarks.long_output import peak_of
from tests.conftest import scrubbed
from tests.double import HEAD_RESPONSE, Double, Request, command_response
from tests.sessions import execute

#: Seconds until a web server answers; how many environments run a command at once, and how many there are.
ANSWER, SOME, MOST = 2.0, 20, 100
DAGS = json.dumps([{"dag_id": f"team_{number:02}_load", "owners": "me"} for number in range(20)]).encode()


def serve(seconds: float) -> None:
    """Serve as MWAA until standard input ends. Print the port and the certificate."""
    double = Double(tuple(f"etl-{number:03}" for number in range(MOST)))
    waiting = threading.Event()

    def web(request: Request) -> bytes:
        if request.method == "HEAD":
            return HEAD_RESPONSE
        waiting.wait(seconds)
        return command_response(DAGS)

    double.web.behave = web
    print(json.dumps([double.aws.port, double.authority.cert_pem.bytes().decode()]), flush=True)
    sys.stdin.read()


@contextmanager
def servers(seconds: float, folder: Path) -> Iterator[Session]:
    """Yield a session on servers in a process of their own."""
    argv = [sys.executable, "-m", "tests.benchmarks.many", "--serve", str(seconds)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        port, certificate = json.loads(process.stdout.readline())
        (folder / "ca.pem").write_text(certificate)
        keys = AccessKey("AKIDEXAMPLE", "not-a-secret")
        url = f"http://127.0.0.1:{port}"
        access = Access(region="eu-west-1", endpoint_url=url, ca_bundle=str(folder / "ca.pem"), keys=keys, direct=True)
        session = Session(Settings(environment="etl-000", access=access), UserInterface())
        try:
            yield session
        finally:
            session.close()
            process.terminate()


def timed(session: Session, line: str) -> float:
    """Return the seconds that a line takes."""
    began = time.perf_counter()
    result = execute(session, line)
    assert result.ok, result.message
    return time.perf_counter() - began


def measure(jobs: str, folder: Path) -> list[float]:
    """Return the MB that environments add; with ``jobs``, seconds instead."""
    if not jobs:
        with servers(0.0, folder) as session:
            timed(session, "dags list")
            before = peak_of(os.getpid())
            timed(session, ".on all dags list")
            return [peak_of(os.getpid()) - before]
    with servers(ANSWER, folder) as session:
        timed(session, "dags list")
        some = ",".join(f"etl-{number:03}" for number in range(1, SOME + 1))
        took = timed(session, f".on --jobs {jobs} {some} dags list")
        sent = session.recorder.history.find(Search(), SOME)
        return [max(entry.seconds or 0.0 for entry in sent), took]


def in_a_process(jobs: str = "") -> list[float]:
    """Return what ``measure`` returns in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        environ = scrubbed(Path(folder)) | {"PYTHONPATH": os.getcwd()}
        argv = [sys.executable, "-m", "tests.benchmarks.many", "--one", jobs, folder]
        found: list[float] = json.loads(subprocess.run(argv, env=environ, check=True, stdout=subprocess.PIPE).stdout)
        return found


def main() -> None:
    """Print the figures."""
    if sys.argv[1:2] == ["--serve"]:
        serve(float(sys.argv[2]))
        return
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(sys.argv[2], Path(sys.argv[3]))))
        return
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    for jobs in ("20", "16"):
        times = [in_a_process(jobs) for _ in range(runs)]
        ratio = median(took / slowest for slowest, took in times)
        print(f"{f'{SOME} environments, --jobs {jobs}':44}{ratio:8.2f} x the slowest")
    print(f"{f'{MOST} environments more':44}{median(in_a_process()[0] for _ in range(runs)):8.2f} MB")


if __name__ == "__main__":
    main()
