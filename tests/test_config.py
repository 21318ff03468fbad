"""The user's file: what can stand there, what is told of what cannot, and what holds on which environment."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwaa_shell import config
from mwaa_shell.preferences import PREFERENCES

PATH = Path("config.toml")


def test_no_file_says_nothing(tmp_path: Path) -> None:
    assert config.read(tmp_path / "config.toml") == config.Config()


def test_a_file_that_cannot_be_read_is_told_and_left_out(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"menu = '\xff'")
    found = config.read(tmp_path / "config.toml")
    assert (found.general, found.problems) == (
        {},
        (f"{tmp_path / 'config.toml'} cannot be read: it is not UTF-8 text",),
    )
    assert "cannot be read: Is a directory" in config.read(tmp_path).problems[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("menus = 1", "config.toml:1: there is no setting menus; did you mean menu?"),
        ("\n\nqqq = 1", "config.toml:3: there is no setting qqq"),
        ("menu = 'always'", "config.toml:1: menu takes typing, tab, never, not always"),
        ("menu-rows = 0", "config.toml:1: menu-rows takes 1 to 40, not 0"),
        ("timeout = true", "config.toml:1: timeout takes 1 to 3600, not True"),
        ("protected = true", "config.toml:1: protected can only stand in the section of an environment"),
        ("[environments.a]\nlog-file = 'b'", "config.toml:2: log-file can only stand at the top of the file"),
        ("[environments]\na = 1", "config.toml: a is no section of an environment"),
        ("[shell]\nmenu = 'tab'", "config.toml: there is no setting shell"),
        ("connect-to = 'a:1:b:2'", "config.toml:1: connect-to takes a list of HOST:PORT:HOST:PORT, not a:1:b:2"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_line(text: str, said: str) -> None:
    found = config.parse(text, PATH)
    assert found.problems == (said,)
    assert not found.general


def test_a_mistake_costs_nothing_but_itself() -> None:
    found = config.parse("menu = 'always'\nkeys = 'vi'", PATH)
    assert found.general == {"keys": config.Said("vi", 2)}


def test_what_is_no_toml_is_told_with_its_place() -> None:
    found = config.parse("menu = 'tab'\nkeys = vi", PATH)
    assert found.general == {}
    assert "config.toml is no TOML, and is left out: " in found.problems[0]
    assert "line 2" in found.problems[0]


def test_sections_hold_over_the_rest_in_their_order() -> None:
    text = """
region = "eu-west-1"
[environments."prod-*"]
protected = true
region = "eu-central-1"
[environments.prod-billing]
region = "us-east-1"
"""
    found = config.parse(text, PATH)
    assert found.problems == ()
    assert {name: said.value for name, said in found.on("staging").items()} == {"region": "eu-west-1"}
    assert {name: said.value for name, said in found.on("prod-etl").items()} == {
        "region": "eu-central-1",
        "protected": True,
    }
    assert found.on("prod-billing")["region"] == config.Said("us-east-1", 7)


def test_the_template_says_nothing_and_every_line_of_it_can_be_taken() -> None:
    made = config.template()
    assert config.parse(made, PATH) == config.Config(PATH)
    taken = "\n".join(line.removeprefix("# ") for line in made.split("\n") if " = " in line or line.startswith("# ["))
    found = config.parse(taken, PATH)
    assert found.problems == ()
    assert set(found.general) == {one.name for one in config.SETTINGS if one.everywhere}
    assert [pattern for pattern, _ in found.environments] == ["*prod*"]


@pytest.mark.parametrize("one", PREFERENCES, ids=lambda one: one.name)
def test_what_can_be_set_can_stand_in_the_file(one: object) -> None:
    assert config.NAMED[getattr(one, "name", "")].everywhere


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    config.parse(text, PATH)


def test_a_pattern_has_an_end() -> None:
    found = config.parse(f'menu = "tab"\n\n[environments."{"[" * 100_000}"]\nprotected = true\n', PATH)
    long = "config.toml:3: the name of an environment, or a pattern for several, has at most 1000 characters"
    assert (found.problems, found.environments, found.doubtful) == ((long,), (), True)
    longest = config.parse(f'[environments."{"*[" * 500}"]\nprotected = true\n', PATH)
    assert longest.problems == ()
    assert "protected" not in longest.on("my-env")


@pytest.mark.parametrize(
    "header",
    [
        '[environments."*[ab]#]"]',
        "[ environments . '*[ab]#]' ] # all",
        '[environments."*\\u005bab]#]"]',
        "[environments.a]",
    ],
)
def test_a_section_has_its_lines_whatever_it_is_called(header: str) -> None:
    found = config.parse(f"{header}\nmenus = 1\n", PATH)
    assert found.problems == ("config.toml:2: there is no setting menus; did you mean menu?",)
