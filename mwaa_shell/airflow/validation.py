"""What Airflow would refuse in a line before it does anything, found before the line is sent.

Only what argparse is certain to refuse is a problem, in every Python that an Airflow may run on; and malformed JSON,
which Airflow finds later, where it is certain to look at it. argparse stops at ``--help``: with it a line is as good as
what stands before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mwaa_shell.airflow.arguments import (
    HELP,
    ParsedCommand,
    Part,
    Role,
    candidates,
    fewest,
    flags_of,
    looks_like_flag,
    names_of,
)
from mwaa_shell.airflow.command_line import Kind, Problem
from mwaa_shell.airflow.grammar import Command, Option
from mwaa_shell.airflow.spelling import closest, suggested
from mwaa_shell.airflow.validation_values import malformed_at, refused_json, refused_value
from mwaa_shell.airflow.wording import did_you_mean, either, shown


def validate(understanding: ParsedCommand) -> Problem | None:
    """The first thing that is wrong with a line; None where Airflow would take it, and for what is no command of it."""
    line, parts = understanding.line, understanding.parts
    if line.problem is not None or line.kind is not Kind.AIRFLOW:
        return line.problem
    asks = next((index for index, part in enumerate(parts) if part.argument is HELP), None)
    if asks is not None:
        return next(_refused_at_once(understanding, asks), _refused_beside_help(understanding, asks))
    firsts = next(_refused_at_once(understanding, len(parts)), None), next(_refused_in_the_end(understanding), None)
    return min((found for found in firsts if found), key=lambda problem: problem.position, default=None)


# -- what argparse refuses while it reads ------------------------------------------------------------------------------


def _refused_at_once(understanding: ParsedCommand, stop: int) -> Iterator[Problem]:
    """What is wrong with the first parts."""
    seen: dict[str, str] = {}
    parts = understanding.parts
    flags_end = _flags_end(parts)
    asks = stop < len(parts)  # for help: then no value is read but by the parser
    read = {} if asks else {id(part.argument): part for part in parts if part.role is Role.VALUE}  # the last of each
    for index, part in enumerate(parts[:stop]):
        message = None
        if part.role is Role.UNKNOWN:
            message = _unknown_command(understanding, part)
        elif part.role is Role.EXTRA:
            command = understanding.command if any(one.role is Role.COMMAND for one in parts[:index]) else None
            message = _unclear_flag(command, parts[max(index - 1, 0) : index + 1], index < flags_end)
        elif part.role is Role.FLAG and isinstance(part.argument, Option):
            message = _missing_value(part.argument, part, _behind(part.argument, parts, index))
        elif part.argument is not None:
            message = refused_value(part.argument, part.value)
            if message is None and read.get(id(part.argument)) is part:
                message = refused_json(understanding, part)
        if message is None and part.role in (Role.FLAG, Role.POSITIONAL):
            message = _excluded(understanding.command, part, seen)
        if message is not None:
            yield Problem(message, malformed_at(understanding, part))


def _refused_beside_help(understanding: ParsedCommand, asks: int) -> Problem | None:
    """In ``-hx`` argparse looks for the value of ``-x`` before it shows the help."""
    parts = understanding.parts
    last = max(index for index, part in enumerate(parts) if part.word is parts[asks].word)
    part, option = parts[last], parts[last].argument
    if last == asks or part.role is not Role.FLAG or not isinstance(option, Option):
        return None
    message = _missing_value(option, part, _behind(option, parts, last))
    return None if message is None else Problem(message, part.end)


def _unknown_command(understanding: ParsedCommand, part: Part) -> str:
    grammar, words = understanding.grammar, understanding.line.words
    groups = [one.value for one in understanding.parts if one.role is Role.GROUP]
    if part.value == "airflow" and len(words) == 1:
        return "There is no command behind airflow"
    following = [word.value for word in words if word.start > part.start]
    meant = suggested(grammar, groups, part.value, following[0] if following else "")
    typed = " ".join([*groups, shown(part.value)])
    return f"{typed} is no command of Airflow {grammar.version}{did_you_mean(meant)}"


def _unclear_flag(command: Command | None, parts: Sequence[Part], may_be: bool) -> str | None:
    """A flag that is short for several, or one that takes no value and has one joined to it: the last of the parts.

    ``may_be`` says whether flags can stand there.
    """
    part = parts[-1]
    joined = len(parts) > 1 and parts[-2].word is part.word
    if command is None or not (joined or (may_be and _like_flag(part))):
        return None
    if joined:
        return f"{shown(part.word.value.partition('=')[0])} takes no value" if "=" in part.word.value else None
    found = [flag for flag, _ in candidates(flags_of(command), part.value)]
    return f"{shown(part.value)} may be {either(found)}: write it out" if len(found) > 1 else None


def _like_flag(part: Part) -> bool:
    return len(part.value) > 1 and part.value[0] == "-"


def _flags_end(parts: Sequence[Part]) -> int:
    """How many of the parts may be flags: behind a command and a separator there are none."""
    firsts = [
        next((index for index, part in enumerate(parts) if part.role is role), len(parts))
        for role in (Role.COMMAND, Role.SEPARATOR)
    ]
    return max(firsts)


def _behind(option: Option, parts: Sequence[Part], index: int) -> Sequence[Part]:
    """As many parts as the option wants."""
    return parts[index + 1 : index + 1 + fewest(option.nargs)]


def _missing_value(option: Option, part: Part, following: Sequence[Part]) -> str | None:
    wanted = fewest(option.nargs)
    values = [one for one in following[:wanted] if one.role is Role.VALUE and one.argument is option]
    if len(values) == wanted:
        return None
    kind = f": {either(option.choices)}" if option.choices else ""
    flag = part.value if part.value.startswith("-") else f"-{part.value}"
    return f"{flag} needs a value{kind}" if wanted == 1 else f"{flag} needs {wanted} values{kind}"


def _excluded(command: Command | None, part: Part, seen: dict[str, str]) -> str | None:
    """Whether an argument excludes one that was given before it; ``seen`` has those, under their names."""
    if command is None or part.argument is None:
        return None
    names = names_of(part.argument)
    for group in command.exclusive:
        other = next((seen[name] for name in group.members if name in seen and name not in names), None)
        if other is not None and not set(names).isdisjoint(group.members):
            return f"{other} and {names[-1]} exclude each other"
    seen |= dict.fromkeys(names, names[-1])
    return None


# -- what argparse refuses when it has read all ------------------------------------------------------------------------


def _refused_in_the_end(understanding: ParsedCommand) -> Iterator[Problem]:
    parts, end = understanding.parts, max((word.end for word in understanding.line.words), default=0)
    for index, part in enumerate(parts):
        if part.role is Role.EXTRA:
            yield Problem(_extra(understanding, parts[: index + 1]), part.start)
    if understanding.command is None:
        if all(part.role is not Role.UNKNOWN for part in parts):
            yield Problem(_incomplete(understanding), end)
        return
    name = understanding.command.name
    if understanding.missing:
        wanted = [names_of(one)[-1] for one in understanding.missing]
        yield Problem(f"{name} needs {' and '.join(wanted)}", end)
    for group in understanding.command.exclusive:
        if group.required and understanding.given.isdisjoint(group.members):
            yield Problem(f"{name} needs {either(group.members)}", end)


def _extra(understanding: ParsedCommand, parts: Sequence[Part]) -> str:
    part, command = parts[-1], understanding.command
    if command is None or all(one.role is not Role.COMMAND for one in parts):
        return f"{shown(part.value)} is no flag that may stand before a command"
    joined = len(parts) > 1 and parts[-2].word is part.word
    if joined or (_like_flag(part) and len(parts) <= _flags_end(parts) and looks_like_flag(part.value)):
        flag = f"-{part.value[:1]}" if joined else part.value.partition("=")[0]
        near = closest(flag, flags_of(command), 0.6) if flag.startswith("--") else None
        version = understanding.grammar.version
        return f"{shown(flag)} is no flag of {command.name} in Airflow {version}{did_you_mean(near)}"
    takes = "one argument too many for" if command.positionals else "too much: there are no arguments to"
    return f"{shown(part.value)} is {takes} {command.name}"


def _incomplete(understanding: ParsedCommand) -> str:
    group = [part.value for part in understanding.parts if part.role is Role.GROUP]
    if not group:
        return "There is no command in this line"
    below = understanding.grammar.words_after(group)
    more = f" and {len(below) - 4} more" if len(below) > 5 else ""
    return f"{' '.join(group)} alone is no command; it has {', '.join(below[: 4 if more else 5])}{more}"
