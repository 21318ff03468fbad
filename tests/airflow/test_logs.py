"""Names of log streams in both schemes, and events as lines to read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from mwaa_shell.airflow.logs import LogEvent, TaskStream, is_around_task, readable_event, stream_prefixes, task_stream
from mwaa_shell.airflow.output_lines import LineKind, classify
from mwaa_shell.airflow.versions import Version

DATE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
RUN = "scheduled__2026-01-02T03:04:05+00:00"
BY_RUN = "dag_id=sales/run_id=scheduled__2026-01-02T03_04_05+00_00/task_id=group.load/"
BY_DATE = "sales/group.load/2026-01-02T03_04_05+00_00/"


@pytest.mark.parametrize(
    ("version", "prefixes"),
    [
        (Version(1, 10, 12), (BY_DATE,)),
        (Version(2, 2, 2), (BY_DATE,)),
        (Version(2, 4, 3), (BY_RUN, BY_DATE)),  # of runs from before an upgrade, too
        (Version(3, 3, 1), (BY_RUN, BY_DATE)),
        (None, (BY_RUN, BY_DATE)),
    ],
)
def test_streams_begin_as_the_version_names_them(version: Version | None, prefixes: tuple[str, ...]) -> None:
    assert stream_prefixes("sales", RUN, "group.load", DATE, version) == prefixes


def test_a_run_without_a_date_has_no_old_name() -> None:
    assert stream_prefixes("sales", RUN, "group.load", None, Version(3, 3, 1)) == (BY_RUN,)


@pytest.mark.parametrize(
    ("prefix", "rest", "stream"),
    [
        (BY_RUN, "attempt=2.log", TaskStream(None, 2)),
        (BY_RUN, "map_index=10/attempt=1.log", TaskStream(10, 1)),
        (BY_RUN, "attempt=1.log.trigger.77.log", TaskStream(None, 1, ".trigger.77.log")),
        (BY_DATE, "3.log", TaskStream(None, 3)),
        (BY_RUN, "attempt=x.log", None),
        (BY_RUN, "other/attempt=1.log", None),
    ],
)
def test_a_stream_names_map_index_attempt_and_part(prefix: str, rest: str, stream: TaskStream | None) -> None:
    assert task_stream(prefix + rest, prefix) == stream
    assert task_stream(f"else/{rest}", prefix) is None


def event(**members: object) -> LogEvent:
    return LogEvent(int(DATE.timestamp() * 1000) + 678, json.dumps(members))


def test_a_json_event_becomes_a_log_line_in_the_zone() -> None:
    made = event(event="rows loaded", level="warning", logger="task", filename="x.py", lineno=3, rows=7, what="a b")
    assert readable_event(made, ZoneInfo("Asia/Tokyo")) == "2026-01-02 12:04:05 [warning] rows loaded rows=7 what='a b'"
    assert [line.kind for line in classify(readable_event(made))] == [LineKind.LOG]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("[2026-01-02T03:04:05.678+0000] {a.py:1} INFO - rows: 7", "2026-01-02 12:04:05 [info] rows: 7"),
        ("[2026-01-02 03:04:05,678] {{a.py:1}} ERROR - no\n  rows", "2026-01-02 12:04:05 [error] no\n  rows"),
        (
            "2026-01-02T03:04:05.678901Z [warning  ] slow   [a.b] loc=x.py:1 n=1",
            "2026-01-02 12:04:05 [warning] slow n=1",
        ),
        (
            "[2026-01-02T03:04:05.678+0000] {m.py:1} INFO - [2026-01-02T03:04:04.000+0000] {d.py:2} ERROR - no DAG",
            "2026-01-02 12:04:05 [error] no DAG",
        ),
        ("2026-01-02T03:04:05Z [info ] [1] of [2]\nloc=1", "2026-01-02 12:04:05 [info] [1] of [2]\nloc=1"),
    ],
)
def test_a_line_of_text_has_its_own_time_in_the_zone(message: str, shown: str) -> None:
    assert readable_event(LogEvent(0, message), ZoneInfo("Asia/Tokyo")) == shown


@pytest.mark.parametrize(
    "line",
    [
        "[2026-01-02T03:04:05.678+0000] {taskinstance.py:2613} INFO - Dependencies all met for dep_context=x ti=<TI>",
        "[2026-01-02, 03:04:05 UTC] {taskinstance.py:1} INFO - Starting attempt 1 of 1",
        "[2026-01-02T03:04:05.678+0000] {taskinstance.py:1569} INFO - \n" + "-" * 80,
        '{"event": "::group::Pre Execute", "level": "info", "logger": "task", "filename": "task_runner.py"}',
        '{"event": "Pushing xcom", "level": "info", "logger": "task", "ti": "RuntimeTaskInstance(id=1)"}',
    ],
)
def test_work_around_a_task_is_told_from_what_the_task_logs(line: str) -> None:
    around = not line.startswith("[2026-01-02,")  # a format of the user's stays
    (shown,) = readable_event(LogEvent(0, line)).split("\n")
    assert is_around_task(shown) is around
    own = line.replace("taskinstance.py", "logging_mixin.py").replace("task_runner.py", "x.py").replace('"task"', '"a"')
    assert not is_around_task(readable_event(LogEvent(0, own)))


@pytest.mark.parametrize(
    "message",
    [
        "[9999-12-31T23:59:59+0000] {a.py:1} INFO - x",
        "[2026-01-02] {a.py:1} INFO - text",
        '{"no": "event"}',
        "{not json",
        "[1]",
    ],
)
def test_other_messages_stay(message: str) -> None:
    assert readable_event(LogEvent(0, message)) == message


def stack(name: str, said: str, **more: object) -> dict[str, object]:
    frame = {"filename": "/dags/sales.py", "lineno": 12, "name": "load"}
    return {"exc_type": name, "exc_value": said, "exc_notes": [], "is_cause": False, "frames": [frame], **more}


def test_an_exception_follows_its_event_with_its_cause_first() -> None:
    detail = [stack("ValueError", "no rows"), stack("KeyError", "'id'", is_cause=True)]
    lines = readable_event(event(event="Task failed", level="error", error_detail=detail)).split("\n")
    frame = '  File "/dags/sales.py", line 12, in load'
    assert lines == [
        "2026-01-02 03:04:05 [error] Task failed",
        "Traceback (most recent call last):",
        frame,
        "KeyError: 'id'",
        "",
        "The above exception was the direct cause of the following exception:",
        "",
        "Traceback (most recent call last):",
        frame,
        "ValueError: no rows",
    ]
    kinds = [line.kind for line in classify("\n".join(lines))]
    assert kinds[0] is LineKind.LOG
    assert set(kinds[1:]) == {LineKind.TRACEBACK, LineKind.BLANK}
