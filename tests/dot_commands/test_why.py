""".why and the end of .follow in a session, on a double: what is read, and what is said where it is not permitted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote as url_quote

import pytest

from mwaa_shell.airflow.command_line import parse
from mwaa_shell.airflow.output_lines import TRACEBACK_START
from mwaa_shell.airflow.rest import RUNS, TASK_INSTANCES
from mwaa_shell.airflow.versions import parse_version
from mwaa_shell.dot_commands import find_dot_command
from mwaa_shell.errors import ExitCode, State, UsageError
from mwaa_shell.history.entries import Search
from mwaa_shell.monitor import Run, Task, next_lines
from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.render import render_lines
from mwaa_shell.session import Session
from mwaa_shell.session.script import ScriptLine
from mwaa_shell.settings import Settings
from tests.double import Double, LogsDouble, Request, command_response, refusal
from tests.monitor.canvas import FakeCanvas
from tests.programs import run_here
from tests.sessions import check_lines, execute

GROUP = "airflow-my-env-Task"
RUN, OLD = "manual__2026-01-02T03:04:05+00:00", "scheduled__2026-01-01T00:00:00+00:00"
DATE = "2026-01-02T03:04:05+00:00"
TRACEBACK = """[2026-01-02T03:04:07.000+0000] {taskinstance.py:9} ERROR - Task failed with exception
Traceback (most recent call last):
  File "/usr/local/airflow/dags/sales.py", line 7, in load
    raise ValueError("3 rows are missing")
ValueError: 3 rows are missing
"""


@pytest.fixture
def session(double: Double, bundle: str, tmp_path: Path) -> Iterator[Session]:
    """A session on an environment whose newest run has failed."""
    double.logs = LogsDouble(tmp_path / "groups")
    arn = f"arn:aws:logs:eu-west-1:123456789012:log-group:{GROUP}:*"
    task_logs = {"Enabled": True, "LogLevel": "INFO", "CloudWatchLogGroupArn": arn}
    double.more["LoggingConfiguration"] = {"TaskLogs": task_logs}
    prefix = f"dag_id=sales/run_id={RUN.replace(':', '_')}/task_id=load"
    double.logs.write(GROUP, f"{prefix}/attempt=1.log", "[2026-01-02T03:04:06.000+0000] {a.py:1} INFO - try one\n")
    double.logs.write(GROUP, f"{prefix}/attempt=2.log", f"{TRACEBACK}{TRACEBACK}")
    runs(double, (RUN, "failed"))
    states = [("extract", "success"), ("load", "failed"), ("send", "upstream_failed"), ("archive", "skipped")]
    tasks = [{"task_id": name, "map_index": -1, "state": state, "dag_run_id": RUN, "start_date": DATE, "try_number": 2,
              "end_date": "2026-01-02T03:04:07+00:00"} for name, state in states]  # fmt: skip
    double.rest[TASK_INSTANCES] = {"task_instances": tasks, "total_entries": 4}
    double.rest["/dags/sales"] = {"dag_id": "sales", "is_paused": False, "fileloc": "/usr/local/airflow/dags/sales.py"}
    after = {"extract": ["load", "archive"], "load": ["send"], "send": [], "archive": []}
    double.rest["/dags/sales/tasks"] = {
        "tasks": [{"task_id": name, "downstream_task_ids": names} for name, names in after.items()]
    }
    other = {"filename": "/usr/local/airflow/dags/other.py", "stack_trace": "SyntaxError: other"}
    double.rest["/importErrors"] = {"import_errors": [other], "total_entries": 1}
    made = Session(Settings(environment="my-env", access=double.access(bundle)))
    made.ui.canvas = FakeCanvas(live=False)
    yield made
    made.close()


def runs(double: Double, *made: tuple[str, str]) -> None:
    rows = [{"dag_id": "sales", "dag_run_id": name, "execution_date": DATE, "state": state, "start_date": DATE,
             "end_date": "2026-01-02T03:04:08+00:00"} for name, state in made]  # fmt: skip
    double.rest[RUNS] = {"dag_runs": rows, "total_entries": len(rows)}


def logs_of(double: Double) -> LogsDouble:
    assert double.logs is not None
    return double.logs


def shown(session: Session, line: str) -> list[str]:
    result = execute(session, line)
    assert result.ok, result.message
    return bytes(result.stdout).decode().splitlines()


def test_the_reason_is_on_one_screen(double: Double, session: Session) -> None:
    lines = shown(session, ".why sales")
    assert lines[:6] == [
        "sales failed after 3.0 s",
        f"{RUN}, 2026-01-02 03:04:05 to 03:04:08",
        "4 of 4 tasks done, 1 failed, 1 upstream_failed, 1 skipped",
        "send: upstream_failed because of load",
        "archive: skipped",
        "",
    ]
    assert lines[6] == "==> load failed (try 2, 2.0 s): ValueError: 3 rows are missing"
    assert lines[7] == "2026-01-02 03:04:07 [error] Task failed with exception"
    assert lines.count("ValueError: 3 rows are missing") == 1
    assert "sales is not paused, and its file has no import error" in lines
    assert lines[lines.index("next:") + 1 :] == [
        f"  .logs sales {RUN} load",
        f"  tasks clear sales -s {DATE} -e {DATE} --only-failed",
        f"  .open sales {RUN} load",
    ]
    assert double.commands == double.tokens == []
    assert session.recorder.history.find(Search()) == []


ODD_DAGS = ["sales", "-sales", "tägliche läufe", 'it\'s/50% "a"', "x" * 39]
ODD_RUNS = [
    *("it's", 'say "so"', 'it\'s "so"', "a b  c", "läuft – 日本", "a|b > c; d & e", "$HOME `id` \\ #1", "a!b !! ^c^d"),
    *(
        "manual__2026-01-02T03:04:05.678901+00:00",
        "x" * 250,
        "123",
        "true",
        "null",
        "@file",
        "a=b",
        "-r",
        "--help",
        "-1",
    ),
]


@pytest.mark.parametrize("version", ["2.10.3", "3.3.1"])
def test_proposed_lines_are_about_that_run(double: Double, session: Session, version: str) -> None:
    double.version, session.settings = version, session.settings._replace(yes="")
    for dag, run in [*product(ODD_DAGS, ODD_RUNS[:2]), *((ODD_DAGS[0], run) for run in ODD_RUNS)]:
        task = Task("load[2]", "failed")
        logs, clear, page = next_lines(Run(dag, run, "failed"), [task], parse_version(version))
        for line in map(parse, (logs, page)):
            dot_command = find_dot_command(line.values[0])
            assert dot_command is not None
            given = dot_command.read(line)
            assert line.problem is None
            assert (given.dag, given.run, given.task, given.map) == (dag, run, "load", 2)
        path = f"/dags/{url_quote(dag, safe='')}/clearTaskInstances"
        double.rest[path] = {"task_instances": []}
        assert execute(session, clear).ok, clear
        called = double.rest_calls[-1]
        assert (called["Path"], called["Body"]) == (path, {"dag_run_id": run, "dry_run": False})
    assert len(next_lines(Run("x" * 40, "run", "failed"), [], parse_version(version))) == 2  # the path is too long


def test_programs_get_an_object(session: Session) -> None:
    found: dict[str, Any] = json.loads("\n".join(shown(session, f".why sales {RUN} --json")))
    assert (found["dag_run_id"], found["is_paused"], found["import_errors"]) == (RUN, False, [])
    assert [(one["task_id"], one["exception"]) for one in found["failed"]] == [
        ("load", "ValueError: 3 rows are missing")
    ]
    assert {one["task_id"]: one["because_of"] for one in found["tasks"]}["send"] == ["load"]


@pytest.mark.parametrize("flag", ["", " --json"])
def test_logs_and_import_errors_have_no_secrets_or_controls(double: Double, session: Session, flag: str) -> None:
    stream = f"dag_id=sales/run_id={RUN.replace(':', '_')}/task_id=load/attempt=2.log"
    text = "at postgres://user:hunter2x@db/sales, \x1b[1mpassword\x1b[0m=hunter2x \x1b]0;title\x07\x9b"
    head = "[2026-01-02T03:04:07.000+0000] {a.py:1} ERROR -"
    logs_of(double).write(GROUP, stream, f"{head} {text}\n{TRACEBACK_START}\nValueError: password=hunter2x\n")
    error = {"filename": "dags/sales.py", "stack_trace": f"SyntaxError: {text}"}
    double.rest["/importErrors"] = {"import_errors": [error], "total_entries": 1}
    result = execute(session, f".why sales{flag}")
    written = bytes(result.stdout).decode()
    assert ("hunter2x" in written, [one for one in written if one in "\x1b\x07\x9b"]) == (False, [])
    assert written.count("at postgres://user:***@db/sales, password=*** ^[]0;title^G<U+009B>") == 2
    assert "ValueError: password=***" in written
    assert "hunter2x" not in "".join(render_lines(result, DisplayOptions()))
    session.preferences.set("reveal", "on")
    assert "password=hunter2x ^[]0;title" in bytes(execute(session, f".why sales{flag}").stdout).decode()


def test_one_instance_of_each_mapped_task_has_its_log(double: Double, session: Session) -> None:
    rows = [{"task_id": name, "map_index": index, "state": "failed", "dag_run_id": RUN, "start_date": DATE}
            for name, index in (("part", 0), ("part", 1), ("part", 2), ("load", -1))]  # fmt: skip
    double.rest[TASK_INSTANCES] = {"task_instances": rows, "total_entries": 4}
    lines = shown(session, ".why sales")
    assert [line for line in lines if line.startswith(("==>", "failed too"))] == [
        "==> part[0] failed",
        "==> load failed: ValueError: 3 rows are missing",
        "failed too: part[1], part[2]",
    ]
    assert f"{GROUP} has no log of part[0]. Events can arrive 10 seconds late" in lines


def test_an_import_error_of_its_file_and_a_paused_dag_are_said(double: Double, session: Session) -> None:
    double.rest["/dags/sales"] = {"dag_id": "sales", "is_paused": True, "fileloc": "/opt/bundle/dags/sales.py"}
    error = {"filename": "dags/sales.py", "stack_trace": "SyntaxError: here"}  # as Airflow 3 names it
    double.rest["/importErrors"] = {"import_errors": [error], "total_entries": 1}
    lines = shown(session, ".why sales")
    assert lines[lines.index("sales is paused. Its runs wait for dags unpause sales") :][1:3] == [
        "dags/sales.py cannot be imported:",
        "SyntaxError: here",
    ]


def without_rest(double: Double) -> None:
    """Do not permit InvokeRestApi."""

    def answer(request: Request) -> bytes:
        denied = request.path.startswith("/restapi/")
        return refusal(403, "AccessDeniedException", "not you") if denied else double.answer_aws(request)

    double.aws.behave = answer


@pytest.mark.parametrize("operation", ["DescribeLogStreams", "GetLogEvents"])
def test_without_a_permission_for_logs_all_else_is_shown(double: Double, session: Session, operation: str) -> None:
    logs_of(double).denied = {operation}
    lines = shown(session, ".why sales")
    assert f"logs:{operation} is not permitted: the logs of tasks are left out" in lines
    assert "==> load failed (try 2, 2.0 s)" in lines
    assert "send: upstream_failed because of load" in lines


def test_logs_that_aws_refuses_are_said_to_be_left_out(double: Double, session: Session) -> None:
    logs_of(double).expired = True
    lines = shown(session, ".why sales")
    assert [one for one in lines if one.endswith(" have expired. Left out: the logs of tasks")]
    result = execute(session, ".logs sales")
    assert ("have expired" in result.message, result.state) == (True, State.NONE)


def test_running_run_leads_to_follow(double: Double, session: Session) -> None:
    runs(double, (RUN, "running"))
    double.rest[TASK_INSTANCES] = {"task_instances": [], "total_entries": 0}
    result = execute(session, ".why sales")
    assert (result.exit_code, result.hint) == (ExitCode.FAILED, "Follow it with .follow sales.")
    lines = shown(session, f".why sales {RUN}")
    assert lines[-3:] == ["next:", f"  .follow sales {RUN}", f"  .logs sales {RUN} --follow"]


@pytest.mark.parametrize(
    ("version", "why"),
    [("2.10.3", "airflow:InvokeRestApi is not permitted"), ("2.2.2", "Airflow 2.2.2 has no REST API on MWAA")],
)
def test_without_rest_the_cli_shows_the_run(double: Double, session: Session, version: str, why: str) -> None:
    without_rest(double)
    double.version = version
    by_date = f"sales/load/{DATE.replace(':', '_')}/1.log"  # as Airflow before 2.3 names its streams
    logs_of(double).write(GROUP, by_date, TRACEBACK)
    rows = {
        "dags list-runs": [{"dag_id": "sales", "run_id": RUN, "state": "failed", "execution_date": DATE}],
        "tasks states-for-dag-run": [{"dag_id": "sales", "task_id": "load", "state": "failed", "start_date": DATE}],
    }
    double.web.behave = lambda request: command_response(
        json.dumps(rows[" ".join(request.body.decode().split()[:2])]).encode()
    )
    lines = shown(session, ".why sales")
    assert [line for line in lines if line.startswith("==>")] == ["==> load failed: ValueError: 3 rows are missing"]
    left_out = "causes of skipped tasks, import errors and whether the DAG is paused are left out"
    assert f"{why}: {left_out}" in lines


def test_a_part_that_airflow_refuses_is_left_out(double: Double, session: Session) -> None:
    del double.rest["/importErrors"]
    lines = shown(session, ".why sales")
    assert any("HTTP 404" in line and line.endswith(" Left out: import errors") for line in lines)
    assert "send: upstream_failed because of load" in lines


def test_why_fails_without_a_failed_run(double: Double, session: Session) -> None:
    runs(double, (RUN, "success"))
    double.rest[TASK_INSTANCES] = {"task_instances": [], "total_entries": 0}
    result = execute(session, ".why sales")
    assert (result.exit_code, result.message) == (
        ExitCode.FAILED,
        f"sales has no failed run. The newest run is {RUN} (success)",
    )


def test_follow_ends_with_the_short_form_and_why_takes_that_run(double: Double, session: Session) -> None:
    session.ui.canvas = FakeCanvas()
    result = execute(session, f".follow sales {RUN}")
    assert result.exit_code is ExitCode.FAILED
    assert result.remark.splitlines() == [
        "load failed (try 2, 2.0 s): ValueError: 3 rows are missing",
        ".why shows the reason, with logs",
    ]
    runs(double, ("newer", "failed"), (RUN, "failed"))
    assert shown(session, ".why")[1].startswith(RUN)


@pytest.mark.usefixtures("session")
def test_follow_in_a_script_prints_the_exceptions(environ: dict[str, str]) -> None:
    logs = {"AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": environ["AWS_ENDPOINT_URL_MWAA"]}
    ended = run_here(["my-env", "-c", f".follow sales {RUN}"], environ | logs)
    assert ended.returncode == ExitCode.FAILED
    assert ended.stderr.decode().splitlines()[-2:] == [
        "mwaa-shell: load failed (try 2, 2.0 s): ValueError: 3 rows are missing",
        f"mwaa-shell: error: sales {RUN} failed after 3.0 s: load failed.",
    ]
    assert b"ValueError" not in ended.stdout


def test_follow_says_why_where_no_log_is_permitted(double: Double, session: Session) -> None:
    logs_of(double).denied = {"DescribeLogStreams"}
    session.ui.canvas = FakeCanvas()
    assert execute(session, ".follow sales").remark == ".why shows the reason, with logs"


@pytest.mark.parametrize(
    ("line", "said"), [(".why", "not triggered or followed a run here"), (".why a b c", "Unexpected argument 'c'")]
)
def test_words_that_make_no_sense(session: Session, line: str, said: str) -> None:
    result = execute(session, line)
    assert (result.exit_code, said in result.message) == (ExitCode.USAGE, True)
    if line != ".why":  # a line before it may trigger a run
        with pytest.raises(UsageError):
            check_lines(session, [ScriptLine(line)])
