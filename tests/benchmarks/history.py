"""Time of a key, a sent line and a search with a long history.

python -m tests.benchmarks.history [COMMANDS]
"""

from __future__ import annotations

import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

from mwaa_shell.history.entries import CommandOutcome, EnvironmentKey, HistoryEntry, Search
from mwaa_shell.history.store import History
from mwaa_shell.result import Outcome

ENVIRONMENTS = ("prod", "staging", "dev", "sandbox")
#: The commands of a working day; some lines come again and again, most have a date or a name of their own.
SHAPES = (
    "dags list -o json",
    "dags trigger {dag} -e 2026-0{month}-{day:02} -c '{{\"rows\": {number}}}'",
    "tasks clear {dag} -s 2026-0{month}-{day:02} -e 2026-0{month}-28 -y",
    "dags list-runs -d {dag} -o json",
    "tasks states-for-dag-run {dag} manual__2026-0{month}-{day:02}",
    "variables set key_{number} 'value {number}'",
)
TURNS = 50  #: for each row of the table
OLD = "connections list --conn-id the_oldest_of_all"


def where(environment: str) -> EnvironmentKey:
    return EnvironmentKey("123456789012", "eu-west-1", environment)


def commands(count: int, chance: random.Random) -> Iterator[HistoryEntry]:
    """Entries as a year of work leaves them; the first one is alone in its kind."""
    for number in range(count):
        line = chance.choice(SHAPES).format(
            dag=f"team_{chance.randrange(40):02}_load_{chance.randrange(900)}",
            month=chance.randrange(1, 10),
            day=chance.randrange(1, 29),
            number=number,
        )
        environment = chance.choice(ENVIRONMENTS)
        yield HistoryEntry(1.7e9 + 60 * number, "123456789012", "eu-west-1", environment, line if number else OLD)


def fill(history: History, count: int, chance: random.Random) -> None:
    """Many rows at once, as ``begin`` would write them one by one."""

    def write(connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN")
        for entry in commands(count, chance):
            connection.execute(
                "INSERT INTO commands"
                " (sent, account, region, environment, line, version, origin, masked, outcome, shell)"
                " VALUES (?, ?, ?, ?, ?, '2.10.3', 'typed', 0, ?, 'before')",
                (entry.when, entry.account, entry.region, entry.environment, entry.line,
                 "failed" if chance.random() < 0.05 else "ok"),
            )  # fmt: skip
        connection.execute("COMMIT")

    history._do(write, None)


def print_row(title: str, works: list[Callable[[], object]]) -> None:
    """Run each work once, in order."""
    times = []
    for work in works:
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    p95 = sorted(times)[int(len(times) * 0.95)]
    print(f"{title:44}{median(times):10.3f}{p95:10.3f}{max(times):10.3f}")


def keys(history: History, text: str) -> list[Callable[[], object]]:
    """A line as it is typed: at each key a suggestion is looked for."""
    prefixes = [text[:length] for length in range(1, len(text) + 1)]
    return [lambda prefix=prefix: history.suggest(prefix, where("prod")) for prefix in prefixes]  # type: ignore[misc]


def sent(history: History) -> None:
    """What one command adds."""
    number = history.begin(HistoryEntry(time.time(), "123456789012", "eu-west-1", "prod", f"dags test {time.time()}"))
    history.finish(number, CommandOutcome(Outcome.OK, 2.5, 200, 1_000, 20))


def measure(history: History, path: Path) -> None:
    """Print the table."""
    prod = where("prod")
    opened = [History(path) for _ in range(TURNS)]
    print_row("open, and the lines of the up arrow", [lambda one=one: one.lines(prod) for one in opened])  # type: ignore[misc]
    for one in opened:
        one.close()
    with closing(sqlite3.connect(path)) as bare:
        query = "SELECT line FROM commands WHERE number = ?"
        print_row("floor: a bare SELECT of one row", [lambda: bare.execute(query, (77,)).fetchone()] * TURNS)
        lines = "SELECT line FROM commands ORDER BY number DESC LIMIT 1000"
        print_row("floor: a bare SELECT of 1000 lines", [lambda: bare.execute(lines).fetchall()] * TURNS)
    print_row("lines", [lambda: history.lines(prod)] * TURNS)
    print_row("lines, in an environment without any", [lambda: history.lines(where("new"))] * TURNS)
    typed = "dags trigger team_07_load_333 -e 2026-03-03"
    print_row("a key: what is new is typed again", keys(history, typed))
    print_row("a key: what nobody has ever typed", keys(history, f"zz {typed}"))
    print_row("a key: what was typed once, long ago", keys(history, OLD))

    def with_lines(key: Callable[[], object]) -> Callable[[], object]:
        return lambda: (key(), history.lines(prod))

    print_row("the dearest key, and lines", [with_lines(key) for key in keys(history, f"zz {typed}")])
    print_row("a command: begin and finish", [lambda: sent(history)] * TURNS)
    print_row("!!", [lambda: history.last(prod)] * TURNS)
    print_row("!text, of which there is none", [lambda: history.last(prod, starts="zz")] * TURNS)
    print_row("find TEXT, of which there is none", [lambda: history.find(Search("zz"))] * TURNS)
    print_row("find --failed in one environment", [lambda: history.find(Search("", prod, True))] * TURNS)


def main() -> None:
    """Fill a history, and measure."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.sqlite"
        with History(path) as history:
            fill(history, count, random.Random(1))
            print(f"{f'milliseconds, with {count:,} commands':44}{'median':>10}{'p95':>10}{'max':>10}")
            measure(history, path)
            print(history.trouble or f"{path.stat().st_size / 1e6:.0f} MB on disk")


if __name__ == "__main__":
    main()
