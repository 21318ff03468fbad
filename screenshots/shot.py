"""What a terminal shows at one moment, on a clock that stands: the same session gives the same picture.

What is different each time it is run is drawn as on one morning: dates and times of the last day as they would be then,
to five seconds; how long a command took; ports of this machine. Nothing else is touched.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyte
from pyte.screens import Char

#: When every session begins.
MORNING = datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC)
#: Seconds that times are rounded down to.
STEP = 5

Row = tuple[Char, ...]


@dataclass(frozen=True, slots=True)
class Shot:
    """Rows of cells, and the cell that the cursor is on, if it is shown."""

    rows: tuple[Row, ...]
    cursor: tuple[int, int] | None  #: row and column


def shot(screen: pyte.Screen, begun: datetime) -> Shot:
    """What the screen shows, where the session began then."""
    rows = [tuple(screen.buffer[y][x] for x in range(screen.columns)) for y in range(screen.lines)]
    cursor = screen.cursor
    place = None if cursor.hidden or cursor.x >= screen.columns else (cursor.y, cursor.x)
    return Shot(tuple(_still(row, begun) for row in rows), place)


def _still(row: Row, begun: datetime) -> Row:
    """A row with what the clock decided replaced; what follows a shorter text moves to the left."""
    for pattern, replaced in _PATTERNS:
        text = "".join(cell.data or "\0" for cell in row)  # the second cell of a wide character
        for found in reversed(list(pattern.finditer(text))):
            new = replaced(found, begun)
            style = row[found.start()]
            cells = tuple(style._replace(data=letter) for letter in new)
            row = (*row[: found.start()], *cells, *row[found.end() :])
        blank = Char(" ")
        row = (*row, *[blank] * (len(text) - len(row)))[: len(text)]
    return row


def _date(found: re.Match[str], begun: datetime) -> str:
    when = datetime.fromisoformat(f"{found['date']}T{found['time']}+00:00")
    if abs(when - begun) > timedelta(days=1):  # a date that somebody typed
        return found[0]
    moved = _moved(when if found["time"].count(":") == 2 else max(when, begun), begun)  # a minute began before
    fraction = "." + "0" * (len(found["fraction"]) - 1) if found["fraction"] else ""
    time = moved.strftime("%H:%M:%S")[: len(found["time"])]
    return f"{moved:%Y-%m-%d}{found['between']}{time}{fraction}"


def _time(found: re.Match[str], begun: datetime) -> str:
    when = datetime.fromisoformat(f"{begun:%Y-%m-%d}T{found[0]}+00:00")
    return f"{_moved(when, begun):%H:%M:%S}"


def _moved(when: datetime, begun: datetime) -> datetime:
    return MORNING + timedelta(seconds=(when - begun).total_seconds() // STEP * STEP)


def _elapsed(found: re.Match[str], begun: datetime) -> str:
    return f"{found['before']}{int(found['seconds']) // STEP * STEP} s".ljust(len(found[0]))


_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], datetime], str]], ...] = (
    (
        re.compile(r"(?P<date>20\d\d-\d\d-\d\d)(?P<between>[T ])(?P<time>\d\d:\d\d(?::\d\d)?)(?P<fraction>\.\d+)?"),
        _date,
    ),
    (re.compile(r"(?<![\d:.T-])(?<!\d )\d\d:\d\d:\d\d(?![\d:])"), _time),
    (re.compile(r"(?<=until )[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d 20\d\d"), lambda *_: "Mar  9 09:00:00 2026"),
    (re.compile(r"(?:(?<=^ok )|(?<=^failed ))\d+\.\d s"), lambda *_: "0.6 s"),
    (re.compile(r"(?P<before>(?:running|success|failed)  )(?P<seconds>\d+) s"), _elapsed),
    (re.compile(r"(?<=  )\d+\.\d s(?=  )"), lambda found, _: "2.0 s".rjust(len(found[0]))),
    (re.compile(r"\b\d+\.\d s(?= for )"), lambda *_: "0.1 s"),
    (re.compile(r"(?:(?<=127\.0\.0\.1:)|(?<=port ))\d{4,5}\b"), lambda *_: "40443"),
    (re.compile(r"\b\d+ ms\b"), lambda *_: "1 ms"),
    (re.compile(r"\(\d+ s ago\)"), lambda found, _: "(now)".ljust(len(found[0]))),
)
