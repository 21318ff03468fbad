"""A command in the history, and how users refer to commands: by number and by time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import NamedTuple

from mwaa_shell.durations import parse_age
from mwaa_shell.errors import UsageError
from mwaa_shell.result import Outcome

#: EnvironmentKey a command came from: the prompt, an option, a file or standard input, an entry of this number.
TYPED, COMMAND, FILE, RERUN = "typed", "-c", "file", "rerun of #"
#: A redo of more than this is a slip of the keyboard.
MOST_NUMBERS = 1_000
#: No entry has a number with more digits.
DIGITS = 18


def rerun_of(number: int) -> str:
    """Return the origin of a command that repeats an entry."""
    return f"{RERUN}{number}"


class EnvironmentKey(NamedTuple):
    """The environment that a command was sent to; ``account`` is empty until it is known."""

    account: str
    region: str
    environment: str


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A command in the history. Outcome ``unknown`` without ``seconds``: it is running, or its shell was killed."""

    when: float  #: it was sent, in seconds since 1970 (UTC)
    account: str  #: 12 digits, or empty if it was not known
    region: str
    environment: str
    line: str  #: as typed, with a mask in the place of every secret
    version: str = ""  #: of the environment's Airflow, empty if it was not known
    origin: str = TYPED  #: ``typed``, ``-c``, ``file`` or ``rerun of #42``
    masked: bool = False  #: something in the line is masked: it cannot be sent as it is
    outcome: Outcome = Outcome.UNKNOWN
    seconds: float | None = None  #: until the outcome was known
    http_status: int | None = None
    stdout_bytes: int | None = None  #: decoded
    stderr_bytes: int | None = None  #: decoded
    number: int = 0  #: given by the history, and never to another entry
    shell: str = ""  #: which running shell wrote it; given by the history

    @property
    def where(self) -> EnvironmentKey:
        return EnvironmentKey(self.account, self.region, self.environment)

    @property
    def rerun(self) -> int | None:
        """The number of the entry that this one repeats, if it repeats one."""
        digits = self.origin.removeprefix(RERUN)
        known = self.origin.startswith(RERUN) and _is_number(digits)
        return int(digits) if known else None


class CommandOutcome(NamedTuple):
    """How a command ended, as its entry is completed with it."""

    outcome: Outcome
    seconds: float | None = None
    http_status: int | None = None
    stdout_bytes: int | None = None
    stderr_bytes: int | None = None
    version: str = ""  #: of Airflow; empty leaves it as it was


class Search(NamedTuple):
    """A filter for entries; by default it accepts all."""

    text: str = ""  #: stands in the line, capitals or not
    where: EnvironmentKey | None = None  #: one environment, not all
    failed_only: bool = False  #: anything but ok: also what was refused, interrupted, or has an unknown outcome
    this_shell: bool = False  #: what the running shell has sent
    since: float | None = None  #: seconds since 1970


def _is_number(text: str) -> bool:
    return re.fullmatch(rf"[0-9]{{1,{DIGITS}}}", text) is not None


def numbers(text: str) -> list[int]:
    """Return the numbers of ``40-44,47``, in order and each once; raise ``UsageError`` for anything else."""
    found: dict[int, None] = {}
    for part in text.split(","):
        first, last = _range(part.strip())
        found |= dict.fromkeys(range(first, min(last, first + MOST_NUMBERS) + 1))
        if len(found) > MOST_NUMBERS:
            raise UsageError(f"{text.strip()} are more than {MOST_NUMBERS} commands")
    return list(found)


def _range(part: str) -> tuple[int, int]:
    first, dash, last = (piece.strip() for piece in part.partition("-"))
    last = last if dash else first
    if not (_is_number(first) and _is_number(last)):
        raise UsageError(f"{part or 'An empty text'} is no number of a command: write 42, 40-44 or 40-44,47")
    if int(last) < int(first):
        raise UsageError(f"{part} runs backwards: write {last}-{first}")
    return int(first), int(last)


def since(text: str, now: float, zone: tzinfo | None = None) -> float:
    """Return the moment of ``90s``, ``30m``, ``3h``, ``2d``, ``1w``, ``today``, ``yesterday`` or an ISO date.

    ``now`` and the result are seconds since 1970 (UTC). A day, and a date without a zone, is in ``zone`` (default: the
    system's). Raises ``UsageError``.
    """
    wanted = text.strip().lower()
    age = parse_age(wanted)
    if age is not None:
        return now - age
    try:
        return _date(wanted, now, zone).timestamp()
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"{text.strip() or 'An empty text'} is no time: write 30m, 3h, 2d, 1w or 2026-01-31") from None


def _date(wanted: str, now: float, zone: tzinfo | None) -> datetime:
    """Return a day or an ISO date as a moment; raise ``ValueError`` for anything else."""
    if wanted in ("today", "yesterday"):
        today = datetime.fromtimestamp(now, zone).date()
        day = today - timedelta(days=1) if wanted == "yesterday" else today
        return datetime.combine(day, time(), zone)
    moment = datetime.fromisoformat(wanted.upper())
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
