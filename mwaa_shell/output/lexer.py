"""Colours for what Airflow prints: a pygments lexer that tells JSON, YAML, tables, logs and tracebacks apart.

It reads line by line with the classifier of ``airflow.lines`` and hands runs of JSON, YAML and traceback lines to
pygments' own lexers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from pygments.lexer import Lexer
from pygments.lexers.data import JsonLexer, YamlLexer
from pygments.lexers.python import PythonTracebackLexer
from pygments.token import Comment, Generic, Keyword, Literal, Name, Punctuation, Text, _TokenType

from mwaa_shell.airflow.lines import Line, LineKind, classify

Token = tuple[int, _TokenType, str]

RULE = re.compile(r"[=+\-─═╒╤╕╞╪╡╘╧╛├┼┤]{3,}$")
CELL_BORDER = re.compile(r"[|│]")
STATES = {
    "success": Generic.Inserted, "failed": Generic.Error, "running": Keyword, "queued": Comment.Special,
    "up_for_retry": Name.Variable, "upstream_failed": Name.Variable, "skipped": Comment, "True": Keyword.Constant,
    "False": Keyword.Constant, "None": Comment,
}  # fmt: skip
CELL = re.compile(
    r"(?P<state>(?<![\w-])(?:" + "|".join(map(re.escape, STATES)) + r")(?![\w-]))"
    r"|(?P<date>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[^\s|│]*)|(?P<border>[|│])"
)
LOUD = ("ERROR", "CRITICAL", "FATAL", "error", "critical")
WARN = ("WARNING", "WARN", "warning")


class AirflowOutputLexer(Lexer):
    """Text that an Airflow command printed."""

    name = "Airflow output"
    aliases = ("airflow-output",)

    def get_tokens_unprocessed(self, text: str) -> Iterator[Token]:
        """Runs of lines of one kind, each coloured in its own way."""
        position = 0
        table = _is_table(text)
        for kind, group in groupby(classify(text), key=lambda line: _kind(line, table)):
            run = "".join(f"{line.text}\n" for line in group)
            run = run[: len(text) - position]
            yield from _shifted(_tokens(kind, run), position)
            position += len(run)
        if position < len(text):
            yield position, Text, text[position:]


def _is_table(text: str) -> bool:
    return any(RULE.match(line.strip()) for line in text[:20000].splitlines())


def _kind(line: Line, table: bool) -> str:
    if line.kind is LineKind.DATA:
        if line.text.startswith(("[{", "{", "[]")):
            return "json"
        if re.match(r"(?:- |  )[\w.-]+:(?: |$)|  ?- ", line.text) and not table:
            return "yaml"
        return "table" if table or CELL_BORDER.search(line.text) else "text"
    return str(line.kind.value)


def _tokens(kind: str, run: str) -> Iterator[Token]:
    if kind in _DELEGATES:
        options: dict[str, Any] = {"stripnl": False, "ensurenl": False}
        whole = run if run.endswith("\n") else f"{run}\n"  # without it pygments' traceback lexer does not end
        for position, token, value in _DELEGATES[kind](**options).get_tokens_unprocessed(whole):
            if position < len(run):
                yield position, token, value[: len(run) - position]
    elif kind == "table":
        yield from _table(run)
    elif kind == "log":
        yield from _log(run)
    elif kind == "usage":
        yield 0, Generic.Error, run
    elif kind == "warning":
        yield 0, Comment.Special, run
    else:
        yield 0, Text, run


_DELEGATES: dict[str, type[Lexer]] = {"json": JsonLexer, "yaml": YamlLexer, "traceback": PythonTracebackLexer}


def _table(run: str) -> Iterator[Token]:
    position = 0
    for line in run.splitlines(keepends=True):
        if RULE.match(line.strip()):
            yield position, Punctuation, line
        else:
            yield from _shifted(_cells(line), position)
        position += len(line)


def _cells(line: str) -> Iterator[Token]:
    position = 0
    for match in CELL.finditer(line):
        if match.start() > position:
            yield position, Text, line[position : match.start()]
        kind = Literal.Date if match["date"] else STATES.get(match[0], Punctuation)
        yield match.start(), kind, match[0]
        position = match.end()
    if position < len(line):
        yield position, Text, line[position:]


def _log(run: str) -> Iterator[Token]:
    position = 0
    for line in run.splitlines(keepends=True):
        level = re.search(r"\} ([A-Z]+) - |\[([a-z]+) *\] |^([A-Z]+) +\[|^\[([A-Z]+)\] ", line)
        word = next((name for name in (level.groups() if level else ()) if name), "")
        kind = Generic.Error if word in LOUD else Name.Variable if word in WARN else Comment
        yield position, kind, line
        position += len(line)


def _shifted(tokens: Iterator[Token], by: int) -> Iterator[Token]:
    for position, kind, value in tokens:
        yield position + by, kind, value
