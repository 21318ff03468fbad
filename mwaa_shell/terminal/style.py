"""The look of the prompt: colors, masked secrets and added flags.

The line has the colors of pygments, as every output. All around it are the terminal's own colors.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import TYPE_CHECKING

from prompt_toolkit.application import get_app
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.formatted_text.utils import split_lines
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.layout.utils import explode_text_fragments
from prompt_toolkit.lexers import Lexer
from prompt_toolkit.styles import BaseStyle, Style, merge_styles, style_from_pygments_cls
from prompt_toolkit.styles.pygments import pygments_token_to_classname

from mwaa_shell import dot_commands, output  # slow on first use: pygments, all dot-commands
from mwaa_shell import session as sessions
from mwaa_shell.airflow.command_line import end_of_words, lines_of_block
from mwaa_shell.output import style  # imports pygments on first use: the prompt is shown before
from mwaa_shell.prompt_text import COLORS
from mwaa_shell.session import Session

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Grammar

STYLE = Style.from_dict(
    {
        "environment": "bold ansigreen",
        "environment.protected": "bold ansired",
        **{f"environment.{color}": f"bold ansi{color}" for color in COLORS},
        "warning": "reverse ansired",
        "mark": "",
        "placeholder": "ansibrightblack",
        "line.added": "ansibrightblack",
        "message.wrong": "ansired",
        "message.changed": "ansiyellow",
        "bottom-toolbar": "noreverse ansibrightblack",
        "toolbar.environment": "bold",
        "hint.given": "",
        "hint.open": "bold",
        "hint.current": "bold underline",
        "doubtful": "ansibrightblack",
        "toolbar.doing": "ansicyan",
        "completion-menu": "bg:default fg:default",
        "completion-menu.completion.current": "noinherit reverse",
        "completion-menu.meta.completion": "noinherit ansibrightblack",
        "completion-menu.meta.completion.current": "noinherit reverse",
        "scrollbar.background": "bg:default",
        "scrollbar.button": "bg:ansibrightblack",
        "auto-suggestion": "ansibrightblack",
    }
)


@lru_cache(maxsize=4)
def with_pygments(name: str, theme: str, colorfgbg: str) -> BaseStyle:
    """Return the style of the prompt with the pygments style of ``style_class``."""
    return merge_styles([style_from_pygments_cls(style.style_class(name, theme, colorfgbg)), STYLE])


class LineLexer(Lexer):
    """A lexer for the lines on the prompt."""

    def __init__(self, session: Session, is_imported: Callable[[], bool] = lambda: True) -> None:
        """Color lines for a session. Lines are plain until ``is_imported`` returns true."""
        self._session = session
        self._is_imported = is_imported
        self._lexer: output.style.AirflowCommandLexer | None = None
        self._grammar: Grammar | None = None  #: of the lexer

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """Return the fragments of each line of the buffer."""
        if not self._is_imported():
            return lambda number: [("", document.lines[number])] if number < len(document.lines) else []
        tokens = self._command_lexer().get_tokens_unprocessed(document.text)
        fragments: StyleAndTextTuples = [
            (f"class:{pygments_token_to_classname(kind)}", text) for _, kind, text in tokens
        ]
        lines = list(split_lines(fragments)) if "\n" in document.text else [fragments]
        return lambda number: lines[number] if number < len(lines) else []

    def invalidation_hash(self) -> Hashable:
        """Return what a drawing depends on besides the text."""
        return self._is_imported(), self._session.grammar

    def style(self) -> BaseStyle:
        """Return the style of the prompt, with the colors of tokens once needed."""
        if self._lexer is None:
            return STYLE
        preferences = self._session.preferences
        return with_pygments(preferences["style"], preferences["theme"], os.environ.get("COLORFGBG", ""))

    def _command_lexer(self) -> output.style.AirflowCommandLexer:
        grammar = self._session.grammar
        if self._lexer is None or grammar is not self._grammar:
            grammars = [grammar] if grammar is not None else []
            self._lexer = output.style.AirflowCommandLexer(grammars, dot_commands.command_in, typing=True)
            self._grammar = grammar
        return self._lexer


# -- what is drawn of the line itself ----------------------------------------------------------------------------------

#: Without any of these a line is one word, with nothing inside it.
SEVERAL = frozenset(" \t\n=:@/'\"\\{")


class MaskSecrets(Processor):
    """A processor that draws stars for secrets. The line itself stays unchanged."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._of: tuple[str, object] = ("", None)
        self._masked: frozenset[int] = frozenset()

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """Return one row with stars for the letters of secrets."""
        document, row = transformation_input.document, transformation_input.lineno
        masked = self._places(document.text)
        if not masked:
            return Transformation(transformation_input.fragments)
        start = document.translate_row_col_to_index(row, 0)
        end = start + len(document.lines[row])  # a gray suggestion follows it
        shown: StyleAndTextTuples = []
        for fragment in transformation_input.fragments:
            for char in fragment[1]:
                shown.append((fragment[0], "*" if start in masked and start < end else char))
                start += 1
        return Transformation(shown)

    def _places(self, text: str) -> frozenset[int]:
        """Return the positions of secret letters, cached for one text and its rules."""
        rules = self._session.grammar, self._session.secret_words
        if self._of != (text, rules):
            self._of = (text, rules)
            self._masked = frozenset(self._secrets(text))
        return self._masked

    def _secrets(self, text: str) -> list[int]:
        if not SEVERAL.intersection(text):  # one bare word is not a secret and needs no import
            return []
        found: list[int] = []
        for start, _, line in lines_of_block(text):
            for span in self._session.rules().secrets_in(line):
                found += range(start + span.start, start + span.end)
        return found


class ShowAdditions(Processor):
    """A processor that draws added flags after the command in its last drawing."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """Return the line, with the added flags if it has just been entered."""
        document, fragments = transformation_input.document, transformation_input.fragments
        app = get_app()
        entered = app.is_done and app.exit_style not in ("class:aborting", "class:exiting")
        if not entered or document.line_count > 1:
            return Transformation(fragments)
        added = sessions.additions_to(self._session, document.text)
        if not added:
            return Transformation(fragments)
        letters, end = explode_text_fragments(fragments), end_of_words(document.text)
        return Transformation([*letters[:end], ("class:line.added", added), *letters[end:]])
