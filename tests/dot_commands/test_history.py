"""The dot-commands about what was run, through a session on a double: what failed is picked, and told in color."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mwaa_shell import launch, options
from mwaa_shell.errors import ExitCode, UsageError
from mwaa_shell.history.entries import COMMAND
from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.measure import DIM, GREEN, RED, RESET, YELLOW
from mwaa_shell.output.presenter import show
from mwaa_shell.result import Outcome, Result, text_result
from mwaa_shell.session import Session, script
from mwaa_shell.session.session import UserInterface
from mwaa_shell.settings import Settings
from mwaa_shell.streams import Streams
from tests.double import Double, Request, command_response
from tests.sessions import execute, run_lines

Make = Callable[..., Session]


@pytest.fixture
def make(double: Double, bundle: str) -> Iterator[Make]:
    made: list[Session] = []

    def session(watched: bool = False) -> Session:
        made.append(
            Session(
                Settings("my-env", double.access(bundle)),
                UserInterface(watcher=Somebody() if watched else None, interactive=watched),
            )
        )
        return made[-1]

    yield session
    for one in made:
        one.close()


class Somebody:
    """Who waits, and sees nothing of it."""

    def tick(self, *told: object) -> None: ...

    def over(self) -> None: ...


def failing(double: Double, *commands: str) -> None:
    """These fail from now on."""

    def behave(request: Request) -> bytes:
        bad = request.body.decode() in commands
        return command_response(b"", b"airflow.exceptions.DagNotFound: x\n") if bad else command_response(b"done\n")

    double.web.behave = behave


def run(session: Session, *lines: str) -> list[Result]:
    return [step.result for step in run_lines(session, [script.ScriptLine(line, origin=COMMAND) for line in lines])]


def test_number_that_is_in_no_command_is_proposed_as_a_count(session: Session) -> None:
    told = bytes(execute(session, ".history 3").stdout).decode()
    assert told == "No command matches. .history -n 3 lists the last 3.\n"


def test_the_only_one_that_failed_runs_again(double: Double, make: Make) -> None:
    failing(double, "dags list-runs -d a")
    session = make()
    run(session, "dags list", "dags list-runs -d a")
    failing(double)
    assert run(session, ".redo --failed")[-1].ok
    assert double.commands == ["dags list", "dags list-runs -d a", "dags list-runs -d a"]
    assert run(session, ".redo --failed")[0].stdout == b"No command has failed in this session.\n"


def test_what_failed_is_listed_where_nobody_can_pick(double: Double, make: Make) -> None:
    lines = ["dags list-runs -d a", "dags list-runs -d b", "dags list-runs -d a"]
    failing(double, *lines)
    session = make()
    run(session, *lines)
    result = run(session, ".redo --failed")[0]
    assert result.exit_code is ExitCode.REFUSED
    rows = result.message.splitlines()
    assert rows[0] == ".redo --failed: name one of these 2"
    assert [row.split() for row in rows[1:]] == [["3", "failed", *lines[0].split()], ["2", "failed", *lines[1].split()]]
    assert len(double.commands) == 3


def test_one_of_several_is_picked(double: Double, make: Make) -> None:
    failing(double, "dags list-runs -d a", "dags pause b")
    session = make(watched=True)
    run(session, "dags list-runs -d a", "dags pause b")
    offered: list[Sequence[tuple[str, str]]] = []

    def pick(rows: Sequence[tuple[str, str]]) -> int | None:
        offered.append(rows)
        return (1, 1, None)[len(offered) - 1]

    session.ui.pick = pick
    run(session, ".redo --failed")
    assert double.commands[2:] == ["dags list-runs -d a"]
    assert run(session, ".redo --failed")[0].proposal == "dags pause b", "it changes data: it waits"
    assert run(session, ".redo --failed") == [Result()]
    assert [number for number, _ in offered[0]] == ["2", "1"]


def test_other_shells_and_other_environments_are_left_out(double: Double, make: Make) -> None:
    double.names = ("my-env", "other")
    failing(double, "dags list-runs -d a")
    run(make(), "dags list-runs -d a")
    session = make()
    run(session, "dags list-runs -d a", ".use other")
    assert run(session, ".redo --failed")[0].stdout == b"No command has failed in this session.\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (".history --batch x", ".history: --batch must be 1 to 9,999,999, not 'x'"),
        (".history -n 0", ".history: -n must be 1 to 9,999,999, not 0"),
    ],
)
def test_numbers_of_history_are_refused_in_plain_words(session: Session, line: str, message: str) -> None:
    assert execute(session, line).message == message


@pytest.mark.parametrize("line", [".redo", ".redo 1 --failed"])
def test_words_that_make_no_sense(make: Make, line: str) -> None:
    result = run(make(), line)[0]
    assert result.exit_code is ExitCode.USAGE
    assert "--failed" in result.message


def test_what_is_printed_is_logged_on_request(double: Double, make: Make, tmp_path: Path) -> None:
    session = make()
    for output in (True, False):
        session.recorder.log_to(tmp_path / "log", output=output)
        run(session, "dags list")
    rows = [json.loads(row) for row in (tmp_path / "log").read_text().splitlines()]
    assert [row.get("stdout") for row in rows] == ["done\n", None]


def order(*arguments: str, **environ: str) -> Settings:
    return launch.make_plan(options.build_parser().parse_args(arguments), environ).settings


def test_options_of_the_launcher() -> None:
    assert order("x", "--log-file", "f", "--log-output").log_output
    assert not order("x", "--log-file", "f").log_output
    with pytest.raises(UsageError, match="--log-output requires --log-file"):
        order("x", "--log-output")
    assert Session(order("x", MWAA_SHELL_SECRET_WORDS="pin, acme")).secret_words == ("pin", "acme")
    assert Session(order("x", MWAA_SHELL_SECRET_WORDS="a\nb")).secret_words == ("a", "b")
    assert Session(order("x")).secret_words == ()


# -- .history ----------------------------------------------------------------------------------------------------------


def streams(*, terminal: bool) -> tuple[Streams, io.BytesIO]:
    out = io.BytesIO()
    return Streams(io.StringIO(), out, io.BytesIO(), False, terminal, terminal), out


def test_each_outcome_has_its_color() -> None:
    outcomes = tuple(Outcome)
    told = text_result(
        "\n".join(f"    1  2026-01-01 10:00  {one.value:<11}  dags list {one.value}\x1b[31m" for one in outcomes)
    )
    told = Result(stdout=told.stdout, outcomes=outcomes)
    screen, out = streams(terminal=True)
    show(told, screen, DisplayOptions(color=True))
    shown = out.getvalue().decode().splitlines()
    for line, outcome, color in zip(shown, outcomes, (GREEN, RED, YELLOW, YELLOW, DIM), strict=True):
        assert f"  {color}{outcome.value}{RESET}" in line
        assert line.count("\x1b[") == 2, "what the line itself holds is shown, not obeyed"
    screen, out = streams(terminal=True)
    show(told, screen, DisplayOptions(color=False))
    assert b"\x1b" not in out.getvalue()
    pipe, out = streams(terminal=False)
    show(told, pipe, DisplayOptions(color=False))
    assert out.getvalue() == told.stdout


def test_the_history_says_how_each_line_ended(double: Double, make: Make) -> None:
    failing(double, "dags list-runs -d a")
    session = make()
    run(session, "dags list", "dags list-runs -d a")
    result = run(session, ".history")[0]
    assert result.outcomes == (Outcome.OK, Outcome.FAILED)
    assert bytes(result.stdout).count(b"\n") == 2
    assert run(session, ".history nothing")[0].outcomes == ()
    assert run(session, ".history --json")[0].outcomes == ()


@pytest.mark.parametrize("line", ["version", ".history --json", ".send version"])
def test_a_mask_never_reaches_a_local_command(double: Double, make: Make, tmp_path: Path, line: str) -> None:
    line = f"""{line} | env PASSWORD=*** sh -c 'cat > /dev/null; printf %s "$PASSWORD" > {tmp_path / "out"}'"""
    session = make()
    [result] = run(session, line)
    assert (result.exit_code, double.commands) == (ExitCode.USAGE, [])
    assert not (tmp_path / "out").exists()
    session.ui.ask_secret = lambda name: f"{name}'s \"$x"
    assert run(session, line)[0].ok
    assert (tmp_path / "out").read_text() == "PASSWORD's \"$x"


def test_times_are_in_the_users_zone(double: Double, make: Make) -> None:
    session = make()
    run(session, "dags list")
    [entry] = session.recorder.history.find()
    for name, zone in (("utc", UTC), ("Asia/Kathmandu", ZoneInfo("Asia/Kathmandu"))):
        session.preferences.set("zone", name)
        moment = datetime.fromtimestamp(entry.when, zone)
        assert moment.strftime("  %Y-%m-%d %H:%M  ok ") in run(session, ".history")[0].stdout.decode()
        [row] = json.loads(bytes(run(session, ".history --json")[0].stdout))
        assert row["time"] == moment.isoformat(timespec="seconds")


def test_a_text_may_be_several_words(double: Double, make: Make) -> None:
    session = make()
    run(session, "dags list", "dags list-runs -d a")
    assert bytes(run(session, ".history dags list-runs -n 5")[0].stdout).count(b"\n") == 1


def test_a_mask_is_not_sent_as_it_is_either(double: Double, make: Make) -> None:
    session = make()
    assert run(session, ".send variables set api_key ***")[0].exit_code is ExitCode.USAGE
    session.ui.ask_secret = lambda name: "geheim"
    run(session, ".send variables set api_key ***", ".send variables set stars a***b")
    assert double.commands == ["variables set api_key geheim", "variables set stars a***b"]
    assert session.recorder.history.find()[1].line == "variables set api_key ***"
