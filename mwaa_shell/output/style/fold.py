"""The reading of output lines, and the folding of noise, tracebacks and usages.

Text is folded window by window, so that the first screen of a long output never waits for the rest. What is on both
sides of a border is folded twice, or not at all. Log lines stay after a window that was nothing but noise: a line for
each window would fill the first screen only after megabytes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import groupby, islice, takewhile
from operator import itemgetter
from typing import TypeVar

from mwaa_shell.airflow.output_lines import (
    BETWEEN_TRACEBACKS,
    TRACEBACK_START,
    Classifier,
    LineKind,
    Reading,
    is_message,
)

#: States of task instances, DAG runs and jobs.
STATES = (
    "success", "running", "failed", "upstream_failed", "up_for_retry", "up_for_reschedule", "queued", "scheduled",
    "skipped", "deferred", "restarting", "shutdown", "removed", "none",
)  # fmt: skip


class TextStyle(Enum):
    """The reading of a run of lines. Its value is the state of the output lexer."""

    TEXT = "text"
    JSON = "json"
    YAML = "yaml"
    TABLE = "table"
    HEADING = "heading"  #: the line with the names of columns, above a rule; a line above a part of a log
    RULE = "rule"  #: a drawn line of a table
    LOG = "log"
    WARNING = "warning"
    TRACEBACK = "traceback"  #: frames
    MESSAGE = "message"  #: the last line of an exception, or an error of argparse
    HELP = "help"  #: the output of ``--help``
    NOTE = "note"  #: a sentence of the shell in place of folded lines
    REST = "rest"  #: the further parts of a line that is too long to be read whole


#: The reading of a line of data by its beginning; a pipe between blanks anywhere makes a table.
_DATA_LOOKS = re.compile(
    r"(?P<HEADING>==> )"
    r"|(?P<RULE>[=+\-─═╒╤╕╞╪╡╘╧╛├┼┤]{3,}\s*$)"
    r'|(?P<JSON>\[\]\s*$|\[?\{(?:["}]|\s*$)|\[\s*$|\s*[\]}],?\s*$|\s+"[^"\\]*"(?:: |,?\s*$))'
    r"|(?P<YAML>(?:- |  )[^\s:#'\"][^:\n]*:(?: |$)|  ?- )"
    r"|(?P<TABLE>[^|│]*(?: \| |│))"
)


def look_of(line: str) -> TextStyle:
    """Return the reading of a line of data."""
    match = _DATA_LOOKS.match(line)
    if match:
        return TextStyle[match.lastgroup or ""]
    return TextStyle.TABLE if line in STATES else TextStyle.TEXT  # a state alone is a table of one cell


Piece = tuple[TextStyle, str]
_Key = TypeVar("_Key")

#: Characters that are folded together, whole lines; a line of more comes in parts.
WINDOW = 1 << 16
DATA = Reading(LineKind.DATA)
#: As many lines are not worth a line that says that they are folded.
FEW = 3
#: Further lines of an exception's message. The lines after them may be data.
MOST_SAID = 5
#: Characters of choices that are not too many to be read.
SHORT = 100


def looks(text: str) -> Iterator[Piece]:
    """Yield the runs of lines of one style, without folding. Together they are the text."""
    lines = text.split("\n")
    lines = lines if lines[-1] else lines[:-1]
    position = 0
    for reading, found in _grouped(Classifier().read(lines), lines):
        for look, run in runs(reading, found):
            whole = run[: len(text) - position]  # the last line may have no end
            yield look, whole
            position += len(whole)


def fold_noise(
    chunks: Iterable[str], *, noise: bool | Callable[[str], bool] = True, usage: bool = True
) -> Iterator[Piece]:
    """Yield the pieces of a stream. Without ``noise`` log lines stay, without ``usage`` argparse's help does.

    ``noise`` may be a function that returns whether a log line of no use goes.

    Warnings from the inside of libraries are left out without a note: they come with every command.

    Blanks at the ends of lines, and blank lines at the start, at the end and after folded noise, are left out; the last
    line has an end.
    """
    held, inside = "", False  # inside: of a line that comes in parts
    for chunk in chunks:
        held += chunk
        while len(held) > WINDOW:
            end = (held.find("\n", 0, WINDOW) if inside else held.rfind("\n", 0, WINDOW)) + 1
            window, held = held[: end or WINDOW], held[end or WINDOW :]
            if end and not inside:
                pieces = list(_fold_lines(window, noise, usage))
                noise = noise if any(look is not TextStyle.NOTE for look, _ in pieces) else False
                yield from pieces
            else:
                yield TextStyle.REST if inside else next(looks(window))[0], window
            inside = not end
    if inside:
        end = held.find("\n") + 1 or len(held)
        yield TextStyle.REST, held[:end].removesuffix("\n") + "\n"
        held = held[end:]
    yield from _fold_lines(held, noise, usage)


def _fold_lines(text: str, noise: bool | Callable[[str], bool], usage: bool) -> Iterator[Piece]:
    """Yield the pieces of whole lines."""
    help_start = HELP_START.search(text) if "sage: airflow" in text else None
    folder = _Folder(noise=noise, usage=usage)
    yield from folder.fold(_split(text[: help_start.start()] if help_start else text))
    if help_start:
        yield from folder.shown([usage_text(join_lines(_split(text[help_start.start() :])), folds=usage)])


class _Folder:
    """The state of folding the lines of one window."""

    def __init__(self, *, noise: bool | Callable[[str], bool], usage: bool) -> None:
        self._folds_noise = noise
        self._folds_usage = usage
        self._noise: Counter[LineKind] = Counter()  #: log lines and warnings of no use that are not shown yet
        self._traceback: list[str] = []  #: tracebacks that follow one another and are not shown yet
        self._said: list[str] = []  #: further lines of the last message
        self._blanks = 0  #: blank lines whose place is not known yet
        self._gap = False  #: whether a blank line would part anything
        self._dropped = False  #: the warning before was left out; so are its further lines, and blank ones after it

    def fold(self, lines: list[str]) -> Iterator[Piece]:
        """Yield the pieces of lines."""
        for reading, run in _grouped(Classifier().read(lines), lines):
            yield from self._run(reading, run)
        yield from self._release()

    def _run(self, reading: Reading, lines: list[str]) -> Iterator[Piece]:
        if reading.kind is LineKind.BLANK:
            self._blanks += 0 if self._dropped else len(lines)
        elif reading.kind is LineKind.TRACEBACK:
            yield from self._hold_traceback(lines)
        elif reading.noise and callable(self._folds_noise) and reading.kind is LineKind.LOG:
            for goes, found in _grouped(map(self._folds_noise, lines), lines):
                yield from self._hold_noise(reading, found) if goes else self._plain(reading, found)
        elif reading.noise and (self._folds_noise or reading.kind is LineKind.WARNING):
            left = self._without_old_news(reading, lines)
            if left:
                yield from self._hold_noise(reading, left)
            self._dropped = not left or left[-1] != lines[-1]
        elif reading == DATA and self._traceback and not self._blanks and is_message(self._traceback[-1]):
            plain = takewhile(lambda line: look_of(line) is TextStyle.TEXT or DATABASE_SAID.match(line), lines)
            more = list(islice(plain, MOST_SAID - len(self._said)))
            self._said += more
            yield from self._plain(reading, lines[len(more) :])
        else:
            yield from self._plain(reading, lines)

    def _without_old_news(self, reading: Reading, lines: list[str]) -> list[str]:
        """Return the lines of noise that count: no warnings from the inside of libraries."""
        if not reading.begins:
            return [] if self._dropped else lines
        return [line for line in lines if not tells_nothing(line)]

    def _plain(self, reading: Reading, lines: list[str]) -> Iterator[Piece]:
        """Yield lines that are not folded."""
        self._dropped = False
        if lines:
            yield from self._release()
            if reading.kind is LineKind.USAGE and self._folds_usage:
                lines = [usage_error(line) for line in lines]
            yield from self.shown(runs(reading, lines))

    def _hold_noise(self, reading: Reading, lines: list[str]) -> Iterator[Piece]:
        """Count entries that become one line, not their lines."""
        self._dropped = False
        if not self._noise:
            yield from self._release()
            yield from self.shown(())
        self._blanks = 0
        if reading.begins:
            self._noise[reading.kind] += len(lines)

    def _hold_traceback(self, lines: list[str]) -> Iterator[Piece]:
        """Keep a traceback, and the tracebacks chained to it, until the last message."""
        self._dropped = False
        held = self._traceback
        if not held or not (lines[0].startswith(BETWEEN_TRACEBACKS) or not is_message(held[-1])):
            yield from self._release()
            yield from self.shown(())
        self._traceback += [*self._said, *[""] * self._blanks, *lines]
        self._said, self._blanks = [], 0

    def _release(self) -> Iterator[Piece]:
        """Yield the kept noise and tracebacks, folded."""
        if self._noise:
            self._gap = False
            yield TextStyle.NOTE, _count(self._noise)
        if self._traceback:
            self._gap = True
            yield from _tracebacks(self._traceback, self._said)
        self._noise, self._traceback, self._said = Counter(), [], []

    def shown(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        """Yield the pieces after the blank lines that part them from the pieces before."""
        if self._blanks and self._gap:
            yield TextStyle.TEXT, "\n" * self._blanks
        self._blanks = 0
        for piece in pieces:
            self._gap = True
            yield piece


def _grouped(keys: Iterable[_Key], lines: Sequence[str]) -> Iterator[tuple[_Key, list[str]]]:
    """Yield the runs of lines that have one key."""
    for key, group in groupby(zip(keys, lines, strict=True), key=itemgetter(0)):
        yield key, [line for _, line in group]


def _split(text: str) -> list[str]:
    """Return the lines of a text without their ends and without blanks at them."""
    lines = [line.rstrip(" ") for line in text.split("\n")]
    return lines if lines[-1] else lines[:-1]


# -- what can be folded ------------------------------------------------------------------------------------------------


def _count(noise: Mapping[LineKind, int]) -> str:
    """Return the line to show instead of log lines and warnings."""
    names = {LineKind.LOG: "log line", LineKind.WARNING: "warning"}
    found = [f"{noise[kind]} {name}{'s' * (noise[kind] > 1)}" for kind, name in names.items() if kind in noise]
    return f"{' and '.join(found)}, .raw shows {'it' if sum(noise.values()) == 1 else 'them'}\n"


#: The source of a warning, in the forms of Python, Airflow (without the last colon) and structlog.
WARNED = re.compile(
    r"(?P<file><\w+>|\S*\.pyx?):\d+:? (?=\w*?Warning)\w+: |(?>.*?\[py\.warnings\] ).*\bfilename=(?P<file2>\S+)"
)
#: A warning without a file that 3.1 and later print with every command on DAGs until graphviz is installed.
EVERY_TIME = re.compile(r".{1,99}\] Could not import graphviz\.")
#: The module of warnings on the user's settings, and the warning that 2.10.3 itself causes by an old name.
SETTINGS, ITS_OWN = "/airflow/configuration.py", "section/key [core/sql_alchemy_conn] has been deprecated"


def tells_nothing(line: str) -> bool:
    """Return whether a warning is about installed packages, and no DAG or setting.

    ``line`` is the first one of a warning that is noise.
    """
    found = WARNED.match(line)
    file = (found["file"] or found["file2"]) if found else ""
    if file.endswith(SETTINGS) and ITS_OWN not in line:
        return False
    return bool(FOREIGN.search(file) if found else EVERY_TIME.match(line))


FRAME = re.compile(r'  File "(?P<file>[^"]*)", line \d+')
#: Files that no user wrote: installed packages, Python's library, code without a file, the airflow program.
FOREIGN = re.compile(r"/(?:site|dist)-packages/|/lib(?:64)?/python\d|^<|/bin/airflow$")

#: The lines of SQLAlchemy below its message, which may contain any text.
DATABASE_SAID = re.compile(r"\[SQL: |\[parameters: |\(Background on this error at: ")


def _tracebacks(lines: Sequence[str], said: Sequence[str]) -> Iterator[Piece]:
    """Yield each traceback, or chain, folded. ``said`` continues the last message."""
    start = 0
    for index, line in enumerate(lines):
        if index > start and line.startswith(TRACEBACK_START) and is_message(lines[index - 1]):
            yield from _shortened(lines[start:index])
            start = index
    yield from _shortened(lines[start:], said)


def _shortened(lines: Sequence[str], more: Sequence[str] = ()) -> Iterator[Piece]:
    """Yield the last message and the last frame of a DAG; all of a short traceback."""
    said = next((line for line in reversed(lines) if is_message(line)), "")
    own = _own_frame(lines)
    count = len(lines) - len(own) - 1
    if not said or count <= FEW:
        yield from frames([*lines, *more])
        return
    yield TextStyle.MESSAGE, join_lines([said, *more])
    if own:
        yield TextStyle.TRACEBACK, join_lines(own)
    yield TextStyle.NOTE, f"  {count} lines of traceback folded, .raw shows them\n"


def _own_frame(lines: Sequence[str]) -> list[str]:
    for index in reversed(range(len(lines))):
        frame = FRAME.match(lines[index])
        if frame and not FOREIGN.search(frame["file"]):
            return [lines[index], *(line for line in lines[index + 1 : index + 2] if line.startswith("    "))]
    return []


HELP_START = re.compile(r"^[Uu]sage: airflow(?P<words>(?: [a-z][\w-]*)*)", re.MULTILINE)
HELP_SIGNS = (re.compile(r"^[A-Za-z][\w ]*:$", re.MULTILINE), re.compile(r"^ +-h, --help ", re.MULTILINE))


def usage_text(text: str, *, folds: bool) -> Piece:
    """Return a hint at ``.help`` for the help of argparse, or other text as it is.

    The help goes from ``usage: airflow`` to the end of the stream.
    """
    start = HELP_START.match(text)
    if folds and start and all(sign.search(text) for sign in HELP_SIGNS):
        return TextStyle.NOTE, f"usage folded, .help{start['words']} shows what can be typed\n"
    return TextStyle.HELP, text.rstrip("\n") + "\n"


def usage_error(line: str) -> str:
    """Return an error of argparse without long choices and ``see help above``."""
    line = line.removesuffix(", see help above.")
    start, choose, choices = line.partition(" (choose from ")
    if not choose or len(choices) <= SHORT:
        return line
    return f"{start} (choose from {choices.count(',') + 1} words, .raw shows them)"


def frames(lines: Sequence[str]) -> Iterator[Piece]:
    """Yield the lines of a traceback unfolded: frames and messages."""
    for said, run in _grouped(map(is_message, lines), lines):
        yield TextStyle.MESSAGE if said else TextStyle.TRACEBACK, join_lines(run)


def runs(reading: Reading, lines: Sequence[str]) -> Iterator[Piece]:
    """Yield the runs of lines of one reading that look alike, each line with its end."""
    if reading.kind is LineKind.DATA:
        yield from ((look, join_lines(run)) for look, run in _grouped(_data_looks(lines), lines))
    elif reading.kind is LineKind.TRACEBACK:
        yield from frames(lines)
    else:
        yield _LOOKS[reading.kind], join_lines(lines)


_LOOKS = {
    LineKind.BLANK: TextStyle.TEXT,
    LineKind.LOG: TextStyle.LOG,
    LineKind.WARNING: TextStyle.WARNING,
    LineKind.USAGE: TextStyle.MESSAGE,
}


def _data_looks(lines: Sequence[str]) -> list[TextStyle]:
    """Return the style of each line. A line above a rule and data is a heading."""
    found = list(map(look_of, lines))
    at = -1
    while TextStyle.RULE in found[at + 1 :]:
        at = found.index(TextStyle.RULE, at + 1)
        above = at > 0 and found[at - 1] in (TextStyle.TEXT, TextStyle.TABLE)
        if above and at + 1 < len(found) and not (at > 1 and found[at - 2] in (TextStyle.TABLE, TextStyle.HEADING)):
            found[at - 1] = TextStyle.HEADING
    return found


def join_lines(lines: Iterable[str]) -> str:
    """Return lines with their ends as one text."""
    return "".join([f"{line}\n" for line in lines])
