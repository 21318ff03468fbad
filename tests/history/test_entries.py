"""How users point at entries, and what an entry says of itself."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwaa_shell.errors import UsageError
from mwaa_shell.history.entries import MOST_NUMBERS, EnvironmentKey, HistoryEntry, numbers, rerun_of, since

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 7, 15, 12, 30, tzinfo=BERLIN).timestamp()


def entry(origin: str = "typed") -> HistoryEntry:
    return HistoryEntry(1.0, "123456789012", "eu-west-1", "my-env", "dags list", origin=origin)


def test_an_entry_knows_where_it_ran_and_what_it_repeats() -> None:
    assert entry().where == EnvironmentKey("123456789012", "eu-west-1", "my-env")
    assert entry(rerun_of(42)).rerun == 42
    assert [entry(origin).rerun for origin in ("typed", "-c", "file", "42", "rerun of #", "rerun of #x")] == [None] * 6


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("42", [42]),
        ("40-44,47", [40, 41, 42, 43, 44, 47]),
        (" 3 , 1 - 2 ", [3, 1, 2]),
        ("5,4-6,5", [5, 4, 6]),
        ("7-7", [7]),
        (f"1-{MOST_NUMBERS}", list(range(1, MOST_NUMBERS + 1))),
    ],
)
def test_numbers(text: str, expected: list[int]) -> None:
    assert numbers(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not the number of a command"),
        ("abc", "is not the number of a command"),
        ("1,,2", "is not the number of a command"),
        ("1-", "is not the number of a command"),
        ("-2", "is not the number of a command"),
        ("1-2-3", "is not the number of a command"),
        ("٣", "is not the number of a command"),
        ("44-40", "44-40 is backwards"),
        ("1-999999999999", "more than"),
        ("1-1000,2000", "more than"),
        ("9" * 5_000, "is not the number of a command"),
    ],
)
def test_mistakes_in_numbers(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        numbers(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1_800), ("3h", 10_800), (" 2D ", 172_800), ("1w", 604_800), ("0s", 0)],
)
def test_an_age(text: str, seconds: int) -> None:
    assert since(text, NOW) == NOW - seconds


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=BERLIN)),  # winter time, told in summer
        ("2026-01-31T10:00", datetime(2026, 1, 31, 10, tzinfo=BERLIN)),
        ("2026-01-31 10:00:30", datetime(2026, 1, 31, 10, 0, 30, tzinfo=BERLIN)),
        ("2026-01-31T10:00Z", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("2026-01-31T10:00+05:30", datetime(2026, 1, 31, 4, 30, tzinfo=UTC)),
        ("today", datetime(2026, 7, 15, tzinfo=BERLIN)),
        ("Yesterday", datetime(2026, 7, 14, tzinfo=BERLIN)),
    ],
)
def test_a_date(text: str, moment: datetime) -> None:
    assert since(text, NOW, BERLIN) == moment.timestamp()


def test_the_zone_is_the_systems_by_default() -> None:
    assert since("2026-01-31", NOW) == datetime(2026, 1, 31).astimezone().timestamp()


@pytest.mark.parametrize("text", ["", "soon", "2", "d", "2y", "-2d", "2026-13-01", "2026-02-30", "9999999999d", "1.5h"])
def test_mistakes_in_a_time(text: str) -> None:
    with pytest.raises(UsageError, match="is not a time"):
        since(text, NOW)


@given(st.text())
def test_nothing_but_usage_errors(text: str) -> None:
    for read in (numbers, lambda one: since(one, NOW), lambda one: since(one, NOW, BERLIN)):
        with suppress(UsageError):
            read(text)
