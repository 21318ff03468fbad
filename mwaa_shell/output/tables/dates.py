"""Dates of Airflow in the zone of whoever reads, to the second, and how long ago they were."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo

from mwaa_shell.durations import format_distance

#: All that Airflow prints: ``2026-11-22T12:56:31.444000+00:00``, ``2026-01-31 00:00:00+00:00``, ``...Z``, ``...+0000``.
#: Without an offset nobody knows what hour it was: such a date stays as it is.
DATE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?P<fraction>\.\d+)?(?:Z|[+-]\d\d:?\d\d)", re.ASCII)


def read(text: str) -> datetime | None:
    """The moment that a text is, all of it; ``None`` for any other text, and for a date that no calendar has."""
    if not DATE.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def written(date: datetime, zone: tzinfo) -> str:
    """``2026-11-22 13:56:31`` in a zone; fractions of a second are left out."""
    try:
        date = date.astimezone(zone)
    except (OverflowError, ValueError):  # the first and the last day that there are
        return date.replace(microsecond=0).isoformat(" ")
    return date.replace(microsecond=0, tzinfo=None).isoformat(" ")


def distance(date: datetime, now: datetime) -> str:
    """``3 min ago``, ``in 2 h``, ``now``."""
    return format_distance((now - date).total_seconds())


def name_of(zone: tzinfo) -> str:
    """What a zone is called: ``Europe/Berlin``, ``UTC``."""
    name = getattr(zone, "key", None) or zone.tzname(None) or str(zone)
    return name.removeprefix("Etc/")
