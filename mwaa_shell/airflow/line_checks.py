"""Checks of a line before it is sent: what Airflow would refuse, the translation, and help at the cursor.

Each question takes the line and the environment's command tree, ``None`` while the version is unknown. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from mwaa_shell.airflow.arguments import Role, understand
from mwaa_shell.airflow.command_line import (
    REMEMBERED,
    InputKind,
    ParsedLine,
    Problem,
    logical_lines,
    parse,
    spans_of_lines,
)
from mwaa_shell.airflow.grammar import Grammar
from mwaa_shell.airflow.help import WIDTH, explain, explain_argument
from mwaa_shell.airflow.secrets.redaction import MASK, secrets_in
from mwaa_shell.airflow.translation.translate import Translation, translate
from mwaa_shell.airflow.validation import validate

#: Characters of a message: one that repeats a line of more is no help, and each word of the line is looked for in it.
LONGEST = 2_000


def problem_in(text: str, grammar: Grammar | None, patterns: Sequence[str] = ()) -> Problem | None:
    """Return the first mistake in a line, with what it is called here if it is in another Airflow's words."""
    look = _remembered if len(text) <= REMEMBERED else _problem_in
    return look(text, grammar, tuple(patterns))


def _problem_in(text: str, grammar: Grammar | None, patterns: tuple[str, ...]) -> Problem | None:
    line = parse(text)
    if line.problem is not None or line.kind is not InputKind.AIRFLOW or grammar is None:
        return line.problem

    problem = validate(understand(line, grammar))
    if problem is None:
        return None
    translation = translated(text, grammar)
    said = translation.notes if translation is not None else ()
    here = [f"here: {translation.text.strip()}"] if translation is not None and translation.text else []
    message = as_sentence([*said, *here]) or problem.message
    if len(message) > LONGEST:
        message = problem.message
    return problem._replace(message=_without_secrets(line, message, grammar, patterns))


_remembered = lru_cache(maxsize=4)(_problem_in)  # Enter asks for what the last key has asked for


def _without_secrets(line: ParsedLine, message: str, grammar: Grammar, patterns: Sequence[str]) -> str:
    """Return the message without a word of a secret, or of what was meant to be one and stands behind it unquoted."""

    # Another Airflow's words are read by the names of flags.
    spans = secrets_in(line, grammar, patterns) or secrets_in(line, None, patterns)
    words = {word.value for word in line.words if spans and word.end > spans[0].start and len(word.value) > 1}
    for word in sorted(words | {span.value for span in spans if span.value}, key=len, reverse=True):
        if not word.startswith("-"):
            message = message.replace(word, MASK)
    return message


def as_sentence(notes: Iterable[str]) -> str:
    """Return several notes as one sentence."""
    return "; ".join(notes)


def translated(text: str, grammar: Grammar | None) -> Translation | None:
    """Return the line in this Airflow's words; ``None`` where it needs none or there is none."""
    return translate(text, grammar) if grammar is not None else None


def translated_block(text: str, grammar: Grammar | None) -> tuple[str, tuple[str, ...]] | None:
    """Return a block of lines in this Airflow's words, and notes; ``None`` where nothing changes.

    A line that has no words here stays as it is.
    """
    made, position = "", 0
    notes: list[str] = []
    lines = [line for _, line in logical_lines(text.split("\n"))]
    for (start, end), line in zip(spans_of_lines(text), lines, strict=True):
        found = translated(line, grammar) if problem_in(line, grammar) else None
        new = text[start:end]
        if found is not None and found.text is not None and found.text != line:
            new = found.text
            notes += found.notes
        made += text[position:start] + new
        position = end
    made += text[position:]
    return (made, tuple(dict.fromkeys(notes))) if made != text else None


def explained(text: str, cursor: int, grammar: Grammar | None, width: int | None = None) -> str | None:
    """Return help on the word at the cursor: a flag or an argument, else the page of the command.

    For so many columns, or for those of most terminals.
    """
    if grammar is None:
        return None

    understanding = understand(parse(text), grammar)
    if understanding.command is None:
        words = [part.value for part in understanding.parts if part.role is Role.GROUP]
        return explain(tuple(words), grammar, width or WIDTH) if words else None
    part = next((one for one in understanding.parts if one.start <= cursor <= one.end and one.argument), None)
    if part is not None and part.argument is not None:
        return explain_argument(understanding.command, part.argument, width or WIDTH)
    return explain(tuple(understanding.command.name.split()), grammar, width or WIDTH)
