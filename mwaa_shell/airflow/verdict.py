"""Whether an Airflow command succeeded, read from what it printed: MWAA returns no exit code.

The rules come from replies of real Airflow programs whose true exit codes are known; a test runs every recorded reply
through ``judge`` and prints how often it is right. That standard error is not empty proves nothing: Airflow warns there
on commands that succeed. What proves a failure is a traceback there, argparse's own last line, or a sentence there
while standard output holds no data.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from mwaa_shell.airflow.lines import Line, LineKind, classify, data_lines, has_data
from mwaa_shell.airflow.versions import Version


class Verdict(NamedTuple):
    """``ok``, and for a failure the one line that says why."""

    ok: bool
    reason: str = ""


#: Characters of a stream that are read: whether there is data shows at its beginning, why a command failed at its end.
ENOUGH = 1_000_000
#: Sentences on standard error that come with success.
HARMLESS = re.compile(
    r"Error: Failed to load all files\. For details, run `airflow dags|list-import-errors`"
    r"|\d+ (?:Variables|Pools|Connections) successfully (?:exported|imported)",
    re.IGNORECASE,
)
#: ``dags list-import-errors`` leaves with 1 where there are any, from this version on.
IMPORT_ERRORS_FAIL_SINCE = Version(2, 8)


def judge(words: tuple[str, ...], stdout: str, stderr: str, version: Version | None = None) -> Verdict:
    """The verdict on the reply to one command; ``words`` are its arguments."""
    errors = list(classify(stderr[-ENOUGH:]))
    data = stdout[:ENOUGH]
    reason = _usage_error(errors) or _uncaught(errors, data) or _import_errors(words, data, version)
    if not reason and (said := _last_words(errors)) and not has_data(data):
        reason = said
    return Verdict(not reason, reason)


def _usage_error(errors: list[Line]) -> str:
    spoken = [line for line in errors if line.kind is not LineKind.BLANK]
    if spoken and spoken[-1].kind is LineKind.USAGE:
        said, choose, choices = spoken[-1].text.partition(" (choose from ")
        said += choices.rpartition(")")[2] if ")" in choices else choose + choices
        return said.removesuffix(", see help above.")
    return ""


def _uncaught(errors: list[Line], stdout: str) -> str:
    """The message of the traceback that standard error ends with, apart from log lines and warnings after it.

    One that stands right behind a log line was caught and logged, and proves nothing where there is data.
    """
    last = len(errors)
    while last and errors[last - 1].kind in (LineKind.LOG, LineKind.WARNING, LineKind.BLANK):
        last -= 1
    first = last
    while first and errors[first - 1].kind is LineKind.TRACEBACK:
        first -= 1
    frames = [line.text for line in errors[first:last] if line.text.strip()]
    logged = first > 0 and errors[first - 1].kind is LineKind.LOG
    if not frames or (logged and has_data(stdout)):
        return ""
    margin = [text for text in frames if not text.startswith((" ", "\t", "Traceback ", "During ", "The above "))]
    return margin[-1] if margin else frames[-1].strip()


def _import_errors(words: tuple[str, ...], stdout: str, version: Version | None) -> str:
    if words[:2] != ("dags", "list-import-errors") or version is None or version < IMPORT_ERRORS_FAIL_SINCE:
        return ""
    rows = data_lines(stdout)
    if not rows or any(row.strip() in ("No data found", "[]") for row in rows):
        return ""
    return f"{_rows(rows)} could not be imported"


def _rows(rows: list[str]) -> str:
    try:
        count = len(json.loads(rows[-1]))
    except (ValueError, TypeError, RecursionError):
        return "DAG files"
    return "1 DAG file" if count == 1 else f"{count} DAG files"


def _last_words(errors: list[Line]) -> str:
    """The sentence with which Airflow left without any data: what ``raise SystemExit('...')`` prints."""
    said = [line.text for line in errors if line.kind is LineKind.DATA and not HARMLESS.match(line.text)]
    return said[-1].strip() if said else ""
