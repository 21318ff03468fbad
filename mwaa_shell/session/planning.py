"""The check of lines before any of them runs: each is looked at as if those before it had run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from mwaa_shell.airflow import line_checks
from mwaa_shell.airflow.command_line import InputKind, ParsedLine, parse
from mwaa_shell.airflow.safety import answered, danger_of
from mwaa_shell.errors import RefusedByRule, UsageError
from mwaa_shell.mwaa.connection import Connection
from mwaa_shell.session.confirmation import Answers, need, pass_rails
from mwaa_shell.session.environment import problem_before_sending
from mwaa_shell.session.fill_secrets import unmasked
from mwaa_shell.session.impact import Impact
from mwaa_shell.session.script import DEEPEST, Line
from mwaa_shell.session.session import Session
from mwaa_shell.settings import Access

if TYPE_CHECKING:
    from mwaa_shell.airflow.command_line import Problem
    from mwaa_shell.airflow.grammar import Grammar

#: Stands at the end of a message about one line; replaced where the line is one of several.
NOT_SENT = "the line was not sent"


class DotCommandChecks(Protocol):
    """The table of the shell's own commands, as far as lines are checked with it."""

    def check(self, plan: Plan, line: ParsedLine) -> None:
        """Raise ``UsageError`` for what can be known to be wrong with a line before anything runs."""


@dataclass(slots=True)
class PlannedState:
    """What earlier lines will have changed by the time a line runs."""

    saved: dict[str, str | None] = field(default_factory=dict)  #: commands that are saved or dropped, by name
    link: Connection | None = None  #: to the environment that a ``.use`` opens
    access: Access | None = None  #: how AWS is reached, as far as the user says it
    elsewhere: bool = False  #: a ``.use`` opens an environment that is not known yet
    protect: str | None = None  #: the patterns that ``.set protect`` sets
    read_only: bool | None = None  #: what ``.readonly`` says
    lines: int = 0  #: how many there were: so many commands at least may be in the history by then
    where: str = ""  #: the place of the line that is being checked, ``FILE:NUMBER``


@dataclass(slots=True)
class Plan:
    """Lines that are being checked."""

    session: Session
    dot_commands: DotCommandChecks
    state: PlannedState = field(default_factory=PlannedState)
    depth: int = 0  #: how deep the file of the lines stands in other files

    @property
    def grammar(self) -> Grammar | None:
        """The command tree of the environment that a line will run on; ``None`` while it is unknown."""
        if self.state.link is not None:
            return self.state.link.grammar
        return None if self.state.elsewhere else self.session.grammar

    def check(self, lines: Sequence[Line], unsent: str = "nothing was sent") -> None:
        """Raise for the first line that would be refused.

        What is raised says of all lines what it would say of one alone: ``unsent``, and where the line stands.
        """
        try:
            for line in lines:
                self.state.where = line.where or (self.state.where if self.depth else "")
                self._check(line)
        except (UsageError, RefusedByRule) as error:
            if self.depth:
                raise
            where = f"{self.state.where}: " if self.state.where else ""
            raise type(error)(where + str(error).replace(NOT_SENT, unsent)) from None

    def check_nested(self, lines: Sequence[Line]) -> None:
        """Raise for the first refused line of a file, or of a saved command, that a line runs."""
        Plan(self.session, self.dot_commands, self.state, self.depth + 1).check(lines)

    def _check(self, line: Line) -> None:
        parsed = parse(line.text)
        session = self.session
        if session.ui.ask is None and parsed.values[:1] and parsed.values[0].startswith(("!", "^")):
            written = session.rules().masked(line.text.strip())
            raise UsageError(f"{written}: history is expanded at a prompt; in a script, .redo NUMBER runs it")
        problem = self.problem_in(parsed)
        if problem is not None:
            raise UsageError(f"{problem.message}, in: {session.rules().masked(line.text.strip())}; {NOT_SENT}")
        if parsed.kind is InputKind.AIRFLOW:
            self.check_safety(parsed)
        if parsed.kind is InputKind.DIRECTIVE and self.depth <= DEEPEST:
            self.dot_commands.check(self, parsed)
        self.state.lines += parsed.kind is not InputKind.BLANK

    def problem_in(self, line: ParsedLine) -> Problem | None:
        """Return what Airflow would refuse in a line where it will run."""
        if self.state.link is None and not self.state.elsewhere:
            return problem_before_sending(self.session, line)

        grammar = self.grammar if self.session.settings.validate else None
        return line_checks.problem_in(line.text, grammar, self.session.secret_words)

    def check_safety(self, line: ParsedLine, *, as_it_is: bool = False) -> None:
        """Raise for what will be refused; where the user can be asked, that is not known yet."""
        session, state, grammar = self.session, self.state, self.grammar
        here = state.link.target if state.link is not None else None if state.elsewhere else session.here
        place = session.protection_of(here.name if here else "", state.protect, state.read_only)
        danger = danger_of(line, grammar)
        shown = session.rules().masked(line.command)
        if session.ui.ask is None:
            asks = not as_it_is and answered(line, grammar) is not None
            effect = Impact(line, shown, grammar)
            pass_rails(shown, danger, place, Answers(session.settings.yes), asks=asks, effect=effect)
        else:
            need(danger, place, shown)
        if session.ui.ask_secret is None:
            unmasked(line, grammar, None, session.secret_words, as_it_is=as_it_is)
