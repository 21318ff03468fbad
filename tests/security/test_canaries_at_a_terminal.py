"""Secrets of a session at a terminal leave no trace outside their requests.

What the terminal was sent is searched byte by byte: the screen, what was on it in between, titles, the clipboard.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.double import Double, never
from tests.security import stage
from tests.security.canaries import OUTSIDE, STORED, TOKEN, TYPED, core, left_in, left_in_files, secret
from tests.terminal.emulator import Terminal

#: Writes down who it is, what it was given and who started it, and reads to the end.
WITNESS = """#!/bin/sh
{ tr '\\0' '\\n' < /proc/self/environ; tr '\\0' ' ' < /proc/$$/cmdline; tr '\\0' ' ' < /proc/$PPID/cmdline
tr '\\0' '\\n' < /proc/$$/environ; } >> "$HOME/witness-$1.txt"
cat > /dev/null
"""
Open = Callable[..., Terminal]


@pytest.fixture
def witness(tmp_path: Path) -> Path:
    path = tmp_path / "witness"
    path.write_text(WITNESS)
    path.chmod(0o700)
    return path


@pytest.fixture
def opened(environ: dict[str, str], witness: Path, tmp_path: Path) -> Iterator[Open]:
    terminals: list[Terminal] = []
    (tmp_path / "work").mkdir()
    (tmp_path / ".aws").mkdir()
    keys = {"aws_access_key_id": "accesskey", "aws_secret_access_key": "secretkey", "aws_session_token": "sessiontoken"}
    file = tmp_path / ".aws" / "credentials"
    file.write_text("[default]\n" + "".join(f"{name} = {core(own)}\n" for name, own in keys.items()))

    def start(*options: str) -> Terminal:
        kept = {name: value for name, value in stage.variables(environ).items() if "AWS_S" not in name}
        kept = {name: value for name, value in kept.items() if name != "AWS_ACCESS_KEY_ID"}
        kept |= {"PAGER": f"{witness} pager", "AWS_SHARED_CREDENTIALS_FILE": str(file)}
        program = [sys.executable, "-m", "mwaa_shell", "my-env", "--log-file", "log.jsonl", "--log-output",
                   "--debug", "debug.log", *options]  # fmt: skip
        terminals.append(Terminal(program, kept, 200, 40, cwd=tmp_path / "work"))
        terminals[-1].wait_for("AVAILABLE")
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.close()


def ran(terminal: Terminal, line: str) -> None:
    """Type a line whose secrets are covered, and wait for the next prompt."""
    terminal.enter(line)
    terminal.wait_for_prompt("my-env")


def fails(terminal: Terminal, line: str) -> None:
    """Run a line that comes back to the prompt, and drop it."""
    terminal.enter(line)
    terminal.wait_for(lambda text: f"my-env> {line}\n" in f"{text}\n" and text.count(line) > 2)
    terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")


def leave(terminal: Terminal) -> None:
    terminal.enter("exit")
    assert terminal.wait_exit() == 0


def own_files(folder: Path) -> list[Path]:
    """What the user has written, not the program."""
    return [folder / ".aws" / "credentials", folder / "witness"]


def test_nothing_is_left_of_what_somebody_types(double: Double, opened: Open, witness: Path, tmp_path: Path) -> None:
    stage.act(double)
    terminal = opened()
    ran(terminal, ".tee talk.txt")
    for line in stage.lines():
        if "--no-such-flag" in line:
            terminal.enter(line)
            terminal.wait_for("Unknown option")
            terminal.key("ctrl-c")
            terminal.wait_for_prompt("my-env")
        else:
            ran(terminal, line)
    ran(terminal, ".tee off")
    ran(terminal, "connections list")
    ran(terminal, ".as vertical")
    ran(terminal, f"connections list | {witness} command")
    ran(terminal, ".set reveal on")
    ran(terminal, ".set output json")
    ran(terminal, ".history --all")
    ran(terminal, ".saved")
    terminal.enter("!users")
    terminal.wait_for("the command changes data")
    terminal.key("enter")
    terminal.wait_for("--password:")
    terminal.send(secret("mask") + "\r")
    terminal.wait_for_prompt("my-env")
    terminal.key("up")
    terminal.wait_for(lambda text: "-p '***'" in text.rpartition("my-env>")[2])
    terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    leave(terminal)
    sent = "\n".join(double.commands)
    for name in ("uri", "password", "json", "given", "mask", "private"):
        assert core(name) in sent, name
    everything = (*OUTSIDE, *TYPED, TOKEN)
    assert left_in(bytes(terminal.raw), (*everything, *STORED)) == []
    assert list(left_in_files(tmp_path, (*everything, *STORED), but=own_files(tmp_path))) == []
    assert not re.search(rb"\x1b\][0-9]+;|\x1bk", bytes(terminal.raw)), "no title is set"
    assert "witness" in (tmp_path / "witness-command.txt").read_text()
    assert "PAGER=" in (tmp_path / "witness-command.txt").read_text()


def test_nothing_is_left_after_failures(double: Double, opened: Open, tmp_path: Path) -> None:
    stage.act(double, refuses="connections add")
    terminal = opened("--timeout", "1")
    ran(terminal, ".tee talk.txt")
    for line in (stage.GARBLED, stage.REFUSED):
        fails(terminal, line)
    ran(terminal, ".raw --http")
    ran(terminal, f"connections add one --conn-password '{secret('password')}'")
    terminal.wait_for("unrecognized arguments: ***")
    ran(terminal, ".raw")
    fails(terminal, stage.HANGS)
    leave(terminal)
    assert core("password") in double.commands[-2]
    everything = (*OUTSIDE, *TYPED, TOKEN)
    assert left_in(bytes(terminal.raw), everything) == []
    assert list(left_in_files(tmp_path, everything, but=own_files(tmp_path))) == []


def test_nothing_is_left_after_ctrl_c(double: Double, opened: Open, tmp_path: Path) -> None:
    stage.act(double)
    terminal = opened()
    terminal.run("my-env", "version")
    usual = double.web.behave
    double.web.behave = lambda request: never(request) if b"set" in request.body else usual(request)
    terminal.enter(f"variables set db_password '{secret('variable')}'")
    terminal.wait_for("running")
    terminal.key("ctrl-c")
    terminal.wait_for("interrupted")
    terminal.wait_for_prompt("my-env")
    ran(terminal, "version")
    terminal.wait_for("variables set db_password '***' may still be running")
    leave(terminal)
    assert left_in(bytes(terminal.raw), (*OUTSIDE, *TYPED, TOKEN)) == []
    assert list(left_in_files(tmp_path, (*OUTSIDE, *TYPED, TOKEN), but=own_files(tmp_path))) == []
