"""Text that is typed or pasted as people do it: odd characters, comments, several rows. In a real pseudo-terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.double import Double
from tests.terminal.emulator import Terminal
from tests.terminal.forked import Forks


@pytest.fixture
def terminal(environ: dict[str, str], forks: Forks) -> Iterator[Terminal]:
    with Terminal([sys.executable, "-m", "mwaa_shell", "my-env"], environ, 60, 24, begin=forks.begin) as running:
        running.wait_for("AVAILABLE")
        yield running


@pytest.mark.parametrize(
    ("line", "message", "column"),
    [
        ("dags\u00a0list", "The command contains a no-break space (U+00A0)", 4),
        ("dags list-runs \u2013d x", "\u2013 is an en dash (U+2013)", 15),
        ("dags trigger $DAG", "$DAG would be sent as text", 13),
        ("dags list; version", "; would be sent as text", 9),
        ("$ dags list", "'$' is the prompt of a shell", 0),
    ],
)
def test_an_odd_character_is_named_and_the_cursor_is_there(
    double: Double, terminal: Terminal, line: str, message: str, column: int
) -> None:
    terminal.send(line)
    terminal.wait_for(line.replace("\u00a0", " ")[-5:])
    terminal.key("enter")
    terminal.wait_for(message)
    assert double.commands == []
    assert ".send" not in terminal.text
    terminal.wait_for(lambda _: terminal.screen.cursor.x == len("my-env> ") + column)


def test_enter_in_an_open_quote_goes_on_and_a_backslash_is_no_part(double: Double, terminal: Terminal) -> None:
    terminal.enter('dags trigger x --conf \'{"a": 1,')
    terminal.wait_for("until you close the quote '")
    terminal.enter('"b": 2, \\')
    terminal.wait_for(lambda text: "2," in text and "\\" not in text)
    terminal.enter('"c": 3}\'')
    terminal.wait_for("ok ")
    assert double.commands == ['dags trigger x --conf \'{"a": 1,\n"b": 2, \n"c": 3}\' -o json']


def test_a_comment_behind_a_command_is_not_sent(double: Double, terminal: Terminal) -> None:
    terminal.send('\x1b[200~dags pause x  # until Monday, it\'s "off"\nversion # done\n\x1b[201~')
    terminal.wait_for("# done")
    terminal.key("enter")
    terminal.wait_for(lambda text: text.count("ok ") == 2)
    assert double.commands == ["dags pause x -o json", "version"]
    assert "> dags pause x -o json  # until Monday" in terminal.text
    terminal.enter("dags list # all")
    terminal.wait_for("> dags list -o json # all")


def test_escape_enter_begins_a_line(double: Double, terminal: Terminal) -> None:
    terminal.send("dags pause x")
    terminal.wait_for("dags pause x")
    terminal.send("\x1b\r")
    terminal.send("version")
    terminal.wait_for(lambda text: "dags pause x\n" in text and "version" in text)
    assert double.commands == []
    terminal.key("enter")
    terminal.wait_for(lambda text: text.count("ok ") == 2)
    assert double.commands == ["dags pause x -o json", "version"]
