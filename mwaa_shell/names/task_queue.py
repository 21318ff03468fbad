"""A background thread that runs tasks in order or after a delay. It never prints, and never keeps the program alive."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable

Task = Callable[[], None]


class TaskQueue:
    """A queue of tasks, and of delayed tasks with keys; the thread starts with the first."""

    def __init__(self, name: str, failed: Callable[[Exception], None], after: Callable[[], None]) -> None:
        """``failed`` gets what a task raised, ``after`` is called after each task; both on the thread."""
        self._name = name
        self._failed = failed
        self._after = after
        self._tasks: deque[Task] = deque()
        self._later: dict[Hashable, tuple[float, Task]] = {}
        self._awake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._busy = False

    def do(self, task: Task) -> None:
        """Run a task after those in the queue."""
        with self._awake:
            self._tasks.append(task)
            self._wake()

    def do_later(self, key: Hashable, seconds: float, task: Task) -> None:
        """Run a task after some seconds, in place of a waiting task with its key."""
        with self._awake:
            self._later[key] = time.monotonic() + seconds, task
            self._wake()

    def drop(self, which: Callable[[Hashable], bool] = lambda key: True) -> None:
        """Cancel the delayed tasks whose keys ``which`` accepts."""
        with self._awake:
            for key in [key for key in self._later if which(key)]:
                del self._later[key]

    def clear(self) -> None:
        """Cancel all tasks that have not begun."""
        with self._awake:
            self._tasks.clear()
            self._later.clear()

    def waits(self, key: Hashable) -> bool:
        """Return whether a delayed task has this key."""
        return key in self._later

    def wait(self, timeout: float, *, for_later: bool = True) -> bool:
        """Wait until the queue is empty, at most ``timeout`` seconds; return whether it is."""
        with self._awake:
            return self._awake.wait_for(lambda: not (self._busy or self._tasks or (for_later and self._later)), timeout)

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        self._awake.notify_all()

    def _run(self) -> None:
        while True:
            task = self._next()
            try:
                task()
            except Exception as error:  # a background thread never prints, not even a mistake of our own
                self._failed(error)
            finally:
                with self._awake:
                    self._busy = False
                    self._awake.notify_all()
                self._after()

    def _next(self) -> Task:
        with self._awake:
            while True:
                now = time.monotonic()
                task = self._due(now)
                if task is not None:
                    self._busy = True
                    return task
                times = [at for at, _ in self._later.values()]
                self._awake.wait(max(min(times) - now, 0.0) if times else None)

    def _due(self, now: float) -> Task | None:
        if self._tasks:
            return self._tasks.popleft()
        for key, (at, task) in self._later.items():
            if at <= now:
                del self._later[key]
                return task
        return None
