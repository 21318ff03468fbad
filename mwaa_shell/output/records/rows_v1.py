"""The records of Airflow 1.10, which has no ``-o``: a boxed table, a list of DAGs and a list of runs."""

from __future__ import annotations

import re

from mwaa_shell.output.records.block import Block

DASHES = re.compile(r"-{3,}")
DAGS = "DAGS"
RUNS = "DAG RUNS"


def read(text: str) -> list[dict[str, str]] | None:
    """The records of a boxed table, of ``list_dags`` or of ``list_dag_runs``; ``None`` if there are none."""
    block = find(text.split("\n"))
    return block.records if block and block.rows else None


def find(lines: list[str]) -> Block | None:
    """The last boxed table, else the list of DAGs or of runs, one with rows before an empty one."""
    found = [block for block in (_box(lines), _dags(lines), _runs(lines)) if block]
    return next((block for block in found if block.rows), found[0] if found else None)


def boxes(lines: list[str]) -> int:
    """How many tables in a box there are."""
    return sum(line.startswith("╒") for line in lines)


def is_empty(text: str) -> bool:
    """Whether one of them has a heading and nothing below it."""
    lines = text.split("\n")
    headings = any(_below(lines, title) is not None for title in (DAGS, RUNS))
    return headings or any(line.startswith("╒") for line in lines)


def _box(lines: list[str]) -> Block | None:
    """The last table in a box; a line below the rule is a row, or goes on with the cells of the row above it."""
    top = next((number for number in reversed(range(len(lines))) if lines[number].startswith("╒")), None)
    if top is None:
        return None
    rows: list[list[str]] = []
    fresh = True
    end = top + 1
    while end < len(lines) and lines[end].startswith(("│", "╞", "├")):
        if lines[end].startswith("│"):
            cells = [cell.strip() for cell in lines[end].rstrip().strip("│").split("│")]
            if fresh or len(cells) != len(rows[-1]):
                rows.append(cells)
            else:
                rows[-1] = [f"{whole}\n{cell}" if cell else whole for whole, cell in zip(rows[-1], cells, strict=True)]
        fresh = not lines[end].startswith("│")
        end += 1
    if not rows:
        return None
    ends = end < len(lines) and lines[end].startswith("╘")
    return Block(tuple(rows[0]), [row for row in rows[1:] if len(row) == len(rows[0])], top, end + ends)


def _below(lines: list[str], title: str) -> int | None:
    """The line behind a title between two rows of dashes."""
    for number in range(len(lines) - 2, 0, -1):
        if lines[number] == title and all(DASHES.fullmatch(lines[number + beside]) for beside in (-1, 1)):
            return number + 2
    return None


def _dags(lines: list[str]) -> Block | None:
    start = _below(lines, DAGS)
    if start is None:
        return None
    end = start
    while end < len(lines) and lines[end].strip():
        end += 1
    return Block(("dag_id",), [[line] for line in lines[start:end]], start - 3, end)


def _runs(lines: list[str]) -> Block | None:
    """The rows behind ``id | run_id | ...``; only the run's id could hold the separator."""
    start = _below(lines, RUNS)
    if start is None or start >= len(lines):
        return None
    names = [name.strip() for name in lines[start].rstrip(" |").split("|")]
    rows = []
    end = start + 1
    for number in range(start + 1, len(lines)):
        cells = [cell.strip() for cell in lines[number].rstrip().removesuffix("|").split(" | ")]
        extra = len(cells) - len(names)
        if extra >= 0 and len(names) > 1:
            cells[1 : 2 + extra] = [" | ".join(cells[1 : 2 + extra])]
            rows.append(cells)
            end = number + 1
        elif lines[number].strip():
            break
    return Block(tuple(names), rows, start - 3, end)
