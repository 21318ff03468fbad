"""Held here: a lexer gives every character back, and JSON, YAML, tables, logs and tracebacks are told apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Error, Generic, Keyword, Literal, Name, Punctuation, String, Text, _TokenType

from mwaa_shell.output.style.fold import TextStyle
from mwaa_shell.output.style.lexer import AirflowOutputLexer, tokens_of

SAMPLES = Path(__file__).parents[2] / "samples"
VERSIONS = sorted(path.stem for path in SAMPLES.glob("*.json"))
PARTS = [
    '[{"a": 1, "b": null}]', "{", "- dag_id: a", "  owners:", "  - x", "dag_id | owners", "=======+=======", "",
    "[2021-03-01 09:10:11,123] {a.py:1} ERROR - no", "2026-11-22T13:05:49Z [warning  ] text", "x.py:1: UserWarning: w",
    "  warnings.warn(", "Traceback (most recent call last):", '  File "a.py", line 1, in f', "    g()", "KeyError: 'a'",
    "airflow command error: no", "a | success | 2024-01-01T00:00:00+00:00", "Ünïcode", "\t tab",
]  # fmt: skip
TEXT = st.lists(st.sampled_from(PARTS)).map("\n".join) | st.text()


def tokens(text: str) -> list[tuple[int, _TokenType, str]]:
    return list(AirflowOutputLexer(stripnl=False, ensurenl=False).get_tokens_unprocessed(text))


def assert_whole(text: str) -> None:
    position = 0
    for start, _, value in tokens(text):
        assert start == position
        position += len(value)
    assert "".join(value for _, _, value in tokens(text)) == text


def kinds(text: str, value: str) -> set[_TokenType]:
    """The kinds of the tokens that are, or hold, this text."""
    found = {kind for _, kind, part in tokens(text) if part.strip() == value}
    return found or {kind for _, kind, part in tokens(text) if value in part}


def sample(version: str, name: str, stream: str = "stdout") -> str:
    text = json.loads((SAMPLES / f"{version}.json").read_text())[name][stream]
    assert isinstance(text, str)
    return text


@settings(deadline=None)
@given(TEXT)
def test_the_tokens_are_the_text_and_know_their_places(text: str) -> None:
    assert_whole(text)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_tokens_of_recorded_outputs_are_their_text(version: str) -> None:
    for sample in json.loads((SAMPLES / f"{version}.json").read_text()).values():
        assert_whole(sample["stdout"])
        assert_whole(sample["stderr"])


@pytest.mark.parametrize("look", list(TextStyle))
@pytest.mark.parametrize(
    "run",
    [
        "a: 1 | success\n\nERROR [x] 2024-01-01\n", '{"a": "b', '"\\', "- a:\n\t- b\n  'c\n", "x\r\n\x00",
        '  File "a", line 1 and more\n', '  File "a", line 1, in f\n x\n    g("\n', "a\n" * 5000, "long " * 5000,
    ],
    ids=range(9),
)  # fmt: skip
def test_every_look_has_tokens_that_are_its_text(look: TextStyle, run: str) -> None:
    found = list(tokens_of(look, run))
    assert "".join(value for _, value in found) == run
    assert all(value for _, value in found)
    assert Error not in {kind for kind, _ in found}


#: Of what long lines are made that a careless pattern reads again and again.
UNITS = [
    '"',
    "{",
    "- ",
    "a:",
    "1-",
    "x | ",
    "2024-01-01",
    "airflow ",
    "a.py",
    "=",
    "[INFO",
    "\n ",
    "0 [",
    "- a: ",
    "x:1: ",
]


@pytest.mark.parametrize(
    "text",
    ['"' + '\\"' * 200_000, "[" + "\\" * 300_000, " " * 400_000 + "|", *(unit * 200_000 for unit in UNITS)],
    ids=lambda text: text[:6],
)
def test_no_text_takes_more_than_its_share_of_time(text: str) -> None:
    assert_whole(text)  # hangs where the time grows with the square of the length


@pytest.mark.parametrize(("alias", "name"), [("airflow-output", "Airflow output"), ("airflow-cli", "Airflow CLI")])
def test_pygments_finds_the_lexers_by_their_names(alias: str, name: str) -> None:
    assert get_lexer_by_name(alias).name == name


@pytest.mark.parametrize("version", ["2.0.2", "2.10.3", "2.11.2", "3.0.6", "3.3.1"])
def test_json_and_yaml_of_recorded_outputs(version: str) -> None:
    assert kinds(sample(version, "dags-list-o-json"), '"dag_id"') == {Name.Tag}
    assert kinds(sample(version, "dags-list-o-json"), '"hello_world"') == {String.Double}
    assert kinds(sample(version, "dags-list-o-yaml"), "dag_id") == {Name.Tag}


@pytest.mark.parametrize("version", ["2.0.2", "2.10.3", "3.0.6", "3.3.1"])
def test_the_table_of_a_recorded_output(version: str) -> None:
    text = sample(version, "dags-list")
    rule = next(line for line in text.splitlines() if line.startswith("==="))
    assert kinds(text, rule) == {Punctuation}
    assert kinds(text, "|") == {Punctuation}
    assert kinds(text, "hello_world") == {Text}


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("[2021-03-01 09:10:11,123] {a.py:1} ERROR - no\n", "ERROR", Generic.Error),
        ("[2021-03-01 09:10:11,123] {a.py:1} WARNING - hm\n", "WARNING", Name.Variable),
        ("[2021-03-01 09:10:11,123] {a.py:1} INFO - fine\n", "INFO", Comment),
        ("2026-11-22T13:05:49Z [error    ] no\n", "error", Generic.Error),
        ("2026-11-22T13:05:49Z [warning  ] hm\n", "warning", Name.Variable),
        ("INFO  [alembic.runtime.migration] text\n", "INFO", Comment),
        ("[ERROR] no\n", "ERROR", Generic.Error),
        ("CloudWatch logging is disabled for X\n", "CloudWatch", Comment),
        ("x.py:1: UserWarning: hm\n  warnings.warn(\n", "UserWarning:", Name.Variable),
        ("airflow command error: no\n", "airflow command error: no", Generic.Error),
        ("Traceback (most recent call last):\n  File 'a'\nKeyError: 'a'\n", "KeyError", Generic.Error),
        ("plain words\n", "plain words", Text),
        ("[]\n", "[]", Punctuation),
        ("a | success | x\n", "success", Generic.Inserted),
        ("a | failed | x\n", "failed", Generic.Error),
        ("a | running | x\n", "running", Keyword),
        ("a | queued | x\n", "queued", Comment),
        ("a | upstream_failed | x\n", "upstream_failed", Name.Variable),
        ("a | True | x\n", "True", Keyword.Constant),
        ("a | not-success | x\n", "not-success", Text),
        ("a | 2024-01-01T00:00:00+00:00 | x\n", "2024-01-01T00:00:00+00:00", Literal.Date),
        ("─────┼─────\n", "─────┼─────", Punctuation),
    ],
)
def test_what_a_line_is_colored_as(text: str, value: str, kind: _TokenType) -> None:
    assert kinds(text, value) == {kind}


def test_the_traceback_of_a_recorded_failure() -> None:
    text = sample("2.10.3", "dags-trigger-missing-dag", "stderr")
    assert kinds(text, "Traceback (most recent call last):") == {Generic.Traceback}
    assert kinds(text, "airflow.exceptions.DagNotFound") == {Generic.Error}
