"""Runs lines in a session as every way to run does: with the executor and all dot-commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mwaa_shell.dot_commands import TABLE
from mwaa_shell.history.entries import TYPED
from mwaa_shell.result import Result
from mwaa_shell.session import Executor, Session
from mwaa_shell.session.executor import Step
from mwaa_shell.session.script import Line


def execute(session: Session, text: str, origin: str = TYPED) -> Result:
    """Run one line."""
    return Executor(session, TABLE).execute(text, origin)


def run_lines(
    session: Session, lines: Sequence[Line], before: Callable[[str, int], None] = lambda line, depth: None
) -> Iterator[Step]:
    """Run several lines, one after the other."""
    return Executor(session, TABLE).run_lines(lines, before)


def check_lines(session: Session, lines: Sequence[Line], unsent: str = "nothing was sent") -> None:
    """Raise for the first line that would be refused."""
    Executor(session, TABLE).plan().check(lines, unsent)
