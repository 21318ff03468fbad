"""History expansion (``!!``, ``!42``, ``^old^new``) and the check of reruns. Pure.

As in a POSIX shell, but only the first character of a line counts: ``!`` and ``^`` are letters in a value. ``!`` alone,
or before a blank or ``=``, is no expansion. ``^old^new`` replaces the first match, and ``\\^`` is the character itself.
Text after a blank, ``|`` or ``>`` is appended as it is: ``!! -o json``, ``!42 | jq .``.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Protocol

from mwaa_shell.airflow.arguments import ParsedCommand, Role, understand
from mwaa_shell.airflow.command_line import Problem, parse
from mwaa_shell.airflow.completion import dag_of
from mwaa_shell.airflow.grammar import Grammar
from mwaa_shell.airflow.knowledge import reads
from mwaa_shell.airflow.validation import first_valid
from mwaa_shell.history.entries import DIGITS, HistoryEntry
from mwaa_shell.result import Outcome

_NO_EVENT = re.compile(r"!(?:[\s=]|$)")
_EVENT = re.compile(r"!(?:(?P<again>!)|(?P<back>-[0-9]+)|(?P<number>[0-9]+)|(?P<starts>[^\s|>]+))")
NO_COMMAND = "The history has no earlier command"
_APPENDED = re.compile(r"[\s|>]|$")


class HistoryLookup(Protocol):
    """The lookup of entries; the newest is one step back."""

    def get(self, number: int) -> HistoryEntry | None:
        """Return the entry with a number."""

    def last(self, back: int = 1, *, starts: str = "") -> HistoryEntry | None:
        """Return the entry some steps back whose line starts with a text."""


class Expansion(NamedTuple):
    """An expanded line, and the entry that it repeats."""

    line: str  #: the line to show and run; a ``masked`` one lacks secrets
    entry: HistoryEntry  #: unchanged


def expand(line: str, past: HistoryLookup) -> Expansion | Problem | None:
    """Return the expansion of a line, or ``None``; raise only what ``past`` raises."""
    start = len(line) - len(line.lstrip())
    if line.startswith("^", start):
        return _replaced(line, start, past)
    if line.startswith("!", start) and not _NO_EVENT.match(line, start):
        return _event(line, start, past)
    return None


def _replaced(line: str, start: int, past: HistoryLookup) -> Expansion | Problem:
    """Expand ``^old^new``: the last line with one replacement."""
    old, end = _until_sign(line, start + 1)
    new, after = _until_sign(line, end + 1)
    if not old:
        return Problem("The text to replace is missing", start, hint="Write ^old^new.")
    if end >= len(line):
        return Problem("The new text is missing", len(line), hint="Write ^old^new.")
    entry = past.last()
    if entry is None:
        return Problem(NO_COMMAND, start)
    if old not in entry.line:
        return Problem(f"The last command does not contain '{old}'", start + 1, hint=f"It was: {entry.line}")
    return _appended(entry, entry.line.replace(old, new, 1), line, min(after + 1, len(line)))


def _until_sign(line: str, start: int) -> tuple[str, int]:
    """Return the unescaped text up to a ``^``, and the position of that sign."""
    text: list[str] = []
    while start < len(line) and line[start] != "^":
        escaped = line.startswith("\\^", start)
        text.append("^" if escaped else line[start])
        start += 2 if escaped else 1
    return "".join(text), start


def _event(line: str, start: int, past: HistoryLookup) -> Expansion | Problem:
    """Expand ``!!``, ``!42``, ``!-2`` and ``!dags``."""
    found = _EVENT.match(line, start)
    if found is None:
        return Problem("Unknown history expansion", start, hint="Write !!, !42 or !dags.")
    entry = None
    if found["starts"]:
        entry = past.last(starts=found["starts"])
        why = f"No command starts with '{found['starts']}'"
    elif found["again"]:
        entry, why = past.last(), NO_COMMAND
    else:
        digits, why = (found["number"] or found["back"]).lstrip("-"), f"The history has no command {found[0]}"
        if len(digits) <= DIGITS and int(digits):
            entry = past.get(int(digits)) if found["number"] else past.last(int(digits))
    return _appended(entry, entry.line, line, found.end()) if entry is not None else Problem(why, start)


def _appended(entry: HistoryEntry, text: str, line: str, end: int) -> Expansion | Problem:
    """Return an expansion with what is typed after it."""
    if not _APPENDED.match(line, end):
        return Problem("A space is missing before the appended text", end)
    return Expansion(text + line[end:].rstrip(), entry)


# -- the check before a rerun -----------------------------------------------------------------------------------------

#: Read-only commands that show whether a command ran; ``{dag}`` and ``{first}`` are its arguments.
CHECKS = {
    "dags trigger": ("dags list-runs {dag}", "dags list-runs -d {dag}"),
    "trigger_dag": ("list_dag_runs {dag}",),
    "dags pause": ("dags details {dag}",),
    "dags unpause": ("dags details {dag}",),
    "variables set": ("variables get {first}",),
    "variables delete": ("variables get {first}",),
    "connections add": ("connections get {first}",),
    "connections delete": ("connections get {first}",),
    "pools set": ("pools get {first}",),
    "pools delete": ("pools get {first}",),
    "dags delete": ("dags list",),
    "dags backfill": ("dags list-runs -d {dag}",),
    "backfill create": ("dags list-runs {dag}",),
}


def reason_to_review(entry: HistoryEntry, grammar: Grammar | None, line: str | None = None, ran_on: str = "") -> str:
    """Return why the user should review a command first; empty for no reason.

    ``line`` is the expanded line if it differs from that of the entry. ``ran_on`` says where the command ran if that is
    a reason, too.
    """
    parsed = parse(line or entry.line)
    reasons = [f"the command ran on {ran_on}"] if ran_on else []
    subject = "it" if reasons else "the command"
    if parsed.destination is not None:
        reasons.append(f"its output is redirected: {parsed.destination.operator} {parsed.destination.target}")
    elif not reads(parsed, grammar):  # without a version, it reads in no Airflow that has it
        if grammar is None:
            reasons.append("the Airflow version is not known yet")
        elif entry.outcome in (Outcome.UNKNOWN, Outcome.INTERRUPTED):
            check = check_command(understand(parsed, grammar))
            reasons.append(f"{subject} may have run" + (f": check with {check}" if check else ""))
        else:
            reasons.append(f"{subject} changes data")
    return ", and ".join(reasons)


def check_command(understanding: ParsedCommand) -> str:
    """Return a command of this Airflow that shows whether this one ran, or empty."""
    if understanding.command is None:
        return ""
    first = next((part.value for part in understanding.parts if part.role is Role.POSITIONAL), "")
    forms = CHECKS.get(understanding.command.name, ())
    found = first_valid(forms, understanding.grammar, dag=dag_of(understanding), first=first)
    return found.text if found is not None else ""
