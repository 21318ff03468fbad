"""Signals are noted where something is written down, and end the program in order."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from mwaa_shell.interrupts import ENDING, INTERRUPTS, ended_in_order, signals_wait


@pytest.fixture(autouse=True)
def _usual() -> Iterator[None]:
    """The handlers of a program that has just begun, whatever the tests run under."""
    usual = dict.fromkeys(ENDING, signal.SIG_DFL) | {signal.SIGINT: signal.default_int_handler}
    before = {one: signal.signal(one, handler) for one, handler in usual.items()}
    yield
    for one, handler in before.items():
        signal.signal(one, handler)


def test_ctrl_c_waits_and_strikes_at_the_end() -> None:
    done: list[str] = []

    def pressed() -> None:
        with signals_wait():
            signal.raise_signal(signal.SIGINT)
            done.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        pressed()
    with signals_wait():
        done.append("again")
    assert done == ["all of it", "again"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("number", ENDING)
def test_an_ending_waits_and_names_its_signal(number: signal.Signals) -> None:
    done: list[str] = []

    def ended() -> None:
        with ended_in_order(), signals_wait():
            signal.raise_signal(number)
            done.append("all of it")

    with pytest.raises(SystemExit) as left:
        ended()
    assert (left.value.code, done) == (128 + number, ["all of it"])
    assert signal.getsignal(number) is signal.SIG_DFL


@pytest.mark.parametrize("number", ENDING)
def test_an_ignored_signal_stays_ignored(number: signal.Signals) -> None:
    signal.signal(number, signal.SIG_IGN)
    with ended_in_order(), signals_wait():
        signal.raise_signal(number)
    assert signal.getsignal(number) is signal.SIG_IGN


def test_a_thread_that_follows_stops_its_waits_with_the_main_one() -> None:
    seen: list[bool] = []

    def wait(pressed: threading.Event) -> None:
        INTERRUPTS.follow(pressed)
        with INTERRUPTS.defer() as event:
            seen.append(event.wait(60))

    with INTERRUPTS.defer() as pressed:
        thread = threading.Thread(target=wait, args=[pressed])
        thread.start()
        signal.raise_signal(signal.SIGINT)
        thread.join()
    assert seen == [True]


def test_ctrl_c_calls_a_function_unless_it_is_ignored() -> None:
    called: list[str] = []
    with INTERRUPTS.call(lambda: called.append("once")):
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with INTERRUPTS.call(lambda: called.append("again")):
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    assert called == ["once"]
