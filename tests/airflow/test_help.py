"""Pages of commands: as wide as the terminal, in as few lines as can be."""

from __future__ import annotations

import pytest

from mwaa_shell.airflow.grammar import load_grammar, versions
from mwaa_shell.airflow.help import LEAST, MOST, explain
from mwaa_shell.airflow.versions import Version

NOW = load_grammar(Version(2, 10, 3))


def page(name: str, width: int) -> list[str]:
    made = explain(tuple(name.split()), NOW, width)
    assert made is not None
    return made.split("\n")


@pytest.mark.parametrize("width", [79, 99, 199])
def test_what_fits_is_not_folded(width: int) -> None:
    lines = page("dags trigger", width)
    assert [line for line in lines if len(line.split()) == 1 and not line.startswith("  -") and ":" not in line] == []
    assert any(line.endswith("(if it is paused, its run waits)") for line in lines)


@pytest.mark.parametrize("width", [1, 39, 40, 60, 79, 100, 500])
def test_no_text_is_wider_than_the_terminal(width: int) -> None:
    room = max(min(width, MOST), LEAST)
    for name in NOW.names:
        told = "\n".join(page(name, width)).partition("\n\nexamples:")[0].split("\n")[1:]
        assert [line for line in told if len(line) > room and "  " in line.strip()] == [], name


def test_every_page_has_the_same_words_whatever_the_width() -> None:
    for version in versions():
        tree = load_grammar(version)
        for name in tree.names:
            wide, narrow = (explain(tuple(name.split()), tree, width) or "" for width in (200, 50))
            assert "".join(wide.split()) == "".join(narrow.split())  # a long word may be cut
