"""Readings of a line by every Airflow that may receive it, for safety checks and masks.

The environment's own version decides where it is known and takes the line. Otherwise each version that MWAA has offered
has a reading. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from mwaa_shell.airflow.arguments import ParsedCommand, Part, Role, command_of, understand
from mwaa_shell.airflow.command_line import REMEMBERED, ParsedLine
from mwaa_shell.airflow.grammar import Grammar, Option, flag_name, load, versions
from mwaa_shell.airflow.versions import Version


def readings(line: ParsedLine, grammar: Grammar | None) -> tuple[ParsedCommand, ...]:
    """Return the readings in which the line begins with a command; of several versions where one alone does not decide.

    The environment's own is the first one.
    """
    own = understand(line, grammar) if grammar is not None else None
    if own is not None and not own.strange:
        return (own,)
    found = [] if own is None or own.command is None else [own]
    return (*found, *(_of_all(line) if len(line.text) <= REMEMBERED else _read_by_all(line)))


def readings_of_majors(line: ParsedLine) -> tuple[ParsedCommand, ...]:
    """Return the readings of the newest version of each major that has the command.

    Three command trees load fast enough for a key at a prompt. Flags that take secrets differ between majors alone.
    """
    newest = {version.major: version for version in versions()}
    return _read_by(line, tuple(newest.values()))


def _read_by_all(line: ParsedLine) -> tuple[ParsedCommand, ...]:
    return _read_by(line, versions())


def _read_by(line: ParsedLine, chosen: Sequence[Version]) -> tuple[ParsedCommand, ...]:
    """Return the readings of some versions, the newest first."""
    found: list[ParsedCommand] = []
    for version in reversed(chosen):
        tree = load(version)
        command = command_of(line, tree)
        if command is None:
            continue
        alike = next((one for one in found if one.command == command), None)  # most versions read most lines alike
        found.append(understand(line, tree) if alike is None else alike._replace(grammar=tree))
    return tuple(found)


_of_all = lru_cache(maxsize=4)(_read_by_all)


def words_as_read(line: ParsedLine, grammar: Grammar | None) -> tuple[str, ...]:
    """Return the words of a line in their plainest form: the command's own, then whole flags and values, each a word.

    What several versions read in several ways is read as the longest command. Other lines stay as typed.
    """
    read = readings(line, grammar)
    if not read:
        return line.values
    reading = max(read, key=lambda one: (not one.strange, len(_name(one))))  # the first of equals
    return (*_name(reading), *_arguments(reading.parts))


def _name(reading: ParsedCommand) -> Sequence[str]:
    return reading.command.name.split() if reading.command is not None else ()


def _arguments(parts: Sequence[Part]) -> list[str]:
    made: list[str] = []
    begun = False  # the words of the command are over
    for part in parts:
        if part.role in (Role.GROUP, Role.COMMAND):
            begun = part.role is Role.COMMAND
        elif part.role is Role.SEPARATOR:
            made += ["--"] if begun else []
        elif isinstance(part.argument, Option) and part.role is Role.FLAG:
            made.append(flag_name(part.argument))
        elif isinstance(part.argument, Option) and len(part.value) > 1 and part.value[0] == "-":
            made[-1:] = [f"{made[-1]}={part.value}"]
        else:
            made.append(part.value)
    return made
