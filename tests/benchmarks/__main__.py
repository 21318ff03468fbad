"""The table of tests/benchmarks/README.md.

Measures the shell, its baselines and other programs in turns. Takes some minutes, requires Linux, and installs the
other programs the first time. Prints Markdown. A ratio is the median of the ratios of the turns; all else are medians.
The other files of this folder measure each of these more closely, and more than these.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from mwaa_shell.local.folders import installs
from tests.benchmarks import commands, enter, keys, local_commands, long_output, many, memory, peers, start_up
from tests.benchmarks.network import Network, network
from tests.benchmarks.programs import OURS, Running, installed
from tests.double import Double

#: The Airflow of the local environment.
AIRFLOW = "2.10.3"
PLAIN = [sys.executable, "-c", "pass"]
BARE = [sys.executable, "-c", start_up.BARE]
COMPLETER = """
import sys
from prompt_toolkit import PromptSession
from prompt_toolkit import completion
words = open(sys.argv[1]).read().split()
PromptSession(completer=getattr(completion, sys.argv[2])(words)).prompt("my-env> ")
"""
#: prompt_toolkit's own ways to complete among words.
COMPLETERS = ("WordCompleter", "FuzzyWordCompleter")
#: Seconds without a drawing until one of those has certainly ended.
SLOW = 1.5


@dataclass(frozen=True)
class Way:
    """One way to do a thing, and how long it took in each turn."""

    name: str
    times: Sequence[float]

    def ratio(self, floor: Way) -> float:
        """How much more than the floor, turn by turn."""
        return median(one / other for one, other in zip(self.times, floor.times, strict=False))


def section(title: str, unit: str, ways: Sequence[Way]) -> None:
    """Print one part of the table; the first way is the floor of the others."""
    for number, way in enumerate(ways):
        ratio = "1" if not number else f"{way.ratio(ways[0]):.2f}"
        digits = 1 if median(way.times) < 100 else 0
        print(f"| {title if not number else ''} | {way.name} | {median(way.times):.{digits}f} {unit} | {ratio} |")
    sys.stdout.flush()


def in_turns(turns: int, works: Mapping[str, Callable[[], float]]) -> list[Way]:
    """Each of them in each turn; the first turn reads the disk and does not count."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(turns + 1):
        for name, work in works.items():
            took = work()
            if turn:
                times[name].append(took)
    return [Way(name, took) for name, took in times.items()]


def until_keys(argv: Sequence[str], environ: Mapping[str, str], ready: str, cwd: Path) -> float:
    """Return the milliseconds until another program shows the first key."""
    with Running(argv, environ, cwd) as program:
        program.wait_for(ready)
        program.send(start_up.KEY)
        return (program.wait_for(start_up.KEY) - program.began) * 1000


def starts(turns: int, environ: Mapping[str, str], folder: Path, others: Path) -> None:
    """Starting, and ending at once."""
    section("a start that ends at once", "ms", in_turns(turns, {
        "`python -c pass`": lambda: start_up.run(PLAIN, environ),
        "`mwaa-shell --version`": lambda: start_up.run([*OURS, "--version"], environ),
        "`mwaa-shell --help`": lambda: start_up.run([*OURS, "--help"], environ),
    }))  # fmt: skip
    works: dict[str, Callable[[], float]] = {
        "a bare `PromptSession().prompt()` takes keys": lambda: start_up.prompt(BARE, environ)[1],
        "mwaa-shell's prompt is seen": lambda: start_up.prompt([*OURS, "my-env"], environ)[0],
        "mwaa-shell takes keys": lambda: start_up.prompt([*OURS, "my-env"], environ)[1],
    }
    for name, (argv, ready) in peers.PROMPTS.items():
        whole, plain = [str(others / argv[0]), *argv[1:]], {k: v for k, v in environ.items() if k != "PYTHONPATH"}
        works[f"{name} takes keys"] = lambda whole=whole, ready=ready, plain=plain: until_keys(  # type: ignore[misc]
            whole, plain, ready, folder
        )
    section("to a prompt", "ms", in_turns(turns, works))


def single(turns: int, environ: Mapping[str, str], folder: Path, others: Path) -> None:
    """One command in a process of its own, against servers that answer at once."""
    double = Double()
    recipe, ours = start_up.command(double, environ, folder).values()
    works = {"AWS's Python recipe": recipe, "`mwaa-shell my-env -c version`": ours}
    script = peers.script(start_up.variables(double, environ, folder), others)
    if script is not None:
        works["AWS's recipe with the AWS CLI, curl and jq"] = lambda: start_up.run(*script)
    section("one command from a script, no network", "ms", in_turns(turns, works))
    double.close()


def in_a_session(turns: int, far: int) -> None:
    """A command of a session that is open, and the first one."""
    with tempfile.TemporaryDirectory() as name, network(Path(name), far) as found:
        runs = turns + 1 if far else commands.RUNS
        times = commands.measured(found, runs, 3, commands.environment(Path(name)))
        warm = [Way(way, [one for run in runs for one in run[1:]]) for way, runs in times.items()]
        section(f"a command in a session, {far} ms of network", "ms", warm)
        first = [Way(f"{way}, the first command", [run[0] for run in runs]) for way, runs in times.items()]
        section("", "ms", first)
        times_of = enter.measured(found, Path(name), turns)
        shown = [Way(f"{way} prompt", [one[0] for one in known[1:]]) for way, known in times_of.items()]
        section(f"Enter to output on the screen, {far} ms of network", "ms", shown)


def typing(rounds: int, environ: Mapping[str, str], folder: Path) -> None:
    """A key among many names."""
    most = max(keys.COUNTS)
    words = folder / "words"
    words.write_text("\n".join(keys.names_of(most)))
    ways = {"prompt_toolkit without a completer": partial(keys.key_times, BARE, environ, "my-env>", 1)}
    with ExitStack() as doubles:
        for count in keys.COUNTS:
            variables = doubles.enter_context(keys.environment(environ, folder, count))
            ours = partial(keys.key_times, [*OURS, "my-env"], variables, "AVAILABLE", 1)
            ways[f"mwaa-shell, {count:,} names"] = ours
        for name in COMPLETERS:
            argv = [sys.executable, "-c", COMPLETER, str(words), name]
            theirs = partial(keys.key_times, argv, environ, "my-env>", 1, "", SLOW)
            ways[f"prompt_toolkit's {name}, {most:,} words"] = theirs
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, work in ways.items():
                times[name] += work()
    section("a key, until all is drawn", "ms", [Way(*one) for one in times.items()])


def footprint(turns: int, found: Network, home: Path) -> None:
    """Memory, and long outputs."""
    environ = memory.environment(found, home)
    prompts = {
        "a bare `PromptSession().prompt()`": lambda: memory.at_the_prompt(BARE, environ),
        "mwaa-shell, first prompt": lambda: memory.at_the_prompt(memory.OURS, environ),
        "mwaa-shell, after the first command": lambda: memory.at_the_prompt(memory.OURS, environ, 1),
    }
    section("memory", "MB", in_turns(turns, prompts))
    for kind, said in (("log", "50 MB of log lines"), ("line", "50 MB in one line")):
        runs = [long_output.measured(kind, 50_000_000, "terminal", found, environ) for _ in range(turns)]
        section(said, "ms", [Way("from arrival to the first screen", [run["screen"] * 1000 for run in runs])])
        section("", "MB", [Way("memory that it adds", [run["more memory"] for run in runs])])


def several(turns: int) -> None:
    """A command on several environments."""
    times = [many.in_a_process(str(many.SOME)) for _ in range(turns)]
    ways = ("on the slowest of them", f"on all, `--jobs {many.SOME}`")
    title = f"a command on {many.SOME} environments"
    section(title, "ms", [Way(way, [one[number] * 1000 for one in times]) for number, way in enumerate(ways)])
    added = [many.in_a_process()[0] for _ in range(turns)]
    section(f"a command on {many.MOST} environments", "MB", [Way("memory that it adds", added)])


def private(turns: int, environ: Mapping[str, str]) -> None:
    """Measure a start and commands of the local environment."""
    cache = {"MWAA_SHELL_LOCAL_CACHE": str(installs())}
    ours = [*OURS, "--local", AIRFLOW, "-c", "version"]
    start_up.run(ours, {**environ, **cache})  # installs it, and makes its database
    airflow = str(next(installs().glob(f"{AIRFLOW}-py*/bin/airflow")))
    os.environ["XDG_DATA_HOME"] = environ["XDG_DATA_HOME"]  # for what runs in this process
    plain = {**environ, "AIRFLOW_HOME": f"{environ['HOME']}/airflow", "PYTHONPATH": ""}
    works = {
        "`airflow version`": lambda: start_up.run([airflow, "version"], plain),
        f"`mwaa-shell --local {AIRFLOW} -c version`": lambda: start_up.run(ours, {**environ, **cache}),
    }
    section("Airflow on this machine", "ms", in_turns(turns, works))
    fresh, forked = (list(local_commands.seconds(AIRFLOW, fresh=fresh)) for fresh in (True, False))
    for command, one, other in zip(local_commands.commands(AIRFLOW), fresh, forked, strict=True):
        ways = (Way("a process for each", [one * 1000]), Way("mwaa-shell --local", [other * 1000]))
        section(f"`{command}` there", "ms", ways)


@contextmanager
def wheel() -> Iterator[tuple[dict[str, str], Path]]:
    """The program as its wheel installs it: its environment, and a folder to work in."""
    with tempfile.TemporaryDirectory() as name:
        yield installed(Path(name)), Path(name)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("turns", type=int, nargs="?", default=15, help="rounds of each measurement (default: 15)")
    turns = parser.parse_args().turns
    others = peers.programs()
    print("| what | way | median | ratio |\n|---|---|---|---|", flush=True)
    with wheel() as (environ, folder):
        starts(turns, environ, folder, others)
        single(turns, environ, folder, others)
        typing(max(2, turns // 4), environ, folder)
        private(max(3, turns // 4), environ)
    for far in (0, commands.FAR):
        in_a_session(turns, far)
    with tempfile.TemporaryDirectory() as name, network(Path(name)) as found:
        footprint(max(3, turns // 4), found, Path(name))
    several(max(3, turns // 4))
    version = subprocess.run([sys.executable, "--version"], check=True, capture_output=True, text=True).stdout
    print(f"\n{version.strip()}, {', '.join(peers.WANTED)}", file=sys.stderr)


if __name__ == "__main__":
    main()
