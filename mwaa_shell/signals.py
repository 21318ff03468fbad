"""Signals that end the program: in order, so that the terminal is restored and what was begun is written down."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

#: What a user, a terminal or another program sends to end this one; SIGQUIT is Ctrl-\.
ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Inside, a signal that would end the process at once raises ``SystemExit`` with 128 and its number.

    A second one ends the process at once. A signal that is ignored stays so, as under nohup.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    minded = [one for one in ENDING if signal.getsignal(one) is signal.SIG_DFL]
    for one in minded:
        signal.signal(one, _end)
    try:
        yield
    finally:
        for one in minded:
            signal.signal(one, signal.SIG_DFL)


def _end(number: int, frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_DFL)
    raise SystemExit(128 + number)


@contextmanager
def signals_wait() -> Iterator[None]:
    """Inside, Ctrl-C and the signals that end the program are only noted; at the end they do what they would have done.

    A signal that would not reach Python, such as one that is ignored, is left alone.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    arrived: list[int] = []
    before = {one: signal.getsignal(one) for one in (signal.SIGINT, *ENDING)}
    minded = {one: handler for one, handler in before.items() if callable(handler)}
    for one in minded:
        signal.signal(one, lambda number, frame: arrived.append(number))
    try:
        yield
    finally:
        for one, handler in minded.items():
            signal.signal(one, handler)
        for number in arrived:
            signal.raise_signal(number)
