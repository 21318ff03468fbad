"""What the private MWAA says to whoever starts it: a line about what goes on, and how other clients reach it."""

from __future__ import annotations

import os
import shutil
import signal
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any

from mwaa_shell.interrupts import ended_in_order
from mwaa_shell.local.launcher import RunningServer, exports, running
from mwaa_shell.local.notices import teller
from mwaa_shell.prompt_text import is_dumb
from mwaa_shell.settings import LocalSettings
from mwaa_shell.streams import Streams

#: Seconds after which waiting is worth a number, and between two drawings of it.
QUIET, TICK = 1.0, 0.1


def draws(streams: Streams) -> bool:
    """Whether standard error is a terminal that can take back what it shows."""
    return streams.stderr_tty and not is_dumb(os.environ)


class StatusLine:
    """One line on standard error, replaced on a terminal; elsewhere each step is a line, but not each package.

    On a terminal it has a clock, for a step may take a minute, and what is typed meanwhile is kept and not echoed.
    """

    def __init__(self, streams: Streams, clock: Callable[[], float] = time.monotonic, tick: float = TICK) -> None:
        self._streams = streams
        self._draws = draws(streams)
        self._clock, self._tick_every = clock, tick
        self._began = clock()  # of all steps together
        self._last = self._text = ""
        self._over = threading.Event()
        self._drawing = threading.Lock()  # whoever has it draws
        self._ticking: threading.Thread | None = None
        self._terminal_before: list[Any] | None = None

    def say(self, text: str) -> None:
        """Show what is going on: ``what: step`` or ``what: step: detail``."""
        step = ": ".join(text.split(": ")[:2])
        if self._draws:
            self._text = text
            self._stop_echo()
            self.draw()
            self._tick()
        elif step != self._last:
            self._streams.note(step)
        self._last = step

    def draw(self) -> None:
        """The line as it is now, with the seconds once there are some."""
        with self._drawing:
            seconds = self._clock() - self._began
            if self._over.is_set() or not self._text:
                return
            text = f"{seconds:5.1f} s  {self._text}" if seconds >= QUIET else self._text
            width = max(shutil.get_terminal_size().columns - 1, 10)
            self._streams.talk(b"\r\x1b[K" + text[:width].encode("utf-8", "replace"))

    def _tick(self) -> None:
        """Draw it anew from now on, on a thread of its own."""
        if self._ticking is None:
            self._ticking = threading.Thread(target=self._go_on, name="status line", daemon=True)
            self._ticking.start()

    def _go_on(self) -> None:
        while not self._over.wait(self._tick_every):
            self.draw()

    def _stop_echo(self) -> None:
        """The keys stay with the terminal, for the prompt; Ctrl-C still is a signal."""
        if self._terminal_before is not None or not self._streams.stdin_tty:
            return
        with suppress(OSError, ValueError, termios.error):
            before = termios.tcgetattr(self._streams.stdin.fileno())
            quiet = [*before[:6], list(before[6])]
            quiet[3] &= ~(termios.ECHO | termios.ICANON)
            termios.tcsetattr(self._streams.stdin.fileno(), termios.TCSANOW, quiet)
            self._terminal_before = before

    def erase(self) -> None:
        """Take the line away, and let the terminal be as it was."""
        with self._drawing:
            if self._last and self._draws and not self._over.is_set():
                self._streams.talk(b"\r\x1b[K")
            self._over.set()
        if self._ticking is not None:
            self._ticking.join()
        before, self._terminal_before = self._terminal_before, None
        if before is not None:
            with suppress(OSError, ValueError, termios.error):
                termios.tcsetattr(self._streams.stdin.fileno(), termios.TCSANOW, before)


@contextmanager
def private_mwaa(wanted: LocalSettings, timeout: float, streams: Streams) -> Iterator[RunningServer]:
    """A private MWAA for the length of the block, with what is being made for it on the status line."""
    line = StatusLine(streams)
    wanted = wanted._replace(prompt=wanted.prompt and streams.stdin_tty)
    try:
        with ExitStack() as stack:
            with ended_in_order():  # the terminal is not left without its echo
                note = partial(interject, streams=streams)
                started = stack.enter_context(running(wanted, timeout, line.say, note))
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


def serve(started: RunningServer, streams: Streams) -> None:
    """Hold it open for other clients, until Ctrl-C or the end of this process."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    streams.data(exports(started).encode())
    streams.note("serving until Ctrl-C; the lines above make other clients use it")
    with suppress(KeyboardInterrupt):
        signal.pause()
