"""The keys and the menu in a real pseudo-terminal, against a double."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mwaa_shell.key_table import KEYS
from mwaa_shell.session import Session
from mwaa_shell.settings import Settings
from mwaa_shell.terminal.keys import bindings
from mwaa_shell.terminal.toolbar import ValidationMessage
from tests.double import Double, command_response
from tests.terminal.conftest import Launch
from tests.terminal.emulator import Terminal

Open = Callable[..., Terminal]


@pytest.fixture
def opened(launch: Launch) -> Open:
    def start(*lines: str, **variables: str) -> Terminal:
        terminal = launch("my-env", **variables)
        terminal.wait_for("AVAILABLE")
        for line in lines:
            terminal.run("my-env", line)
        return terminal

    return start


def test_every_action_of_the_table_is_bound() -> None:
    session = Session(Settings())
    bound = bindings(session, ValidationMessage(session), {}).bindings
    assert (
        len(bound) == sum(len(key.presses) for key in KEYS if key.action) + 9
    )  # Enter and the keys that move in a search


def test_the_menu_opens_while_typing_and_enter_takes_without_running(double: Double, opened: Open) -> None:
    terminal = opened()
    terminal.send("trig")
    terminal.wait_for("start a run of a DAG now")
    terminal.key("tab")
    terminal.wait_for("my-env> dags trigger")
    terminal.key("enter")
    terminal.wait_for("--conf")  # what may come next
    assert "my-env> dags trigger" in terminal.text
    assert double.commands == []
    terminal.send("x\r")
    terminal.wait_for("ok ")
    assert double.commands == ["dags trigger x -o json"]


def test_the_menu_follows_what_is_typed(opened: Open) -> None:
    """Escape brings back what was typed, a key taken back looks again, what is typed whole or refused says so."""
    terminal = opened()
    terminal.send("trig")
    terminal.wait_for("start a run")
    terminal.key("tab")
    terminal.wait_for("my-env> dags trigger")
    terminal.key("escape")
    terminal.wait_for(lambda text: "my-env> trig\n" in f"{text}\n" and "start a run" not in text)
    start_again(terminal)
    terminal.send("dags trig")
    terminal.wait_for("start a run")
    terminal.key("backspace")
    terminal.wait_for(lambda text: "my-env> dags tri\n" in f"{text}\n")
    for _ in range(2):
        terminal.key("backspace")
    terminal.wait_for(lambda text: "my-env> dags t\n" in text and "test" in text)
    start_again(terminal)
    terminal.send("versio")
    terminal.wait_for("which Airflow this environment runs")
    terminal.send("n")
    terminal.wait_for(lambda text: "my-env> version" in text and "which Airflow this environment runs" not in text)
    start_again(terminal)
    terminal.send("dags detai")
    terminal.wait_for("(not on MWAA) came back as 403")


def start_again(terminal: Terminal) -> None:
    """Leave the line, at a prompt on an empty screen."""
    terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    terminal.clear("my-env")


def test_settings_of_the_menu_hold_at_once(opened: Open) -> None:
    terminal = opened(".set menu-rows 3")
    terminal.send("dags l")
    terminal.wait_for("list-jobs")  # the third: what stands above it has been drawn before
    shown = [line for line in terminal.lines if line.lstrip().startswith("list")]
    assert len(shown) == 3
    start_again(terminal)
    terminal.run("my-env", ".set menu tab")
    terminal.send("dags tr")
    terminal.wait_for("my-env> dags tr")
    terminal.send(" ")
    terminal.key("backspace")
    assert "start a run" not in terminal.text
    terminal.send(".")
    terminal.key("backspace")
    terminal.key("tab")
    terminal.wait_for("my-env> dags trigger")
    start_again(terminal)
    terminal.run("my-env", ".set menu never")
    terminal.send("dags st")
    terminal.key("tab")
    terminal.wait_for("my-env> dags state")


def test_words_of_another_airflow_are_put_into_this_ones(double: Double, opened: Open) -> None:
    terminal = opened()
    terminal.send("trigger_dag -e 2024-01-01 'my dag'")
    terminal.key("enter")
    terminal.wait_for("(Enter runs it, Ctrl-_ undoes)")
    assert "my-env> dags trigger -e 2024-01-01 'my dag'" in terminal.text
    terminal.key("ctrl-_")
    terminal.wait_for(lambda text: "my-env> trigger_dag -e 2024-01-01 'my dag'" in text and "Enter runs" not in text)
    terminal.key("enter")
    terminal.wait_for("(Enter runs it")
    assert double.commands == []
    terminal.key("enter")
    terminal.wait_for("ok ")
    assert double.commands == ["dags trigger -e 2024-01-01 'my dag' -o json"]


def test_what_is_wrong_stands_under_the_line(double: Double, opened: Open) -> None:
    terminal = opened()
    terminal.send("dags list --colums dag_id")
    terminal.wait_for("dags list --colums dag_id")
    terminal.key("enter")
    terminal.wait_for("'--columns'?")
    row = terminal.lines.index("my-env> dags list --colums dag_id")
    assert terminal.lines[row + 1].startswith("Unknown option '--colums' of dags list")
    place = (row, len("my-env> dags list --colums"))
    terminal.wait_for(lambda _: (terminal.screen.cursor.y, terminal.screen.cursor.x) == place)
    terminal.key("tab")  # mends it
    terminal.wait_for(lambda text: "my-env> dags list --columns" in text and "Did you mean" not in text)
    assert double.commands == []


def test_f1_explains_what_is_under_the_cursor(opened: Open) -> None:
    terminal = opened()
    terminal.send("dags list -o json")
    terminal.wait_for("dags list -o json")
    terminal.key("f1")
    terminal.wait_for("- one of table, json, yaml, plain")
    terminal.wait_for("my-env> dags list -o json")
    terminal.key("ctrl-c")
    terminal.send(".use")
    terminal.key("f1")
    terminal.wait_for("Switch to another environment")


def test_the_line_goes_through_the_editor(double: Double, opened: Open, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i.bak 's/one/two/' \"$1\"\n")
    editor.chmod(0o755)
    terminal = opened(VISUAL=str(editor))
    terminal.send("dags pause one")
    terminal.wait_for("dags pause one")
    terminal.key("ctrl-x")
    terminal.key("ctrl-e")
    terminal.wait_for("my-env> dags pause two")
    assert double.commands == []
    terminal.key("enter")
    terminal.wait_for("ok ")
    assert double.commands == ["dags pause two -o json"]


def test_a_backslash_goes_on_in_a_new_line(double: Double, opened: Open) -> None:
    terminal = opened()
    terminal.send("dags pause \\\r")
    terminal.wait_for("dags pause \\")
    terminal.send("  one\r")
    terminal.wait_for("ok ")
    assert double.commands == ["dags pause     one -o json"]


def test_vi_edits(double: Double, opened: Open) -> None:
    terminal = opened(".set keys vi")
    terminal.send("dags pause onex")
    terminal.wait_for("dags pause onex")
    terminal.key("escape")
    terminal.send("x")
    terminal.wait_for(lambda text: "my-env> dags pause one\n" in f"{text}\n")
    terminal.key("enter")
    terminal.wait_for("ok ")
    assert double.commands == ["dags pause one -o json"]


def test_a_file_is_shown_line_by_line(double: Double, opened: Open, tmp_path: Path) -> None:
    (tmp_path / "book").write_text("dags pause one\ndags pause two\n")
    terminal = opened()
    terminal.run("my-env", f".source {tmp_path}/book")
    assert "my-env> dags pause one -o json\n" in terminal.history_text
    assert double.commands == ["dags pause one -o json", "dags pause two -o json"]


def test_a_block_is_shown_line_by_line_and_what_did_not_run_is_said(double: Double, opened: Open) -> None:
    double.web.behave = lambda request: command_response(b"", b"airflow.exceptions.DagNotFound: Dag id one not found\n")
    terminal = opened()
    terminal.send("\x1b[200~dags pause one\ndags pause two\nversion\n\x1b[201~")
    terminal.wait_for("version")
    terminal.key("enter")
    terminal.wait_for("2 more lines did not run")
    assert double.commands == ["dags pause one -o json"]


def test_alt_is_no_escape(double: Double, opened: Open) -> None:
    terminal = opened("dags pause one")
    terminal.send("dags p")
    terminal.wait_for(lambda text: text.count("dags pause one") == 2)  # the second is grey
    terminal.send("\x1bf")
    terminal.wait_for(lambda text: terminal.screen.cursor.x == len("my-env> dags pause "))
    terminal.key("enter")
    terminal.wait_for("dags pause requires")
    assert double.commands == ["dags pause one -o json"]


def test_what_is_typed_at_once_after_enter_is_not_echoed(double: Double, opened: Open) -> None:
    answer = threading.Event()
    double.web.behave = lambda request: command_response(b"shown\n") if answer.wait(30) else None
    terminal = opened()
    terminal.send("dags list\rversio")
    terminal.wait_for(" s  running")
    answer.set()
    terminal.wait_for("my-env> versio")
    assert "versioshown" not in terminal.history_text.replace("\n", "")
    assert terminal.history_text.replace("version  ", "").count("versio") == 1  # the menu may be there already
