"""The line that lives while something is waited for: elapsed seconds on standard error, erased afterwards.

Nothing is shown for what is quick. While somebody waits, the terminal does not echo: what is typed meanwhile is kept
and stands on the next prompt. A terminal that cannot take a line back has one line for what is slow, and that stays.
"""

from __future__ import annotations

import os
import shutil
import sys
import termios
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mwaa_shell.mwaa.programs import is_at_terminal
from mwaa_shell.prompt_text import is_dumb
from mwaa_shell.streams import Streams

if TYPE_CHECKING:
    from mwaa_shell.job import Job

#: Seconds after which waiting is worth a word.
QUIET = 0.5
#: And where that word stays for ever.
LONG = 3.0
ERASE = b"\r\x1b[K"


def can_draw() -> bool:
    """Whether the terminal does more than print: it moves its cursor and erases."""
    return not is_dumb(os.environ)


class Progress:
    """A ``ProgressListener`` of the jobs of one session."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._erases = can_draw()
        self._shown = False
        self._silent = False  # the terminal does not echo
        self._terminal_before: list[Any] | None = None

    def begin_with(self, terminal_before: list[Any] | None) -> None:
        """The terminal has been taken already; this is how it was."""
        self._terminal_before = self._terminal_before or terminal_before

    def tick(self, job: Job[Any]) -> None:
        """Draw the line anew, except while a program that gives credentials may be asking there."""
        if is_at_terminal():
            return
        self.stop_echo()
        if not self._streams.stderr_tty:
            return
        if self._erases and job.elapsed >= QUIET:
            text = f"{job.elapsed:5.1f} s  {job.phase}  (Ctrl-C stops waiting)"
            width = max(shutil.get_terminal_size().columns - 1, 10)
            self._shown = True  # before it is: Ctrl-C may come in between
            self._streams.talk(ERASE + text[:width].encode("utf-8", "replace"))
        elif not self._shown and job.elapsed >= LONG:
            self._shown = True
            self._streams.note(f"{job.phase} (Ctrl-C stops waiting)")

    def over(self) -> None:
        """Take the line away and let the terminal echo again."""
        if self._shown and self._erases:
            self._streams.talk(ERASE)
        self._shown = False
        self.echo()

    def echo(self) -> None:
        """Let the terminal be as it was."""
        if self._terminal_before is not None:
            with suppress(termios.error):  # it may have gone
                termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, self._terminal_before)
            self._terminal_before, self._silent = None, False

    def drop_typed(self) -> None:
        """Forget the keys that nobody has read yet."""
        if self._streams.stdin_tty:
            termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)

    def stop_echo(self) -> None:
        """Keys are kept but not shown; Ctrl-C still is a signal."""
        if self._silent or not self._streams.stdin_tty:
            return
        before = self._terminal_before or termios.tcgetattr(sys.stdin.fileno())
        quiet = list(before)
        quiet[3] &= ~(termios.ECHO | termios.ICANON)
        termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, quiet)
        self._terminal_before, self._silent = before, True
