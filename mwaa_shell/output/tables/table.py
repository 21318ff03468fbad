"""Records for people: as a table as wide as the screen, or one below the other with a line for each column.

A table has a heading, a rule, and columns with two blanks between them. Whatever is not in it is said below it. The
other form is for a single record, and for what has no room as a table.
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
from mwaa_shell.output.tables.columns import GAP, Column, ColumnPriority, Layout, columns, lay_out

#: Lines; where rows have more on average, the records are drawn one below the other.
FOLDED = 4
IN_ALL_ROWS = "in all rows: "
#: Rows; from this number on the note below the table counts them.
MANY = 10
#: Columns, or half of the screen, that a value has at least, even where that puts it below its name.
LEAST = 20


def table(found: Records, view: DisplayOptions) -> list[str] | None:
    """Return the lines of a table and its notes; ``None`` where records one below the other read better."""
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
    """Yield notes of the shell, wrapped and dim."""
    for line in lines:
        for part in measure.wrap(line, max(view.width, 2)):
            yield paint(part, DIM, color=view.color)


def _same(layout: Layout, view: DisplayOptions) -> Iterator[str]:
    """What is the same in all rows; an id is not folded here either."""
    rest = []
    for column in layout.same:
        said = column.texts.shown[0]
        if column.priority is ColumnPriority.ID and measure.width(f"{IN_ALL_ROWS}{column.title} {said}") > view.width:
            yield from quiet([f"{IN_ALL_ROWS}{column.title}"], view)
            yield paint(said.rstrip(" "), DIM, color=view.color)
        else:
            rest.append(f"{column.title} {said.replace(chr(10), ' ') or 'empty'}")
    if rest:
        yield from quiet([IN_ALL_ROWS + ", ".join(rest)], view)


def notes(layout: Layout, view: DisplayOptions) -> Iterator[str]:
    """Yield the notes below a table: columns left out, the number of rows, the zone of the dates."""
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
    """Return the note on converted dates, if there are any: their zone, and whether fractions are left out."""
    dated = [column for column in shown if column.texts.dated]
    if not dated or view.zone is None:
        return []
    rounded = any(column.texts.rounded for column in dated)
    return [f"times in {dates.name_of(view.zone)}" + (", without fractions of a second" if rounded else "")]


def painted(column: Column, text: str) -> str:
    """Return the color code of a cell; empty for the terminal's own color."""
    if column.priority is ColumnPriority.ID:
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


# -- one below the other -----------------------------------------------------------------------------------------------


def vertical(found: Records, view: DisplayOptions) -> list[str]:
    """Return the records one below the other, whole; only an ID may be wider than the screen."""
    made = columns(found, view)
    names = max((measure.width(column.title) for column in made), default=0)
    lines: list[str] = []
    for row in range(len(found.records)):
        if len(found.records) > 1:
            lines += quiet([_heading(row, len(found.records), view.width)], view)
        for column in made:
            lines += _entry(column, row, names, view)
    return lines + list(quiet(time_note(made, view), view))


def _heading(row: int, rows: int, width: int) -> str:
    said = f"── {row + 1} of {rows} "
    return said + "─" * (min(width, 40) - len(said))


def _entry(column: Column, row: int, names: int, view: DisplayOptions) -> Iterator[str]:
    """One value behind its name, or below it where the two have no room beside each other."""
    text = column.texts.shown[row]
    date = column.texts.dated.get(row)
    if date is not None and view.now is not None:
        text = f"{text} ({dates.distance(date, view.now)})"
    room = view.width - names - GAP
    whole = column.priority is ColumnPriority.ID
    beside = room >= min(LEAST, view.width // 2) and not (whole and measure.width(text) > room)
    code = painted(column, column.texts.shown[row]) if view.color else ""
    parts = [text] if whole else measure.wrap(text, room if beside else max(view.width - GAP, 2))
    parts = [paint(part, code) for part in parts]
    wrapped = (part.rstrip(" ") for part in measure.wrap(column.title, max(view.width, 2)))
    titles = [column.title] if beside else [*wrapped]
    title = [paint(part, BOLD, color=view.color) for part in titles]
    if not beside:
        yield from title
        indent = "" if whole and measure.width(text) > view.width - GAP else " " * GAP
        yield from ((indent + part).rstrip(" ") for part in parts)
        return
    blanks = " " * (names - measure.width(column.title))
    yield f"{title[0]}{blanks}{' ' * GAP}{parts[0]}".rstrip(" ")
    yield from ((" " * (names + GAP) + part).rstrip(" ") for part in parts[1:])
