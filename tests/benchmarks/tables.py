"""Time from an output to the lines of its table, by number of rows.

python -m tests.benchmarks.tables [ROWS ...]
"""

from __future__ import annotations

import json
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.records import LIMIT, Records, find_records
from mwaa_shell.output.tables.table import draw_records

ROWS = (1000, 3000, 10_000)
NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)
WORDS = ("dags", "list-runs", "sales_daily", "-o", "json")
FORMATS = ("table", "vertical", "json", "yaml", "csv")
STATES = ("success", "failed", "running", "queued")


def output(rows: int, chance: random.Random) -> str:
    """Return a list of runs with eight columns and some text beyond ASCII."""
    return json.dumps([_run(chance) for _ in range(rows)])


def _run(chance: random.Random) -> dict[str, object]:
    date = NOW - timedelta(seconds=chance.randrange(10_000_000), microseconds=chance.randrange(1_000_000))
    return {
        "dag_id": f"sales_daily_{chance.randrange(50)}",
        "run_id": f"scheduled__{date.isoformat()}",
        "state": chance.choice(STATES),
        "run_after": date.isoformat(),
        "start_date": (date + timedelta(seconds=3)).isoformat(),
        "end_date": (date + timedelta(minutes=3)).isoformat(),
        "owners": ["analytics"],
        "note": chance.choice(["", "", "wiederholt, weil die Übergabe fehlte", "再実行", "by hand"]),
    }


def seconds(found: Records, form: str, width: int) -> float:
    """How long one drawing takes, the best of three."""
    view = DisplayOptions(width=width, color=True, zone=ZoneInfo("Europe/Berlin"), now=NOW)
    return min(_timed(lambda: draw_records(found, form, view)) for _ in range(3))


def _timed(draw: object) -> float:
    began = time.perf_counter()
    assert callable(draw)
    draw()
    return time.perf_counter() - began


def main() -> None:
    """Print the table."""
    counts = [int(word) for word in sys.argv[1:]] or ROWS
    print(f"{'rows':>7}{'MB':>6}{'find':>8}" + "".join(f"{name:>10}" for name in ("table 80", *FORMATS)))
    for rows in counts:
        text = output(rows, random.Random(7))
        found = find_records(text, WORDS)
        if found is None:
            print(f"{rows:>7}{len(text) / 1e6:>6.1f}  more than is laid out: {LIMIT / 1e6:.0f} million characters")
            continue
        times = [seconds(found, "table", 80), *(seconds(found, name, 200) for name in FORMATS)]
        finding = min(_timed(lambda text=text: find_records(text, WORDS)) for _ in range(3))
        print(f"{rows:>7}{len(text) / 1e6:>6.1f}{finding:>8.3f}" + "".join(f"{one:>10.3f}" for one in times))


if __name__ == "__main__":
    main()
