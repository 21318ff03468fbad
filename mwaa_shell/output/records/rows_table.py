"""The records of Airflow's own table, the default of 2.0 and later.

The table is as wide as it must be, up to the console's width; what is wider is broken over lines inside its cells, and
no rule stands between the rows. A word that is too long is cut where the column ends, so it goes on without a space;
words that fit are moved to the next line whole, so there a space is put back. Where a line is full the two look alike:
the wider console cuts a word only where it stands alone, so a full line with several ends at a space; on the narrower
one the space is lost, if there was one. Ids have none. The widest columns are the ones that are made narrow,
which is how a row is known from a further line of the row above it. A cell with line ends of its own has them back
where it stands alone on its lines.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

from mwaa_shell.output.records.block import Block

RULE = re.compile(r"=+(?:\+=+)* *")
#: How wide Airflow's console is where it has no terminal: rich's own default, and what 2.2 and later set.
NARROWER, WIDER = CONSOLES = (80, 200)
#: The first column of a run that was triggered: JSON, which is broken at its blanks.
CONF = "conf"
#: Columns that were made narrow differ by so much at most, for rounding and for the margins of the outer ones.
ROUNDING = 3


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where the columns stand: the first cell of each and the one behind its last, margins included."""

    spans: tuple[tuple[int, int], ...]
    width: int

    rooms: tuple[int, ...]  #: how much fits into a line of each
    wordy: bool = False  #: whether the first one holds words with blanks between them; else it has names

    @property
    def full(self) -> bool:
        """Whether the table is as wide as a console: only then is anything broken over lines."""
        return self.width in CONSOLES

    def broken(self, number: int) -> bool:
        """Whether a column is among the widest, which are the ones that are made narrow."""
        return self.rooms[number] >= max(self.rooms) - ROUNDING

    def cut(self, line: str) -> list[str] | None:
        """The cells of a line; ``None`` if it is no line of this table. Leading blanks belong to a cell."""
        if not line.isascii():
            line = _spread(line)
        if len(line.rstrip()) > self.width or any(line[end : end + 1] not in ("|", "") for _, end in self.spans):
            return None
        if len(self.spans) > 1 and "|" not in line:
            return None
        return [line[start + (start > 0) : end].rstrip().replace("\0", "") for start, end in self.spans]


def read(text: str) -> list[dict[str, str]] | None:
    """The records of the last table in a reply; ``None`` if there is none."""
    block = find(text.split("\n"))
    return block.records if block else None


def find(lines: list[str], end: int | None = None) -> Block | None:
    """The last table among the lines, or among those before ``end``; ``None`` if there is none."""
    for number in range((len(lines) if end is None else end) - 1, 0, -1):
        if lines[number].startswith("=") and RULE.fullmatch(lines[number]):
            columns = _columns(lines[number].rstrip())
            first, names = _names(lines, number, columns)
            if names is not None:
                rows, behind = _rows(lines, number + 1, replace(columns, wordy=names[0] == CONF))
                return Block(tuple(names), rows, first, behind)
    return None


def _columns(rule: str) -> _Columns:
    ends = [found.start() for found in re.finditer(r"\+", rule)] + [len(rule)]
    spans = tuple(zip([0, *(end + 1 for end in ends[:-1])], ends, strict=True))
    last = len(spans) - 1
    rooms = tuple(end - start - (number > 0) - (number < last) for number, (start, end) in enumerate(spans))
    return _Columns(spans, len(rule), rooms)


def _names(all_lines: list[str], rule: int, columns: _Columns) -> tuple[int, list[str] | None]:
    """Where the heading begins, and the columns' names; those too long for one line are over several."""
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
    """The rows, and the line behind the last; the blanks that Airflow ends a table with belong to it."""
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
    """Whether a line belongs to the row of the line above it."""
    filled = [number for number, cell in enumerate(cells) if cell]
    if not all(above[number] for number in filled):
        return False
    if len(filled) == 1 and filled[0] > 0:  # one cell alone, and not the first: broken, or with line ends of its own
        return True
    return columns.full and all(_goes_on(above[number], cells[number], columns, number) for number in filled)


def _goes_on(above: str, cell: str, columns: _Columns, number: int) -> bool:
    """Whether a cell's line is full, or would be with the next word; names, in the first column, are one word."""
    room = columns.rooms[number]
    moved = (number > 0 or columns.wordy) and _moved(above, cell, room)
    return columns.broken(number) and (_wide(above) >= room or moved)


def _moved(above: str, cell: str, room: int) -> bool:
    """Whether the first word of a line had no room behind the text above it."""
    return not cell.startswith(" ") and _wide(above) + 1 + _wide(cell.split(" ", 1)[0]) > room


def _joined(whole: str, above: str, cell: str, columns: _Columns, number: int) -> str:
    room = columns.rooms[number]
    if not cell:
        return whole
    if not columns.full:
        return f"{whole}\n{cell}"
    if _wide(above) >= room:
        return f"{whole} {cell}" if columns.width == WIDER and " " in above.strip() else whole + cell
    return f"{whole} {cell}" if _moved(above, cell, room) else f"{whole}\n{cell}"


def _wide(text: str) -> int:
    """How many places of a terminal a text takes."""
    return len(text) if text.isascii() else len(_spread(text))


def _spread(line: str) -> str:
    """A line with one character a place: a NUL stands behind each that takes two."""
    return "".join(char + "\0" if unicodedata.east_asian_width(char) in "WF" else char for char in line)
