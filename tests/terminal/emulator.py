"""A terminal for tests and pictures: a program in a pseudo-terminal of its own, and pyte as the screen.

The program sees a real terminal of a given size that answers its queries (cursor position, device attributes). There
is no thread and no sleep: output is read while something waits, so a test that sends keys then waits for what they do.
"""

from __future__ import annotations

import copy
import os
import pty
import select
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

import pyte
from pyte.screens import Char, Cursor, StaticDefaultDict

from mwaa_shell.prompt_text import PLACEHOLDER

Row = StaticDefaultDict[int, Char]
#: Seconds that a machine may take which does much else.
PATIENCE = 60
AnyPath = str | Path | None

#: Opens the terminal as the leader of a new session, which makes it the controlling one, and becomes the program.
BECOME = 'tty=$1; shift; exec "$@" <>"$tty" >&0 2>&0'

KEYS = {
    "enter": "\r",
    "tab": "\t",
    "escape": "\x1b",
    "backspace": "\x7f",
    "delete": "\x1b[3~",
    "shift-tab": "\x1b[Z",
    "f1": "\x1bOP",
    "ctrl-_": "\x1f",
}
#: Keys that begin with ``ESC O`` instead of ``ESC [`` where the program asked for application keys.
CURSOR_KEYS = {"up": "A", "down": "B", "right": "C", "left": "D", "end": "F", "home": "H"}
#: Private modes, shifted as pyte keeps them. prompt_toolkit takes pastes in brackets while a prompt takes keys.
APPLICATION_KEYS, ALTERNATE_SCREEN, PASTES_IN_BRACKETS = 1 << 5, 1049 << 5, 2004 << 5


class Screen(pyte.Screen):
    """pyte's screen with what it lacks: lines that scrolled off are kept, an alternate screen, shrinking like xterm."""

    def __init__(self, columns: int, lines: int, response: Callable[[str], None]) -> None:
        self.scrolled: list[str] = []
        self._main: tuple[dict[int, Row], Cursor] | None = None
        self._response = response
        super().__init__(columns, lines)

    def write_process_input(self, data: str) -> None:
        """An answer to a query of the program."""
        self._response(data)

    def row_text(self, y: int) -> str:
        """One line as text; the second cell of a wide character is empty."""
        row = self.buffer[y]
        return "".join(row[x].data for x in range(self.columns)).rstrip()

    def index(self) -> None:
        """Keep the line that leaves at the top."""
        if self.cursor.y == self.lines - 1 and not self.margins and self._main is None:
            self.scrolled.append(self.row_text(0))
        super().index()

    def set_mode(self, *modes: int, **kwargs: Any) -> None:
        """Put the main screen aside."""
        before = self.mode.copy()
        super().set_mode(*modes, **kwargs)
        if ALTERNATE_SCREEN in self.mode - before:
            self._main = dict(self.buffer), copy.copy(self.cursor)
            self.buffer.clear()

    def reset_mode(self, *modes: int, **kwargs: Any) -> None:
        """Bring the main screen back."""
        super().reset_mode(*modes, **kwargs)
        if self._main is not None and ALTERNATE_SCREEN not in self.mode:
            self.buffer.clear()
            self.buffer.update(self._main[0])
            self.cursor, self._main = self._main[1], None

    def resize(self, lines: int | None = None, columns: int | None = None) -> None:
        """Take lines away below the cursor, and only then at the top; pyte alone leaves the cursor where it was."""
        height = lines or self.lines
        over = max(self.cursor.y + 1 - height, 0)
        self.scrolled += [self.row_text(y) for y in range(over)]
        rows = [self.buffer[y] for y in range(over, min(over + height, self.lines))]
        self.buffer.clear()
        self.buffer.update(enumerate(rows))
        self.cursor.y -= over
        self.lines = height
        super().resize(height, columns)
        self.ensure_hbounds()


class Process(Protocol):
    """A program that runs."""

    @property
    def pid(self) -> int: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def kill(self) -> None: ...


#: Runs a program with an environment and in a folder, as the leader of a new session on a terminal.
Begin = Callable[[Sequence[str], Mapping[str, str], AnyPath, str], Process]


def spawn(argv: Sequence[str], env: Mapping[str, str], cwd: AnyPath, tty: str) -> Process:
    """Start a program."""
    command = ["/bin/sh", "-c", BECOME, "sh", tty, *argv]
    with open(tty, "r+b", buffering=0) as slave:
        return subprocess.Popen(
            command, env=env, cwd=cwd, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
        )


class Terminal(AbstractContextManager["Terminal"]):
    """A running program and the screen it draws on; ``env`` is its whole environment, but for a missing TERM."""

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        columns: int = 80,
        rows: int = 24,
        cwd: AnyPath = None,
        begin: Begin = spawn,
    ) -> None:
        self.raw = bytearray()  #: all that the program wrote
        self.ended = False  #: nobody has the terminal open any more
        self.screen = Screen(columns, rows, self._queue)
        self._stream = pyte.ByteStream(self.screen)
        self._outgoing = bytearray()
        self._news = False  #: something was written since the last keys were sent, or the window was resized
        self._effects = False  #: the same since the first keys after the last wait: any of them may show what is wanted
        self._has_waited = True
        self._at_enter: list[str] = []  #: all lines when Enter was pressed, if it is the last key
        self._master, slave = pty.openpty()
        os.set_blocking(self._master, False)
        termios.tcsetwinsize(self._master, (rows, columns))
        self._process = begin(argv, {"TERM": "xterm-256color", **env}, cwd, os.ttyname(slave))
        self.pid = self._process.pid  #: the program's, and its session's
        os.close(slave)

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def lines(self) -> list[str]:
        """The screen, one right-stripped string a row."""
        return [self.screen.row_text(y) for y in range(self.screen.lines)]

    @property
    def text(self) -> str:
        """The screen as one string without the empty lines at its end."""
        return "\n".join(self.lines).rstrip("\n")

    @property
    def history_text(self) -> str:
        """What scrolled off, and the screen below it."""
        return "\n".join([*self.screen.scrolled, *self.lines]).rstrip("\n")

    def send(self, text: str) -> None:
        """Type text; what the program writes meanwhile is read, so that neither waits for the other."""
        self._look_again()
        self._at_enter = [*self.screen.scrolled, *self.lines] if text.endswith(KEYS["enter"]) else []
        self._queue(text)
        while self._outgoing and not self.ended:
            self._pump(None)
        self._news = False

    def enter(self, text: str = "") -> None:
        """Type a line."""
        self.send(text + KEYS["enter"])

    def key(self, name: str) -> None:
        """Press a key: one of ``KEYS`` and ``CURSOR_KEYS``, or ``ctrl-`` and a letter."""
        if name in CURSOR_KEYS:
            self.send(("\x1bO" if APPLICATION_KEYS in self.screen.mode else "\x1b[") + CURSOR_KEYS[name])
        else:
            self.send(KEYS[name] if name in KEYS else chr(ord(name.removeprefix("ctrl-").upper()) - 64))

    def look(self) -> None:
        """Read what has been written already; waits for nothing."""
        while not self.ended and select.select([self._master], [], [], 0)[0]:
            self._pump(0)

    def _look_again(self) -> None:
        """Read what was written before keys or a resize, so that it is not taken for their effect."""
        self.look()
        self._effects = self._effects and not self._has_waited
        self._has_waited = False

    def attributes(self) -> list[Any]:
        """How the terminal is set, as ``termios`` has it."""
        return termios.tcgetattr(self._master)

    def resize(self, columns: int, rows: int) -> None:
        """Change the window's size; the program gets SIGWINCH."""
        self._look_again()
        self._news = False
        self.screen.resize(rows, columns)
        termios.tcsetwinsize(self._master, (rows, columns))

    def wait_for(self, wanted: str | Callable[[str], bool], timeout: float = PATIENCE) -> None:
        """Read until the text of the screen, whose lines end without blanks, holds or satisfies ``wanted``.

        The screen of the last wait does not count if keys were typed since: something must have been written.
        Raises ``AssertionError`` with the whole screen in it.
        """
        if isinstance(wanted, str):
            self._wait(lambda: self._effects and wanted in self.text, timeout, repr(wanted))
        else:
            self._wait(lambda: self._effects and wanted(self.text), timeout, "What was waited for")

    def wait_for_prompt(self, name: str, timeout: float = PATIENCE) -> None:
        """Read until an empty prompt ``name> `` stands last, but for a toolbar, with the cursor on it.

        The prompt that the last keys were typed at does not count: something must have been written since, and after
        Enter it stands in another line. Until the keys are shown it is empty, and a toolbar may be written at any time.
        """

        empty = (f"{name}>", f"{name}> {PLACEHOLDER}")
        entered = max((row for row, line in enumerate(self._at_enter) if line.startswith(f"{name}>")), default=-1)

        def stands() -> bool:
            cursor, lines = self.screen.cursor, self.lines
            below = sum(1 for line in lines[cursor.y + 1 :] if line)
            is_another = self._news and len(self.screen.scrolled) + cursor.y != entered
            return is_another and lines[cursor.y] in empty and cursor.x == len(name) + 2 and below <= 1

        self._wait(stands, timeout, f"The prompt of {name}")

    def clear(self, name: str, timeout: float = PATIENCE) -> None:
        """Press Ctrl-L and read until an empty prompt of ``name`` stands in the first line, so that nothing is old."""
        self.key("ctrl-l")

        def stands() -> bool:
            return self._news and (self.lines[0], self.screen.cursor.y) == (f"{name}>", 0)

        self._wait(stands, timeout, "An empty screen")

    def run(self, name: str, command: str, timeout: float = PATIENCE) -> str:
        """Run a line at the prompt of ``name``: type, see it echoed, Enter, until the next prompt; what it printed."""

        def prompt() -> int:
            """The row of the last prompt. The cursor may be on its way to the toolbar and back just now."""
            return max((y for y, line in enumerate(self.lines) if line.startswith(f"{name}>")), default=0)

        self.send(command)
        self._wait(lambda: self._news and command in "".join(self.lines[prompt() :]), timeout, f"The echo of {command}")
        row = len(self.screen.scrolled) + prompt()
        self.enter()

        def stands() -> bool:
            cursor = self.screen.cursor
            on_prompt = self.lines[cursor.y] == f"{name}>" and cursor.x == len(name) + 2
            takes_keys = PASTES_IN_BRACKETS in self.screen.mode  # the echo of a further line begins like a prompt
            return on_prompt and takes_keys and len(self.screen.scrolled) + cursor.y > row

        self._wait(stands, timeout, f"The prompt of {name} after {command!r}")
        end = len(self.screen.scrolled) + self.screen.cursor.y
        return "\n".join([*self.screen.scrolled, *self.lines][row + 1 : end])

    def wait_exit(self, timeout: float = PATIENCE) -> int:
        """Read until the program ends; its exit code, negative where a signal ended it. Raises ``AssertionError``."""
        self._wait(lambda: self.ended, timeout, "The program's end")
        return self._process.wait(timeout)

    def close(self) -> None:
        """Close the window: SIGHUP for the program if it still runs, SIGKILL if it does not care."""
        if self._master < 0:
            return
        os.close(self._master)
        self._master, self.ended = -1, True
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait(self, satisfied: Callable[[], bool], timeout: float, wanted: str) -> None:
        deadline = time.monotonic() + timeout
        while not satisfied():
            left = deadline - time.monotonic()
            if left <= 0 or self.ended:
                why = "when the program ended" if self.ended else f"after {timeout:g} s"
                where = f"cursor in line {self.screen.cursor.y + 1}, column {self.screen.cursor.x + 1}"
                frame = "-" * self.screen.columns
                raise AssertionError("\n".join([f"{wanted} was not there {why}; {where}", frame, *self.lines, frame]))
            self._pump(left)
        self._has_waited = True

    def _queue(self, text: str) -> None:
        self._outgoing += text.encode(errors="surrogateescape")

    def _pump(self, timeout: float | None) -> None:
        """Wait until the program wrote something or takes what is queued for it, and move the bytes."""
        writers = [self._master] if self._outgoing else []
        readable, writable, _ = select.select([self._master], writers, [], timeout)
        if readable:
            try:
                data = os.read(self._master, 65536)
            except OSError:  # Linux's way to say that nobody has the other end open any more
                data = b""
            self.ended = not data
            if data:
                self._news = self._effects = True
            self.raw += data
            self._stream.feed(data)
        if writable and not self.ended:
            del self._outgoing[: os.write(self._master, self._outgoing)]
