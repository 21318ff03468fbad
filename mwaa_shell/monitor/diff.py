"""Changes between two outputs, highlighted cell by cell. Pure; takes time linear in the length."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from mwaa_shell.airflow.output_lines import SGR
from mwaa_shell.output.ansi import NOT_REVERSE, REVERSE

#: A cell of a drawn table or a piece of text: words with one blank between them.
CELL = re.compile(r"[^\s│|]+(?: [^\s│|]+)*")
#: Lines and crossings of a table, which say nothing.
RULE = re.compile(r"[=+\-─━═╒╤╕╞╪╡╘╧╛├┼┤┌┬┐└┴┘|│\s]*")
#: Stands before each line where there is no colour.
CHANGED, SAME = "* ", "  "
#: How many lines of the round before that share a cell are looked at for the one that a line has been.
CANDIDATES = 8

Cells = tuple[str, ...]


def highlight_changes(lines: Sequence[str], before: Sequence[str] | None, *, color: bool) -> list[str]:
    """Return the lines with changed cells in reverse video; without color, with a star before changed lines.

    ``before`` is ``None`` in the first round, where nothing is highlighted.
    """
    if before is None:
        return list(lines) if color else [SAME + line for line in lines]
    changes = _changes([_cells(line) for line in lines], [_cells(line) for line in before])
    if not color:
        return [(CHANGED if new else SAME) + line for line, new in zip(lines, changes, strict=True)]
    return [_reversed(line, new) if new else line for line, new in zip(lines, changes, strict=True)]


def _cells(line: str) -> Cells:
    plain = SGR.sub("", line)
    return () if RULE.fullmatch(plain) else tuple(CELL.findall(plain))


def _changes(lines: Sequence[Cells], before: Sequence[Cells]) -> list[set[int]]:
    """Return the numbers of the new cells of each line."""
    same = Counter(before)
    fresh: list[int] = []
    for number, cells in enumerate(lines):
        if same[cells] > 0:
            same[cells] -= 1
        elif cells:
            fresh.append(number)
    was = _PreviousLines(same.elements())
    found: list[set[int]] = [set() for _ in lines]
    for number in fresh:
        found[number] = _differ(lines[number], was.take(lines[number]))
    return found


def _differ(cells: Cells, was: Cells | None) -> set[int]:
    if was is None:
        return set(range(len(cells)))
    if len(was) == len(cells):
        return {number for number, cell in enumerate(cells) if cell != was[number]}
    old = Counter(was)  # a cell has come or gone, and nobody knows which column it is in
    new = set()
    for number, cell in enumerate(cells):
        if old[cell] > 0:
            old[cell] -= 1
        else:
            new.add(number)
    return new


class _PreviousLines:
    """Lines of the previous round that are gone, found by the longest cell that they share with a new line."""

    def __init__(self, lines: Iterable[Cells]) -> None:
        self._left = Counter(lines)
        self._by_cell: dict[str, list[Cells]] = {}
        for cells in self._left:
            for cell in set(cells):
                self._by_cell.setdefault(cell, []).append(cells)

    def take(self, cells: Cells) -> Cells | None:
        """Return and remove the previous form of a line, ``None`` if there is none."""
        for cell in sorted(set(cells), key=lambda one: (-len(one), one)):
            for was in self._by_cell.get(cell, ())[:CANDIDATES]:
                if self._left[was] > 0:
                    self._left[was] -= 1
                    return was
        return None


def _reversed(line: str, cells: set[int]) -> str:
    """Return a line with some cells in reverse video, whatever color codes they contain."""
    spans = [found.span() for number, found in enumerate(CELL.finditer(SGR.sub("", line))) if number in cells]
    starts, ends = {start for start, _ in spans}, {end for _, end in spans}
    made: list[str] = []
    place, position, inside = 0, 0, False
    while position < len(line):
        code = SGR.match(line, position)
        if code is not None:
            made.append(code[0] + (REVERSE if inside else ""))  # it may have taken the mark away
            position = code.end()
            continue
        if place in ends:
            made.append(NOT_REVERSE)
            inside = False
        if place in starts:
            made.append(REVERSE)
            inside = True
        made.append(line[position])
        place, position = place + 1, position + 1
    return "".join(made) + (NOT_REVERSE if inside else "")
