""".watch and .follow in a session, on a double."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mwaa_shell.airflow.command_line import parse
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.rest import RUNS, TASK_INSTANCES
from mwaa_shell.airflow.versions import Version
from mwaa_shell.dot_commands import command_in, find_dot_command
from mwaa_shell.dot_commands.completion import complete
from mwaa_shell.dot_commands.monitor import watch_options
from mwaa_shell.errors import ExitCode, ShellError, UsageError
from mwaa_shell.history.entries import Search
from mwaa_shell.monitor.runs import Run, Snapshot
from mwaa_shell.names.model import Name, NamesFound
from mwaa_shell.result import Outcome
from mwaa_shell.session import Session
from mwaa_shell.session.script import ScriptLine
from mwaa_shell.settings import Settings
from tests.double import Double, Request, command_response, refusal, response
from tests.monitor.canvas import FakeCanvas
from tests.sessions import check_lines, execute

RUN = {"dag_id": "x", "run_id": "r1", "state": "running", "execution_date": "2026-01-01T00:00:00+00:00",
       "start_date": "2026-01-01T10:00:00+00:00", "end_date": ""}  # fmt: skip
TASK = {"dag_id": "x", "task_id": "load", "state": "running", "start_date": "2026-01-01T10:00:00+00:00"}


@pytest.fixture
def canvas() -> FakeCanvas:
    return FakeCanvas()


@pytest.fixture
def session(double: Double, bundle: str, canvas: FakeCanvas, tmp_path: Path) -> Iterator[Session]:
    log = tmp_path / "log"
    made = Session(Settings(environment="my-env", access=double.access(bundle), log_file=log))
    made.ui.canvas = canvas
    made.ui.draws_tables = True
    yield made
    made.close()


def rounds(double: Double, *states: str) -> None:
    """Each command gets the next state, the last one from then on."""
    left = list(states)

    def behave(request: Request) -> bytes:
        state = left.pop(0) if len(left) > 1 else left[0]
        row = TASK if request.body.startswith(b"tasks") else RUN
        return command_response(json.dumps([{**row, "state": state}]).encode())

    double.web.behave = behave


def test_a_watch_ends_with_its_condition(double: Double, session: Session, canvas: FakeCanvas) -> None:
    rounds(double, "queued", "running", "success")
    result = execute(session, ".watch -n 1 --until-state success,failed dags list-runs -d x")
    assert result.ok
    assert result.drawn
    assert double.commands == ["dags list-runs -d x -o json"] * 3
    assert len(set(double.tokens)) == 3
    assert "success" in "\n".join(canvas.last or [])
    assert session.last_result is not None
    assert b"success" in bytes(session.last_result.stdout)


def test_only_the_first_repetition_is_in_the_history_and_all_of_them_in_the_log(
    double: Double, session: Session, tmp_path: Path
) -> None:
    rounds(double, "running")
    assert execute(session, ".watch --times 4 dags list-runs -d x").ok
    found = session.recorder.history.find(Search())
    assert [entry.line for entry in found] == ["dags list-runs -d x"]
    assert len((tmp_path / "log").read_text().splitlines()) == 4


def test_what_is_handed_on_is_the_last_output_and_nothing_is_added(
    double: Double, session: Session, tmp_path: Path
) -> None:
    rounds(double, "queued", "success")
    target = tmp_path / "runs"
    assert execute(session, f".watch --until success dags list-runs -d x > {target}").ok
    assert double.commands == ["dags list-runs -d x"] * 2
    assert json.loads(target.read_text())[0]["state"] == "success"


def test_a_limit_without_the_condition_is_a_failure(double: Double, session: Session) -> None:
    rounds(double, "running")
    result = execute(session, ".watch --times 2 --until-state success dags list-runs -d x")
    assert (result.exit_code, result.message) == (ExitCode.FAILED, "state success did not appear within 2 repetitions")


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (".watch", ExitCode.USAGE, "requires an Airflow command"),
        (".watch .envs", ExitCode.USAGE, "requires an Airflow command"),
        (".watch -n 0.1 dags list", ExitCode.USAGE, "-n must be 1 to 9,999,999, not 0.1"),
        (".watch -n x dags list", ExitCode.USAGE, "-n must be 1 to 9,999,999, not 'x'"),
        (".watch --times 0 dags list", ExitCode.USAGE, "--times must be"),
        (".watch --until-state done dags list", ExitCode.USAGE, "Unknown state 'done'"),
        (".watch --for never dags list", ExitCode.USAGE, "not a length of time"),
        (".watch --nope dags list", ExitCode.USAGE, ".watch: Unknown option '--nope'"),
        (".watch dags lst", ExitCode.USAGE, "dags list"),
        (".watch dags trigger x", ExitCode.REFUSED, "dags trigger changes data"),
        (".watch --bell tasks clear x", ExitCode.REFUSED, "tasks clear changes data"),
        (".follow", ExitCode.USAGE, "has not triggered a run here"),
        (".follow a b c", ExitCode.USAGE, "Unexpected argument 'c'"),
        (".follow -n 0 a", ExitCode.USAGE, "-n must be"),
    ],
)
def test_what_is_refused_before_anything_is_sent(
    double: Double, session: Session, line: str, code: ExitCode, said: str
) -> None:
    result = execute(session, line)
    assert result.exit_code is code
    assert said in result.message
    assert double.commands == []


def test_where_the_version_is_not_known_reads_alone_are_repeated(double: Double, session: Session) -> None:
    double.aws.behave = double.only_tokens
    assert execute(session, ".watch --times 1 dags list").ok
    result = execute(session, ".watch dags backfill x")
    assert result.exit_code is ExitCode.REFUSED
    assert "the Airflow version is unknown" in result.message
    assert execute(session, ".follow x").exit_code is ExitCode.USAGE
    assert double.commands == ["dags list"]


def test_the_words_of_a_watch() -> None:
    watch = find_dot_command(".watch")
    assert watch is not None
    words = "-n2 --until=\"a  'b\" --until-state failed,success --for 30m --bell dags state x 'y z'"
    given = watch.read(parse(f".watch {words} | jq"))
    plan = watch_options(given)
    assert (plan.every, plan.until.text, plan.until.states) == (2, "a  'b", ("failed", "success"))
    assert (plan.seconds, plan.bell) == (1800, True)
    assert given.command.text == "dags state x 'y z'"
    assert watch.read(parse(".watch airflow dags list")).command.command == "dags list"
    with pytest.raises(UsageError):
        watch.read(parse(".watch --times"))


def test_where_the_command_begins() -> None:
    assert command_in(".watch -n 5 --bell dags list") == len(".watch -n 5 --bell ")
    assert command_in(".watch dags list") == len(".watch ")
    assert command_in(".send -x dags list") == len(".send ")
    assert command_in(".watch -n") == len(".watch -n")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (".watch dags list-r", "list-runs"),
        (".watch -n 5 --bell dags list-r", "list-runs"),
        (".watch --un", "--until"),
        (".watch --until-state succ", "success"),
        (".watch dags list-runs --sta", "--state"),
        (".follow x --b", "--bell"),
    ],
)
def test_completion(session: Session, text: str, wanted: str) -> None:
    session.connection.version = Version(2, 10, 3)
    assert wanted in [one.text for one in complete(session, text, len(text))]


# -- .follow ---------------------------------------------------------------------------------------------------------


def rest(double: Double, *states: str, run_id: str = "r1") -> None:
    """A run over REST that goes from one state to the next."""
    left = list(states)
    row = {"dag_run_id": run_id, "start_date": "2026-01-01T10:00:00Z"}
    double.rest["/dags/x"] = {"is_paused": False}
    task = {**TASK, "dag_run_id": run_id, "map_index": -1, "try_number": 1}

    def answer(request: Request) -> bytes:
        if request.path.startswith("/restapi/"):
            path = json.loads(request.body)["Path"]
            if path == RUNS:
                double.rest[path] = {"dag_runs": [{**row, "state": left.pop(0)}], "total_entries": 1}
            done = not left
            double.rest[TASK_INSTANCES] = {
                "task_instances": [{**task, "state": states[-1] if done else "running"}],
                "total_entries": 1,
            }
        return double.answer_aws(request)

    double.aws.behave = answer


def test_a_run_is_followed_over_rest(double: Double, session: Session, canvas: FakeCanvas) -> None:
    rest(double, "queued", "running", "success")
    result = execute(session, ".follow x")
    assert result.ok
    assert double.commands == []
    assert double.tokens == []
    assert "load  success" in "\n".join(canvas.last or [])
    assert session.recorder.history.find(Search()) == []


@pytest.mark.parametrize(
    ("version", "line", "printed"),
    [
        ("3.3.1", "dags trigger x -o json", '[{"dag_id": "x", "dag_run_id": "r1", "state": "queued"}]'),
        ("2.4.3", "dags trigger x", "Created <DagRun x @ 2026-01-01T00:00:00+00:00: r1, state:queued, queued_at: 2>"),
        ("1.10.12", "trigger_dag x", "Created <DagRun x @ 2026-01-01T00:00:00+00:00: r1, externally triggered: True>"),
        ("2.10.3", "dags trigger --run-id r1 x", "started"),
        ("1.10.12", "trigger_dag -r r1 x", "started"),
        ("3.3.1", ".rest POST /dags/x/dagRuns -d '{\"logical_date\": null}'", ""),
    ],
)
def test_a_trigger_is_remembered(double: Double, session: Session, version: str, line: str, printed: str) -> None:
    double.version = version
    double.rest["/dags/x/dagRuns"] = {"dag_id": "x", "dag_run_id": "r1"}
    double.web.behave = lambda request: command_response(printed.encode())
    assert execute(session, line).ok
    assert session.triggered == ("x", "r1")


def test_follow_follows_the_last_trigger_of_the_environment(double: Double, session: Session) -> None:
    double.names = ("my-env", "other")
    double.web.behave = lambda request: command_response(b"started")
    assert execute(session, "dags trigger x -r r1").ok
    double.rest[RUNS] = {
        "dag_runs": [{"dag_run_id": one, "state": "success"} for one in ("r2", "r1")],
        "total_entries": 2,
    }
    double.rest[TASK_INSTANCES] = {"task_instances": [], "total_entries": 0}
    assert "x r1 success" in execute(session, ".follow").message
    assert execute(session, ".use other").ok
    assert execute(session, ".follow").exit_code is ExitCode.USAGE
    assert execute(session, ".use -").ok
    session.ui.canvas = FakeCanvas()
    assert "x r1 success" in execute(session, ".follow").message


def test_a_failed_trigger_is_not_followed(double: Double, session: Session) -> None:
    double.web.behave = lambda request: command_response(b"", b"airflow.exceptions.DagNotFound: Dag id x not found\n")
    assert not execute(session, "dags trigger x -r r1").ok
    assert session.triggered is None


@pytest.mark.parametrize("adds", [True, False])
def test_a_trigger_that_may_have_run_is_followed(double: Double, session: Session, adds: bool) -> None:
    session.preferences.set("trigger-run-id", "on" if adds else "off")
    double.web.behave = lambda request: response(504, {"message": "Gateway timeout"})
    assert execute(session, "dags trigger x").outcome is Outcome.UNKNOWN
    run = session.triggered
    assert run is not None
    assert run.dag == "x"
    assert f"-r {run.run}".strip() in double.commands[-1] if adds else run.run == ""
    rest(double, "running", "success", run_id=run.run or "r1")
    notes: list[str] = []
    session.ui.note = notes.append
    assert execute(session, ".follow").ok
    assert ("not known whether" in " ".join(notes)) is not adds


def test_the_end_of_a_followed_run_reaches_the_cached_names(double: Double, session: Session) -> None:
    session.ui.keeps_names = True
    live = session.cached_names
    assert live is not None
    live.catalogue.apply([NamesFound(Kind.RUN, (Name("r1", {"state": "queued"}),), "x")], "output", 0.0)
    rest(double, "running", "failed")
    assert not execute(session, ".follow x").ok
    assert live.wait()
    assert [name.facts["state"] for name in live.catalogue.names(Kind.RUN, "x")] == ["failed"]
    session.snapshot = Snapshot(Run("x", "r0", "success"), ())
    assert live.wait()
    assert [name.text for name in live.catalogue.names(Kind.RUN, "x")] == ["r1"]


@pytest.mark.parametrize("scheduled", [True, False])
@pytest.mark.parametrize(("line", "waits"), [("dags trigger x", True), ("tasks clear x -y", True), ("version", False)])
def test_without_a_scheduler_a_trigger_says_so(
    double: Double, bundle: str, scheduled: bool, line: str, waits: bool
) -> None:
    access = double.access(bundle)._replace(scheduled=scheduled)
    with closing(Session(Settings(environment="my-env", access=access, yes="", airflow_version="2.10.3"))) as session:
        remark = execute(session, line).remark
    assert ("mwaa-shell --local 2.10.3 --scheduler" in remark) is (waits and not scheduled)


@pytest.mark.parametrize("scheduled", [True, False])
def test_without_a_scheduler_a_run_that_waits_says_so(
    double: Double, bundle: str, canvas: FakeCanvas, scheduled: bool
) -> None:
    rest(double, "queued", "queued", "success")
    access = double.access(bundle)._replace(scheduled=scheduled)
    with closing(Session(Settings(environment="my-env", access=access, airflow_version="2.10.3"))) as session:
        session.ui.canvas = canvas
        assert execute(session, ".follow x").ok
    remedy = "No scheduler runs here: exit, then start mwaa-shell --local 2.10.3 --scheduler"
    assert any(remedy in line for lines in canvas.pictures for line in lines) is not scheduled
    assert remedy not in "\n".join(canvas.last or [])


def test_follow_fails_with_the_run(double: Double, session: Session, canvas: FakeCanvas) -> None:
    canvas.live = False
    rest(double, "running", "failed")
    result = execute(session, ".follow x latest")
    assert result.exit_code is ExitCode.FAILED
    assert result.message.startswith("x r1 failed")
    assert result.message.endswith(": load failed")
    assert b"load  failed" in bytes(result.stdout)


def test_a_transcript_has_the_last_picture(
    double: Double, session: Session, canvas: FakeCanvas, tmp_path: Path
) -> None:
    rest(double, "running", "failed")
    execute(session, f".tee {tmp_path}/tee")
    assert execute(session, ".follow x").drawn
    text = (tmp_path / "tee").read_text()
    assert "> .follow x\n" in text
    assert "load  failed" in text
    assert "\n# failed: x r1 failed" in text


def test_where_rest_is_not_allowed_the_cli_tells(
    double: Double, session: Session, canvas: FakeCanvas, tmp_path: Path
) -> None:
    def answer(request: Request) -> bytes:
        denied = request.path.startswith("/restapi/")
        return refusal(403, "AccessDeniedException", "not you") if denied else double.answer_aws(request)

    double.aws.behave = answer
    rounds(double, "running", "running", "success", "success")
    assert execute(session, ".follow x r1").ok
    assert double.commands == [
        "dags list-runs -d x -o json",
        "tasks states-for-dag-run x r1 -o json",
        "tasks states-for-dag-run x r1 -o json",
        "dags list-runs -d x -o json",
    ]
    assert len(double.rest_calls) == 1
    assert session.recorder.history.find(Search()) == []
    assert len((tmp_path / "log").read_text().splitlines()) == 4


def test_where_the_tasks_are_refused_the_run_is_left(double: Double, session: Session, canvas: FakeCanvas) -> None:
    rounds(double, "running", "success")
    by_state = double.web.behave

    def behave(request: Request) -> bytes | None:
        forbidden = request.body.startswith(b"tasks")
        return response(403, {"message": "Forbidden"}) if forbidden else by_state(request)

    double.web.behave = behave
    double.version = "2.2.2"  # no REST there
    assert execute(session, ".follow x").ok
    assert "refuses tasks states-for-dag-run" in "\n".join(canvas.last or [])
    assert double.rest_calls == []


def test_a_script_is_checked_before_its_first_line_is_sent(double: Double, session: Session) -> None:
    for line in (".watch dags trigger x", ".watch dags lst", ".watch --nope dags list", ".follow -n"):
        with pytest.raises(ShellError):
            check_lines(session, [ScriptLine("version"), ScriptLine(line)])
    assert double.commands == []


def test_a_watch_is_checked_for_the_airflow_on_which_it_will_be(double: Double, session: Session) -> None:
    double.names = ("my-env", "old", "unknown")
    describe = double.describe
    double.describe = lambda name: describe(name) | ({"AirflowVersion": "1.10.12"} if name == "old" else {})  # type: ignore[method-assign]
    check_lines(session, [ScriptLine("version"), ScriptLine(".use old"), ScriptLine(".watch list_dags")])
    check_lines(session, [ScriptLine("version"), ScriptLine(".use old"), ScriptLine(".watch dags list")])
    with pytest.raises(UsageError, match=r"in Airflow 1\.10\.12"):
        check_lines(session, [ScriptLine("version"), ScriptLine(".use old"), ScriptLine(".watch dags lst")])
    double.aws.behave = lambda request: (
        refusal(403, "AccessDeniedException", "not you") if "unknown" in request.path else double.answer_aws(request)
    )
    check_lines(session, [ScriptLine(".use unknown"), ScriptLine(".watch of another Airflow")])
    assert double.commands == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (".watch --until-state success dags list", "dags list reports no states"),
        (".watch --until-state skipped dags list-runs -d x", "dags list-runs never reports skipped"),
    ],
)
def test_a_state_that_never_comes_is_not_waited_for(double: Double, session: Session, line: str, said: str) -> None:
    result = execute(session, line)
    assert result.exit_code is ExitCode.USAGE
    assert said in result.message
    with pytest.raises(UsageError, match=r"never reports|reports no"):
        check_lines(session, [ScriptLine("version"), ScriptLine(line)])
    assert double.commands == []


@pytest.mark.parametrize("more", ["--until-state skipped,success", "--until-state skipped --until r1"])
def test_what_may_come_is_waited_for_and_the_rest_is_said(double: Double, session: Session, more: str) -> None:
    notes: list[str] = []
    session.ui.note = notes.append
    rounds(double, "success")
    assert execute(session, f".watch {more} dags list-runs -d x").ok
    assert notes == ["dags list-runs never reports skipped, only none, queued, running, success, failed"]


def test_a_text_of_the_users_may_be_any_state(double: Double, session: Session) -> None:
    double.web.behave = lambda request: command_response(b"sensing\n")
    assert execute(session, ".watch --until-state sensing variables get step").ok
    assert len(double.commands) == 1
