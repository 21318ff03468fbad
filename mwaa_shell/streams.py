"""The three standard streams, which tests replace, and the status line.

Standard output carries only data. All messages of the shell are written to standard error.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import termios
from contextlib import suppress
from dataclasses import dataclass
from textwrap import TextWrapper
from typing import Any, BinaryIO, TextIO

from mwaa_shell.errors import for_command_line
from mwaa_shell.prompt_text import is_dumb

#: Before the further lines of a wrapped sentence.
INDENT = "    "
#: Before the sentences of the shell in the standard error of a script.
PREFIX = "mwaa-shell: "
_RED, _CYAN, _RESET = "\x1b[31m", "\x1b[36m", "\x1b[0m"


@dataclass(slots=True)
class Streams:
    """The three standard streams."""

    stdin: TextIO
    stdout: BinaryIO
    stderr: BinaryIO
    stdin_tty: bool
    stdout_tty: bool
    stderr_tty: bool
    color: str = "auto"
    no_color: bool = False  #: NO_COLOR is set, or the terminal cannot
    prefix: str = PREFIX  #: of every sentence; empty at a prompt

    def write_out(self, data: bytes) -> None:
        """Write bytes to standard output unchanged."""
        left = memoryview(data)
        while left:  # an unbuffered stream may take only a part
            left = left[self.stdout.write(left) or 0 :]
        self.stdout.flush()

    def write_err(self, data: bytes) -> None:
        """Write bytes to standard error, after flushing standard output."""
        self.stdout.flush()
        self.stderr.write(data)
        self.stderr.flush()

    def note(self, text: str, label: str = "", color: str = "") -> None:
        """Write a sentence of the shell to standard error.

        Foreign text in it cannot drive the terminal. ``label`` begins the sentence, in ``color``, an escape sequence.
        """
        if text or label:
            shown = "".join(char if char.isprintable() or char in "\n\t" else "?" for char in text)
            start = f"{self.prefix}{label}"
            shown = self.wrapped(f"{start}{shown}")
            if color and self.use_color(stderr=True):
                shown = f"{self.prefix}{color}{label}{_RESET}{shown.removeprefix(start)}"
            self.write_err(f"{shown}\n".encode(errors="replace"))

    def wrapped(self, text: str) -> str:
        """Return a text wrapped at blanks to the width of the terminal.

        The text is unchanged if standard error is not a terminal. Further lines are indented; words stay whole to be
        copied.
        """
        try:
            columns = os.get_terminal_size(2).columns if self.stderr_tty else 0
        except OSError:
            columns = 0
        if not columns:
            return text
        wrapper = TextWrapper(columns, subsequent_indent=INDENT, break_long_words=False, break_on_hyphens=False)
        return "\n".join(wrapper.fill(line) if len(line) > columns else line for line in text.split("\n"))

    def error(self, text: str, hint: str = "") -> None:
        """Write an error and, on a line of its own, the hint; either may be empty."""
        if text:
            self.note(f" {text}", "error:", _RED)
        if hint:
            self.note(f" {for_command_line(hint) if self.prefix else hint}", "hint:", _CYAN)

    @property
    def interactive(self) -> bool:
        """Whether standard input is a terminal, and at least one of the other two streams."""
        return self.stdin_tty and (self.stdout_tty or self.stderr_tty)

    def is_display(self, *, stderr: bool = False) -> bool:
        """Return whether standard output (or error) is a terminal or color is forced."""
        return self.color == "always" or (self.stderr_tty if stderr else self.stdout_tty)

    def use_color(self, *, stderr: bool = False) -> bool:
        """Return whether standard output (or error) may be colored."""
        if self.color != "auto":
            return self.color == "always"
        return not self.no_color and (self.stderr_tty if stderr else self.stdout_tty)


def standard_streams() -> Streams:
    """Return the process's own streams."""
    _close_gaps()
    stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)
    if isinstance(stdin, io.TextIOWrapper) and not stdin.isatty():
        stdin.reconfigure(errors="surrogateescape")  # lines that are not text are rejected one by one
    stdout = sys.stdout.buffer if sys.stdout else open(1, "wb", closefd=False)
    stderr = sys.stderr.buffer if sys.stderr else open(2, "wb", closefd=False)
    return Streams(
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        stdin_tty=stdin.isatty(),
        stdout_tty=stdout.isatty(),
        stderr_tty=stderr.isatty(),
        no_color=bool(os.environ.get("NO_COLOR")) or is_dumb(os.environ),
    )


def _close_gaps() -> None:
    """Open standard streams that were closed, so that no file takes their numbers."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # by local commands, as any standard stream


ERASE = b"\r\x1b[K"


def can_draw() -> bool:
    """Return whether the terminal can move its cursor and erase."""
    return not is_dumb(os.environ)


class StatusLine:
    """One line of standard error that is redrawn, and the echo of the terminal."""

    def __init__(self, streams: Streams) -> None:
        self.draws = can_draw() and streams.stderr_tty  #: whether standard error can erase
        self._streams = streams
        self._shown = False
        self._silent = False  # the terminal does not echo
        self._terminal_before: list[Any] | None = None

    def draw(self, text: str) -> None:
        """Replace the shown text by another, cut to the width of the terminal."""
        width = max(shutil.get_terminal_size().columns - 1, 10)
        self._shown = True  # before the drawing, because Ctrl-C may arrive in it
        self._streams.write_err(ERASE + text[:width].encode("utf-8", "replace"))

    def erase(self) -> None:
        """Remove the line."""
        if self._shown:
            self._streams.write_err(ERASE)
        self._shown = False

    def take_over(self, terminal_before: list[Any] | None) -> None:
        """Keep the modes of the terminal from before another part changed them."""
        self._terminal_before = self._terminal_before or terminal_before

    def stop_echo(self) -> None:
        """Let the terminal keep keys and not show them, if standard input is a terminal."""
        if self._silent or not self._streams.stdin_tty:
            return
        with suppress(OSError, ValueError, termios.error):
            keyboard = self._streams.stdin.fileno()
            before = self._terminal_before or termios.tcgetattr(keyboard)
            quiet = list(before)
            quiet[3] = quiet[3] & ~(termios.ECHO | termios.ICANON) | termios.ISIG  # also where it was raw for a moment
            termios.tcsetattr(keyboard, termios.TCSANOW, quiet)
            self._terminal_before, self._silent = before, True

    def echo(self) -> None:
        """Restore the modes that the terminal had before."""
        before, self._terminal_before, self._silent = self._terminal_before, None, False
        if before is not None:
            with suppress(OSError, ValueError, termios.error):  # the terminal may have gone
                termios.tcsetattr(self._streams.stdin.fileno(), termios.TCSANOW, before)
