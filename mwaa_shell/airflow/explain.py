"""What a command does, what it takes and what to know about it on MWAA, as text for ``.help``: offline and at once."""

from __future__ import annotations

import textwrap

from mwaa_shell.airflow import knowledge, summaries
from mwaa_shell.airflow.grammar import Command, Grammar, load, versions
from mwaa_shell.airflow.suggestions import shown
from mwaa_shell.airflow.versions import Version

WIDTH = 79
LEVELS = {
    knowledge.Level.READ: "reads only",
    knowledge.Level.CHANGE: "changes something",
    knowledge.Level.DESTROY: "destroys something",
}


def explain(words: tuple[str, ...], grammar: Grammar) -> str | None:
    """The page of a command, or of a group; ``None`` for words that are neither."""
    found = grammar.command(words)
    if found is not None and found[1] == len(words):
        return _command(found[0], grammar.version)
    return _group(" ".join(words), grammar)


def _group(name: str, grammar: Grammar) -> str | None:
    below = grammar.below(name)
    if not below:
        return None
    rows = [(command, summaries.command(command)) for command in below]
    return f"{name}: {summaries.group(name)}\n\n" + _table(rows)


def _command(command: Command, version: Version) -> str:
    usage = " ".join([command.name, *(shown(one) for one in command.options if one.required)])
    if any(not one.required for one in command.options):
        usage += " [flags]"
    usage = " ".join([usage, *(shown(one) for one in command.positionals)])
    parts = [f"{usage}\n{summaries.command(command.name)}"]
    arguments = [(shown(one), summaries.positional(command.name, one)) for one in command.positionals]
    for option in sorted(command.options, key=lambda option: not option.required):
        mark = "(required) " if option.required else ""
        left = ", ".join(option.flags) + (f" {option.metavar or option.dest.upper()}" if option.takes_value else "")
        arguments.append((left, mark + summaries.flag(command.name, option)))
    if arguments:
        parts.append(_table(arguments))
    parts.append("\n".join(_wrapped(note) for note in _notes(command.name, version)))
    lines = knowledge.examples(command.name, version)
    if lines:
        parts.append("examples:\n" + "\n".join(f"  {line}" for line in lines))
    return "\n\n".join(parts)


def _notes(name: str, version: Version) -> list[str]:
    """What to know, one line each: danger, MWAA, DAG files, questions, versions."""
    danger = knowledge.danger(name, version)
    notes = [LEVELS[danger.level] + (f": {danger.reason}" if danger.reason else "")]
    support = knowledge.support(name, version)
    if support.documented and not support.doubtful:
        notes.append("on MWAA: AWS documents it")
    elif support.reason:
        notes.append(f"on MWAA: {support.reason}")
    parsing = knowledge.parses_dags(name, version)
    if parsing is not None:
        notes.append(f"reads DAG files, slow: {parsing.reason}")
    question = knowledge.asks(name, version)
    if question is not None:
        notes.append(f"asks before it acts: {question.reason}")
    return [*notes, f"in Airflow {_ranges(name)}"]


def _ranges(name: str) -> str:
    """The versions that have a command, as ranges over those that MWAA has offered."""
    known = versions()
    have = [version for version in known if load(version).named(name) is not None]
    runs: list[list[Version]] = []
    for version in have:
        if runs and known.index(version) == known.index(runs[-1][-1]) + 1:
            runs[-1].append(version)
        else:
            runs.append([version])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="- ", subsequent_indent="  ")


def _table(rows: list[tuple[str, str]]) -> str:
    width = min(max(len(left) for left, _ in rows), 30)
    lines = []
    for left, right in rows:
        alone = len(left) > width
        if alone:
            lines.append(f"  {left}")
        start = f"  {'' if alone else left:<{width}}  "
        lines.append(textwrap.fill(right, WIDTH, initial_indent=start, subsequent_indent=" " * (width + 4)))
    return "\n".join(lines)
