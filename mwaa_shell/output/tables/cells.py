"""The text of a value in a table, safe on a terminal.

* A missing value (``null``, or the ``None`` of Airflow's own tables) is ``-``, dim where there is colour; empty text is
  empty.
* Where a column holds nothing but ``True`` and ``False``, they are ``yes`` and ``no``.
* A list is its items with commas between them; a mapping, and a list that holds one, is JSON.
* A date is in the zone of the display, to the second; a note below the table says so.
* IDs are never converted: a run ID that is a date stays as it is, and a line break in an ID is a visible mark.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.sanitise import sanitise
from mwaa_shell.output.tables import dates

MISSING = "-"
TRUTH = {"True": "yes", "False": "no", True: "yes", False: "no"}
NUMBER = re.compile(r"-?\d{1,15}(?:\.\d+)?", re.ASCII)
#: One line of an id, whatever it holds.
MARKS = str.maketrans({"\n": "^J", "\t": "^I"})


@dataclass(slots=True)
class CellTexts:
    """The cells of one column, one for each record."""

    shown: list[str] = field(default_factory=list)
    numbers: bool = False  #: every cell is a number
    truths: bool = False  #: every cell is yes or no
    dated: dict[int, datetime] = field(default_factory=dict)  #: the dates among them, by row
    rounded: bool = False  #: a date had a fraction of a second, not shown


def clean(text: str) -> str:
    """Return text that is safe on a terminal; line ends stay, a tab becomes four blanks."""
    if text.isascii() and text.isprintable():
        return text
    return sanitise(text).replace("\t", "    ")


def cleaned(lines: list[str]) -> list[str]:
    """Return lines that are safe on a terminal; one look is enough for printable ASCII."""
    text = "".join(lines)
    return lines if text.isascii() and text.isprintable() else [clean(line) for line in lines]


def label(text: str) -> str:
    """Return an ID or the name of a column as one line that is safe on a terminal."""
    if text.isascii() and text.isprintable():
        return text
    return sanitise(text.replace("\r\n", "^M^J").translate(MARKS))


def texts(values: list[object], view: DisplayOptions, *, whole: bool = False) -> CellTexts:
    """Return the cells of a column; with ``whole``, for IDs, no value is converted."""
    if whole:
        return CellTexts([label(plain(value)) if value is not None else MISSING for value in values], _numbers(values))
    given = {value for value in values if isinstance(value, str | bool)}
    others = any(value is not None and not isinstance(value, str | bool) for value in values)
    if not others and given - {"", "None"} and given <= {True, False, "True", "False", "", "None"}:
        return CellTexts([_truth(value) for value in values], truths=True)
    made = CellTexts(numbers=_numbers(values))
    made.shown = [_text(value, made, row, view) for row, value in enumerate(values)]
    return made


def plain(value: object) -> str:
    """Return a value as text, unchanged: not made safe for a terminal, no date converted."""
    if isinstance(value, str):
        return value
    if value is None:
        return "None"
    if isinstance(value, list) and value and not any(isinstance(item, list | dict) for item in value):
        return ", ".join(map(plain, value))
    return str(value) if isinstance(value, bool | int) else json.dumps(value, ensure_ascii=False)


def _truth(value: object) -> str:
    if isinstance(value, bool) or value in ("True", "False"):
        return TRUTH[value]
    return MISSING if value in (None, "None") else ""


def _text(value: object, made: CellTexts, row: int, view: DisplayOptions) -> str:
    if value is None or value == "None":
        return MISSING
    text = plain(value)
    if len(text) < 20 or view.zone is None or text[0] not in "0123456789":  # 20 is the length of the shortest date
        return clean(text).rstrip("\n")
    date = dates.read(text)
    if date is None:
        return clean(text)
    made.dated[row] = date
    made.rounded = made.rounded or date.microsecond > 0
    return dates.written(date, view.zone)


def _numbers(values: Iterable[object]) -> bool:
    """Whether all are numbers, as such or as text, but for those that are missing."""
    found = False
    for value in values:
        if isinstance(value, bool) or not isinstance(value, str | int | float | None):
            return False
        if value is None or value in ("", "None"):
            continue
        if isinstance(value, str) and not NUMBER.fullmatch(value):
            return False
        found = True
    return found
