"""Runs lines in a session as every way to run does: with the executor and all dot-commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mwaa_shell import dot_commands
from mwaa_shell.history.entries import TYPED
from mwaa_shell.result import Result
from mwaa_shell.session import Executor, Session
from mwaa_shell.session.executor import LineResult
from mwaa_shell.session.script import ScriptLine


class Notes(list[str]):
    """What a session said."""

    def __call__(self, text: str) -> None:
        self.append(text)


def execute(session: Session, text: str, origin: str = TYPED) -> Result:
    """Run one line."""
    return Executor(session, dot_commands).execute(text, origin)


def run_lines(
    session: Session, lines: Sequence[ScriptLine], before: Callable[[str, int], None] = lambda line, depth: None
) -> Iterator[LineResult]:
    """Run several lines, one after the other."""
    return Executor(session, dot_commands).run_lines(lines, before)


def check_lines(session: Session, lines: Sequence[ScriptLine]) -> None:
    """Raise for the first line that would be refused."""
    Executor(session, dot_commands).plan().check(lines)
