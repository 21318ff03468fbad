""".open in a session, on a double and with programs that stand for a browser."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import pytest

from mwaa_shell import debug_log
from mwaa_shell.airflow.rest import RUNS, TASK_INSTANCES
from mwaa_shell.dot_commands import web_ui
from mwaa_shell.errors import ExitCode
from mwaa_shell.history.entries import Search
from mwaa_shell.session import Session
from tests.double import WEB_TOKEN, Double, Request, refusal
from tests.sessions import execute


@pytest.fixture
def browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A browser that writes down what it is told to open, and the file with that."""
    opened, program = tmp_path / "opened", tmp_path / "browser"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {opened}\n')
    program.chmod(0o755)
    use(str(program), monkeypatch)
    monkeypatch.setattr(web_ui, "LOGIN", 0.0)
    return opened


def use(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``webbrowser`` read the variable again, which it does once a process."""
    monkeypatch.setenv("BROWSER", program)
    monkeypatch.setattr(webbrowser, "_tryorder", None)
    monkeypatch.setattr(webbrowser, "_browsers", {})


def login_of(double: Double) -> str:
    return f"https://{double.host}/aws_mwaa/aws-console-sso?login=true#{WEB_TOKEN}"


def web_tokens(double: Double) -> int:
    return sum(request.path.startswith("/webtoken/") for request in double.aws.seen)


@pytest.mark.parametrize(
    ("version", "page"),
    [("2.10.3", "/dags/x/grid?dag_run_id=r1&task_id=load&tab=logs"), ("3.3.1", "/dags/x/runs/r1/tasks/load")],
)
@pytest.mark.parametrize("over_ssh", [False, True])
def test_the_browser_gets_the_login_and_then_the_page(
    double: Double, session: Session, browser: Path, monkeypatch: pytest.MonkeyPatch, version: str, page: str,
    over_ssh: bool,
) -> None:  # fmt: skip
    double.version = version
    if over_ssh:  # BROWSER is the user's own word
        monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")
    double.rest[RUNS] = {"dag_runs": [{"dag_run_id": "r1"}], "total_entries": 9}
    double.rest[TASK_INSTANCES] = {"task_instances": [], "total_entries": 0}
    result = execute(session, ".open x latest load")
    link = f"https://{double.host}{page}"
    assert browser.read_text() == f"{login_of(double)}\n{link}\n"
    assert bytes(result.stdout) == f"{link}\n".encode()
    assert double.commands == double.tokens == []


def test_without_a_dag_the_login_is_all(double: Double, session: Session, browser: Path) -> None:
    assert execute(session, ".open").stdout == f"https://{double.host}\n".encode()
    assert browser.read_text() == f"{login_of(double)}\n"


def test_without_the_permission_the_page_opens_without_a_login(
    double: Double, session: Session, browser: Path, notes: list[str]
) -> None:
    def answer(request: Request) -> bytes:
        denied = request.path.startswith("/webtoken/")
        return refusal(403, "AccessDeniedException", "not you") if denied else double.answer_aws(request)

    double.aws.behave, double.more = answer, {"WebserverUrl": double.host}
    assert execute(session, ".open x").ok
    assert browser.read_text() == f"https://{double.host}/dags/x/grid\n"
    assert notes == ["airflow:CreateWebLoginToken is not permitted, so the page opens without a login"]


def test_a_browser_that_fails_is_an_error_with_the_link(
    double: Double, session: Session, browser: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use("/bin/false", monkeypatch)
    result = execute(session, ".open x")
    assert result.exit_code is ExitCode.NOTHING_RAN
    assert result.hint == f"Open https://{double.host}/dags/x/grid"
    assert WEB_TOKEN not in result.message + result.hint


@pytest.mark.parametrize("variable", ["", "SSH_CONNECTION", "SSH_TTY"])
def test_without_a_browser_the_link_of_the_page_is_printed(
    double: Double, session: Session, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    if variable:
        monkeypatch.setenv("DISPLAY", ":0")
        monkeypatch.setenv(variable, "here")
    monkeypatch.setattr("sys.platform", "linux")
    double.more = {"WebserverUrl": double.host}
    result = execute(session, ".open x")
    assert result.stdout == f"https://{double.host}/dags/x/grid\n".encode()
    assert ".open --print" in result.remark
    assert len(result.remark) <= 80
    assert web_tokens(double) == 0


def test_a_printed_login_is_written_nowhere(double: Double, session: Session, browser: Path, tmp_path: Path) -> None:
    folder = tmp_path / "written"
    folder.mkdir()
    debug_log.start(folder / "debug")
    session.recorder.log_to(folder / "log", output=True)
    assert execute(session, f".tee {folder / 'tee'}").ok
    assert execute(session, ".readonly").ok
    result = execute(session, ".open x --print")
    debug_log.close()
    assert result.stdout.decode().splitlines() == [login_of(double), f"https://{double.host}/dags/x/grid"]
    assert not browser.exists()
    assert session.last_result is None
    assert session.recorder.history.find(Search()) == []
    assert ".readonly" in (folder / "tee").read_text()
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert all(WEB_TOKEN.encode() not in file.read_bytes() for file in files)
    refused = execute(session, f".open --print > {folder / 'file'}")
    assert refused.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (".open a b c d", "Unexpected argument 'd'"),
        (".open a b --map 1", "--map requires a task"),
        (".open a b c --map x", "--map must be a whole number, not 'x'"),
    ],
)
def test_words_that_make_no_sense(double: Double, session: Session, line: str, said: str) -> None:
    result = execute(session, line)
    assert (result.exit_code, said in result.message) == (ExitCode.USAGE, True)
    assert double.aws.seen == []
