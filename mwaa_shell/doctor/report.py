"""The results of checks, and their report as text, JSON and exit code."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from mwaa_shell.errors import ExitCode
from mwaa_shell.mwaa import hide_credentials
from mwaa_shell.output import sanitise

#: Columns of a status, and of a name: the longest is ``DescribeLogStreams``.
STATUS_WIDTH, NAME_WIDTH = 6, 21
#: The check that sends a command.
COMMAND_CHECK = "version"


class Status(StrEnum):
    """The status of a check, in the words of the report."""

    OK = "ok"
    NOTE = "note"  #: works, but not all of it, or not as well as it could
    FAIL = "FAIL"
    SKIP = "skip"


class Finding(NamedTuple):
    """The result of a check."""

    status: Status
    text: str
    advice: str = ""  #: what to do about it


class CheckResult(NamedTuple):
    """The result of one check."""

    name: str
    status: Status
    text: str
    advice: str = ""
    remote: bool = False  #: about AWS or the web server, not about this machine


def as_texts(findings: Iterable[CheckResult], width: int = 0) -> Iterator[str]:
    """Yield the text of each result. Checks that are skipped for one reason share a line."""
    for why, group in groupby(findings, lambda one: one.text if one.status is Status.SKIP else ""):
        if not why:
            yield from (as_text(one, width) for one in group)
            continue
        names = [one.name for one in group]
        alone = CheckResult(names[0], Status.SKIP, why)
        yield as_text(alone if len(names) == 1 else CheckResult("", Status.SKIP, f"{', '.join(names)}: {why}"), width)


def as_text(finding: CheckResult, width: int = 0) -> str:
    """Return a result as lines with its advice below. The lines are wrapped to ``width`` columns unless that is 0."""
    status = f"{finding.status.value:<{STATUS_WIDTH}}"
    head = f"{status}{finding.name:<{NAME_WIDTH}}" if finding.name else status
    lines = _folded(_safe(finding.text), head, width)
    if finding.advice:
        lines += _folded(_safe(finding.advice), " " * STATUS_WIDTH + "-> ", width)
    return "".join(f"{line}\n" for line in lines)


def _folded(text: str, first: str, width: int) -> list[str]:
    rest = " " * len(first)
    wrapper = textwrap.TextWrapper(width or sys.maxsize, first, rest, break_long_words=False, break_on_hyphens=False)
    return wrapper.wrap(text) or [first.rstrip()]


def _safe(text: str) -> str:
    """Return a text in one line, without passwords of URLs and control characters."""
    return " ".join(sanitise(hide_credentials(text)).split())


def worst_last(findings: Sequence[CheckResult]) -> list[CheckResult]:
    """Return the results with notes, then failures at the end, above the prompt."""
    return sorted(findings, key=lambda one: (one.status is Status.FAIL, one.status is Status.NOTE))


def summary(findings: Iterable[CheckResult]) -> str:
    """Return the last line of the report: counts, and whether commands can run."""
    findings = list(findings)
    marks = [finding.status for finding in findings]
    failed, noted = marks.count(Status.FAIL), marks.count(Status.NOTE)
    if not failed and not noted:
        return "No problems found"
    parts = [f"{failed} failed"] * bool(failed) + [f"{noted} to note"] * bool(noted)
    if failed:
        return ", ".join(parts)
    tried = not any(one.name == COMMAND_CHECK and one.status is Status.SKIP for one in findings)
    return f"{', '.join(parts)}: {'commands can run' if tried else 'no command was tried'}"


def exit_code(findings: Iterable[CheckResult]) -> ExitCode:
    """Return NOTHING_RAN for a failure of AWS or the web server, else FAILED or OK."""
    failed = [finding for finding in findings if finding.status is Status.FAIL]
    if any(finding.remote for finding in failed):
        return ExitCode.NOTHING_RAN
    return ExitCode.FAILED if failed else ExitCode.OK


def as_json(findings: Sequence[CheckResult]) -> str:
    """Return all results as JSON, with the status in small letters."""
    rows = [
        {"name": one.name, "mark": one.status.value.lower(), "text": _safe(one.text), "advice": _safe(one.advice)}
        for one in findings
    ]
    code = exit_code(findings)
    return json.dumps({"ok": code is ExitCode.OK, "exit_code": code.value, "findings": rows}, indent=2) + "\n"
