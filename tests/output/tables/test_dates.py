"""Held here: every date that Airflow prints is understood, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwaa_shell.durations import format_distance
from mwaa_shell.output.tables.cells import read_date, write_date, zone_name

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 22, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-11-22T12:56:31.444000+00:00", "2026-11-22 13:56:31"),
        ("2026-11-22T12:56:31+00:00", "2026-11-22 13:56:31"),
        ("2026-01-31 00:00:00+00:00", "2026-01-31 01:00:00"),
        ("2026-07-31T22:00:00.737212Z", "2026-08-01 00:00:00"),
        ("2026-11-22T12:56:31.444+0000", "2026-11-22 13:56:31"),
        ("2026-11-22T12:56:31+05:30", "2026-11-22 08:26:31"),
        ("0001-01-01T00:00:00+00:00", "0001-01-01 00:53:28"),
        ("9999-12-31T23:59:59+00:00", "9999-12-31 23:59:59+00:00"),  # there is no such day in Berlin
    ],
)
def test_dates_in_a_zone(text: str, shown: str) -> None:
    date = read_date(text)
    assert date is not None
    assert write_date(date, BERLIN) == shown


@pytest.mark.parametrize(
    "text",
    [
        "manual__2026-11-22T12:56:31+00:00", "2026-11-22", "2026-11-22T12:56:31", "2026-13-22T12:56:31+00:00",
        "2026-11-22T12:56:31+00:00 ", "2026-11-22T12:56:31+99:00", "٢٠٢٦-11-22T12:56:31+00:00", "", "0:00:00.007770",
    ],
)  # fmt: skip
def test_what_is_no_moment(text: str) -> None:
    assert read_date(text) is None


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "now"), (1, "1 s ago"), (119, "119 s ago"), (120, "2 min ago"), (7199, "119 min ago"), (7200, "2 h ago"),
        (172_800, "2 d ago"), (63_115_200, "2 y ago"), (-5, "in 5 s"), (-7200, "in 2 h"),
    ],
)  # fmt: skip
def test_distances(seconds: int, said: str) -> None:
    assert format_distance(seconds) == said


def test_names_of_zones() -> None:
    assert zone_name(BERLIN) == "Europe/Berlin"
    assert zone_name(UTC) == zone_name(ZoneInfo("Etc/UTC")) == "UTC"
    assert zone_name(timezone(timedelta(hours=2), "CEST")) == "CEST"


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_no_date_is_too_far(date: datetime, now: datetime) -> None:
    assert write_date(date, BERLIN)[4] == "-"
    assert format_distance((now - date).total_seconds())
