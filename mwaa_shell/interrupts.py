"""Ctrl-C from Enter to the prompt: one object owns the process's SIGINT handler.

At rest Ctrl-C raises ``KeyboardInterrupt``. While a command is sent it is only noted: whoever waits for the response
looks at the note, and what is being written down is finished first. After a Ctrl-C that was noted, further ones do
nothing until the next command: a user who presses twice still has to read what may be running.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Interrupts:
    """The owner of SIGINT. Threads other than the main one may call it and change nothing."""

    def __init__(self) -> None:
        self._pressed = threading.Event()
        self._depth = 0

    def restore(self) -> None:
        """Let Ctrl-C take effect again, and forget one that was noted."""
        if _in_main_thread():
            self._pressed.clear()
            signal.signal(signal.SIGINT, self._note if self._depth else signal.default_int_handler)

    @contextmanager
    def deferred(self) -> Iterator[threading.Event]:
        """Note Ctrl-C instead of raising it; yield the event that is set then. Nested calls share the event."""
        if not _in_main_thread():
            yield threading.Event()
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
