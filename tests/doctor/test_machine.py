"""What is found on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mwaa_shell.config import parse_config
from mwaa_shell.doctor import machine
from mwaa_shell.doctor.report import Status
from mwaa_shell.history.store import History

XTERM = {"TERM": "xterm-256color"}


@pytest.mark.parametrize(
    ("environ", "size", "mark", "words"),
    [
        (XTERM, (80, 24), Status.OK, "xterm-256color, 80 columns by 24 rows"),
        ({"TERM": "dumb"}, (80, 24), Status.NOTE, "TERM is dumb"),
        ({}, (80, 24), Status.NOTE, "TERM is not set"),
        (XTERM, (30, 24), Status.NOTE, "little room"),
        ({}, None, Status.OK, "not a terminal"),
    ],
)
def test_the_terminal(environ: dict[str, str], size: tuple[int, int] | None, mark: Status, words: str) -> None:
    found = machine.terminal(environ, os.terminal_size(size) if size else None)
    assert found.status is mark
    assert words in found.text
    assert bool(found.advice) is (mark is not Status.OK)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        (XTERM, "256"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "all"),
        ({"TERM": "xterm"}, "16"),
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, "off: this terminal has none"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "off, because NO_COLOR is set"),
    ],
)
def test_colors(environ: dict[str, str], words: str) -> None:
    assert machine.colors(environ, is_terminal=True).text == words
    assert machine.colors(environ, is_terminal=False).text.startswith("off")


@pytest.mark.parametrize(("encoding", "mark"), [("UTF-8", Status.OK), ("utf8", Status.OK), ("ISO-8859-1", Status.NOTE)])
def test_the_locale(encoding: str, mark: Status) -> None:
    found = machine.language({"LANG": "de_DE"}, encoding)
    assert (found.status, "de_DE" in found.text) == (mark, True)


def test_no_history_yet(tmp_path: Path) -> None:
    found = machine.history(tmp_path / "a" / "b" / "history.sqlite")
    assert (found.status, found.text) == (Status.OK, "none yet (will be ~/a/b/history.sqlite)")
    assert list(tmp_path.iterdir()) == []


def test_the_history_as_the_shell_makes_it(tmp_path: Path) -> None:
    path = tmp_path / "mine" / "history.sqlite"
    with History(path) as kept:
        kept.find()
    before = path.stat()
    assert machine.history(path).status is Status.OK
    assert path.stat() == before
    path.chmod(0o644)
    found = machine.history(path)
    assert (found.status, found.advice) == (Status.NOTE, f"chmod 600 {path}")


def test_a_history_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    path.write_text("something else entirely")
    path.chmod(0o600)
    assert machine.history(path).status is Status.FAIL


def test_a_file_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # whoever runs this may be root
    assert machine.private_path(tmp_path, 0o700, "XDG_CACHE_HOME").status is Status.FAIL
    found = machine.private_path(tmp_path / "new", 0o700, "XDG_CACHE_HOME")
    assert (found.status, "XDG_CACHE_HOME" in found.advice) == (Status.FAIL, True)


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert machine.private_path(tmp_path / "file" / "names", 0o700, "XDG_CACHE_HOME").status is Status.FAIL


def test_saved_commands() -> None:
    from mwaa_shell import saved_commands

    assert machine.saved_commands().text == "none yet"
    path = saved_commands.default_path()
    saved_commands.save(path, "nightly", "dags list")
    assert machine.saved_commands().text == "1 in ~/.config/mwaa-shell/commands.toml"
    path.write_text("[commands]\nnightly = nothing\n")
    found = machine.saved_commands()
    assert (found.status, f"{path}:2" in found.text) == (Status.FAIL, True)


def test_all_of_the_machine_is_checked_and_nothing_is_made(tmp_path: Path) -> None:
    names = [found.name for found in machine.machine_results()]
    assert names == ["Python", "terminal", "colors", "locale", "settings", "history", "names", "saved commands"]
    assert list(tmp_path.iterdir()) == []


def test_a_mistake_in_the_settings_says_what_it_costs() -> None:
    guarding, other = (machine.settings(parse_config(text, Path("x"))) for text in ("readonly = true", 'menu = "tabs"'))
    assert "Read-only mode is on until then (.readonly off ends it)" in guarding.advice
    assert "only what reads" not in other.advice
