"""Time to the first screen of a long output, and its memory.

python -m tests.benchmarks.long_output [MB]
"""

from __future__ import annotations

import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.made_output import KINDS
from tests.benchmarks.network import NAME, REGION, Network, network
from tests.conftest import scrubbed
from tests.sessions import execute

RUNS = 3
#: Lines of the first screen.
SCREEN = 24


class FirstScreen(io.BytesIO):
    """A terminal for one screen of output, or a pipe that drops all."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.rows, self.at, self.size = rows, 0.0, 0

    def write(self, given: Any) -> int:
        data = bytes(given)
        self.size += len(data)
        self.rows -= data.count(b"\n") + len(data) // 80
        if self.rows <= 0 and not self.at:
            self.at = time.perf_counter()
            if self.rows > -1_000_000:
                raise KeyboardInterrupt
        return len(data)


def peak() -> float:
    """Return the peak memory of a process in MB."""
    try:
        return peak_of(os.getpid())
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def peak_of(pid: int, what: str = "VmHWM") -> float:
    """The same of any process, where the system says it in files."""
    said = Path(f"/proc/{pid}/status").read_text()
    return int(said.partition(f"{what}:")[2].split()[0]) / 1024


def one(kind: str, size: int, way: str, found: Network) -> dict[str, float]:
    """Run a short command, then show a long output on a terminal or in a pipe."""
    from mwaa_shell.mwaa.transport import Transport
    from mwaa_shell.output.display import DisplayOptions
    from mwaa_shell.output.presenter import show
    from mwaa_shell.session import Session
    from mwaa_shell.session.session import UserInterface
    from mwaa_shell.settings import Access, AccessKey, Settings
    from mwaa_shell.streams import Streams

    found.take_over()
    keys = AccessKey("AKIDEXAMPLE", "not-a-secret")
    access = Access(None, REGION, None, found.bundle, 60.0, keys, direct=True)
    terminal = way == "terminal"
    session = Session(Settings(environment=NAME, access=access), UserInterface(keeps_names=terminal))
    times: dict[str, float] = {}
    post = Transport.post

    def posted(*args: object, **more: object) -> object:
        began = time.perf_counter()
        answer = post(*args, **more)  # type: ignore[arg-type]
        times["came"] = time.perf_counter()
        times["on the way"] = times["came"] - began
        return answer

    Transport.post = posted  # type: ignore[method-assign, assignment]

    def run(line: str, rows: int) -> FirstScreen:
        out = FirstScreen(rows)
        result = execute(session, line)
        times["known"] = time.perf_counter()
        assert result.ok, result.message
        try:
            show(result, Streams(io.StringIO(), out, out, False, terminal, terminal), DisplayOptions(color=terminal))
        except KeyboardInterrupt:
            pass
        return out

    run("dags list -o json", 1 << 60)
    before = peak()
    out = run(f"tasks render x {kind} {size}", SCREEN if terminal else 1 << 60)
    ended = time.perf_counter()
    if session.cached_names is not None:
        session.cached_names.wait(60)
    session.close()
    return {
        "on the way": times["on the way"],
        "known": times["known"] - times["came"],
        "screen": (out.at or ended) - times["came"],
        "more memory": peak() - before,
    }


def measured(kind: str, size: int, way: str, found: Network, environ: dict[str, str]) -> dict[str, float]:
    """The same in a fresh process."""
    argv = [sys.executable, "-m", "tests.benchmarks.long_output", "--one", kind, str(size), way]
    done = subprocess.run(
        [*argv, found.bundle, json.dumps(found.ports)], env=environ, check=True, stdout=subprocess.PIPE
    )
    return dict(json.loads(done.stdout))


def main() -> None:
    """Print a table."""
    if sys.argv[1:2] == ["--one"]:
        kind, many, way, bundle, ports = sys.argv[2:]
        print(json.dumps(one(kind, int(many), way, Network(bundle, json.loads(ports)))))
        return
    size = int(float(sys.argv[1]) * 1e6) if len(sys.argv) > 1 else 50_000_000
    with tempfile.TemporaryDirectory() as folder, network(Path(folder)) as found:
        environ = scrubbed(Path(folder)) | {"PYTHONPATH": os.environ.get("PYTHONPATH", os.getcwd())}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        print(f"{size / 1e6:.0f} MB {'':12}{'on the way':>12}{'ending':>12}{'screen/end':>12}{'MB more':>10}")
        for kind in KINDS:
            for way in ("terminal", "pipe"):
                runs = [measured(kind, size, way, found, environ) for _ in range(RUNS)]
                row = {name: median(run[name] for run in runs) for name in runs[0]}
                times = "".join(f"{row[name] * 1000:>9.0f} ms" for name in ("on the way", "known", "screen"))
                print(f"{kind:8}{way:12}{times}{row['more memory']:>10.0f}")


if __name__ == "__main__":
    main()
