"""One piece of slow work on a thread of its own, that can be watched, bounded in time and given up.

The thread that waits owns Ctrl-C and the screen; the thread that works never prints. A job goes through named phases,
each with a deadline or none. Giving a job up runs what the work has registered to let go (closing a connection), and
the work asks ``given_up`` before any step that must not happen any more.
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
    """A phase went past its deadline; the job has been given up."""

    def __init__(self, phase: str, seconds: float) -> None:
        super().__init__(phase)
        self.phase = phase
        self.seconds = seconds


class Interrupted(KeyboardInterrupt):
    """Ctrl-C ended the waiting; the job has been given up in ``phase``."""

    def __init__(self, phase: str) -> None:
        super().__init__()
        self.phase = phase


class ProgressListener(Protocol):
    """Whoever waits for a job and wants to show it."""

    def tick(self, job: Job[Any]) -> None:
        """Called now and then while the job goes on, on the thread that waits."""

    def over(self) -> None:
        """Called once when the waiting ends, however it ends."""


class Job(Generic[T]):
    """Work that begins when it is started or followed. ``work`` is called with the job itself."""

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
        """Begin, if it has not begun; the job itself."""
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
        except BaseException as error:  # handed to whoever waits, in result()
            self._error = error
        finally:
            self._done.set()

    # -- for the work ------------------------------------------------------------------------------------------------

    def begin_phase(self, phase: str, limit: float | None = None, let_go: Callable[[], None] | None = None) -> bool:
        """Begin a phase that may take ``limit`` seconds; ``False`` if the job has been given up before."""
        with self._lock:
            if self._given_up.is_set():
                return False
            self.phase, self._let_go = phase, let_go
            self._limit = limit or 0.0
            self._deadline = None if limit is None else time.monotonic() + limit
        debug_log.event("phase", job=self._name, phase=phase, limit=limit)
        return True

    def pause(self, phase: str, seconds: float) -> bool:
        """Let so many seconds go by in a phase of their own; ``False`` as soon as the job has been given up."""
        return self.begin_phase(phase) and not self._given_up.wait(seconds)

    # -- for whoever waits -------------------------------------------------------------------------------------------

    @property
    def elapsed(self) -> float:
        """Seconds since the job began."""
        return time.monotonic() - self.started

    @property
    def done(self) -> bool:
        return self._done.is_set()

    def join(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds; whether the job is done."""
        return self._done.wait(timeout)

    def give_up(self) -> str:
        """Stop waiting: nothing new is begun, what is open is closed. The phase that it was in."""
        with self._lock:
            self._given_up.set()
            phase, let_go = self.phase, self._let_go
        if let_go is not None:
            let_go()
        return phase

    def wait(self, watcher: ProgressListener | None = None) -> T:
        """Begin, and wait until done. Raises what the work raised, ``PhaseTimeout``, or ``Interrupted`` after Ctrl-C.

        A Ctrl-C that was noted before the work began raises ``Interrupted`` without a phase: nothing was begun.
        """
        try:
            with INTERRUPTS.deferred() as pressed:
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
        """What the work returned, or raises what it raised; the job must be done."""
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]
