"""Held here: waiting is told on one line that goes again, and a terminal that cannot take it back gets plain text."""

from __future__ import annotations

import io
import sys
from typing import Any, cast

import pytest

from mwaa_shell.job import Job
from mwaa_shell.streams import Streams, can_draw
from mwaa_shell.terminal.canvas import LONG, QUIET, Progress
from tests.terminal.emulator import Terminal

#: Waits without echo on a terminal that was raw at the moment when its modes were read.
WAITS_AFTER_RAW = """
import os, signal, threading, tty
from mwaa_shell.streams import StatusLine
from mwaa_shell.streams import standard_streams
signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs the tests in the background ignores it
tty.setraw(0)
StatusLine(standard_streams()).stop_echo()
try:
    os.write(1, b"waiting")
    threading.Event().wait()
except KeyboardInterrupt:
    os.write(1, b" interrupted")
"""


class Waiting:
    """A job that has gone on for so long."""

    def __init__(self, elapsed: float, phase: str = "running") -> None:
        self.elapsed = elapsed
        self.phase = phase


def written(monkeypatch: pytest.MonkeyPatch, term: str, *elapsed: float, tty: bool = True) -> str:
    """What somebody sees who waits for as long as each of these, one tick after the other."""
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("COLUMNS", "80")
    error = io.BytesIO()
    progress = Progress(Streams(io.StringIO(), io.BytesIO(), error, False, False, tty))
    for seconds in elapsed:
        progress.tick(cast("Job[Any]", Waiting(seconds)))
    progress.over()
    return error.getvalue().decode()


def test_a_terminal_has_a_line_that_goes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    line = "\r\x1b[K  1.5 s  running  (Ctrl-C stops waiting)"
    assert written(monkeypatch, "xterm", QUIET - 0.1, 1.5) == f"{line}\r\x1b[K"


@pytest.mark.parametrize("term", ["dumb", "DUMB", "unknown"])
def test_a_dumb_terminal_has_one_plain_line_for_what_is_slow(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(monkeypatch, term, QUIET + 0.1, LONG - 0.1) == ""
    assert written(monkeypatch, term, QUIET + 0.1, LONG, LONG + 1) == "mwaa-shell: running (Ctrl-C stops waiting)\n"


@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_nothing_is_written_where_nobody_waits(term: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(monkeypatch, term, LONG + 1, tty=False) == ""


def test_a_terminal_that_has_no_name_can_do_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TERM", raising=False)
    assert not can_draw()


def test_ctrl_c_is_a_signal_even_where_the_terminal_was_raw(environ: dict[str, str]) -> None:
    with Terminal([sys.executable, "-c", WAITS_AFTER_RAW], environ) as terminal:
        terminal.wait_for("waiting")
        terminal.key("ctrl-c")
        terminal.wait_for("waiting interrupted")
