"""Time of the work after a key: completion, colors, hint and check of a line.

python -m tests.benchmarks.typing [RUNS]
"""

from __future__ import annotations

import json
import pkgutil
import sys
import time
from collections.abc import Callable
from statistics import median, quantiles

from mwaa_shell.airflow.arguments import understand
from mwaa_shell.airflow.command_line import parse
from mwaa_shell.airflow.completion import suggest, syntax_hint
from mwaa_shell.airflow.grammar import Grammar, load_grammar, versions
from mwaa_shell.airflow.validation import validate

#: Typed letter by letter: a completion is asked for after each.
LINES = (
    "dags trigger my_dag --conf '{\"a\": 1}' -r x",
    "dtr",
    "tasks states-for-dag-run my_dag x -o json",
    "trigger_dag",
)


def milliseconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def tree_loads(runs: int) -> dict[str, list[float]]:
    """Measure loading each version's tree, and parsing its JSON as the baseline."""
    found: dict[str, list[float]] = {"tree": [], "floor: its JSON alone": []}
    for _ in range(runs):
        for version in versions():
            load_grammar.cache_clear()
            found["tree"].append(milliseconds(lambda version=version: load_grammar(version)))  # type: ignore[misc]
            name = f"data/airflow-{version}.json"
            floor = milliseconds(lambda name=name: json.loads(pkgutil.get_data("mwaa_shell.airflow", name) or b""))  # type: ignore[misc]
            found["floor: its JSON alone"].append(floor)
    return found


def keys(runs: int, grammar: Grammar) -> dict[str, list[float]]:
    """What follows a key, at the end of each beginning of the lines."""
    found: dict[str, list[float]] = {"completion": [], "reading (colors)": [], "hint": [], "check": []}
    begun = [line[:end] for line in LINES for end in range(1, len(line) + 1)]
    for _ in range(runs):
        for text in begun:
            found["completion"].append(milliseconds(lambda text=text: suggest(text, len(text), grammar)))  # type: ignore[misc]
            found["reading (colors)"].append(milliseconds(lambda text=text: understand(parse(text), grammar)))  # type: ignore[misc]
            line = understand(parse(text), grammar)
            found["hint"].append(milliseconds(lambda line=line, text=text: syntax_hint(line, len(text))))  # type: ignore[misc]
            found["check"].append(milliseconds(lambda line=line: validate(line)))  # type: ignore[misc]
    return found


def main() -> None:
    """Print a table: median, 95th percentile and the worst, in milliseconds."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    first = {"first completion": [milliseconds(lambda: suggest("d", 1, load_grammar(versions()[-1])))]}
    rows = first | tree_loads(runs) | keys(runs, load_grammar(versions()[-1]))
    print(f"{'milliseconds':<24} {'median':>8} {'p95':>8} {'worst':>8}")
    for name, times in rows.items():
        p95 = quantiles(times, n=20)[-1] if len(times) > 1 else times[0]
        print(f"{name:<24} {median(times):>8.3f} {p95:>8.3f} {max(times):>8.3f}")


if __name__ == "__main__":
    main()
