"""Dates of Airflow in the zone of the reader, to the second, and their distance from now."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo

from mwaa_shell.durations import format_distance

#: All that Airflow prints: ``2026-11-22T12:56:31.444000+00:00``, ``2026-01-31 00:00:00+00:00``, ``...Z``, ``...+0000``.
#: A date without an offset may be in any zone and stays as it is.
DATE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?P<fraction>\.\d+)?(?:Z|[+-]\d\d:?\d\d)", re.ASCII)


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
    return format_distance((now - date).total_seconds())


def name_of(zone: tzinfo) -> str:
    """Return the name of a zone: ``Europe/Berlin``, ``UTC``."""
    name = getattr(zone, "key", None) or zone.tzname(None) or str(zone)
    return name.removeprefix("Etc/")
