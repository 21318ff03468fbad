"""Ctrl-C from Enter to the prompt, and signals that end the program in order.

One object owns Ctrl-C. At rest Ctrl-C raises ``KeyboardInterrupt``. While a command is sent, Ctrl-C is only noted: the
loop that waits for the response looks at the note, and a write to a file is finished first. Further presses do nothing
until the next command, so that the user reads what may be running.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

#: Signals of a user, a terminal or another program that end this one; SIGQUIT is Ctrl-\.
ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class Interrupts:
    """The owner of SIGINT. Calls from other threads do not change handlers."""

    def __init__(self) -> None:
        self._pressed = threading.Event()
        self._depth = 0
        self._of_thread = threading.local()

    def restore(self) -> None:
        """Let Ctrl-C take effect again, and drop a noted one."""
        if _in_main_thread():
            self._pressed.clear()
            signal.signal(signal.SIGINT, self._note if self._depth else signal.default_int_handler)

    def follow(self, pressed: threading.Event) -> None:
        """Let a Ctrl-C that is noted in ``pressed`` end the waits of this thread."""
        self._of_thread.pressed = pressed

    @contextmanager
    def defer(self) -> Iterator[threading.Event]:
        """Note Ctrl-C in an event, which nested calls share, instead of raising it."""
        if not _in_main_thread():
            yield getattr(self._of_thread, "pressed", None) or threading.Event()
            return
        if self._depth == 0:
            self._pressed.clear()
            signal.signal(signal.SIGINT, self._note)
        self._depth += 1
        try:
            yield self._pressed
        finally:
            self._depth -= 1
            if self._depth == 0:
                signal.signal(signal.SIGINT, signal.SIG_IGN if self._pressed.is_set() else signal.default_int_handler)

    @contextmanager
    def call(self, function: Callable[[], object]) -> Iterator[None]:
        """Call a function at each Ctrl-C instead of raising it. An ignored Ctrl-C stays ignored."""
        if not _in_main_thread() or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            yield
            return
        signal.signal(signal.SIGINT, lambda number, frame: function())
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _note(self, number: int, frame: object) -> None:
        self._pressed.set()


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


#: The one of this process.
INTERRUPTS = Interrupts()


def _end(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)
    raise SystemExit(128 + number)


@contextmanager
def ended_in_order(end: Callable[[int, FrameType | None], None] = _end) -> Iterator[None]:
    """Raise ``SystemExit`` for a signal that would end the process at once.

    The exit code is 128 and the number of the signal. A second signal ends the process at once. An ignored signal stays
    ignored, as under nohup. ``end`` is the handler.
    """
    if not _in_main_thread():
        yield
        return
    minded = [one for one in ENDING if signal.getsignal(one) is signal.SIG_DFL]
    for one in minded:
        signal.signal(one, end)
    try:
        yield
    finally:
        for one in minded:
            signal.signal(one, signal.SIG_DFL)


@contextmanager
def signals_wait() -> Iterator[None]:
    """Delay Ctrl-C and the signals that end the program until the block ends.

    A signal that would not reach Python, such as an ignored one, is left alone.
    """
    if not _in_main_thread():
        yield
        return
    arrived: list[int] = []
    before = {one: signal.getsignal(one) for one in (signal.SIGINT, *ENDING)}
    minded = {one: handler for one, handler in before.items() if callable(handler)}
    for one in minded:
        signal.signal(one, lambda number, frame: arrived.append(number))
    try:
        yield
    finally:
        for one, handler in minded.items():
            signal.signal(one, handler)
        for number in arrived:
            signal.raise_signal(number)
