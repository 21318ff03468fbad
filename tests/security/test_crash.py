"""The message of a bug names its place and the state, and quotes nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.double import Double
from tests.security import stage
from tests.security.canaries import core, left_in, left_in_files
from tests.terminal.emulator import Terminal

#: Runs the program with something in it that fails and quotes what it was given.
BROKEN = """
import sys, threading
import mwaa_shell.{module} as module
from mwaa_shell.cli import main
def fails(self, *given, **more):
    raise KeyError(*map(str, given), {secret!r})
module.{name} = fails
main(sys.argv[1:])
"""
#: A thread that fails once the program has begun.
IN_A_THREAD = """
import mwaa_shell.batch as batch
usual = batch.run
def run(*given):
    one = threading.Thread(target=fails, args=(1,))
    one.start()
    one.join()
    return usual(*given)
batch.run = run
main(["my-env", "-c", "version"])
"""
LINE = f"variables set db_password {core('variable')}"


def broken(module: str, name: str) -> list[str]:
    return [sys.executable, "-c", BROKEN.format(module=module, name=name, secret=core("password")), "my-env"]


@pytest.mark.parametrize(
    ("module", "name"),
    [("session.executor", "Executor._deliver"), ("mwaa.cli_client", "CliClient._attempt"),
     ("history.recorder", "HistoryRecorder.begin"),
     ("mwaa.aws", "MwaaApi.cli_token"), ("session.send", "run_command"), ("airflow.outcome", "judge"),
     ("mwaa.transport", "Transport.post"), ("output.presenter", "show"), ("launch", "make_plan")],
)  # fmt: skip
def test_a_script_learns_where_it_is_and_nothing_else(
    module: str, name: str, double: Double, environ: dict[str, str], tmp_path: Path
) -> None:
    stage.act(double)
    command = [*broken(module, name), "--debug", str(tmp_path / "d.log"), "-c", LINE]
    ended = subprocess.run(command, env=stage.variables(environ), capture_output=True, check=False)
    assert ended.returncode == 4
    assert b"This is a bug in mwaa-shell: KeyError at " in ended.stderr
    assert b"Traceback" not in ended.stderr
    names = ("variable", "password", "token", "secretkey", "sessiontoken")
    assert left_in(ended.stderr + ended.stdout, names) == []
    told = (tmp_path / "d.log").read_bytes()
    assert b"where=crash kind=KeyError" in told
    assert left_in(told, names) == []


def test_a_thread_quotes_nothing_either(double: Double, environ: dict[str, str]) -> None:
    code = BROKEN.format(module="streams", name="unused", secret=core("password")) + "\n"
    code = code.replace("main(sys.argv[1:])", IN_A_THREAD)
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, env=environ, capture_output=True, check=True)
    assert b"KeyError at <string>" in ended.stderr
    assert left_in(ended.stderr, ["password"]) == []


@pytest.mark.parametrize(("module", "name"), [("session.executor", "Executor._deliver"), ("output.presenter", "show")])
def test_a_session_goes_on(module: str, name: str, double: Double, environ: dict[str, str], tmp_path: Path) -> None:
    stage.act(double)
    with Terminal(broken(module, name), stage.variables(environ), 100, 24) as terminal:
        terminal.wait_for("AVAILABLE")
        terminal.enter(LINE)
        terminal.wait_for("This is a bug in mwaa-shell: KeyError")
        terminal.wait_for_prompt("my-env")
        terminal.enter("exit" if name == "show" else "")
        terminal.key("ctrl-d")
        terminal.wait_exit()
        assert left_in(bytes(terminal.raw), ("variable", "password", "token")) == []
    assert list(left_in_files(tmp_path, ("variable", "password", "token"))) == []


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("terminal.prompt", "Prompt._toolbar"),
        ("terminal.preload", "Preloader._ask"),
        ("terminal.completer", "LineCompleter.get_completions"),
    ],
)
def test_a_mistake_while_somebody_types_quotes_nothing(
    module: str, name: str, double: Double, environ: dict[str, str]
) -> None:
    stage.act(double)
    with Terminal(broken(module, name), stage.variables(environ), 100, 24) as terminal:
        terminal.wait_for(lambda text: "my-env>" in text or "bug in mwaa-shell" in text or "warm-up" in text)
        terminal.send(LINE)
        terminal.wait_for(lambda text: "KeyError" in text)
        terminal.key("ctrl-c")
        terminal.key("ctrl-d")
        assert left_in(bytes(terminal.raw), ("variable", "password")) == []
        assert b"Traceback" not in terminal.raw
