"""Who types goes first: threads that work behind the prompt stand back for a moment after each key.

Python runs one thread at a time, and two that want to run get half of the time each: a key would take twice as long.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

#: Seconds after a key in which nothing else is done; by then it is on the screen.
STAND_BACK = 0.05
#: Seconds after which a thread goes on nevertheless, for one step: somebody holds a key down.
LONGEST = 1.0
#: Names that take less than a millisecond to work on.
STEP = 64

T = TypeVar("T")


class Turns:
    """The keys of one keyboard; any thread may ask."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._until = float("-inf")
        self._typist: int | None = None  #: the thread that takes the keys: it never waits for itself

    def key(self) -> None:
        """A key has been pressed."""
        self._typist = threading.get_ident()
        self._until = self._clock() + STAND_BACK

    def give_way(self) -> None:
        """Wait while keys are pressed; for threads, every millisecond or so of their work."""
        if threading.get_ident() == self._typist:
            return
        now = self._clock()
        latest = now + LONGEST
        while now < min(self._until, latest):
            self._sleep(min(self._until, latest) - now)
            now = self._clock()

    def pace(self, items: Iterable[T]) -> Iterator[T]:
        """The items, with way given between them."""
        for number, item in enumerate(items):
            if number % STEP == 0:
                self.give_way()
            yield item


#: Of the terminal of this process.
TURNS = Turns()
