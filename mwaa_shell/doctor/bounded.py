"""Waits for a check no longer than it may take."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from mwaa_shell.errors import NothingRan
from mwaa_shell.job import Job

if TYPE_CHECKING:
    from mwaa_shell.session import Session

T = TypeVar("T")

#: Seconds that one check may take.
LIMIT = 20.0


class NoAnswer(NothingRan):
    """A check took too long."""


def bounded(session: Session, phase: str, check: Callable[[], T], limit: float = LIMIT) -> T:
    """What a check returns, or raises; ``NoAnswer`` after ``limit`` seconds. The session shows what is waited for."""

    def ask() -> T:
        job: Job[T] = Job(lambda job: check(), phase).start()
        if not job.wait(limit):  # whatever it waits for, it is left alone with that
            raise NoAnswer(f"No answer within {limit:g} seconds")
        return job.result()

    return session.wait_for(phase, limit + 5, ask)
