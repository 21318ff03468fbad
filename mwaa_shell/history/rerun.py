"""Whether a command of the history may run again without a review by the user. Pure."""

from __future__ import annotations

from mwaa_shell.airflow.arguments import ParsedCommand, understand
from mwaa_shell.airflow.command_line import parse, quote
from mwaa_shell.airflow.grammar import Grammar
from mwaa_shell.airflow.safety import reads
from mwaa_shell.airflow.suggestions import dag_of
from mwaa_shell.airflow.validation import validate
from mwaa_shell.history.entries import HistoryEntry
from mwaa_shell.result import Outcome

#: What tells, without changing anything, whether a command has run; ``{dag}`` and ``{0}`` are of its line.
CHECKS = {
    "dags trigger": ("dags list-runs {dag}", "dags list-runs -d {dag}"),
    "trigger_dag": ("list_dag_runs {dag}",),
    "dags pause": ("dags details {dag}",),
    "dags unpause": ("dags details {dag}",),
    "variables set": ("variables get {0}",),
    "variables delete": ("variables get {0}",),
    "connections add": ("connections get {0}",),
    "connections delete": ("connections get {0}",),
    "pools set": ("pools get {0}",),
    "pools delete": ("pools get {0}",),
    "dags delete": ("dags list",),
    "dags backfill": ("dags list-runs -d {dag}",),
    "backfill create": ("dags list-runs {dag}",),
}


def reason_to_review(entry: HistoryEntry, grammar: Grammar | None, line: str | None = None) -> str:
    """Return why the user should review a command before it runs again; empty if there is no reason.

    ``line`` is the expanded line if it differs from that of the entry.
    """
    if grammar is None:
        return "its version is not known"
    parsed = parse(line or entry.line)
    if parsed.destination is not None:
        return f"its output goes on here: {parsed.destination.operator} {parsed.destination.target}"
    understanding = understand(parsed, grammar)
    if not changes_data(understanding):
        return ""
    if entry.outcome in (Outcome.UNKNOWN, Outcome.INTERRUPTED):
        check = check_command(understanding)
        return "nobody knows whether it ran" + (f": look first with {check}" if check else ": look first")
    return "it changes something"


def changes_data(understanding: ParsedCommand) -> bool:
    """Return whether a command may change data; an unknown one may."""
    return not reads(understanding.line, understanding.grammar)


def check_command(understanding: ParsedCommand) -> str:
    """Return the command that shows whether this one ran, valid in the same Airflow; empty if there is none."""
    if understanding.command is None:
        return ""
    first = next((part.value for part in understanding.parts if part.role.value == "positional"), "")
    for form in CHECKS.get(understanding.command.name, ()):
        text = form.replace("{dag}", quote(dag_of(understanding))).replace("{0}", quote(first))
        if validate(understand(parse(text), understanding.grammar)) is None:
            return text
    return ""
