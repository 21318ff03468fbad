"""A file of lines, run through a session: read, checked as a whole before its first line runs, then line by line.

A line that brings lines of its own (``.source``) has them run in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mwaa_shell.airflow.command_line import Kind, logical_lines, parse
from mwaa_shell.errors import UsageError
from mwaa_shell.result import Result, from_error

if TYPE_CHECKING:
    from mwaa_shell.session import Session

#: How deep files may bring files: one that brings itself ends here.
DEEPEST = 10


def read(path: Path) -> str:
    """The text of a file; raises ``UsageError`` for one that cannot be read."""
    try:
        return path.expanduser().read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"{path} cannot be read: {reason}") from None


def lines_of(stream: Iterable[str]) -> Iterator[str]:
    """The lines of a text as they come, those that go on in the next one joined."""
    return (line for _, line in logical_lines(stream))


def check(session: Session, lines: Sequence[str]) -> None:
    """Raise for the first line that Airflow would refuse, before any is sent; what follows a ``.use`` is seen later."""
    for line in lines:
        parsed = parse(line)
        problem = session.problem_before_sending(parsed)
        if problem is not None:
            raise UsageError(f"{problem.message}, in: {line.strip()}; nothing was sent")
        if parsed.kind is Kind.DIRECTIVE and parsed.values[:1] == (".use",):
            return


def run(
    session: Session,
    lines: Iterable[str],
    before: Callable[[str], None] = lambda line: None,
    depth: int = 0,
) -> Iterator[Result]:
    """Run the lines in order, each when the result before it has been taken.

    ``before`` is told each line that another one brought, just before it runs.
    """
    for line in lines:
        if depth and parse(line).kind is not Kind.BLANK:
            before(line)
        result = session.execute(line)
        if depth == DEEPEST and result.brings:
            result = from_error(UsageError(f"Files bring files {DEEPEST} deep: one of them brings itself"))
        yield result
        if result.brings and result.ok:
            yield from run(session, result.brings, before, depth + 1)
