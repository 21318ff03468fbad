"""Records for people: a table as wide as the screen, or a line for each column.

A table has a heading, a rule, and columns with two blanks between them. Whatever is not in it is said below it. The
other form is for a single record, and for what has no room as a table. Programs get JSON, YAML or CSV with the values
as Airflow printed them.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import zip_longest
from typing import NamedTuple

from mwaa_shell.durations import format_distance
from mwaa_shell.output import measure, style
from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.measure import BOLD, DIM, paint
from mwaa_shell.output.records import Records
from mwaa_shell.output.tables import cells
from mwaa_shell.output.tables.columns import GAP, Column, ColumnPriority, Layout, columns, lay_out

#: Lines; where rows have more on average, the records are drawn one below the other.
FOLDED = 4
IN_ALL_ROWS = "in all rows: "
#: Rows; from this number on the note below the table counts them.
MANY = 10
#: Fields; a single record with no more is shown whole.
SHORT = 8
#: Texts of a field that holds nothing.
EMPTY = frozenset({"", cells.MISSING, "{}", "[]"})
#: Fields of a record that matter beside its IDs and states.
MAIN = frozenset({
    "logical_date", "execution_date", "start_date", "end_date", "duration", "conf", "operator",
    "from_date", "to_date", "completed_at",
    "owner", "owners", "description", "tags", "schedule_interval", "timetable_summary", "timetable_description",
    "next_dagrun", "next_dagrun_logical_date", "has_import_errors",
    "host", "schema", "login", "password", "port", "extra", "extra_dejson", "slots",
})  # fmt: skip
#: Columns, or half of the screen, that a value has at least, even where that puts it below its name.
LEAST = 20


class Drawing(NamedTuple):
    """Records as lines, and the notes on them."""

    lines: list[str]
    notes: list[str]  #: such as "2 columns hidden: a, b (.as vertical)"


def table(found: Records, view: DisplayOptions) -> Drawing | None:
    """Return the lines and notes of a table; ``None`` if records fit vertically."""
    made = columns(found, view)
    layout = lay_out(made, view.width)
    if layout is None or (len(found.records) == 1 and not layout.complete):
        return None
    if view.now is not None and not layout.left_out:
        _add_distances(layout, view.now)
    rows = list(_rows(layout, view))
    if sum(map(len, rows)) > FOLDED * len(rows):
        return None
    head = _line([_aligned(column.title, column) for column in layout.shown])
    rule = _line(["─" * column.room for column in layout.shown])
    lines = [paint(head, BOLD, color=view.color), paint(rule, DIM, color=view.color)]
    lines += [line for row in rows for line in row]
    return Drawing([*lines, *_same(layout, view)], list(notes(layout, view)))


def quiet(lines: Iterable[str], view: DisplayOptions) -> Iterator[str]:
    """Yield notes of the shell, wrapped and dim."""
    for line in lines:
        for part in measure.wrap(line, max(view.width, 2)):
            yield paint(part, DIM, color=view.color)


def _same(layout: Layout, view: DisplayOptions) -> Iterator[str]:
    """Yield the notes on columns with one value in all rows; IDs are not folded."""
    rest = []
    for column in layout.same:
        said = column.texts.shown[0]
        if column.priority is ColumnPriority.ID and measure.width(f"{IN_ALL_ROWS}{column.title} {said}") > view.width:
            yield from quiet([f"{IN_ALL_ROWS}{column.title}"], view)
            yield paint(said.rstrip(" "), DIM, color=view.color)
        else:
            rest.append(f"{column.title} {said.replace(chr(10), ' ') or 'empty'}")
    if rest:
        yield from quiet([IN_ALL_ROWS + ", ".join(rest).rstrip(" ")], view)


def notes(layout: Layout, view: DisplayOptions) -> Iterator[str]:
    """Yield the notes on a table: its rows, columns left out, the zone of its dates."""
    rows = len(layout.shown[0].texts.shown)
    count = len(layout.left_out)
    if rows >= MANY:
        yield f"{rows} rows"
    if count:
        names = ", ".join(column.title for column in layout.left_out)
        yield f"{count} column{'s' if count > 1 else ''} hidden: {names} (.as vertical)"
    yield from time_note([*layout.shown, *layout.same], view)


def time_note(shown: Iterable[Column], view: DisplayOptions) -> list[str]:
    """Return the note on the zone of converted dates, if there are any."""
    dated = view.zone is not None and any(column.texts.dated for column in shown)
    return [f"times in {cells.zone_name(view.zone)}"] if dated and view.zone else []


def cell_color(column: Column, text: str, view: DisplayOptions) -> str:
    """Return the color code of a cell; empty for the terminal's own color."""
    if not view.color or column.priority is ColumnPriority.ID:
        return ""
    if text == cells.MISSING or (column.texts.truths and text == "no"):
        return DIM
    return style.state_code(text, view) if column.stateful else ""


def _add_distances(layout: Layout, now: datetime) -> None:
    """Add distances from now to dates, in columns with room, from the first on."""
    left = layout.width - sum(column.room for column in layout.shown) - GAP * (len(layout.shown) - 1)
    for column in layout.shown:
        if not column.texts.dated:
            continue
        made = list(column.texts.shown)
        for row, date in column.texts.dated.items():
            made[row] += _distance(date, now)
        room = max(column.room, *map(measure.widest, made))
        if room - column.room > left:
            return
        left -= room - column.room
        column.texts.shown, column.room = made, room


def _distance(date: datetime, now: datetime) -> str:
    """Return the distance, such as ``(3 min ago)``; empty for less than a minute."""
    seconds = (now - date).total_seconds()
    return "" if abs(seconds) < 60 else f" ({format_distance(seconds)})"


def _rows(layout: Layout, view: DisplayOptions) -> Iterator[list[str]]:
    """Yield the lines of each row."""
    blanks = [" " * column.room for column in layout.shown]
    drawn = [_cells(column, view) for column in layout.shown]
    for row in zip(*drawn, strict=True):
        parts = [lines for lines, _ in row]
        if not row[0][1]:
            yield _beside(parts, blanks)
            continue
        has_more = any(line.strip() for lines in parts[1:] for line in lines)
        yield [_line(parts[0]), *(_beside([blanks[:1], *parts[1:]], blanks) if has_more else [])]


def _beside(parts: list[list[str]], blanks: list[str]) -> list[str]:
    """Return the lines of one row, from the lines of its cells."""
    return [
        _line([blank if part is None else part for part, blank in zip(line, blanks, strict=True)])
        for line in zip_longest(*parts)
    ]


def _cells(column: Column, view: DisplayOptions) -> list[tuple[list[str], bool]]:
    """Return the padded lines of each cell, and whether a cell is wider."""
    made = []
    for text in column.texts.shown:
        lines = measure.wrap(text, column.room) if column.folds else [text]
        code = cell_color(column, text, view)
        wider = not column.folds and measure.width(text) > column.room
        made.append(([_aligned(line, column, code) for line in lines], wider))
    return made


def _aligned(text: str, column: Column, code: str = "") -> str:
    blanks = " " * (column.room - measure.width(text))
    return blanks + paint(text, code) if column.texts.numbers else paint(text, code) + blanks


def _line(parts: list[str]) -> str:
    return (" " * GAP).join(parts).rstrip(" ")


# -- one below the other -----------------------------------------------------------------------------------------------


def vertical(found: Records, view: DisplayOptions, *, brief: bool = False) -> Drawing:
    """Return the records one below the other; only an ID may be wider than the screen.

    ``brief`` leaves out the fields of a long single record that are empty or seldom needed.
    """
    made = columns(found, view)
    shown = (_main_fields(made) if brief and len(found.records) == 1 else None) or made
    names = max((measure.width(column.title) for column in shown), default=0)
    lines: list[str] = []
    for row in range(len(found.records)):
        if len(found.records) > 1:
            heading = f"── {row + 1} of {len(found.records)} "
            lines += quiet([heading.ljust(min(view.width, 40), "─")], view)
        for column in shown:
            lines += _entry(column, row, names, view)
    more = len(made) - len(shown)
    left = [f"{more} more field{'s' if more > 1 else ''} (.as vertical)"] if more else []
    return Drawing(lines, [*left, *time_note(shown, view)])


def _main_fields(made: list[Column]) -> list[Column]:
    """Return the fields that matter of a long record of a known kind; else none."""
    if len(made) <= SHORT:
        return []
    main = [
        column
        for column in made
        if column.texts.shown[0] not in EMPTY and (column.priority >= ColumnPriority.TELLING or column.name in MAIN)
    ]
    return main if len(main) > 1 else []


def _entry(column: Column, row: int, names: int, view: DisplayOptions) -> Iterator[str]:
    """Yield one value after its name, or below it if both do not fit on one line."""
    text = column.texts.shown[row]
    date = column.texts.dated.get(row)
    if date is not None and view.now is not None:
        text += _distance(date, view.now)
    room = view.width - names - GAP
    whole = column.priority is ColumnPriority.ID
    beside = room >= min(LEAST, view.width // 2) and not (whole and measure.width(text) > room)
    code = cell_color(column, column.texts.shown[row], view)
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


SURROGATE = re.compile("[\ud800-\udfff]")


def draw_records(
    found: Records,
    format: str,  # noqa: A002  (the word of .as and .set)
    view: DisplayOptions,
    *,
    faithful: bool = False,
    notes: list[str] | None = None,
) -> list[str]:
    """Return records as lines. In ``csv``, a value with line ends takes several.

    ``format`` is ``table``, which is vertical where a table is of no use, ``vertical``, ``json``, ``yaml`` or ``csv``;
    any other is a table. With ``faithful`` every value stays as it is: nothing is made safe for a
    terminal, no date is converted, there is no color. Notes on what is not shown are added to ``notes``, or without
    that to the lines.
    """
    if format in DATA:
        lines = DATA[format](found)
        return lines if faithful else [cells.clean_cell(line) for line in lines]
    if faithful:
        view = replace(view, zone=None, color=False, now=None)
    if not found.records:
        return list(quiet(["no rows"], view))
    brief = format != "vertical" and not faithful
    made = table(found, view) if format != "vertical" else None
    lines, left = made or vertical(found, view, brief=brief)
    if notes is None:
        return [*lines, *quiet([" · ".join(left)] if left else [], view)]
    notes += left
    return lines


def _json(found: Records) -> list[str]:
    made = json.dumps(found.records, indent=2, ensure_ascii=False)
    # One half of a surrogate pair is no character: only JSON's own escape can hold it.
    return SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", made).split("\n")


def _yaml(found: Records) -> list[str]:
    from mwaa_shell.output import yaml_text  # imports PyYAML, which only -o yaml needs

    return yaml_text.dump_records([dict(record) for record in found.records]).removesuffix("\n").split("\n")


class _Echo:
    """A file whose ``write`` returns the text, as ``writerow`` then does."""

    def write(self, row: str) -> str:
        return row


def _csv(found: Records) -> list[str]:
    """Return CSV as in RFC 4180: empty fields for missing values, JSON for lists."""
    if not found.columns:
        return []
    writer = csv.writer(_Echo(), lineterminator="\r\n")  # with another one it puts no quotes around a bare CR
    fields = ([_field(record.get(name)) for name in found.columns] for record in found.records)
    rows: list[str] = [writer.writerow(row) for row in (found.columns, *fields)]
    return [line for row in rows for line in row.removesuffix("\r\n").split("\n")]


def _field(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict | float) else value


DATA: Mapping[str, Callable[[Records], list[str]]] = {"json": _json, "yaml": _yaml, "csv": _csv}
