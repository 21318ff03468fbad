"""Colours for the line while it is typed, from the same reading that completes and validates it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.lexers import Lexer

from mwaa_shell.airflow.command_line import Kind, ParsedLine, logical_lines, parse, spans_of_lines
from mwaa_shell.session import Session

if TYPE_CHECKING:
    from mwaa_shell.airflow.arguments import ParsedCommand, Part
    from mwaa_shell.airflow.grammar import Grammar

#: By the name of the role that a part of the line has.
CLASSES = {
    "GROUP": "class:line.command",
    "COMMAND": "class:line.command",
    "UNKNOWN": "class:line.unknown",
    "FLAG": "class:line.flag",
    "VALUE": "class:line.value",
    "POSITIONAL": "",
    "SEPARATOR": "class:line.flag",
    "EXTRA": "class:line.unknown",
}

#: In single quotes, or escaped in double ones; one that is still open goes to the end, so that nothing is read twice.
_STRING = r'(?:\\"[^"\\]*\\"|"(?:[^"\\]++|\\.)*+(?:"|\\?\Z))'
#: The pieces of JSON inside a value.
JSON = re.compile(
    rf"{_STRING}(?:(?P<key>(?=\s*:))|(?P<string>))|(?P<other>-?\b\d[\d.eE+-]*|\b(?:true|false|null)\b)", re.DOTALL
)


class LineLexer(Lexer):
    """Colours one line, or several that are one."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """The coloured pieces of each line of the buffer."""
        styles = self._styles(document.text)
        starts = [0]
        for line in document.lines:
            starts.append(starts[-1] + len(line) + 1)

        def pieces(number: int) -> StyleAndTextTuples:
            start, text = starts[number], document.lines[number]
            return list(_runs(styles[start : start + len(text)], text))

        return pieces

    def _styles(self, text: str) -> list[str]:
        """A style for each character; a pasted block is several lines, each coloured for itself."""
        styles: list[str] = []
        if not text:  # nothing is imported before the prompt stands
            return styles
        lines = [line for _, line in logical_lines(text.split("\n"))]
        for (start, _), line in zip(spans_of_lines(text), lines, strict=True):
            styles += [""] * (start - len(styles)) + self._line_styles(line)
        return styles + [""] * (len(text) - len(styles))

    def _line_styles(self, text: str) -> list[str]:
        line = parse(text)
        styles = [""] * len(text)
        if line.kind is Kind.BLANK:
            return ["class:line.comment"] * len(text)
        if line.kind is Kind.DIRECTIVE and line.words:
            from mwaa_shell.dot_commands import command_in

            word, offset = line.words[0], command_in(text)
            styles[word.start : word.end] = ["class:line.directive"] * (word.end - word.start)
            if offset and not text[offset:].startswith("."):
                styles[offset:] = self._line_styles(text[offset:])
            return styles
        if self._session.grammar is not None:
            for start, end, style in _parts(line, self._session.grammar):
                styles[start:end] = [style] * (end - start)
        return styles


def _runs(styles: Sequence[str], text: str) -> Iterator[tuple[str, str]]:
    """The pieces of a text of one style each."""
    start = 0
    for style, run in groupby(styles):
        end = start + sum(1 for _ in run)
        yield style, text[start:end]
        start = end


def _parts(line: ParsedLine, grammar: Grammar) -> Iterator[tuple[int, int, str]]:
    """The spans of a line with their styles; JSON has its own on top."""
    from mwaa_shell.airflow.arguments import understand

    understanding = understand(line, grammar)
    for part in understanding.parts:
        if part.role.name == "UNKNOWN" and part.end == len(line.text) and _may_become_one(understanding, grammar):
            continue  # nobody is wrong yet
        yield part.start, part.end, CLASSES[part.role.name]
        if _is_json(understanding, part):
            inside = part.start + line.text.startswith(("'", '"'), part.start)
            opened = line.text[part.start : inside]
            end = part.end - bool(opened and line.text.endswith(opened, inside, part.end))
            for found in JSON.finditer(line.text, inside, end):
                yield found.start(), found.end(), f"class:line.json.{found.lastgroup}"


def _is_json(understanding: ParsedCommand, part: Part) -> bool:
    from mwaa_shell.airflow import knowledge

    if part.role.name != "VALUE" or understanding.command is None or part.argument is None:
        return False
    return knowledge.kind(understanding.command.name, part.argument) is knowledge.Kind.JSON


def _may_become_one(understanding: ParsedCommand, grammar: Grammar) -> bool:
    """Whether the last word, still being typed, is the beginning of a command or group."""
    *before, typed = understanding.parts
    groups = tuple(part.value for part in before if part.role.name == "GROUP")
    return any(word.startswith(typed.value) for word in grammar.words_after(groups))
