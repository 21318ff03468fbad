"""The README says what the program does: tables of options, directives, exit codes and files are compared with it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import mwaa_shell
from mwaa_shell.local.recipes import recipes
from tests.readme import HELP, help_text, tables

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


@pytest.mark.parametrize(("head", "rows"), tables().items(), ids=str)
def test_the_tables_are_those_of_the_program(head: str, rows: list[str]) -> None:
    assert README.count(head) == 1
    assert "\n".join(rows) + "\n\n" in README, "python -m tests.readme writes the tables anew"


def test_the_help_is_the_newest() -> None:
    assert HELP.read_text() == help_text(), "python -m tests.readme writes it anew"


def test_every_version_is_in_the_readme() -> None:
    text = " ".join(README.split())
    listed = ", ".join(str(recipe.version) for recipe in recipes())
    assert re.sub(r", ([\d.]+)$", r" and \1", listed) in text


def test_every_part_of_the_house_is_on_the_map() -> None:
    package = Path(mwaa_shell.__file__).parent
    parts = {path.name for path in package.iterdir() if path.suffix == ".py" and not path.name.startswith("__")}
    parts |= {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    named = set(re.findall(r"`([\w.]+/?)`", CONTRIBUTING))
    assert parts <= named


def test_the_line_that_runs_the_tests_is_the_same_for_everybody() -> None:
    (line,) = re.findall(r"^    (python3 -m venv .*pytest)$", README, re.MULTILINE)
    assert f"    {line}\n" in CONTRIBUTING
    assert "(CONTRIBUTING.md)" in README


def texts_of(tree: ast.Module) -> Iterator[str]:
    """The texts that a file has, but for its docstrings."""
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value


def test_every_message_that_is_explained_exists() -> None:
    package = Path(mwaa_shell.__file__).parent
    said = "\n".join(text for path in package.rglob("*.py") for text in texts_of(ast.parse(path.read_text())))
    explained = re.findall(r"^\| `(.+?)` \|", README.split("| what it says |")[1].split("\n\n")[0], re.MULTILINE)
    assert explained
    for message in explained:
        for part in re.split(r"\s*\.\.\.\s*", message):
            assert part in said, message


def test_every_picture_is_shown() -> None:
    shown = set(re.findall(r"\]\((screenshots/[^)]+)\)", README))
    for path in (ROOT / "screenshots").rglob("*.svg"):
        place = path.relative_to(ROOT)
        assert {str(place), str(place.parent)} & shown, place


def test_the_links_of_the_contents_lead_somewhere() -> None:
    headings = re.findall(r"^#+ (.+)$", README, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", README)) <= anchors


def test_pictures_exist() -> None:
    for name in re.findall(r"\]\((screenshots/[^)]+)\)", README):
        path = ROOT / name
        assert path.is_dir() if path.suffix != ".svg" else path.read_text().startswith("<svg")


def test_the_changelog_has_the_version_or_what_comes() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    assert "## Unreleased" in text or f"## {mwaa_shell.__version__}" in text
