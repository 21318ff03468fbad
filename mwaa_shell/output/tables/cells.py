"""The text of a value in a table, safe on a terminal.

* A missing value is ``-``, dim where there is color; empty text is empty.
* Where a column holds nothing but ``True`` and ``False``, they are ``yes`` and ``no``.
* A list is its items with commas between them; a mapping, and a list that holds one, is JSON.
* A date in a column of dates is in the zone of the display, to the second; a note below the table says so.
* Text that users write, such as the value of a variable, is never converted.
* IDs are never converted either: a run ID that is a date stays as it is, and a line break in an ID is a visible mark.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import Enum, auto

from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.sanitiser import sanitise

MISSING = "-"
TRUTH = {"True": "yes", "False": "no", True: "yes", False: "no", None: MISSING, "": ""}
NUMBER = re.compile(r"-?\d{1,15}(?:\.\d+)?", re.ASCII)
#: One line of an ID.
MARKS = str.maketrans({"\n": "^J", "\t": "^I"})


class CellKind(Enum):
    """The kind of values in a column."""

    ID = auto()
    WRITTEN = auto()  #: text that users write
    DATE = auto()
    OTHER = auto()


@dataclass(slots=True)
class CellTexts:
    """The cells of one column, one for each record."""

    shown: list[str] = field(default_factory=list)
    numbers: bool = False  #: every cell is a number
    truths: bool = False  #: every cell is yes or no
    dated: dict[int, datetime] = field(default_factory=dict)  #: the dates among them, by row


def clean_cell(text: str) -> str:
    """Return text that is safe on a terminal. A tab becomes four blanks."""
    if text.isascii() and text.isprintable():
        return text
    return sanitise(text).replace("\t", "    ")


def label(text: str) -> str:
    """Return an ID or the name of a column as one line that is safe on a terminal."""
    return sanitise(text.replace("\r\n", "^M^J").translate(MARKS))


def texts(values: list[object], view: DisplayOptions, kind: CellKind = CellKind.OTHER) -> CellTexts:
    """Return the cells of a column of one kind."""
    if kind is CellKind.ID:
        return CellTexts([label(plain(value)) if value is not None else MISSING for value in values], _numbers(values))
    are_truths = all(isinstance(value, str | bool | None) and value in TRUTH for value in values)
    if kind is not CellKind.WRITTEN and are_truths and any(value not in (None, "") for value in values):
        return CellTexts([TRUTH[value] for value in values], truths=True)
    made = CellTexts(numbers=_numbers(values))
    zone = view.zone if kind is CellKind.DATE else None
    for row, value in enumerate(values):
        date = None if value is None or zone is None else read_date(plain(value))
        if date is not None and zone is not None:
            made.dated[row] = date
            made.shown.append(write_date(date, zone))
        else:
            made.shown.append(MISSING if value is None else clean_cell(plain(value)).rstrip("\n"))
    return made


def plain(value: object) -> str:
    """Return a value as text, not made safe and with its own dates."""
    if isinstance(value, str):
        return value
    if value is None:
        return "None"
    if isinstance(value, list) and value and not any(isinstance(item, list | dict) for item in value):
        return ", ".join(map(plain, value))
    return str(value) if isinstance(value, bool | int) else json.dumps(value, ensure_ascii=False)


def _numbers(values: Iterable[object]) -> bool:
    """Return whether all values that are not missing are numbers or look so."""
    found = False
    for value in values:
        if isinstance(value, bool) or not isinstance(value, str | int | float | None):
            return False
        if value is None or value == "":
            continue
        if isinstance(value, str) and not NUMBER.fullmatch(value):
            return False
        found = True
    return found


# -- dates -------------------------------------------------------------------------------------------------------------

#: All that Airflow prints: ``2026-11-22T12:56:31.444000+00:00``, ``2026-01-31 00:00:00+00:00``, ``...Z``, ``...+0000``.
#: A date without an offset may be in any zone and stays as it is.
DATE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?P<fraction>\.\d+)?(?:Z|[+-]\d\d:?\d\d)", re.ASCII)


def read_date(text: str) -> datetime | None:
    """Return the date that a whole text is, or ``None``."""
    if not DATE.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def write_date(date: datetime, zone: tzinfo) -> str:
    """Return a date in a zone, as ``2026-11-22 13:56:31``."""
    try:
        date = date.astimezone(zone)
    except (OverflowError, ValueError):  # the first and the last day that there are
        return date.replace(microsecond=0).isoformat(" ")
    return date.replace(microsecond=0, tzinfo=None).isoformat(" ")


def zone_name(zone: tzinfo) -> str:
    """Return the name of a zone: ``Europe/Berlin``, ``UTC``."""
    name = getattr(zone, "key", None) or zone.tzname(None) or str(zone)
    return name.removeprefix("Etc/")
