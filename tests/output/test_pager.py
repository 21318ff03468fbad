"""Held here: what fits is written, what does not goes through the user's pager, piece by piece and no further than it
reads; whatever is wrong with a pager, the text is shown."""

from __future__ import annotations

import io
import itertools
import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.measure import RESET
from mwaa_shell.output.pager import PROMPT, pager_command, pager_environment, put, rows_of
from mwaa_shell.streams import Streams
from tests.conftest import scrubbed
from tests.terminal.emulator import Terminal

TABLE = "dag_id  owner\n──────  ─────\nsales   ops\n"
#: More lines than the screen of these tests has.
LONG = [f"line {number}\n" for number in range(100)]


class Screen(Streams):
    """Streams that are a terminal, and what was written to them."""

    def __init__(self) -> None:
        super().__init__(io.StringIO(), io.BytesIO(), io.BytesIO(), stdin_tty=True, stdout_tty=True, stderr_tty=True)

    @property
    def shown(self) -> str:
        assert isinstance(self.stdout, io.BytesIO)
        return self.stdout.getvalue().decode()

    @property
    def said(self) -> str:
        assert isinstance(self.stderr, io.BytesIO)
        return self.stderr.getvalue().decode()


def show(pieces: Iterator[str] | list[str], screen: Screen, *, wanted: bool = True) -> Screen:
    put(pieces, screen, DisplayOptions(), pager=wanted)
    return screen


def shell(script: str) -> str:
    """A pager that is a script."""
    return f"sh -c {shlex.quote(script)}"


# -- which pager -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"PAGER": "less -S"}, ["less", "-S"]),
        ({"PAGER": "sh -c 'head -1'", "TERM": "dumb"}, ["sh", "-c", "head -1"]),
        ({"PAGER": ""}, None),
        ({"PAGER": "  "}, None),
        ({"PAGER": "'open"}, ["'open"]),
        ({"TERM": "xterm", "PATH": "/nowhere"}, None),
    ],
)
def test_the_pager_is_the_users(environ: Mapping[str, str], words: list[str] | None) -> None:
    assert pager_command(environ) == words


def test_less_where_nobody_chose_and_the_terminal_can(tmp_path: Path) -> None:
    (tmp_path / "less").touch(mode=0o755)
    path = {"PATH": str(tmp_path)}
    assert pager_command(path | {"TERM": "xterm"}) == ["less"]
    assert pager_command(path | {"TERM": "dumb"}) is None
    assert pager_command(path) is None


def test_a_pager_in_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert pager_command({"PAGER": "~/bin/mine ~/x"}) == ["/home/me/bin/mine", "~/x"]


def test_less_is_told_what_suits_a_shell_unless_the_user_told_it() -> None:
    usual = {"LESS": f"-FRX {PROMPT}", "LESSCHARSET": "utf-8", "LESSSECURE": "1"}
    assert pager_environment({"A": "b"}) == {"A": "b", **usual}
    own = pager_environment({"LESS": "", "LESSSECURE": ""})
    assert (own["LESS"], own["LESSSECURE"]) == ("", "")


@pytest.mark.parametrize(
    ("says", "text", "header"),
    [
        ("less 668 (GNU regular expressions)", TABLE, True),
        ("less 668 (GNU regular expressions)", f"\x1b[1m{TABLE.replace(chr(10), RESET + chr(10), 1)}", True),
        ("less 668 (GNU regular expressions)", "no table\nat all\n", False),
        ("less 668 (GNU regular expressions)", "─────", False),
        ("less 668 (GNU regular expressions)", "", False),
        ("less 590 (GNU regular expressions)", TABLE, False),
        ("less 581.2 (POSIX regular expressions)", TABLE, False),
        ("BusyBox v1.36.1", TABLE, False),
        ("", TABLE, False),
    ],
)
def test_less_keeps_the_header_of_a_table_where_it_can(says: str, text: str, header: bool, tmp_path: Path) -> None:
    program = tmp_path / "less"
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)
    options = pager_environment({}, [str(program)], text)["LESS"]
    assert options == (f"-FRX --header=2 {PROMPT}" if header else f"-FRX {PROMPT}")
    assert pager_environment({"LESS": "-R"}, [str(program)], text)["LESS"] == "-R"
    other = program.rename(tmp_path / "more")
    assert pager_environment({}, [str(other)], text)["LESS"] == f"-FRX {PROMPT}"


# -- whether it fits ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", 0),
        ("one", 1),
        ("one\ntwo\n", 2),
        ("\n\n\n", 3),
        ("x" * 10, 1),
        ("x" * 10 + "\n", 1),
        ("x" * 11, 2),
        ("\x1b[31m" + "x" * 10 + "\x1b[0m\n", 1),
        ("漢" * 5, 1),
        ("x" + "漢" * 5, 2),
        ("é" * 5 + "e\u0301" * 5, 1),
        ("a\tb", 1),
    ],
)
def test_rows_are_counted_as_a_terminal_fills_them(text: str, rows: int) -> None:
    assert rows_of(text, 10) == rows


#: What pyte wraps as a terminal does: wide and combining characters and tabs at the edge it does not.
PIECES = st.lists(st.sampled_from(["a", "wörter ", "\n", "\x1b[1;31m", "\x1b[0m", "x" * 9]))


@given(PIECES, st.integers(2, 30))
def test_a_terminal_needs_as_many_rows(pieces: list[str], width: int) -> None:
    text = "".join([*pieces, "\n"])
    screen = pyte.Screen(width, 400)
    pyte.Stream(screen).feed(text.replace("\n", "\r\n"))
    assert rows_of(text, width) == screen.cursor.y


# -- what is shown -----------------------------------------------------------------------------------------------------


def test_what_fits_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "false")
    assert show(LONG[:22], Screen()).shown == "".join(LONG[:22])


@pytest.mark.parametrize("name", ["", None])
def test_without_a_pager_everything_is_written(name: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", "false")
    if name is not None:
        monkeypatch.setenv("PAGER", name)
    assert show(LONG, Screen(), wanted=name is not None).shown == "".join(LONG)


def test_what_does_not_fit_goes_to_the_pager(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PAGER", shell(f"cat > {tmp_path}/seen"))
    screen = show(["grüße \ud800\n", *LONG[:22]], Screen())
    assert (tmp_path / "seen").read_bytes() == "".join(["grüße ?\n", *LONG[:22]]).encode()
    assert (screen.shown, screen.said) == ("", "")


@pytest.mark.parametrize("piece", ["line\n", "x" * 50_000_000], ids=["lines", "one line of 50 MB"])
def test_a_pager_that_is_left_ends_the_taking(piece: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PAGER", shell(f"head -c 4 > {tmp_path}/seen"))
    assert show(itertools.repeat(piece), Screen()).said == ""
    assert (tmp_path / "seen").read_text() == piece[:4]


def test_the_pager_starts_before_there_is_more_than_a_screen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    monkeypatch.setenv("PAGER", shell(f"echo up > {fifo}; cat > {tmp_path}/seen"))

    def pieces() -> Iterator[str]:
        yield from LONG[:23]
        assert fifo.read_text() == "up\n"
        yield "end"

    show(pieces(), Screen())
    assert (tmp_path / "seen").read_text().endswith("line 22\nend")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("no-such-pager", "could not be started: No such file or directory"),
        ("'open", "could not be started: No such file or directory"),
        ("false", "ended with exit code 1"),
        (shell("kill -TERM $$"), "was ended by SIGTERM"),
        (shell("nonesuch-of-this-name"), "ended with exit code 127 (not found)"),
    ],
)
def test_a_pager_that_does_not_work_is_said(
    name: str, why: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PAGER", name)
    screen = Screen()
    show(LONG, screen)
    assert screen.shown == "".join(LONG)
    program = shlex.split(name)[0] if name != "'open" else name
    assert screen.said == f"mwaa-shell: The pager {program} {why}. The output is shown without it.\n"


def test_a_pager_that_has_shown_much_and_fails_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAGER", shell("head -c 1000000 > /dev/null; exit 3"))
    screen = show(itertools.repeat("line\n"), Screen())
    assert (screen.shown, screen.said) == ("", "")


# -- the terminal ------------------------------------------------------------------------------------------------------

PROGRAM = """
import signal, subprocess, sys
from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.pager import put
from mwaa_shell.streams import standard_streams

def modes():
    told = subprocess.run(["stty", "-a"], capture_output=True, text=True, check=True).stdout.split()
    return [word for word in told if word.strip("-;") in ("echo", "icanon")]

subprocess.run(["stty", "-echo", "-icanon"], check=True)
put((f"line {number}\\n" for number in range(100)), standard_streams(), DisplayOptions(), pager=True)
print("after", *sorted(modes()), signal.getsignal(signal.SIGINT) is signal.default_int_handler, flush=True)
sys.stdin.readline()
"""


def running(pager: str, tmp_path: Path) -> Terminal:
    """A program that pages, in a terminal."""
    environ = scrubbed(tmp_path) | {"PAGER": pager}
    environ["PYTHONPATH"] += f":{Path(__file__).parents[2]}"
    return Terminal([sys.executable, "-c", PROGRAM], environ)


def test_the_terminal_and_ctrl_c_are_the_pagers_while_it_runs(tmp_path: Path) -> None:
    script = tmp_path / "pager"
    script.write_text(
        "trap 'echo theirs' INT\nstty -a < /dev/tty | grep -ow -- '-*icanon'\necho up\n"
        "read answer < /dev/tty\nread answer < /dev/tty\nstty raw < /dev/tty\n"
    )
    with running(f"sh {script}", tmp_path) as terminal:
        terminal.wait_for(lambda text: "icanon\nup" in text and "-icanon" not in text)
        terminal.key("ctrl-c")
        terminal.wait_for("theirs")
        terminal.enter()
        terminal.enter()
        terminal.wait_for("after -echo -icanon True")


@pytest.mark.skipif(shutil.which("less") is None, reason="less is not installed")
def test_less(tmp_path: Path) -> None:
    with running("less", tmp_path) as terminal:
        terminal.wait_for(lambda text: text.endswith("line 22\nlines 1-23  q: leave  h: help"))
        terminal.send(" ")
        terminal.wait_for(lambda text: text.endswith("line 45\nlines 24-46  q: leave  h: help"))
        terminal.send("q")
        terminal.wait_for("after -echo -icanon True")
        assert "line 46" not in terminal.text
