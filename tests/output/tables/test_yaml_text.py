"""Held here: YAML that any reader takes for the same values."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mwaa_shell.output.reading import rows_yaml
from mwaa_shell.output.tables.yaml_text import lines


def written(value: object) -> str:
    return "\n".join(lines(value))


@pytest.mark.parametrize(
    "text",
    ["sales_daily", "/usr/local/airflow/dags/x.py", "two words", "manual__2026-11-22T12:56:25+00:00", "a:b", "ann@x.y"],
)
def test_text_without_quotes(text: str) -> None:
    assert written(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "True", "no", "Null", "~", "5", "-", "- a", "a: b", "a:", "a #b", "#a", "2026-01-01", "1:30", "0x1f", "1e3",
     "[a]", "{a", "*a", "&a", "!a", "%a", "@a", "`a", "'a", '"a', "a\nb", " a", "a ", "a  b", "=", "<<", ".inf",
     "y", "ü", "|", ">", "?"],
)  # fmt: skip
def test_text_that_could_be_taken_for_more_is_quoted(text: str) -> None:
    assert written(text) == json.dumps(text, ensure_ascii=False)


def test_what_yaml_does_not_allow_is_escaped() -> None:
    assert written("a\x85\u2028\ud800\ufeff\x7f") == '"a\\u0085\\u2028\\ud800\\ufeff\\u007f"'


def test_numbers_and_words() -> None:
    values: tuple[object, ...] = (None, True, 5, 1.5, 1e300, math.inf, -math.inf, math.nan, [], {}, ())
    found = [written(value) for value in values]
    assert found == ["null", "true", "5", "1.5", "1.0e+300", ".inf", "-.inf", ".nan", "[]", "{}", "[]"]


def test_blocks_in_blocks() -> None:
    assert written([{"a": [{"b": [1, []]}, "c"], "d": {"e": {}}}, [[2]]]) == (
        "- a:\n  - b:\n    - 1\n    - []\n  - c\n  d:\n    e: {}\n- - - 2"
    )


NAMES = st.text(min_size=1)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(NAMES, inner, min_size=1, max_size=3),
    max_leaves=5,
)


@given(st.lists(st.dictionaries(NAMES, VALUES, min_size=1, max_size=3), min_size=1, max_size=3))
@example([{"A:0": None}])
@example([{"a:b": "c: d"}, {"manual__2026-11-22T12:56:25+00:00": {"x:y": ["z:1"]}}])
def test_our_own_reader_finds_the_same(records: list[dict[str, object]]) -> None:
    assert rows_yaml.read_values(written(records)) == records
