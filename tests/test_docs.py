"""The README and the pages of mwaa_shell/docs: tables, messages, pictures and links are checked."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import mwaa_shell
from mwaa_shell.airflow.grammar import load_grammar, versions
from mwaa_shell.docs import TOPICS
from tests.docs import HELP, MAN_PAGE, PAGES, README, each_dot_command, help_text, man_page, offered, tables
from tests.test_imports import layer_of

ROOT = Path(__file__).parent.parent
#: Everything that a user reads.
DOCUMENTS = [README, ROOT / "SECURITY.md", ROOT / "tests" / "benchmarks" / "README.md", *sorted(PAGES.glob("*.md"))]
TEXTS = {path: path.read_text() for path in DOCUMENTS}
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
#: Its steps for changes and tests. Their paths begin at the root or in the package.
STEPS = CONTRIBUTING.partition("## To add one")[2].partition("## Writing")[0]


@pytest.mark.parametrize(
    ("head", "rows"), tables().items(), ids=[head.split(" | ")[0].strip("| ") for head in tables()]
)
def test_the_tables_are_those_of_the_program(head: str, rows: list[str]) -> None:
    (text,) = (text for text in TEXTS.values() if head in text)
    assert text.count(head) == 1
    assert "\n".join(rows) + "\n\n" in f"{text}\n", "python -m tests.docs updates the tables"


def test_the_reference_explains_every_dot_command() -> None:
    assert each_dot_command() in TEXTS[PAGES / "reference.md"], "python -m tests.docs updates the page"


def test_the_help_is_the_newest() -> None:
    assert HELP.read_text() == help_text(), "python -m tests.docs updates the file"


def test_the_man_page_is_the_newest() -> None:
    assert MAN_PAGE.read_text() == man_page(), "python -m tests.docs updates the file"


def test_the_page_of_local_environments_lists_every_version() -> None:
    assert f"\n{offered()}\n" in TEXTS[PAGES / "local.md"], "python -m tests.docs updates the list"


def test_every_part_of_the_house_is_on_the_map() -> None:
    package = Path(mwaa_shell.__file__).parent
    parts = {path.name for path in package.iterdir() if path.suffix == ".py" and not path.name.startswith("__")}
    parts |= {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    named = set(re.findall(r"`([\w.]+/?)`", CONTRIBUTING))
    assert parts <= named


def test_the_map_of_contributing_is_in_the_order_of_the_layers() -> None:
    rows = [re.findall(r"`(\w+)(?:\.py|/)`", row.split("|")[1]) for row in CONTRIBUTING.split("\n") if row[:3] == "| `"]
    layers = [min(map(layer_of, names)) for names in rows if names]
    assert layers == sorted(layers)


@pytest.mark.parametrize("step", re.findall(r"^\d+\. (`[^`]+` `[^`]+`)", CONTRIBUTING, re.MULTILINE))
def test_each_step_of_the_walk_is_a_function(step: str) -> None:
    file, name = re.findall(r"`([^`]+)`", step)
    found: object = import_module(f"mwaa_shell.{file.removesuffix('.py').replace('/', '.')}")
    for part in name.split("."):
        found = getattr(found, part)
    assert callable(found)


def file_of(path: str) -> Path:
    """Return a file by its path from the root or in the package."""
    return ROOT / path if (ROOT / path).exists() else Path(mwaa_shell.__file__).parent / path


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(\w+(?:/[\w.]*)+)`", STEPS))))
def test_each_path_in_the_steps_of_contributing_exists(path: str) -> None:
    assert file_of(path).exists()


@pytest.mark.parametrize(("name", "path"), sorted(set(re.findall(r"`(\w+)` (?:in|of) `([\w./]+\.py)`", STEPS))))
def test_each_name_in_the_steps_is_in_its_file(name: str, path: str) -> None:
    assert re.search(rf"\b{name}\b", file_of(path).read_text())


def test_the_line_that_runs_the_tests_is_the_same_for_everybody() -> None:
    (line,) = re.findall(r"^    (python3 -m venv .*pytest)$", TEXTS[README], re.MULTILINE)
    assert f"    {line}\n" in CONTRIBUTING
    assert "(CONTRIBUTING.md)" in TEXTS[README]


def texts_of(tree: ast.Module) -> Iterator[str]:
    """The texts that a file has, but for its docstrings."""
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value


def test_every_message_that_is_explained_exists() -> None:
    package = Path(mwaa_shell.__file__).parent
    said = "\n".join(text for path in package.rglob("*.py") for text in texts_of(ast.parse(path.read_text())))
    table = TEXTS[PAGES / "troubleshooting.md"].split("| message |")[1].split("\n\n")[0]
    explained = re.findall(r"^\| `(.+?)` \|", table, re.MULTILINE)
    assert explained
    for message in explained:
        for part in re.split(r"\s*\.\.\.\s*", message):
            assert part in said, message


def links(path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files and anchors that a document links to, but for web addresses."""
    for link in re.findall(r"\]\(([^)\s]+)\)", TEXTS[path]):
        if "://" not in link:
            target, _, anchor = link.partition("#")
            yield (path.parent / target).resolve() if target else path, anchor


def anchors(path: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(path: Path) -> None:
    for target, anchor in links(path):
        assert target.exists(), target
        assert not anchor or anchor in anchors(target), f"{target}#{anchor}"
        assert target.suffix != ".svg" or target.read_text().startswith("<svg")


def test_every_picture_is_shown() -> None:
    shown = {target for path in DOCUMENTS for target, _ in links(path)}
    for path in (ROOT / "screenshots").rglob("*.svg"):
        assert {path, path.parent} & shown, path


def test_every_page_has_a_topic() -> None:
    assert {f"{topic}.md" for topic in TOPICS} == {path.name for path in PAGES.glob("*.md")}


def test_no_topic_is_an_airflow_word() -> None:
    for version in versions():
        words = {command.name.partition(" ")[0] for command in load_grammar(version).commands()}
        assert words.isdisjoint(TOPICS), version


def test_the_changelog_names_the_newest_airflow() -> None:
    assert re.search(rf"\b{re.escape(str(versions()[-1]))}\b", (ROOT / "CHANGELOG.md").read_text())


def test_the_changelog_has_the_version_or_what_comes() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    assert "## Unreleased" in text or f"## {mwaa_shell.__version__}" in text
