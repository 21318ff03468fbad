"""One thread that does one thing after the other, now or at a time: it never prints, and it never ends a program."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Hashable

Task = Callable[[], None]


class TaskQueue:
    """Tasks in their order, and tasks that wait for their time; begins with the first of them."""

    def __init__(self, name: str, failed: Callable[[Exception], None], after: Callable[[], None]) -> None:
        """``failed`` is told what a task raised, ``after`` is called after each; both on the thread."""
        self._name = name
        self._failed = failed
        self._after = after
        self._tasks: deque[Task] = deque()
        self._later: dict[Hashable, tuple[float, Task]] = {}
        self._awake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._busy = False

    def do(self, task: Task) -> None:
        """Do this after what is there already."""
        with self._awake:
            self._tasks.append(task)
            self._wake()

    def do_later(self, key: Hashable, seconds: float, task: Task) -> None:
        """Do this after so many seconds; it takes the place of what has the same key and has not begun."""
        with self._awake:
            self._later[key] = time.monotonic() + seconds, task
            self._wake()

    def drop(self, which: Callable[[Hashable], bool] = lambda key: True) -> None:
        """Do not do what waits under such keys; without any, nothing that has not begun."""
        with self._awake:
            for key in [key for key in self._later if which(key)]:
                del self._later[key]

    def clear(self) -> None:
        """Do nothing of what has not begun."""
        with self._awake:
            self._tasks.clear()
            self._later.clear()

    def waits(self, key: Hashable) -> bool:
        """Whether something waits under this key."""
        return key in self._later

    def wait(self, timeout: float, *, for_later: bool = True) -> bool:
        """Wait until nothing is left to do; whether that is so."""
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
