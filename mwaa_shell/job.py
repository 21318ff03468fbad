"""One piece of slow work on a thread of its own, that can be watched, bounded in time and given up.

The thread that waits owns Ctrl-C and the screen; the thread that works never prints. A job goes through named phases,
each with a deadline or none. Giving a job up runs what the work has registered to let go (closing a connection), and
the work asks ``given_up`` before any step that must not happen any more.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, Protocol, TypeVar

from mwaa_shell import debug

T = TypeVar("T")

#: Seconds between two looks at a job that is waited for: short enough for a live clock.
TICK = 0.1
#: Seconds that work is left alone at most until it has asked somebody: what is done meanwhile would only hold it up.
HEAD_START = 0.02
#: Seconds from there until the question is on its way.
ON_ITS_WAY = 0.0001


class TooLate(Exception):
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


@contextmanager
def _ctrl_c_sets(pressed: threading.Event, late: threading.Event | None) -> Iterator[None]:
    """Inside, Ctrl-C sets an event instead of striking anywhere; after one, further ones do nothing.

    They stay without effect until ``mind_ctrl_c``: somebody who presses twice must still be told what may be running.
    Where there was none, one that is ``late`` sets that event until ``strike_again``.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, lambda number, frame: pressed.set())
    try:
        yield
    finally:
        if pressed.is_set():
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        elif late is None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        else:
            signal.signal(signal.SIGINT, lambda number, frame: late.set())


def mind_ctrl_c() -> None:
    """Let Ctrl-C raise ``KeyboardInterrupt`` again."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)


def strike_again() -> None:
    """The same behind a job that was followed with ``late``; one that stopped the waiting stays without effect."""
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        mind_ctrl_c()


class Watcher(Protocol):
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
        self._waits = threading.Event()  # for somebody else: this processor is free
        self._caught_up = threading.Event()  # nobody need wait for what is done meanwhile, or not any more
        self._caught_up.set()
        self._lock = threading.Lock()
        self._let_go: Callable[[], None] | None = None
        self._value: T | None = None
        self._error: BaseException | None = None
        self._work: Callable[[Job[T]], T] | None = work
        self._name = name

    def start(self) -> Job[T]:
        """Begin, if it has not begun; the job itself."""
        if not self._begun:
            from mwaa_shell.workers import WORKERS

            self._begun = True
            self.started = time.monotonic()
            WORKERS.begin(self._run, self._name)
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
            self._waits.set()

    # -- for the work ------------------------------------------------------------------------------------------------

    def enter(self, phase: str, limit: float | None = None, let_go: Callable[[], None] | None = None) -> bool:
        """Begin a phase that may take ``limit`` seconds; ``False`` if the job has been given up before."""
        with self._lock:
            if self._given_up.is_set():
                return False
            self.phase, self._let_go = phase, let_go
            self._limit = limit or 0.0
            self._deadline = None if limit is None else time.monotonic() + limit
        debug.event("phase", job=self._name, phase=phase, limit=limit)
        return True

    def pause(self, phase: str, seconds: float) -> bool:
        """Let so many seconds go by in a phase of their own; ``False`` as soon as the job has been given up."""
        return self.enter(phase) and not self._given_up.wait(seconds)

    def waits(self) -> None:
        """Say that somebody else has been asked: there is time now for what is done meanwhile."""
        self._waits.set()

    def caught_up(self) -> bool:
        """Wait for what is done meanwhile by whoever waits; ``False`` if the job has been given up."""
        self._caught_up.wait()
        return not self._given_up.is_set()

    # -- for whoever waits -------------------------------------------------------------------------------------------

    @property
    def elapsed(self) -> float:
        """Seconds since the job began."""
        return time.monotonic() - self.started

    @property
    def done(self) -> bool:
        return self._done.is_set()

    def wait(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds; whether the job is done."""
        return self._done.wait(timeout)

    def give_up(self) -> str:
        """Stop waiting: nothing new is begun, what is open is closed. The phase that it was in."""
        with self._lock:
            self._given_up.set()
            phase, let_go = self.phase, self._let_go
        self._caught_up.set()  # the work hears of it there
        if let_go is not None:
            let_go()
        return phase

    def follow(
        self,
        watcher: Watcher | None = None,
        late: threading.Event | None = None,
        meanwhile: Callable[[], object] | None = None,
        *,
        head_start: float = 0.0,
    ) -> T:
        """Begin, and wait until done. Raises what the work raised, ``TooLate``, or ``Interrupted`` after Ctrl-C.

        With ``late``, a Ctrl-C behind the end is only noted there, until ``strike_again``. ``meanwhile`` is run once
        when the work has begun and ``waits``, or after the seconds of its ``head_start``; where the work asks
        ``caught_up``, it waits for the end of it. Ctrl-C inside it raises ``Interrupted`` without a phase: the work
        never got past that place.
        """
        pressed = threading.Event()
        try:
            with _ctrl_c_sets(pressed, late):
                self._begin(meanwhile, pressed, head_start)
                self._wait(watcher, pressed)
        except Interrupted:
            raise
        except KeyboardInterrupt:  # a watcher may stop the waiting too
            raise Interrupted(self.give_up()) from None
        finally:
            if watcher is not None:
                watcher.over()
        return self.result()

    def _begin(self, meanwhile: Callable[[], object] | None, pressed: threading.Event, head_start: float) -> None:
        if meanwhile is None:
            self.start()
            return
        self._caught_up.clear()
        self.start()
        try:
            if self._waits.wait(head_start):
                time.sleep(ON_ITS_WAY)
            meanwhile()
        except BaseException:
            self.give_up()
            raise
        if pressed.is_set():
            self.give_up()
            raise Interrupted("")
        self._caught_up.set()

    def _wait(self, watcher: Watcher | None, pressed: threading.Event) -> None:
        while not self._done.wait(TICK):
            if pressed.is_set():
                raise Interrupted(self.give_up())
            if watcher is not None:
                watcher.tick(self)
            deadline = self._deadline
            if deadline is not None and time.monotonic() > deadline and not self.done:
                raise TooLate(self.give_up(), self._limit)

    def result(self) -> T:
        """What the work returned, or raises what it raised; the job must be done."""
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value]
