"""The records of the tables that Airflow prints for people, since 1.10.

``find_table`` reads the default format since 2.0, which breaks text inside its cells if the table is wider than the
console. No rule is between the rows. A word that is too long is cut at the end of the column, so the reader joins its
parts. Words that fit move to the next line, so the reader adds a space. A full line can be either. The wider console
cuts a word only if it is alone on its line, so a full line of several words ends at a space. On the narrower console
the space is lost, which does not matter for IDs. Airflow narrows the widest columns first, which separates a new row
from a further line of the row above. A cell keeps its own line ends if no other cell shares its lines.

``find_table_v1`` reads what 1.10 prints, which has no ``-o``: a boxed table, a list of DAGs and a list of runs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from mwaa_shell.output.measure import screen_columns

RULE = re.compile(r"=+(?:\+=+)* *")
#: Columns of Airflow's console without a terminal: rich's default, and the width since 2.2.
WIDER = 200
CONSOLES = (80, WIDER)
#: The first column of a run that was triggered: JSON, which is broken at its blanks.
CONF = "conf"
#: Columns that were made narrow differ by so much at most, for rounding and for the margins of the outer ones.
ROUNDING = 3
DASHES = re.compile(r"-{3,}")
DAGS = "DAGS"
RUNS = "DAG RUNS"


@dataclass(frozen=True, slots=True)
class PrintedTable:
    """A table among lines: heading, rules and rows from ``first`` up to ``end``."""

    names: tuple[str, ...]
    rows: list[list[str]]  #: each with one text for each name
    first: int
    end: int


# -- 2.0 and later -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of a table: first cells and cells after the last, with margins."""

    spans: tuple[tuple[int, int], ...]
    width: int

    rooms: tuple[int, ...]  #: how much fits into a line of each
    wordy: bool = False  #: whether the first one holds words with blanks between them; else it has names

    @property
    def full(self) -> bool:
        """Return whether the table fills the console. Only then are words broken."""
        return self.width in CONSOLES

    def broken(self, number: int) -> bool:
        """Return whether a column is one of the widest, which rich makes narrow."""
        return self.rooms[number] >= max(self.rooms) - ROUNDING

    def cut(self, line: str) -> list[str] | None:
        """Return the cells of a line with leading blanks; ``None`` for other lines."""
        row = screen_columns(line.rstrip())
        if len(row) > self.width or any(bar != "|" for _, end in self.spans for bar in row[end : end + 1]):
            return None
        if len(self.spans) > 1 and "|" not in row:
            return None
        return ["".join(row[start + (start > 0) : end]).rstrip() for start, end in self.spans]


def find_table(lines: list[str]) -> PrintedTable | None:
    """Return the last table of Airflow 2.0 and later among the lines, or ``None``."""
    for number in range(len(lines) - 1, 0, -1):
        if lines[number].startswith("=") and RULE.fullmatch(lines[number]):
            columns = _columns(lines[number].rstrip())
            first, names = _names(lines, number, columns)
            if names is not None:
                rows, behind = _rows(lines, number + 1, replace(columns, wordy=names[0] == CONF))
                return PrintedTable(tuple(names), rows, first, behind)
    return None


def _columns(rule: str) -> _Columns:
    ends = [found.start() for found in re.finditer(r"\+", rule)] + [len(rule)]
    spans = tuple(zip([0, *(end + 1 for end in ends[:-1])], ends, strict=True))
    last = len(spans) - 1
    rooms = tuple(end - start - (number > 0) - (number < last) for number, (start, end) in enumerate(spans))
    return _Columns(spans, len(rule), rooms)


def _names(all_lines: list[str], rule: int, columns: _Columns) -> tuple[int, list[str] | None]:
    """Return the first line of the heading, and the names of the columns."""
    lines: list[list[str]] = []
    most = 1 if len(columns.spans) == 1 else rule
    first = rule
    while rule - first < most and (cells := columns.cut(all_lines[first - 1])) is not None:
        lines.insert(0, cells)
        first -= 1
    names = ["".join(cell.strip() for cell in column) for column in zip(*lines, strict=True)]
    fits = bool(lines) and all(names) and len(set(names)) == len(names)
    return first, names if fits and (len(names) > 1 or names[0] == lines[0][0]) else None


def _rows(lines: list[str], first: int, columns: _Columns) -> tuple[list[list[str]], int]:
    """Return the rows and the end of the table, with its last line of blanks."""
    rows: list[list[str]] = []
    above: list[str] = []
    number = first
    for number in range(first, len(lines) + 1):
        cells = columns.cut(lines[number]) if number < len(lines) else None
        if cells is None or (len(columns.spans) == 1 and not cells[0]):
            break
        if not any(cells):
            continue
        if above and _continues(above, cells, columns):
            pieces = zip(rows[-1], above, cells, strict=True)
            rows[-1] = [_joined(*piece, columns, place) for place, piece in enumerate(pieces)]
        else:
            rows.append(cells)
        above = cells
    ends = number < len(lines) and lines[number].startswith(" ") and not lines[number].strip()
    return rows, number + ends


def _continues(above: list[str], cells: list[str], columns: _Columns) -> bool:
    """Return whether a line belongs to the row of the line above."""
    if columns.full and not cells[0]:  # a row begins with a name or a number
        return True
    filled = [number for number, cell in enumerate(cells) if cell]
    if not all(above[number] for number in filled):
        return False
    if len(filled) == 1 and filled[0] > 0:  # one cell, not the first: wrapped, or with line ends
        return True
    return columns.full and all(_goes_on(above[number], cells[number], columns, number) for number in filled)


def _goes_on(above: str, cell: str, columns: _Columns, number: int) -> bool:
    """Return whether a line of a cell is full, or would be with the next word."""
    room = columns.rooms[number]
    moved = (number > 0 or columns.wordy) and _moved(above, cell, room)
    return columns.broken(number) and (len(screen_columns(above)) >= room or moved)


def _moved(above: str, cell: str, room: int) -> bool:
    """Return whether the first word of a line had no room after the text above."""
    word = cell.split(" ", 1)[0]
    return not cell.startswith(" ") and len(screen_columns(above)) + 1 + len(screen_columns(word)) > room


def _joined(whole: str, above: str, cell: str, columns: _Columns, number: int) -> str:
    room = columns.rooms[number]
    if not cell:
        return whole
    if not columns.full:
        return f"{whole}\n{cell}"
    if len(screen_columns(above)) >= room:
        return f"{whole} {cell}" if columns.width == WIDER and " " in above.strip() else whole + cell
    return f"{whole} {cell}" if _moved(above, cell, room) else f"{whole}\n{cell}"


# -- 1.10 --------------------------------------------------------------------------------------------------------------


def find_table_v1(lines: list[str]) -> PrintedTable | None:
    """Return a table with rows, else an empty one: in a box, of DAGs or of runs."""
    found = [block for block in (_box(lines), _dags(lines), _runs(lines)) if block]
    return next((block for block in found if block.rows), found[0] if found else None)


def count_boxes(lines: list[str]) -> int:
    """Return the number of boxed tables."""
    return sum(line.startswith("╒") for line in lines)


def _box(lines: list[str]) -> PrintedTable | None:
    """Return the last table in a box, where a row may take several lines."""
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
    return PrintedTable(tuple(rows[0]), [row for row in rows[1:] if len(row) == len(rows[0])], top, end + ends)


def _below(lines: list[str], title: str) -> int | None:
    """Return the line after a title between two rows of dashes."""
    for number in range(len(lines) - 2, 0, -1):
        if lines[number] == title and all(DASHES.fullmatch(lines[number + beside]) for beside in (-1, 1)):
            return number + 2
    return None


def _dags(lines: list[str]) -> PrintedTable | None:
    start = _below(lines, DAGS)
    if start is None:
        return None
    end = start
    while end < len(lines) and lines[end].strip():
        end += 1
    return PrintedTable(("dag_id",), [[line] for line in lines[start:end]], start - 3, end)


def _runs(lines: list[str]) -> PrintedTable | None:
    """Return the rows after ``id | run_id | ...``. Only a run ID can hold the separator."""
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
    return PrintedTable(tuple(names), rows, start - 3, end)
