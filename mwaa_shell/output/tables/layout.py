"""Which columns of a table a screen has room for, and how wide each is.

What does not fit is not lost: a column that is the same in all rows is said once below the table, others are named
there. The first to go are those that few look for, from the last one on; ids stay, whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from mwaa_shell.output import measure
from mwaa_shell.output.tables.cells import MISSING
from mwaa_shell.output.tables.columns import Column, Worth

#: Blanks between two columns.
GAP = 2
#: The shares of its ids, in tenths, that a column may be made wide enough for; the others then stand on lines of
#: their own. Most ids have room in the first ones.
MOST, SHARES = (9, 8), (9, 8, 7, 6, 5, 4, 3)


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns to draw, with their rooms set, and those that are not."""

    shown: tuple[Column, ...]
    same: tuple[Column, ...]  #: that hold one value in all rows
    left_out: tuple[Column, ...]
    width: int

    @property
    def complete(self) -> bool:
        """Whether all columns are there, none of them folded."""
        return not (self.same or self.left_out) and all(column.room >= column.natural for column in self.shown)


def lay_out(columns: Sequence[Column], width: int) -> Layout | None:
    """The columns that fit; ``None`` where not even the ids do.

    A few long ids do not cost the other columns their place: where what stands left of them is the same in all rows,
    the table begins with the ids, and a long one has a line of its own. Without states no table is worth it.
    """
    ids = next((column for column in columns if column.worth is Worth.ID and not column.same), columns[0])
    whole = ids.natural
    for natural, dispensable in _ways(ids):
        ids.natural = natural
        found = _laid_out(columns, width, ids if natural != whole else None)
        if found and all(column.worth <= dispensable and not column.stateful for column in found.left_out):
            return found
    ids.natural = whole
    return None


def _ways(ids: Column) -> Iterator[tuple[int, Worth]]:
    """How wide the column of ids may be, and what may have to go for that, from the best on."""
    whole = ids.natural
    few, many = (_usual(ids, MOST), _usual(ids, SHARES)) if ids.worth is Worth.ID else ((), ())
    for widths, dispensable in ((few, Worth.LOW), (many, Worth.PLAIN), (many, Worth.TELLING)):
        yield from ((width, dispensable) for width in (whole, *widths))


def _usual(column: Column, shares: Iterable[int]) -> tuple[int, ...]:
    """Widths of a column in which these shares of its ids have room, from the largest."""
    widths = sorted(map(measure.width, column.texts.shown))
    least = measure.width(column.title)
    found = {max(least, widths[-(-len(widths) * share // 10) - 1]) for share in shares}
    return tuple(sorted((width for width in found if width < column.natural), reverse=True))


def _laid_out(columns: Sequence[Column], width: int, leader: Column | None) -> Layout | None:
    """The columns that fit as wide as they are; with a leader it is the first of them, or nothing is."""
    shown = list(columns)
    if len(shown) == 1 and shown[0].worth is Worth.ID:
        _make_list(shown[0], width)
    place = columns.index(leader) if leader else 0
    same = [column for column in columns[:place] if column.same]
    if len(same) < place:
        return None
    shown = shown[place:]
    _leave_out(shown, same, width, lambda column: column.same)
    left_out: list[Column] = []
    _leave_out(shown, left_out, width, lambda column: column.worth is not Worth.ID)
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


def _make_list(column: Column, width: int) -> None:
    """The only column is as wide as its widest id that fits: a wider one does no harm."""
    title = measure.width(column.title)
    widths = (one for one in map(measure.width, column.texts.shown) if one <= width)
    column.natural = max(title, *widths, 0)


def _leave_out(shown: list[Column], gone: list[Column], width: int, may_go: Callable[[Column], bool]) -> None:
    """Let columns go until the others fit, but never the last one."""
    for column in _going(shown):
        if _least(shown) <= width or len(shown) == 1:
            return
        if may_go(column):
            shown.remove(column)
            gone.append(column)


def _going(columns: list[Column]) -> list[Column]:
    """The columns in the order in which they go."""
    backwards = columns[::-1]
    return sorted(backwards, key=lambda column: column.worth)


def _least(columns: Sequence[Column]) -> int:
    return sum(column.least for column in columns) + GAP * (len(columns) - 1)


def _give_room(columns: list[Column], width: int) -> None:
    """To each what it must have, and the rest to those that fold, evenly."""
    for column in columns:
        column.room = column.least
    left = width - _least(columns)
    wanting = sorted((column for column in columns if column.room < column.natural), key=lambda one: one.natural)
    while wanting:
        column = wanting.pop(0)
        more = min(column.natural - column.room, left // (len(wanting) + 1))
        column.room += more
        left -= more
