"""One check and its result: what a check gets, its time limit, and how the results are shown and counted."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

from mwaa_shell.errors import ExitCode, NothingRan
from mwaa_shell.job import Job
from mwaa_shell.mwaa.connection import Connection
from mwaa_shell.mwaa.route import hide_credentials
from mwaa_shell.output.sanitise import sanitise
from mwaa_shell.result import Result

T = TypeVar("T")

#: Seconds that one check may take.
LIMIT = 20.0


class Status(StrEnum):
    """How a check ended, in the words that are shown."""

    OK = "ok"
    NOTE = "note"  #: works, but not all of it, or not as well as it could
    FAIL = "FAIL"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line of the report."""

    name: str
    status: Status
    text: str
    advice: str = ""  #: what to do about it
    remote: bool = False  #: about AWS or the web server, not about this machine


class NoAnswer(NothingRan):
    """A check took too long."""


class Wait(Protocol):
    """Runs something slow while the user sees what is waited for; the limit is in seconds."""

    def __call__(self, phase: str, limit: float, ask: Callable[[], T]) -> T:
        """Return what it returns, or raise what it raises."""


@dataclass(frozen=True, slots=True)
class Examined:
    """The environment that is examined, if one is known, and how it is reached."""

    name: str | None
    connect: Callable[[str], Connection]  #: the connection to an environment of a name, or to AWS where that is empty
    wait: Wait
    run: Callable[[Connection, str], Result]  #: sends a command that is kept in no history


def bounded(wait: Wait, phase: str, check: Callable[[], T], limit: float = LIMIT) -> T:
    """Return what a check returns, or raise what it raises; ``NoAnswer`` after ``limit`` seconds."""

    def ask() -> T:
        job: Job[T] = Job(lambda job: check(), phase).start()
        if not job.join(limit):  # whatever it waits for, it is left alone with that
            raise NoAnswer(f"No answer within {limit:g} seconds")
        return job.result()

    return wait(phase, limit + 5, ask)


#: What somebody has to do something about, the worst last.
WORSE = (Status.NOTE, Status.FAIL)
#: Columns of a status, and of a name: the longest is ``ListEnvironments``.
STATUS_WIDTH, NAME_WIDTH = 6, 18
INDENT = " " * STATUS_WIDTH


def as_texts(findings: Iterable[CheckResult], width: int = 0) -> Iterator[str]:
    """Each finding as soon as it is there; what is skipped for one reason stands together."""
    waiting: list[CheckResult] = []
    for finding in findings:
        if waiting and (finding.status is not Status.SKIP or finding.text != waiting[0].text):
            yield _skipped(waiting, width)
            waiting = []
        if finding.status is Status.SKIP:
            waiting.append(finding)
        else:
            yield as_text(finding, width)
    if waiting:
        yield _skipped(waiting, width)


def _skipped(findings: Sequence[CheckResult], width: int) -> str:
    if len(findings) == 1:
        return as_text(findings[0], width)
    text = _safe(f"{', '.join(one.name for one in findings)}: {findings[0].text}")
    return "".join(f"{line}\n" for line in _folded(text, f"{Status.SKIP.value:<{STATUS_WIDTH}}", INDENT, width))


def as_text(finding: CheckResult, width: int = 0) -> str:
    """A finding as lines of text, the advice on a line of its own; folded to ``width`` columns, if that is given."""
    head = f"{finding.status.value:<{STATUS_WIDTH}}{finding.name:<{NAME_WIDTH}}"
    lines = _folded(_safe(finding.text), head, " " * len(head), width)
    if finding.advice:
        lines += _folded(_safe(finding.advice), f"{INDENT}-> ", f"{INDENT}   ", width)
    return "".join(f"{line}\n" for line in lines)


def _folded(text: str, first: str, other: str, width: int) -> list[str]:
    if not width:
        return [f"{first}{text}".rstrip()]
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=other, break_long_words=False, break_on_hyphens=False
    ) or [first.rstrip()]


def _safe(text: str) -> str:
    """On one line, with no password of a URL and nothing that a terminal acts on."""
    return " ".join(sanitise(hide_credentials(text)).split())


def worst_last(findings: Sequence[CheckResult]) -> list[CheckResult]:
    """What fails stands right above the prompt, what is to note before it, and all else in the order of the checks."""
    return sorted(findings, key=lambda one: WORSE.index(one.status) if one.status in WORSE else -1)


def summary(findings: Iterable[CheckResult]) -> str:
    """The last line of the report."""
    marks = [finding.status for finding in findings]
    failed, noted = marks.count(Status.FAIL), marks.count(Status.NOTE)
    if not failed and not noted:
        return "All is well"
    parts = [f"{failed} failed"] * bool(failed) + [f"{noted} to note"] * bool(noted)
    return ", ".join(parts) + ("" if failed else ": commands can run")


def exit_code(findings: Iterable[CheckResult]) -> ExitCode:
    """NOTHING_RAN where AWS, the credentials or the connection fail, FAILED where only this machine does."""
    failed = [finding for finding in findings if finding.status is Status.FAIL]
    if any(finding.remote for finding in failed):
        return ExitCode.NOTHING_RAN
    return ExitCode.FAILED if failed else ExitCode.OK


def as_json(findings: Sequence[CheckResult]) -> str:
    """All findings for programs; the marks in small letters."""
    rows = [
        {"name": one.name, "mark": one.status.value.lower(), "text": _safe(one.text), "advice": _safe(one.advice)}
        for one in findings
    ]
    code = exit_code(findings)
    return json.dumps({"ok": code is ExitCode.OK, "exit_code": code.value, "findings": rows}, indent=2) + "\n"
