"""What the local environment says while it starts and later, on terminals of both kinds, in a pipe and at a prompt."""

from __future__ import annotations

import io
import os
import pty
import termios
import threading
from pathlib import Path

import pytest

from mwaa_shell.local.launcher import Notices, StartProgress
from mwaa_shell.local.server import share_environment
from mwaa_shell.streams import Streams

STEPS = ("Airflow 2.10.3: installing", "Airflow 2.10.3: installing: one", "Airflow 2.10.3: installing: two")


def standing(monkeypatch: pytest.MonkeyPatch, term: str, *, tty: bool = True) -> tuple[Streams, io.BytesIO]:
    monkeypatch.setenv("TERM", term)
    error = io.BytesIO()
    return Streams(io.StringIO(), io.BytesIO(), error, True, tty, tty), error


def started(streams: Streams) -> None:
    line = StartProgress(streams, tick=3600)
    for step in STEPS:
        line.show_step(step)
    line.end()


def test_a_terminal_shows_each_step_on_the_same_line(monkeypatch: pytest.MonkeyPatch) -> None:
    streams, error = standing(monkeypatch, "xterm")
    started(streams)
    assert error.getvalue().decode() == "".join(f"\r\x1b[K{step}" for step in STEPS) + "\r\x1b[K"


def test_what_takes_long_has_a_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    streams, error = standing(monkeypatch, "xterm")
    now = [100.0]
    line = StartProgress(streams, clock=lambda: now[0], tick=3600)
    line.show_step("Airflow 2.10.3: reading the DAGs")
    now[0] += 41.5
    line.draw()
    line.end()
    line.draw()  # what is late is drawn no more
    shown = error.getvalue().decode().split("\r\x1b[K")
    assert shown == ["", "Airflow 2.10.3: reading the DAGs", " 41.5 s  Airflow 2.10.3: reading the DAGs", ""]


def test_progress_line_ticks_automatically(monkeypatch: pytest.MonkeyPatch) -> None:
    streams, error = standing(monkeypatch, "xterm")
    drawn = threading.Event()
    times = iter([0.0, 0.0])

    def clock() -> float:
        moment = next(times, 7.0)
        if moment:
            drawn.set()
        return moment

    line = StartProgress(streams, clock=clock, tick=0.001)
    line.show_step("step")
    assert drawn.wait(30)
    line.end()
    assert error.getvalue().endswith(b"\r\x1b[K  7.0 s  step\r\x1b[K")


def test_keys_are_not_echoed_on_the_progress_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    master, slave = pty.openpty()
    with os.fdopen(slave, encoding="utf-8", closefd=True) as stdin:
        before = termios.tcgetattr(slave)
        line = StartProgress(Streams(stdin, io.BytesIO(), io.BytesIO(), True, True, True), tick=3600)
        line.show_step("step")
        assert not termios.tcgetattr(slave)[3] & (termios.ECHO | termios.ICANON)
        assert termios.tcgetattr(slave)[3] & termios.ISIG
        line.end()
        assert termios.tcgetattr(slave) == before
    os.close(master)


@pytest.mark.parametrize(("term", "tty"), [("dumb", True), ("xterm", False)])
def test_elsewhere_each_step_is_a_line(term: str, tty: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    streams, error = standing(monkeypatch, term, tty=tty)
    started(streams)
    assert error.getvalue().decode() == f"mwaa-shell: {STEPS[0]}\n"


@pytest.mark.parametrize(
    ("term", "tty", "before"), [("xterm", True, "\r\x1b[J"), ("dumb", True, ""), ("xterm", False, "")]
)
def test_a_note_takes_the_place_of_the_line(term: str, tty: bool, before: str, monkeypatch: pytest.MonkeyPatch) -> None:
    streams, error = standing(monkeypatch, term, tty=tty)
    Notices(streams).show("it ended")
    assert error.getvalue().decode() == f"{before}mwaa-shell: it ended\n"


def test_a_note_is_told_by_whoever_draws_the_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    streams, error = standing(monkeypatch, "xterm")
    told: list[str] = []
    notices = Notices(streams)
    with notices.shown_by(told.append):
        notices.show("it ended")
    assert (told, error.getvalue()) == (["it ended"], b"")
    notices.show("later")
    assert error.getvalue().endswith(b"later\n")


def test_who_is_not_alone_on_an_environment_is_told(tmp_path: Path) -> None:
    lock, told = tmp_path / "used", list[str]()
    with share_environment(lock, "Airflow 2.10.3", told.append):
        assert told == []
        for number in (1, 2):  # the first one of them leaves before the next comes
            with share_environment(lock, "Airflow 2.10.3", told.append):
                assert len(told) == number
                assert told[-1].startswith("Another shell has Airflow 2.10.3 open, too")
        with share_environment(lock, "Airflow 2.10.3", None):  # a command of a script, not somebody at a prompt
            assert len(told) == 2
    with share_environment(lock, "Airflow 2.10.3", told.append):
        assert len(told) == 2
