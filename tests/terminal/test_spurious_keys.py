"""Bytes that are no keys, pasted without brackets: the prompt takes what it can of them, and goes on."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator

import pytest

from mwaa_shell.terminal.keys import parse_cursor_row
from tests.double import Double, command_response
from tests.terminal.emulator import Terminal

#: As an output with colors and a title would be pasted, and what has the form of a report with numbers that are none.
HARD = (
    "\x1b[31mred\x07\x1b]0;title\x07",
    *(
        "\x1b[m",
        "\x1b[;m",
        "\x1b[1;2m",
        "\x1b[1;2;3;4M",
        "\x1b[<;;M",
        "\x1b[<1;1;1;1m",
        "\x1b[M!!!",
        "\x1b[<0;999;999M",
    ),
    *("\x1b[0;0R", "\x1b[99999;1R", f"\x1b[{'9' * 400};1R", f"\x1b[<{'9' * 400};1;1M", "\x1b[٣;٣R", "\x1b[3;3R"),
    *("\x1b[1;1;1;1R", "\x1b[?1;2c", "\x1b[200", "\x1b[201~", "\x1bP$q\x1b\\", "\x1b[<64;1;1M", "\x1b[<0;1;1M"),
)
#: The program, whose prompt breaks down as often as it is told.
BREAKS = """
import sys
from mwaa_shell.cli import main
from mwaa_shell.terminal.prompt import Prompt
left, read = int(sys.argv[1]), Prompt.read

def breaking(self, typed=""):
    global left
    if left:
        left -= 1
        raise ValueError("what was typed")
    return read(self, typed)

Prompt.read, Prompt.text = breaking, "dags li"
main(["my-env"])
"""


@pytest.mark.parametrize(
    ("report", "row"),
    [("\x1b[35;1R", 35), ("\x1b[0;1R", 0), ("\x1b[;R", 0), ("\x1b[٣;1R", 0), (f"\x1b[{'9' * 9_000};1R", 0)],
)  # fmt: skip
def test_the_row_of_a_report(report: str, row: int) -> None:
    assert parse_cursor_row(report) == row


def test_what_looks_like_a_report_is_none(double: Double, terminal: Terminal) -> None:
    double.web.behave = lambda request: command_response(b"done\n")
    for hard in HARD:
        terminal.send(f"{hard}x")
    terminal.wait_for("x")
    terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    terminal.enter("version")
    terminal.wait_for("done\nok ")
    assert "mistake" not in terminal.history_text
    assert double.commands == ["version"]


def test_random_sequences_send_nothing(double: Double, terminal: Terminal) -> None:
    chance = random.Random(11)
    ends = "mMABCDHFZ~chlpqs@"
    for _ in range(40):
        for _ in range(10):
            middle = "".join(chance.choice("0123456789;:<>?$ ") for _ in range(chance.randrange(8)))
            terminal.send(f"\x1b[{middle}{chance.choice(ends)}")
        terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    assert "mistake" not in terminal.history_text
    assert double.commands == []


def test_who_has_begun_to_mark_may_type_on(terminal: Terminal) -> None:
    terminal.send("dags\x00 list")
    terminal.wait_for("my-env> dags list")


@pytest.fixture
def broken(environ: dict[str, str]) -> Iterator[Terminal]:
    with Terminal([sys.executable, "-c", BREAKS, "2"], environ) as running:
        yield running


def test_a_prompt_that_breaks_down_begins_anew(double: Double, broken: Terminal) -> None:
    broken.wait_for("my-env> dags li")
    said = " ".join(broken.text.split())
    assert said.count("The prompt has restarted because of a bug in mwaa-shell: ValueError") == 2
    assert "what was typed" not in said
    broken.key("ctrl-c")
    broken.wait_for_prompt("my-env")
    assert double.commands == []


def test_shell_ends_when_the_prompt_breaks_down_again_and_again(environ: dict[str, str]) -> None:
    with Terminal([sys.executable, "-c", BREAKS, "1000"], environ) as running:
        assert running.wait_exit() == 4
        assert running.text.count("The prompt has restarted") == 3
        assert "This is a bug in mwaa-shell: ValueError" in running.text.replace("\n", "")
