"""Reads lines before they run: the secrets in them, what Airflow would refuse, what is known of a word.

For the environment that a session is on, with what is known of it at that moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mwaa_shell.airflow.command_line import Kind, ParsedLine, Problem, line_at, logical_lines, spans_of_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mwaa_shell.airflow.grammar import Grammar
    from mwaa_shell.airflow.redaction import Span
    from mwaa_shell.session import Session


class Reader:
    """What is known of a line, for one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def secrets_in(self, line: str) -> tuple[Span, ...]:
        """The secrets of one line."""
        from mwaa_shell.airflow.redaction import secrets_in

        assigned = _secret_parameters(self._session, line)
        return secrets_in(line, self._session.grammar, self._session.secret_words, assigned)

    def secret_values(self, line: str) -> Iterator[str]:
        """The secrets of one line without quotes and escapes, and those inside of them: a reply may repeat either."""
        from functools import partial

        from mwaa_shell.airflow.secret_values import secrets_of, sensitive

        named = partial(sensitive, patterns=self._session.secret_words)
        for one in self.secrets_in(line):
            yield one.value
            yield from (inside.value for inside in secrets_of(one.value, named))

    def covered(self, text: str) -> str:
        """A line, or a block of lines, without the secrets in it."""
        from mwaa_shell.airflow.redaction import masked

        made, position = "", 0
        for (start, end), (_, line) in zip(spans_of_lines(text), logical_lines(text.split("\n")), strict=True):
            assigned = _secret_parameters(self._session, line)
            shown = masked(line, self._session.grammar, self._session.secret_words, assigned)
            made += text[position:start] + (shown.text if shown.anything else text[start:end])
            position = end
        return made + text[position:]

    def problem_in(self, text: str) -> Problem | None:
        """What Airflow would refuse in a line, as far as is known now; asks nobody."""
        from mwaa_shell.airflow import advice

        return advice.problem_in(text, self.checked_by, self._session.secret_words)

    @property
    def checked_by(self) -> Grammar | None:
        """The command tree that lines are checked with; ``None`` where the user wants no checks."""
        return self._session.grammar if self._session.settings.validate else None

    def explained(self, text: str, cursor: int, width: int | None = None) -> str:
        """What is known of the word under the cursor, as a page of so many columns; asks nobody."""
        from mwaa_shell.airflow import advice
        from mwaa_shell.directives import command_in, page

        begins, line = line_at(text, cursor)
        own = page(line)
        if own is None:
            begins += command_in(line)
            own = advice.explained(line[command_in(line) :], cursor - begins, self._session.grammar, width)
        return own or "Nothing is known of this; .help lists what can be typed"

    @property
    def grammar_ahead(self) -> Grammar | None:
        """The command tree of the environment that the lines before will have opened; ``None`` while it is unknown."""
        ahead = self._session.ahead
        if ahead.link is not None:
            return ahead.link.grammar
        return None if ahead.elsewhere else self._session.grammar

    def problem_ahead(self, line: ParsedLine) -> Problem | None:
        """What Airflow would refuse in a line where it will run: behind those that are checked before it."""
        ahead = self._session.ahead
        if ahead.link is None and not ahead.elsewhere:
            return self.problem_before_sending(line)
        from mwaa_shell.airflow import advice

        grammar = self.grammar_ahead if self._session.settings.validate else None
        return advice.problem_in(line.text, grammar, self._session.secret_words)

    def check_directive(self, line: ParsedLine, depth: int) -> None:
        """Raise for what can be known to be wrong with a directive ahead of time; ``depth`` is that of its file."""
        from mwaa_shell.directives import check

        check(self._session, line, depth)

    def problem_before_sending(self, line: ParsedLine) -> Problem | None:
        """The same with all that can be known of the environment: opens one and asks AWS, if need be."""
        if line.kind is Kind.AIRFLOW and line.problem is None:
            self._session.opening.ensure_open()
            self._session.opening.learn_version()
        return self.problem_in(line.text)


def _secret_parameters(session: Session, line: str) -> set[str]:
    """Those of a saved command, for a line that runs one; to any other the directives need not be imported."""
    if not line.lstrip().startswith(".do"):
        return set()
    from mwaa_shell.directives.saved import secret_values

    return secret_values(session, line)
