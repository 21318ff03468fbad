"""Parser of lines: words with their places, the destination of the output, and the first mistake.

Words are split as a POSIX shell splits them, because MWAA's endpoint does the same; nothing is expanded. Outside
quotes, ``|``, ``>`` and ``>>`` end the command: what follows belongs to this machine. Parsing never raises: a mistake
is a ``Problem`` with its place, and the words before it are still there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

BLANKS = " \t\r\n"
OPEN_END = "A backslash ends the line"
#: Lines of so many characters are read once and not at each question; what a longer one says takes much memory.
REMEMBERED = 2_000
#: What stands without quotes.
PLAIN = re.compile(r"[\w./:=+,@%-]+")
#: Behind nothing or an open quote, all up to where that changes: a quote, or an operator outside of any.
UP_TO = {
    "": re.compile(r"(?:[^\\'\"|>]++|\\.)*+", re.DOTALL),
    '"': re.compile(r'(?:[^\\"]++|\\[\\"]|\\)*+'),
    "'": re.compile(r"[^']*+"),
}


class InputKind(Enum):
    """What a line is."""

    BLANK = "blank"  #: nothing, or a comment
    DIRECTIVE = "directive"  #: the shell's own command: a dot, or help, exit, quit
    AIRFLOW = "airflow"  #: sent to the environment


class Word(NamedTuple):
    """One argument: its value without quotes, and the half-open span that it takes in the text."""

    value: str
    start: int
    end: int


class Problem(NamedTuple):
    """What is wrong, as a sentence, and where."""

    message: str
    position: int


class Destination(NamedTuple):
    """Where the decoded standard output goes: ``|`` a local command, ``>`` or ``>>`` a file."""

    operator: str
    target: str


class ParsedLine(NamedTuple):
    """What a line says. ``command`` is the text to send: as typed, without ``airflow`` in front and what follows."""

    text: str
    kind: InputKind
    command: str = ""
    words: tuple[Word, ...] = ()
    destination: Destination | None = None
    problem: Problem | None = None

    @property
    def values(self) -> tuple[str, ...]:
        """The arguments without their quotes."""
        return tuple(word.value for word in self.words)


#: Directives that work without a dot. No Airflow command has these names in any version.
BARE_DIRECTIVES = ("help", "exit", "quit")


def parse(text: str) -> ParsedLine:
    """Understand a line; never raises. A key, and Enter, ask for the same line a dozen times."""
    return _remembered(text) if len(text) <= REMEMBERED else _parsed(text)


def _parsed(text: str) -> ParsedLine:
    stripped = text.strip(BLANKS)
    if not stripped or stripped.startswith("#"):
        return ParsedLine(text, InputKind.BLANK)
    words, end, problem = split(text)
    problem = problem or _control_character(text)
    operator = _operator_at(text, end)
    kind = InputKind.AIRFLOW
    if words and (words[0].value.startswith(".") or words[0].value in BARE_DIRECTIVES):
        kind = InputKind.DIRECTIVE
    start, stop = (words[0].start, words[-1].end) if words else (end, end)
    if len(words) > 1 and kind is InputKind.AIRFLOW and words[0].value == "airflow":
        words = words[1:]
        start = words[0].start
    destination = None
    if operator and problem is None:
        destination, problem = _destination(text, operator, end, words)
    if problem is None and not words:
        problem = Problem(f"There is no command before {operator}", end)
    return ParsedLine(text, kind, text[start:stop], words, destination, problem)


_remembered = lru_cache(maxsize=4)(_parsed)


def _control_character(text: str) -> Problem | None:
    """Return what a terminal types for a key that it does not know; no Airflow has a use for it."""
    found = re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text)
    return Problem("There is a control character here", found.start()) if found else None


def split(text: str, start: int = 0) -> tuple[tuple[Word, ...], int, Problem | None]:
    """Return the words of ``text`` from a place on, where the command ends, and an unbalanced quote if there is one."""
    words: list[Word] = []
    position = start
    while True:
        while position < len(text) and text[position] in BLANKS:
            position += 1
        if position >= len(text) or text[position] in "|>":
            return tuple(words), position, None
        word, problem = _word(text, position)
        words.append(word)
        if problem is not None:
            return tuple(words), len(text), problem
        position = word.end


def _word(text: str, start: int) -> tuple[Word, Problem | None]:
    """Return the word that begins at ``start``; in POSIX quotes a backslash only escapes inside double quotes."""
    value: list[str] = []
    quote, opened, position = "", start, start
    while position < len(text):
        char = text[position]
        following = text[position + 1 : position + 2]
        if char == quote:
            quote = ""
        elif quote == "'":
            value.append(char)
        elif char == "\\" and following and (not quote or following in '\\"'):
            value.append(following)
            position += 1
        elif quote:
            value.append(char)
        elif char in "'\"":
            quote, opened = char, position
        elif char in BLANKS or char in "|>":
            break
        elif char == "\\":
            return Word("".join(value), start, len(text)), Problem(OPEN_END, position)
        else:
            value.append(char)
        position += 1
    word = Word("".join(value), start, position)
    return word, Problem(f"A {quote} is opened here and never closed", opened) if quote else None


def letters_of(text: str, word: Word) -> list[tuple[int, int, str]]:
    """For each character of a word's value where it starts and ends in the text, and the quotes that it stands in."""
    letters: list[tuple[int, int, str]] = []
    quotes, position = "", word.start
    while position < word.end:
        char, following = text[position], text[position + 1 : position + 2]
        width = 1
        if char == "\\" and following and (not quotes or (quotes == '"' and following in '\\"')):
            width = 2
            letters.append((position, position + 2, quotes))
        elif char == quotes:
            quotes = ""
        elif not quotes and char in "'\"":
            quotes = char
        elif quotes or char != "\\":
            letters.append((position, position + 1, quotes))
        position += width
    return letters


def _operator_at(text: str, position: int) -> str:
    for operator in (">>", ">", "|"):
        if text.startswith(operator, position):
            return operator
    return ""


def _destination(
    text: str, operator: str, position: int, words: tuple[Word, ...]
) -> tuple[Destination | None, Problem | None]:
    rest = text[position + len(operator) :]
    joined = words[-1].value if words and words[-1].end == position else ""
    if operator != "|" and (joined == "&" or joined.isdigit() or rest.startswith("&")):
        return None, Problem(
            "Only the standard output can be sent to a file: write > FILE", words[-1].start if joined else position
        )
    if not rest.strip():
        what = "local command" if operator == "|" else "file name"
        return None, Problem(f"A {what} is missing after {operator}", position)
    if operator == "|":
        if rest.startswith("|"):
            return None, Problem("There is one command a line: || is not known here", position)
        return Destination(operator, rest.strip()), None
    names, end, problem = split(rest)
    offset = position + len(operator)
    if problem is not None:
        return None, Problem(problem.message, problem.position + offset)
    if len(names) != 1 or end != len(rest):
        return None, Problem("One file name is expected after " + operator, offset)
    return Destination(operator, names[0].value), None


def quote(value: str) -> str:
    """Return an argument in quotes that MWAA's endpoint takes: single ones, or double ones with escapes."""
    if PLAIN.fullmatch(value):
        return value
    if "'" not in value:
        return f"'{value}'"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def output_format(values: tuple[str, ...]) -> str | None:
    """Return the value of ``-o`` or ``--output``, the last one as in argparse; ``None`` without the flag."""
    found = None
    for index, value in enumerate(values):
        if value == "-o":
            found = values[index + 1] if index + 1 < len(values) else found
        elif value.startswith("--"):
            found = _long_output(value, values[index + 1 : index + 2]) or found
        elif value.startswith("-o") and len(value) > 2:
            found = value[2:].removeprefix("=")
    return found


def _long_output(value: str, following: tuple[str, ...]) -> str | None:
    """Return the value of ``--output``, which argparse lets people shorten, given behind ``=`` or as the next word."""
    name, equals, text = value.partition("=")
    if len(name) < len("--ou") or not "--output".startswith(name):
        return None
    return text if equals else following[0] if following else None


def logical_lines(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines of a script with their numbers from 1, as they come.

    A line goes on in the next one behind a backslash, and where a quote is still open; a comment never does.
    """
    held: list[str] = []
    first, state = 0, ""
    for number, ended in enumerate(lines, 1):
        line = ended.rstrip("\r\n")
        first = first or number
        comment = not held and line.lstrip(BLANKS).startswith("#")
        state = "" if comment else _state_behind(line, state)
        if state and state in UP_TO:  # its text goes on, with the newline
            held.append(line + "\n")
            continue
        if not comment and (len(line) - len(line.rstrip("\\"))) % 2:
            held.append(line[:-1] + "  ")  # as long as the backslash and the newline: every place stays where it is
            continue
        yield first, "".join([*held, line])
        held, first, state = [], 0, ""
    if held:
        yield first, "".join(held)[:-1]  # nothing follows the newline, or the backslash


def _state_behind(line: str, state: str) -> str:
    """Return the quote that is open behind a line, or an operator before it; ``state`` is that before the line.

    Read on from there, so that a script takes no longer than it is.
    """
    position = 0
    while position < len(line) and state in UP_TO:
        found = UP_TO[state].match(line, position)
        assert found is not None  # it matches nothing as well
        char = line[found.end() : found.end() + 1]
        position = found.end() + 1
        if char not in ("", "\\"):  # a backslash that ends the line escapes nothing
            state = "" if state else char
    return state


def line_at(text: str, cursor: int) -> tuple[int, str]:
    """Return the logical line at the cursor, with blanks where it continues, and its start in the block."""
    lines = [line for _, line in logical_lines(text.split("\n"))]
    for (start, end), line in zip(spans_of_lines(text), lines, strict=True):
        if cursor <= end:
            return start, line
    return 0, text


def spans_of_lines(text: str) -> list[tuple[int, int]]:
    """Return where each logical line of a block stands in its text, from its start to its end without the newline."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    numbers = [number for number, _ in logical_lines(lines)] + [len(lines) + 1]
    return [(starts[number - 1], starts[after - 1] - 1) for number, after in pairwise(numbers)]
