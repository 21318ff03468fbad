"""Held here: a table fits its screen, nothing of it is lost, and what has no room is said."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from wcwidth import wcswidth

from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.records import Records
from mwaa_shell.output.style.fold import STATES
from mwaa_shell.output.style.styles import state_code
from mwaa_shell.output.tables.columns import IDS, LOW, TELLING
from mwaa_shell.output.tables.table import draw_records

NOW = datetime(2026, 11, 22, 13, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
SGR = re.compile(r"\x1b\[[0-9;]*m")
DAG = {"dag_id": "sales_daily", "fileloc": "/usr/local/airflow/dags/sales.py", "owners": ["ops"], "is_paused": "True",
       "bundle_name": "dags-folder", "bundle_version": None}  # fmt: skip


def found(*records: Mapping[str, object]) -> Records:
    names = dict.fromkeys(name for record in records for name in record)
    return Records(tuple(names), tuple(records), "", "")


def table(*records: Mapping[str, object], **view: Any) -> list[str]:
    return draw_records(found(*records), "table", DisplayOptions(**view))


def test_a_table() -> None:
    one, other = DAG | {"dag_id": "a", "owners": ["x", "y"]}, DAG | {"is_paused": "False"}
    assert table(one, other, width=100) == [
        "dag_id       fileloc                           owners  is_paused  bundle_name  bundle_version",
        "───────────  ────────────────────────────────  ──────  ─────────  ───────────  ──────────────",
        "a            /usr/local/airflow/dags/sales.py  x, y    yes        dags-folder  -",
        "sales_daily  /usr/local/airflow/dags/sales.py  ops     no         dags-folder  -",
    ]


def test_what_is_the_same_in_all_rows_is_said_once_where_there_is_no_room() -> None:
    assert table(DAG | {"dag_id": "a"}, DAG | {"is_paused": "False"}, width=80) == [
        "dag_id       fileloc                           owners  is_paused  bundle_name",
        "───────────  ────────────────────────────────  ──────  ─────────  ───────────",
        "a            /usr/local/airflow/dags/sales.py  ops     yes        dags-folder",
        "sales_daily  /usr/local/airflow/dags/sales.py  ops     no         dags-folder",
        "in all rows: bundle_version -",
    ]


def test_columns_that_do_not_fit_are_named() -> None:
    rows = [DAG | {"dag_id": name, "fileloc": f"/usr/local/airflow/dags/{name}.py", "bundle_name": name,
                   "owners": [name]} for name in ("orders", "stocks")]  # fmt: skip
    assert table(*rows, width=40) == [
        "dag_id  owners  is_paused  bundle_name",
        "──────  ──────  ─────────  ───────────",
        "orders  orders  yes        orders",
        "stocks  stocks  yes        stocks",
        "in all rows: bundle_version -",
        "1 column hidden: fileloc (.as vertical)",
    ]
    said = " ".join(table(*rows, width=20)[4:])
    assert said == "in all rows: is_paused yes, bundle_version - 2 columns hidden: fileloc, bundle_name (.as vertical)"


def test_an_id_that_is_the_same_in_all_rows_is_not_folded_either() -> None:
    runs = [{"dag_id": "w" * 60, "run_id": f"manual__{number:040}", "state": "queued"} for number in range(2)]
    assert table(*runs, width=60)[-2:] == ["in all rows: dag_id", "w" * 60]


def test_states_stay_whatever_they_are() -> None:
    runs = [{"dag_id": "d" * 20, "run_id": f"r{number:030}", "state": "failed"} for number in range(2)]
    assert table(*runs, width=45)[0] == "run_id                           state"


def test_long_text_is_folded_inside_its_cell() -> None:
    rows = ({"pool": "etl", "slots": 5, "description": "for loads that must not run beside each other"},
            {"pool": "default_pool", "slots": 128, "description": "Default pool"})  # fmt: skip
    assert table(*rows, width=50) == [
        "pool          slots  description",
        "────────────  ─────  ─────────────────────────────",
        "etl               5  for loads that must not run",
        "                     beside each other",
        "default_pool    128  Default pool",
    ]


def test_a_few_long_ids_do_not_spoil_the_table() -> None:
    names = ["a", "bb", "c" * 30, "d"]
    assert table(*({"dag_id": name, "state": "success"} for name in names), width=30) == [
        "dag_id  state",
        "──────  ───────",
        "a       success",
        "bb      success",
        "c" * 30,
        "        success",
        "d       success",
    ]


def test_long_ids_behind_what_is_the_same_in_all_rows() -> None:
    tasks = [{"dag_id": "sales_daily", "task_id": name, "state": state}
             for name, state in (("a", "success"), ("group.a_long_name", ""), ("b", "failed"))]  # fmt: skip
    assert table(*tasks, width=24) == [
        "task_id  state",
        "───────  ───────",
        "a        success",
        "group.a_long_name",
        "b        failed",
        "in all rows: dag_id",
        "sales_daily",
    ]


def test_a_list_is_a_list_however_long_its_ids_are() -> None:
    assert table({"key": "a"}, {"key": "k" * 50}, width=30) == ["key", "───", "a", "k" * 50]


def test_one_record_that_does_not_fit_is_vertical() -> None:
    assert table(DAG, width=80)[:2] == [
        "dag_id          sales_daily",
        "fileloc         /usr/local/airflow/dags/sales.py",
    ]
    assert len(table(DAG, width=100)) == 3


def test_text_of_many_lines_is_vertical() -> None:
    error = "\n".join(f"line {number}" for number in range(9))
    lines = table({"filepath": "a.py", "error": error}, {"filepath": "b.py", "error": error}, width=80)
    assert lines[:3] == ["── 1 of 2 ──────────────────────────────", "filepath  a.py", "error     line 0"]


def test_the_zone_is_said_and_so_is_what_is_left_out() -> None:
    run = {"run_id": "scheduled__2026-11-22T12:00:00+00:00", "start_date": "2026-11-22T12:56:30.25+00:00"}
    assert table(run, width=100, zone=BERLIN, now=NOW) == [
        "run_id                                start_date",
        "────────────────────────────────────  ───────────────────────────────",
        "scheduled__2026-11-22T12:00:00+00:00  2026-11-22 13:56:30 (3 min ago)",
        "times in Europe/Berlin",
    ]
    assert table(run, width=60, zone=UTC, now=NOW)[2].endswith("  2026-11-22 12:56:30")
    assert table(run, width=100, zone=None, now=NOW)[2].endswith("  2026-11-22T12:56:30.25+00:00")


def test_many_rows_are_counted() -> None:
    assert table(*({"key": str(number)} for number in range(12)), width=80)[-1] == "12 rows"
    assert len(table(*({"key": str(number)} for number in range(9)), width=80)) == 11


def test_no_rows() -> None:
    assert table(width=80) == ["no rows"]
    assert table(width=80, color=True) == ["\x1b[90mno rows\x1b[0m"]
    assert draw_records(Records(("dag_id",), (), "", ""), "vertical", DisplayOptions()) == ["no rows"]


def test_colors() -> None:
    run = {"dag_id": "no", "state": "failed", "is_paused": "False", "note": None}
    heading, rule, row = table(run, width=80, color=True)
    assert heading == "\x1b[1mdag_id  state   is_paused  note\x1b[0m"
    assert rule.startswith("\x1b[90m──")
    assert row == "no      \x1b[31;01mfailed\x1b[0m  \x1b[90mno\x1b[0m         \x1b[90m-\x1b[0m"
    assert [SGR.sub("", line) for line in (heading, rule, row)] == table(run, width=80)


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_a_color_of_the_terminal(state: str) -> None:
    for style in ("auto", "monokai"):
        view = DisplayOptions(color=True, style=style)
        line = table({"task_id": "t", "state": state}, color=True, style=style)[2]
        assert line == f"t        {state_code(state, view)}{state}\x1b[0m"
        assert state_code(state, view)
    assert table({"task_id": "t", "note": state}, color=True)[2].endswith(state)


NAMES = st.sampled_from([*sorted(IDS)[:8], *sorted(LOW)[:8], *sorted(TELLING), "description", "conf"]) | st.text(
    min_size=1
)
VALUES = (
    st.text() | st.sampled_from(["True", "None", "2026-11-22T12:57:00.25+00:00", "日本語 " * 9, "success"]) | st.none()
)


@st.composite
def tables(draw: st.DrawFn, values: st.SearchStrategy[Any] = VALUES) -> Records:
    names = draw(st.lists(NAMES, min_size=1, max_size=6, unique=True))
    rows = draw(st.lists(st.tuples(*[values] * len(names)), min_size=1, max_size=6))
    return Records(tuple(names), tuple(dict(zip(names, row, strict=True)) for row in rows), "", "")


@example(found({"Conn Id": "0000\x80\x80 "}), 20, "table", False)
@example(found({"Conn Id": None, "Pool": None, "00000000 ": None}), 20, "table", False)
@example(found(*[{"Conn Id": "", "Pool": "five " * 9, "Provider": one} for one in (None, "")]), 20, "table", False)
@example(
    found(
        *[
            {"Conn Id": "", "Pool": one, "Provider": None, "dag_run_state": None, "value": "日本語 " * 9, "state": ""}
            for one in ("", "", "0" * 32)
        ]
    ),
    94,
    "table",
    False,
)
@settings(deadline=None)
@given(tables(), st.integers(20, 150), st.sampled_from(["table", "vertical"]), st.booleans())
def test_no_line_is_wider_than_the_screen(table: Records, width: int, form: str, color: bool) -> None:
    lines = [
        SGR.sub("", line)
        for line in draw_records(table, form, DisplayOptions(width=width, color=color, zone=BERLIN, now=NOW))
    ]
    ids = [str(record[name]) for record in table.records for name in table.columns if name in IDS]
    for line in lines:
        assert line == line.rstrip(" ")
        assert "\n" not in line
        assert 0 <= wcswidth(line) <= width or any(len(one) * 12 > width for one in ids)


WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


@settings(deadline=None)
@given(
    st.lists(st.tuples(WORDS, st.lists(WORDS, max_size=12).map(" ".join)), min_size=2, max_size=6), st.integers(64, 99)
)
def test_every_cell_of_a_table_is_whole(rows: list[tuple[str, str]], width: int) -> None:
    records = [{"dag_id": name, "description": text} for name, text in [*rows, ("last", "end")]]
    made = table(*records, width=width)
    if made[0].startswith("──"):
        return
    second = made[0].index("description")
    assert made[1][second - 2 : second + 1] == "  ─"
    names = "\n".join(line[:second] for line in made[2:]).split()
    texts = "".join(line[second:] for line in made[2:])
    assert names == [*(name for name, _ in rows), "last"]
    wanted = "".join(text.replace(" ", "") for _, text in rows) + "end"
    assert texts.replace(" ", "") == wanted
