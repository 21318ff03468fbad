"""Held here: what is said from another thread stands above the prompt, and what is being typed stays on it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from tests.double import Double, command_response
from tests.terminal.emulator import Terminal

#: The program, whose environment tells something as soon as somebody writes to a pipe that has a name.
TELLS = """
import sys, threading
from contextlib import nullcontext
from mwaa_shell.cli import main
from mwaa_shell.terminal.shell import Shell
pipe = sys.argv[1]

def notices(show):
    def listen():
        while True:
            with open(pipe) as told:
                show(told.read())
    threading.Thread(target=listen, daemon=True).start()
    return nullcontext()

make = Shell.__init__

def make_that_listens(self, *given, **named):
    make(self, *given, **named)
    self._show_notices = notices

Shell.__init__ = make_that_listens
main(["my-env"])
"""


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


@pytest.fixture
def terminal(environ: dict[str, str], pipe: Path) -> Iterator[Terminal]:
    with Terminal([sys.executable, "-c", TELLS, str(pipe)], environ) as running:
        running.wait_for("AVAILABLE")
        yield running


def test_at_a_prompt(terminal: Terminal, pipe: Path) -> None:
    terminal.send("dags lis")
    terminal.wait_for("my-env> dags lis")
    pipe.write_text("it ended (see the log)")
    terminal.wait_for("it ended (see the log)\nmy-env> dags lis")
    terminal.send("t -o json")
    terminal.wait_for("it ended (see the log)\nmy-env> dags list -o json")
    assert terminal.history_text.count("my-env>") == 1


def test_while_a_command_runs(terminal: Terminal, pipe: Path, double: Double) -> None:
    shown = Event()

    def behave(request: object) -> bytes:
        pipe.write_text("it ended")
        shown.wait(60)
        return command_response(b"done\n")

    double.web.behave = behave
    terminal.enter("version")
    terminal.wait_for("it ended\n")
    shown.set()
    terminal.wait_for("it ended\ndone\nok ")
    terminal.wait_for_prompt("my-env")
