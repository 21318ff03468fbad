"""Parser of lines: words with places, the destination, and the first mistake.

Words are split as a POSIX shell splits them, because MWAA's endpoint does the same; nothing is expanded. Outside
quotes, ``|``, ``>`` and ``>>`` end the command: what follows belongs to this machine. So does a word that begins with
``#``: what follows is a comment. Parsing never raises: a mistake is a ``Problem`` with its place, and the words before
it are still there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

BLANKS = " \t\r\n"
#: Plain characters of a word, and the escapes between double quotes.
UNQUOTED, ESCAPED = re.compile(r"[^ \t\r\n|>'\"\\]+"), re.compile(r'\\([\\"])')
OPEN_END = "The command ends with a backslash"
#: An argument that needs no quotes.
PLAIN = re.compile(r"[\w./:=+,@%-]+")
#: After nothing or an open quote, all up to where that changes: a quote, or an operator or a comment outside of any.
UP_TO = {
    "": re.compile(r"(?:[^\\'\"|>#]++|\\.#*|(?<=[^ \t\r\n])#)*+", re.DOTALL),
    '"': re.compile(r'(?:[^\\"]++|\\[\\"]|\\)*+'),
    "'": re.compile(r"[^']*+"),
}


class InputKind(Enum):
    """The kind of a line."""

    BLANK = "blank"  #: nothing, or a comment
    DOT_COMMAND = "dot-command"  #: the shell's own command: a dot, or help, exit, quit
    AIRFLOW = "airflow"  #: sent to the environment


class Word(NamedTuple):
    """One argument: its value without quotes, and its half-open span in the text."""

    value: str
    start: int
    end: int


class Problem(NamedTuple):
    """A mistake in a line: a sentence and its position."""

    message: str
    position: int
    at_character: bool = False  #: the message is about an odd character, with its fix
    lacking: bool = False  #: this Airflow lacks the word; a newer one may have it
    hint: str = ""  #: one next step


class Destination(NamedTuple):
    """The destination of the output: ``|`` a local command, ``>`` or ``>>`` a file."""

    operator: str
    target: str


class ParsedLine(NamedTuple):
    """A line in words. ``command`` is the text to send: as typed, without ``airflow`` and the destination."""

    text: str
    kind: InputKind
    command: str = ""
    words: tuple[Word, ...] = ()
    destination: Destination | None = None
    problem: Problem | None = None

    @property
    def values(self) -> tuple[str, ...]:
        """Return the arguments without their quotes."""
        return tuple(word.value for word in self.words)


#: Dot-commands that work without a dot. No Airflow command has these names in any version.
BARE_DOT_COMMANDS = ("help", "exit", "quit")
#: Whole lines of other shells, and their dot-commands. Airflow 1.10 has a ``clear``, but not without a DAG.
OTHER_WORDS = {
    **dict.fromkeys(("clear", "cls"), ".clear"),
    **dict.fromkeys(("?", "\\?", "\\h", "help()", "help;"), "help"),
    **dict.fromkeys(("\\q", ":q", "quit()", "exit()", "quit;", "exit;", "logout", ".quit", ".q"), "exit"),
}


@lru_cache(maxsize=4)
def parse(text: str) -> ParsedLine:
    """Parse a line; never raises. A few lines are cached: each key asks for the same line a dozen times."""
    stripped = text.strip(BLANKS)
    if not stripped or stripped.startswith("#"):
        return ParsedLine(text, InputKind.BLANK)
    if stripped in OTHER_WORDS:
        start = text.index(stripped)
        word = Word(OTHER_WORDS[stripped], start, start + len(stripped))
        return ParsedLine(text, InputKind.DOT_COMMAND, stripped, (word,))
    words, end, problem = split(text)
    problem = problem or _control_character(text)
    operator = next((one for one in (">>", ">", "|") if text.startswith(one, end)), "")
    kind = InputKind.AIRFLOW
    if words and (words[0].value.startswith(".") or words[0].value in BARE_DOT_COMMANDS):
        kind = InputKind.DOT_COMMAND
    start, stop = (words[0].start, words[-1].end) if words else (end, end)
    if len(words) > 1 and kind is InputKind.AIRFLOW and words[0].value == "airflow":
        words = words[1:]
        start = words[0].start
    destination = None
    if operator and problem is None:
        destination, problem = _destination(text, operator, end, words)
    if problem is None and not words:
        problem = Problem(f"A command is missing before {operator}", end)
    return ParsedLine(text, kind, text[start:stop], words, destination, problem)


def _control_character(text: str) -> Problem | None:
    """Return the problem of a control character. A terminal types it for an unknown key."""
    found = re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text)
    return Problem("The command contains a control character", found.start(), hint="Delete it.") if found else None


@lru_cache(maxsize=4)
def split(text: str, start: int = 0) -> tuple[tuple[Word, ...], int, Problem | None]:
    """Return the words from a place on, the end of the command, and an open quote."""
    words: list[Word] = []
    position = start
    while True:
        while position < len(text) and text[position] in BLANKS:
            position += 1
        if position >= len(text) or text[position] in "|>#":
            return tuple(words), position, None
        word, problem = word_at(text, position)
        words.append(word)
        if problem is not None:
            return tuple(words), len(text), problem
        position = word.end


def word_at(text: str, start: int, unquoted: re.Pattern[str] = UNQUOTED) -> tuple[Word, Problem | None]:
    """Return the word that begins at ``start``. A backslash only escapes inside double quotes."""
    value: list[str] = []
    position = start
    while position < len(text):
        char = text[position]
        if char in "'\"":
            found = UP_TO[char].match(text, position + 1)
            assert found is not None  # it matches nothing as well
            value.append(ESCAPED.sub(r"\1", found[0]) if char == '"' else found[0])
            if found.end() == len(text):
                word = Word("".join(value), start, len(text))
                return word, Problem(f"The quote {char} is not closed", position)
            position = found.end() + 1
        elif char == "\\":
            if position + 1 == len(text):
                return Word("".join(value), start, len(text)), Problem(OPEN_END, position)
            value.append(text[position + 1])
            position += 2
        else:
            found = unquoted.match(text, position)
            if found is None:
                break
            value.append(found[0])
            position = found.end()
    return Word("".join(value), start, position), None


def letters_of(text: str, word: Word) -> list[tuple[int, int, str]]:
    """Return the start, the end and the quotes of each character of a word's value."""
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


def _destination(
    text: str, operator: str, position: int, words: tuple[Word, ...]
) -> tuple[Destination | None, Problem | None]:
    rest = text[position + len(operator) :]
    joined = words[-1].value if words and words[-1].end == position else ""
    if operator != "|" and (joined == "&" or joined.isdigit() or rest.startswith("&")):
        start = words[-1].start if joined else position
        return None, Problem("Only standard output can be sent to a file", start, hint="Write > FILE.")
    if not rest.strip():
        what = "local command" if operator == "|" else "file name"
        return None, Problem(f"A {what} is missing after {operator}", position)
    if operator == "|":
        if rest.startswith("|"):
            return None, Problem("A command cannot contain ||", position, hint="Write one command a line.")
        return Destination(operator, rest.strip()), None
    names, end, problem = split(rest)
    offset = position + len(operator)
    if problem is not None:
        return None, problem._replace(position=problem.position + offset)
    if len(names) != 1 or (end != len(rest) and rest[end] != "#"):
        return None, Problem(f"{operator} requires one file name", offset, hint="Quote a name that contains spaces.")
    return Destination(operator, names[0].value), None


def end_of_words(text: str) -> int:
    """Return the position after the last word of a line; a comment comes later."""
    return max((word.end for word in parse(text).words), default=len(text))


def quote(value: str) -> str:
    """Return an argument in quotes for MWAA's endpoint: single, or double and escaped."""
    if PLAIN.fullmatch(value):
        return value
    if "'" not in value:
        return f"'{value}'"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def command_text(name: str, *values: str, flags: str = "") -> str:
    """Return a command with values in quotes. Values with a leading dash follow ``--``."""
    words = " ".join(map(quote, values))
    parts = (name, flags, "--", words) if any(one.startswith("-") for one in values) else (name, words, flags)
    return " ".join(filter(None, parts))


def output_format(values: tuple[str, ...]) -> str | None:
    """Return the last value of ``-o`` or ``--output``; ``None`` without the flag."""
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
    """Return the value of ``--output``, which may be abbreviated and joined by ``=``."""
    name, equals, text = value.partition("=")
    if len(name) < len("--ou") or not "--output".startswith(name):
        return None
    return text if equals else following[0] if following else None


def logical_lines(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines of a script with their numbers from 1, as they come.

    A line continues in the next one after a backslash, and where a quote is still open; a comment never does. Between
    single quotes a backslash is text, as in a POSIX shell.
    """
    held: list[str] = []
    first, state = 0, ""
    for number, ended in enumerate(lines, 1):
        line = ended.rstrip("\r\n")
        first = first or number
        state = _state_behind(line, state)
        if state not in ("#", "'") and (len(line) - len(line.rstrip("\\"))) % 2:
            held.append(line[:-1] + "  ")  # as long as the backslash and the newline
            continue
        if state and state in UP_TO:  # its text continues, with the newline
            held.append(line + "\n")
            continue
        yield first, "".join([*held, line])
        held, first, state = [], 0, ""
    if held:
        yield first, "".join(held)[:-1]  # nothing follows the newline, or the backslash


def _state_behind(line: str, state: str) -> str:
    """Return the quote that is open after a line, or an operator or ``#`` in the line.

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


def open_quote(text: str) -> str:
    """Return the quote that is open at the end of a block of lines; empty for none."""
    *_, (_, last) = logical_lines(text.split("\n"))
    problem = split(last)[2]
    return last[problem.position].strip("\\") if problem is not None else ""


def line_at(text: str, cursor: int) -> tuple[int, str]:
    """Return the start of the logical line at the cursor, and the line."""
    for start, end, line in lines_of_block(text):
        if cursor <= end:
            return start, line
    return 0, text


def lines_of_block(text: str) -> list[tuple[int, int, str]]:
    """Return the start and end of each logical line of a block, and the line."""
    physical = text.split("\n")
    starts = [0]
    for one in physical:
        starts.append(starts[-1] + len(one) + 1)
    lines = list(logical_lines(physical))
    after = [*(number for number, _ in lines[1:]), len(physical) + 1]
    spans = zip(lines, after, strict=True)
    return [(starts[number - 1], starts[end - 1] - 1, line) for (number, line), end in spans]
