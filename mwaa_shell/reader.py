"""Reads lines before they run: the secrets in them, what Airflow would refuse, what is known of a word.

For the environment that a session is on, with what is known of it at that moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mwaa_shell.airflow.command_line import Kind, ParsedLine, Problem, line_at, logical_lines, spans_of_lines

if TYPE_CHECKING:
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
        from mwaa_shell.directives.saved import secret_values

        return secrets_in(line, self._session.grammar, self._session.secret_words, secret_values(self._session, line))

    def covered(self, text: str) -> str:
        """A line, or a block of lines, without the secrets in it."""
        from mwaa_shell.airflow.redaction import masked
        from mwaa_shell.directives.saved import secret_values

        made, position = "", 0
        for (start, end), (_, line) in zip(spans_of_lines(text), logical_lines(text.split("\n")), strict=True):
            shown = masked(line, self._session.grammar, self._session.secret_words, secret_values(self._session, line))
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

    def explained(self, text: str, cursor: int) -> str:
        """What is known of the word under the cursor, as a page; asks nobody."""
        from mwaa_shell.airflow import advice
        from mwaa_shell.directives import command_in, page

        begins, line = line_at(text, cursor)
        own = page(line)
        if own is None:
            begins += command_in(line)
            own = advice.explained(line[command_in(line) :], cursor - begins, self._session.grammar)
        return own or "Nothing is known of this; .help lists what can be typed"

    def check_directive(self, line: ParsedLine, depth: int) -> None:
        """Raise for what can be known to be wrong with a directive ahead of time; ``depth`` is that of its file."""
        from mwaa_shell.directives import check

        check(self._session, line, depth)

    def problem_before_sending(self, line: ParsedLine) -> Problem | None:
        """The same with all that can be known of the environment: opens one and asks AWS, if need be."""
        if line.kind is Kind.AIRFLOW and line.problem is None:
            self._session.ensure_open()
            self._session.learn_version()
        return self.problem_in(line.text)
