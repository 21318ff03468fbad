"""Colours for the line while it is typed, from the same reading that completes and validates it."""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.lexers import Lexer

from mwaa_shell.airflow.command_line import Kind, parse, spans_of_lines
from mwaa_shell.session import Session

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
            return [(style, char) for style, char in zip(styles[start : start + len(text)], text, strict=True)]

        return pieces

    def _styles(self, text: str) -> list[str]:
        """A style for each character; a pasted block is several lines, each coloured for itself."""
        styles: list[str] = []
        for start, end in spans_of_lines(text):
            styles += [""] * (start - len(styles)) + self._line_styles(text[start:end])
        return styles + [""] * (len(text) - len(styles))

    def _line_styles(self, text: str) -> list[str]:
        line = parse(text)
        styles = [""] * len(text)
        if line.kind is Kind.BLANK:
            return ["class:line.comment"] * len(text)
        if line.kind is Kind.DIRECTIVE and line.words:
            word = line.words[0]
            styles[word.start : word.end] = ["class:line.directive"] * (word.end - word.start)
            return styles
        grammar = self._session.link.grammar
        if grammar is not None:
            from mwaa_shell.airflow.understanding import understand

            for part in understand(line, grammar).parts:
                styles[part.start : part.end] = [CLASSES[part.role.name]] * (part.end - part.start)
        return styles
