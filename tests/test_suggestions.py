"""Messages about wrong words and values: one form for ranges and choices, with the similar word."""

from __future__ import annotations

import pytest

from mwaa_shell.suggestions import must_be, reword, unknown


@pytest.mark.parametrize(
    ("takes", "value", "message"),
    [
        ("1 to 40", 99, "x must be 1 to 40, not 99"),
        ("a file", "a\n b", "x must be a file, not 'a b'"),
        ("a URL", None, "x must be a URL"),
        (("json", "yaml"), "YML", "x must be json or yaml, not 'YML'. Did you mean 'yaml'?"),
    ],
)
def test_must_be_names_range_and_value(takes: str | tuple[str, ...], value: object, message: str) -> None:
    assert must_be("x", takes, value) == message


def test_unknown_lists_five_choices() -> None:
    error = unknown("fruit", "appel", ["apple", "b", "c", "d", "e", "f", "g"], ".help")
    assert error.message == "Unknown fruit 'appel'. Did you mean 'apple'?"
    assert error.hint == "Use one of: apple, b, c, d, e and 2 more (.help)."


@pytest.mark.parametrize("listed", ["'table', 'json'", "table, json"])
def test_choices_of_argparse_are_reworded(listed: str) -> None:
    text = reword(f"argument -o/--output: invalid choice: 'jsn' (choose from {listed})", ())
    assert text == "--output must be table or json, not 'jsn'. Did you mean 'json'?"
