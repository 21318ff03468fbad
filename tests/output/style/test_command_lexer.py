"""Held here: a command line is colored as the environment's Airflow reads it, and every character is given back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, String, _TokenType

from mwaa_shell.output.style.command_lexer import AirflowCommandLexer

WORDS = [
    "dags", "trigger", "list", "airflow", "-c", "--conf", "'{\"a\": 1}'", "-o", "json", "|", ">", ">>", "#", "\n",
    "\\\n", "'", '"', ".use", "x", "lst", "--", "5", "trigger_dag", "\t", "  ", "=", "\x00", "é",
]  # fmt: skip
LINES = st.lists(st.sampled_from(WORDS)).map(" ".join) | st.text()


def tokens(text: str, **options: Any) -> list[tuple[int, _TokenType, str]]:
    return list(AirflowCommandLexer(**options).get_tokens_unprocessed(text))


def kind(text: str, part: str, **options: Any) -> _TokenType:
    (found,) = [kind for _, kind, value in tokens(text, **options) if value.strip() == part]
    return found


@settings(deadline=None)
@given(LINES)
@example("dags list \\\n -o json")
@example("variables set a '{\n\"b\": 1}'\ndags list")
def test_the_tokens_are_the_text_and_know_their_places(text: str) -> None:
    position = 0
    for start, _, value in tokens(text):
        assert start == position
        assert value
        position += len(value)
    assert position == len(text)
    assert "".join(value for _, _, value in tokens(text)) == text


@pytest.mark.parametrize(
    ("text", "part", "expected"),
    [
        ("dags list", "dags", Keyword.Namespace),
        ("dags list", "list", Keyword),
        ("version", "version", Keyword),
        ("airflow dags list", "airflow", Comment),
        ("dags lst", "lst", Error),
        ("dags list --nope", "--nope", Error),
        ("dags list -o json", "-o", Name.Attribute),
        ("dags list -o json", "json", String),
        ("dags list --output=json", "json", String),
        ("dags trigger a", "a", Name),
        ("dags trigger a -c '{\"k\": 12}'", '"k"', Name.Tag),
        ("dags trigger a -c '{\"k\": 12}'", "12", Number.Integer),
        ("pools set etl 5 'etl pool'", "5", Number),
        ("tasks list -- a", "--", Operator),
        ("# dags list", "# dags list", Comment.Single),
        ("  # dags list", "# dags list", Comment.Single),
        (".use staging", ".use", Keyword.Pseudo),
        ("help dags", "help", Keyword.Pseudo),
        ("dags list | jq '.[] | .a'", "|", Operator),
        ("dags list | jq '.[] | .a'", "jq '.[] | .a'", String.Backtick),
        ("dags list >> out.txt", ">>", Operator),
        ("dags list >> out.txt", "out.txt", String.Other),
        ("dags list \\\n  --verbose", "--verbose", Name.Attribute),
        ("dags list -o json\n\ndags lst", "lst", Error),
        ("", "", None),
    ],
)
def test_what_a_word_is(text: str, part: str, expected: _TokenType | None) -> None:
    if expected is None:
        assert tokens(text) == []
    else:
        assert kind(text, part) is expected


def test_lines_of_several_airflows_are_read_by_the_one_that_knows_them() -> None:
    script = "trigger_dag a\ndags backfill a -s 2024-01-01\nassets list\n"
    assert kind(script, "trigger_dag") is Keyword
    assert kind(script, "backfill") is Keyword
    assert kind(script, "assets") is Keyword.Namespace


def test_the_version_that_is_asked_for_reads_alone() -> None:
    assert kind("trigger_dag a", "trigger_dag", airflow_version="3.3.1") is Error
    assert kind("trigger_dag a", "trigger_dag", airflow_version="1.10.12") is Keyword
    assert kind("trigger_dag a", "trigger_dag", airflow_version="no version") is Keyword


def test_json_in_double_quotes_is_read_without_its_backslashes() -> None:
    text = 'dags trigger a -c "{\\"k\\": 12}"'
    assert kind(text, '\\"k\\"') is Name.Tag
    assert kind(text, "12") is Number.Integer
