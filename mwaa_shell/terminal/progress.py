"""The line that lives while something is waited for: elapsed seconds on standard error, erased afterwards.

Nothing is shown for what is quick. While it waits, the terminal does not echo: what is typed meanwhile is kept and
stands on the next prompt.
"""

from __future__ import annotations

import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mwaa_shell.job import Job
from mwaa_shell.streams import Streams

#: Seconds after which waiting is worth a word.
QUIET = 0.5
ERASE = b"\r\x1b[K"


class Progress:
    """Draws the waiting line of one session."""

    def __init__(self, streams: Streams, columns: Any) -> None:
        self._streams = streams
        self._columns = columns  # a function: the width may change
        self._shown = False

    def tick(self, job: Job[Any]) -> None:
        """Draw the line anew; called on the thread that waits."""
        if job.elapsed >= QUIET and self._streams.stderr_tty:
            self.say(f"{job.elapsed:5.1f} s  {job.phase}  (Ctrl-C stops waiting)")

    def say(self, text: str) -> None:
        """Replace the line by this text."""
        if self._streams.stderr_tty:
            width = max(self._columns() - 1, 10)
            self._streams.talk(ERASE + text[:width].encode("utf-8", "replace"))
            self._shown = True

    def erase(self) -> None:
        """Take the line away."""
        if self._shown:
            self._streams.talk(ERASE)
        self._shown = False

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Around anything that may be waited for: no echo inside, no line left behind."""
        with _without_echo(self._streams):
            try:
                yield
            finally:
                self.erase()


@contextmanager
def _without_echo(streams: Streams) -> Iterator[None]:
    """Keys are kept but not shown; Ctrl-C still is a signal."""
    try:
        handle = sys.stdin.fileno() if streams.stdin_tty else -1
        before = termios.tcgetattr(handle)
    except (OSError, ValueError, termios.error):
        yield
        return
    quiet = list(before)
    quiet[3] &= ~(termios.ECHO | termios.ICANON)
    termios.tcsetattr(handle, termios.TCSANOW, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(handle, termios.TCSANOW, before)
