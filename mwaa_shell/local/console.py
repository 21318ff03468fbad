"""What the private MWAA says to whoever starts it: a line about what goes on, and how other clients reach it."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from mwaa_shell.local.notes import teller
from mwaa_shell.local.start import Running, exports, running
from mwaa_shell.mark import is_dumb
from mwaa_shell.settings import LocalSettings
from mwaa_shell.streams import Streams


def draws(streams: Streams) -> bool:
    """Whether standard error is a terminal that can take back what it shows."""
    return streams.stderr_tty and not is_dumb(os.environ)


class StatusLine:
    """One line on standard error, replaced on a terminal; elsewhere each step is a line, but not each package."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams
        self._draws = draws(streams)
        self._last = ""

    def say(self, text: str) -> None:
        """Show what is going on: ``what: step`` or ``what: step: detail``."""
        step = ": ".join(text.split(": ")[:2])
        if self._draws:
            self._streams.talk(b"\r\x1b[K" + text[: shutil.get_terminal_size().columns - 1].encode())
        elif step != self._last:
            self._streams.note(step)
        self._last = step

    def erase(self) -> None:
        """Take the line away."""
        if self._last and self._draws:
            self._streams.talk(b"\r\x1b[K")


@contextmanager
def private_mwaa(wanted: LocalSettings, timeout: float, streams: Streams) -> Iterator[Running]:
    """A private MWAA for the length of the block, with what is being made for it on the status line."""
    line = StatusLine(streams)
    try:
        with running(wanted, timeout, line.say, lambda text: interject(text, streams)) as started:
            line.erase()
            yield started
    except BaseException:
        line.erase()
        raise


def interject(text: str, streams: Streams) -> None:
    """Say what went wrong behind the commands: by whoever draws a prompt, else in the place of the status line."""
    tell = teller()
    if tell is not None:
        tell(text)
        return
    if draws(streams):
        streams.talk(b"\r\x1b[J")
    streams.note(text)


def serve(started: Running, streams: Streams) -> None:
    """Hold it open for other clients, until Ctrl-C or the end of this process."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    streams.data(exports(started).encode())
    streams.note("serving until Ctrl-C; the lines above make other clients use it")
    with suppress(KeyboardInterrupt):
        signal.pause()
