"""Work on several environments, each on a thread, while one thread shows it."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from mwaa_shell.interrupts import INTERRUPTS
from mwaa_shell.job import TICK, Job
from mwaa_shell.session import Session

S = TypeVar("S")
T = TypeVar("T")

#: Environments that are asked at the same time by default.
MOST = 16
#: Seconds for running work to record its end when a signal ends the program.
ENDING = 2.0


class Work(Generic[T]):
    """Work on one environment with its progress, a ``ProgressListener`` of its jobs."""

    def __init__(self, label: str, do: Callable[[Work[T]], T]) -> None:
        self.label = label
        self.phase = ""
        self.began: float | None = None  #: on the monotonic clock; ``None`` before the begin
        self.ended: float | None = None
        self._do = do
        self._value: T | None = None
        self._error: BaseException | None = None

    def run(self) -> None:
        """Run the work on the calling thread; keep what it raises for ``result``."""
        self.began = time.monotonic()
        try:
            self._value = self._do(self)
        except BaseException as error:  # raised in result()
            self._error = error
        self.ended = time.monotonic()

    @property
    def seconds(self) -> float:
        """The duration until now or until the end."""
        return (self.ended or time.monotonic()) - self.began if self.began is not None else 0.0

    def result(self) -> T:
        """Return the value, or raise what the work has raised. It must have ended."""
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]

    def tick(self, job: Job[Any]) -> None:
        """Keep the phase of a job."""
        self.phase = job.phase

    def over(self) -> None:
        """Do nothing: the work may have more jobs."""


def side_by_side(
    works: Sequence[Work[T]],
    most: int = MOST,
    look: Callable[[], None] = lambda: None,
    enough: Callable[[Work[T]], bool] = lambda work: False,
) -> None:
    """Run the works, at most ``most`` at a time, and return when all have ended.

    ``look`` is called ten times a second, and whenever one has ended. No work begins after Ctrl-C, which stops the
    waits of those that run, or after a work that is ``enough``: ``began`` of the others stays ``None``.
    """
    waiting, changed, last = deque(works), threading.Event(), threading.Event()

    def run() -> None:
        INTERRUPTS.follow(pressed)
        while not (pressed.is_set() or last.is_set()):
            try:
                work = waiting.popleft()
            except IndexError:
                break
            work.run()
            if enough(work):
                last.set()
            changed.set()

    with INTERRUPTS.defer() as pressed:
        threads = [threading.Thread(target=run, name="environment", daemon=True) for _ in works[:most]]
        try:
            for thread in threads:
                thread.start()
            while any(thread.is_alive() for thread in threads):
                changed.wait(TICK)
                changed.clear()
                look()
        except BaseException:  # a signal that ends the program, or a lost terminal
            pressed.set()
            end = time.monotonic() + ENDING
            for thread in threads:
                if thread.is_alive():  # a signal may come before all have started
                    thread.join(max(end - time.monotonic(), 0.0))
            raise
    look()


def ask_all(session: Session, phase: str, items: Sequence[S], ask: Callable[[S], T]) -> list[T]:
    """Return the result of ``ask`` for each item, asked side by side.

    Ctrl-C ends the wait, and no further call begins.
    """
    works = [Work(phase, lambda work, one=one: ask(one)) for one in items]  # type: ignore[misc]
    rounds, stopped = 1 + len(works) // MOST, threading.Event()

    def run() -> None:
        INTERRUPTS.follow(stopped)
        side_by_side(works)

    try:
        session.wait_for(phase, session.access.timeout * rounds, run)
    except BaseException:  # this thread stops waiting, and the other one must stop
        stopped.set()
        raise
    return [work.result() for work in works]
