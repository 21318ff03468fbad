"""What kind of line Airflow printed: one classifier for log lines, warnings, tracebacks and data.

Log handlers of Airflow 1.10 to 3.3 write to standard output, in among the data. The forms are read off recorded output
of real Airflow programs and off what MWAA is known to print; the recorded output is the test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class LineKind(Enum):
    """What a line of output is."""

    DATA = "data"  #: what the command has to say, and all that nothing else claims
    BLANK = "blank"
    LOG = "log"  #: a log line of Airflow or of a library
    WARNING = "warning"  #: a Python warning, with its source line or further lines
    TRACEBACK = "traceback"
    USAGE = "usage"  #: argparse's last line


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end, and its kind."""

    kind: LineKind
    text: str


#: Colour codes; Airflow 2 puts them into its log lines where its console is told to be coloured.
SGR = re.compile(r"\x1b\[[0-9;:]*m")
#: ``[2026-11-22T12:56:31.444+0000] {dagbag.py:417} INFO - text``: 1.10 to 3.0; MWAA doubles the braces
OLD_LOG = re.compile(r"\[\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[^\]]*\] \{[^}]*\}+ (?P<level>[A-Z]+) - ")
#: ``2026-11-22T13:05:49.572534Z [warning  ] text [logger] loc=file.py:1``: structlog, 3.1 and later
NEW_LOG = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S* \[(?P<level>[a-z]+) *\] ")
#: ``INFO  [alembic.runtime.migration] text`` and ``[INFO] text``
SHORT_LOG = re.compile(r"(?:(?P<level>[A-Z]+) +\[[\w.]+\] |\[(?P<mark>[A-Z]{4,8})\] )")
#: What MWAA itself prints, per web server process.
MWAA_CHATTER = re.compile(r"CloudWatch logging is disabled for |Successfully generated RDS auth token at ")
#: ``/path/file.py:48 UserWarning: text`` (Airflow's own form) and Python's ``/path/file.py:48: UserWarning: text``
PYTHON_WARNING = re.compile(r"(?:<\w+>|\S*\.pyx?):\d+:? (?P<name>\w*Warning\w*): ")
TRACEBACK_START = "Traceback (most recent call last):"
BETWEEN_TRACEBACKS = (
    "During handling of the above exception, another exception occurred:",
    "The above exception was the direct cause of the following exception:",
)
USAGE_ERROR = re.compile(r"airflow(?: \S+)* command error: |(?:airflow|usage: airflow).*: error: ")
#: A further line of a warning that spreads over several: indented source, or a sentence right behind.
GRAPHVIZ_TAIL = re.compile(r"You might need to install the graphviz package|Run `pip install graphviz` to attempt")


def classify(text: str) -> Iterator[Line]:
    """The lines of ``text`` with their kinds, in order."""
    state = LineKind.DATA
    for line in text.splitlines():
        kind = _kind(SGR.sub("", line), state)
        state = LineKind.DATA if kind is LineKind.BLANK and state is not LineKind.TRACEBACK else kind
        if kind is LineKind.TRACEBACK and _ends_traceback(line):
            state = LineKind.DATA
        yield Line(kind, line)


def _kind(line: str, state: LineKind) -> LineKind:
    if not line.strip():
        return LineKind.TRACEBACK if state is LineKind.TRACEBACK else LineKind.BLANK
    if line.startswith((TRACEBACK_START, *BETWEEN_TRACEBACKS)):
        return LineKind.TRACEBACK
    if OLD_LOG.match(line) or NEW_LOG.match(line) or SHORT_LOG.match(line) or MWAA_CHATTER.match(line):
        return LineKind.LOG
    if PYTHON_WARNING.match(line):
        return LineKind.WARNING
    if USAGE_ERROR.match(line):
        return LineKind.USAGE
    if state is LineKind.TRACEBACK:
        return LineKind.TRACEBACK
    if GRAPHVIZ_TAIL.match(line) and state in (LineKind.LOG, LineKind.WARNING):
        return state
    if state is LineKind.WARNING and line.startswith("  "):
        return LineKind.WARNING
    return LineKind.DATA


def _ends_traceback(line: str) -> bool:
    """An exception's own line stands at the margin; frames are indented."""
    return not line.startswith((" ", "\t", TRACEBACK_START, *BETWEEN_TRACEBACKS)) and bool(line.strip())


def data_lines(text: str) -> list[str]:
    """The lines that are neither noise nor blank."""
    return [line.text for line in classify(text) if line.kind is LineKind.DATA]
