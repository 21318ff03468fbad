"""SIGTERM, SIGHUP and SIGQUIT: whatever the shell is at, the terminal is as it was, its exit code names the signal."""

from __future__ import annotations

import os
import signal
import sys
from functools import partial

import pytest

from mwaa_shell.interrupts import ENDING
from tests.double import Double, Request, command_response, never
from tests.terminal.emulator import Terminal

pytestmark = pytest.mark.usefixtures("default_signals")


@pytest.mark.parametrize("number", ENDING)
def test_at_the_prompt(terminal: Terminal, number: signal.Signals) -> None:
    terminal.send("dags tr")
    terminal.wait_for("start a run of a DAG now")
    os.kill(terminal.pid, number)
    assert terminal.wait_exit() == 128 + number
    assert terminal.text == "my-env> dags tr"


def test_interrupt_signal_drops_the_line_alone(double: Double, terminal: Terminal) -> None:
    for _ in range(2):
        terminal.send("dags tr")
        terminal.wait_for("start a run of a DAG now")
        os.kill(terminal.pid, signal.SIGINT)
        terminal.wait_for_prompt("my-env")
    terminal.run("my-env", "dags list")
    assert double.commands == ["dags list -o json"]


def has_grown(terminal: Terminal, written: int, text: str) -> bool:
    return len(terminal.raw) > written


def test_many_interrupt_signals_drop_the_line_alone(double: Double, terminal: Terminal) -> None:
    terminal.send("dags tr")
    terminal.wait_for("start a run of a DAG now")
    for _ in range(40):  # each while the end of the line before, or a new prompt, is drawn
        written = len(terminal.raw)
        os.kill(terminal.pid, signal.SIGINT)
        terminal.wait_for(partial(has_grown, terminal, written))
    terminal.wait_for_prompt("my-env")
    terminal.run("my-env", "dags list")
    assert double.commands == ["dags list -o json"]
    assert "bug" not in terminal.history_text


@pytest.mark.parametrize("number", ENDING)
def test_in_a_search(terminal: Terminal, number: signal.Signals) -> None:
    terminal.send("dags")
    terminal.wait_for("my-env> dags")
    terminal.key("ctrl-r")
    terminal.wait_for("reverse-i-search")
    os.kill(terminal.pid, number)
    assert terminal.wait_exit() == 128 + number
    assert terminal.text == "my-env> dags"


def test_interrupt_signal_ends_a_search(double: Double, terminal: Terminal) -> None:
    terminal.run("my-env", "pools list")
    terminal.key("ctrl-r")
    terminal.send("poo")
    terminal.wait_for("poo': pools list")
    os.kill(terminal.pid, signal.SIGINT)
    terminal.wait_for_prompt("my-env")
    assert "reverse-i-search" not in terminal.history_text
    terminal.run("my-env", "dags list")
    assert double.commands == ["pools list -o json", "dags list -o json"]


def test_while_a_command_runs(double: Double, terminal: Terminal) -> None:
    def answer(request: Request) -> None:
        os.kill(terminal.pid, signal.SIGTERM)
        request.socket.recv(1)

    double.web.behave = answer
    terminal.enter("dags pause daily")
    assert terminal.wait_exit() == 128 + signal.SIGTERM
    assert "The command may still be running on my-env" in terminal.text
    assert double.commands == ["dags pause daily -o json"]


def test_at_a_question(terminal: Terminal) -> None:
    terminal.enter("dags delete daily")
    terminal.wait_for("[y/N]")
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.wait_exit() == 128 + signal.SIGTERM
    assert "AVAILABLE" not in terminal.lines[-1]


def test_ctrl_backslash_while_a_command_runs(double: Double, environ: dict[str, str]) -> None:
    shell = f'trap : QUIT; stty -g; {sys.executable} -m mwaa_shell my-env; echo "left $?"; stty -g'
    double.web.behave = lambda request: never(request) if request.method == "POST" else command_response()
    with Terminal(["/bin/sh", "-c", shell], environ, 200) as running:
        running.wait_for("AVAILABLE")
        before = running.lines[0]
        running.enter("dags pause daily")
        running.wait_for("Ctrl-C stops waiting")
        running.key("ctrl-\\")
        assert running.wait_exit() == 0
        assert running.text.endswith(f"The command may still be running on my-env\nleft 131\n{before}")


def test_ctrl_backslash_is_for_the_local_command(double: Double, terminal: Terminal) -> None:
    terminal.enter("dags pause daily | { cat; echo reads; exec sleep 1000; }")
    terminal.wait_for("\nreads")
    terminal.key("ctrl-\\")
    terminal.wait_for("was ended by SIGQUIT")
    terminal.wait_for_prompt("my-env")


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
