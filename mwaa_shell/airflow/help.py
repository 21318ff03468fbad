"""Help pages of Airflow commands for ``.help``. Pure."""

from __future__ import annotations

import textwrap

from mwaa_shell.airflow import knowledge
from mwaa_shell.airflow.completion import metavar, usage_of
from mwaa_shell.airflow.grammar import Command, Grammar, Option, Positional, load_grammar, versions
from mwaa_shell.airflow.versions import Version

#: Columns of a screen of unknown width, the most that are good to read, and the least.
WIDTH, MOST, LEAST = 79, 100, 40
#: Columns of the first column of a table, at most.
WIDEST = 30
LEVELS = {
    knowledge.Level.READ: "read-only",
    knowledge.Level.CHANGE: "changes data",
    knowledge.Level.DESTROY: "destructive",
}
#: The names of kinds of values, if they differ from those in the code.
KINDS = {
    knowledge.Kind.DAG: "the ID of a DAG",
    knowledge.Kind.TASK: "the ID of a task of the DAG",
    knowledge.Kind.RUN: "the ID of a DAG run",
    knowledge.Kind.DATE: "a date such as 2026-01-31 or 2026-01-31T12:00",
    knowledge.Kind.DATE_OR_RUN: "a logical date, or the ID of a DAG run",
    knowledge.Kind.VARIABLE: "the key of a variable",
    knowledge.Kind.CONNECTION: "the ID of a connection",
    knowledge.Kind.POOL: "the name of a pool",
    knowledge.Kind.ROLE: "the name of a role",
    knowledge.Kind.USER: "the name of a user",
    knowledge.Kind.ASSET: "the name of an asset",
    knowledge.Kind.JSON: "JSON, in single quotes",
    knowledge.Kind.PATH_ON_SERVER: "a path on the web server, which you cannot reach",
    knowledge.Kind.REGEX: "a regular expression",
    knowledge.Kind.PROVIDER: "the name of a provider's package",
}


def explain(words: tuple[str, ...], grammar: Grammar, width: int = WIDTH) -> str | None:
    """Return the page of a command or group in so many columns; else ``None``."""
    found = grammar.command(words)
    if found is not None and found[1] == len(words):
        return _command(found[0], grammar.version, _readable(width))
    return _group(" ".join(words), grammar, _readable(width))


def _readable(width: int) -> int:
    return max(min(width, MOST), LEAST)


def explain_argument(command: Command, argument: Option | Positional, width: int = WIDTH) -> str:
    """Return the flags, the value and the meaning of one argument of a command."""
    width = _readable(width)
    head = usage_of(argument) if isinstance(argument, Positional) else _flags_of(argument)
    summary = knowledge.argument_summary(command.name, argument)
    facts = ["required"] if argument.required else []
    kind = knowledge.argument_kind(command.name, argument)
    if argument.choices:
        facts.append("one of " + ", ".join(map(str, argument.choices)))
    elif kind is not knowledge.Kind.OTHER:
        facts.append(f"takes {KINDS.get(kind, kind.value.replace('_', ' '))}")
    if isinstance(argument, Option) and argument.action == "append":
        facts.append("may be given more than once")
    lines = [f"{command.name}: {head}", textwrap.fill(summary, width, initial_indent="  ", subsequent_indent="  ")]
    return "\n".join([*lines, *(_wrapped(fact, width) for fact in facts)])


def _flags_of(option: Option) -> str:
    return ", ".join(option.flags) + (f" {metavar(option)}" if option.takes_value else "")


def _group(name: str, grammar: Grammar, width: int) -> str | None:
    below = grammar.below(name)
    if not below:
        return None
    rows = [(command, knowledge.command_summary(command)) for command in below]
    return f"{name}: {knowledge.group_summary(name)}\n\n" + _table(rows, width)


def _command(command: Command, version: Version, width: int) -> str:
    usage = " ".join([command.name, *(usage_of(one) for one in command.options if one.required)])
    if any(not one.required for one in command.options):
        usage += " [flags]"
    usage = " ".join([usage, *(usage_of(one) for one in command.positionals)])
    parts = [f"{usage}\n{knowledge.command_summary(command.name)}"]
    arguments = [(usage_of(one), knowledge.argument_summary(command.name, one)) for one in command.positionals]
    for option in sorted(command.options, key=lambda option: not option.required):
        mark = "(required) " if option.required else ""
        arguments.append((_flags_of(option), mark + knowledge.argument_summary(command.name, option)))
    if arguments:
        parts.append(_table(arguments, width))
    parts.append("\n".join(_wrapped(note, width) for note in _notes(command.name, version)))
    lines = knowledge.examples(command.name, version)
    if lines:
        parts.append("examples:\n" + "\n".join(f"  {line}" for line in lines))
    return "\n\n".join(parts)


def _notes(name: str, version: Version) -> list[str]:
    """Return notes, one a line: danger, MWAA, DAG files, questions, versions."""
    danger = knowledge.danger(name, version)
    notes = [LEVELS[danger.level] + (f": {danger.reason}" if danger.reason else "")]
    support = knowledge.mwaa_support(name, version)
    if support.documented and not support.doubtful:
        notes.append("on MWAA: documented by AWS")
    elif support.reason:
        notes.append(f"on MWAA: {support.reason}")
    notes += knowledge.advice(name, version)
    parsing = knowledge.parses_dags(name, version)
    if parsing:
        notes.append(f"reads DAG files, slow: {parsing}")
    question = knowledge.question_of(name, version)
    if question is not None:
        notes.append(f"asks before it acts: {question.reason}")
    return [*notes, f"in Airflow {_ranges(name)}"]


def _ranges(name: str) -> str:
    """Return the versions that have a command, as ranges."""
    known = versions()
    have = [version for version in known if load_grammar(version).named(name) is not None]
    runs: list[list[Version]] = []
    for version in have:
        if runs and known.index(version) == known.index(runs[-1][-1]) + 1:
            runs[-1].append(version)
        else:
            runs.append([version])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)


def _wrapped(text: str, width: int) -> str:
    return textwrap.fill(text, width, initial_indent="- ", subsequent_indent="  ")


def _table(rows: list[tuple[str, str]], width: int) -> str:
    """Return two columns. Text wider than the first column has a line of its own."""
    firsts = {min(len(left), WIDEST) for left, _ in rows}
    tables = [[line for left, right in rows for line in _row(left, right, first, width)] for first in sorted(firsts)]
    shortest = min(reversed(tables), key=len)  # of several the one whose first column holds more
    return "\n".join(shortest)


def _row(left: str, right: str, first: int, width: int) -> list[str]:
    alone = [f"  {left}"] if len(left) > first else []
    start = f"  {'' if alone else left:<{first}}  "
    return alone + textwrap.wrap(right, width, initial_indent=start, subsequent_indent=" " * (first + 4))
