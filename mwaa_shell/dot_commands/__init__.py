"""The shell's own commands: an explicit registry, from which help, completion and documentation are made.

A directive is a value: name, usage, summary and a function from the session and its words to a Result. What it shows
is the Result's standard output, so pipes and redirects work on it as on an Airflow command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mwaa_shell.airflow import line_checks
from mwaa_shell.airflow.command_line import line_at, parse
from mwaa_shell.dot_commands import (
    doctor,
    drawing,
    environment,
    export,
    history,
    monitor,
    names,
    replies,
    runbook,
    saved_commands,
    settings,
    shell,
)
from mwaa_shell.dot_commands.registry import ArgumentKind, DotCommand, DotCommandTable, command_start, find

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Grammar

#: All of them, in the order in which help lists them.
DIRECTIVES: tuple[DotCommand, ...] = (
    *shell.FIRST,
    *environment.DIRECTIVES,
    *replies.DIRECTIVES,
    *drawing.DIRECTIVES,
    *names.DIRECTIVES,
    *history.DIRECTIVES,
    *runbook.DIRECTIVES,
    *saved_commands.DIRECTIVES,
    *export.DIRECTIVES,
    *monitor.DIRECTIVES,
    *doctor.DIRECTIVES,
    *settings.DIRECTIVES,
    *shell.LAST,
)
#: What an executor is given.
TABLE = DotCommandTable(DIRECTIVES)


def page(text: str) -> str | None:
    """The help of the directive that a line begins with; ``None`` for any other line, and before an Airflow command."""
    words = parse(text).values
    directive = find(DIRECTIVES, words[0]) if words else None
    if directive is None or (directive.takes[:1] == (ArgumentKind.COMMAND,) and len(words) > 1):
        return None
    return f"{directive.name} {directive.usage}".strip() + f"\n  {directive.summary}"


def command_in(text: str) -> int:
    """Where the Airflow command begins in a line: behind a directive that takes one, else at its start."""
    words = parse(text).words
    directive = find(DIRECTIVES, words[0].value) if len(words) > 1 else None
    if directive is None or directive.takes[:1] not in ((ArgumentKind.COMMAND,), (ArgumentKind.TOPIC,)):
        return 0
    first = command_start(directive, words)
    return words[first].start if first < len(words) else words[-1].end


def explained(text: str, cursor: int, grammar: Grammar | None, width: int | None = None) -> str:
    """Return what is known of the word under the cursor, as a page of so many columns; asks nobody."""
    begins, line = line_at(text, cursor)
    own = page(line)
    if own is None:
        begins += command_in(line)
        own = line_checks.explained(line[command_in(line) :], cursor - begins, grammar, width)
    return own or "Nothing is known of this; .help lists what can be typed"
