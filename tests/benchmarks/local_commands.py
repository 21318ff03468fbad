"""Time of a command on the local environment, beside fresh processes.

python -m tests.benchmarks.local_commands [VERSION ...]
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from statistics import median

from mwaa_shell.local.launcher import running
from mwaa_shell.session import Session
from mwaa_shell.settings import LocalSettings, Settings
from tests.sessions import execute

RUNS = 5
VERSIONS = ("1.10.12", "2.10.3", "3.3.1")


def commands(version: str) -> tuple[str, ...]:
    """A few that cost differently."""
    if version.startswith("1."):
        return "version", "list_dags", "trigger_dag nope"
    return "version", "dags list", "dags trigger nope"


def seconds(version: str, *, fresh: bool) -> Iterator[float]:
    """The median of each command, after one round that warms up."""
    with running(LocalSettings((version,), fresh_processes=fresh), 75, lambda line: None) as started:
        session = Session(Settings(started.environments[0], started.access))
        for command in commands(version):
            execute(session, command)
        for command in commands(version):
            times = []
            for _ in range(RUNS):
                began = time.perf_counter()
                execute(session, command)
                times.append(time.perf_counter() - began)
            yield median(times)


def main() -> None:
    """Print seconds, and the ratio to a fresh process."""
    with tempfile.TemporaryDirectory() as data:
        os.environ["XDG_DATA_HOME"] = data
        for version in sys.argv[1:] or VERSIONS:
            both = zip(commands(version), seconds(version, fresh=False), seconds(version, fresh=True), strict=True)
            for command, forked, fresh in both:
                print(f"{version:<8} {command:<18} {forked:.2f} s, fresh {fresh:.2f} s: ratio {forked / fresh:.2f}")


if __name__ == "__main__":
    main()
