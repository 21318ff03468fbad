"""SIGTERM, SIGHUP and SIGQUIT: whatever the shell is at, the terminal is as it was, its exit code names the signal."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator

import pytest

from mwaa_shell.interrupts import ENDING
from tests.double import Double, Request, command_reply, never
from tests.terminal.emulator import Terminal


@pytest.fixture(autouse=True)
def _minded() -> Iterator[None]:
    """A signal that is ignored here is ignored by what is started here, and the shell lets that be."""
    before = {one: signal.signal(one, signal.SIG_DFL) for one in ENDING}
    yield
    for one, handler in before.items():
        signal.signal(one, handler)


@pytest.fixture
def opened(environ: dict[str, str]) -> Iterator[Terminal]:
    with Terminal([sys.executable, "-m", "mwaa_shell", "my-env"], environ) as running:
        running.wait_for("AVAILABLE")
        yield running


@pytest.mark.parametrize("number", ENDING)
def test_at_the_prompt(opened: Terminal, number: signal.Signals) -> None:
    opened.send("dags tr")
    opened.wait_for("start a run of a DAG now")
    os.kill(opened.pid, number)
    assert opened.wait_exit() == 128 + number
    assert opened.text == "my-env> dags tr"


def test_while_a_command_runs(double: Double, opened: Terminal) -> None:
    def answer(request: Request) -> None:
        os.kill(opened.pid, signal.SIGTERM)
        request.socket.recv(1)

    double.web.behave = answer
    opened.enter("dags pause daily")
    assert opened.wait_exit() == 128 + signal.SIGTERM
    assert double.commands == ["dags pause daily -o json"]


def test_at_a_question(opened: Terminal) -> None:
    opened.enter("dags delete daily")
    opened.wait_for("[y/N]")
    os.kill(opened.pid, signal.SIGTERM)
    assert opened.wait_exit() == 128 + signal.SIGTERM
    assert "AVAILABLE" not in opened.lines[-1]


def test_ctrl_backslash_while_a_command_runs(double: Double, environ: dict[str, str]) -> None:
    shell = f'trap : QUIT; stty -g; {sys.executable} -m mwaa_shell my-env; echo "left $?"; stty -g'
    double.web.behave = lambda request: never(request) if request.method == "POST" else command_reply()
    with Terminal(["/bin/sh", "-c", shell], environ, 200) as running:
        running.wait_for("AVAILABLE")
        before = running.lines[0]
        running.enter("dags pause daily")
        running.wait_for("Ctrl-C stops waiting")
        running.key("ctrl-\\")
        assert running.wait_exit() == 0
        assert running.text.endswith(f"left 131\n{before}")


def test_ctrl_backslash_is_for_the_local_command(double: Double, opened: Terminal) -> None:
    opened.enter("dags pause daily | { cat; echo reads; exec sleep 1000; }")
    opened.wait_for("\nreads")
    opened.key("ctrl-\\")
    opened.wait_for("was ended by SIGQUIT")
    opened.wait_for_prompt("my-env")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_terminal_is_as_it_was(environ: dict[str, str]) -> None:
    shell = f'stty -g; {sys.executable} -m mwaa_shell my-env; echo "left $?"; stty -g'
    with Terminal(["/bin/sh", "-c", shell], environ, 200) as running:
        running.wait_for("AVAILABLE")
        before = running.lines[0]
        for child in children(running.pid):
            os.kill(child, signal.SIGTERM)
        assert running.wait_exit() == 0
        assert running.text.endswith(f"left 143\n{before}")


def children(parent: int) -> list[int]:
    """The processes that one has started."""
    with open(f"/proc/{parent}/task/{parent}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]
