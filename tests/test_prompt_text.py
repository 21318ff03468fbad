"""What a prompt says of its environment."""

from __future__ import annotations

import pytest

from mwaa_shell.prompt_text import COLORS, is_dumb, is_protected, mark


def said(**how: object) -> str:
    return "".join(text for _, text in mark("my-env", **({"protected": False, "read_only": False} | how)))  # type: ignore[arg-type]


def test_prompt_ends_in_the_name_of_the_environment() -> None:
    assert said() == "my-env> "
    assert said(protected=True) == "[protected] my-env> "
    assert said(protected=True, read_only=True, color="blue") == "[protected read-only] my-env> "


@pytest.mark.parametrize(
    ("protected", "color", "style"),
    [
        (False, "auto", "class:environment"),
        (True, "auto", "class:environment.protected"),
        *[(True, color, f"class:environment.{color}") for color in COLORS],
        (False, "hotdog", "class:environment"),
    ],
)
def test_prompt_has_the_users_color_or_that_of_protection(protected: bool, color: str, style: str) -> None:
    assert mark("my-env", protected=protected, read_only=False, color=color)[-2] == (style, "my-env")


@pytest.mark.parametrize(
    ("name", "patterns", "protected"),
    [
        ("My-Prod", "*prod*", True),
        ("my-env", "*prod*", False),
        ("live", "*prod*, LIVE", True),
        ("live", "", False),
        ("live", ",", False),
    ],
)
def test_patterns_protect_without_regard_to_case(name: str, patterns: str, protected: bool) -> None:
    assert is_protected(name, patterns) is protected


@pytest.mark.parametrize(
    ("term", "dumb"),
    [("dumb", True), ("DUMB", True), ("unknown", True), ("", True), ("xterm-256color", False), ("dumber", False)],
)
def test_what_is_dumb(term: str, dumb: bool) -> None:
    assert is_dumb({"TERM": term}) is dumb


def test_terminal_without_a_name_is_dumb() -> None:
    assert is_dumb({})
