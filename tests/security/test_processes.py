"""Arguments and variables of started programs contain no typed secrets.

Python's audit events report every start; the started programs report their arguments.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.double import Double, command_response
from tests.security import stage
from tests.security.canaries import OUTSIDE, STORED, TOKEN, TYPED, core, left_in, secret
from tests.terminal.emulator import Terminal

#: Runs the program, and writes down whatever is started: what, with which arguments and which variables of its own.
TELLS = """
import os, sys
told = os.open({file!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def tell(event, given):
    if event in ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "pty.spawn"):
        os.write(told, f"{{event}} {{given!r}}\\n".encode())
sys.addaudithook(tell)
from mwaa_shell.cli import main
sys.argv[0] = "mwaa-shell"
sys.exit(main(sys.argv[1:]))
"""
#: Writes down its arguments and variables, and those of its parent.
WITNESS = """#!/bin/sh
{ echo "$0 $*"; tr '\\0' '\\n' < /proc/self/environ; tr '\\0' ' ' < /proc/$$/cmdline; tr '\\0' ' ' < /proc/$PPID/cmdline
} >> "$HOME/witness-$1.txt"
case $1 in
  credentials) cat "$HOME/lent.json" ;;
  editor) ls -l "$2" > "$HOME/witness-modes.txt"; printf ' --json' >> "$2" ;;
  *) cat > /dev/null ;;
esac
"""
LENT = {"Version": 1, "AccessKeyId": core("accesskey"), "SecretAccessKey": core("secretkey"),
        "SessionToken": core("sessiontoken")}  # fmt: skip
LONG = "\n".join(f"line {number}" for number in range(200)).encode()


@pytest.fixture
def terminal(double: Double, environ: dict[str, str], tmp_path: Path) -> Iterator[Terminal]:
    stage.act(double)
    witness = tmp_path / "witness"
    witness.write_text(WITNESS)
    witness.chmod(0o700)
    (tmp_path / "lent.json").write_text(json.dumps(LENT))
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(f"[profile lent]\ncredential_process = {witness} credentials\n")
    kept = {name: value for name, value in stage.variables(environ).items() if name not in stage.KEYS}
    kept |= {"PAGER": f"{witness} pager", "EDITOR": f"{witness} editor", "VISUAL": f"{witness} editor"}
    program = [sys.executable, "-c", TELLS.format(file=str(tmp_path / "told.txt")), "my-env", "--profile", "lent"]
    with Terminal(program, kept, 200, 40, cwd=tmp_path) as opened:
        opened.wait_for("AVAILABLE")
        yield opened


def edit(terminal: Terminal, line: str) -> None:
    """Type a line, and have it changed in the editor."""
    terminal.send(line)
    terminal.wait_for(lambda text: line.partition("'")[0] in text.rpartition("my-env>")[2])
    terminal.send("\x18\x05")
    terminal.wait_for(lambda text: "*' --json" in text.rpartition("my-env>")[2])


def told(folder: Path) -> str:
    return (folder / "told.txt").read_text()


def test_no_program_that_is_started_gets_a_secret(double: Double, terminal: Terminal, tmp_path: Path) -> None:
    usual = double.web.behave
    for line in stage.lines():
        if "--no-such-flag" in line:
            continue
        terminal.enter(line)
        terminal.wait_for_prompt("my-env")
    double.web.behave = lambda request: command_response(LONG) if b"report" in request.body else usual(request)
    terminal.enter("dags report")
    terminal.wait_for_prompt("my-env")
    terminal.enter(f"connections list | {tmp_path / 'witness'} command")
    terminal.wait_for_prompt("my-env")
    edit(terminal, f"variables set db_password '{secret('variable')}'")
    terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    running = Path(f"/proc/{terminal.pid}/cmdline").read_bytes() + Path(f"/proc/{terminal.pid}/comm").read_bytes()
    terminal.enter("exit")
    assert terminal.wait_exit() == 0
    started = told(tmp_path)
    for name in ("credentials", "pager", "command", "editor"):
        assert f"witness {name}" in started or f"'{name}'" in started, name
        assert "witness" in (tmp_path / f"witness-{name}.txt").read_text()
    everything = [name for name in (*OUTSIDE, *TYPED, *STORED, TOKEN) if name != "local"]
    assert left_in(started.replace(f"API_TOKEN={core('local')}", "").encode() + running, everything) == []
    for path in tmp_path.glob("witness-*.txt"):
        assert left_in(path.read_bytes(), (*everything, "local")) == [], path.name


def test_an_editor_gets_a_private_file_that_is_gone_afterwards(terminal: Terminal, tmp_path: Path) -> None:
    edit(terminal, f"variables set db_password '{secret('variable')}'")
    terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    terminal.enter("exit")
    assert terminal.wait_exit() == 0
    assert (tmp_path / "witness-modes.txt").read_text().startswith("-rw-------")
    assert os.listdir(tmp_path / "tmp") == []
