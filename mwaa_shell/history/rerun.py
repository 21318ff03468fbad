"""Whether a command of the history may run again at once, or has to wait for somebody to look at it. Pure."""

from __future__ import annotations

from mwaa_shell.airflow.arguments import ParsedCommand, understand
from mwaa_shell.airflow.command_line import parse, quote
from mwaa_shell.airflow.completion import dag_of
from mwaa_shell.airflow.grammar import Grammar
from mwaa_shell.airflow.safety import reads
from mwaa_shell.history.entries import Entry
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


def why_not_at_once(entry: Entry, grammar: Grammar | None, line: str | None = None) -> str:
    """Why a command, or what has been made of it, is to be looked at before it runs again; empty where nothing is."""
    if grammar is None:
        return "its version is not known"
    parsed = parse(line or entry.line)
    if parsed.destination is not None:
        return f"its output goes on here: {parsed.destination.operator} {parsed.destination.target}"
    understanding = understand(parsed, grammar)
    if not changes_something(understanding):
        return ""
    if entry.outcome in (Outcome.UNKNOWN, Outcome.INTERRUPTED):
        check = check_for(understanding)
        return "nobody knows whether it ran" + (f": look first with {check}" if check else ": look first")
    return "it changes something"


def changes_something(understanding: ParsedCommand) -> bool:
    """Whether a line does more than read; what nobody knows may."""
    return not reads(understanding.line, understanding.grammar)


def check_for(understanding: ParsedCommand) -> str:
    """The command that tells whether this one has run, in the words of the same Airflow; empty where there is none."""
    from mwaa_shell.airflow.validation import validate

    if understanding.command is None:
        return ""
    first = next((part.value for part in understanding.parts if part.role.value == "positional"), "")
    for form in CHECKS.get(understanding.command.name, ()):
        text = form.replace("{dag}", quote(dag_of(understanding))).replace("{0}", quote(first))
        if validate(understand(parse(text), understanding.grammar)) is None:
            return text
    return ""
