"""Lengths of time."""

from __future__ import annotations

import pytest

from mwaa_shell.durations import format_age, format_duration, in_seconds, parse_duration
from mwaa_shell.errors import UsageError


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0.0 s"), (0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 min"),
     (72, "1 min 12 s"), (3600, "1 h"), (7500, "2 h 5 min"), (273600, "3 d 4 h")],
)  # fmt: skip
def test_written(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("1.5s", 1.5), ("30m", 1800), ("12H", 43200), ("1d", 86400)])
def test_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "x", "-1", "1w", "1e3", "99999999d"])
def test_what_is_no_length(text: str) -> None:
    with pytest.raises(UsageError, match="not a length of time"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "now"), (59, "now"), (60, "1 min old"), (7200, "2 h old"), (2e5, "2 d old")]
)
def test_ages(seconds: float, said: str) -> None:
    assert format_age(seconds) == said


@pytest.mark.parametrize(("seconds", "text"), [(1, "1 second"), (0.5, "0.5 seconds"), (75, "75 seconds")])
def test_limit_of_one_second_is_singular(seconds: float, text: str) -> None:
    assert in_seconds(seconds) == text
