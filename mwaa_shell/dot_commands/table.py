"""The table of all dot-commands: runs, checks and explains lines with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mwaa_shell.airflow import line_rules
from mwaa_shell.airflow.command_line import line_at, parse
from mwaa_shell.airflow.help import WIDTH
from mwaa_shell.dot_commands import (
    bulk,
    commands,
    environment,
    help,  # noqa: A004  (the noun of the dot-command)
    history,
    logs,
    monitor,
    names,
    output,
    rest,
    shell,
    web_ui,
    why,
)
from mwaa_shell.dot_commands.registry import ArgumentKind, DotCommand, DotCommandCall, command_start
from mwaa_shell.errors import UsageError
from mwaa_shell.suggestions import did_you_mean

if TYPE_CHECKING:
    from mwaa_shell.airflow.command_line import ParsedLine
    from mwaa_shell.airflow.grammar import Grammar
    from mwaa_shell.result import Result
    from mwaa_shell.session import Executor, LineContext, Plan

#: All dot-commands, in the order of help.
DOT_COMMANDS: tuple[DotCommand, ...] = (
    *help.DOT_COMMANDS,
    *environment.DOT_COMMANDS,
    *output.DOT_COMMANDS,
    *history.DOT_COMMANDS,
    *commands.DOT_COMMANDS,
    *monitor.DOT_COMMANDS,
    *why.DOT_COMMANDS,
    *logs.DOT_COMMANDS,
    *web_ui.DOT_COMMANDS,
    *rest.DOT_COMMANDS,
    *bulk.DOT_COMMANDS,
    *shell.DOT_COMMANDS,
    *names.DOT_COMMANDS,
)
_BY_NAME = {name: one for one in DOT_COMMANDS for name in (one.name, *one.bare)}


def find_dot_command(name: str) -> DotCommand | None:
    """Return the dot-command of a name, with its dot or under a bare name."""
    return _BY_NAME.get(name)


def run(executor: Executor, context: LineContext) -> Result:
    """Run a dot-command; raise ``UsageError`` for a wrong name or argument."""
    dot_command = _named(context.line.values[0])
    return dot_command.run(DotCommandCall(executor, context, DOT_COMMANDS), dot_command.read(context.line))


def check(plan: Plan, line: ParsedLine) -> None:
    """Raise ``UsageError`` for a line that is certain to fail."""
    dot_command = _named(line.values[0])
    dot_command.check(plan, dot_command.read(line))


def _named(name: str) -> DotCommand:
    dot_command = find_dot_command(name)
    if dot_command is None:
        meant = did_you_mean(name, (item.name for item in DOT_COMMANDS))
        raise UsageError(f"Unknown dot-command '{name}'{meant}", hint="List them with .help.")
    return dot_command


def page(text: str, width: int) -> str | None:
    """Return the help of the dot-command of a line, up to its Airflow command.

    ``None`` for other lines and places.
    """
    words = parse(text).values
    dot_command = find_dot_command(words[0]) if words else None
    if dot_command is None or (dot_command.takes[-1:] == (ArgumentKind.COMMAND,) and command_in(text)):
        return None
    return help.explain_dot_command(dot_command, width)


def command_in(text: str) -> int:
    """Return the position of the Airflow command in a line with a dot-command, or 0."""
    words = parse(text).words
    dot_command = find_dot_command(words[0].value) if len(words) > 1 else None
    if dot_command is None or not dot_command.takes_command:
        return 0
    first = command_start(dot_command, words)
    return words[first].start if first < len(words) else words[-1].end


def command_checked_in(line: ParsedLine) -> str:
    """Return the Airflow command that a dot-command checks before it runs, or nothing.

    ``.send`` checks none. Raises ``UsageError`` for a wrong name or argument.
    """
    dot_command = _named(line.values[0])
    given = dot_command.read(line)
    checks = dot_command.takes[-1:] == (ArgumentKind.COMMAND,) and dot_command.name != ".send"
    return given.command.text if checks else ""


def meant_by(text: str) -> str:
    """Return the dot-command whose name without its dot begins a line, or nothing."""
    words = parse(text).values
    dot_command = find_dot_command(f".{words[0]}") if words else None
    return dot_command.name if dot_command is not None else ""


def help_at_cursor(text: str, cursor: int, grammar: Grammar | None, width: int = WIDTH) -> str:
    """Return help on the word under the cursor; sends no request."""
    begins, line = line_at(text, cursor)
    own = page(line, width)
    if own is None:
        begins += command_in(line)
        own = line_rules.help_at_cursor(line[command_in(line) :], cursor - begins, grammar, width)
    return own or "No help for this word (.help lists the commands)"
