"""Colours a reply for a terminal, in the terminal's own sixteen colours."""

from __future__ import annotations

from typing import ClassVar

from pygments import highlight
from pygments.formatters.terminal256 import Terminal256Formatter
from pygments.style import Style
from pygments.token import Comment, Generic, Keyword, Literal, Name, Number, Punctuation, String, Text

from mwaa_shell.output.lexer import AirflowOutputLexer

#: Above this many characters text is left uncoloured: colouring is slow, and nobody reads so much at once.
LIMIT = 400_000


class Sixteen(Style):
    """Only the colours that every terminal theme has chosen itself."""

    styles: ClassVar = {
        Text: "",
        Comment: "ansibrightblack",
        Comment.Special: "ansiyellow",
        Generic.Error: "ansired bold",
        Generic.Traceback: "ansired",
        Generic.Inserted: "ansigreen",
        Generic.Output: "",
        Keyword: "ansicyan",
        Keyword.Constant: "ansimagenta",
        Name: "",
        Name.Tag: "ansiblue",
        Name.Attribute: "ansiblue",
        Name.Variable: "ansiyellow",
        Name.Exception: "ansired bold",
        Number: "ansimagenta",
        Literal: "",
        Literal.Date: "ansicyan",
        Literal.Scalar.Plain: "",
        String: "ansigreen",
        Punctuation: "ansibrightblack",
    }


def colored(text: str) -> str:
    """The text with colour codes; the same text where it is too long to be worth it."""
    if len(text) > LIMIT:
        return text
    lexer = AirflowOutputLexer(stripnl=False, ensurenl=False)
    return highlight(text, lexer, Terminal256Formatter(style=Sixteen))
