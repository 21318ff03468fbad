"""Colours for what Airflow prints, as a pygments lexer: ``pygmentize -l airflow-output FILE``.

It reads with the patterns of ``highlight``, as the terminal does, folds nothing and gives every character back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pygments.lexer import Lexer
from pygments.token import Comment, Generic, Keyword, Literal, Name, Number, Punctuation, String, Text, _TokenType

from mwaa_shell.output.style.fold import looks
from mwaa_shell.output.style.highlight import parts
from mwaa_shell.output.style.states import STATES

Token = tuple[int, _TokenType, str]

#: A token for the colour of a state.
_BY_COLOR: Mapping[str, _TokenType] = {
    "ansigreen": Generic.Inserted,
    "ansired": Generic.Error,
    "ansicyan": Keyword,
    "ansiyellow": Name.Variable,
    "ansimagenta": Keyword.Constant,
    "ansiblue": Name.Function,
    "ansibrightblack": Comment,
}
#: A token for each role that ``highlight`` knows.
TOKENS: Mapping[str, _TokenType] = {
    **{state: _BY_COLOR[color] for state, color in STATES.items()},
    "": Text,
    "border": Punctuation,
    "origin": Comment,
    "note": Comment,
    "frame": Generic.Traceback,
    "nothing": Keyword.Constant,
    "heading": Generic.Heading,
    "message": Generic.Error,
    "error": Generic.Error,
    "warning": Name.Variable,
    "key": Name.Tag,
    "flag": Name.Attribute,
    "string": String.Double,
    "number": Number,
    "constant": Keyword.Constant,
    "date": Literal.Date,
}


class AirflowOutputLexer(Lexer):
    """Text that an Airflow command printed: JSON, YAML, tables, log lines, warnings, tracebacks."""

    name = "Airflow output"
    aliases = ("airflow-output",)

    def get_tokens_unprocessed(self, text: str) -> Iterator[Token]:
        """Runs of lines that look alike, each read in its own way."""
        position = 0
        for look, run in looks(text):
            for role, value in parts(look, run):
                yield position, TOKENS[role], value
                position += len(value)
