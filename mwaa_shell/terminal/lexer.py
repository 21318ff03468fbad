"""Colors for the line while it is typed: the tokens and the pygments style that color every output."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.formatted_text.utils import split_lines
from prompt_toolkit.lexers import Lexer
from prompt_toolkit.styles import BaseStyle
from prompt_toolkit.styles.pygments import pygments_token_to_classname

from mwaa_shell.session import Session
from mwaa_shell.terminal.style import STYLE, with_pygments

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Grammar
    from mwaa_shell.output.style.command_lexer import AirflowCommandLexer


class LineLexer(Lexer):
    """Colors one line, or several that are one."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lexer: AirflowCommandLexer | None = None
        self._grammar: Grammar | None = None  #: of the lexer

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """Return the fragments of each line of the buffer; pygments is imported with the first character."""
        if not document.text:
            return lambda number: []
        tokens = self._command_lexer().get_tokens_unprocessed(document.text)
        fragments = [(f"class:{pygments_token_to_classname(kind)}", text) for _, kind, text in tokens]
        lines = list(split_lines(fragments))
        return lambda number: lines[number] if number < len(lines) else []

    def style(self) -> BaseStyle:
        """Return the style of the prompt, with the colors of tokens as soon as there are any."""
        if self._lexer is None:
            return STYLE
        preferences = self._session.preferences
        return with_pygments(preferences["style"], preferences["theme"], os.environ.get("COLORFGBG", ""))

    def _command_lexer(self) -> AirflowCommandLexer:
        grammar = self._session.grammar
        if self._lexer is None or grammar is not self._grammar:
            from mwaa_shell.output.style.command_lexer import AirflowCommandLexer  # pygments: the prompt stands before

            grammars = [grammar] if grammar is not None else []
            self._lexer = AirflowCommandLexer(grammars, _command_in, typing=True)
            self._grammar = grammar
        return self._lexer


def _command_in(line: str) -> int:
    from mwaa_shell.dot_commands import command_in  # all dot-commands, which other lines do not need

    return command_in(line)
