"""What a failed run came from: tasks that did not run and why, the next lines, the screen and the JSON object."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from mwaa_shell.airflow.command_line import parse
from mwaa_shell.airflow.grammar import load_grammar
from mwaa_shell.airflow.line_rules import problem_in
from mwaa_shell.airflow.versions import Version
from mwaa_shell.monitor.failure import (
    DagTask,
    FailedRun,
    FailedTask,
    as_json,
    find_causes,
    next_lines,
    render_failed_run,
    task_of_dag,
)
from mwaa_shell.monitor.runs import Run, Snapshot, Task

START = datetime(2026, 1, 31, 23, 59, 58, tzinfo=UTC)
RUN = Run("sales", "manual__1", "failed", START, START + timedelta(seconds=65), "2026-01-31T23:59:50+00:00")


def dag(**downstream: str) -> list[DagTask]:
    """Tasks with the names of those after them; the name is that of the operator."""
    return [DagTask(name, name, tuple(text.split())) for name, text in downstream.items()]


def causes(tasks: list[DagTask], **states: str) -> dict[str, tuple[str, ...]]:
    return find_causes([Task(name, state) for name, state in states.items()], tasks)


def test_a_task_did_not_run_because_of_the_failed_ones_above_it() -> None:
    tasks = dag(a="c", b="c", c="d", d="", other="d")
    states = {"a": "failed", "b": "success", "c": "upstream_failed", "d": "upstream_failed", "other": "failed"}
    assert causes(tasks, **states) == {"c": ("a",), "d": ("a", "other")}


def test_a_failed_instance_of_a_mapped_task_is_a_cause() -> None:
    found = find_causes(
        [Task("a[0]", "success"), Task("a[1]", "failed"), Task("b", "upstream_failed")], dag(a="b", b="")
    )
    assert found == {"b": ("a",)}


def test_a_task_is_skipped_because_of_one_above_or_by_itself() -> None:
    tasks = dag(a="b", b="c", c="", itself="", BranchPythonOperator="left right", left="", right="")
    states = dict.fromkeys(("a", "b", "c", "itself", "right"), "skipped") | {"BranchPythonOperator": "success"}
    found = {"a": (), "b": ("a",), "c": ("a",), "itself": (), "right": ("BranchPythonOperator",)}
    assert causes(tasks, **states, left="success") == found


def test_the_task_of_a_dag_is_read_from_an_object_of_rest() -> None:
    row = {"task_id": "a", "class_ref": {"class_name": "BashOperator"}, "downstream_task_ids": ["b"]}
    assert task_of_dag(row) == DagTask("a", "BashOperator", ("b",))
    assert task_of_dag({"task_id": "a", "class_ref": None, "downstream_task_ids": None}) == DagTask("a", "", ())


CLEAR = "-s 2026-01-31T23:59:50+00:00 -e 2026-01-31T23:59:50+00:00"


@pytest.mark.parametrize(
    ("version", "date", "clear"),
    [
        (Version(3, 3, 1), RUN.date, f"tasks clear sales {CLEAR} --only-failed"),
        (Version(3, 3, 1), "None",
         ".rest POST /dags/sales/clearTaskInstances -f dag_run_id=manual__1 -f dry_run=false"),
        (Version(2, 4, 3), RUN.date, f"tasks clear sales {CLEAR} --only-failed"),
        (Version(1, 10, 12), RUN.date, f"clear sales {CLEAR} --only_failed"),
    ],
)  # fmt: skip
def test_next_lines_fit_each_airflow(version: Version, date: str, clear: str) -> None:
    run = Run(RUN.dag, RUN.run_id, RUN.state, date=date)
    names = "sales manual__1 load --map 2"
    assert next_lines(run, [Task("load[2]", "failed")], version) == (f".logs {names}", clear, f".open {names}")


@pytest.mark.parametrize("version", [Version(3, 3, 1), Version(1, 10, 12)])
def test_next_lines_take_names_that_begin_with_a_dash(version: Version) -> None:
    run = Run("-sales", "-1", "failed", date=RUN.date)
    logs, clear, page = next_lines(run, [Task("-load[2]", "failed")], version)
    assert (logs, page) == (".logs --map 2 -- -sales -1 -load", ".open --map 2 -- -sales -1 -load")
    assert parse(clear).values[-2:] == ("--", "-sales")
    assert problem_in(clear, load_grammar(version)) is None
    running = Run("-sales", "1", "running")
    assert next_lines(running, [], version) == (".follow -- -sales 1", ".logs --follow -- -sales 1")


TASKS = (
    Task("load", "failed", START, START + timedelta(seconds=3), 2),
    *(Task(f"send[{index}]", "upstream_failed") for index in range(7)),
    Task("skip", "skipped"),
    Task("late", "failed"),
)
FOUND = FailedRun(
    Snapshot(RUN, TASKS),
    (FailedTask(TASKS[0], ("one", "two"), "ValueError: x"), FailedTask(TASKS[-1])),
    1,
    {"send": ("load",), "skip": ()},
    True,
    (("dags/sales.py", "Traceback:\nSyntaxError: y\n"),),
    ("logs:GetLogEvents is not permitted: the logs of tasks are left out",),
    (".logs sales",),
)


def test_the_screen_has_the_reason_first_and_ends_with_what_to_do() -> None:
    assert render_failed_run(FOUND, UTC) == [
        "sales failed after 1 min 5 s",
        "manual__1, 2026-01-31 23:59:58 to 2026-02-01 00:01:03",
        "10 of 10 tasks done, 2 failed, 7 upstream_failed, 1 skipped",
        "send[0], send[1], send[2], send[3], send[4] and 2 more: upstream_failed because of load",
        "skip: skipped",
        "",
        "==> load failed (try 2, 3.0 s): ValueError: x",
        "one",
        "two",
        "",
        "failed too: late",
        "",
        "sales is paused. Its runs wait for dags unpause sales",
        "dags/sales.py cannot be imported:",
        "Traceback:",
        "SyntaxError: y",
        "logs:GetLogEvents is not permitted: the logs of tasks are left out",
        "",
        "next:",
        "  .logs sales",
    ]


def test_the_json_object_says_null_of_what_is_not_known() -> None:
    found = json.loads(json.dumps(as_json(FailedRun(Snapshot(Run("d", "r", "failed"), None)))))
    assert found["tasks"] is found["is_paused"] is found["import_errors"] is found["logical_date"] is None
    assert found["failed"] == found["missing"] == found["next"] == []


def test_the_json_object_has_what_the_screen_has() -> None:
    found = json.loads(json.dumps(as_json(FOUND)))
    assert (found["dag_id"], found["state"], found["start_date"]) == ("sales", "failed", START.isoformat())
    assert {row["task_id"]: row["because_of"] for row in found["tasks"] if row["because_of"]} == {"send": ["load"]}
    assert found["failed"][0]["log"] == ["one", "two"]
    assert (found["failed"][0]["exception"], found["failed"][0]["try_number"]) == ("ValueError: x", 2)
    assert found["import_errors"] == [{"filename": "dags/sales.py", "stack_trace": "Traceback:\nSyntaxError: y\n"}]


def test_narrow_screen_breaks_own_sentences_at_words() -> None:
    wide, narrow = render_failed_run(FOUND, UTC), render_failed_run(FOUND, UTC, 30)
    assert " ".join(narrow).split() == " ".join(wide).split()
    kept = {line for one in FOUND.failed for line in one.log} | {f"  {line}" for line in FOUND.next_lines}
    assert all(len(line) <= 30 for line in narrow if line not in kept)
