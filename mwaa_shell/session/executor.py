"""One line in, one Result out: the only orchestrator, and it knows no terminal.

Interactive and batch call the same ``execute``. The dot-commands are handed in as a table, so that nothing here imports
what stands above it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from mwaa_shell import debug_log
from mwaa_shell.airflow.command_line import InputKind, parse
from mwaa_shell.errors import ShellError, UsageError
from mwaa_shell.history.entries import TYPED
from mwaa_shell.interrupts import INTERRUPTS
from mwaa_shell.output.records import data_only
from mwaa_shell.output.redirect import check_writable, select_output, write_output
from mwaa_shell.result import Result, from_error, interrupted
from mwaa_shell.session.context import LineContext
from mwaa_shell.session.environment import problem_before_sending
from mwaa_shell.session.next_steps import put_back
from mwaa_shell.session.planning import DotCommandChecks, Plan
from mwaa_shell.session.script import DEEPEST, Line
from mwaa_shell.session.send import fill_destination, send, stopped_after
from mwaa_shell.session.session import Session


class DotCommands(DotCommandChecks, Protocol):
    """The table of the shell's own commands."""

    def run(self, executor: Executor, context: LineContext) -> Result:
        """Run one; raises ``UsageError`` for one that does not exist."""


@dataclass(frozen=True, slots=True)
class Step:
    """A line that has been run, and how many lines are left after it in its file or block."""

    result: Result
    left: int
    line: str = ""


class Executor:
    """Runs the lines of one session."""

    def __init__(self, session: Session, dot_commands: DotCommands) -> None:
        self.session = session
        self.dot_commands = dot_commands

    def execute(self, text: str, origin: str = TYPED) -> Result:
        """Run one line, which came from where ``origin`` says. Never raises an expected failure, and takes Ctrl-C."""
        INTERRUPTS.restore()
        context = LineContext.of(text, origin)
        line, before = context.line, self.session.last
        if debug_log.is_on():
            self._log(context, text)
        try:
            if line.kind is InputKind.BLANK:
                return Result()
            self._check(context, text)
            if line.kind is InputKind.DIRECTIVE:
                if context.destination is not None:
                    context = fill_destination(self.session, context)
                result = self.dot_commands.run(self, context)
            else:
                result, context = self.send(context)
            return put_back(self._deliver(context, result), line)
        except ShellError as error:
            debug_log.error("line", error)
            return put_back(from_error(error), line)
        except KeyboardInterrupt:
            debug_log.event("interrupted")
            last = self.session.last
            if last is before or last is None:
                return interrupted("Stopped", remote=False)
            return stopped_after(last if context.destination is None else Result())

    def send(self, context: LineContext) -> tuple[Result, LineContext]:
        """Send an Airflow command and keep its Result as the last one; see ``session.send.send``."""
        result, context = send(self.session, context)
        if context.recorded:
            self.session.last = result
        return result, context

    def plan(self) -> Plan:
        """Return what checks lines before any of them runs."""
        return Plan(self.session, self.dot_commands)

    def run_lines(
        self, lines: Iterable[Line], before: Callable[[str, int], None] = lambda line, depth: None, depth: int = 0
    ) -> Iterator[Step]:
        """Run lines in order, each when the step before it has been taken.

        ``before`` is told each line just before it runs, and how many files deep it stands. A line that brings lines of
        its own (``.source``) has them run in its place.
        """
        for number, line in enumerate(lines, 1):
            if parse(line.text).kind is not InputKind.BLANK:
                before(line.text, depth)
            result = self.execute(line.text, line.origin)
            if depth == DEEPEST and result.brings:
                result = from_error(UsageError(f"Files bring files {DEEPEST} deep: one of them brings itself"))
            behind = lines[number:] if isinstance(lines, Sequence) else ()
            yield Step(result, sum(parse(one.text).kind is not InputKind.BLANK for one in behind), line.text)
            if result.brings and result.ok:
                blank = " " if line.text.startswith(" ") else ""  # not to be written down, nor what it brings
                brought = [Line(blank + one.line, origin=one.origin) for one in result.brings]
                yield from self.run_lines(brought, before, depth + 1)

    def _check(self, context: LineContext, text: str) -> None:
        try:
            text.encode()
        except UnicodeEncodeError:
            raise UsageError("This is no UTF-8 text, the line was not sent") from None
        problem = problem_before_sending(self.session, context.line)
        if problem is not None:
            raise UsageError(f"{problem.message} (column {problem.position + 1}), the line was not sent")
        if context.destination is not None:
            check_writable(context.destination, self.session.ui.ask)

    def _log(self, context: LineContext, text: str) -> None:
        """Tell the debug log of a line, without its secrets."""
        rules = self.session.rules()
        debug_log.keep_out(*rules.secret_values(text))
        shown = "(private)" if context.private else rules.masked(text)
        debug_log.event("line", kind=context.line.kind.value, origin=context.origin, text=shown)

    # -- what becomes of the output ----------------------------------------------------------------------------------

    def _deliver(self, context: LineContext, result: Result) -> Result:
        session = self.session
        if session.tee is not None and result.remote and not context.private:
            self._transcribe(context, result)
        if session.settings.data_only and result.remote:
            result = data_only(context.line.values, result)
        if context.destination is not None:
            result = write_output(context.destination, select_output(result, session.preferences))
        return result

    def _transcribe(self, context: LineContext, result: Result) -> None:
        """Add to the transcript; if it cannot be written, turn it off and tell the user."""
        session, line = self.session, context.line
        assert session.tee is not None
        shown = line.destination is None
        text = session.rules().masked(line.text.strip())
        try:
            session.tee.add(session.link.target.name, text, result, datetime.now(UTC), shown=shown)
        except UsageError as error:
            session.ui.note(f"{error}; .tee is off")
            session.tee = None
