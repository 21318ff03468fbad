"""The executor, which runs one line, and the plan, which checks lines before.

The prompt and batch call the same ``execute``. The dot-commands come as a table, so that this module imports nothing
from above.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from mwaa_shell import debug_log
from mwaa_shell.airflow import line_rules
from mwaa_shell.airflow.additions import with_json, with_yes_flag
from mwaa_shell.airflow.command_line import InputKind, ParsedLine, parse
from mwaa_shell.airflow.knowledge import danger_of
from mwaa_shell.errors import RefusedByRule, ShellError, State, UsageError, sentence
from mwaa_shell.history import TYPED
from mwaa_shell.interrupts import INTERRUPTS
from mwaa_shell.mwaa import Connection, EnvironmentRef
from mwaa_shell.output import check_writable, select_output, write_output
from mwaa_shell.output.records import data_only
from mwaa_shell.result import Result, from_error, interrupted
from mwaa_shell.session.confirmation import Confirmer, Impact, confirm, confirmation_for
from mwaa_shell.session.environment import FileIsHere, problem_before_sending, refuse_file_of_this_machine
from mwaa_shell.session.next_steps import ask_for_json, with_retry_proposal
from mwaa_shell.session.script import DEEPEST, ScriptLine
from mwaa_shell.session.send import LineContext, fill_destination, fill_secrets, send, stopped_after
from mwaa_shell.session.session import Session
from mwaa_shell.settings import Access

if TYPE_CHECKING:
    from mwaa_shell.airflow.command_line import Problem
    from mwaa_shell.airflow.grammar import Grammar
    from mwaa_shell.airflow.knowledge import Danger

_TOO_DEEP = UsageError(f"Files are nested more than {DEEPEST} deep", hint="Check whether one runs itself with .source.")


class DotCommands(Protocol):
    """The table of the shell's own commands."""

    def run(self, executor: Executor, context: LineContext) -> Result:
        """Run a dot-command; raise ``UsageError`` for an unknown name."""

    def check(self, plan: Plan, line: ParsedLine) -> None:
        """Raise ``UsageError`` for a line that is certain to fail."""


@dataclass(frozen=True, slots=True)
class LineResult:
    """The result of one line, and the number of lines that follow it."""

    result: Result
    left: int
    line: str = ""
    where: str = ""  #: ``where`` of its ``ScriptLine``


class Executor:
    """The executor of the lines of one session."""

    def __init__(self, session: Session, dot_commands: DotCommands) -> None:
        self.session = session
        self.dot_commands = dot_commands

    def execute(self, text: str, origin: str = TYPED) -> Result:
        """Run one line from ``origin``; raise no expected failure, and take Ctrl-C."""
        INTERRUPTS.restore()
        return self.run(LineContext.of(text, origin))

    def run(self, context: LineContext) -> Result:
        """Run one line as ``execute`` does; an earlier Ctrl-C still holds."""
        line, text = context.line, context.line.text
        before, tee = self.session.last_result, self.session.transcript
        state = State.NOT_SENT  # while the line is only checked
        if debug_log.is_on():
            self._log(context, text)
        try:
            if line.kind is InputKind.BLANK:
                return Result()
            self._check(context, text)
            state = State.NONE
            if line.kind is InputKind.DOT_COMMAND:
                if context.destination is not None:
                    context = fill_destination(self.session, context)
                result = self.dot_commands.run(self, context)
            else:
                result, context = self.send(context)
            result = self._deliver(context, result)
            if tee is not None and tee is self.session.transcript and not (context.private or result.secret):
                self._transcribe(context, result)
            return with_retry_proposal(result, line)
        except FileIsHere as error:
            return from_error(error)._replace(proposal=error.line)
        except ShellError as error:
            debug_log.error("line", error)
            return with_retry_proposal(from_error(error), line)
        except KeyboardInterrupt:
            debug_log.event("interrupted")
            last = self.session.last_result
            if last is before or last is None:
                return interrupted(remote=False, state=state)
            return stopped_after(last if context.destination is None else Result())

    def send(self, context: LineContext) -> tuple[Result, LineContext]:
        """Send an Airflow command and keep its Result as the last one."""
        result, context = send(self.session, context)
        if context.recorded:
            self.session.last_result = result
        return result, context

    def plan(self) -> Plan:
        """Return a plan, which checks lines before any of them runs."""
        return Plan(self.session, self.dot_commands)

    def run_lines(
        self,
        lines: Iterable[ScriptLine],
        before: Callable[[str, int], None] = lambda line, depth: None,
        depth: int = 0,
        after: int = 0,
    ) -> Iterator[LineResult]:
        """Run lines in order, each when the caller takes its result.

        ``before`` is called with each line just before it runs, and with its depth in files. A line that has lines of
        its own (``.source``) has them run in its place. ``after`` is the number of lines that follow these.
        """
        for number, line in enumerate(lines, 1):
            if parse(line.text).kind is not InputKind.BLANK:
                before(line.text, depth)
            result = self.execute(line.text, line.origin)
            if depth == DEEPEST and result.next_lines:
                result = from_error(_TOO_DEEP)
            following = lines[number:] if isinstance(lines, Sequence) else ()
            left = after + sum(parse(one.text).kind is not InputKind.BLANK for one in following)
            yield LineResult(result, left, line.text, line.where)
            if result.next_lines and result.ok:
                blank = " " if line.text.startswith(" ") else ""  # a private line has private lines
                nested = [ScriptLine(blank + one.line, line.where, one.origin) for one in result.next_lines]
                yield from self.run_lines(nested, before, depth + 1, left)

    def _check(self, context: LineContext, text: str) -> None:
        try:
            text.encode()
        except UnicodeEncodeError:
            raise UsageError("The command is not UTF-8 text", state=State.NOT_SENT) from None
        if context.line.kind is InputKind.AIRFLOW:
            refuse_file_of_this_machine(context.line)
        problem = problem_before_sending(self.session, context.line)
        if problem is not None:
            column = f" (column {problem.position + 1})" if problem.at_character else ""
            raise UsageError(f"{problem.message}{column}", state=State.NOT_SENT, hint=problem.hint)
        note = self.session.rules().note_on(text)
        if note:
            self.session.ui.note(note)
        if context.destination is not None:
            check_writable(context.destination, self.session.ui.ask)

    def _log(self, context: LineContext, text: str) -> None:
        """Write a line without its secrets to the debug log."""
        rules = self.session.rules()
        debug_log.keep_out(*rules.secret_values(text))
        shown = "(private)" if context.private else rules.mask(text)
        debug_log.event("line", kind=context.line.kind.value, origin=context.origin, text=shown)

    # -- what becomes of the output ----------------------------------------------------------------------------------

    def _deliver(self, context: LineContext, result: Result) -> Result:
        session = self.session
        if session.settings.data_only and result.remote:
            result = data_only(context.line.values, result)
            if result.ok and not result.added and with_json(parse(context.line.command), session.grammar):
                session.ui.note(f"--data changed nothing. Add -o json to {' '.join(result.words[:2])}.")
        if context.destination is not None:
            written = write_output(context.destination, select_output(result, session.preferences))
            if result.remote and result.ok and not written.ok:
                written = ask_for_json(written, context.line, session.grammar)
            result = written
        return result

    def _transcribe(self, context: LineContext, result: Result) -> None:
        """Add a line to the transcript; turn it off with a notice if that fails."""
        session, line = self.session, context.line
        assert session.transcript is not None
        view = session.ui.canvas.view() if session.ui.draws_tables and session.ui.canvas is not None else None
        text = session.rules().mask(line.text.strip())
        try:
            session.transcript.add(session.target.name if session.target else "", text, result, datetime.now(UTC), view)
        except UsageError as error:
            session.ui.note(f"{sentence(error.message)} .tee is off.")
            session.transcript = None


@dataclass(slots=True)
class Plan:
    """The check of all lines before the first one runs.

    Each line is checked as if the lines before it had run. Most members are the changes that they will have made.
    """

    session: Session
    dot_commands: DotCommands
    depth: int = 0  #: how deep the file of the lines is in other files
    saved: dict[str, str | None] = field(default_factory=dict)  #: commands that are saved or dropped, by name
    written: set[str] = field(default_factory=set)  #: files that are exported, which may not exist yet
    connection: Connection | None = None  #: the connection that a ``.use`` opens
    access: Access | None = None  #: profile and region of the latest ``.use``
    opened: EnvironmentRef | None = None  #: the environment that a ``.use`` opens, as named there
    previous: EnvironmentRef | None = None  #: the environment that was open before it
    elsewhere: bool = False  #: a ``.use`` opens an environment from a menu
    protect: str | None = None  #: the patterns that ``.set protect`` sets
    read_only: bool | None = None  #: the state that ``.readonly`` sets
    lines: int = 0  #: number of lines so far, for numbers of the history
    where: str = ""  #: the place of the checked line, ``FILE:NUMBER``

    @property
    def grammar(self) -> Grammar | None:
        """The command tree where a line will run; ``None`` while it is unknown."""
        if self.connection is not None:
            return self.connection.grammar
        return None if self.elsewhere else self.session.grammar

    def check(self, lines: Sequence[ScriptLine]) -> None:
        """Raise for the first line that would be refused, with its place."""
        try:
            for line in lines:
                self.where = line.where or (self.where if self.depth else "")
                self._check(line)
        except (UsageError, RefusedByRule) as error:
            if self.depth:
                raise
            where = f"{self.where}: " if self.where else ""
            raise error.with_message(f"{where}{error}", State.NOT_SENT) from None

    def check_nested(self, lines: Sequence[ScriptLine]) -> None:
        """Raise for the first refused line of a file or saved command in a line."""
        self.depth += 1
        try:
            self.check(lines)
        finally:
            self.depth -= 1

    def _check(self, line: ScriptLine) -> None:
        parsed = parse(line.text)
        session = self.session
        if session.ui.ask is None and parsed.values[:1] and parsed.values[0].startswith(("!", "^")):
            written = session.rules().mask(line.text.strip())
            raise UsageError(
                f"{written}: history expansion works only at a prompt", hint="Use .redo NUMBER in a script."
            )
        problem = self.problem_in(parsed)
        if problem is not None:
            column = f" (column {problem.position + 1})" if problem.at_character else ""
            nested = f"{session.rules().mask(line.text.strip())}: " if self.depth and not self.where else ""
            raise UsageError(f"{nested}{problem.message}{column}", hint=problem.hint)
        if parsed.kind is InputKind.AIRFLOW:
            refuse_file_of_this_machine(parsed)
            self.check_safety(parsed)
        if parsed.kind is InputKind.DOT_COMMAND and self.depth <= DEEPEST:
            self.dot_commands.check(self, parsed)
        self.lines += parsed.kind is not InputKind.BLANK

    def problem_in(self, line: ParsedLine) -> Problem | None:
        """Return what Airflow would refuse in a line where it will run."""
        if self.connection is None and not self.elsewhere:
            return problem_before_sending(self.session, line)

        if not self.session.settings.validate:
            return line.problem
        return line_rules.problem_in(line.text, self.grammar, self.session.secret_words)

    def check_safety(self, line: ParsedLine, *, as_it_is: bool = False) -> None:
        """Raise for a line that will be refused, as far as no question decides that."""
        session, grammar = self.session, self.grammar
        shown = session.rules().mask(line.command)
        asks = not as_it_is and with_yes_flag(line, grammar) is not None
        self.check_danger(danger_of(line, grammar), shown, asks=asks, effect=Impact(line, shown, grammar))
        if session.ui.ask_secret is None:
            fill_secrets(line, grammar, None, session.secret_words, as_it_is=as_it_is)

    def check_danger(self, danger: Danger, shown: str, *, asks: bool = False, effect: Impact | str = "") -> None:
        """Raise for a danger that will be refused; ``shown`` is the masked line."""
        session = self.session
        here = self.connection.target if self.connection is not None else None if self.elsewhere else session.target
        place = session.protection_of(here.name if here else "", self.protect, self.read_only)
        if session.ui.ask is None:
            confirm(shown, danger, place, Confirmer(session.settings.yes), asks=asks, effect=effect)
        else:
            confirmation_for(danger, place, shown)
