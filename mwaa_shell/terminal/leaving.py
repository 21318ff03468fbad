"""SIGTERM, SIGHUP and SIGQUIT (Ctrl-\\ while a command runs): the shell leaves as if by Ctrl-D.

Screen and terminal are as they were. Only the exit code is another one: 128 and the number of the signal, which is what
a shell says of a program that was ended by it.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from prompt_toolkit.application import Application

from mwaa_shell.interrupts import ENDING


class Leaving:
    """Whether a signal has asked the shell to leave. ``drawing`` tells what asks for keys, if anything does."""

    def __init__(self, drawing: Callable[[], Application[Any] | None]) -> None:
        self._drawing = drawing
        self._wanted: SystemExit | None = None

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Inside, the signals end the shell in order; one that is ignored stays so, as under nohup."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        minded = [one for one in ENDING if signal.getsignal(one) is signal.SIG_DFL]
        for one in minded:
            signal.signal(one, self._asked)
        try:
            yield
        finally:
            for one in minded:
                signal.signal(one, signal.SIG_DFL)

    def check(self) -> None:
        """Raise ``SystemExit`` if a signal has come."""
        if self._wanted is not None:
            raise self._wanted

    def _asked(self, number: int, frame: FrameType | None) -> None:
        """A second one strikes at once. What draws is left from its own loop, anything else right here."""
        signal.signal(number, signal.SIG_DFL)
        self._wanted = SystemExit(128 + number)
        app = self._drawing()
        if app is None or app.loop is None:
            raise self._wanted
        app.loop.call_soon_threadsafe(self._leave, app)

    def _leave(self, app: Application[Any]) -> None:
        if app.is_running and not app.is_done and self._wanted is not None:
            app.exit(exception=self._wanted, style="class:exiting")
