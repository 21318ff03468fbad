""".logs in a session, on a double: which run, which task, which try, and what is said where there is nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mwaa_shell.airflow.rest import RUNS, TASK_INSTANCES
from mwaa_shell.dot_commands.completion import complete
from mwaa_shell.errors import ExitCode
from mwaa_shell.logs import NoLog, tasks_to_read
from mwaa_shell.monitor import Run, Snapshot
from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.render import render_lines
from mwaa_shell.session import Session
from mwaa_shell.settings import Settings
from tests.double import Double, LogsDouble, Request, command_response, refusal, response
from tests.monitor.canvas import FakeCanvas
from tests.sessions import Notes, execute

GROUP = "airflow-my-env-Task"
RUN = "manual__2026-01-02T03:04:05+00:00"


@pytest.fixture
def logs(double: Double, tmp_path: Path) -> LogsDouble:
    """Task logs are on from INFO, those of workers from ERROR, the others are off."""
    double.logs = LogsDouble(tmp_path / "groups")
    groups = {
        "TaskLogs": (True, "INFO", GROUP),
        "WorkerLogs": (True, "ERROR", "airflow-my-env-Worker"),
        "SchedulerLogs": (False, "INFO", "airflow-my-env-Scheduler"),
        "DagProcessingLogs": (False, "INFO", "airflow-my-env-DAGProcessing"),
        "WebserverLogs": (False, "INFO", "airflow-my-env-WebServer"),
    }
    double.more["LoggingConfiguration"] = {
        member: {
            "Enabled": enabled,
            "LogLevel": level,
            "CloudWatchLogGroupArn": f"arn:aws:logs:eu-west-1:123456789012:log-group:{name}:*",
        }
        for member, (enabled, level, name) in groups.items()
    }
    return double.logs


@pytest.fixture
def session(double: Double, bundle: str, logs: LogsDouble) -> Iterator[Session]:
    made = Session(Settings(environment="my-env", access=double.access(bundle)))
    made.ui.canvas = FakeCanvas(live=False)
    yield made
    made.close()


@pytest.fixture
def notes(session: Session) -> Notes:
    """What the session says beside the logs."""
    session.ui.note = notes = Notes()
    return notes


def run(double: Double, tasks: Sequence[tuple[str, int, str]], state: str = "failed", run_id: str = RUN) -> None:
    """The only run of the DAG, with tasks of a name, a map index and a state."""
    row = {"dag_id": "sales", "dag_run_id": run_id, "execution_date": "2026-01-02T03:04:05+00:00", "state": state}
    double.rest[RUNS] = {"dag_runs": [row], "total_entries": 1}
    rows = [
        {"task_id": name, "map_index": index, "state": now, "dag_run_id": run_id, "start_date": row["execution_date"]}
        for name, index, now in tasks
    ]
    double.rest[TASK_INSTANCES] = {"task_instances": rows, "total_entries": len(rows)}


def write(logs: LogsDouble, stream: str, *lines: str, run_id: str = RUN) -> None:
    prefix = f"dag_id=sales/run_id={run_id.replace(':', '_')}/task_id="
    now = datetime.now(UTC)
    made = [f"[{now + timedelta(milliseconds=number):%Y-%m-%dT%H:%M:%S.%f+0000}] {{a.py:1}} INFO - {line}\n"
            for number, line in enumerate(lines)]  # fmt: skip
    logs.write(GROUP, prefix + stream, "".join(made))


def lines_of(result_stdout: object) -> list[str]:
    return [line.rpartition(" - ")[2] for line in bytes(result_stdout).decode().splitlines()]  # type: ignore[call-overload]


def test_queued_task_is_said_to_be_that_now(double: Double, session: Session, logs: LogsDouble, notes: Notes) -> None:
    run(double, [("load", -1, "queued")], "running")
    write(logs, "load/attempt=1.log", "first try")
    execute(session, ".logs sales")
    assert notes == [f"sales {RUN} load: try 1, now queued"]


def test_run_whose_tasks_have_not_begun_is_to_be_followed(double: Double, session: Session, logs: LogsDouble) -> None:
    run(double, [("load", -1, "scheduled")], "queued")
    double.rest["/dags/sales"] = {"dag_id": "sales", "is_paused": False}
    result = execute(session, ".logs sales latest")
    assert (result.message, result.hint) == (f"No task of {RUN} has begun", "Follow the run with .follow sales.")


def test_dag_with_a_leading_dash_is_to_be_followed_after_dashes() -> None:
    snapshot = Snapshot(Run("-sales", RUN, "queued"), ())
    with pytest.raises(NoLog) as raised:
        tasks_to_read(snapshot, "", None)
    assert raised.value.hint == "Follow the run with .follow -- -sales."


def test_the_last_try_of_the_failed_task_comes_first(
    double: Double, session: Session, logs: LogsDouble, notes: Notes
) -> None:
    run(double, [("extract", -1, "success"), ("load", -1, "failed"), ("send", -1, "upstream_failed")])
    write(logs, "extract/attempt=1.log", "extracted")
    write(logs, "load/attempt=1.log", "first try")
    write(logs, "load/attempt=2.log", "second try")
    result = execute(session, ".logs sales")
    assert (result.ok, lines_of(result.stdout)) == (True, ["second try"])
    assert notes == [f"sales {RUN} load: try 2, failed"]
    assert lines_of(execute(session, ".logs").stdout) == ["second try"]  # of the DAG that was asked for last
    assert lines_of(execute(session, f".logs sales {RUN} load 1").stdout) == ["first try"]
    assert lines_of(execute(session, ".logs sales latest extract").stdout) == ["extracted"]
    assert double.tokens == []


def test_a_running_run_with_a_failed_task_goes_before_an_older_one(
    double: Double, session: Session, logs: LogsDouble
) -> None:
    run(double, [("load", -1, "up_for_retry")], "running")
    write(logs, "load/attempt=1.log", "locked")
    assert lines_of(execute(session, ".logs sales").stdout) == ["locked"]
    assert "states" not in json.dumps([call for call in double.rest_calls if call["Path"] == RUNS])


def test_an_older_run_is_read_where_it_is_the_newest_failed_one(
    double: Double, session: Session, logs: LogsDouble
) -> None:
    def answer(request: Request) -> bytes:
        if request.path.startswith("/restapi/"):
            given = json.loads(request.body)
            failed = given["Path"] == RUNS and given["Body"].get("states") == ["failed"]
            old = failed or given["Body"].get("dag_run_ids") == ["old"]
            run(double, [("load", -1, "failed" if old else "success")], "failed" if old else "success",
                "old" if old else "new")  # fmt: skip
        return double.answer_aws(request)

    double.aws.behave = answer
    write(logs, "load/attempt=1.log", "failed then", run_id="old")
    assert lines_of(execute(session, ".logs sales").stdout) == ["failed then"]


def test_tasks_that_no_source_shows_are_found_by_their_logs(double: Double, session: Session, logs: LogsDouble) -> None:
    def answer(request: Request) -> bytes:
        if request.path.startswith("/restapi/"):
            return refusal(403, "AccessDeniedException", "not you")
        return double.answer_aws(request)

    def command(request: Request) -> bytes:
        row = {"dag_id": "sales", "run_id": RUN, "execution_date": "2026-01-02T03:04:05+00:00", "state": "failed"}
        lists_runs = request.body.startswith(b"dags list-runs")
        return command_response(json.dumps([row]).encode()) if lists_runs else response(403, b"")

    double.aws.behave, double.web.behave = answer, command
    write(logs, "extract/attempt=1.log", "extracted")
    write(logs, "load/map_index=3/attempt=2.log", "loaded")
    heading = f"==> sales {RUN} {{}} <=="
    assert lines_of(execute(session, ".logs sales").stdout) == [
        heading.format("extract try 1"), "extracted", heading.format("load[3] try 2"), "loaded",
    ]  # fmt: skip


def test_a_run_from_before_an_upgrade_has_the_old_names(double: Double, session: Session, logs: LogsDouble) -> None:
    run(double, [("load", -1, "failed")])
    logs.write(GROUP, "sales/load/2026-01-02T03_04_05+00_00/1.log", "long ago\n")
    assert lines_of(execute(session, ".logs sales").stdout) == ["long ago"]


def test_several_failed_tasks_are_a_menu_or_come_one_after_the_other(
    double: Double, session: Session, logs: LogsDouble
) -> None:
    run(double, [("load", 0, "failed"), ("load", 1, "success"), ("load", 2, "failed")])
    for index in range(3):
        write(logs, f"load/map_index={index}/attempt=1.log", f"part {index}")
    result = execute(session, ".logs sales")
    heading = f"==> sales {RUN} load[{{}}] try 1 <=="
    assert lines_of(result.stdout) == [heading.format(0), "part 0", heading.format(2), "part 2"]
    rows: list[Sequence[tuple[str, str]]] = []

    def pick(given: Sequence[tuple[str, str]]) -> int | None:
        rows.append(given)
        return 1

    session.ui.pick = pick
    assert lines_of(execute(session, ".logs sales").stdout) == ["part 2"]
    assert rows == [[("load[0]", "failed"), ("load[2]", "failed")]]
    assert lines_of(execute(session, ".logs sales latest load --map 1").stdout) == ["part 1"]


def test_part_of_a_log_is_read(double: Double, session: Session, logs: LogsDouble) -> None:
    run(double, [("load", -1, "failed")])
    write(logs, "load/attempt=1.log", *(f"row {number}" for number in range(250)))
    assert lines_of(execute(session, ".logs sales").stdout) == [f"row {number}" for number in range(150, 250)]
    assert lines_of(execute(session, ".logs sales -n 2").stdout) == ["row 248", "row 249"]
    assert len(lines_of(execute(session, ".logs sales --all").stdout)) == 250
    assert lines_of(execute(session, ".logs sales --grep 'row 7'").stdout)[:2] == ["row 7", "row 70"]
    assert len(lines_of(execute(session, ".logs sales --since 1h -n 3").stdout)) == 3
    assert len(lines_of(execute(session, ".logs sales --since 1h").stdout)) == 250


def test_tasks_and_tries_of_a_run_complete_once_it_was_read(double: Double, session: Session, logs: LogsDouble) -> None:
    def offered(text: str) -> list[tuple[str, str]]:
        return [(one.text, one.state) for one in complete(session, text, len(text))]

    run(double, [("extract", -1, "success"), ("load", 0, "success"), ("load", 1, "failed"), ("send", -1, "skipped")])
    rows = double.rest[TASK_INSTANCES]
    assert isinstance(rows, dict)
    for row, tries in zip(rows["task_instances"], (1, 1, 3, 0), strict=True):
        row["try_number"] = tries
    write(logs, "load/map_index=1/attempt=3.log", "locked")
    assert offered(f".logs sales {RUN} ") == []
    assert execute(session, ".logs sales").ok
    for which in (RUN, "latest"):
        found = offered(f".logs sales {which} ")
        assert sorted(found) == [("extract", "success"), ("load", "failed"), ("send", "skipped")]
        assert found[0] == ("load", "failed")
        assert offered(f".open sales {which} lo") == [("load", "failed")]
        assert offered(f".logs sales {which} load ") == [("3", "failed"), ("2", ""), ("1", "")]
        assert offered(f".logs sales {which} load 2") == [("2", "")]
        assert offered(f".logs sales {which} load --map ") == [("1", "failed"), ("0", "success")]
        assert offered(f".open sales {which} load --map 1") == [("1", "failed")]
    for text in (".logs sales other ", ".logs other latest ", ".logs sales latest send ", ".logs sales latest load 1 ",
                 ".logs sales latest extract --map ", ".logs --map "):  # fmt: skip
        assert offered(text) == []


def test_a_json_event_is_exact_for_programs_and_readable_on_a_terminal(
    double: Double, session: Session, logs: LogsDouble
) -> None:
    double.version = "3.3.1"
    run(double, [("load", -1, "failed")])
    event = {"timestamp": "2026-01-02T03:04:05Z", "level": "error", "event": "no rows", "password": "hunter2"}
    logs.write(
        GROUP, f"dag_id=sales/run_id={RUN.replace(':', '_')}/task_id=load/attempt=1.log", json.dumps(event) + "\n"
    )
    result = execute(session, ".logs sales")
    assert json.loads(bytes(result.stdout)) == {name: value for name, value in event.items() if name != "timestamp"}
    drawn = "".join(render_lines(result, DisplayOptions()))
    assert "hunter2" not in drawn


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (".logs sales latest send", f"{GROUP} has no log of send (upstream_failed) of {RUN}"),
        (".logs sales latest lod", f"{RUN} has no task 'lod'. Did you mean 'load'?"),
        (".logs sales latest load --map 3", f"load of {RUN} has no map index 3"),
        (".logs sales latest load 7", f"{GROUP} has no log of load (failed) with try 7 of {RUN}"),
        (".logs sales --grep nowhere", "The log of load (try 1, failed) has no event with 'nowhere'"),
    ],
)
def test_what_has_no_log_is_a_failure(
    double: Double, session: Session, logs: LogsDouble, line: str, message: str
) -> None:
    run(double, [("extract", -1, "success"), ("load", -1, "failed"), ("send", -1, "upstream_failed")])
    write(logs, "load/attempt=1.log", "loading")
    result = execute(session, line)
    assert (result.exit_code, result.message.startswith(message)) == (ExitCode.FAILED, True), result.message


def test_task_before_its_log_has_not_started(double: Double, session: Session, logs: LogsDouble) -> None:
    write(logs, "extract/attempt=1.log", "done")
    run(double, [("load", -1, "none")], "running")
    double.rest["/dags/sales"] = {"dag_id": "sales", "is_paused": False}
    result = execute(session, ".logs sales latest load")
    assert (result.message, result.hint) == (f"Not started in {RUN}: load (none)", "Wait for the log with --follow.")


def test_name_of_a_component_is_explained_where_no_dag_has_it(double: Double, session: Session) -> None:
    double.rest[RUNS] = {"dag_runs": [], "total_entries": 0}
    result = execute(session, ".logs scheduler")
    assert (result.ok, result.hint) == (False, "Write .logs --component scheduler for the log of the component.")


def test_name_of_a_mapped_task_is_explained(double: Double, session: Session) -> None:
    run(double, [("part", 0, "success"), ("part", 2, "failed")])
    result = execute(session, ".logs sales latest 'part[2]'")
    assert (result.message, result.hint) == ("'part[2]' is no task ID", "Write part --map 2.")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda logs: logs.denied.add("DescribeLogStreams"), "logs:DescribeLogStreams on my-env"),
        (lambda logs: logs.denied.add("GetLogEvents"), "logs:GetLogEvents on my-env"),
        (lambda logs: setattr(logs, "expired", True), "have expired"),
    ],
)
def test_what_is_not_permitted_is_named(
    double: Double, session: Session, logs: LogsDouble, change: Callable[[LogsDouble], None], message: str
) -> None:
    run(double, [("load", -1, "failed")])
    write(logs, "load/attempt=1.log", "loading")
    change(logs)
    result = execute(session, ".logs sales")
    assert (result.exit_code, message in result.message) == (ExitCode.NOTHING_RAN, True), result.message


def test_logging_that_is_off_is_said(double: Double, session: Session) -> None:
    run(double, [("load", -1, "failed")])
    groups = double.more["LoggingConfiguration"]
    assert isinstance(groups, dict)
    groups["TaskLogs"]["Enabled"] = False
    result = execute(session, ".logs sales")
    assert result.exit_code is ExitCode.NOTHING_RAN
    assert result.message.endswith(f"The log group {GROUP} is off")


def test_without_get_environment_no_group_is_guessed(double: Double, session: Session) -> None:
    def answer(request: Request) -> bytes:
        if request.path == "/environments/my-env":
            return refusal(403, "AccessDeniedException", "not you")
        return double.answer_aws(request)

    double.aws.behave = answer
    result = execute(session, ".logs sales")
    assert (result.exit_code, "airflow:GetEnvironment" in result.hint) == (ExitCode.NOTHING_RAN, True)


def test_components_are_listed_and_read(session: Session, logs: LogsDouble, notes: Notes) -> None:
    now = datetime.now(UTC)
    worker = "airflow-my-env-Worker"
    for name, age in (("worker_a_1.log", 0), ("worker_b_1.log", 1), ("requirements_install_a_1.log", 2)):
        when = now - timedelta(minutes=age)
        logs.write(worker, name, f"[{when:%Y-%m-%dT%H:%M:%S.%f+0000}] {{a.py:1}} ERROR - {name}\n")
    assert lines_of(execute(session, ".logs --component worker").stdout) == ["worker_b_1.log", "worker_a_1.log"]
    assert notes == [worker, f"{worker} has events of level ERROR and above only"]
    assert lines_of(execute(session, ".logs --component requirements").stdout) == ["requirements_install_a_1.log"]
    rows = json.loads(bytes(execute(session, ".logs --component").stdout))
    assert [(row["component"], row["enabled"], bool(row["newest_event"])) for row in rows] == [
        ("task", True, False),
        ("scheduler", False, False),
        ("worker", True, True),
        ("webserver", False, False),
        ("dag-processing", False, False),
    ]
    result = execute(session, ".logs --component scheduler")
    assert (result.exit_code, result.message.endswith("is off")) == (ExitCode.FAILED, True)


def test_a_log_is_followed_until_its_task_is_over(double: Double, session: Session, logs: LogsDouble) -> None:
    canvas = session.ui.canvas
    assert isinstance(canvas, FakeCanvas)
    run(double, [("load", -1, "running")], "running")
    write(logs, "other/attempt=1.log", "of another task")
    looks = iter(["try 1", "more", "", "", "the end"])

    def work() -> None:
        line = next(looks, None)
        if line:
            write(logs, "load/attempt=1.log", line)
        if line == "the end":
            run(double, [("load", -1, "success")], "success")

    canvas.meanwhile = work
    logs.empty = 1
    result = execute(session, ".logs sales latest load --follow")
    assert result.ok, result.message
    assert [line for came in canvas.came for line in lines_of(came)] == ["try 1", "more", "the end"]
    assert canvas.told == [f"load of sales {RUN} is success"]
    assert lines_of(execute(session, ".raw").stdout) == ["try 1", "more", "the end"]


def test_unknown_component_lists_all_six(session: Session) -> None:
    names = "scheduler, worker, webserver, dag-processing, requirements, startup"
    assert execute(session, ".logs --component nope").hint == f"Use one of: {names}."


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (".logs", "has not triggered or followed a run"),
        (".logs sales --map 1", "--map requires a task"),
        (".logs sales -n 0", "-n must be 1 to"),
        (".logs sales latest load 0", "TRY must be 1 to 9,999,999, not 0"),
        (".logs --component task", "The component 'task' has a log for each task"),
        (".logs sales -n 5 --all", "-n and --all cannot be combined"),
        (".logs sales --follow | cat", "cannot be combined"),
        (".logs --component scheduler --follow", "cannot be combined"),
        (".logs --component schedler", "Unknown component 'schedler'. Did you mean 'scheduler'?"),
    ],
)
def test_wrong_arguments_are_refused(session: Session, line: str, message: str) -> None:
    result = execute(session, line)
    assert (result.exit_code, message in result.message) == (ExitCode.USAGE, True), result.message
