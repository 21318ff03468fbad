"""What people know from other shells, typed at the prompt in a real pseudo-terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator

import pytest

from tests.double import Double
from tests.terminal.emulator import Terminal
from tests.terminal.forked import Forks


@pytest.fixture
def terminal(double: Double, environ: dict[str, str], forks: Forks) -> Iterator[Terminal]:
    double.rest["/dags"] = {"dags": [], "total_entries": 0}  # a note that there are none would come at any time
    with Terminal([sys.executable, "-m", "mwaa_shell", "my-env"], environ, 80, 24, begin=forks.begin) as running:
        running.wait_for("AVAILABLE")
        yield running


def test_clear_empties_the_screen_and_clears_no_tasks(double: Double, terminal: Terminal) -> None:
    for line in ("clear", "cls", ".clear"):
        terminal.run("my-env", "version")
        terminal.enter(line)
        terminal.wait_for(lambda text: "my-env>" in text and "done" not in text)
    assert double.commands == ["version"] * 3


def test_ctrl_l_keeps_the_line(terminal: Terminal) -> None:
    terminal.run("my-env", "version")
    terminal.send("dags pause x")
    terminal.wait_for("dags pause x")
    terminal.key("ctrl-l")
    terminal.wait_for(lambda text: "my-env> dags pause x" in text and "done" not in text)
    terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    assert "Ctrl-L " in terminal.run("my-env", ".keys")


def test_a_question_mark_is_help(double: Double, terminal: Terminal) -> None:
    terminal.resize(80, 40)
    for line in ("?", "\\?", "help()"):
        assert ".help COMMAND explains" in terminal.run("my-env", line)
        terminal.enter("clear")
        terminal.wait_for(lambda text: "my-env>" in text and ".help" not in text)
    assert double.commands == []


@pytest.mark.parametrize("line", ["\\q", "quit()", "exit;", ":q", ".quit"])
def test_words_that_leave_other_shells_leave(terminal: Terminal, line: str) -> None:
    terminal.enter(line)
    assert terminal.wait_exit() == 0


def test_other_words_point_to_help(double: Double, terminal: Terminal) -> None:
    for line, message in (
        ("ls", "Unknown command 'ls' in Airflow 2.10.3. List the commands with .help."),
        ("logs", "Unknown command 'logs'. Did you mean '.logs'?"),
        ("use other", "Unknown command 'use'. Did you mean '.use'?"),
    ):
        terminal.send(line)
        terminal.wait_for(f"my-env> {line}")
        terminal.key("enter")
        terminal.wait_for(message)
        terminal.key("ctrl-c")
        terminal.wait_for_prompt("my-env")
    assert double.commands == []


def test_keys_of_other_shells(double: Double, terminal: Terminal) -> None:
    terminal.run("my-env", "dags pause one_two")
    terminal.send("pools get \x1b.")
    terminal.wait_for("my-env> pools get one_two\n")
    for key, column in (("home", 0), ("end", 17), ("ctrl-a", 0), ("ctrl-e", 17)):
        terminal.key(key)
        terminal.wait_for(lambda _: terminal.screen.cursor.x == len("my-env> ") + column)  # noqa: B023
    terminal.key("ctrl-u")
    terminal.wait_for_prompt("my-env")
    terminal.key("ctrl-y")
    terminal.wait_for("my-env> pools get one_two\n")
    assert b"\x1b[?1000h" not in terminal.raw  # the mouse is the terminal's own
    assert double.commands == ["dags pause one_two -o json"]


def test_typing_ahead_does_not_change_a_line_that_comes_back(double: Double, terminal: Terminal) -> None:
    terminal.run("my-env", "dags pause one")
    terminal.send("dags lst\rdags list\r")
    terminal.wait_for(lambda text: "my-env> dags lst\n" in text and "The keys typed after it were dropped." in text)
    assert double.commands == ["dags pause one -o json"]
    terminal.send("\x15!!\rversion\r")
    terminal.wait_for(lambda text: "my-env> dags pause one\n#1: " in text and text.count("Enter runs it") == 1)
    terminal.key("enter")
    terminal.wait_for(lambda text: text.count("ok ") == 2)
    assert double.commands == ["dags pause one -o json"] * 2


def test_alt_dot_waits_for_the_history(environ: dict[str, str], terminal: Terminal, forks: Forks) -> None:
    terminal.run("my-env", "dags pause one_two")
    with Terminal([sys.executable, "-m", "mwaa_shell", "my-env"], environ, 80, 24, begin=forks.begin) as another:
        another.send("pools get \x1b.")
        another.wait_for("my-env> pools get one_two\n")


def test_ctrl_r_finds_a_line_and_enter_runs_it(double: Double, terminal: Terminal) -> None:
    terminal.run("my-env", "dags pause one")
    terminal.run("my-env", "version")
    terminal.key("ctrl-r")
    terminal.wait_for("(reverse-i-search)")
    terminal.send("pau")
    terminal.wait_for("(reverse-i-search)`pau': dags pause one")
    terminal.key("enter")
    terminal.wait_for(lambda text: text.count("ok ") == 3)
    assert double.commands == ["dags pause one -o json", "version", "dags pause one -o json"]


def test_tab_takes_the_command_that_the_message_proposes(double: Double, terminal: Terminal) -> None:
    terminal.send("dags puase\t")
    terminal.wait_for("my-env> dags pause\n")
    terminal.enter("one")
    terminal.wait_for("ok ")
    assert double.commands == ["dags pause one -o json"]


@pytest.mark.parametrize(("key", "edited"), [("end", "dags pause one_two"), ("ctrl-a", "_twodags pause one")])
def test_a_key_that_moves_takes_what_ctrl_r_finds(terminal: Terminal, key: str, edited: str) -> None:
    terminal.run("my-env", "dags pause one")
    terminal.key("ctrl-r")
    terminal.wait_for("(reverse-i-search)")
    terminal.send("pau")
    terminal.wait_for("(reverse-i-search)`pau': dags pause one")
    terminal.key(key)
    terminal.send("_two")
    terminal.wait_for(f"my-env> {edited}\n")


def test_a_resize_keeps_the_menu_and_the_line(double: Double, terminal: Terminal) -> None:
    terminal.send("dags pau")
    terminal.wait_for("unpause")
    for columns, rows in ((60, 20), (100, 30)):
        terminal.resize(columns, rows)
        terminal.send("\x7f")
        terminal.wait_for(lambda text: "my-env> dags pa\n" in text and "unpause" in text)
        terminal.send("u")
        terminal.wait_for(lambda text: "my-env> dags pau\n" in text and "unpause" in text)
    terminal.send("se x\r")
    terminal.wait_for("ok ")
    assert double.commands == ["dags pause x -o json"]


@pytest.mark.skipif(shutil.which("bash") is None, reason="no shell with job control")
def test_ctrl_z_and_back(double: Double, environ: dict[str, str]) -> None:
    with Terminal(["bash", "--norc", "-i"], environ | {"PS1": "bash> "}, 80, 24) as terminal:
        terminal.wait_for("bash>")
        terminal.enter(f"{sys.executable} -m mwaa_shell my-env")
        terminal.wait_for("AVAILABLE")
        terminal.send("dags pause x")
        terminal.wait_for("my-env> dags pause x")
        terminal.key("ctrl-z")
        terminal.wait_for("Stopped")
        terminal.wait_for(lambda _: terminal.lines[terminal.screen.cursor.y].startswith("bash>"))
        terminal.enter("fg")
        terminal.wait_for(lambda _: terminal.lines[terminal.screen.cursor.y] == "my-env> dags pause x")
        terminal.key("enter")
        terminal.wait_for("ok ")
        terminal.enter("dags delete x")
        terminal.wait_for("[y/N]")
        terminal.key("ctrl-z")
        terminal.wait_for(lambda text: text.count("Stopped") == 2)
        terminal.enter("fg")
        terminal.wait_for(lambda _: terminal.lines[terminal.screen.cursor.y].endswith("[y/N]"))
        terminal.enter("n")
        terminal.wait_for("Canceled. Nothing was sent.")
        assert double.commands == ["dags pause x -o json"]
        terminal.enter("exit")
        terminal.wait_for(lambda _: terminal.lines[terminal.screen.cursor.y] == "bash>")


def test_a_dumb_terminal_takes_the_same_words(double: Double, environ: dict[str, str]) -> None:
    argv = [sys.executable, "-m", "mwaa_shell", "my-env", "--airflow-version", "2.10.3"]
    with Terminal(argv, environ | {"TERM": "dumb"}, 60, 24) as terminal:
        terminal.wait_for("my-env>")
        terminal.enter("ls")
        terminal.wait_for("List the commands with .help")
        terminal.enter("dags pause $DAG")
        terminal.wait_for("$DAG would be sent as text")
        terminal.enter("clear")
        terminal.enter("\\q")
        assert terminal.wait_exit() == 0
        assert b"\x1b" not in terminal.raw
    assert double.commands == []
