"""What the private MWAA says while it starts and later, on terminals of both kinds, in a pipe and at a prompt."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from mwaa_shell.local.console import StatusLine, interject
from mwaa_shell.local.notes import told_by
from mwaa_shell.local.server import used
from mwaa_shell.streams import Streams

STEPS = ("Airflow 2.10.3: installing", "Airflow 2.10.3: installing: one", "Airflow 2.10.3: installing: two")


def standing(monkeypatch: pytest.MonkeyPatch, term: str, *, tty: bool = True) -> tuple[Streams, io.BytesIO]:
    monkeypatch.setenv("TERM", term)
    error = io.BytesIO()
    return Streams(io.StringIO(), io.BytesIO(), error, True, tty, tty), error


def started(streams: Streams) -> None:
    line = StatusLine(streams)
    for step in STEPS:
        line.say(step)
    line.erase()


def test_a_terminal_shows_each_step_on_the_same_line(monkeypatch: pytest.MonkeyPatch) -> None:
    streams, error = standing(monkeypatch, "xterm")
    started(streams)
    assert error.getvalue().decode() == "".join(f"\r\x1b[K{step}" for step in STEPS) + "\r\x1b[K"


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
    interject("it ended", streams)
    assert error.getvalue().decode() == f"{before}mwaa-shell: it ended\n"


def test_a_note_is_told_by_whoever_draws_the_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    streams, error = standing(monkeypatch, "xterm")
    told: list[str] = []
    with told_by(told.append):
        interject("it ended", streams)
    assert (told, error.getvalue()) == (["it ended"], b"")
    interject("later", streams)
    assert error.getvalue().endswith(b"later\n")


def test_who_is_not_alone_on_an_environment_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = tmp_path / "used"
    with used(lock, "Airflow 2.10.3"):
        assert capsys.readouterr().out == ""
        for _ in range(2):  # the first one of them leaves before the next comes
            with used(lock, "Airflow 2.10.3"):
                note = json.loads(capsys.readouterr().out)["note"]
                assert note.startswith("Another shell has Airflow 2.10.3 open too")
    with used(lock, "Airflow 2.10.3"):
        assert capsys.readouterr().out == ""
