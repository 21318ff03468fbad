"""Records as a table as wide as the screen, and one below the other where a table would be of no use.

A heading, a rule, and columns with two blanks between them. Whatever is not in the table is said below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from mwaa_shell.output import measure
from mwaa_shell.output.ansi import BOLD, DIM, paint
from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.records import Records
from mwaa_shell.output.style import states
from mwaa_shell.output.tables import cells, dates
from mwaa_shell.output.tables.columns import Column, Worth, columns
from mwaa_shell.output.tables.layout import GAP, Layout, lay_out

#: Rows of more lines than this on average are better read as records, each on its own.
FOLDED = 4
IN_ALL_ROWS = "in all rows: "
#: From so many rows on they are counted.
MANY = 10


def table(found: Records, view: DisplayOptions) -> list[str] | None:
    """The lines of the table and of what has to be said of it; ``None`` where a table is of no use."""
    made = columns(found, view)
    layout = lay_out(made, view.width)
    if layout is None or (len(found.records) == 1 and not layout.complete):
        return None
    if view.now is not None:
        _add_distances(layout, view.now)
    rows = list(_rows(layout, view.color))
    if sum(map(len, rows)) > FOLDED * len(rows):
        return None
    head = _line([_padded(column.title, column) for column in layout.shown])
    rule = _line(["─" * column.room for column in layout.shown])
    lines = [paint(head, BOLD, color=view.color), paint(rule, DIM, color=view.color)]
    lines += [line for row in rows for line in row]
    return [*lines, *_same(layout, view), *quiet(notes(layout, view), view)]


def quiet(lines: Iterable[str], view: DisplayOptions) -> Iterator[str]:
    """Lines of our own, folded and dim."""
    for line in lines:
        for part in measure.wrap(line, max(view.width, 2)):
            yield paint(part, DIM, color=view.color)


def _same(layout: Layout, view: DisplayOptions) -> Iterator[str]:
    """What is the same in all rows; an id is not folded here either."""
    rest = []
    for column in layout.same:
        said = column.texts.shown[0]
        if column.worth is Worth.ID and measure.width(f"{IN_ALL_ROWS}{column.title} {said}") > view.width:
            yield from quiet([f"{IN_ALL_ROWS}{column.title}"], view)
            yield paint(said.rstrip(" "), DIM, color=view.color)
        else:
            rest.append(f"{column.title} {said.replace(chr(10), ' ') or 'empty'}")
    if rest:
        yield from quiet([IN_ALL_ROWS + ", ".join(rest)], view)


def notes(layout: Layout, view: DisplayOptions) -> Iterator[str]:
    """What stands below a table: what has no room, how many rows there are, the zone of the dates."""
    rows = len(layout.shown[0].texts.shown)
    count = len(layout.left_out)
    if count:
        names = ", ".join(column.title for column in layout.left_out)
        yield f"{count} column{'s do' if count > 1 else ' does'} not fit: {names} (.as vertical shows all)"
    parts = [f"{rows} rows"] if rows >= MANY else []
    times = time_note([*layout.shown, *layout.same], view)
    if parts or times:
        yield ", ".join([*parts, *times])


def time_note(shown: Iterable[Column], view: DisplayOptions) -> list[str]:
    """What has to be said of dates that were converted: the zone, and that fractions of a second are left out."""
    dated = [column for column in shown if column.texts.dated]
    if not dated or view.zone is None:
        return []
    rounded = any(column.texts.rounded for column in dated)
    return [f"times in {dates.name_of(view.zone)}" + (", without fractions of a second" if rounded else "")]


def painted(column: Column, text: str) -> str:
    """The colour of a cell; empty for the terminal's own."""
    if column.worth is Worth.ID:
        return ""
    if text == cells.MISSING or (column.texts.truths and text == "no"):
        return DIM
    return states.code(text) if column.stateful else ""


def _add_distances(layout: Layout, now: datetime) -> None:
    """How long ago the dates were, for as many columns of them as there is room for, from the first on."""
    left = layout.width - sum(column.room for column in layout.shown) - GAP * (len(layout.shown) - 1)
    for column in layout.shown:
        if not column.texts.dated:
            continue
        made = list(column.texts.shown)
        for row, date in column.texts.dated.items():
            made[row] = f"{made[row]} ({dates.distance(date, now)})"
        room = max(column.room, *map(measure.widest, made))
        if room - column.room > left:
            return
        left -= room - column.room
        column.texts.shown, column.room = made, room


def _rows(layout: Layout, color: bool) -> Iterator[list[str]]:
    """The lines of each row."""
    blanks = [" " * column.room for column in layout.shown]
    drawn = [_cells(column, color) for column in layout.shown]
    for row in zip(*drawn, strict=True):
        (first, wider), *others = row
        if not wider:
            yield _beside([cell for cell, _ in row], blanks)
        elif any(line.strip() for cell, _ in others for line in cell):
            yield [_line(first[:1]), *_beside([[blanks[0]], *(cell for cell, _ in others)], blanks)]
        else:
            yield [_line(first[:1])]


def _beside(cells: list[list[str]], blanks: list[str]) -> list[str]:
    """The lines of one row, from the lines of its cells."""
    height = max(map(len, cells))
    if height == 1:
        return [_line([cell[0] for cell in cells])]
    return [
        _line([cell[number] if number < len(cell) else blank for cell, blank in zip(cells, blanks, strict=True)])
        for number in range(height)
    ]


def _cells(column: Column, color: bool) -> list[tuple[list[str], bool]]:
    """The lines of each cell of a column, as wide as it; and whether it is wider."""
    room, right = column.room, column.right
    made: list[tuple[list[str], bool]] = []
    known: dict[str, tuple[list[str], bool]] = {}
    for text in column.texts.shown:
        cell = known.get(text)
        if cell is None:
            lines = measure.wrap(text, room) if column.folds else [text]
            code = painted(column, text) if color else ""
            wider = not column.folds and measure.width(text) > room
            cell = known[text] = ([_colored(line, room, right, code) for line in lines], wider)
        made.append(cell)
    return made


def _colored(text: str, room: int, right: bool, code: str) -> str:
    blanks = " " * (room - measure.width(text))
    text = paint(text, code)
    return blanks + text if right else text + blanks


def _padded(title: str, column: Column) -> str:
    return _colored(title, column.room, column.right, "")


def _line(parts: list[str]) -> str:
    return (" " * GAP).join(parts).rstrip(" ")
