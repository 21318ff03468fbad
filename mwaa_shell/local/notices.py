"""Who tells what goes wrong behind the commands: whoever draws a prompt, as that has to know when its cursor moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Says a sentence; called on any thread.
Tell = Callable[[str], None]
_tellers: list[Tell] = []


@contextmanager
def told_by(tell: Tell) -> Iterator[None]:
    """Inside, it is told by this one."""
    _tellers.append(tell)
    try:
        yield
    finally:
        _tellers.remove(tell)


def teller() -> Tell | None:
    """The last one who said that it would tell; ``None`` where nobody has."""
    return _tellers[-1] if _tellers else None
