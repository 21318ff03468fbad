"""The rules of an environment for its lines, and the checks before sending.

``LineRules`` is a frozen value: the lexer, the completer, the masks and the checks take it instead of a session. The
functions find what Airflow would refuse, the translation, and help at the cursor; their command tree is ``None`` while
the version is unknown. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial

from mwaa_shell.addresses import MASK
from mwaa_shell.airflow.arguments import Role, understand
from mwaa_shell.airflow.command_line import InputKind, ParsedLine, Problem, lines_of_block, parse
from mwaa_shell.airflow.grammar import Grammar
from mwaa_shell.airflow.help import WIDTH, explain, explain_argument
from mwaa_shell.airflow.odd_characters import odd_character_in
from mwaa_shell.airflow.secrets import redaction
from mwaa_shell.airflow.secrets.redaction import secrets_in
from mwaa_shell.airflow.secrets.values import secrets_of, sensitive
from mwaa_shell.airflow.translation import translate
from mwaa_shell.airflow.validation import validate

#: Names the parameters of a ``.do`` line whose values are secret: line, command tree, names of secrets.
SecretParameters = Callable[[str, "Grammar | None", tuple[str, ...]], set[str]]


@dataclass(frozen=True, slots=True)
class LineRules:
    """The rules for lines of one environment."""

    grammar: Grammar | None = None  #: the command tree of its Airflow; ``None`` while the version is unknown
    secret_words: tuple[str, ...] = ()  #: the user's own names of secrets
    validate: bool = True  #: whether the shell refuses mistakes
    secret_parameters: SecretParameters = lambda *_: set()  #: of saved commands

    @property
    def checked_by(self) -> Grammar | None:
        """Return the command tree for checks; ``None`` if the user switched checks off."""
        return self.grammar if self.validate else None

    def problem_in(self, text: str) -> Problem | None:
        """Return the mistake in a line for which Airflow would refuse it."""
        if not self.validate:
            return parse(text).problem
        return problem_in(text, self.grammar, self.secret_words)

    def note_on(self, text: str) -> str:
        """Return a note if the nearest command tree lacks a word of the line; else empty."""
        line, grammar = parse(text), self.checked_by
        if grammar is None or grammar.is_exact or line.kind is not InputKind.AIRFLOW:
            return ""
        problem = validate(understand(line, grammar))
        if problem is None or not problem.lacking:
            return ""
        message = _without_secrets(line, problem.message, grammar, self.secret_words)
        return f"{message}{'' if message.endswith('?') else '.'} Sent as typed: the environment runs {grammar.version}"

    def secrets_in(self, line: str) -> tuple[redaction.Span, ...]:
        """Return the places of the secrets of one line."""
        return redaction.secrets_in(line, self.grammar, self.secret_words, self._assigned(line))

    def secret_values(self, line: str) -> Iterator[str]:
        """Yield the secrets of a line without quotes and escapes, and the secrets in them."""
        named = partial(sensitive, patterns=self.secret_words)
        for one in self.secrets_in(line):
            yield one.value
            yield from (inside.value for inside in secrets_of(one.value, named))

    def mask(self, text: str) -> str:
        """Return a line, or a block of lines, with masks in the places of its secrets."""
        made, position = "", 0
        for start, end, line in lines_of_block(text):
            shown = redaction.mask_line(line, self.grammar, self.secret_words, self._assigned(line))
            made += text[position:start] + (shown.text if shown.text != line else text[start:end])
            position = end
        return made + text[position:]

    def _assigned(self, line: str) -> frozenset[str]:
        return frozenset(self.secret_parameters(line, self.grammar, self.secret_words))


#: Characters of a message. A longer one repeats a long line, and each word of the line is searched for in it.
LONGEST = 2_000


@lru_cache(maxsize=4)  # Enter and the last key ask about the same text
def problem_in(text: str, grammar: Grammar | None, patterns: tuple[str, ...] = ()) -> Problem | None:
    """Return the first mistake in a line. Another Airflow's words get their name here."""
    line = parse(text)
    reading = understand(line, grammar) if grammar is not None else None
    begins = None if reading is None else all(part.role is not Role.UNKNOWN for part in reading.parts[:1])
    odd = odd_character_in(line, begins)
    if odd is not None:
        name, spans = odd.message.partition(" ")[0], secrets_in(text, grammar, patterns)
        if name.startswith("$") and any(one.start <= odd.position < one.end for one in spans):
            return odd._replace(message=f"${odd.message.removeprefix(name)}")  # it may be a part of a password
        return odd
    if line.problem is not None or line.kind is not InputKind.AIRFLOW or grammar is None or reading is None:
        return line.problem

    problem = validate(reading)
    translation = translate(text, grammar) if problem is not None else None
    if problem is not None and problem.lacking and not grammar.is_exact and translation is None:
        problem = validate(reading, lenient=True)
    if problem is None:
        return None
    message, hint = problem.message, problem.hint
    if translation is not None and translation.notes:
        message = ". ".join(translation.notes)
        hint = ""
        if translation.text and validate(understand(parse(translation.text), grammar)) is None:
            hint = f"Use: {translation.text.strip()}"
    if len(message) + len(hint) > LONGEST:
        message, hint = problem.message, problem.hint
    message, hint = (_without_secrets(line, one, grammar, patterns) for one in (message, hint))
    return problem._replace(message=message, hint=hint)


def _without_secrets(line: ParsedLine, message: str, grammar: Grammar, patterns: tuple[str, ...]) -> str:
    """Return the message without words of a secret, and without words that follow it."""
    # Another Airflow's words are read by the names of flags.
    spans = secrets_in(line.text, grammar, patterns) or secrets_in(line.text, None, patterns)
    words = {word.value for word in line.words if spans and word.end > spans[0].start and len(word.value) > 1}
    for word in sorted(words | {span.value for span in spans if span.value}, key=len, reverse=True):
        if not word.startswith("-"):
            message = message.replace(word, MASK)
    return message


def translated_block(text: str, grammar: Grammar | None) -> tuple[str, tuple[str, ...]] | None:
    """Return a block in this Airflow's words, and notes; ``None`` for no change.

    A line that has no words here stays as it is.
    """
    made, position = "", 0
    notes: list[str] = []
    for start, end, line in lines_of_block(text):
        problem = problem_in(line, grammar)
        found = translate(line, grammar) if problem is not None and not problem.at_character else None
        new = text[start:end]
        if found is not None and found.text is not None and found.text != line:
            new = found.text
            notes += found.notes
        made += text[position:start] + new
        position = end
    made += text[position:]
    return (made, tuple(dict.fromkeys(notes))) if made != text else None


def help_at_cursor(text: str, cursor: int, grammar: Grammar | None, width: int = WIDTH) -> str | None:
    """Return help on the argument at the cursor, else the page of the command.

    For so many columns, or for those of most terminals.
    """
    if grammar is None:
        return None
    understanding = understand(parse(text), grammar)
    if understanding.command is None:
        words = [part.value for part in understanding.parts if part.role is Role.GROUP]
        return explain(tuple(words), grammar, width) if words else None
    for part in understanding.parts:
        if part.start <= cursor <= part.end and part.argument is not None:
            return explain_argument(understanding.command, part.argument, width)
    return explain(tuple(understanding.command.name.split()), grammar, width)
