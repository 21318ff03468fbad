"""Signals: Ctrl-C from Enter to the prompt, which one object owns, and those that end the program in order.

At rest Ctrl-C raises ``KeyboardInterrupt``. While a command is sent it is only noted: the loop that waits for the
response looks at the note, and a write to a file is finished first. After a Ctrl-C that was noted, further ones do
nothing until the next command: a user who presses twice still has to read what may be running.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

#: What a user, a terminal or another program sends to end this one; SIGQUIT is Ctrl-\.
ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class Interrupts:
    """The owner of SIGINT. Threads other than the main one may call it, and change nothing but what they follow."""

    def __init__(self) -> None:
        self._pressed = threading.Event()
        self._depth = 0
        self._of_thread = threading.local()

    def restore(self) -> None:
        """Let Ctrl-C take effect again, and forget a noted one."""
        if _in_main_thread():
            self._pressed.clear()
            signal.signal(signal.SIGINT, self._note if self._depth else signal.default_int_handler)

    def follow(self, pressed: threading.Event) -> None:
        """Let the Ctrl-C that the main thread notes in ``pressed`` stop what this thread waits for, from now on."""
        self._of_thread.pressed = pressed

    @contextmanager
    def defer(self) -> Iterator[threading.Event]:
        """Note Ctrl-C instead of raising it; yield the event that is set then. Nested calls share the event."""
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
    """Raise ``SystemExit`` with 128 and its number for a signal that would end the process at once.

    A second one ends the process at once. A signal that is ignored stays so, as under nohup. ``end`` is the handler.
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
    """Hold back Ctrl-C and the signals that end the program; at the end they do what they would have done.

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
