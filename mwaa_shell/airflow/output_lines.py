"""Classifier of the lines of Airflow: log lines, warnings, tracebacks and data.

Log handlers of Airflow 1.10 to 3.3 write to standard output, in among the data. The forms are read off recorded output
of real Airflow programs and off what MWAA is known to print; the recorded output is the test.

Noise are lines that come with every command, whatever it does. What an operator needs is no noise: log lines of
warnings and errors, what the command itself says as ``[INFO] text``, and Python warnings, but for the news that
something will be gone in a later Airflow or that a library for drawing is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple


class LineKind(Enum):
    """The kind of a line of output."""

    DATA = "data"  #: the output proper, and all lines of no other kind
    BLANK = "blank"
    LOG = "log"  #: a log line of Airflow or of a library
    WARNING = "warning"  #: a Python warning, with its source line or further lines
    TRACEBACK = "traceback"
    USAGE = "usage"  #: argparse's last line


class OutputLine(NamedTuple):
    """One line without its end, and its kind."""

    kind: LineKind
    text: str
    fatal: bool = False  #: of a traceback that the program ended with


class Reading(NamedTuple):
    """The kind of a line and its facts; equal readings are the same object."""

    kind: LineKind
    noise: bool = False  #: comes with every command
    begins: bool = True  #: it is no further line of the entry before
    fatal: bool = False  #: of a traceback that the program ended with
    grouped: bool = False  #: of the traceback of an exception group


#: Color codes; Airflow 2 puts them into its log lines where its console is told to be colored.
SGR = re.compile(r"\x1b\[[0-9;:]*m")
TRACEBACK_START = "Traceback (most recent call last):"
BETWEEN_TRACEBACKS = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d"
#: The beginnings of lines. The name of the group that matches, without its digits, names the reading in ``_READINGS``.
HEAD = re.compile(
    # [2026-11-22T12:56:31.444+0000] {dagbag.py:417} INFO - text: 1.10 to 3.0; MWAA doubles the braces
    rf"\[{_TIME}[^\]]*\] \{{[^}}]*\}}+ (?:(?P<quiet>INFO|DEBUG)|(?P<loud>[A-Z]+)) - "
    # 2026-11-22T13:05:49.572534Z [warning  ] text [logger] loc=file.py:1: structlog, 3.1 and later
    # 2026-11-22 13:05:49,572 INFO - text, and 2026-11-22 13:05:49,572 - logger - INFO - text: of libraries
    rf"|{_TIME}[^ \t]* (?:\[(?:(?P<quiet2>info|debug)|(?P<loud2>[a-z]+)) *\] |"
    r"(?:- [^ \t]+ - )?(?:(?P<quiet5>INFO|DEBUG)|(?P<loud5>WARNING|ERROR|CRITICAL)) - )"
    # [INFO] text: a command about itself
    r"|(?P<loud4>\[[A-Z]{4,8}\] )"
    # /path/file.py:48 UserWarning: text (Airflow's own form) and Python's /path/file.py:48: UserWarning: text
    r"|(?:<\w+>|sys|[^ \t]*\.pyx?):\d+:? (?:(?P<old>(?=\w*?Deprecat)\w*Warning|FutureWarning|RemovedIn\w+Warning)|"
    r"(?P<warning>(?=\w*?Warning)\w+)): "
    # Beginnings with a capital letter share one group, which most lines of data skip.
    r"|(?=[A-Z-])(?:"
    # INFO  [alembic.runtime.migration] text
    r"(?:(?P<quiet3>INFO|DEBUG)|(?P<loud3>[A-Z]+)) +\[[\w.]+\] "
    # WARNING:logger:text, of Python's logging without a configuration
    r"|(?:(?P<quiet6>INFO|DEBUG)|(?P<loud6>WARNING|ERROR|CRITICAL)):[^ \t:]+:"
    # Python on exceptions that end nothing; a traceback follows
    r"|(?P<loud7>Exception ignored |Exception in thread |Error in (?:atexit\.|sys\.)|Process [^ \t]+:$"
    r"|--- Logging error ---|Task exception was never retrieved)"
    # lines of MWAA itself, per web server process
    r"|(?P<quiet4>CloudWatch logging is disabled for |Successfully generated RDS auth token at )"
    rf"|(?P<traceback>{'|'.join(map(re.escape, (TRACEBACK_START, *BETWEEN_TRACEBACKS)))}))"
    rf"|(?P<group>  \+ Exception Group {re.escape(TRACEBACK_START)})"
    r"|(?P<usage>airflow(?: [^ \t]+)* command error: |(?:airflow|usage: airflow).*: error: )"
)
#: The frame that every uncaught exception passes: the airflow program, and not a function in it.
PROGRAM_FRAME = re.compile(r'[ |]+File "(?:[^"]*/)?(?:airflow|airflow/__main__\.py)", line \d+, in <module>$')
#: The lines of an exception group have a margin of their own.
_GROUP_MARGIN = re.compile(r" +[|+]")
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
_GROUP = Reading(LineKind.TRACEBACK, grouped=True)
_FATAL = {one: one._replace(fatal=True) for one in (_TRACEBACK, _GROUP)}
_NOISE = Reading(LineKind.LOG, noise=True)
_OLD_NEWS = Reading(LineKind.WARNING, noise=True)
_READINGS = {
    "quiet": _NOISE,
    "loud": Reading(LineKind.LOG),
    "old": _OLD_NEWS,
    "warning": Reading(LineKind.WARNING),
    "traceback": _TRACEBACK,
    "group": _GROUP,
    "usage": Reading(LineKind.USAGE),
}
_BY_GROUP = {name: _READINGS[name.rstrip("0123456789")] for name in HEAD.groupindex}
_NO_NEWS = {"loud": _NOISE, "loud2": _NOISE, "loud3": _NOISE, "warning": _OLD_NEWS}  #: where it is a known warning
_FURTHER = {reading: Reading(reading.kind, reading.noise, begins=False) for reading in _READINGS.values()}


class Classifier:
    """The classifier of the lines of one stream, in order and without their ends."""

    def __init__(self) -> None:
        self._before = _DATA

    def read(self, lines: Iterable[str]) -> list[Reading]:
        """Return the reading of each of the next lines."""
        found, before = [], self._before
        for line in lines:
            text = SGR.sub("", line) if "\x1b" in line else line
            match = HEAD.match(text)
            reading = _headed(match, text) if match else _plain(text, before)
            found.append(reading)
            before = reading
            ends = reading is _BLANK or (reading.kind is LineKind.TRACEBACK and is_message(text))
            if ends and not match:
                before = _DATA
        self._before = before
        return found


def _headed(match: re.Match[str], text: str) -> Reading:
    group = match.lastgroup or ""
    if group in _NO_NEWS and KNOWN_WARNING.search(text):
        return _NO_NEWS[group]
    return _BY_GROUP[group]


def _plain(text: str, before: Reading) -> Reading:
    """Return the reading of a line without a known beginning, by the line before."""
    inside = before is not _DATA and before.kind is LineKind.TRACEBACK
    if inside and (not before.grouped or _GROUP_MARGIN.match(text)):
        return _FATAL.get(before, before) if PROGRAM_FRAME.match(text) else before
    if not text.strip(" \t"):
        return _BLANK
    if (
        before is not _DATA
        and before.kind in (LineKind.LOG, LineKind.WARNING)
        and (GRAPHVIZ_TAIL.match(text) or (before.kind is LineKind.WARNING and text.startswith("  ")))
    ):
        return _FURTHER.get(before, before)
    if text[-1] == ":" and text.endswith(TRACEBACK_START) and ("%|" in text or text.endswith(f":{TRACEBACK_START}")):
        return _TRACEBACK  # after a progress bar or a question without a line end
    return _DATA


def is_message(line: str) -> bool:
    """Return whether a line of a traceback is a message, at the margin, and no frame."""
    if not line.strip(" \t") or line.startswith((" ", "\t", TRACEBACK_START, *BETWEEN_TRACEBACKS)):
        return False
    return not line.endswith(TRACEBACK_START)


def split_lines(text: str) -> list[str]:
    """Return the lines of a stream without their ends, as a terminal shows them."""
    lines = text.replace("\r\n", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def classify(text: str) -> Iterator[OutputLine]:
    """Yield the lines of ``text`` with their kinds, in order."""
    lines = split_lines(text)
    for line, reading in zip(lines, Classifier().read(lines), strict=True):
        yield OutputLine(reading.kind, line, reading.fatal)


def has_data(text: str) -> bool:
    """Return whether a line is data. Reading stops at the first."""
    classifier, lines = Classifier(), split_lines(text)
    pieces = (lines[start : start + TOGETHER] for start in range(0, len(lines), TOGETHER))
    return any(reading.kind is LineKind.DATA for piece in pieces for reading in classifier.read(piece))


def data_lines(text: str) -> list[str]:
    """Return the lines of data, without log lines of any level."""
    return [line.text for line in classify(text) if line.kind is LineKind.DATA]
