"""Expansion of ``!!``, ``!42``, ``!-2``, ``!dags``, ``!?text?`` and ``^old^new`` at the start of a typed line.

As in a POSIX shell's history, with what Airflow lines need: only the first character of a line counts, because ``!``
and ``^`` are letters like any other in a value; and nothing is repeated that the user has not asked for by a form that
is written out here. ``!`` alone, or before a blank or ``=``, is no expansion.

Behind an event there may be any number of ``:s/old/new/`` (the first place) and ``:gs/old/new/`` (all places), with
any sign for the ``/`` and ``\\`` before one that is meant itself; the last one may be left out at the end of the line.
Text behind a blank, ``|`` or ``>`` is appended as it is: ``!! -o json``, ``!42:s/dev/prod/ | jq .``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from mwaa_shell.airflow.command_line import Problem
from mwaa_shell.history.entries import DIGITS, HistoryEntry
from mwaa_shell.result import Outcome

_NO_EVENT = re.compile(r"!(?:[\s=]|$)")
_EVENT = re.compile(
    r"!(?:(?P<again>!)|(?P<back>-[0-9]+)|(?P<number>[0-9]+)|\?(?P<inside>[^?\n]*)\??|(?P<starts>[^\s:|>]+))"
)
_CHANGE = re.compile(r":(?P<all>g?)s(?P<sign>[^\w\s\\])")
#: Characters of a line that changes may make: a change in every place may make much of little.
MAX_LINE_LENGTH = 1_000_000
#: Changes behind one event: each reads the whole line.
MAX_CHANGES = 50
_APPENDED = re.compile(r"[\s|>]|$")


class HistoryLookup(Protocol):
    """The lookup of entries; the newest is one step back."""

    def get(self, number: int) -> HistoryEntry | None:
        """Return the entry with a number."""

    def last(self, back: int = 1, *, starts: str = "", inside: str = "") -> HistoryEntry | None:
        """Return the entry so many steps back whose line starts with one text and contains another."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """An expanded line, and the entry that it repeats."""

    line: str  #: to be shown and run; where ``masked``, to be completed before
    entry: HistoryEntry  #: as it was

    @property
    def number(self) -> int:
        return self.entry.number

    @property
    def masked(self) -> bool:
        """Whether the line has a mask, which must never be sent."""
        return self.entry.masked

    @property
    def outcome(self) -> Outcome:
        """How the entry ended when it ran."""
        return self.entry.outcome


@dataclass(frozen=True, slots=True)
class _Change:
    old: str
    new: str
    everywhere: bool
    start: int  #: of ``old``, in what was typed
    end: int  #: behind all of it


def expand(line: str, past: HistoryLookup) -> Expansion | Problem | None:
    """Return the expansion of a line, ``None`` if it has none. Raises only what ``past`` raises."""
    start = len(line) - len(line.lstrip())
    if line.startswith("^", start):
        return _quick(line, start, past)
    if line.startswith("!", start) and not _NO_EVENT.match(line, start):
        return _event(line, start, past)
    return None


def _quick(line: str, start: int, past: HistoryLookup) -> Expansion | Problem:
    """Expand ``^old^new``: the last line with one replacement."""
    change = _change(line, start, everywhere=False)
    if isinstance(change, Problem):
        return change
    entry = past.last()
    if entry is None:
        return Problem("There is no command before this one", start)
    return _expanded(entry, [change], line, change.end)


def _event(line: str, start: int, past: HistoryLookup) -> Expansion | Problem:
    found = _EVENT.match(line, start)
    if found is None:
        return Problem("Write !! or !42 or !dags", start)
    entry = _entry(found, past)
    if isinstance(entry, Problem):
        return entry
    changes: list[_Change] = []
    end = found.end()
    for change in _changes(line, end):
        if isinstance(change, Problem):
            return change
        if len(changes) == MAX_CHANGES:
            return Problem(f"There are more than {MAX_CHANGES} changes here", change.start)
        changes.append(change)
        end = change.end
    return _expanded(entry, changes, line, end)


def _entry(found: re.Match[str], past: HistoryLookup) -> HistoryEntry | Problem:
    """Return the entry that an event refers to."""
    start, event = found.start(), found[0]
    if found["starts"] is not None:
        return past.last(starts=found["starts"]) or Problem(f"No command starts with {found['starts']}", start)
    if found["inside"] is not None:
        if not found["inside"]:
            return Problem("There is no text to look for: write !?text?", start)
        return past.last(inside=found["inside"]) or Problem(f"No command has {found['inside']} in it", start)
    if found["again"]:
        return past.last() or Problem("There is no command before this one", start)
    entry = None
    digits = (found["number"] or found["back"]).lstrip("-")
    if len(digits) <= DIGITS and int(digits):
        entry = past.get(int(digits)) if found["number"] else past.last(int(digits))
    return entry or Problem(f"There is no command {event}", start)


def _changes(line: str, start: int) -> Iterator[_Change | Problem]:
    """Yield every ``:s`` and ``:gs`` from a position on, up to the first mistake."""
    while line.startswith(":", start):
        found = _CHANGE.match(line, start)
        if found is None:
            yield Problem("Only :s/old/new/ and :gs/old/new/ may follow here", start)
            return
        change = _change(line, found.end() - 1, everywhere=bool(found["all"]))
        yield change
        if isinstance(change, Problem):
            return
        start = change.end


def _change(line: str, start: int, *, everywhere: bool) -> _Change | Problem:
    """Parse ``/old/new/`` from its first sign on; any sign may stand for the slash."""
    sign = line[start]
    old, end = _until(line, start + 1, sign)
    new, after = _until(line, end + 1, sign)
    if not old:
        return Problem("There is no text to replace", start)
    if end >= len(line):
        return Problem(f"There is no {sign} behind the text to replace", len(line))
    return _Change(old, new, everywhere, start + 1, min(after + 1, len(line)))


def _until(line: str, start: int, sign: str) -> tuple[str, int]:
    """Return the text up to a sign, with escaped signs restored, and the position of the sign or the end."""
    text: list[str] = []
    while start < len(line) and line[start] != sign:
        protected = line.startswith("\\" + sign, start)
        text.append(sign if protected else line[start])
        start += 2 if protected else 1
    return "".join(text), start


def _expanded(entry: HistoryEntry, changes: list[_Change], line: str, end: int) -> Expansion | Problem:
    if not _APPENDED.match(line, end):
        return Problem("A blank must stand before what is appended", end)
    text = entry.line
    for change in changes:
        if change.old not in text:
            return Problem(f"There is no {change.old} in: {text}", change.start)
        count = text.count(change.old) if change.everywhere else 1
        if len(text) + count * (len(change.new) - len(change.old)) > MAX_LINE_LENGTH:
            return Problem(f"This makes a line of more than {MAX_LINE_LENGTH} characters", change.start)
        text = text.replace(change.old, change.new, count)
    return Expansion(text + line[end:].rstrip(), entry)
