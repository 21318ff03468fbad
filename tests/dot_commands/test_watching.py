""".watch and .follow in a session, on a double."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from mwaa_shell.airflow.versions import Version
from mwaa_shell.dot_commands import command_in
from mwaa_shell.dot_commands.completion import complete
from mwaa_shell.dot_commands.monitor import read_watch
from mwaa_shell.errors import ExitCode, ShellError, UsageError
from mwaa_shell.history.entries import Search
from mwaa_shell.session import Session
from mwaa_shell.session.script import Line
from mwaa_shell.settings import Settings
from tests.double import Double, Request, command_reply, refusal, reply
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
        return command_reply(json.dumps([{**row, "state": state}]).encode())

    double.web.behave = behave


def test_a_watch_ends_with_its_condition(double: Double, session: Session, canvas: FakeCanvas) -> None:
    rounds(double, "queued", "running", "success")
    result = execute(session, ".watch -n 1 --until-state success,failed dags list-runs -d x")
    assert result.ok
    assert result.stdout == b""
    assert double.commands == ["dags list-runs -d x -o json"] * 3
    assert len(set(double.tokens)) == 3
    assert "success" in "\n".join(canvas.last or [])
    assert session.last is not None
    assert b"success" in bytes(session.last.stdout)


def test_only_the_first_round_is_in_the_history_and_all_of_them_in_the_log(
    double: Double, session: Session, tmp_path: Path
) -> None:
    rounds(double, "running")
    assert execute(session, ".watch --times 4 dags list-runs -d x").ok
    found = session.record.history.find(Search())
    assert [entry.line for entry in found] == ["dags list-runs -d x"]
    assert len((tmp_path / "log").read_text().splitlines()) == 4


def test_what_is_handed_on_is_the_last_reply_and_nothing_is_added(
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
    assert (result.exit_code, result.message) == (ExitCode.FAILED, "state success did not come within 2 rounds")


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (".watch", ExitCode.USAGE, "wants an Airflow command"),
        (".watch .envs", ExitCode.USAGE, "wants an Airflow command"),
        (".watch -n 0.1 dags list", ExitCode.USAGE, "-n takes a number of at least 1"),
        (".watch -n x dags list", ExitCode.USAGE, "invalid float"),
        (".watch --times 0 dags list", ExitCode.USAGE, "--times takes"),
        (".watch --until-state done dags list", ExitCode.USAGE, "done is no state"),
        (".watch --for never dags list", ExitCode.USAGE, "no length of time"),
        (".watch --nope dags list", ExitCode.USAGE, ".watch has no --nope"),
        (".watch dags lst", ExitCode.USAGE, "dags list"),
        (".watch dags trigger x", ExitCode.REFUSED, "dags trigger changes something"),
        (".watch --bell tasks clear x", ExitCode.REFUSED, "tasks clear changes something"),
        (".follow", ExitCode.USAGE, "required: dag"),
        (".follow a b c", ExitCode.USAGE, "unrecognized arguments"),
        (".follow -n 0 a", ExitCode.USAGE, "-n takes"),
    ],
)
def test_what_is_refused_before_anything_is_sent(
    double: Double, session: Session, line: str, code: ExitCode, said: str
) -> None:
    result = execute(session, line)
    assert result.exit_code is code
    assert said in result.message
    assert double.commands == []


def test_where_the_version_is_not_known_nothing_is_repeated(double: Double, session: Session) -> None:
    double.aws.behave = double.only_tokens
    result = execute(session, ".watch dags list")
    assert result.exit_code is ExitCode.REFUSED
    assert "--airflow-version says it" in result.message
    assert execute(session, ".follow x").exit_code is ExitCode.USAGE
    assert double.commands == []


def test_the_words_of_a_watch() -> None:
    plan, line = read_watch(("-n2 --until=\"a  'b\" --until-state failed,success --for 30m --bell dags state x 'y z'",))
    assert (plan.every, plan.until.text, plan.until.states) == (2, "a  'b", ("failed", "success"))
    assert (plan.seconds, plan.bell) == (1800, True)
    assert line.command == "dags state x 'y z'"
    assert read_watch(("airflow dags list",))[1].command == "dags list"
    with pytest.raises(UsageError):
        read_watch(("--times",))


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
    session.link.version = Version(2, 10, 3)
    assert wanted in [one.text for one in complete(session, text, len(text))]


# -- .follow ---------------------------------------------------------------------------------------------------------


def rest(double: Double, *states: str) -> None:
    """A run over REST that goes from one state to the next."""
    left = list(states)
    row = {"dag_run_id": "r1", "start_date": "2026-01-01T10:00:00Z"}
    double.rest["/dags/x/dagRuns"] = {"dag_runs": [{**row, "state": left.pop(0)}], "total_entries": 1}
    double.rest["/dags/x"] = {"is_paused": False}
    task = {**TASK, "map_index": -1, "try_number": 1}

    def answer(request: Request) -> bytes:
        if request.path.startswith("/restapi/"):
            path = json.loads(request.body)["Path"]
            if path == "/dags/x/dagRuns/r1":
                double.rest[path] = {**row, "state": left.pop(0)}
            done = not left
            double.rest["/dags/x/dagRuns/r1/taskInstances"] = {
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
    assert session.record.history.find(Search()) == []


@pytest.mark.parametrize("scheduled", [True, False])
def test_without_a_scheduler_a_run_that_waits_says_so(
    double: Double, bundle: str, canvas: FakeCanvas, scheduled: bool
) -> None:
    rest(double, "queued", "queued", "success")
    access = replace(double.access(bundle), scheduled=scheduled)
    with closing(Session(Settings(environment="my-env", access=access, airflow_version="2.10.3"))) as session:
        session.ui.canvas = canvas
        assert execute(session, ".follow x").ok
    remedy = "No scheduler runs here: exit, then start mwaa-shell --local 2.10.3 --scheduler"
    assert any(remedy in line for lines in canvas.pictures for line in lines) is not scheduled
    assert remedy not in "\n".join(canvas.last or [])


def test_its_end_is_that_of_the_directive(double: Double, session: Session, canvas: FakeCanvas) -> None:
    canvas.live = False
    rest(double, "running", "failed")
    result = execute(session, ".follow x latest")
    assert result.exit_code is ExitCode.FAILED
    assert result.message.startswith("x r1 failed")
    assert result.message.endswith(": load failed")
    assert b"load  failed" in bytes(result.stdout)


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
    assert session.record.history.find(Search()) == []
    assert len((tmp_path / "log").read_text().splitlines()) == 4


def test_where_the_tasks_are_refused_the_run_is_left(double: Double, session: Session, canvas: FakeCanvas) -> None:
    rounds(double, "running", "success")
    by_state = double.web.behave

    def behave(request: Request) -> bytes | None:
        forbidden = request.body.startswith(b"tasks")
        return reply(403, {"message": "Forbidden"}) if forbidden else by_state(request)

    double.web.behave = behave
    double.version = "2.2.2"  # no REST there
    assert execute(session, ".follow x").ok
    assert "refuses tasks states-for-dag-run" in "\n".join(canvas.last or [])
    assert double.rest_calls == []


def test_a_script_is_checked_before_its_first_line_is_sent(double: Double, session: Session) -> None:
    for line in (".watch dags trigger x", ".watch dags lst", ".watch --nope dags list", ".follow"):
        with pytest.raises(ShellError):
            check_lines(session, [Line("version"), Line(line)])
    assert double.commands == []


def test_a_watch_is_checked_for_the_airflow_on_which_it_will_be(double: Double, session: Session) -> None:
    double.names = ("my-env", "old", "unknown")
    describe = double.describe
    double.describe = lambda name: describe(name) | ({"AirflowVersion": "1.10.12"} if name == "old" else {})  # type: ignore[method-assign]
    check_lines(session, [Line("version"), Line(".use old"), Line(".watch list_dags")])
    with pytest.raises(UsageError, match="dags list"):
        check_lines(session, [Line("version"), Line(".use old"), Line(".watch dags list")])
    double.aws.behave = lambda request: (
        refusal(403, "AccessDeniedException", "not you") if "unknown" in request.path else double.answer_aws(request)
    )
    check_lines(session, [Line(".use unknown"), Line(".watch of another Airflow")])
    assert double.commands == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (".watch --until-state success dags list", "state success would never come: the replies of dags list"),
        (".watch --until-state skipped dags list-runs -d x", "dags list-runs of Airflow 2.10.3 never tells of skipped"),
        (".watch --until-state sensing,awaiting_input tasks states-for-dag-run x r", "never tells of sensing or"),
    ],
)
def test_a_state_that_never_comes_is_not_waited_for(double: Double, session: Session, line: str, said: str) -> None:
    result = execute(session, line)
    assert result.exit_code is ExitCode.USAGE
    assert said in result.message
    with pytest.raises(UsageError, match="nothing was sent"):
        check_lines(session, [Line("version"), Line(line)])
    assert double.commands == []


@pytest.mark.parametrize("more", ["--until-state skipped,success", "--until-state skipped --until r1"])
def test_what_may_come_is_waited_for_and_the_rest_is_said(double: Double, session: Session, more: str) -> None:
    notes: list[str] = []
    session.ui.note = notes.append
    rounds(double, "success")
    assert execute(session, f".watch {more} dags list-runs -d x").ok
    assert notes == [
        "dags list-runs of Airflow 2.10.3 never tells of skipped, but of none, queued, running, success, failed"
    ]


def test_a_text_of_the_users_may_be_any_state(double: Double, session: Session) -> None:
    double.web.behave = lambda request: command_reply(b"sensing\n")
    assert execute(session, ".watch --until-state sensing variables get step").ok
    assert len(double.commands) == 1
