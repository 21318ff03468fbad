"""Growth of time with the number of names, past commands and characters.

python -m tests.benchmarks.growth [LARGEST]   (a share of the largest sizes, such as 0.1; 1 takes some minutes)
"""

from __future__ import annotations

import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, count
from pathlib import Path
from statistics import median

from mwaa_shell.airflow.arguments import understand
from mwaa_shell.airflow.command_line import parse
from mwaa_shell.airflow.completion import suggest
from mwaa_shell.airflow.grammar import load_grammar
from mwaa_shell.airflow.secrets.redaction import mask_line
from mwaa_shell.airflow.validation import validate
from mwaa_shell.airflow.versions import Version
from mwaa_shell.history.store import History
from mwaa_shell.mwaa.response import HttpResponse, ResponseBuffer, read_output
from mwaa_shell.names.catalogue import NameIndex
from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.render import render_lines
from mwaa_shell.result import Result
from tests.benchmarks.history import fill, keys
from tests.benchmarks.made_output import made
from tests.benchmarks.names import dag_ids
from tests.double import command_response

TURNS, ENOUGH = 50, 500
#: Fifty lines.
SCREEN_ENDS = re.compile(r"(?:\n.*){50}")
Works = Mapping[str, Callable[[], object]]


def milliseconds(work: Callable[[], object]) -> float:
    """The median of many turns, fewer where each takes long."""
    times: list[float] = []
    while len(times) < TURNS and sum(times) < ENOUGH:
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return median(times)


def table(title: str, sizes: Sequence[int], works: Callable[[int], Works]) -> None:
    """Print a row for each kind of work, with its time at each size."""
    rows: dict[str, list[float]] = {}
    for size in sizes:
        for name, work in works(size).items():
            rows.setdefault(name, []).append(milliseconds(work))
    print(f"\n{f'{title}, ms':34}" + "".join(f"{size:>12,}" for size in sizes) + f"{'last step':>12}")
    for name, times in rows.items():
        step = f"x {times[-1] / times[-2]:.1f}" if len(times) > 1 else ""
        print(f"{name:34}" + "".join(f"{one:>12.3f}" for one in times) + f"{step:>12}")


def with_names(many: int) -> Works:
    """Measure the work after a key, and that of the preloader."""
    names = dag_ids(min(many, 200_000), random.Random(1))
    more = -(-many // len(names))
    names = sorted(f"{name}_{number}" for name in names for number in range(more))[:many] if more > 1 else names
    index = NameIndex(names)
    index.search("team_07_s")
    return {
        "a key: beginning of a name": lambda: index.search("team_07_sales_l"),
        "a key: inside a name": lambda: index.search("load_orders"),
        "a key: nowhere": lambda: index.search("xylophone"),
        "once: the index": lambda: NameIndex(names),
    }


def with_history(many: int, folder: Path) -> Works:
    """What follows a key."""
    history = History(folder / f"{many}.sqlite")
    fill(history, many, random.Random(1))
    typed = keys(history, "dags trigger team_07_load_1")
    typed[0]()
    return {
        "a key: a suggestion": typed[-1],
        "a key: a suggestion for one letter": typed[0],
    }


def with_output(size: int) -> Works:
    """From the HTTP body to the screen."""
    text = made("log", size) + b"\n" * 50
    body = command_response(text).partition(b"\r\n\r\n")[2]
    result = Result(stdout=text, words=("tasks", "test"), remote=True)
    view = DisplayOptions(color=True)

    def arrive() -> None:
        gathered = ResponseBuffer()
        for start in range(0, len(body), 1 << 18):
            gathered.add(body[start : start + (1 << 18)])
        streams, whole = gathered.ended()
        read_output(HttpResponse(200, whole, streams=streams))

    return {
        "decoding as it comes": arrive,
        "the first screen": lambda: next(filter(SCREEN_ENDS.search, accumulate(render_lines(result, view))), None),
        "all of it": lambda: sum(1 for _ in render_lines(result, view)),
    }


def with_line(length: int) -> Works:
    """Measure the work after a key in long lines, another one each time."""
    grammar = load_grammar(Version(2, 10, 3))
    text = 'dags trigger x --conf \'{"a": "' + "b " * (length // 2) + "\"}'"
    text = text if length > 40 else "dags list "[:length]
    line, numbers = understand(parse(text), grammar), count()

    def another() -> str:
        return f"{text} {next(numbers)}"

    return {
        "read_output": lambda: parse(another()),
        "understood": lambda: understand(parse(another()), grammar),
        "checked": lambda: validate(line),
        "completed": lambda: suggest(another(), len(text), grammar),
        "its secrets covered": lambda: mask_line(another(), grammar),
    }


def main() -> None:
    """Print the tables."""
    share = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0

    def sizes(*all_of_them: int) -> list[int]:
        return [size for size in all_of_them if size <= max(all_of_them) * share]

    table("names", sizes(1000, 10_000, 100_000, 1_000_000), with_names)
    with tempfile.TemporaryDirectory() as folder:
        rows = sizes(1000, 10_000, 100_000, 1_000_000)
        table("commands in the history", rows, lambda many: with_history(many, Path(folder)))
    table("bytes of output", sizes(1000, 100_000, 1_000_000, 10_000_000, 100_000_000), with_output)
    table("characters of a line", sizes(10, 100, 1000, 10_000, 100_000), with_line)


if __name__ == "__main__":
    main()
