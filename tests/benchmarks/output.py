"""Speed of showing an output in MB/s, and time to its first screen.

python -m tests.benchmarks.output [MB]
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Iterator
from itertools import islice

from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.render import decoded, readable
from mwaa_shell.output.sanitiser import sanitise_chunks

VIEW = DisplayOptions(color=True)
RECORD = (
    '{"dag_id": "sales_daily", "run_id": "scheduled__2024-03-01T00:00:00+00:00", "state": "success", '
    '"run_after": "2024-03-01T00:00:00+00:00", "start_date": null, "conf": {"n": 12, "deep": [true, 1.5e3]}}, '
)
ROW = (
    "sales_daily | scheduled__2024-03-01T00:00:00+00:00 | success | 2024-03-01T00:00:00+00:00 | 2024-03-01"
    "T00:01:02+00:00 | False    \n"
)
LOG = (
    "[2026-11-22T21:08:49.087+0000] {taskinstance.py:731} INFO - Marking task as SUCCESS. dag_id=hello_world, "
    "task_id=say_hello, run_id=manual__2024-01-01T00:00:00+00:00, execution_date=20240101T000000\n"
)
STRUCTURED = (
    "2026-11-22T13:03:57.476787Z [info     ] Filling up the DagBag from /usr/local/airflow/dags "
    "[airflow.dag_processing.dagbag.BundleDagBag] loc=dagbag.py:460\n"
)
FRAME = (
    '  File "/usr/local/airflow/.local/lib/python3.11/site-packages/airflow/__main__.py", line 62, in main\n'
    "    args.func(args)\n"
)
YAML = "- dag_id: sales\n  fileloc: /usr/local/airflow/dags/sales.py\n  is_paused: 'True'\n  owners:\n  - me\n"


def kinds(size: int) -> Iterator[tuple[str, bytes, bool]]:
    """Return outputs of ``size`` bytes, and whether their log lines are folded."""

    def full(unit: str, start: str = "", end: str = "") -> bytes:
        return (start + unit * (size // len(unit) + 1) + end).encode()

    yield "JSON, one line", full(RECORD, "[", "]\n"), True
    yield "JSON, a record a line", full("    " + RECORD.strip() + "\n"), True
    yield "YAML", full(YAML), True
    yield "table", full(ROW, "dag_id | run_id | state | run_after | start_date | external\n=======+=====\n"), True
    yield "log, 2.x", full(LOG), False
    yield "log, 3.x", full(STRUCTURED), False
    yield "log, too long to fold", full(LOG), True
    yield "log, folded between data", full((LOG * 999) + "data\n"), True
    yield "traceback without end", full(FRAME, "Traceback (most recent call last):\n"), True
    yield "tracebacks", full("Traceback (most recent call last):\n" + FRAME * 20 + "KeyError: 'a'\n"), True
    yield "plain words", full("The quick brown fox jumps over the lazy dog, again and again and again\n"), True
    yield "beyond ASCII", full("größe 日本語 │ 'wh' │ ภาษาไทย and so on and on\n"), True


def speeds(size: int) -> None:
    """A full pass over each kind."""
    print(f"{'full pass':<26} {'MB/s':>8} {'raw':>8}")
    for name, data, fold in kinds(size):
        full = megabytes_a_second(data, readable(decoded(data), VIEW, fold=fold))
        print(f"{name:<26} {full:>8.1f} {megabytes_a_second(data, sanitise_chunks(decoded(data))):>8.1f}")


def megabytes_a_second(data: bytes, pieces: Iterator[str]) -> float:
    """How fast all pieces of it come."""
    began = time.perf_counter()
    for _ in pieces:
        pass
    return len(data) / 1e6 / (time.perf_counter() - began)


def screens(size: int) -> None:
    """The first pieces, as many as fill fifty lines of eighty columns."""
    print(f"\n{'first screen':<26} {'ms':>8} {'MB held':>8}")
    for name, data, fold in kinds(size):
        tracemalloc.start()
        began = time.perf_counter()
        pieces = readable(decoded(data), VIEW, fold=fold)
        shown = 0
        for piece in islice(pieces, 10000):
            shown += sum(1 + len(line) // 80 for line in piece.splitlines())
            if shown >= 50:
                break
        spent = (time.perf_counter() - began) * 1000
        print(f"{name:<26} {spent:>8.1f} {tracemalloc.get_traced_memory()[1] / 1e6:>8.1f}")
        tracemalloc.stop()


def main() -> None:
    """Print both tables, for outputs of 50 MB or as many as are given."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    screens(megabytes * 1_000_000)
    print()
    speeds(megabytes * 1_000_000)


if __name__ == "__main__":
    main()
