"""Colours for command lines, as a pygments lexer: ``pygmentize -l airflow-cli FILE``.

It reads each line as the prompt does. The option ``airflow_version`` says whose commands they are; without it, a line
is read by the newest Airflow of any major version that knows the command.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pygments.lexer import Lexer
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, String, Text, _TokenType

from mwaa_shell.airflow.arguments import ParsedCommand, Part, Role, understand
from mwaa_shell.airflow.command_line import Kind, ParsedLine, logical_lines, parse, spans_of_lines
from mwaa_shell.airflow.grammar import Grammar, load, meant_by, nearest, versions
from mwaa_shell.output.style.highlight import PIECES, TextStyle
from mwaa_shell.output.style.lexer import TOKENS

Token = tuple[int, _TokenType, str]
Span = tuple[int, int, _TokenType]

#: A token for each role of a word.
WORDS: Mapping[Role, _TokenType] = {
    Role.GROUP: Keyword.Namespace,
    Role.COMMAND: Keyword,
    Role.UNKNOWN: Error,
    Role.FLAG: Name.Attribute,
    Role.VALUE: String,
    Role.POSITIONAL: Name.Variable,
    Role.SEPARATOR: Operator,
    Role.EXTRA: Error,
}
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
#: Where JSON begins in a value: behind the quote of a shell, if there is one.
JSON_START = re.compile(r"""['"]?[\[{]""")


class AirflowCommandLexer(Lexer):
    """Lines that are typed at the prompt or written into a runbook."""

    name = "Airflow CLI"
    aliases = ("airflow-cli",)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._grammars = _grammars(str(options.get("airflow_version", "")))

    def get_tokens_unprocessed(self, text: str) -> Iterator[Token]:
        """The lines with a backslash or an open quote at their end go on in the next one."""
        kinds: list[_TokenType] = [Text] * len(text)
        lines = [line for _, line in logical_lines(text.split("\n"))]
        for (offset, stop), line in zip(spans_of_lines(text), lines, strict=True):
            for start, end, kind in self._spans(line):
                place = slice(offset + start, min(offset + end, stop))
                kinds[place] = [kind] * (place.stop - place.start)
        yield from _runs(text, kinds)

    def _spans(self, text: str) -> Iterator[Span]:
        """What stands where in a line; what comes later is drawn over what came before."""
        line = parse(text)
        if line.kind is Kind.BLANK:
            yield 0, len(text), Comment.Single if text.strip() else Text
        elif line.kind is Kind.DIRECTIVE:
            yield line.words[0].start, line.words[0].end, Keyword.Pseudo
        elif line.words:
            yield from self._words(line)
        if line.kind is not Kind.BLANK:
            yield from _behind(line)

    def _words(self, line: ParsedLine) -> Iterator[Span]:
        reading = self._reading(line)
        if line.words[0].start > len(line.text) - len(line.text.lstrip()):
            yield 0, line.words[0].start, Comment  # airflow, which is dropped
        for part in reading.parts:
            number = part.role in (Role.VALUE, Role.POSITIONAL) and NUMBER.fullmatch(part.value)
            yield part.start, part.end, Number if number else WORDS[part.role]
            yield from _json(line.text, part)

    def _reading(self, line: ParsedLine) -> ParsedCommand:
        """By the first grammar that knows the command; by the first of all where none does."""
        readings = (understand(line, grammar) for grammar in self._grammars)
        first = next(readings)
        return first if first.command else next((found for found in readings if found.command), first)


def _grammars(version: str) -> list[Grammar]:
    """Of that version, or the one next to it; of the newest of each major version where none is asked for."""
    wanted = meant_by(version) if version else None
    known = nearest(wanted) if wanted else None
    if known:
        return [load(known)]
    newest = {one.major: one for one in versions()}
    return [load(one) for one in sorted(newest.values(), reverse=True)]


def _json(text: str, part: Part) -> Iterator[Span]:
    """The pieces of JSON inside a value in single quotes; in double ones JSON is full of backslashes, and is left."""
    start = JSON_START.match(text, part.start)
    if part.role is not Role.VALUE or not start or text[part.start] == '"':
        return
    pattern, role_of = PIECES[TextStyle.JSON]
    for found in pattern.finditer(text, start.end() - 1, part.end):
        yield found.start(), found.end(), TOKENS[role_of(found)]


def _behind(line: ParsedLine) -> Iterator[Span]:
    """The bar or arrow behind the command, and what follows it."""
    if line.destination is None:
        return
    start = line.text.index(line.destination.operator, line.words[-1].end if line.words else 0)
    behind = start + len(line.destination.operator)
    yield start, behind, Operator
    yield behind, len(line.text), String.Backtick if line.destination.operator == "|" else String.Other


def _runs(text: str, kinds: list[_TokenType]) -> Iterator[Token]:
    start = 0
    for position in range(1, len(text) + 1):
        if position == len(text) or kinds[position] is not kinds[start]:
            yield start, kinds[start], text[start:position]
            start = position
