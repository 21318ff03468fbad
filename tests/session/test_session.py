"""One line in, one Result out: the session on a double, with real boto3 and real requests."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import threading
import time
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import ExitCode, NothingRan, State, UsageError
from mwaa_shell.history.recorder import HistoryRecorder
from mwaa_shell.history.store import History
from mwaa_shell.job import Job
from mwaa_shell.mwaa.cli_client import RUNNING
from mwaa_shell.mwaa.command_runner import QUEUED, ask_version
from mwaa_shell.mwaa.connection import Connection
from mwaa_shell.names import cache_files
from mwaa_shell.paths import make_folder
from mwaa_shell.result import Outcome, Result
from mwaa_shell.session import Executor, Session
from mwaa_shell.session.environment import open_default
from mwaa_shell.session.script import ScriptLine
from mwaa_shell.session.session import UserInterface
from mwaa_shell.settings import Settings
from tests.double import Double, Request, command_response, response
from tests.sessions import Notes, execute, run_lines


def test_a_command_is_sent_as_typed(double: Double, session: Session) -> None:
    result = execute(session, '  airflow dags trigger x -c \'{"a": "b"}\' ')
    assert (result.outcome, result.stdout) == (Outcome.OK, b"done\n")
    assert double.commands == ['dags trigger x -c \'{"a": "b"}\'']
    assert double.web.seen[0].headers["authorization"] == "Bearer token-1"


@pytest.mark.parametrize("line", ["", "   ", "# a comment", "#"])
def test_blank_lines_and_comments_do_nothing(double: Double, session: Session, line: str) -> None:
    assert execute(session, line).ok
    assert double.aws.seen == []


@pytest.mark.parametrize(
    "line", ["dags trigger 'x", "dags list |", "dags list > ", "| jq", "dags list 2> x", ".nope", ".exit now", ".raw"]
)
def test_a_mistake_is_said_and_nothing_is_sent(double: Double, session: Session, line: str) -> None:
    result = execute(session, line)
    assert (result.exit_code, bool(result.message)) == (ExitCode.USAGE, True)
    assert double.aws.seen == []


def test_version_three_is_asked_at_the_slash(double: Double, session: Session) -> None:
    double.version = "3.0.6"
    execute(session, "version")
    assert double.web.seen[0].path == "/aws_mwaa/cli/"


def test_a_redirect_keeps_everything(double: Double, session: Session) -> None:
    def hop(request: Request) -> bytes:
        if request.path == "/aws_mwaa/cli":
            return response(307, b"", {"Location": f"http://{double.host}/aws_mwaa/cli/"})
        return command_response(b"3.0.6\n")

    double.web.behave = hop
    assert execute(session, "version").stdout == b"3.0.6\n"
    first, second = double.web.seen
    assert (first.body, first.headers["authorization"]) == (second.body, second.headers["authorization"])
    assert (second.method, second.path) == ("POST", "/aws_mwaa/cli/")


def test_the_token_call_alone_is_enough(double: Double, session: Session, notes: Notes) -> None:
    double.aws.behave = double.only_tokens
    assert [execute(session, "version").stdout for _ in range(2)] == [b"done\n", b"done\n"]
    assert double.commands == ["version", "version"]
    assert [note.split(" on ")[0] for note in notes] == ["airflow:GetEnvironment"]
    assert session.connection.version is None


def test_the_version_is_learned_from_the_version_command(double: Double, session: Session) -> None:
    double.web.behave = lambda request: command_response(b"[2026-01-01 00:00:00,1] {a.py:1} INFO - hi\n2.10.3\n")
    ask_version(session.connection)
    assert session.connection.version == Version(2, 10, 3)


def test_the_user_may_say_the_version(double: Double, bundle: str) -> None:
    settings = Settings(environment="my-env", access=double.access(bundle), airflow_version="3.2.1")
    session = Session(settings)
    execute(session, "version")
    assert (session.connection.version, double.web.seen[0].path) == (Version(3, 2, 1), "/aws_mwaa/cli/")


def test_an_environment_that_does_not_exist(double: Double, bundle: str) -> None:
    session = Session(Settings(environment="nope", access=double.access(bundle)))
    result = execute(session, "version")
    assert (result.exit_code, result.message) == (
        ExitCode.NOTHING_RAN,
        "No environment 'nope' in eu-west-1",
    )
    assert double.commands == []


def test_the_only_environment_is_taken(double: Double, bundle: str) -> None:
    session = Session(Settings(access=double.access(bundle)))
    open_default(session)
    assert session.target is not None
    assert session.target.name == "my-env"


def test_several_environments_are_named(double: Double, bundle: str) -> None:
    double.names = ("a", "b", "c")
    session = Session(Settings(access=double.access(bundle)))
    with pytest.raises(UsageError, match="eu-west-1 has 3 environments") as raised:
        open_default(session)
    assert raised.value.hint == "Name one: a, b, c."


def test_no_environment_at_all(double: Double, bundle: str) -> None:
    double.names = ()
    with pytest.raises(NothingRan, match="No environments in eu-west-1"):
        open_default(Session(Settings(access=double.access(bundle))))


def test_one_of_several_may_be_chosen(double: Double, bundle: str) -> None:
    double.names = ("a", "b", "c")

    def choose(connections: Sequence[Connection]) -> str:
        return connections[1].target.name

    session = Session(Settings(access=double.access(bundle)), UserInterface(choose=choose))
    open_default(session)
    assert session.target is not None
    assert session.target.name == "b"


class StopWhen:
    """A watcher that presses Ctrl-C once a job is in a phase."""

    def __init__(self, phase: str) -> None:
        self.phase = phase
        self.ended = 0

    def tick(self, job: Job[Any]) -> None:
        if job.phase == self.phase:
            raise KeyboardInterrupt

    def over(self) -> None:
        self.ended += 1


def test_ctrl_c_closes_the_connection_and_says_what_may_be(double: Double, bundle: str) -> None:
    gone = threading.Event()

    def wait_for_the_end(request: Request) -> bytes | None:
        if request.socket.recv(1) == b"":
            gone.set()
        return None

    double.web.behave = wait_for_the_end
    watcher = StopWhen(RUNNING)
    session = Session(Settings(environment="my-env", access=double.access(bundle)), UserInterface(watcher=watcher))
    result = execute(session, "dags list")
    assert (result.outcome, result.exit_code) == (Outcome.INTERRUPTED, ExitCode.INTERRUPTED)
    assert result.state is State.MAY_BE_RUNNING
    assert gone.wait(30)
    assert (len(double.commands), watcher.ended) == (1, 2)  # AWS was asked first


def test_two_commands_never_run_at_once(double: Double, bundle: str) -> None:
    session = Session(
        Settings(environment="my-env", access=double.access(bundle)), UserInterface(watcher=StopWhen(QUEUED))
    )
    with session.connection.command_lock.lock:
        result = execute(session, "dags list")
    assert result.state is State.NOT_SENT
    assert double.commands == []


def test_ctrl_c_stops_a_wait_whose_answer_comes_at_once(double: Double, session: Session) -> None:
    with pytest.raises(KeyboardInterrupt):
        session.wait_for("asking", 5, lambda: signal.raise_signal(signal.SIGINT))


def test_aws_that_never_answers_is_given_up(double: Double, bundle: str) -> None:
    done = threading.Event()
    double.aws.behave = lambda request: b"" if done.wait(60) else None
    session = Session(Settings(environment="my-env", access=double.access(bundle, timeout=0.5)))
    result = execute(session, "dags list")
    done.set()
    assert (result.exit_code, double.commands) == (ExitCode.NOTHING_RAN, [])
    assert result.state is State.NOT_SENT


def test_data_only_holds_for_commands(double: Double, bundle: str) -> None:
    double.web.behave = lambda request: command_response(
        b'[2026-01-01 00:00:00] {a.py:1} INFO - x\n[{"a": 1}]\n', b"w\n"
    )
    session = Session(Settings(environment="my-env", access=double.access(bundle), data_only=True))
    result = execute(session, "dags list -o json")
    assert (result.stdout, result.stderr) == (b'[{"a": 1}]\n', b"[2026-01-01 00:00:00] {a.py:1} INFO - x\nw\n")
    assert bytes(execute(session, ".raw").stdout).startswith(b"[2026-01-01")


# -- what comes before a command goes ----------------------------------------------------------------------------------


def test_a_command_is_written_down_before_it_goes(double: Double, session: Session) -> None:
    written: list[list[tuple[str, Outcome]]] = []

    def look(request: Request) -> bytes:
        written.append([(entry.line, entry.outcome) for entry in session.recorder.history.find()])
        return command_response(b"done\n")

    double.web.behave = look
    execute(session, "dags trigger x")
    assert written == [[("dags trigger x", Outcome.UNKNOWN)]]


def test_commands_do_not_wait_for_a_stopped_shell(
    double: Double, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another shell holds the lock of the names. What this one would save there is saved at a later command."""

    def wait(seconds: float) -> None:
        raise AssertionError("the command waits for the lock")

    monkeypatch.setattr(cache_files, "time", SimpleNamespace(monotonic=time.monotonic, sleep=wait))
    folder = cache_files.cache_folder()
    stopped = os.open(make_folder(folder), os.O_RDONLY)
    fcntl.flock(stopped, fcntl.LOCK_EX)
    assert execute(session, "dags list").ok
    assert list(folder.iterdir()) == []
    os.close(stopped)
    assert execute(session, "dags list").ok
    assert [path.name for path in folder.iterdir()] == [cache_files.ENVIRONMENTS]


def test_ctrl_c_while_the_history_is_written_sends_nothing(
    double: Double, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = HistoryRecorder.begin

    def pressed(self: HistoryRecorder, *arguments: Any) -> int | None:
        signal.raise_signal(signal.SIGINT)
        return begin(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(HistoryRecorder, "begin", pressed)
        stopped = execute(session, "dags trigger x")
    assert (stopped.exit_code, stopped.message) == (
        ExitCode.INTERRUPTED,
        "",
    )
    assert execute(session, "version").ok
    assert double.commands == ["version"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_bug_while_the_history_is_written_sends_nothing(
    double: Double, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("a mistake")

    with monkeypatch.context() as patched:
        patched.setattr(HistoryRecorder, "begin", broken)
        with pytest.raises(ValueError, match="a mistake"):
            execute(session, "dags trigger x")
    assert execute(session, "version").ok
    assert double.commands == ["version"]


# -- Ctrl-C once there is an answer ------------------------------------------------------------------------------------


@pytest.fixture
def pressed_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the answer is being written down."""
    finish = HistoryRecorder.finish

    def pressed(self: HistoryRecorder, *arguments: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        finish(self, *arguments)

    monkeypatch.setattr(HistoryRecorder, "finish", pressed)


@pytest.mark.usefixtures("pressed_late")
def test_ctrl_c_after_the_answer_keeps_output_and_outcome(double: Double, session: Session) -> None:
    result = execute(session, "dags trigger x")
    assert (result.exit_code, result.remote, result.stdout) == (ExitCode.INTERRUPTED, True, b"done\n")
    assert result.message == ""
    entries = session.recorder.history.find()
    assert [(entry.line, entry.outcome) for entry in entries] == [("dags trigger x", Outcome.OK)]


@pytest.mark.usefixtures("pressed_late")
def test_ctrl_c_after_the_answer_stops_the_lines_behind_it(double: Double, session: Session) -> None:
    lines = [ScriptLine("dags trigger x"), ScriptLine("dags trigger y")]
    first = next(iter(run_lines(session, lines)))
    assert not first.result.ok
    assert first.left == 1
    assert double.commands == ["dags trigger x"]


def test_a_mistake_of_ours_at_the_end_is_not_in_the_way_of_the_next_command(
    double: Double, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*arguments: object) -> None:
        raise RuntimeError("no more threads")

    with monkeypatch.context() as patched:
        patched.setattr(History, "finish", fails)
        with pytest.raises(RuntimeError):
            execute(session, "dags list")
    assert execute(session, "version").ok
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize(("line", "shown"), [("dags trigger x", b"done\n"), ("dags trigger x > out", b"")])
def test_ctrl_c_while_the_answer_is_handed_on(
    line: str, shown: bytes, double: Double, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pressed(*_: object) -> Result:
        raise KeyboardInterrupt

    monkeypatch.setattr(Executor, "_deliver", pressed)
    result = execute(session, line)
    assert (result.exit_code, result.remote, result.stdout) == (ExitCode.INTERRUPTED, True, shown)
    assert result.message == ""
    assert session.last_result is not None
    assert session.last_result.ok


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("dags list > ~nobody-of-that-name/out", "The folder .*~nobody-of-that-name does not exist"),
        (".tee ~nobody-of-that-name/out", "is not a file name"),
        (".source ~nobody-of-that-name/lines", r"cannot be read \(unknown home folder"),
    ],
)
def test_a_home_that_nobody_knows(line: str, said: str, double: Double, session: Session) -> None:
    result = execute(session, line)
    assert (result.exit_code, double.commands) == (ExitCode.USAGE, [])
    assert re.search(said, result.message)
