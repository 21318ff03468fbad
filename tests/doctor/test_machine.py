"""What is found on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mwaa_shell.config import parse_config
from mwaa_shell.doctor import machine
from mwaa_shell.doctor.machine import MachineInfo
from mwaa_shell.doctor.report import Status
from mwaa_shell.history.store import History


def around(environ: dict[str, str], *, terminal: bool = True, columns: int = 80, rows: int = 24) -> MachineInfo:
    return MachineInfo(environ, terminal, columns, rows, "UTF-8")


@pytest.mark.parametrize(
    ("around", "mark", "words"),
    [
        (around({"TERM": "xterm-256color"}), Status.OK, "xterm-256color, 80 columns by 24 rows"),
        (around({"TERM": "dumb"}), Status.NOTE, "TERM is dumb"),
        (around({}), Status.NOTE, "TERM is not set"),
        (around({"TERM": "xterm"}, columns=30), Status.NOTE, "little room"),
        (around({}, terminal=False), Status.OK, "none here"),
    ],
)
def test_the_terminal(around: MachineInfo, mark: Status, words: str) -> None:
    found = machine.terminal(around)
    assert found.status is mark
    assert words in found.text
    assert bool(found.advice) is (mark is not Status.OK)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "all"),
        ({"TERM": "xterm"}, "16"),
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, "off: this terminal has none"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "off, because NO_COLOR is set"),
    ],
)
def test_colours(environ: dict[str, str], words: str) -> None:
    assert machine.colors(around(environ)).text == words
    assert machine.colors(around(environ, terminal=False)).text.startswith("off")


@pytest.mark.parametrize(("encoding", "mark"), [("UTF-8", Status.OK), ("utf8", Status.OK), ("ISO-8859-1", Status.NOTE)])
def test_the_locale(encoding: str, mark: Status) -> None:
    found = machine.language(MachineInfo({"LANG": "de_DE"}, True, 80, 24, encoding))
    assert (found.status, "de_DE" in found.text) == (mark, True)


def test_no_history_yet(tmp_path: Path) -> None:
    found = machine.history(tmp_path / "a" / "b" / "history.sqlite")
    assert (found.status, found.text) == (Status.OK, "none yet; it will be ~/a/b/history.sqlite")
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
    assert machine.kept("names", tmp_path, 0o700, "XDG_CACHE_HOME").status is Status.FAIL
    found = machine.kept("names", tmp_path / "new", 0o700, "XDG_CACHE_HOME")
    assert (found.status, "XDG_CACHE_HOME" in found.advice) == (Status.FAIL, True)


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert machine.kept("names", tmp_path / "file" / "names", 0o700, "XDG_CACHE_HOME").status is Status.FAIL


def test_saved_commands() -> None:
    from mwaa_shell import saved_commands

    assert machine.saved_commands().text == "none yet"
    path = saved_commands.default_path()
    saved_commands.save(path, "nightly", "dags list")
    assert machine.saved_commands().text == "1 in ~/.config/mwaa-shell/commands.toml"
    path.write_text("[commands]\nnightly = nothing\n")
    found = machine.saved_commands()
    assert (found.status, f"{path}:2" in found.text) == (Status.FAIL, True)


def test_all_of_it_is_looked_at_and_nothing_is_made(tmp_path: Path) -> None:
    names = [found.name for found in machine.machine_results(machine.machine_info())]
    assert names == ["Python", "terminal", "colours", "locale", "settings", "history", "names", "saved commands"]
    assert list(tmp_path.iterdir()) == []


def test_a_mistake_in_the_settings_says_what_it_costs() -> None:
    guarding, other = (machine.settings(parse_config(text, Path("x"))) for text in ("readonly = true", 'menu = "tabs"'))
    assert "only what reads is sent until then (.readonly off lifts that)" in guarding.advice
    assert "only what reads" not in other.advice
