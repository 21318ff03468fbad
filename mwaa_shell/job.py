"""Slow work on a thread of its own, with phases, deadlines and cancellation.

The waiting thread owns Ctrl-C and the screen; the working thread never prints. A job goes through named phases, each
with a deadline or none. Canceling a job calls a function of the phase, for example to close a connection. The
work begins a phase before any step that must not happen after a cancellation.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from mwaa_shell import debug_log
from mwaa_shell.interrupts import INTERRUPTS

T = TypeVar("T")

#: Seconds between two looks at a job that is waited for: short enough for a live clock.
TICK = 0.1


class PhaseTimeout(Exception):
    """The end of a job whose phase missed its deadline."""

    def __init__(self, phase: str, seconds: float) -> None:
        super().__init__(phase)
        self.phase = phase
        self.seconds = seconds


class Interrupted(KeyboardInterrupt):
    """The end of a job that Ctrl-C canceled in ``phase``."""

    def __init__(self, phase: str) -> None:
        super().__init__()
        self.phase = phase


class ProgressListener(Protocol):
    """The display of a job's progress."""

    def tick(self, job: Job[Any]) -> None:
        """Show the job as it is now; called on the waiting thread every ``TICK`` seconds."""

    def over(self) -> None:
        """Stop showing the job; called once, however the wait ends."""


class Job(Generic[T]):
    """Work that runs on its own thread. ``work`` is called with the job."""

    def __init__(self, work: Callable[[Job[T]], T], name: str = "job") -> None:
        self.started = time.monotonic()
        self.phase = ""
        self._begun = False
        self._deadline: float | None = None
        self._limit = 0.0
        self._done = threading.Event()
        self._given_up = threading.Event()
        self._lock = threading.Lock()
        self._let_go: Callable[[], None] | None = None
        self._value: T | None = None
        self._error: BaseException | None = None
        self._work: Callable[[Job[T]], T] | None = work
        self._name = name

    def start(self) -> Job[T]:
        """Start the thread, if it has not started, and return the job."""
        if not self._begun:
            self._begun = True
            self.started = time.monotonic()
            threading.Thread(target=self._run, name=self._name, daemon=True).start()
        return self

    def _run(self) -> None:
        work, self._work = self._work, None
        assert work is not None  # it begins once
        try:
            self._value = work(self)
        except BaseException as error:  # raised in result()
            self._error = error
        finally:
            self._done.set()

    # -- for the work ------------------------------------------------------------------------------------------------

    def begin_phase(self, phase: str, limit: float | None = None, let_go: Callable[[], None] | None = None) -> bool:
        """Begin a phase of at most ``limit`` seconds. Return whether the job continues."""
        with self._lock:
            if self._given_up.is_set():
                return False
            self.phase, self._let_go = phase, let_go
            self._limit = limit or 0.0
            self._deadline = None if limit is None else time.monotonic() + limit
        debug_log.event("phase", job=self._name, phase=phase, limit=limit)
        return True

    def pause(self, phase: str, seconds: float) -> bool:
        """Wait ``seconds`` in a phase of its own. Return whether the job continues."""
        return self.begin_phase(phase) and self.sleep(seconds)

    def sleep(self, seconds: float) -> bool:
        """Wait ``seconds`` in the phase that has begun. Return whether the job continues."""
        return not self._given_up.wait(seconds)

    # -- for the waiting thread ------------------------------------------------------------------------------------

    @property
    def elapsed(self) -> float:
        """Seconds since the job began."""
        return time.monotonic() - self.started

    @property
    def done(self) -> bool:
        return self._done.is_set()

    def join(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds. Return whether the job is done."""
        return self._done.wait(timeout)

    def give_up(self) -> str:
        """Cancel the job and close its connections. Return the phase."""
        with self._lock:
            self._given_up.set()
            phase, let_go = self.phase, self._let_go
        if let_go is not None:
            let_go()
        return phase

    def wait(self, watcher: ProgressListener | None = None) -> T:
        """Start the work and return its value.

        Raises errors of the work, ``PhaseTimeout`` or ``Interrupted``. After an earlier Ctrl-C on the same line
        ``Interrupted`` has no phase, and the work does not start.
        """
        try:
            with INTERRUPTS.defer() as pressed:
                if pressed.is_set():
                    raise Interrupted(self.give_up())
                self.start()
                self._wait(watcher, pressed)
        except Interrupted:
            raise
        except KeyboardInterrupt:  # a watcher may stop the waiting too
            raise Interrupted(self.give_up()) from None
        finally:
            if watcher is not None:
                watcher.over()
        return self.result()

    def _wait(self, watcher: ProgressListener | None, pressed: threading.Event) -> None:
        while not self._done.wait(TICK):
            if pressed.is_set():
                raise Interrupted(self.give_up())
            if watcher is not None:
                watcher.tick(self)
            deadline = self._deadline
            if deadline is not None and time.monotonic() > deadline and not self.done:
                raise PhaseTimeout(self.give_up(), self._limit)

    def result(self) -> T:
        """Return the value of the finished work, or raise its error."""
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]
