"""Records one below the other, a line for each column: for a single one, and for what has no room as a table."""

from __future__ import annotations

from collections.abc import Iterator

from mwaa_shell.output import measure
from mwaa_shell.output.ansi import BOLD, paint
from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.records import Records
from mwaa_shell.output.tables import dates
from mwaa_shell.output.tables.columns import Column, Worth, columns
from mwaa_shell.output.tables.table import painted, quiet, time_note

GAP = 2
#: A value has at least so many columns, or half of the screen, even where that puts it below its name.
LEAST = 20


def vertical(found: Records, view: DisplayOptions) -> list[str]:
    """All that the records hold; only an id that is wider than the screen makes a line that is."""
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
    whole = column.worth is Worth.ID
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
