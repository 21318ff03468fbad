"""A command in the history, and references to commands by number and time."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta, tzinfo
from secrets import token_hex
from typing import NamedTuple

from mwaa_shell.durations import parse_age
from mwaa_shell.errors import UsageError
from mwaa_shell.result import Outcome

#: Origins of a command: the prompt, ``-c``, a file or standard input, a rerun of an entry.
TYPED, COMMAND, FILE, RERUN = "typed", "-c", "file", "rerun of #"
#: The origin of a command of ``.on``, before the ID of its batch.
BATCH = "batch "
#: Commands of one ``.redo``, at most: more are a slip of the keyboard.
MOST_NUMBERS = 1_000
#: Digits of a number, at most.
DIGITS = 18


def rerun_of(number: int) -> str:
    """Return the origin of a command that repeats an entry."""
    return f"{RERUN}{number}"


def new_batch() -> str:
    """Return the origin of the commands that one line sends to several environments."""
    return f"{BATCH}{token_hex(4)}"


class EnvironmentKey(NamedTuple):
    """The environment of a command; ``account`` is empty until it is known."""

    account: str
    region: str
    environment: str


class HistoryEntry(NamedTuple):
    """A command in the history; ``unknown`` without ``seconds`` means no known end."""

    when: float  #: when it was sent, in seconds since 1970 (UTC)
    account: str  #: 12 digits, or empty if it was not known
    region: str
    environment: str
    line: str  #: as typed, with a mask in the place of every secret
    version: str = ""  #: of the environment's Airflow, empty if it was not known
    origin: str = TYPED  #: such as ``typed``, ``rerun of #42``, ``batch 1f2e3d4c``
    masked: bool = False  #: the line has a mask, so it cannot be sent as it is
    outcome: Outcome = Outcome.UNKNOWN
    seconds: float | None = None  #: until the outcome was known
    http_status: int | None = None
    stdout_bytes: int | None = None  #: decoded
    stderr_bytes: int | None = None  #: decoded
    number: int = 0  #: given by the history, and never to another entry
    shell: str = ""  #: the shell that wrote it; given by the history

    @property
    def where(self) -> EnvironmentKey:
        return EnvironmentKey(self.account, self.region, self.environment)

    @property
    def batch(self) -> str:
        """The batch of a command that was sent to several environments, or empty."""
        return self.origin.removeprefix(BATCH) if self.origin.startswith(BATCH) else ""

    @property
    def rerun(self) -> int | None:
        """The number of the entry that this one repeats, if it repeats one."""
        digits = self.origin.removeprefix(RERUN)
        is_rerun = self.origin.startswith(RERUN) and _is_number(digits)
        return int(digits) if is_rerun else None


class CommandOutcome(NamedTuple):
    """The end of a command, which completes its entry."""

    outcome: Outcome
    seconds: float | None = None
    http_status: int | None = None
    stdout_bytes: int | None = None
    stderr_bytes: int | None = None
    version: str = ""  #: of Airflow; empty leaves it as it was


class Search(NamedTuple):
    """A filter for entries; by default it accepts all."""

    text: str = ""  #: a part of the line, in upper or lower case
    where: EnvironmentKey | None = None  #: one environment, not all
    failed_only: bool = False  #: only entries that are not ok
    this_shell: bool = False  #: only commands of the running shell
    since: float | None = None  #: seconds since 1970
    batch: str = ""  #: only commands of one ``.on``


def _is_number(text: str) -> bool:
    return re.fullmatch(rf"[0-9]{{1,{DIGITS}}}", text) is not None


def numbers(text: str) -> list[int]:
    """Return the numbers of ``40-44,47``, each once; raise ``UsageError``."""
    found: dict[int, None] = {}
    for part in text.split(","):
        first, dash, last = (piece.strip() for piece in part.partition("-"))
        last = last if dash else first
        if not (_is_number(first) and _is_number(last)):
            raise UsageError(f"'{part.strip()}' is not the number of a command", hint="Write 42, 40-44 or 40-44,47.")
        if int(last) < int(first):
            raise UsageError(f"{part.strip()} is backwards", hint=f"Write {last}-{first}.")
        found |= dict.fromkeys(range(int(first), min(int(last), int(first) + MOST_NUMBERS) + 1))
        if len(found) > MOST_NUMBERS:
            raise UsageError(f"{text.strip()} is more than {MOST_NUMBERS} commands")
    return list(found)


def since(text: str, now: float, zone: tzinfo | None = None) -> float:
    """Return the moment of ``90s``, ``2d``, ``today``, ``yesterday`` or an ISO date.

    ``now`` and the result are seconds since 1970 (UTC). A day, and a date without a zone, is in ``zone`` (default: the
    system's). Raises ``UsageError``.
    """
    wanted = text.strip().lower()
    age = parse_age(wanted)
    if age is not None:
        return now - age
    try:
        if wanted in ("today", "yesterday"):
            today = datetime.fromtimestamp(now, zone).date()
            day = today - timedelta(days=1) if wanted == "yesterday" else today
            return datetime.combine(day, time(), zone).timestamp()
        moment = datetime.fromisoformat(wanted.upper())
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"'{text.strip()}' is not a time", hint="Write 30m, 3h, 2d, 1w or 2026-01-31.") from None
