"""Memory at the first prompt, after a command, with many names and long outputs.

python -m tests.benchmarks.memory [RUNS]   (Linux)
"""

from __future__ import annotations

import gc
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.names.catalogue import NameCatalogue
from mwaa_shell.names.model import Name, NamesFound
from mwaa_shell.names.store import NameStore
from tests.benchmarks.long_output import measured, peak_of
from tests.benchmarks.names import dag_ids
from tests.benchmarks.network import NAME, Network, network
from tests.benchmarks.start_up import BARE
from tests.conftest import scrubbed
from tests.terminal.emulator import Terminal

OURS = [sys.executable, "-m", "mwaa_shell", NAME]
NAMES = 100_000
PLACE = ("123456789012", "eu-west-1", NAME)
LONG = 50_000_000


def at_the_prompt(argv: list[str], environ: dict[str, str], commands: int = 0) -> float:
    """Return the peak MB of a program until a prompt after so many commands."""
    with Terminal(argv, environ, columns=120) as terminal:
        terminal.wait_for_prompt(NAME)
        terminal.send("x")  # a prompt that is there before it takes keys
        terminal.wait_for(f"{NAME}> x")
        if commands:
            terminal.key("ctrl-c")
            terminal.wait_for_prompt(NAME)
        for _ in range(commands):
            terminal.run(NAME, "dags list")
        return peak_of(terminal.pid)


def keep_names(folder: str) -> float:
    """Write so many names to disk, as a shell leaves them."""
    catalogue = NameCatalogue()
    names = tuple(map(Name, dag_ids(NAMES, random.Random(1))))
    catalogue.apply([NamesFound(Kind.DAG, names, all=True)], "REST", 0.0)
    NameStore(Path(folder), *PLACE).save(catalogue)
    return 0


def with_names(folder: str) -> float:
    """Return the MB that so many names from disk add to this process."""
    catalogue, store = NameCatalogue(), NameStore(Path(folder), *PLACE)
    gc.collect()
    before = peak_of(os.getpid(), "VmRSS")
    kept, _ = store.load()
    catalogue.merge(kept.snapshot(), kept.picks())
    catalogue.prepare()
    catalogue.search(Kind.DAG, "", "team_07")
    del kept
    gc.collect()
    return peak_of(os.getpid(), "VmRSS") - before


def in_a_process(work: str, folder: Path, environ: dict[str, str]) -> float:
    """What one of these functions measures in a fresh process."""
    argv = [sys.executable, "-m", "tests.benchmarks.memory", "--one", work, str(folder)]
    return float(subprocess.run(argv, env=environ, check=True, stdout=subprocess.PIPE).stdout)


def environment(found: Network, home: Path) -> dict[str, str]:
    """The variables of those programs."""
    environ = scrubbed(home) | found.environ | {"PAGER": ""}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    return environ


def table(runs: int, found: Network, home: Path) -> None:
    """Take turns and print medians."""
    environ = environment(found, home)
    names = home / "names"
    in_a_process("keep_names", names, environ)
    bare = [sys.executable, "-c", BARE]
    turns = [
        (at_the_prompt(bare, environ), at_the_prompt(OURS, environ), at_the_prompt(OURS, environ, 1))
        for _ in range(runs)
    ]
    floor, prompt, command = (median(turn[number] for turn in turns) for number in range(3))
    print(f"{'bare prompt':44}{floor:8.1f} MB")
    print(f"{'first prompt':44}{prompt:8.1f} MB {prompt / floor:8.2f} x")
    print(f"{'after the first command':44}{command:8.1f} MB")
    print(f"{f'{NAMES:,} names more':44}{in_a_process('with_names', names, environ):8.1f} MB")
    for kind in ("log", "line"):
        for way in ("terminal", "pipe"):
            more = measured(kind, LONG, way, found, environ)["more memory"]
            print(f"{f'an output of {LONG / 1e6:.0f} MB more ({kind}, {way})':44}{more:8.1f} MB")


def main() -> None:
    """Print the table."""
    if sys.argv[1:2] == ["--one"]:
        print({"keep_names": keep_names, "with_names": with_names}[sys.argv[2]](sys.argv[3]))
        return
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as folder, network(Path(folder)) as found:
        table(runs, found, Path(folder))


if __name__ == "__main__":
    main()
