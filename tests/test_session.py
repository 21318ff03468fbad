"""One line in, one Result out: the session on a double, with real boto3 and real requests."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from mwaa_shell import afterwards, outgoing, sending
from mwaa_shell.airflow.command_line import parse
from mwaa_shell.airflow.versions import Version
from mwaa_shell.catalog.live import LiveNames
from mwaa_shell.errors import ExitCode, NothingRan, UsageError
from mwaa_shell.front import Front
from mwaa_shell.history.record import Record
from mwaa_shell.history.store import History
from mwaa_shell.job import Job
from mwaa_shell.mwaa.client import RUNNING
from mwaa_shell.mwaa.environment import Environment
from mwaa_shell.mwaa.environments import Environments
from mwaa_shell.result import Outcome, Result
from mwaa_shell.sending import QUEUED, ask_version, on_the_wire
from mwaa_shell.session import Session
from mwaa_shell.settings import Access, Settings
from tests.double import Double, Request, command_reply, reply


class Notes(list[str]):
    """What the session said."""

    def __call__(self, text: str) -> None:
        self.append(text)


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def session(double: Double, bundle: str, notes: Notes) -> Session:
    return Session(Settings(environment="my-env", access=double.access(bundle)), Front(notes))


def test_a_command_is_sent_as_typed(double: Double, session: Session) -> None:
    result = session.execute('  airflow dags trigger x -c \'{"a": "b"}\' ')
    assert (result.outcome, result.stdout) == (Outcome.OK, b"done\n")
    assert double.commands == ['dags trigger x -c \'{"a": "b"}\'']
    assert double.web.seen[0].headers["authorization"] == "Bearer token-1"


@pytest.mark.parametrize("line", ["", "   ", "# a comment", "#"])
def test_blank_lines_and_comments_do_nothing(double: Double, session: Session, line: str) -> None:
    assert session.execute(line).ok
    assert double.aws.seen == []


@pytest.mark.parametrize(
    "line", ["dags trigger 'x", "dags list |", "dags list > ", "| jq", "dags list 2> x", ".nope", ".exit now", ".raw"]
)
def test_a_mistake_is_said_and_nothing_is_sent(double: Double, session: Session, line: str) -> None:
    result = session.execute(line)
    assert (result.exit_code, bool(result.message)) == (ExitCode.USAGE, True)
    assert double.aws.seen == []


def test_version_three_is_asked_at_the_slash(double: Double, session: Session) -> None:
    double.version = "3.0.6"
    session.execute("version")
    assert double.web.seen[0].path == "/aws_mwaa/cli/"


def test_a_redirect_keeps_everything(double: Double, session: Session) -> None:
    def hop(request: Request) -> bytes:
        if request.path == "/aws_mwaa/cli":
            return reply(307, b"", {"Location": f"http://{double.host}/aws_mwaa/cli/"})
        return command_reply(b"3.0.6\n")

    double.web.behave = hop
    assert session.execute("version").stdout == b"3.0.6\n"
    first, second = double.web.seen
    assert (first.body, first.headers["authorization"]) == (second.body, second.headers["authorization"])
    assert (second.method, second.path) == ("POST", "/aws_mwaa/cli/")


def test_the_token_call_alone_is_enough(double: Double, session: Session, notes: Notes) -> None:
    double.aws.behave = double.only_tokens
    assert [session.execute("version").stdout for _ in range(2)] == [b"done\n", b"done\n"]
    assert double.commands == ["version", "version"]
    assert [note.split(" is not allowed")[0] for note in notes] == ["airflow:GetEnvironment"]
    assert session.link.version is None


def test_the_version_is_learned_from_the_version_command(double: Double, session: Session) -> None:
    double.web.behave = lambda request: command_reply(b"[2026-01-01 00:00:00,1] {a.py:1} INFO - hi\n2.10.3\n")
    ask_version(session.link)
    assert session.link.version == Version(2, 10, 3)


def test_the_user_may_say_the_version(double: Double, bundle: str) -> None:
    settings = Settings(environment="my-env", access=double.access(bundle), airflow_version="3.2.1")
    session = Session(settings)
    session.execute("version")
    assert (session.link.version, double.web.seen[0].path) == (Version(3, 2, 1), "/aws_mwaa/cli/")


def test_an_environment_that_does_not_exist(double: Double, bundle: str) -> None:
    session = Session(Settings(environment="nope", access=double.access(bundle)))
    result = session.execute("version")
    assert (result.exit_code, result.message) == (
        ExitCode.NOTHING_RAN,
        "There is no environment nope in eu-west-1",
    )
    assert double.commands == []


def test_the_only_environment_is_taken(double: Double, bundle: str) -> None:
    session = Session(Settings(access=double.access(bundle)))
    session.opening.open_default()
    assert session.here is not None
    assert session.here.name == "my-env"


def test_several_environments_are_named(double: Double, bundle: str) -> None:
    double.names = ("a", "b", "c")
    session = Session(Settings(access=double.access(bundle)))
    with pytest.raises(UsageError, match="a, b, c"):
        session.opening.open_default()


def test_no_environment_at_all(double: Double, bundle: str) -> None:
    double.names = ()
    with pytest.raises(NothingRan, match="There is no environment in eu-west-1"):
        Session(Settings(access=double.access(bundle))).opening.open_default()


def test_one_of_several_may_be_chosen(double: Double, bundle: str) -> None:
    double.names = ("a", "b", "c")

    def choose(session: Session, access: Access, names: Sequence[str]) -> str:
        return names[1]

    session = Session(Settings(access=double.access(bundle)), Front(choose=choose))
    session.opening.open_default()
    assert session.here is not None
    assert session.here.name == "b"


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
    session = Session(Settings(environment="my-env", access=double.access(bundle)), Front(watcher=watcher))
    result = session.execute("dags list")
    assert (result.outcome, result.exit_code) == (Outcome.INTERRUPTED, ExitCode.INTERRUPTED)
    assert "may still be running on my-env" in result.message
    assert gone.wait(5)
    assert (len(double.commands), watcher.ended) == (1, 2)  # AWS was asked first


def test_two_commands_never_run_at_once(double: Double, bundle: str) -> None:
    session = Session(Settings(environment="my-env", access=double.access(bundle)), Front(watcher=StopWhen(QUEUED)))
    with session.link.slot.lock:
        result = session.execute("dags list")
    assert "before the command was sent" in result.message
    assert double.commands == []


def test_aws_that_never_answers_is_given_up(double: Double, bundle: str) -> None:
    done = threading.Event()
    double.aws.behave = lambda request: b"" if done.wait(20) else None
    session = Session(Settings(environment="my-env", access=double.access(bundle, timeout=0.5)))
    result = session.execute("dags list")
    done.set()
    assert (result.exit_code, double.commands) == (ExitCode.NOTHING_RAN, [])
    assert "nothing ran" in result.message


class AnswersLate:
    """An AWS side that says what it knows once somebody has made what sends commands."""

    region, ca_bundle = "eu-west-1", None

    def __init__(self) -> None:
        self.asked = threading.Event()

    def __getattribute__(self, name: str) -> Any:
        if name == "ca_bundle":
            self.asked.set()
        return object.__getattribute__(self, name)

    def describe(self, name: str) -> Environment:
        return Environment(name, Version(2, 10, 3), "AVAILABLE" if self.asked.wait(10) else "nobody came")


def test_what_sends_commands_is_made_while_aws_answers() -> None:
    session = Session(Settings(environment="my-env"), make=lambda access: cast("Any", AnswersLate()))
    session.opening.learn_version()
    assert (session.link.version, session.link.known.status) == (Version(2, 10, 3), "AVAILABLE")


def test_data_only_holds_for_commands(double: Double, bundle: str) -> None:
    double.web.behave = lambda request: command_reply(b'[2026-01-01 00:00:00] {a.py:1} INFO - x\n[{"a": 1}]\n', b"w\n")
    session = Session(Settings(environment="my-env", access=double.access(bundle), data_only=True))
    result = session.execute("dags list -o json")
    assert (result.stdout, result.stderr) == (b'[{"a": 1}]\n', b"[2026-01-01 00:00:00] {a.py:1} INFO - x\nw\n")
    assert bytes(session.execute(".raw").stdout).startswith(b"[2026-01-01")


def test_at_a_prompt_names_are_learned_once_the_reply_is_shown(
    double: Double, bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned: list[tuple[str, ...]] = []
    monkeypatch.setattr(LiveNames, "learn", lambda self, line, result: learned.append(line.values))
    watcher = StopWhen("never")
    session = Session(Settings(environment="my-env", access=double.access(bundle)), Front(watcher=watcher))
    session.front.keeps_names = True
    session.execute("dags list")
    assert learned == []
    session.outgoing.settle()
    session.outgoing.settle()
    assert learned == [("dags", "list")]
    session.execute("pools list")
    session.execute("version")  # nobody has shown what came before
    assert learned == [("dags", "list"), ("pools", "list")]


# -- what comes before a command goes ----------------------------------------------------------------------------------


def test_a_command_is_written_down_before_it_goes(double: Double, session: Session) -> None:
    written: list[list[tuple[str, Outcome]]] = []

    def look(request: Request) -> bytes:
        written.append([(entry.line, entry.outcome) for entry in session.record.history.find()])
        return command_reply(b"done\n")

    double.web.behave = look
    session.execute("dags trigger x")
    assert written == [[("dags trigger x", Outcome.UNKNOWN)]]


def test_ctrl_c_while_it_is_written_down_sends_nothing(
    double: Double, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = Record.begin

    def pressed(self: Record, *arguments: Any) -> int | None:
        signal.raise_signal(signal.SIGINT)
        return begin(self, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(Record, "begin", pressed)
        stopped = session.execute("dags trigger x")
    assert (stopped.exit_code, stopped.message) == (
        ExitCode.INTERRUPTED,
        "Stopped before the command was sent, nothing ran",
    )
    assert session.execute("version").ok
    assert double.commands == ["version"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_nor_does_it_behind_a_refresh_of_names(
    double: Double, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answer = threading.Event(), threading.Event()

    def slow(request: Request) -> bytes:
        asked.set()
        assert answer.wait(30)
        return command_reply(b"done\n")

    double.web.behave = slow
    refresh: Job[Result] = Job(lambda job: on_the_wire(session.link, parse("dags list"), job), "refresh")
    session.link.slot.refreshing = refresh.start()
    assert asked.wait(30)
    begin = Record.begin

    def pressed(self: Record, *arguments: Any) -> int | None:
        while not any(one.name == "command" for one in threading.enumerate()):
            pass
        signal.raise_signal(signal.SIGINT)
        return begin(self, *arguments)

    monkeypatch.setattr(Record, "begin", pressed)
    stopped = session.execute("dags trigger x")
    assert (stopped.exit_code, stopped.remote) == (ExitCode.INTERRUPTED, False)
    answer.set()
    assert refresh.follow().ok
    session.link.slot.refreshing = None
    assert double.commands == ["dags list"]


def test_the_time_that_it_takes_to_write_is_not_the_commands(
    double: Double, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, wait = Record.begin, threading.Event()

    def slow(self: Record, *arguments: Any) -> int | None:
        wait.wait(1.0)  # AWS has answered long before
        return begin(self, *arguments)

    session.execute("version")
    monkeypatch.setattr(Record, "begin", slow)
    assert session.execute("version").seconds < 1.0


def test_a_mistake_of_ours_while_it_is_written_down_sends_nothing(
    double: Double, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("a mistake")

    with monkeypatch.context() as patched:
        patched.setattr(Record, "begin", broken)
        with pytest.raises(ValueError, match="a mistake"):
            session.execute("dags trigger x")
    assert session.execute("version").ok
    assert double.commands == ["version"]


# -- Ctrl-C once there is an answer ------------------------------------------------------------------------------------


@pytest.fixture
def pressed_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the answer is being written down."""
    finish = Record.finish

    def pressed(self: Record, *arguments: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        finish(self, *arguments)

    monkeypatch.setattr(Record, "finish", pressed)


@pytest.mark.usefixtures("pressed_late")
def test_ctrl_c_behind_the_answer_loses_nothing(double: Double, session: Session) -> None:
    result = session.execute("dags trigger x")
    assert (result.outcome, result.remote, result.stdout) == (Outcome.OK, True, b"done\n")
    assert session.last is result
    assert [(entry.line, entry.outcome) for entry in session.record.history.find()] == [("dags trigger x", Outcome.OK)]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("pressed_late")
def test_it_stops_what_comes_behind_that(double: Double, session: Session) -> None:
    session.execute("dags trigger x")
    stopped = session.execute("dags trigger y")
    assert (stopped.exit_code, stopped.remote) == (ExitCode.INTERRUPTED, False)
    assert double.commands == ["dags trigger x"]
    assert session.execute("dags trigger z").ok  # once is enough


def test_at_a_prompt_it_stops_nothing_and_loses_nothing(
    double: Double, bundle: str, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    front = Front(notes, watcher=StopWhen("never"))
    session = Session(Settings(environment="my-env", access=double.access(bundle)), front)
    assert session.execute("dags trigger x").ok
    with monkeypatch.context() as patched:
        finish = History.finish

        def pressed(self: History, *arguments: Any) -> None:
            signal.raise_signal(signal.SIGINT)
            finish(self, *arguments)

        patched.setattr(History, "finish", pressed)
        with pytest.raises(KeyboardInterrupt):  # which the prompt takes
            session.outgoing.settle()
    assert [entry.outcome for entry in session.record.history.find()] == [Outcome.OK]
    assert session.execute("dags trigger y").ok
    session.close()
    assert double.commands == ["dags trigger x", "dags trigger y"]
    assert [entry.outcome for entry in session.record.history.find()] == [Outcome.OK] * 2


def test_once_there_is_an_answer_it_stops_nothing_that_is_typed_behind_it(
    double: Double, bundle: str, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    front = Front(notes, watcher=StopWhen("never"))
    session = Session(Settings(environment="my-env", access=double.access(bundle)), front)
    with monkeypatch.context() as patched:
        advised = afterwards.advised

        def pressed(result: Result, *arguments: Any) -> Result:
            signal.raise_signal(signal.SIGINT)
            return advised(result, *arguments)

        patched.setattr(outgoing, "advised", pressed)
        assert session.execute("dags trigger x").ok
    assert session.late.is_set()
    assert session.execute("dags trigger y").ok
    assert double.commands == ["dags trigger x", "dags trigger y"]


def test_what_goes_wrong_at_the_end_of_a_command_is_not_in_the_way_of_the_next(
    double: Double, bundle: str, notes: Notes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*arguments: object) -> None:
        raise RuntimeError("no more threads")

    session = Session(
        Settings(environment="my-env", access=double.access(bundle)), Front(notes, watcher=StopWhen("never"))
    )
    session.front.keeps_names = True
    assert session.execute("dags list").ok
    with monkeypatch.context() as patched:
        patched.setattr(History, "finish", fails)
        with pytest.raises(RuntimeError):
            session.outgoing.settle()
    assert session.execute("version").ok
    session.close()


def test_a_command_is_written_down_while_aws_is_asked(
    double: Double, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, begun = Record.begin, threading.Event()

    def noted(self: Record, *arguments: Any) -> int | None:
        number = begin(self, *arguments)
        begun.set()
        return number

    def answer(request: Request) -> bytes:
        assert "clitoken" not in request.path or begun.wait(10)
        return double.answer_aws(request)

    monkeypatch.setattr(Record, "begin", noted)
    double.aws.behave = answer
    assert session.execute("version").ok


def test_it_is_not_written_down_before_aws_is_asked(
    double: Double, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    begin, tell = Record.begin, Environments._tell

    def noted(self: Record, *arguments: Any) -> int | None:
        order.append("written down")
        return begin(self, *arguments)

    def told(self: Environments, **more: Any) -> None:
        order.append("asked")
        tell(self, **more)

    monkeypatch.setattr(sending, "HEAD_START", 10.0)
    monkeypatch.setattr(Record, "begin", noted)
    monkeypatch.setattr(Environments, "_tell", told)
    assert session.execute("version").ok
    assert order == ["asked", "written down"]


def test_how_it_ended_is_written_down_at_once_where_its_output_goes_elsewhere(
    double: Double, bundle: str, notes: Notes, tmp_path: Path
) -> None:
    front = Front(notes, watcher=StopWhen("never"))
    session = Session(Settings(environment="my-env", access=double.access(bundle)), front)
    assert session.execute(f"dags list > {tmp_path / 'out'}").ok
    assert [entry.outcome for entry in session.record.history.find()] == [Outcome.OK]
    assert session.execute("dags list").ok
    assert [entry.outcome for entry in session.record.history.find()] == [Outcome.UNKNOWN, Outcome.OK]
    session.outgoing.run(parse("pools list"), watcher=StopWhen("never"))  # such as a round of .watch
    assert [entry.outcome for entry in session.record.history.find()] == [Outcome.OK] * 3
    assert session.execute("dags list").ok
    session.close()
    assert [entry.outcome for entry in session.record.history.find()] == [Outcome.OK] * 4


@pytest.mark.parametrize(("line", "shown"), [("dags trigger x", b"done\n"), ("dags trigger x > out", b"")])
def test_ctrl_c_while_the_answer_is_handed_on(
    line: str, shown: bytes, double: Double, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pressed(*_: object) -> Result:
        raise KeyboardInterrupt

    monkeypatch.setattr(session, "_deliver", pressed)
    result = session.execute(line)
    assert (result.exit_code, result.remote, result.stdout) == (ExitCode.INTERRUPTED, True, shown)
    assert result.message == "Stopped, but the command itself was over"
    assert session.last is not None
    assert session.last.ok


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("dags list > ~nobody-of-that-name/out", "There is no folder .*~nobody-of-that-name"),
        (".tee ~nobody-of-that-name/out", "is no name for a file"),
        (".source ~nobody-of-that-name/lines", "cannot be read: nobody knows that home folder"),
    ],
)
def test_a_home_that_nobody_knows(line: str, said: str, double: Double, session: Session) -> None:
    result = session.execute(line)
    assert (result.exit_code, double.commands) == (ExitCode.USAGE, [])
    assert re.search(said, result.message)
