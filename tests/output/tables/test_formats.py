"""Held here: what programs get is what Airflow printed, and what a terminal gets can do nothing to it."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.records import Records
from mwaa_shell.output.tables.table import DATA, draw_records

NASTY = Records(
    ("dag_id", "note", "conf"),
    (
        {"dag_id": "a", "note": 'one\ntwo, "three" | \x1b[31mred\x9b', "conf": {"region": "eu", "n": None}},
        {"dag_id": "b", "note": None, "conf": []},
    ),
    "",
    "",
)
EMPTY = Records((), (), "", "")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=3,
)
TABLES = st.lists(st.text(min_size=1), min_size=1, max_size=4, unique=True).flatmap(
    lambda names: st.lists(st.tuples(*[VALUES] * len(names)), max_size=3).map(
        lambda rows: Records(tuple(names), tuple(dict(zip(names, row, strict=True)) for row in rows), "", "")
    )
)


def faithful(found: Records, form: str) -> str:
    return "\n".join(draw_records(found, form, DisplayOptions(), faithful=True))


def test_csv() -> None:
    assert faithful(NASTY, "csv") == (
        'dag_id,note,conf\na,"one\ntwo, ""three"" | \x1b[31mred\x9b","{""region"": ""eu"", ""n"": null}"\nb,,[]'
    )
    assert draw_records(NASTY, "csv", DisplayOptions())[1:3] == [
        'a,"one',
        'two, ""three"" | red<U+009B>","{""region"": ""eu"", ""n"": null}"',
    ]
    assert draw_records(EMPTY, "csv", DisplayOptions()) == []
    assert draw_records(Records(("key",), (), "", ""), "csv", DisplayOptions()) == ["key"]


@given(TABLES)
def test_json_is_indented_as_pythons_own_does(found: Records) -> None:
    text = "\n".join(DATA["json"](found))
    assert text == json.dumps([dict(one) for one in found.records], indent=2, ensure_ascii=False)


def test_json() -> None:
    assert json.loads(faithful(NASTY, "json")) == list(NASTY.records)
    assert draw_records(Records(("key",), ({"key": "ü"},), "", ""), "json", DisplayOptions()) == [
        "[",
        "  {",
        '    "key": "ü"',
        "  }",
        "]",
    ]
    assert draw_records(EMPTY, "json", DisplayOptions()) == ["[]"]


def test_yaml() -> None:
    lines = draw_records(NASTY, "yaml", DisplayOptions(), faithful=True)
    assert lines[0] == "- dag_id: a"
    assert lines[-2:] == ["  note: null", "  conf: []"]
    assert yaml.safe_load("\n".join(lines)) == [dict(record) for record in NASTY.records]
    assert draw_records(EMPTY, "yaml", DisplayOptions()) == ["[]"]


def test_data_is_never_converted() -> None:
    row = {"run_id": "a", "start_date": "2026-11-22T12:56:31.444+00:00", "ok": "True", "note": "None"}
    for form in DATA:
        text = "\n".join(draw_records(Records(tuple(row), (row,), "", ""), form, DisplayOptions()))
        assert all(value in text for value in row.values()), form


def test_a_table_for_a_file_holds_values_as_they_came() -> None:
    row = {"run_id": "a", "start_date": "2026-11-22T12:56:31.444+00:00"}
    lines = draw_records(
        Records(tuple(row), (row,), "", ""), "table", DisplayOptions(width=100, color=True), faithful=True
    )
    assert lines == [
        "run_id  start_date",
        "──────  ─────────────────────────────",
        "a       2026-11-22T12:56:31.444+00:00",
    ]


def test_an_unknown_format_is_a_table() -> None:
    assert draw_records(NASTY, "auto", DisplayOptions(width=100)) == draw_records(
        NASTY, "table", DisplayOptions(width=100)
    )


@given(TABLES)
def test_json_and_csv_are_read_back(found: Records) -> None:
    assert json.loads(faithful(found, "json")) == list(found.records)
    rows = list(csv.reader(io.StringIO(faithful(found, "csv"), newline="")))
    assert rows[0] == list(found.columns)
    for row, record in zip(rows[1:], found.records, strict=True):
        for cell, name in zip(row, found.columns, strict=True):
            assert cell == _field(record[name])


def _field(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return {None: "", True: "True", False: "False"}[value]
    return json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize("form", ["table", "vertical", *DATA])
@given(found=TABLES)
def test_nothing_that_is_drawn_acts_on_a_terminal(form: str, found: Records) -> None:
    for line in draw_records(found, form, DisplayOptions()):
        assert not any(char < " " or "\x7f" <= char < "\xa0" or char in "\u202e\u2066" for char in line)
        line.encode()
