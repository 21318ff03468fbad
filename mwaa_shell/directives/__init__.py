"""The shell's own commands: an explicit registry, from which help, completion and documentation are made.

A directive is a value: name, usage, summary and a function from the session and its words to a Result. What it shows
is the Result's standard output, so pipes and redirects work on it as on an Airflow command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mwaa_shell.airflow.command_line import ParsedLine, parse
from mwaa_shell.directives import (
    doctor,
    drawing,
    environment,
    history,
    names,
    reply,
    runbook,
    saved,
    scripts,
    settings,
    shell,
    watching,
)
from mwaa_shell.directives.registry import Directive, Takes, command_start, find
from mwaa_shell.errors import UsageError
from mwaa_shell.result import Result

if TYPE_CHECKING:
    from mwaa_shell.session import Session

#: All of them, in the order in which help lists them.
DIRECTIVES: tuple[Directive, ...] = (
    *shell.FIRST,
    *environment.DIRECTIVES,
    *reply.DIRECTIVES,
    *drawing.DIRECTIVES,
    *names.DIRECTIVES,
    *history.DIRECTIVES,
    *runbook.DIRECTIVES,
    *saved.DIRECTIVES,
    *scripts.DIRECTIVES,
    *watching.DIRECTIVES,
    *doctor.DIRECTIVES,
    *settings.DIRECTIVES,
    *shell.LAST,
)


def page(text: str) -> str | None:
    """The help of the directive that a line begins with; ``None`` for any other line, and before an Airflow command."""
    words = parse(text).values
    directive = find(DIRECTIVES, words[0]) if words else None
    if directive is None or (directive.takes[:1] == (Takes.COMMAND,) and len(words) > 1):
        return None
    return f"{directive.name} {directive.usage}".strip() + f"\n  {directive.summary}"


def command_in(text: str) -> int:
    """Where the Airflow command begins in a line: behind a directive that takes one, else at its start."""
    words = parse(text).words
    directive = find(DIRECTIVES, words[0].value) if len(words) > 1 else None
    if directive is None or directive.takes[:1] not in ((Takes.COMMAND,), (Takes.TOPIC,)):
        return 0
    first = command_start(directive, words)
    return words[first].start if first < len(words) else words[-1].end


def check(session: Session, line: ParsedLine, depth: int) -> None:
    """Raise ``UsageError`` for what can be known to be wrong before anything runs; ``depth`` is that of its file."""
    directive = _named(line.values[0])
    if directive.check is not None:
        directive.check(session, _words(directive, line), depth)


def _words(directive: Directive, line: ParsedLine) -> tuple[str, ...]:
    if directive.takes_line and len(line.words) > 1:
        return (line.text[line.words[1].start : line.words[-1].end],)
    return line.values[1:]


def _named(name: str) -> Directive:
    directive = find(DIRECTIVES, name)
    if directive is None:
        known = " ".join(item.name for item in DIRECTIVES)
        raise UsageError(f"There is no directive {name}; there are {known}")
    return directive


def run(session: Session, line: ParsedLine) -> Result:
    """Run a directive; raises ``UsageError`` for one that does not exist."""
    directive = _named(line.values[0])
    return directive.run(session, _words(directive, line))
