"""Which terminals can do more than print."""

from __future__ import annotations

import pytest

from mwaa_shell.dumb import is_dumb


@pytest.mark.parametrize(
    ("term", "dumb"),
    [("dumb", True), ("DUMB", True), ("unknown", True), ("", True), ("xterm-256color", False), ("dumber", False)],
)
def test_what_is_dumb(term: str, dumb: bool) -> None:
    assert is_dumb({"TERM": term}) is dumb


def test_where_nobody_says_what_it_is() -> None:
    assert is_dumb({})
