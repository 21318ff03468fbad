"""Threads that are kept: one whose work is over takes the next, so that nobody waits for a thread to start.

Work that hangs has its thread for itself, and the next one gets another. None of them outlives the process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

#: What is to be done, and what its thread is called meanwhile.
Task = tuple[Callable[[], object], str]


class Workers:
    """Of this process; any thread may ask."""

    def __init__(self) -> None:
        self._idle: list[SimpleQueue[Task]] = []  # what each thread waits at that has nothing to do

    def begin(self, work: Callable[[], object], name: str) -> None:
        """Do something, which raises nothing, on a thread of its own."""
        try:
            tasks = self._idle.pop()  # one step: no other thread gets the same
        except IndexError:
            tasks = SimpleQueue()
            threading.Thread(target=self._serve, args=(tasks,), name=name, daemon=True).start()
        tasks.put((work, name))

    def _serve(self, tasks: SimpleQueue[Task]) -> None:
        thread = threading.current_thread()
        while True:
            work, thread.name = tasks.get()
            work()
            del work  # what it holds may be large
            self._idle.append(tasks)
            thread.name = "idle"


#: Of the jobs of this process.
WORKERS = Workers()
