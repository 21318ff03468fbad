"""The columns of a table: their priorities, and which of them fit a screen.

A priority follows from the name of a column. A column with one value in all rows is shown once below the table, others
that do not fit are named there. Columns of low priority are left out first, from the last one on. IDs stay, whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from mwaa_shell.output import measure
from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.records import Records
from mwaa_shell.output.tables import cells
from mwaa_shell.output.tables.cells import MISSING, CellKind, CellTexts

#: IDs, which are copied into the next command: never folded, never left out, never converted.
IDS = frozenset({
    "dag_id", "run_id", "dag_run_id", "task_id", "conn_id", "key", "name", "pool", "username", "package_name",
    "property_name", "worker_name", "Conn Id", "Pool", "Username", "Provider",
})  # fmt: skip
#: Columns that hold states.
STATE_COLUMNS = frozenset({
    "state", "dag_run_state", "dagrun_state", "last_state", "latest_run_state", "task_state", "run_state",
})  # fmt: skip
#: Columns with the state of a thing: left out after all others.
TELLING = STATE_COLUMNS | {"is_paused", "paused", "conn_type", "Conn Type", "value", "property_value", "error"}
#: Columns that few readers need, or that repeat another one: left out first.
LOW = frozenset({
    "bundle_name", "bundle_version", "fileloc", "filepath", "relative_fileloc", "file_token", "dag_display_name",
    "root_dag_id", "is_subdag", "pickle_id", "last_pickled", "last_expired", "scheduler_lock", "default_view",
    "run_after", "logical_date", "execution_date", "state_date", "data_interval_start", "data_interval_end",
    "last_scheduling_decision", "external_trigger", "triggering_user_name",
    "id", "is_encrypted", "is_extra_encrypted", "get_uri", "conn_id_attribute_name", "team_name", "include_deferred",
    "Is Encrypted", "Is Extra Encrypted",
})  # fmt: skip
#: Columns with text that users write.
WRITTEN = frozenset({
    "description", "conf", "extra", "Extra", "host", "Host", "schema", "login", "owner", "owners", "tags",
})  # fmt: skip
#: Columns with the values of variables: they are never missing, so a printed None is a value.
VALUES = frozenset({"value", "val"})
#: The names of columns of dates.
DATES = re.compile(
    r"(?:.*_)?(?:date|time|timestamp|dttm|at|after|start|end|when|heartbeat|decision|event|parsed|pickled|expired|dagrun)"
)
#: Characters of the longest value that is shown in a sentence.
SAYABLE = 200
#: Columns of the terminal; a narrower column is not wrapped.
NARROW = 20
#: Blanks between two columns.
GAP = 2
#: The shares of its ids, in tenths, that a column may be made wide enough for; the others then are on lines of
#: their own.
SHARES = (9, 8, 7, 6, 5, 4, 3)


class ColumnPriority(IntEnum):
    """The priorities of columns on a narrow screen, the first to leave out first."""

    LOW = 0
    PLAIN = 1
    TELLING = 2
    ID = 3


@dataclass(slots=True, eq=False)
class Column:
    """A column with its cells as text and its widths."""

    name: str  #: as Airflow printed it
    title: str  #: the name, safe on a terminal
    texts: CellTexts
    priority: ColumnPriority
    natural: int  #: width in columns of the terminal with nothing folded
    folds: bool  #: whether its cells may be folded
    same: bool  #: one short value in all rows; never for states
    room: int = 0  #: width in columns of the terminal as drawn

    @property
    def least(self) -> int:
        """The smallest width that the column may be drawn with."""
        if not self.folds or self.priority is ColumnPriority.LOW:
            return self.natural
        return min(self.natural, max(NARROW, measure.width(self.title)))

    @property
    def stateful(self) -> bool:
        """Return whether the column holds states."""
        return self.name in STATE_COLUMNS


def columns(found: Records, view: DisplayOptions) -> list[Column]:
    """Return all columns of some records, in Airflow's order."""
    names = frozenset(found.columns)
    made = []
    for name in found.columns:
        values = [record.get(name) for record in found.records]
        own = priority(name, names)
        if found.printed and own is not ColumnPriority.ID and name not in VALUES:
            values = [None if value == "None" else value for value in values]
        made.append(_column(name, values, own, view))
    return made


def priority(name: str, names: Iterable[str]) -> ColumnPriority:
    """Return the priority of a column. A file counts more if no column names a DAG."""
    if name in IDS or (name == "id" and "from_date" in names):  # a backfill has no other name
        return ColumnPriority.ID
    if name in TELLING:
        return ColumnPriority.TELLING
    of_a_file = name in ("fileloc", "filepath", "file") and "dag_id" not in names
    return ColumnPriority.LOW if name in LOW and not of_a_file else ColumnPriority.PLAIN


def _column(name: str, values: list[object], priority_: ColumnPriority, view: DisplayOptions) -> Column:
    texts = cells.texts(values, view, CellKind.ID if priority_ is ColumnPriority.ID else _kind(name))
    title = cells.label(name)
    natural = max(map(measure.widest, texts.shown), default=0)
    folds = priority_ is not ColumnPriority.ID and (natural > NARROW or any("\n" in text for text in texts.shown))
    first = texts.shown[0] if len(texts.shown) > 1 else None
    short = first is not None and len(first) <= SAYABLE
    same = short and name not in STATE_COLUMNS and all(text == first for text in texts.shown)
    return Column(name, title, texts, priority_, max(natural, measure.width(title)), folds, same)


def _kind(name: str) -> CellKind:
    if name in WRITTEN or name in VALUES:
        return CellKind.WRITTEN
    return CellKind.DATE if DATES.fullmatch(name) else CellKind.OTHER


# -- layout ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns to draw, with their widths set, and the columns left out."""

    shown: tuple[Column, ...]
    same: tuple[Column, ...]  #: that hold one value in all rows
    left_out: tuple[Column, ...]
    width: int

    @property
    def complete(self) -> bool:
        """Return whether all columns are drawn and none is folded."""
        return not (self.same or self.left_out) and all(column.room >= column.natural for column in self.shown)


def lay_out(columns: Sequence[Column], width: int) -> Layout | None:
    """Return the columns that fit ``width``; ``None`` where not even the IDs fit.

    A few long ids do not cost the other columns their place: where what is left of them is the same in all rows,
    the table begins with the ids, and a long one has a line of its own. Without states no table is worth it.
    """
    ids = next((column for column in columns if column.priority is ColumnPriority.ID and not column.same), columns[0])
    whole = ids.natural
    usual = _usual(ids) if ids.priority is ColumnPriority.ID else []
    for dispensable in (ColumnPriority.LOW, ColumnPriority.PLAIN, ColumnPriority.TELLING):
        for natural in (whole, *usual):
            ids.natural = natural
            found = _laid_out(columns, width, ids if natural != whole else None)
            if found and all(column.priority <= dispensable and not column.stateful for column in found.left_out):
                return found
    ids.natural = whole
    return None


def _usual(column: Column) -> list[int]:
    """Return the widths that fit some shares of a column's IDs, the largest first."""
    widths = sorted(map(measure.width, column.texts.shown))
    least = measure.width(column.title)
    found = {max(least, widths[-(-len(widths) * share // 10) - 1]) for share in SHARES}
    return sorted((width for width in found if width < column.natural), reverse=True)


def _laid_out(columns: Sequence[Column], width: int, leader: Column | None) -> Layout | None:
    """Return the columns that fit. Columns before a ``leader`` have one value."""
    shown = list(columns)
    place = columns.index(leader) if leader else 0
    same = [column for column in columns[:place] if column.same]
    if len(same) < place:
        return None
    shown = shown[place:]
    _leave_out(shown, same, width, lambda column: column.same)
    left_out: list[Column] = []
    _leave_out(shown, left_out, width, lambda column: column.priority is not ColumnPriority.ID)
    if _least(shown) > width:
        return None
    telling = [column for column in same[place:] if column.texts.shown[0] not in ("", MISSING)]
    for column in (*reversed(left_out), *reversed(telling)):  # a wide one went: one before it may have room again
        if _least([*shown, column]) <= width:
            shown.append(column)
    shown.sort(key=columns.index)
    _give_room(shown, width)
    gone = [column for column in columns if column not in shown]
    said = tuple(column for column in gone if column in same)
    return Layout(tuple(shown), said, tuple(column for column in gone if column not in same), width)


def _leave_out(shown: list[Column], gone: list[Column], width: int, may_go: Callable[[Column], bool]) -> None:
    """Leave out columns until the others fit, but never the last one."""
    from_the_last = shown[::-1]
    for column in sorted(from_the_last, key=lambda column: column.priority):
        if _least(shown) <= width or len(shown) == 1:
            return
        if may_go(column):
            shown.remove(column)
            gone.append(column)


def _least(columns: Sequence[Column]) -> int:
    return sum(column.least for column in columns) + GAP * (len(columns) - 1)


def _give_room(columns: list[Column], width: int) -> None:
    """Set the widths: the least of each column, and shares for columns that fold."""
    for column in columns:
        column.room = column.least
    left = width - _least(columns)
    wanting = sorted((column for column in columns if column.room < column.natural), key=lambda one: one.natural)
    while wanting:
        column = wanting.pop(0)
        more = min(column.natural - column.room, left // (len(wanting) + 1))
        column.room += more
        left -= more
