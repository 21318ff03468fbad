"""When Python looks for garbage: not while much is imported, which is none and takes long to look through.

The launcher turns the looks off before the first prompt; here they are turned on again, by whoever is the last to want
none.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Garbage:
    """Of this process; any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._without = 0  #: who wants no looks now

    def look(self) -> None:
        """Look for it from now on, not among what is there already; as soon as nobody wants none."""
        with self._lock:
            if not self._without and not gc.isenabled():
                gc.freeze()
                gc.enable()

    @contextmanager
    def left_alone(self) -> Iterator[None]:
        """No looks for so long; none began before either, if there were none yet."""
        with self._lock:
            self._without += 1
            was_on = gc.isenabled() or self._without > 1
            gc.disable()
        try:
            yield
        finally:
            with self._lock:
                self._without -= 1
            if was_on:
                self.look()


GARBAGE = Garbage()
