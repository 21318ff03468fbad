"""What the checks use of a session, and a limit for each check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from mwaa_shell.errors import NothingRan
from mwaa_shell.job import Job
from mwaa_shell.mwaa.connection import Connection
from mwaa_shell.result import Result

T = TypeVar("T")

#: Seconds that one check may take.
LIMIT = 20.0


class NoAnswer(NothingRan):
    """A check took too long."""


class Wait(Protocol):
    """Runs something slow while the user sees what is waited for; the limit is in seconds."""

    def __call__(self, phase: str, limit: float, ask: Callable[[], T]) -> T:
        """Return what it returns, or raise what it raises."""


@dataclass(frozen=True, slots=True)
class Examined:
    """The environment that is examined, if one is known, and how it is reached."""

    name: str | None
    connect: Callable[[str], Connection]  #: the connection to an environment of a name, or to AWS where that is empty
    wait: Wait
    run: Callable[[Connection, str], Result]  #: sends a command that is kept in no history


def bounded(wait: Wait, phase: str, check: Callable[[], T], limit: float = LIMIT) -> T:
    """Return what a check returns, or raise what it raises; ``NoAnswer`` after ``limit`` seconds."""

    def ask() -> T:
        job: Job[T] = Job(lambda job: check(), phase).start()
        if not job.join(limit):  # whatever it waits for, it is left alone with that
            raise NoAnswer(f"No answer within {limit:g} seconds")
        return job.result()

    return wait(phase, limit + 5, ask)
