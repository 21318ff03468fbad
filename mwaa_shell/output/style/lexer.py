"""Pygments lexer for the output of Airflow: ``pygmentize -l airflow-output FILE``.

JSON, YAML and the frames of tracebacks are read by pygments' own lexers, everything else by the rules below. Log lines
and warnings are recognized by ``HEAD`` of ``airflow/output_lines.py``, data by ``look_of``. A log line of another form
needs a group in ``HEAD`` and its parts in the state ``log``. Another kind of data needs a member of ``TextStyle``, a
group in ``look_of`` and a state of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from pygments.lexer import Lexer, RegexLexer, bygroups
from pygments.token import (
    Comment,
    Error,
    Generic,
    Keyword,
    Literal,
    Name,
    Number,
    Other,
    Punctuation,
    String,
    Text,
    Whitespace,
    _TokenType,
)

from mwaa_shell.output.style.fold import TextStyle, looks
from mwaa_shell.output.style.styles import NULL, STATE_TOKENS

Token = tuple[int, _TokenType, str]

#: Characters of a line that are read; the rest of a longer one stays plain. JSON has no limit.
LONGEST = 4096
#: Characters of one frame of a traceback that are read; some patterns of pygments take the square of them.
LONGEST_FRAME = 1024
VALUES: Mapping[str, _TokenType] = {
    **STATE_TOKENS,
    **dict.fromkeys(("True", "False", "true", "false"), Keyword.Constant),
    **dict.fromkeys(("None", "null"), NULL),
}
#: Begins with a set of characters: the search for such patterns is fast.
_DATE = r"[0-9](?<![\w-].)[0-9]{3}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?[+-]\d\d:?\d\d|Z)?)?(?![\w-])"
DATE = re.compile(_DATE)
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
#: Tokens whose text may be a state, a date or a constant.
_SCALARS = frozenset({String.Double, String.Single, String, Literal.Scalar.Plain, Keyword.Constant})


def value_token(text: str) -> _TokenType | None:
    """Return the token of a state, a constant or a date; ``None`` for any other value."""
    text = text.strip(" \"'")
    kind = VALUES.get(text)
    if kind is None and text[:1].isdecimal() and DATE.fullmatch(text):
        return Literal.Date
    return kind


def _cell(lexer: RegexLexer, match: re.Match[str], context: object = None) -> Iterator[Token]:
    yield match.start(), value_token(match[0]) or Text, match[0]


def _groups(*kinds: _TokenType) -> Any:
    return bygroups(*kinds)  # type: ignore[no-untyped-call]


def _level(words: str, structlog: str) -> str:
    """Return the pattern of the start of a log line: time, place, one of the levels."""
    place = r"\[\d[^\]\n]*\] \{[^}\n]*\}+ |\d[^\s\[]*(?: \d\S*)? |"
    return rf"^({place})(\[?(?:{words})\]?(?=[ :])|\[(?:{structlog}) *\])"


def _lines_as(kind: _TokenType, *state: str) -> list[Any]:
    """Return the rules for lines of one token, and the state after their ends."""
    return [(r"[^\n]+", kind), (r"\n+", Whitespace, *state)]


class AirflowOutputLexer(RegexLexer):
    """Output of Airflow: JSON, YAML, tables, log lines, warnings, tracebacks."""

    name = "Airflow output"
    aliases = ("airflow-output",)
    url = "https://airflow.apache.org"

    #: One state for each ``TextStyle`` that no lexer of pygments reads.
    tokens = {  # noqa: RUF012  (pygments' own form)
        "root": _lines_as(Text),
        "rest": _lines_as(Text),
        "text": [(_DATE, Literal.Date), (r"[0-9][\w-]*|[^0-9]+", Text)],
        "table": [(r"[|│]", Punctuation), (r"[^|│\n]+", _cell), (r"\n+", Whitespace)],
        "heading": _lines_as(Generic.Heading),
        "rule": _lines_as(Punctuation),
        "log": [
            (_level("ERROR|CRITICAL|FATAL|CRITI", "error|critical|exception"), _groups(Comment, Generic.Error), "said"),
            (_level("WARNING|WARNI|WARN", "warning"), _groups(Comment, Name.Variable), "said"),
            (_level("[A-Z]+", "[a-z]+"), _groups(Comment, Comment), "said"),
            *_lines_as(Comment),  # a further line, or a line of MWAA itself
        ],
        "said": _lines_as(Text, "#pop"),
        "warning": [
            (r"^(\S*:\d+:? )(\w*Warning: )?", _groups(Comment, Name.Variable)),
            (r"^\w*Warning: ", Name.Variable),
            *_lines_as(Text),
        ],
        "message": _lines_as(Generic.Error),
        "help": [
            (r"^[A-Za-z][\w ]*:(?=\s)", Generic.Heading),
            (r"(?<![^\s,\[(|])--?[a-zA-Z][\w-]*", Name.Attribute),
            (r"\n+", Whitespace),
            (r"[ \t,\[(|]+|[^\s,\[(|]+|[^\S\n]+", Text),
        ],
        "note": _lines_as(Comment),
    }

    def get_tokens_unprocessed(self, text: str, stack: Iterable[str] = ("root",)) -> Iterator[Token]:
        """Yield the tokens of runs of lines, each in its own style. Together they are the text."""
        position = 0
        for look, run in looks(text):
            for kind, value in tokens_of(look, run):
                yield position, kind, value
                position += len(value)

    def read(self, state: str, run: str) -> Iterator[Token]:
        """Yield the tokens of a run of lines by the rules of one state."""
        return super().get_tokens_unprocessed(run, (state,))


def tokens_of(look: TextStyle, run: str) -> Iterator[tuple[_TokenType, str]]:
    """Yield the tokens of a run of lines on demand, without empty ones."""
    from pygments.lexers.data import JsonLexer, YamlLexer  # the table of all lexers comes with it

    if look is TextStyle.JSON:
        yield from _values(_lexer(JsonLexer).get_tokens_unprocessed(run), String.Double)
        return
    for part, is_read in _short_lines(run):
        if not is_read:
            yield Text, part
        elif look is TextStyle.YAML:
            yield from _values(_lexer(YamlLexer).get_tokens_unprocessed(part), Text)
        elif look is TextStyle.TRACEBACK:
            yield from _frames(part)
        else:
            for _, kind, value in _output_lexer().read(look.value, part):
                if value:
                    yield kind, value


@lru_cache(maxsize=8)
def _lexer(kind: type[Lexer]) -> Lexer:
    return kind()


@lru_cache(maxsize=1)
def _output_lexer() -> AirflowOutputLexer:
    return AirflowOutputLexer()


def _short_lines(run: str) -> Iterator[tuple[str, bool]]:
    """Yield a run in parts of whole lines. The end of a very long line is a part."""
    start = 0
    while start < len(run):
        cut = run.rfind("\n", start, start + LONGEST) + 1
        if cut or len(run) - start <= LONGEST:
            yield run[start : cut or len(run)], True
            start = cut or len(run)
            continue
        end = run.find("\n", start) + 1 or len(run)
        yield run[start : start + LONGEST], True
        yield run[start + LONGEST : end], False
        start = end


def _values(found: Iterator[Token], error: _TokenType) -> Iterator[tuple[_TokenType, str]]:
    """Yield tokens, with states and dates among the values. ``error`` replaces errors."""
    for _, kind, value in found:
        if not value:
            continue
        if kind in _SCALARS:
            shown = value_token(value)
            if shown is None and kind is Literal.Scalar.Plain and NUMBER.fullmatch(value):
                shown = Number
            yield shown or (String.Single if kind is String else kind), value
        else:
            yield error if kind is Error else kind, value


_FRAME_START = re.compile(r'^(?=  File ")', re.MULTILINE)
#: Only such a line is read by the lexer of pygments 2.17 to 2.21: others it reads for ever.
_FRAME = re.compile(r'  File "[^"\n]+", line \d+(?:, in .+)?\n')


def _frames(run: str) -> Iterator[tuple[_TokenType, str]]:
    """Yield the tokens of a traceback without the lines of exceptions, frame by frame."""
    from pygments.lexers.python import PythonTracebackLexer  # as slow as all other lexers, and for tracebacks alone

    for frame in _FRAME_START.split(run):
        read = frame[: frame.rfind("\n", 0, LONGEST_FRAME) + 1]
        if not _FRAME.match(read):
            read = ""
        for _, kind, value in _lexer(PythonTracebackLexer).get_tokens_unprocessed(read):
            if value:
                yield Generic.Traceback if kind in (Text, Other, Error) and value.strip() else kind, value
        if len(frame) > len(read):
            yield Generic.Traceback, frame[len(read) :]
