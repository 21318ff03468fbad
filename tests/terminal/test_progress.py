"""Held here: waiting is told on one line that goes again, and a terminal that cannot take it back gets plain text."""

from __future__ import annotations

import io
from typing import Any, cast

import pytest

from mwaa_shell.job import Job
from mwaa_shell.status_line import can_draw
from mwaa_shell.streams import Streams
from mwaa_shell.terminal.progress import LONG, QUIET, Progress


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
        progress.tick(cast(Job[Any], Waiting(seconds)))
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
