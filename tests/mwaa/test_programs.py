"""A credential_process that asks: it gets the terminal with ``-c``, and none at a prompt, which stays alive.

The programs are real, and so is boto3. Each program notes in a file that it ran, and what it was answered.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.double import Double
from tests.mwaa.test_sources import process, variables_of
from tests.terminal.emulator import Terminal
from tests.terminal.forked import Forks

KEYS = '{"Version": 1, "AccessKeyId": "AKIDASKED", "SecretAccessKey": "s"}'
#: Ways to ask for a code: at the terminal, or on standard error and standard input.
ASKS = {
    "terminal": "printf 'MFA code: ' > /dev/tty\nread code < /dev/tty",
    "standard input": "printf 'MFA code: ' >&2\nread code",
}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def written(folder: Path, name: str, body: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o700)
    return str(path)


def asking(asks: str, log: Path) -> str:
    """A program that gives keys for the right code only."""
    rest = f"echo got:$code >> {log}\n[ \"$code\" = 123456 ] || {{ echo wrong code >&2; exit 1; }}\necho '{KEYS}'"
    return written(log.parent, "asks", f"echo run >> {log}\n{asks}\n{rest}")


class Fifo(NamedTuple):
    """The end of a pipe with a name that is open while a program runs which has the other one."""

    path: Path
    reader: int

    def read(self) -> bytes:
        """What a program wrote; empty once no program has its end open."""
        assert select.select([self.reader], [], [], 60)[0], "a program has its end open and says nothing"
        return os.read(self.reader, 4)

    def wait_for_end(self) -> None:
        """Read until no program has its end open, also if none has opened it."""
        os.close(os.open(self.path, os.O_WRONLY))  # a pipe that nobody has opened never ends
        while self.read():
            pass


def fifo(log: Path, name: str) -> Fifo:
    path = log.parent / name
    os.mkfifo(path)
    return Fifo(path, os.open(path, os.O_RDONLY | os.O_NONBLOCK))


def variables(environ: Mapping[str, str], program: str) -> dict[str, str]:
    return variables_of(environ, process(program), AWS_PROFILE="mine")


@pytest.mark.parametrize("asks", ASKS.values(), ids=ASKS)
def test_answer_is_taken_with_c(
    asks: str, program: list[str], environ: dict[str, str], log: Path, double: Double, forks: Forks
) -> None:
    command = [*program, "my-env", "-c", "version"]
    with Terminal(command, variables(environ, asking(asks, log)), 120, 24, begin=forks.begin) as terminal:
        if "/dev/tty" in asks:
            terminal.wait_for("MFA code:")
        terminal.enter("123456")
        assert terminal.wait_exit() == 0
        assert "done" in terminal.text
    assert log.read_text() == "run\ngot:123456\n"
    assert "AKIDASKED" in double.aws.seen[-1].headers["authorization"]


def test_doctor_shows_question_and_answer(program: list[str], environ: dict[str, str], log: Path, forks: Forks) -> None:
    """The line that shows what the doctor waits for neither covers the question nor hides what is typed."""
    command = [*program, "doctor", "my-env"]
    with Terminal(command, variables(environ, asking(ASKS["terminal"], log)), 120, 40, begin=forks.begin) as terminal:
        terminal.wait_for("MFA code:")
        terminal.enter("123456")
        terminal.wait_for("MFA code: 123456")
        terminal.wait_exit()
        assert "from the credential_process, key ****SKED" in terminal.text
    assert log.read_text() == "run\ngot:123456\n"


@pytest.mark.parametrize("asks", ASKS.values(), ids=ASKS)
def test_prompt_stays_alive(
    asks: str, program: list[str], environ: dict[str, str], log: Path, double: Double, forks: Forks
) -> None:
    started = variables(environ, asking(asks, log))
    with Terminal([*program, "my-env"], started, 500, 24, begin=forks.begin) as terminal:
        terminal.wait_for("No AWS credentials from the credential_process of profile mine (")
        terminal.wait_for("Run aws sts get-caller-identity --profile mine in another terminal, or start with -c")
        terminal.wait_for_prompt("my-env")
        terminal.send("dags lis")
        terminal.wait_for("my-env> dags lis")
        terminal.key("ctrl-c")
        terminal.wait_for_prompt("my-env")
        terminal.send("dags list")
        terminal.wait_for("my-env> dags list")
        terminal.key("enter")
        terminal.wait_for(lambda text: text.count("my-env> dags list") == 2)
        terminal.key("ctrl-c")
        terminal.clear("my-env")
        terminal.key("ctrl-d")
        assert terminal.wait_exit() == 0
        assert b"MFA code: \x1b" not in bytes(terminal.raw)
    assert "got:1" not in log.read_text()
    assert double.aws.seen == []


def test_log_in_elsewhere_is_used(program: list[str], environ: dict[str, str], log: Path, forks: Forks) -> None:
    """What the program has kept from an answer in another terminal is taken by the command that did not run."""
    kept = log.parent / "kept"
    path = written(log.parent, "keeps", f"cat {kept} && exit\n{ASKS['terminal']}\nexit 1")
    with Terminal([*program, "my-env"], variables(environ, path), 500, 24, begin=forks.begin) as terminal:
        terminal.wait_for("in another terminal, or start with -c")
        terminal.wait_for_prompt("my-env")
        terminal.send("version")
        terminal.wait_for("my-env> version")
        terminal.key("enter")
        terminal.wait_for(lambda text: text.count("my-env> version") == 2)
        kept.write_text(KEYS)
        terminal.key("enter")
        terminal.wait_for("done")
        terminal.wait_for_prompt("my-env")


@pytest.mark.parametrize("key", ["ctrl-c", "ctrl-d", "hangup"])
def test_program_that_hangs_is_ended(
    key: str, program: list[str], environ: dict[str, str], log: Path, forks: Forks
) -> None:
    """Ctrl-C ends the wait of a command and the program with it, which starts again. The end of the shell ends both."""
    first, second = fifo(log, "first"), fifo(log, "second")
    body = f"if mkdir {log}; then exec 9> {first.path}; else exec 9> {second.path}; fi\necho run >&9\nexec sleep 1000"
    path = written(log.parent, "hangs", body)
    with Terminal([*program, "my-env"], variables(environ, path), 120, 24, begin=forks.begin) as terminal:
        terminal.wait_for_prompt("my-env")
        assert first.read() == b"run\n"
        if key == "ctrl-c":
            terminal.send("version")
            terminal.wait_for("my-env> version")
            terminal.key("enter")
            terminal.wait_for("Ctrl-C stops waiting")
            terminal.key(key)
            terminal.wait_for("interrupted")
            assert first.read() == b""
        elif key == "ctrl-d":
            terminal.key(key)
            assert terminal.wait_exit() == 0
    assert first.read() == b""
    second.wait_for_end()


def test_no_program_outlives_the_shell(environ: dict[str, str], log: Path) -> None:
    """A thread of the shell that asks for credentials again and again starts none while the shell ends."""
    started = fifo(log, "started")
    path = written(log.parent, "hangs", f"exec 9> {started.path}\necho run >&9\nexec sleep 1000")
    ask = (
        "import subprocess, threading\n"
        "from mwaa_shell.mwaa import programs\n"
        "programs.TERMINAL.is_kept = True\n"
        "begun = threading.Event()\n"
        "def ask():\n"
        "    while True:\n"
        f"        running = programs.popen([{path!r}], stdout=subprocess.PIPE)\n"
        "        begun.set()\n"
        "        running.communicate()\n"
        "threading.excepthook = lambda raised: None\n"
        "for _ in range(8):\n"
        "    threading.Thread(target=ask, daemon=True).start()\n"
        "begun.wait()\n"
    )
    subprocess.run([sys.executable, "-c", ask], env=environ, check=True, timeout=60)
    started.wait_for_end()


def test_program_that_ignores_ctrl_c_is_ended(program: list[str], environ: dict[str, str], log: Path) -> None:
    """The keys are for the user's own shell then, which has started this one."""
    fifo = log.parent / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    path = written(log.parent, "waits", f"trap '' INT\nexec 9> {fifo}\n{ASKS['terminal']}")
    users = ["/bin/sh", "-c", 'trap : INT; "$@"; echo code:$?; read typed; echo typed:$typed', "sh"]
    with Terminal([*users, *program, "my-env", "-c", "version"], variables(environ, path), 120, 24) as terminal:
        terminal.wait_for("MFA code:")
        terminal.key("ctrl-c")
        terminal.wait_for("code:130")
        assert select.select([reader], [], [], 30)[0], "the program still has its end open"
        terminal.enter("ls")
        terminal.wait_for("typed:ls")
    os.close(reader)


def test_script_on_standard_input_is_not_taken(
    program: list[str], environ: dict[str, str], log: Path, double: Double, forks: Forks
) -> None:
    """The script is longer than what is read ahead of the first command."""
    given = variables(environ, written(log.parent, "reads", f"cat >> {log}\necho '{KEYS}'"))
    lines = b"version\n" + b"# a comment\n" * 20_000 + b"dags list\n"
    ended = forks.run([*program, "my-env"], given, lines)
    assert ended.returncode == 0, ended.stderr
    assert [command.split(" -")[0] for command in double.commands] == ["version", "dags list"]
    assert log.read_text() == ""
