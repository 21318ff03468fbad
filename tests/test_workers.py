"""Held here: work begins at once whatever else hangs, and a thread that has nothing to do is used again."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator

import pytest

from mwaa_shell.workers import Workers

#: Seconds until something that does not come is given up.
PATIENCE = 10.0


@pytest.fixture
def end() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def idle(thread: threading.Thread) -> bool:
    """Wait until a thread has nothing to do; whether it came to that."""
    tries = threading.Event()
    return any(thread.name == "idle" or tries.wait(0.001) for _ in range(int(PATIENCE * 1000)))


def done(workers: Workers, name: str, until: Callable[[], object] = lambda: None) -> threading.Thread:
    """Have something done; the thread that does it, once it has begun."""
    begun = threading.Event()
    threads: list[threading.Thread] = []

    def work() -> None:
        threads.append(threading.current_thread())
        assert threads[0].name == name
        begun.set()
        until()

    workers.begin(work, name)
    assert begun.wait(PATIENCE)
    return threads[0]


def test_a_thread_that_has_nothing_to_do_is_used_again() -> None:
    workers = Workers()
    first = done(workers, "first")
    assert first.daemon
    assert idle(first)
    assert done(workers, "second") is first


def test_what_has_been_done_is_let_go() -> None:
    class Large:
        def work(self) -> None:
            pass

    workers = Workers()
    for _ in range(2):  # on a new thread, and on one that is kept
        large = Large()
        kept = weakref.ref(large)
        workers.begin(large.work, "large")
        del large
        thread = done(workers, "behind it")
        assert idle(thread)
        tries = threading.Event()
        assert any(kept() is None or tries.wait(0.001) for _ in range(int(PATIENCE * 1000)))


def test_work_that_hangs_holds_nobody_up(end: threading.Event) -> None:
    workers = Workers()
    first = done(workers, "first", end.wait)
    second = done(workers, "second", end.wait)
    assert first is not second
    end.set()
    assert idle(first)
    assert idle(second)
    again = threading.Event()
    assert {done(workers, "third", again.wait), done(workers, "fourth", again.wait)} == {first, second}
    again.set()
