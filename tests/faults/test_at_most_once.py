"""Only read-only commands that did not run are repeated, within limits."""

from __future__ import annotations

import threading

import pytest

from mwaa_shell.errors import ExitCode, State
from mwaa_shell.job import Job
from mwaa_shell.mwaa import cli_client as client_module
from mwaa_shell.mwaa.cli_client import BUSY
from mwaa_shell.result import Outcome, Result
from mwaa_shell.session import Session
from mwaa_shell.session.environment import load_environment_info
from mwaa_shell.session.send import additions_to
from tests.double import Behave, Double, Request, command_response, never, response
from tests.faults import behaviours as b
from tests.faults.conftest import Make
from tests.sessions import execute

READ, CHANGE, DESTROY = "dags list", "dags pause daily", "dags delete daily"
TRIGGER = "dags trigger daily"


def busy_for(times: int, status: int = 503) -> Behave:
    """Too busy so many times, then not."""
    left = [status] * times
    return lambda request: response(left.pop(), b"") if left else command_response(b"done\n")


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("times", [1, 4])
def test_a_read_waits_its_turn(status: int, times: int, double: Double, make: Make) -> None:
    double.web.behave = busy_for(times, status)
    assert execute(make(), READ).stdout == b"done\n"
    assert double.commands == [READ] * (times + 1)
    headers = [request.headers["authorization"] for request in double.web.seen]
    assert len(set(headers)) == times + 1


def test_after_four_repeats_the_answer_stands(double: Double, make: Make) -> None:
    double.web.behave = busy_for(9)
    result = execute(make(), READ)
    assert (result.exit_code, result.proposal) == (ExitCode.NOTHING_RAN, READ)
    assert double.commands == [READ] * 5


@pytest.mark.parametrize("line", [CHANGE, DESTROY, "variables set k v", "nobody knows this"])
@pytest.mark.parametrize("status", [403, 429, 503])
def test_what_may_change_something_is_not_repeated(status: int, line: str, double: Double, make: Make) -> None:
    double.web.behave = busy_for(1, status)
    session = make()
    result = execute(session, line if "knows" not in line else f".send {line}")
    assert (result.outcome, result.exit_code) == (Outcome.NOT_RUN, ExitCode.NOTHING_RAN)
    assert result.proposal.endswith(line)
    assert len(double.commands) == 1
    assert execute(session, result.proposal).ok  # which is for the user to send


def test_the_output_of_a_command_is_no_sign_of_a_busy_server(double: Double, make: Make) -> None:
    double.web.behave = lambda request: command_response(b"", b"Traceback\nBusy: no\n", status=503)
    assert execute(make(), READ).outcome is Outcome.FAILED
    assert double.commands == [READ]


class AtPhase:
    """A watcher that presses Ctrl-C in a phase, and counts what it saw."""

    def __init__(self, phase: str) -> None:
        self.phase = phase

    def tick(self, job: Job[Result]) -> None:
        if job.phase == self.phase:
            raise KeyboardInterrupt

    def over(self) -> None:
        pass


def test_ctrl_c_ends_the_waiting_at_once(double: Double, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "WAITS", (3600.0,))
    monkeypatch.setattr(client_module, "REPEAT_WITHIN", 7200.0)
    double.web.behave = busy_for(1)
    session = make(watcher=AtPhase(BUSY))
    result = execute(session, READ)
    assert result.outcome is Outcome.INTERRUPTED
    assert result.state is State.NOT_RUN
    assert execute(session, "version").ok  # whose turn has come
    assert double.commands == [READ, "version"]


# -- unknown results -------------------------------------------------------------------------------------------------

CHECKS = {
    TRIGGER: "dags list-runs -d daily",
    "dags pause daily": "dags details daily",
    "variables set k v": "variables get k",
    "connections delete db": "connections get db",
    "dags delete -y daily": "dags list",
    "tasks clear -y daily": "",
}


@pytest.mark.parametrize("line", CHECKS)
def test_the_command_that_tells_is_proposed(line: str, double: Double, make: Make) -> None:
    double.web.behave = b.reset
    result = execute(make(), line)
    assert (result.outcome, result.exit_code, result.proposal) == (Outcome.UNKNOWN, ExitCode.UNKNOWN, CHECKS[line])
    assert result.hint == (f"Check with: {CHECKS[line]}" if CHECKS[line] else "")
    assert len(double.commands) == 1


@pytest.mark.parametrize(
    ("version", "line", "check"),
    [
        ("1.10.12", "trigger_dag daily", "list_dag_runs daily"),
        ("3.3.1", TRIGGER, "dags list-runs daily"),
        ("9.9.9", TRIGGER, ""),  # its words are unknown
    ],
)
def test_in_the_words_of_the_same_airflow(version: str, line: str, check: str, double: Double, make: Make) -> None:
    double.version = version
    double.web.behave = b.reset
    assert execute(make(), line).proposal == check


# -- an id for each run -----------------------------------------------------------------------------------------------


@pytest.fixture
def named(make: Make) -> Session:
    """A session that gives each run an id."""
    session = make()
    assert execute(session, ".set trigger-run-id on").ok
    return session


def sent_ids(double: Double) -> list[str]:
    return [command.partition("-r ")[2] for command in double.commands]


def test_each_run_has_an_id_that_is_shown(double: Double, named: Session) -> None:
    load_environment_info(named)
    shown = additions_to(named, TRIGGER)
    assert shown == additions_to(named, TRIGGER)  # it is decided once, however often it is drawn
    result = execute(named, TRIGGER)
    execute(named, TRIGGER)
    first, second = double.commands
    assert first == f"{TRIGGER}{shown}"
    assert result.added == shown.strip()
    assert first != second


@pytest.mark.parametrize("line", ["dags trigger daily -r mine", "dags trigger --run-id=mine daily", READ, "version"])
def test_nothing_else_gets_one(line: str, double: Double, named: Session) -> None:
    execute(named, line)
    assert double.commands == [line]


def test_without_the_setting_nothing_is_added(double: Double, make: Make) -> None:
    execute(make(), TRIGGER)
    assert double.commands == [TRIGGER]


def test_a_repeat_of_what_nobody_knows_has_the_same_id(double: Double, named: Session) -> None:
    double.web.behave = b.reset
    unknown = execute(named, TRIGGER)
    double.web.behave = lambda request: command_response(b"", b"airflow.exceptions.DagRunAlreadyExists: there is one\n")
    assert execute(named, TRIGGER).outcome is Outcome.FAILED
    double.web.behave = lambda request: command_response(b"done\n")
    execute(named, TRIGGER)
    first, repeat, other = sent_ids(double)
    assert first == repeat != other
    assert unknown.hint == f"Look for run {first} with: dags list-runs -d daily"


# -- after Ctrl-C -----------------------------------------------------------------------------------------------------


def test_after_ctrl_c_the_next_command_warns_once(double: Double, make: Make) -> None:
    gone = threading.Event()

    def hang(request: Request) -> bytes | None:
        never(request)
        gone.set()
        return None

    double.web.behave = hang
    notes: list[str] = []
    session = make(watcher=AtPhase("running"), note=notes.append)
    result = execute(session, "variables set password hunter2")
    assert (result.outcome, result.exit_code, result.proposal) == (Outcome.INTERRUPTED, ExitCode.INTERRUPTED, "")
    assert (result.state, result.hint) == (State.MAY_BE_RUNNING, "Check with: variables get password")
    assert gone.wait(30)  # the server sees the close
    double.web.behave = lambda request: command_response(b"done\n")
    session.ui.watcher = None
    assert [execute(session, READ).ok for _ in range(2)] == [True, True]
    assert notes == ["variables set password *** may still be running on my-env."]
    kept = [(row.line, str(row.outcome)) for row in session.recorder.history.find()]
    assert ("variables set password ***", "interrupted") in kept
    assert (session.recorder.history.find()[-1].seconds or 0) > 0, "the time that it was waited for"
    assert kept.count((READ, "ok")) == 2
    assert len(double.commands) == 3
