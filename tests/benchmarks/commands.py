"""Time of a command beyond the network, in a session and as its first one.

python -m tests.benchmarks.commands [RUNS]

Every way asks for a token and posts a command, over TLS to both servers. The floor is the bare round trips on
connections that are kept, with nothing signed and nothing read.
"""

from __future__ import annotations

import http.client
import io
import json
import os
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

from tests.benchmarks.network import ENV, NAME, REGION, WEB, Network, network
from tests.conftest import scrubbed
from tests.sessions import execute

LINE = "dags list -o json"
FAR = 40  #: milliseconds of a round trip
RUNS = 40  #: commands of a session: the first dozen warms processors and Python up


def bare(found: Network) -> Callable[[], object]:
    """The two round trips and nothing else."""
    context = ssl.create_default_context(cafile=found.bundle)
    aws, web = (http.client.HTTPSConnection(host, 443, context=context) for host in (ENV, WEB))

    def run() -> None:
        aws.request("POST", f"/clitoken/{NAME}", headers={"Content-Length": "0"})
        token = json.loads(aws.getresponse().read())["CliToken"]
        web.request("POST", "/aws_mwaa/cli", LINE, {"Authorization": f"Bearer {token}", "Content-Type": "text/plain"})
        assert b"stdout" in web.getresponse().read()

    return run


def kept(found: Network) -> Callable[[], object]:
    """A client of boto3 and a session of requests, kept as in a careful script."""
    import base64

    import boto3
    import requests

    client = boto3.client("mwaa", region_name=REGION, verify=found.bundle)
    session = requests.Session()

    def run() -> None:
        token = client.create_cli_token(Name=NAME)
        answer = session.post(
            f"https://{token['WebServerHostname']}/aws_mwaa/cli",
            headers={"Authorization": f"Bearer {token['CliToken']}", "Content-Type": "text/plain"},
            data=LINE,
            verify=found.bundle,
        )
        assert base64.b64decode(answer.json()["stdout"])

    return run


def ours(found: Network) -> Callable[[], object]:
    """A session of the prompt after its preloader has ended."""
    from mwaa_shell.history.recorder import environment_key
    from mwaa_shell.output.display import DisplayOptions
    from mwaa_shell.output.presenter import PromptDisplay, show
    from mwaa_shell.session import Session
    from mwaa_shell.session.session import UserInterface
    from mwaa_shell.settings import Access, Settings
    from mwaa_shell.streams import Streams
    from mwaa_shell.terminal.preload import Preloader

    front = UserInterface()
    front.draws_tables = front.keeps_names = True
    session = Session(Settings(environment=NAME, access=Access(None, REGION, None, found.bundle, 60.0)), front)
    Preloader(session, session.connection)._run()
    assert session.cached_names is not None
    session.cached_names.wait()
    session.recorder.history.past(environment_key(session.connection))  # as the prompt has it for the keys that go back
    for thread in threading.enumerate():
        if thread.name == "open":
            thread.join()

    def run() -> None:
        out = io.BytesIO()
        result = execute(session, LINE)
        assert result.ok, result.message
        show(result, Streams(io.StringIO(), out, out, True, True, True), DisplayOptions(color=True), PromptDisplay())

    return run


WAYS = {"bare round trips": bare, "boto3 and requests, kept": kept, "mwaa-shell": ours}


def one(way: str, found: Network, runs: int) -> list[float]:
    """The milliseconds of each command of a fresh process, the first one first."""
    found.take_over()
    run = WAYS[way](found)
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        run()
        times.append((time.perf_counter() - began) * 1000)
    return times


def environment(home: Path) -> dict[str, str]:
    """The variables of those processes."""
    environ = scrubbed(home) | {
        "PYTHONPATH": os.environ.get("PYTHONPATH", os.getcwd()),
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "not-a-secret",
    }
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    return environ


def measured(found: Network, runs: int, rounds: int, environ: dict[str, str]) -> dict[str, list[list[float]]]:
    """The ways in turn, in a fresh process each time."""
    times: dict[str, list[list[float]]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way, known in times.items():
            argv = [sys.executable, "-m", "tests.benchmarks.commands", "--one", way, str(runs), found.bundle]
            done = subprocess.run([*argv, json.dumps(found.ports)], env=environ, check=True, stdout=subprocess.PIPE)
            known.append(json.loads(done.stdout))
    return times


def table(title: str, times: dict[str, list[list[float]]]) -> None:
    """Print medians, the time above the baseline, and the first command."""
    floor = median(one for run in times["bare round trips"] for one in run[1:])
    print(f"\n{title:34}{'median':>9}{'p95':>9}{'over':>9}{'ratio':>9}{'first':>9}{'of warm':>9}")
    for way, runs in times.items():
        warm, first = [one for run in runs for one in run[1:]], median(run[0] for run in runs)
        numbers = (median(warm), quantiles(warm, n=20)[-1], median(warm) - floor, median(warm) / floor, first,
                   first / median(warm))  # fmt: skip
        print(f"{way:34}" + "".join(f"{number:>9.2f}" for number in numbers))


def main() -> None:
    """Print two tables in milliseconds, for near and for distant servers."""
    if sys.argv[1:2] == ["--one"]:
        way, many, bundle, ports = sys.argv[2:]
        print(json.dumps(one(way, Network(bundle, json.loads(ports)), int(many))))
        return
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    for far in (0, FAR):
        with tempfile.TemporaryDirectory() as folder, network(Path(folder), far) as found:
            table(f"network {far} ms away", measured(found, runs if not far else 15, 3, environment(Path(folder))))


if __name__ == "__main__":
    main()
