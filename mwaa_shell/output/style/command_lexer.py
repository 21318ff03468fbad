"""Pygments lexer for command lines: ``pygmentize -l airflow-cli FILE``, and the line at the prompt.

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
from mwaa_shell.airflow.arguments import ParsedCommand, Part, Role, understand
from mwaa_shell.airflow.command_line import InputKind, ParsedLine, logical_lines, parse, spans_of_lines
from mwaa_shell.airflow.grammar import Grammar, load, meant_by, nearest, versions
from mwaa_shell.output.style.text_style import TextStyle

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
#: A character of JSON as it stands, and between double quotes, where a backslash may stand before it.
_PLAIN, _ESCAPED = re.compile(r"()(.)", re.DOTALL), re.compile(r'(?:\\(["\\$`])|(.))', re.DOTALL)


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
        """``grammars`` read the commands; with none of them, words have no tokens of their own.

        ``command_start`` is where a dot-command's line has an Airflow command, or 0. While a line is ``typing``, a last
        word that a command begins with is no error.
        """
        super().__init__(**options)
        self._grammars = _grammars(str(options.get("airflow_version", ""))) if grammars is None else grammars
        self._command_start = command_start
        self._typing = typing

    def get_tokens_unprocessed(self, text: str) -> Iterator[Token]:
        """Yield the tokens of logical lines: a backslash or an open quote joins a line to the next one."""
        kinds: list[_TokenType] = [Text] * len(text)
        lines = [line for _, line in logical_lines(text.split("\n"))] if text else []
        for (offset, stop), line in zip(spans_of_lines(text) if text else (), lines, strict=True):
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
        if line.kind is InputKind.DIRECTIVE and line.words:
            yield line.words[0].start, line.words[0].end, Keyword.Pseudo
            inner = self._command_start(text)
            if inner and not text.startswith(".", inner):
                yield from ((inner + start, inner + end, kind) for start, end, kind in self._spans(text[inner:]))
                return
        elif line.words and self._grammars:
            yield from self._words(line)
        yield from _redirection(line)

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
        """Return the line as the first grammar that has the command reads it, or the first of all."""
        for grammar in self._grammars:
            reading = understand(line, grammar)
            if reading.command:
                return reading, grammar
        return understand(line, self._grammars[0]), self._grammars[0]


def _grammars(version: str) -> list[Grammar]:
    """Return that of a version, or of the nearest one; without a version the newest of each major version."""
    wanted = meant_by(version) if version else None
    known = nearest(wanted) if wanted else None
    if known:
        return [load(known)]
    newest = {one.major: one for one in versions()}
    return [load(one) for one in sorted(newest.values(), reverse=True)]


def _may_become_command(reading: ParsedCommand, grammar: Grammar) -> bool:
    """Return whether the last word, still being typed, is the beginning of a command or group."""
    *before, typed = reading.parts
    groups = tuple(part.value for part in before if part.role is Role.GROUP)
    return any(word.startswith(typed.value) for word in grammar.words_after(groups))


def _is_json(reading: ParsedCommand, part: Part) -> bool:
    if part.role is not Role.VALUE or reading.command is None or part.argument is None:
        return False
    return knowledge.kind(reading.command.name, part.argument) is knowledge.Kind.JSON


def _json(text: str, part: Part) -> Iterator[Span]:
    """Yield the tokens of JSON inside a value, which may stand in quotes and, in double ones, be escaped."""
    from mwaa_shell.output.style.lexer import tokens_of  # all lexers of pygments, which few lines need

    quote = text[part.start] if text.startswith(("'", '"'), part.start) else ""
    start = part.start + len(quote)
    end = part.end - bool(quote and text.endswith(quote, start, part.end))
    one = _ESCAPED if quote == '"' else _PLAIN
    chars = list(one.finditer(text, start, end))
    position = 0
    for kind, value in tokens_of(TextStyle.JSON, "".join(char[1] or char[2] for char in chars)):
        last = position + len(value) - 1
        if value.strip():
            yield chars[position].start(), chars[last].end(), kind
        position = last + 1


def _redirection(line: ParsedLine) -> Iterator[Span]:
    """Yield the bar or arrow after the command, and what follows it."""
    if line.destination is None:
        return
    start = line.text.index(line.destination.operator, line.words[-1].end if line.words else 0)
    end = start + len(line.destination.operator)
    yield start, end, Operator
    yield end, len(line.text), String.Backtick if line.destination.operator == "|" else String.Other
