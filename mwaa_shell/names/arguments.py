"""What stands in a line: the value of an argument, and the names that it uses. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from mwaa_shell.airflow.arguments import ParsedCommand, Part, Role, names_of
from mwaa_shell.airflow.grammar import Option
from mwaa_shell.airflow.knowledge import Kind, kind

#: Longer than any name that Airflow's database takes.
LONGEST = 250


def is_name(text: str) -> bool:
    """Whether a text can be a name: not empty, not endless, nothing that cannot be seen."""
    return 0 < len(text) <= LONGEST and text.isprintable() and text == text.strip()


def value(understanding: ParsedCommand, argument: str) -> str:
    """The first value of an argument, by its long flag or its name; empty if it is not given."""
    return next(iter(values(understanding, argument)), "")


def values(understanding: ParsedCommand, argument: str) -> list[str]:
    """All values of an argument."""
    return [part.value for part in understanding.parts if _takes(part) and argument in _names(part)]


def used(understanding: ParsedCommand) -> Iterator[tuple[Kind, str]]:
    """The names in a line with their kinds. Of an option with several values only the first is a name: ``-s KEY VALUE``
    of 1.10."""
    if understanding.command is None:
        return
    before: Option | None = None
    for part in understanding.parts:
        first = part.argument is not before
        before = part.argument if part.role is Role.VALUE and isinstance(part.argument, Option) else None
        if _takes(part) and part.argument is not None and first and is_name(part.value):
            yield kind(understanding.command.name, part.argument), part.value


def _takes(part: Part) -> bool:
    return part.role in (Role.VALUE, Role.POSITIONAL)


def _names(part: Part) -> tuple[str, ...]:
    return names_of(part.argument) if part.argument is not None else ()
