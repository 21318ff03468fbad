"""The line on standard error that lives while the user waits, on a terminal that keeps keys without echoing them.

Keys that are typed meanwhile stay with the terminal, for the next prompt. Ctrl-C still is a signal.
"""

from __future__ import annotations

import os
import shutil
import termios
from contextlib import suppress
from typing import Any

from mwaa_shell.prompt_text import is_dumb
from mwaa_shell.streams import Streams

ERASE = b"\r\x1b[K"


def can_draw() -> bool:
    """Return whether the terminal does more than print: it moves its cursor and erases."""
    return not is_dumb(os.environ)


class StatusLine:
    """One line of standard error that each drawing replaces, and the echo of the terminal."""

    def __init__(self, streams: Streams) -> None:
        self.draws = can_draw() and streams.stderr_tty  #: whether standard error can take back what it shows
        self._streams = streams
        self._shown = False
        self._silent = False  # the terminal does not echo
        self._terminal_before: list[Any] | None = None

    def draw(self, text: str) -> None:
        """Show a text in place of the one before, cut to the width of the terminal."""
        width = max(shutil.get_terminal_size().columns - 1, 10)
        self._shown = True  # before the drawing, because Ctrl-C may arrive in it
        self._streams.talk(ERASE + text[:width].encode("utf-8", "replace"))

    def erase(self) -> None:
        """Remove the line."""
        if self._shown:
            self._streams.talk(ERASE)
        self._shown = False

    def take_over(self, terminal_before: list[Any] | None) -> None:
        """Note how the terminal was before another part of the program changed its modes."""
        self._terminal_before = self._terminal_before or terminal_before

    def stop_echo(self) -> None:
        """Let the terminal keep keys and not show them, if standard input is a terminal."""
        if self._silent or not self._streams.stdin_tty:
            return
        with suppress(OSError, ValueError, termios.error):
            keyboard = self._streams.stdin.fileno()
            before = self._terminal_before or termios.tcgetattr(keyboard)
            quiet = list(before)
            quiet[3] &= ~(termios.ECHO | termios.ICANON)
            termios.tcsetattr(keyboard, termios.TCSANOW, quiet)
            self._terminal_before, self._silent = before, True

    def echo(self) -> None:
        """Restore the modes that the terminal had before."""
        before, self._terminal_before, self._silent = self._terminal_before, None, False
        if before is not None:
            with suppress(OSError, ValueError, termios.error):  # the terminal may have gone
                termios.tcsetattr(self._streams.stdin.fileno(), termios.TCSANOW, before)

    def drop_typed(self) -> None:
        """Discard the keys that were typed and not read yet."""
        if self._streams.stdin_tty:
            with suppress(OSError, ValueError, termios.error):
                termios.tcflush(self._streams.stdin.fileno(), termios.TCIFLUSH)
