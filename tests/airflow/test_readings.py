"""One line as several Airflows read it, and its words in their plainest form."""

from __future__ import annotations

import pytest

from mwaa_shell.airflow.arguments import plain_words, readings
from mwaa_shell.airflow.command_line import parse
from mwaa_shell.airflow.grammar import Grammar, load_grammar, versions
from mwaa_shell.airflow.versions import Version

V1, V2, V3 = (load_grammar(Version(*numbers)) for numbers in ((1, 10, 12), (2, 10, 3), (3, 3, 1)))


def test_a_line_that_fits_has_the_reading_of_its_version() -> None:
    (reading,) = readings(parse("-- dags -- delete x"), V2)
    assert reading.grammar is V2
    assert not reading.strange


def test_a_line_that_does_not_fit_has_those_of_all_versions() -> None:
    own, *others = readings(parse("variables delete k"), V1)
    assert (own.grammar, own.strange) == (V1, True)
    assert {"variables", "variables delete"} == {one.command.name for one in others if one.command}
    assert len(others) == len(versions())


def test_an_unknown_version_has_a_reading_of_each() -> None:
    assert [one.grammar.version for one in readings(parse("version"), None)] == list(reversed(versions()))
    assert readings(parse("my-plugin do"), None) == ()
    assert readings(parse(".use x"), None) == ()


@pytest.mark.parametrize(
    ("line", "grammar", "words"),
    [
        ("dags list", V2, "dags list"),
        ("-- connections -- list -ojson", V2, "connections list --output json"),
        ("connections list --outp=json", None, "connections list --output json"),
        ("variables --exp /dev/stdout", V1, "variables --export /dev/stdout"),
        ("variables -e -", V1, "variables --export -"),
        ("connections export -- -", V2, "connections export -- -"),
        ("dags trigger a -r -1", V2, "dags trigger a --run-id=-1"),
        ("dags trigger a -r=-x", V2, "dags trigger a --run-id=-x"),
        ("-- my-plugin -- do", V2, "-- my-plugin -- do"),
        ("dags -h list", V2, "dags list --help"),
    ],
)
def test_words_are_those_that_argparse_reads(line: str, grammar: Grammar | None, words: str) -> None:
    assert " ".join(plain_words(parse(line), grammar)) == words
