"""Lines of files, of ``-c`` and of standard input: checked as a whole, then run through a session in order.

A line that brings lines of its own (``.source``) has them run in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mwaa_shell.airflow.command_line import Kind, logical_lines, parse
from mwaa_shell.errors import RefusedByRule, UsageError
from mwaa_shell.history.ahead import Ahead
from mwaa_shell.history.origins import FILE, TYPED
from mwaa_shell.result import Result, from_error

if TYPE_CHECKING:
    from mwaa_shell.session import Session

#: How deep files may bring files: one that brings itself ends here.
DEEPEST = 10
#: What is said of a line that is refused when its turn has come: others may have been sent by then.
NOT_SENT = "the line was not sent"


@dataclass(frozen=True, slots=True)
class Line:
    """One logical line, where it stands (``FILE:NUMBER``, or nothing) and where the history says that it came from."""

    text: str
    where: str = ""
    origin: str = TYPED


@dataclass(frozen=True, slots=True)
class Step:
    """A line that has been run, and how many behind it are left in its file or block."""

    result: Result
    left: int
    line: str = ""


def read(path: Path) -> str:
    """The text of a file; raises ``UsageError`` for one that cannot be read."""
    try:
        return path.expanduser().read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        reason = "nobody knows that home folder" if isinstance(error, RuntimeError) else reason
        raise UsageError(f"{path} cannot be read: {reason}") from None


def lines_of(text: Iterable[str], name: str = "", origin: str = TYPED) -> Iterator[Line]:
    """The lines of a text as they come, those that go on in the next one joined; ``name`` is the file's."""
    return (Line(line, f"{name}:{number}" if name else "", origin) for number, line in logical_lines(text))


def lines_in(path: Path) -> list[Line]:
    """The lines of a file; raises ``UsageError`` for one that cannot be read."""
    return list(lines_of(read(path).split("\n"), str(path), FILE))


def check(session: Session, lines: Sequence[Line], depth: int = 0, unsent: str = "nothing was sent") -> None:
    """Raise for the first line that would be refused, before any runs.

    Each is looked at as if those before it had run. What is raised says of all of them what it would say of the line
    alone when its turn has come: ``unsent``, and where the line stands.
    """
    if depth == 0:
        session.ahead = Ahead()
    try:
        for line in lines:
            session.ahead.where = line.where or (session.ahead.where if depth else "")
            _check(session, line, depth)
    except (UsageError, RefusedByRule) as error:
        if depth:
            raise
        where = f"{session.ahead.where}: " if session.ahead.where else ""
        raise type(error)(where + str(error).replace(NOT_SENT, unsent)) from None


def _check(session: Session, line: Line, depth: int) -> None:
    """The same for one line, which takes its place among those that will have run."""
    parsed = parse(line.text)
    if session.front.ask is None and parsed.values[:1] and parsed.values[0].startswith(("!", "^")):
        written = session.reader.covered(line.text.strip())
        raise UsageError(f"{written}: history is expanded at a prompt; in a script, .redo NUMBER runs it")
    problem = session.reader.problem_ahead(parsed)
    if problem is not None:
        raise UsageError(f"{problem.message}, in: {session.reader.covered(line.text.strip())}; {NOT_SENT}")
    if parsed.kind is Kind.AIRFLOW:
        session.outgoing.check_rails(parsed)
    if parsed.kind is Kind.DIRECTIVE and depth <= DEEPEST:
        session.reader.check_directive(parsed, depth)
    session.ahead.lines += parsed.kind is not Kind.BLANK


def run(
    session: Session,
    lines: Iterable[Line],
    before: Callable[[str, int], None] = lambda line, depth: None,
    depth: int = 0,
) -> Iterator[Step]:
    """Run the lines in order, each when the step before it has been taken.

    ``before`` is told each line just before it runs, and how deep it stands in files: 0 for the lines given.
    """
    for number, line in enumerate(lines, 1):
        if parse(line.text).kind is not Kind.BLANK:
            before(line.text, depth)
        result = session.execute(line.text, line.origin)
        if depth == DEEPEST and result.brings:
            result = from_error(UsageError(f"Files bring files {DEEPEST} deep: one of them brings itself"))
        behind = lines[number:] if isinstance(lines, Sequence) else ()
        yield Step(result, sum(parse(one.text).kind is not Kind.BLANK for one in behind), line.text)
        if result.brings and result.ok:
            blank = " " if line.text.startswith(" ") else ""  # not to be written down, nor what it brings
            lines_in_its_place = [Line(blank + one.line, origin=one.origin) for one in result.brings]
            yield from run(session, lines_in_its_place, before, depth + 1)
