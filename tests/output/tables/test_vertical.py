"""Held here: a record line by line, with nothing left out where it is asked for so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.records import Records
from mwaa_shell.output.tables.cells import clean_cell, label
from mwaa_shell.output.tables.columns import IDS
from mwaa_shell.output.tables.table import draw_records


def vertical(*records: dict[str, object], **view: Any) -> list[str]:
    return draw_records(Records(tuple(records[0]), records, "", ""), "vertical", DisplayOptions(**view))


def test_a_record() -> None:
    record: dict[str, object] = {"dag_id": "a", "description": "one two three four five six", "tags": [], "note": None}
    assert vertical(record, width=35) == [
        "dag_id       a",
        "description  one two three four",
        "             five six",
        "tags         []",
        "note         -",
    ]


def test_several_records_are_numbered() -> None:
    assert vertical({"a": 1}, {"a": 2}, width=20) == ["── 1 of 2 ──────────", "a  1", "── 2 of 2 ──────────", "a  2"]


def test_an_id_is_never_folded() -> None:
    assert vertical({"run_id": "r" * 24}, width=30) == ["run_id", "  " + "r" * 24]
    assert vertical({"run_id": "r" * 90}, width=30) == ["run_id", "r" * 90]


def test_a_name_that_leaves_no_room_stands_above() -> None:
    assert vertical({"a_rather_long_name_of_a_thing": "its value"}, width=30) == [
        "a_rather_long_name_of_a_thing",
        "  its value",
    ]


def test_dates_say_how_long_ago_they_were() -> None:
    now = datetime(2026, 11, 22, 13, tzinfo=UTC)
    assert vertical({"start_date": "2026-11-22T12:57:00+00:00"}, now=now) == [
        "start_date  2026-11-22 12:57:00 (3 min ago)",
        "times in UTC",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "next_dagrun", "next_dagrun_create_after", "next_dagrun_data_interval_start", "next_dagrun_logical_date",
        "next_dagrun_run_after", "last_parsed", "last_parsed_time", "last_pickled", "last_expired", "run_after",
        "last_scheduling_decision", "latest_heartbeat", "queued_when", "scheduled_when", "when", "timestamp",
        "responded_at", "partition_date",
    ],
)  # fmt: skip
def test_dates_of_the_rest_api_are_drawn_as_dates(name: str) -> None:
    now = datetime(2026, 11, 22, 13, tzinfo=UTC)
    assert vertical({name: "2026-11-22T12:57:00+00:00"}, now=now)[0] == f"{name}  2026-11-22 12:57:00 (3 min ago)"


def test_colors() -> None:
    assert vertical({"state": "running", "note": None}, color=True) == [
        "\x1b[1mstate\x1b[0m  \x1b[36mrunning\x1b[0m",
        "\x1b[1mnote\x1b[0m   \x1b[90m-\x1b[0m",
    ]


def test_long_records_show_the_fields_that_matter() -> None:
    empty: dict[str, object] = dict.fromkeys(("end_date", "note", "fileloc", "id", "pickle_id", "run_type"))
    record = {"dag_id": "a", "state": "queued", "logical_date": "2026-11-22T12:57:00+00:00"} | empty
    found = Records(tuple(record), (record,), "", "")
    lines = ["dag_id        a", "state         queued", "logical_date  2026-11-22 12:57:00"]
    notes: list[str] = []
    assert draw_records(found, "table", DisplayOptions(width=60), notes=notes) == lines
    assert notes == ["6 more fields (.as vertical)", "times in UTC"]
    assert draw_records(found, "table", DisplayOptions(width=60)) == [*lines, " · ".join(notes)]
    assert len(draw_records(found, "vertical", DisplayOptions(width=60))) == len(record) + 1


@settings(deadline=None)
@given(st.dictionaries(st.text(min_size=1) | st.sampled_from(sorted(IDS)), st.text(), min_size=1), st.integers(20, 90))
def test_every_name_and_value_is_there_in_order(record: dict[str, str], width: int) -> None:
    lines = vertical(dict(record), width=width, zone=None)
    wanted = "".join(label(name) + _shown(name, value) for name, value in record.items())
    assert "".join("".join(lines).split()) == "".join(wanted.split())


def _shown(name: str, value: str) -> str:
    if name in IDS:
        return label(value)
    return {"True": "yes", "False": "no"}.get(value, clean_cell(value))


def test_a_backfill_shows_its_id_and_its_dates() -> None:
    dates = {"from_date": "2024-01-01T00:00:00Z", "to_date": "2024-01-03T00:00:00Z", "completed_at": None}
    of_its_making = {"max_active_runs": 10, "created_at": "2026-12-01T06:02:04Z", "reprocess_behavior": "none"}
    backfill = {"id": 7, "dag_id": "a", "is_paused": False, **dates, **of_its_making, "dag_run_conf": {}}
    found = Records(tuple(backfill), (backfill,), "", "")
    assert draw_records(found, "auto", DisplayOptions(width=60))[:5] == [
        "id         7",
        "dag_id     a",
        "is_paused  no",
        "from_date  2024-01-01 00:00:00",
        "to_date    2024-01-03 00:00:00",
    ]
