"""Held here: what the shell says behind a program of this machine stands on a line of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.conftest import scrubbed
from tests.terminal.emulator import Terminal

#: A program that leaves the cursor where it likes, and then the shell.
WRITES = """
import os, sys
from mwaa_shell.output.local_program import ensure_line_start
os.write(1, sys.argv[1].encode().decode("unicode_escape").encode())
ensure_line_start()
os.write(1, b"ok\\n")
"""


def screen(text: str, home: Path, *, before: str = "", term: str = "xterm") -> Terminal:
    environ = scrubbed(home) | {"TERM": term}
    command = [sys.executable, "-c", WRITES, text.encode("unicode_escape").decode()]
    argv = ["/bin/sh", "-c", f'"$@" {before}', "sh", *command]
    with Terminal(argv, environ, columns=20, rows=6) as terminal:
        assert terminal.wait_exit() == 0
    return terminal


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "ok"),
        ("one", "one\nok"),
        ("one\n", "one\nok"),
        ("one\n\n", "one\n\nok"),
        ("x" * 19, "x" * 19 + "\nok"),
        ("x" * 20, "x" * 20 + "\nok"),
        ("x" * 21, "x" * 20 + "\nx\nok"),
        ("漢" * 9 + "x", "漢" * 9 + "x\nok"),
        ("1\n2\n3\n4\n5\n6", "3\n4\n5\n6\nok"),
        ("1\n2\n3\n4\n5\n", "2\n3\n4\n5\nok"),
    ],
)
def test_what_comes_next_begins_a_line(text: str, expected: str, tmp_path: Path) -> None:
    assert screen(text, tmp_path).text == expected


@pytest.mark.parametrize(("before", "term"), [("", "dumb"), ("2>/dev/null", "xterm"), ("| cat", "xterm")])
def test_nothing_is_written_where_it_means_nothing(before: str, term: str, tmp_path: Path) -> None:
    assert bytes(screen("one", tmp_path, before=before, term=term).raw) == b"oneok\r\n"
