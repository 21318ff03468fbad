"""The README says what the program does: tables of options, directives, exit codes and files are compared with it."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

import mwaa_shell
from mwaa_shell.cli import build_parser
from mwaa_shell.directives import DIRECTIVES
from mwaa_shell.errors import EXIT_CODE_MEANINGS
from mwaa_shell.keys import KEYS
from mwaa_shell.local.recipes import recipes
from mwaa_shell.preferences import PREFERENCES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def spelled(action: argparse.Action) -> str:
    """An option as the README's table spells it."""
    value = str(action.metavar or ("{" + ",".join(action.choices) + "}" if action.choices else ""))
    value = f"[{value}]" if action.nargs == "?" and action.option_strings else value
    names = action.option_strings or [""]
    return ", ".join(f"`{f'{name} {value}'.strip()}`" for name in names)


@pytest.mark.parametrize("action", build_parser()._actions, ids=str)
def test_every_option_is_in_the_readme(action: argparse.Action) -> None:
    assert f"| {spelled(action)} | {action.help} |" in README


def test_the_readme_has_no_other_option() -> None:
    rows = README.split("## Options")[1].split("##")[0].count("\n| ")
    assert rows == len(build_parser()._actions) + 1


@pytest.mark.parametrize("directive", DIRECTIVES, ids=lambda directive: directive.name)
def test_every_directive_is_in_the_readme(directive: object) -> None:
    name, usage, summary = (getattr(directive, field) for field in ("name", "usage", "summary"))
    assert f"| `{f'{name} {usage}'.strip()}` | {summary} |" in README


def table(section: str) -> list[str]:
    """The rows of the first table of a section, without its head."""
    return re.findall(r"^\| .*", README.split(f"## {section}\n")[1].split("\n## ")[0], re.MULTILINE)[1:]


def test_the_keys_of_the_readme_are_those_of_the_program() -> None:
    assert table("Keys") == [f"| {key.shown} | {key.does} |" for key in KEYS]


def test_what_can_be_set_is_in_the_readme() -> None:
    rows = [f"| `{one.name}` | {one.summary} | {one.takes} | {one.default} |" for one in PREFERENCES]
    assert table("What can be set") == rows


def test_every_exit_code_is_in_the_readme() -> None:
    for code, meaning in EXIT_CODE_MEANINGS.items():
        assert f"| {code.value} | {meaning} |" in README


def test_every_version_is_in_the_readme() -> None:
    text = " ".join(README.split())
    listed = ", ".join(str(recipe.version) for recipe in recipes())
    assert re.sub(r", ([\d.]+)$", r" and \1", listed) in text


def test_every_part_of_the_house_is_on_the_map() -> None:
    package = Path(mwaa_shell.__file__).parent
    parts = {path.name for path in package.iterdir() if path.suffix == ".py" and not path.name.startswith("__")}
    parts |= {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    named = set(re.findall(r"`([\w.]+/?)`", README.split("## For contributors")[1]))
    assert parts <= named


def test_pictures_exist() -> None:
    for name in re.findall(r"\]\((screenshots/[^)]+)\)", README):
        path = ROOT / name
        assert path.is_dir() if path.suffix != ".svg" else path.read_text().startswith("<svg")


def test_the_changelog_has_the_version_or_what_comes() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    assert "## Unreleased" in text or f"## {mwaa_shell.__version__}" in text
