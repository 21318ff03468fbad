"""What kind of line Airflow printed: one classifier for log lines, warnings, tracebacks and data.

Log handlers of Airflow 1.10 to 3.3 write to standard output, in among the data. The forms are read off recorded output
of real Airflow programs and off what MWAA is known to print; the recorded output is the test.

Some of it is noise: lines that come with every command, whatever it does, and that nobody misses. What an operator
would miss is none: log lines of warnings and errors, what the command itself says as ``[INFO] text``, and Python
warnings, but for the news that something will be gone in a later Airflow or that a library for drawing is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple


class LineKind(Enum):
    """What a line of output is."""

    DATA = "data"  #: what the command has to say, and all that nothing else claims
    BLANK = "blank"
    LOG = "log"  #: a log line of Airflow or of a library
    WARNING = "warning"  #: a Python warning, with its source line or further lines
    TRACEBACK = "traceback"
    USAGE = "usage"  #: argparse's last line


class Line(NamedTuple):
    """One line without its end, and its kind."""

    kind: LineKind
    text: str


class Reading(NamedTuple):
    """What is known of a line; equal readings are the same object."""

    kind: LineKind
    noise: bool = False  #: nobody misses it
    begins: bool = True  #: it is no further line of the entry before


#: Colour codes; Airflow 2 puts them into its log lines where its console is told to be coloured.
SGR = re.compile(r"\x1b\[[0-9;:]*m")
TRACEBACK_START = "Traceback (most recent call last):"
BETWEEN_TRACEBACKS = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d"
#: How a line begins. The name of the group that is found names the reading; digits behind it only tell groups apart.
HEAD = re.compile(
    # [2026-11-22T12:56:31.444+0000] {dagbag.py:417} INFO - text: 1.10 to 3.0; MWAA doubles the braces
    rf"\[{_TIME}[^\]]*\] \{{[^}}]*\}}+ (?:(?P<quiet>INFO|DEBUG)|(?P<loud>[A-Z]+)) - "
    # 2026-11-22T13:05:49.572534Z [warning  ] text [logger] loc=file.py:1: structlog, 3.1 and later
    rf"|{_TIME}\S* \[(?:(?P<quiet2>info|debug)|(?P<loud2>[a-z]+)) *\] "
    # INFO  [alembic.runtime.migration] text
    r"|(?:(?P<quiet3>INFO|DEBUG)|(?P<loud3>[A-Z]+)) +\[[\w.]+\] "
    # [INFO] text: what a command says of itself
    r"|(?P<loud4>\[[A-Z]{4,8}\] )"
    # what MWAA itself prints, per web server process
    r"|(?P<quiet4>CloudWatch logging is disabled for |Successfully generated RDS auth token at )"
    # /path/file.py:48 UserWarning: text (Airflow's own form) and Python's /path/file.py:48: UserWarning: text
    r"|(?:<\w+>|\S*\.pyx?):\d+:? (?:(?P<old>(?=\w*?Deprecat)\w*Warning|FutureWarning|RemovedIn\w+Warning)|"
    r"(?P<warning>(?=\w*?Warning)\w+)): "
    rf"|(?P<traceback>{'|'.join(map(re.escape, (TRACEBACK_START, *BETWEEN_TRACEBACKS)))})"
    r"|(?P<usage>airflow(?: \S+)* command error: |(?:airflow|usage: airflow).*: error: )"
)
#: Warnings that come with every command on MWAA, and those that only announce a later version.
KNOWN_WARNING = re.compile(
    r"Could not import graphviz\.|Skipping unsupported ALTER for creation of implicit constraint"
    r"|\[py\.warnings\] category=(?:(?=\w*?Deprecat)\w*|Future|RemovedIn\w+)Warning "
)
#: A sentence of a warning that spreads over several lines.
GRAPHVIZ_TAIL = re.compile(r"You might need to install the graphviz package|Run `pip install graphviz` to attempt")

#: Lines that are read at a time where the first that matters ends the reading.
TOGETHER = 50

_DATA = Reading(LineKind.DATA)
_BLANK = Reading(LineKind.BLANK)
_TRACEBACK = Reading(LineKind.TRACEBACK)
_NOISE = Reading(LineKind.LOG, noise=True)
_OLD_NEWS = Reading(LineKind.WARNING, noise=True)
_READINGS = {
    "quiet": _NOISE,
    "loud": Reading(LineKind.LOG),
    "old": _OLD_NEWS,
    "warning": Reading(LineKind.WARNING),
    "traceback": _TRACEBACK,
    "usage": Reading(LineKind.USAGE),
}
_BY_GROUP = {name: _READINGS[name.rstrip("234")] for name in HEAD.groupindex}
_NO_NEWS = {"loud": _NOISE, "loud2": _NOISE, "loud3": _NOISE, "warning": _OLD_NEWS}  #: where it is a known warning
_FURTHER = {reading: Reading(reading.kind, reading.noise, begins=False) for reading in _READINGS.values()}


class Classifier:
    """Reads the lines of one stream, in order and without their ends."""

    def __init__(self) -> None:
        self._before = _DATA

    def read(self, lines: Iterable[str]) -> list[Reading]:
        """What each of the next lines is."""
        found, before = [], self._before
        for line in lines:
            text = SGR.sub("", line) if "\x1b" in line else line
            match = HEAD.match(text)
            reading = _headed(match, text) if match else _plain(text, before)
            found.append(reading)
            before = reading
            if reading is _BLANK or (reading is _TRACEBACK and not match and _ends_traceback(text)):
                before = _DATA
        self._before = before
        return found


def _headed(match: re.Match[str], text: str) -> Reading:
    group = match.lastgroup or ""
    if group in _NO_NEWS and KNOWN_WARNING.search(text):
        return _NO_NEWS[group]
    return _BY_GROUP[group]


def _plain(text: str, before: Reading) -> Reading:
    """A line that begins like nothing that is known: what it is depends on the line before."""
    if before is _TRACEBACK:
        return _TRACEBACK
    if not text or text.isspace():
        return _BLANK
    if before.kind in (LineKind.LOG, LineKind.WARNING) and (
        GRAPHVIZ_TAIL.match(text) or (before.kind is LineKind.WARNING and text.startswith("  "))
    ):
        return _FURTHER.get(before, before)
    return _DATA


def _ends_traceback(text: str) -> bool:
    """An exception's own line stands at the margin; frames are indented."""
    return not text.startswith((" ", "\t")) and bool(text.strip())


def classify(text: str) -> Iterator[Line]:
    """The lines of ``text`` with their kinds, in order."""
    lines = text.splitlines()
    for line, reading in zip(lines, Classifier().read(lines), strict=True):
        yield Line(reading.kind, line)


def has_data(text: str) -> bool:
    """Whether there is a line that is neither noise nor blank; reads no further than to the first."""
    classifier, lines = Classifier(), text.splitlines()
    pieces = (lines[start : start + TOGETHER] for start in range(0, len(lines), TOGETHER))
    return any(reading.kind is LineKind.DATA for piece in pieces for reading in classifier.read(piece))


def data_lines(text: str) -> list[str]:
    """The lines that are neither noise nor blank."""
    return [line.text for line in classify(text) if line.kind is LineKind.DATA]
