"""A file of commands in the words of another Airflow, line by line, with what to know as comments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mwaa_shell.airflow.arguments import understand
from mwaa_shell.airflow.command_line import Kind, Problem, logical_lines, parse
from mwaa_shell.airflow.grammar import Grammar
from mwaa_shell.airflow.translation import Translation, translate
from mwaa_shell.airflow.validation import validate


@dataclass(frozen=True, slots=True)
class TranslatedLine:
    """One line of the file, which may be several on the screen, and what stands in its place."""

    number: int  #: of the first, from 1
    original: tuple[str, ...]  #: without their ends
    lines: tuple[str, ...]  #: what to write: the same where nothing is to be said
    translation: Translation | None = None
    problem: Problem | None = (
        None  #: what the target refuses in the line that is written, or in one that no version knows
    )


def translate_file(lines: Sequence[str], target: Grammar) -> list[TranslatedLine]:
    """Every line of a file, in order.

    Comments, blank lines, directives and what the target understands stay as they are, byte for byte but for the end of
    the line. A translated line loses its continuations and keeps its indentation, ``airflow`` in front and what follows
    a ``|`` or ``>``. A line that has no translation is kept as a comment.
    """
    plain = [line.rstrip("\r\n") for line in lines]
    logical = list(logical_lines(plain))
    ends = [*(number for number, _ in logical[1:]), len(plain) + 1]
    return [
        _translated(number, tuple(plain[number - 1 : end - 1]), text, target)
        for (number, text), end in zip(logical, ends, strict=False)
    ]


def _translated(number: int, original: tuple[str, ...], text: str, target: Grammar) -> TranslatedLine:
    found = translate(text, target)
    if found is None:
        return TranslatedLine(number, original, original, None, _problem(text, target))
    indent = text[: len(text) - len(text.lstrip())]
    notes = tuple(f"{indent}# {note}" for note in (*found.notes, *found.details))
    if found.text is None:
        return TranslatedLine(number, original, (*notes, *(f"# {line}" for line in original)), found)
    new = text[: parse(text).words[0].start] + found.text.rstrip()
    return TranslatedLine(number, original, (*notes, *new.split("\n")), found, _problem(new, target))


def _problem(text: str, target: Grammar) -> Problem | None:
    line = parse(text)
    return validate(understand(line, target)) if line.kind is Kind.AIRFLOW else None


def written(lines: Sequence[TranslatedLine]) -> Iterator[str]:
    """The lines of the new file, without their ends."""
    return (line for one in lines for line in one.lines)
