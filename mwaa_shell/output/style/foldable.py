"""Lines that can be folded, kept until their end is read: noise, a traceback, a usage text.

Warnings that are not worth a note that they were folded are told apart here as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, islice, takewhile
from typing import Protocol

from mwaa_shell.airflow.output_lines import BETWEEN_TRACEBACKS, TRACEBACK_START, LineKind, Reading, is_message
from mwaa_shell.output.style.text_style import TextStyle, look_of

Piece = tuple[TextStyle, str]

MOST_LINES = 2000
MOST = 1_000_000  #: characters
#: As many lines are not worth a line that says that they are folded.
FEW = 3
#: Further lines of what an exception says; what comes behind them may be anything.
MOST_SAID = 5
#: Characters of choices that are not too many to be read.
SHORT = 100


class Held(Protocol):
    """Lines of one kind that are kept, run by run."""

    @property
    def full(self) -> bool:
        """Return whether there are too many lines to keep; they are not folded then."""

    def goes_on(self, lines: Sequence[str]) -> bool:
        """Return whether these lines belong to the kept ones, perhaps after a blank line."""

    def add(self, reading: Reading, lines: Sequence[str]) -> None:
        """Keep these lines too."""

    def folded(self) -> Iterator[Piece]:
        """Yield the pieces to show instead."""

    def unfolded(self) -> Iterator[Piece]:
        """Yield all kept lines."""


class Noise:
    """Log lines and warnings of no use to an operator; they become one line."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []
        self._counts = {LineKind.LOG: 0, LineKind.WARNING: 0}
        self._size = 0

    @property
    def full(self) -> bool:
        """Return whether there are too many lines to keep."""
        return self._size > MOST or sum(self._counts.values()) > MOST_LINES

    def goes_on(self, lines: Sequence[str]) -> bool:
        """Return true: blank lines do not end noise."""
        return True

    def add(self, reading: Reading, lines: Sequence[str]) -> None:
        """Keep these lines too, and count the entries, not their lines."""
        self._pieces += runs(reading, lines)
        self._size += sum(map(len, lines)) + len(lines)
        if reading.begins and reading.kind in self._counts:
            self._counts[reading.kind] += len(lines)

    def folded(self) -> Iterator[Piece]:
        """Yield a note with the numbers of lines."""
        names = {LineKind.LOG: "log line", LineKind.WARNING: "warning"}
        found = [f"{count} {names[kind]}{'s' * (count > 1)}" for kind, count in self._counts.items() if count]
        them = "it" if sum(self._counts.values()) == 1 else "them"
        yield TextStyle.NOTE, f"{' and '.join(found)}, .raw shows {them}\n"

    def unfolded(self) -> Iterator[Piece]:
        """Yield all kept lines."""
        yield from self._pieces


#: Where a warning comes from, in Python's form, in Airflow's own (without the last colon) and in structlog's.
WARNED = re.compile(
    r"(?P<file><\w+>|\S*\.pyx?):\d+:? (?=\w*?Warning)\w+: |(?>.*?\[py\.warnings\] ).*\bfilename=(?P<file2>\S+)"
)
#: What 3.1 and later print with every command about DAGs, with no file named, until graphviz is installed.
EVERY_TIME = re.compile(r".{1,99}\] Could not import graphviz\.")
#: Where Airflow warns of settings, which are the user's; and the one that 2.10.3 itself asks for by its old name.
SETTINGS, ITS_OWN = "/airflow/configuration.py", "section/key [core/sql_alchemy_conn] has been deprecated"


def tells_nothing(line: str) -> bool:
    """Whether noise is about the inside of installed packages: about no command, no DAG and no setting of the user's.

    ``line`` is the first one of a warning that is noise.
    """
    found = WARNED.match(line)
    file = (found["file"] or found["file2"]) if found else ""
    if file.endswith(SETTINGS) and ITS_OWN not in line:
        return False
    return bool(FOREIGN.search(file) if found else EVERY_TIME.match(line))


FRAME = re.compile(r'  File "(?P<file>[^"]*)", line \d+')
#: Files that are nobody's own: installed packages, Python's library, what was never a file, the airflow program.
FOREIGN = re.compile(r"/(?:site|dist)-packages/|/lib(?:64)?/python\d|^<|/bin/airflow$")

#: What SQLAlchemy says below its message, which may look like anything.
DATABASE_SAID = re.compile(r"\[SQL: |\[parameters: |\(Background on this error at: ")


class Traceback:
    """What went wrong comes first, then where in code that is not installed, which is a DAG's; the rest is folded."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._said: list[str] = []  #: further lines of what the last exception says
        self._size = 0

    @property
    def full(self) -> bool:
        """Return whether there are too many lines to keep."""
        return self._size > MOST or len(self._lines) > MOST_LINES

    def goes_on(self, lines: Sequence[str]) -> bool:
        """Whether it is the next one of a chain, or the same one still."""
        return lines[0].startswith(BETWEEN_TRACEBACKS) or not is_message(self._lines[-1])

    def add(self, reading: Reading, lines: Sequence[str]) -> None:
        """Several may follow one another."""
        self._lines += [*self._said, *lines]
        self._size += sum(map(len, lines))
        self._said = []

    def add_said(self, lines: Sequence[str]) -> int:
        """Take what stands right behind the last line for more of what that says; how many lines are taken."""
        if not is_message(self._lines[-1]):
            return 0
        plain = takewhile(lambda line: look_of(line) is TextStyle.TEXT or DATABASE_SAID.match(line), lines)
        more = list(islice(plain, MOST_SAID - len(self._said)))
        self._said += more
        self._size += sum(map(len, more))
        return len(more)

    def folded(self) -> Iterator[Piece]:
        """Each of those that are no chain for itself."""
        start = 0
        for index, line in enumerate(self._lines):
            if index > start and line.startswith(TRACEBACK_START) and is_message(self._lines[index - 1]):
                yield from _shortened(self._lines[start:index])
                start = index
        yield from _shortened(self._lines[start:], self._said)

    def unfolded(self) -> Iterator[Piece]:
        """Yield all kept lines."""
        yield from frames([*self._lines, *self._said])


def _shortened(lines: Sequence[str], more: Sequence[str] = ()) -> Iterator[Piece]:
    """One traceback, or a chain, by its last exception; whole where its end is missing, or where it is short."""
    said = next((line for line in reversed(lines) if is_message(line)), "")
    own = _own_frame(lines)
    count = len(lines) - len(own) - 1
    if not said or count <= FEW:
        yield from frames([*lines, *more])
        return
    yield TextStyle.MESSAGE, joined([said, *more])
    if own:
        yield TextStyle.TRACEBACK, joined(own)
    yield TextStyle.NOTE, f"  {count} lines of traceback folded, .raw shows them\n"


def _own_frame(lines: Sequence[str]) -> list[str]:
    for index in reversed(range(len(lines))):
        frame = FRAME.match(lines[index])
        if frame and not FOREIGN.search(frame["file"]):
            return [lines[index], *(line for line in lines[index + 1 : index + 2] if line.startswith("    "))]
    return []


HELP_START = re.compile(r"^[Uu]sage: airflow(?P<words>(?: [a-z][\w-]*)*)", re.MULTILINE)
HELP_SIGNS = (re.compile(r"^[A-Za-z][\w ]*:$", re.MULTILINE), re.compile(r"^ +-h, --help ", re.MULTILINE))


class Usage:
    """The text that argparse prints before it says what is wrong: from ``usage: airflow`` to the end of the stream."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._size = 0

    @property
    def full(self) -> bool:
        """Return whether there are too many lines to keep."""
        return self._size > MOST or len(self._lines) > MOST_LINES

    def goes_on(self, lines: Sequence[str]) -> bool:
        """Return true: nothing is printed after a usage text."""
        return True

    def add(self, reading: Reading, lines: Sequence[str]) -> None:
        """Keep these lines too, whatever they look like."""
        self._lines += lines
        self._size += sum(map(len, lines))

    def folded(self) -> Iterator[Piece]:
        """Where the same can be read at any time; the text itself where it only began like one."""
        text = joined(self._lines)
        start = HELP_START.match(text)
        if not start or not all(sign.search(text) for sign in HELP_SIGNS):
            yield from self.unfolded()
            return
        yield TextStyle.NOTE, f"usage folded, .help{start['words']} shows what can be typed\n"

    def unfolded(self) -> Iterator[Piece]:
        """Yield all kept lines."""
        yield TextStyle.HELP, joined(self._lines).rstrip("\n") + "\n"


def usage_error(line: str) -> str:
    """Return an error of argparse without a long list of words and without "see help above"."""
    line = line.removesuffix(", see help above.")
    start, choose, choices = line.partition(" (choose from ")
    if not choose or len(choices) <= SHORT:
        return line
    return f"{start} (choose from {choices.count(',') + 1} words, .raw shows them)"


def frames(lines: Sequence[str]) -> Iterator[Piece]:
    """Yield the lines of a traceback unfolded: frames, and what exceptions say."""
    for said, group in groupby(lines, key=is_message):
        yield TextStyle.MESSAGE if said else TextStyle.TRACEBACK, joined(group)


def runs(reading: Reading, lines: Sequence[str]) -> Iterator[Piece]:
    """Yield the runs of lines of one reading that look alike, each line with its end."""
    if reading.kind is LineKind.DATA:
        start = 0
        for look, group in groupby(_data_looks(lines)):
            end = start + len(list(group))
            yield look, joined(lines[start:end])
            start = end
    elif reading.kind is LineKind.TRACEBACK:
        yield from frames(lines)
    else:
        yield _LOOKS[reading.kind], joined(lines)


_LOOKS = {
    LineKind.BLANK: TextStyle.TEXT,
    LineKind.LOG: TextStyle.LOG,
    LineKind.WARNING: TextStyle.WARNING,
    LineKind.USAGE: TextStyle.MESSAGE,
}


def _data_looks(lines: Sequence[str]) -> list[TextStyle]:
    """The look of each line; the one above a rule is a heading if data follows the rule, all in one block."""
    found = list(map(look_of, lines))
    at = -1
    while TextStyle.RULE in found[at + 1 :]:
        at = found.index(TextStyle.RULE, at + 1)
        above = at > 0 and found[at - 1] in (TextStyle.TEXT, TextStyle.TABLE)
        if above and at + 1 < len(found) and not (at > 1 and found[at - 2] in (TextStyle.TABLE, TextStyle.HEADING)):
            found[at - 1] = TextStyle.HEADING
    return found


def joined(lines: Sequence[str] | Iterator[str]) -> str:
    """Return lines with their ends as one text."""
    return "".join([f"{line}\n" for line in lines])
