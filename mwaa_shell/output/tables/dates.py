"""Dates of Airflow in the zone of the reader, to the second, and their distance from now."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo

#: All that Airflow prints: ``2026-11-22T12:56:31.444000+00:00``, ``2026-01-31 00:00:00+00:00``, ``...Z``, ``...+0000``.
#: Without an offset nobody knows what hour it was: such a date stays as it is.
DATE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?P<fraction>\.\d+)?(?:Z|[+-]\d\d:?\d\d)", re.ASCII)
#: The units of a distance in seconds, from the largest; each is used from twice its size on.
UNITS = ((31_557_600, "y"), (86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def read(text: str) -> datetime | None:
    """Return the date that a whole text is; ``None`` for other text and for a day that does not exist."""
    if not DATE.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def written(date: datetime, zone: tzinfo) -> str:
    """Return ``2026-11-22 13:56:31`` for a date in a zone, without fractions of a second."""
    try:
        date = date.astimezone(zone)
    except (OverflowError, ValueError):  # the first and the last day that there are
        return date.replace(microsecond=0).isoformat(" ")
    return date.replace(microsecond=0, tzinfo=None).isoformat(" ")


def distance(date: datetime, now: datetime) -> str:
    """``3 min ago``, ``in 2 h``, ``now``."""
    seconds = (now - date).total_seconds()
    size = abs(seconds)
    if size < 1:
        return "now"
    unit, name = next((unit, name) for unit, name in UNITS if size >= 2 * unit or unit == 1)
    count = int(size // unit)
    return f"{count} {name} ago" if seconds > 0 else f"in {count} {name}"


def name_of(zone: tzinfo) -> str:
    """Return the name of a zone: ``Europe/Berlin``, ``UTC``."""
    name = getattr(zone, "key", None) or zone.tzname(None) or str(zone)
    return name.removeprefix("Etc/")
