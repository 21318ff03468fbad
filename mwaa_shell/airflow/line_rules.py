"""Rules for reading one line: the command tree, the user's names of secrets, and whether lines are checked.

A frozen value: the lexer, the completer, the masks and the checks take it instead of a session. Pure. Imports that
follow the first drawing of the prompt stand in the methods: checks and masks read all of ``airflow/``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mwaa_shell.airflow.command_line import Problem, logical_lines, spans_of_lines

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Grammar
    from mwaa_shell.airflow.secrets.redaction import Span

#: Names the parameters of a ``.do`` line whose values are secret: line, command tree, names of secrets.
SecretParameters = Callable[[str, "Grammar | None", tuple[str, ...]], set[str]]


def _no_parameters(line: str, grammar: Grammar | None, secret_words: tuple[str, ...]) -> set[str]:
    return set()


@dataclass(frozen=True, slots=True)
class LineRules:
    """What is known about lines of one environment."""

    grammar: Grammar | None = None  #: the command tree of its Airflow; ``None`` while the version is unknown
    secret_words: tuple[str, ...] = ()  #: the user's own names of secrets
    validate: bool = True  #: whether the shell refuses what Airflow would refuse
    secret_parameters: SecretParameters = _no_parameters  #: of saved commands

    @property
    def checked_by(self) -> Grammar | None:
        """The command tree that lines are checked with; ``None`` where the user wants no checks."""
        return self.grammar if self.validate else None

    def problem_in(self, text: str) -> Problem | None:
        """Return what Airflow would refuse in a line, as far as the command tree knows."""
        from mwaa_shell.airflow import line_checks

        return line_checks.problem_in(text, self.checked_by, self.secret_words)

    def secrets_in(self, line: str) -> tuple[Span, ...]:
        """Return the places of the secrets of one line."""
        from mwaa_shell.airflow.secrets.redaction import secrets_in

        return secrets_in(line, self.grammar, self.secret_words, self._assigned(line))

    def secret_values(self, line: str) -> Iterator[str]:
        """Yield the secrets of one line without quotes and escapes, and those inside of them."""
        from mwaa_shell.airflow.secrets.values import secrets_of, sensitive

        named = partial(sensitive, patterns=self.secret_words)
        for one in self.secrets_in(line):
            yield one.value
            yield from (inside.value for inside in secrets_of(one.value, named))

    def masked(self, text: str) -> str:
        """Return a line, or a block of lines, with masks in the places of its secrets."""
        from mwaa_shell.airflow.secrets.redaction import masked

        made, position = "", 0
        for (start, end), (_, line) in zip(spans_of_lines(text), logical_lines(text.split("\n")), strict=True):
            shown = masked(line, self.grammar, self.secret_words, self._assigned(line))
            made += text[position:start] + (shown.text if shown.anything else text[start:end])
            position = end
        return made + text[position:]

    def _assigned(self, line: str) -> set[str]:
        return self.secret_parameters(line, self.grammar, self.secret_words)
