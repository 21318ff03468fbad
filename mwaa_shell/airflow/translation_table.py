"""Names of commands and arguments in each Airflow: ``data/translations.toml``.

An operation is one thing to do, under all its names. The file has no versions in it: whether a version has a
name is read off its command tree. An argument is known by its key: the name of a positional, or the first long flag of
an option, with hyphens where Airflow 1 has underscores.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from mwaa_shell.airflow.grammar import Command, Grammar, Option, Positional, data_of, flag_name


@dataclass(frozen=True, slots=True)
class CommandName:
    """A command, and its selecting flags in Airflow 1: ``variables --set``."""

    command: str
    selectors: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join([self.command, *self.selectors])


@dataclass(frozen=True, slots=True)
class ArgumentPlace:
    """The place of the value of an argument in another version."""

    arguments: tuple[Option | Positional, ...]  #: several for an option whose values became positionals
    key: str
    value: str | None = None  #: the value that a switch became


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing to do, under all its names, the oldest first."""

    names: tuple[CommandName, ...]
    arguments: Sequence[Sequence[str]] = ()  #: other names of the same argument
    onward: Sequence[Sequence[str]] = ()  #: the same, but not back from a later name to an earlier one
    fill: Mapping[str, str] = field(default_factory=dict)  #: key of a missing argument -> key of its value
    notes: Mapping[str, Sequence[str]] = field(default_factory=dict)  #: by the command or major of the target

    def name_in(self, grammar: Grammar) -> tuple[CommandName, Command] | None:
        """Return the newest name that a version has, and its command."""
        for name in reversed(self.names):
            command = grammar.named(name.command)
            if command is not None and all(argument_of(command, flag) is not None for flag in name.selectors):
                return name, command
        return None

    def place(self, key: str, value: str, target: Command) -> ArgumentPlace | None:
        """Return the place of an argument in a command, or ``None``."""
        places = (_place(spelled, target) for spelled in self._spellings(key, value))
        return next((place for place in places if place is not None), None)

    def _spellings(self, key: str, value: str) -> Iterator[str]:
        """Return the names of an argument with this value: its own, then the newest first."""
        yield key
        for same in (*self.arguments, *table().arguments):
            if any(_names(spelled, key, value) for spelled in same):
                yield from (spelled for spelled in reversed(same) if not _names(spelled, key, value))
        for same in self.onward:
            found = next((place for place, spelled in enumerate(same) if _names(spelled, key, value)), len(same))
            yield from reversed(same[found + 1 :])

    def notes_on(self, name: CommandName, major: int) -> Sequence[str]:
        """Return notes on a name of the operation, the most important first."""
        return self.notes.get(name.command) or self.notes.get(str(major)) or ()


@dataclass(frozen=True, slots=True)
class Advice:
    """Advice on commands or flags that a version has no counterpart for."""

    text: str
    majors: Sequence[int]  #: of the versions that it is said for
    commands: Sequence[str] = ()  #: none means all
    flags: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class RequiredArguments:
    """Arguments that a line requires, and its effect without them."""

    text: str
    flags: Sequence[str]  #: keys, or "--key=value" for one value of it
    commands: Sequence[str] = ()  #: before or after; none means all that change something
    majors: Sequence[int] = ()  #: of the versions that lack them; none means all
    beside: Sequence[str] = ()  #: keys of which one must be in the line; none means any line

    def fits(self, names: Sequence[str], key: str, value: str, major: int, given: frozenset[str]) -> bool:
        """Return whether a line with these keys and names requires this argument."""
        return (
            any(_names(flag, key, value) for flag in self.flags)
            and (not self.commands or any(name in self.commands for name in names))
            and (not self.majors or major in self.majors)
            and (not self.beside or not given.isdisjoint(self.beside))
        )


@dataclass(frozen=True, slots=True)
class TranslationTable:
    """The file."""

    operations: tuple[Operation, ...]
    arguments: Sequence[Sequence[str]]
    needs: tuple[RequiredArguments, ...]
    instead: tuple[Advice, ...]
    without: tuple[Advice, ...]

    def operation(self, command: str, given: frozenset[str]) -> tuple[Operation, CommandName]:
        """Return the operation of a command with these options, and its name here."""
        found = [
            (len(name.selectors), -number, operation, name)
            for number, operation in enumerate(self.operations)
            for name in operation.names
            if name.command == command and given.issuperset(name.selectors)
        ]
        if not found:
            return Operation((CommandName(command),)), CommandName(command)
        *_, operation, name = max(found, key=lambda one: one[:2])
        return operation, name

    def is_verb(self, command: str, key: str) -> bool:
        """Return whether a flag makes a command another one. Two of them do two things."""
        return any(
            name.command == command and key in name.selectors
            for operation in self.operations
            for name in operation.names
        )

    def need(
        self, names: Sequence[str], key: str, value: str, major: int, given: frozenset[str]
    ) -> RequiredArguments | None:
        """Return why a line requires an argument. A need of its command counts first."""
        fits = [need for need in self.needs if need.fits(names, key, value, major, given)]
        return next((need for need in fits if need.commands), fits[0] if fits else None)

    def advice(self, command: str, major: int) -> str | None:
        """Return advice for a version without a counterpart of a command."""
        fits = (one for one in self.instead if command in one.commands and major in one.majors)
        return next((one.text for one in fits), None)

    def advice_without(self, flag: str, command: str, major: int) -> str | None:
        """Return advice for a command without a counterpart of a flag."""
        fits = (one for one in self.without if flag in one.flags and major in one.majors)
        return next((one.text for one in fits if not one.commands or command in one.commands), None)


def key_of(argument: Option | Positional, flag: str = "") -> str:
    """Return an argument's name in the file. A typed long flag chooses between two."""
    if isinstance(argument, Positional):
        return argument.name
    return (flag if flag.startswith("--") and flag in argument.flags else flag_name(argument)).replace("_", "-")


def argument_of(command: Command, key: str) -> Option | Positional | None:
    """Return the argument of a command that the file calls so."""
    if not key.startswith("-"):
        return next((one for one in command.positionals if one.name == key), None)
    return next((one for one in command.options if key in {flag.replace("_", "-") for flag in one.flags}), None)


def _names(spelled: str, key: str, value: str) -> bool:
    """Return whether "--a", "--a=value" or "a b" names an argument."""
    return spelled == f"{key}={value}" or key in spelled.split()


def _place(spelled: str, command: Command) -> ArgumentPlace | None:
    keys, _, value = spelled.partition("=")
    arguments = [argument_of(command, key) for key in keys.split()]
    found = tuple(one for one in arguments if one is not None)
    return ArgumentPlace(found, keys, value or None) if len(found) == len(arguments) else None


@cache
def table() -> TranslationTable:
    """Return the file's content."""
    tables = data_of("translations.toml")
    return TranslationTable(
        operations=tuple(
            Operation(**{**one, "names": tuple(map(_name, one["names"]))}) for one in tables["operations"]
        ),
        arguments=tables["everywhere"]["arguments"],
        needs=tuple(RequiredArguments(**one) for one in tables["needed"]),
        instead=tuple(Advice(**one) for one in tables["instead"]),
        without=tuple(Advice(**one) for one in tables["without"]),
    )


def _name(text: str) -> CommandName:
    words = text.split()
    selectors = tuple(word for word in words if word.startswith("-"))
    return CommandName(" ".join(words[: len(words) - len(selectors)]), selectors)
