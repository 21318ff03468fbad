"""Pygments lexer for command lines: ``pygmentize -l airflow-cli FILE``.

Each line is read as completion and validation read it. The option ``airflow_version`` says whose commands they are;
without it, a line is read by the newest Airflow of any major version that has the command.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from pygments.lexer import Lexer
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, String, Text, _TokenType

from mwaa_shell.airflow import knowledge
from mwaa_shell.airflow.arguments import ArgumentSpan, ParsedCommand, Role, understand
from mwaa_shell.airflow.command_line import InputKind, ParsedLine, lines_of_block, parse, split
from mwaa_shell.airflow.grammar import Grammar, load_grammar, majors, meant_by, nearest
from mwaa_shell.output.style.fold import TextStyle

Token = tuple[int, _TokenType, str]
Span = tuple[int, int, _TokenType]

#: A token for each role of a word.
WORDS: Mapping[Role, _TokenType] = {
    Role.GROUP: Keyword.Namespace,
    Role.COMMAND: Keyword,
    Role.UNKNOWN: Error,
    Role.FLAG: Name.Attribute,
    Role.VALUE: String,
    Role.POSITIONAL: Name,
    Role.SEPARATOR: Operator,
    Role.EXTRA: Error,
}
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
#: A character of JSON as it is, and between double quotes, where a backslash may be before it.
_ESCAPED = re.compile(r'(?:\\(["\\$`])|(.))', re.DOTALL)


class AirflowCommandLexer(Lexer):
    """Lines that are typed at the prompt or written into a runbook."""

    name = "Airflow CLI"
    aliases = ("airflow-cli",)
    url = "https://airflow.apache.org"

    def __init__(
        self,
        grammars: Sequence[Grammar] | None = None,
        command_start: Callable[[str], int] = lambda line: 0,
        typing: bool = False,
        **options: Any,
    ) -> None:
        """Take the ``grammars`` to read commands with. Without any, words have no tokens.

        ``command_start`` is where a dot-command's line has an Airflow command, or 0. While a line is ``typing``, a last
        word that a command begins with is no error.
        """
        super().__init__(**options)
        self._grammars = _grammars(str(options.get("airflow_version", ""))) if grammars is None else grammars
        self._command_start = command_start
        self._typing = typing

    def get_tokens_unprocessed(self, text: str) -> Iterator[Token]:
        """Yield the tokens of logical lines, which a backslash or an open quote joins."""
        kinds: list[_TokenType] = [Text] * len(text)
        for offset, stop, line in lines_of_block(text):
            for start, end, kind in self._spans(line):
                place = slice(offset + start, min(offset + end, stop))
                kinds[place] = [kind] * (place.stop - place.start)
        start = 0
        for kind, run in groupby(kinds):
            end = start + sum(1 for _ in run)
            yield start, kind, text[start:end]
            start = end

    def _spans(self, text: str) -> Iterator[Span]:
        """Yield the places of a line's tokens; a later one is drawn over an earlier one."""
        line = parse(text)
        if line.kind is InputKind.BLANK:
            yield 0, len(text), Comment.Single if text.strip() else Text
            return
        if line.kind is InputKind.DOT_COMMAND and line.words:
            yield line.words[0].start, line.words[0].end, Keyword.Pseudo
            inner = self._command_start(text)
            if inner and not text.startswith(".", inner):
                yield from ((inner + start, inner + end, kind) for start, end, kind in self._spans(text[inner:]))
                return
        elif line.words and self._grammars:
            yield from self._words(line)
        yield from _redirection(line)
        end = split(text)[1]
        if text.startswith("#", end):
            yield end, len(text), Comment.Single

    def _words(self, line: ParsedLine) -> Iterator[Span]:
        reading, grammar = self._reading(line)
        if line.words[0].start > len(line.text) - len(line.text.lstrip()):
            yield 0, line.words[0].start, Comment  # airflow, which is dropped
        for part in reading.parts:
            is_last = part.end == len(line.text)
            if self._typing and is_last and part.role is Role.UNKNOWN and _may_become_command(reading, grammar):
                continue
            is_number = part.role in (Role.VALUE, Role.POSITIONAL) and NUMBER.fullmatch(part.value)
            yield part.start, part.end, Number if is_number else WORDS[part.role]
            if _is_json(reading, part):
                yield from _json(line.text, part)

    def _reading(self, line: ParsedLine) -> tuple[ParsedCommand, Grammar]:
        """Return the reading of the first grammar that has the command, or of the first."""
        for grammar in self._grammars:
            reading = understand(line, grammar)
            if reading.command:
                return reading, grammar
        return understand(line, self._grammars[0]), self._grammars[0]


def _grammars(version: str) -> list[Grammar]:
    """Return the tree of a version, or of the nearest, or the newest of each major."""
    wanted = meant_by(version) if version else None
    known = nearest(wanted) if wanted else None
    return [load_grammar(one) for one in ((known,) if known else reversed(majors()))]


def _may_become_command(reading: ParsedCommand, grammar: Grammar) -> bool:
    """Return whether the last word may become a command or group."""
    *before, typed = reading.parts
    groups = tuple(part.value for part in before if part.role is Role.GROUP)
    return any(word.startswith(typed.value) for word in grammar.words_after(groups))


def _is_json(reading: ParsedCommand, part: ArgumentSpan) -> bool:
    if part.role is not Role.VALUE or reading.command is None or part.argument is None:
        return False
    return knowledge.argument_kind(reading.command.name, part.argument) is knowledge.Kind.JSON


def _json(text: str, part: ArgumentSpan) -> Iterator[Span]:
    """Yield the tokens of JSON inside a value, perhaps in quotes and escaped."""
    from mwaa_shell.output.style.lexer import tokens_of  # all lexers of pygments, which few lines need

    quote = text[part.start] if text.startswith(("'", '"'), part.start) else ""
    start = part.start + len(quote)
    end = part.end - bool(quote and text.endswith(quote, start, part.end))
    if quote == '"':
        chars = [(found.start(), found.end(), found[1] or found[2]) for found in _ESCAPED.finditer(text, start, end)]
    else:
        chars = [(place, place + 1, text[place]) for place in range(start, end)]
    position = 0
    for kind, value in tokens_of(TextStyle.JSON, "".join(char for _, _, char in chars)):
        if value.strip():
            yield chars[position][0], chars[position + len(value) - 1][1], kind
        position += len(value)


def _redirection(line: ParsedLine) -> Iterator[Span]:
    """Yield the bar or arrow after the command, and the text after it."""
    if line.destination is None:
        return
    start = line.text.index(line.destination.operator, line.words[-1].end if line.words else 0)
    end = start + len(line.destination.operator)
    yield start, end, Operator
    yield end, len(line.text), String.Backtick if line.destination.operator == "|" else String.Other
