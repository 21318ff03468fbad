"""The records of Airflow 1.10, which has no ``-o``: a boxed table, a list of DAGs and a list of runs."""

from __future__ import annotations

import re

DASHES = re.compile(r"-{3,}")
DAGS = "DAGS"
RUNS = "DAG RUNS"


def read(text: str) -> list[dict[str, str]] | None:
    """The records of a boxed table, of ``list_dags`` or of ``list_dag_runs``; ``None`` if there are none."""
    lines = text.split("\n")
    return _box(lines) or _dags(lines) or _runs(lines) or None


def is_empty(text: str) -> bool:
    """Whether one of them has a heading and nothing below it."""
    lines = text.split("\n")
    headings = any(_below(lines, title) is not None for title in (DAGS, RUNS))
    return headings or any(line.startswith("╒") for line in lines)


def _box(lines: list[str]) -> list[dict[str, str]]:
    """The last table in a box; a line below the rule is a row, or goes on with the cells of the row above it."""
    tops = [number for number, line in enumerate(lines) if line.startswith("╒")]
    if not tops:
        return []
    rows: list[list[str]] = []
    fresh = True
    for line in lines[tops[-1] + 1 :]:
        if line.startswith("│"):
            cells = [cell.strip() for cell in line.rstrip().strip("│").split("│")]
            if fresh or len(cells) != len(rows[-1]):
                rows.append(cells)
            else:
                rows[-1] = [f"{whole}\n{cell}" if cell else whole for whole, cell in zip(rows[-1], cells, strict=True)]
            fresh = False
        elif line.startswith(("╞", "├")):
            fresh = True
        else:
            break
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:] if len(row) == len(rows[0])]


def _below(lines: list[str], title: str) -> int | None:
    """The line behind a title between two rows of dashes."""
    for number in range(len(lines) - 2, 0, -1):
        if lines[number] == title and all(DASHES.fullmatch(lines[number + beside]) for beside in (-1, 1)):
            return number + 2
    return None


def _dags(lines: list[str]) -> list[dict[str, str]]:
    start = _below(lines, DAGS)
    found: list[dict[str, str]] = []
    for line in lines[start:] if start is not None else ():
        if not line.strip():
            break
        found.append({"dag_id": line})
    return found


def _runs(lines: list[str]) -> list[dict[str, str]]:
    """The rows behind ``id | run_id | ...``; only the run's id could hold the separator."""
    start = _below(lines, RUNS)
    if start is None or start >= len(lines):
        return []
    names = [name.strip() for name in lines[start].rstrip(" |").split("|")]
    found = []
    for line in lines[start + 1 :]:
        cells = [cell.strip() for cell in line.rstrip().removesuffix("|").split(" | ")]
        extra = len(cells) - len(names)
        if extra >= 0 and len(names) > 1:
            cells[1 : 2 + extra] = [" | ".join(cells[1 : 2 + extra])]
            found.append(dict(zip(names, cells, strict=True)))
        elif line.strip():
            break
    return found
