"""Who types goes first."""

from __future__ import annotations

import threading
from collections.abc import Callable

from mwaa_shell.turns import LONGEST, STAND_BACK, STEP, Turns


class Clock:
    """Time goes on only where somebody sleeps; ``meanwhile`` is what happens then."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        self.meanwhile()


def elsewhere(turns: Turns) -> None:
    """Press a key on another thread than this one."""
    typist = threading.Thread(target=turns.key)
    typist.start()
    typist.join()


def test_nobody_waits_where_nobody_types() -> None:
    clock = Clock()
    turns = Turns(clock, clock.sleep)
    turns.give_way()
    elsewhere(turns)
    clock.now += 2 * STAND_BACK
    turns.give_way()
    assert clock.slept == []


def test_a_thread_waits_until_the_keys_have_passed() -> None:
    clock, keys = Clock(), iter(range(3))
    turns = Turns(clock, clock.sleep)
    elsewhere(turns)
    clock.meanwhile = lambda: elsewhere(turns) if next(keys, None) is not None else None
    turns.give_way()
    assert len(clock.slept) == 4
    assert clock.now >= 100 + 4 * STAND_BACK - 1e-6


def test_a_key_that_is_held_down_does_not_hold_a_thread_for_ever() -> None:
    clock = Clock()
    turns = Turns(clock, clock.sleep)
    elsewhere(turns)
    clock.meanwhile = lambda: elsewhere(turns)
    turns.give_way()
    assert 100 + LONGEST - 1e-6 <= clock.now <= 100 + LONGEST + STAND_BACK


def test_the_thread_of_the_keys_never_waits_for_itself() -> None:
    clock = Clock()
    turns = Turns(clock, clock.sleep)
    turns.key()
    turns.give_way()
    assert clock.slept == []


def test_way_is_given_between_names() -> None:
    clock = Clock()
    turns = Turns(clock, clock.sleep)
    names = turns.pace(range(2 * STEP))
    assert [next(names) for _ in range(STEP)] == list(range(STEP))
    elsewhere(turns)
    assert list(names) == list(range(STEP, 2 * STEP))
    assert len(clock.slept) == 1
