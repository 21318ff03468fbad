"""What a directive is, and how its words are read."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NoReturn

from mwaa_shell.airflow.command_line import ParsedLine, Word
from mwaa_shell.errors import UsageError
from mwaa_shell.result import Result
from mwaa_shell.session import Executor, LineContext, Plan, Session


class ArgumentKind(Enum):
    """What an argument of a directive is, for completion."""

    ENVIRONMENT = "environment"
    PROFILE = "profile"
    REGION = "region"
    VERSION = "version"
    PATH = "path"  #: of this machine
    COMMAND = "command"  #: an Airflow command: all that follows
    TOPIC = "topic"  #: a directive, or an Airflow command
    SAVED = "saved"  #: a command that the user has named, and its parameters
    TIME = "time"  #: such as 2d
    NUMBER = "number"
    KIND = "kind"  #: of names, in the plural
    DAG = "dag"
    PREFERENCE = "preference"
    FORMAT = "format"  #: what a reply is drawn as
    VALUE = "value"  #: of the preference before it
    TEXT = "text"  #: anything
    STATE = "state"  #: of a run or a task


@dataclass(frozen=True, slots=True)
class DotCommandCall:
    """One call of a dot-command: the line that it stands in, and what it can use."""

    executor: Executor
    context: LineContext
    table: DotCommandTable

    @property
    def session(self) -> Session:
        """The session that the line runs in."""
        return self.executor.session


@dataclass(frozen=True, slots=True)
class DotCommand:
    """One of the shell's own commands."""

    name: str  #: with its dot
    usage: str  #: its arguments, as help shows them
    summary: str  #: one line, in operator's words
    run: Callable[[DotCommandCall, tuple[str, ...]], Result]
    bare: tuple[str, ...] = ()  #: names that work without a dot
    takes_line: bool = False  #: its one argument is the rest of the line as it was typed, quotes and all
    check: Callable[[Plan, tuple[str, ...]], None] | None = None  #: raises, ahead of time, what can be known
    takes: tuple[ArgumentKind, ...] = ()  #: its positional arguments, in order
    flags: Mapping[str, ArgumentKind | None] = field(default_factory=dict)  #: and its flags, with what each takes


@dataclass(frozen=True, slots=True)
class DotCommandTable:
    """The shell's own commands in the order in which help lists them, handed to the executor."""

    items: tuple[DotCommand, ...]

    def find(self, name: str) -> DotCommand | None:
        """Return the dot-command of this name, with its dot or under a bare name."""
        return find(self.items, name)

    def run(self, executor: Executor, context: LineContext) -> Result:
        """Run a dot-command; raises ``UsageError`` for one that does not exist."""
        directive = self._named(context.line.values[0])
        return directive.run(DotCommandCall(executor, context, self), _words(directive, context.line))

    def check(self, plan: Plan, line: ParsedLine) -> None:
        """Raise ``UsageError`` for what can be known to be wrong before anything runs."""
        directive = self._named(line.values[0])
        if directive.check is not None:
            directive.check(plan, _words(directive, line))

    def _named(self, name: str) -> DotCommand:
        directive = self.find(name)
        if directive is None:
            known = " ".join(item.name for item in self.items)
            raise UsageError(f"There is no directive {name}; there are {known}")
        return directive


def _words(directive: DotCommand, line: ParsedLine) -> tuple[str, ...]:
    if directive.takes_line and len(line.words) > 1:
        return (line.text[line.words[1].start : line.words[-1].end],)
    return line.values[1:]


def find(directives: Iterable[DotCommand], name: str) -> DotCommand | None:
    """The directive of this name, with its dot or under a bare name."""
    for directive in directives:
        if name == directive.name or name in directive.bare:
            return directive
    return None


def command_start(directive: DotCommand, words: Sequence[Word]) -> int:
    """The number of the word at which the Airflow command of a directive begins: behind its own flags.

    ``words`` are those of the whole line; where it has no command yet, this is one past the last of them.
    """
    number = 1
    while number < len(words):
        value = words[number].value
        joined = value.partition("=")[0] if value.startswith("--") else value[:2]
        if joined not in directive.flags:
            break
        number += 2 if value == joined and directive.flags[joined] is not None else 1
    return min(number, len(words))


class Arguments(argparse.ArgumentParser):
    """argparse for a directive's words: no exit, no help flag, no abbreviations, errors as sentences."""

    def __init__(self, directive: str) -> None:
        super().__init__(prog=directive, add_help=False, allow_abbrev=False, exit_on_error=False)

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog}: {message}")

    def read(self, words: tuple[str, ...]) -> argparse.Namespace:
        """The words as attributes; raises ``UsageError``."""
        try:
            return self.parse_args(list(words))
        except argparse.ArgumentError as error:
            raise UsageError(f"{self.prog}: {error}") from None


def no_words(directive: str, words: tuple[str, ...]) -> None:
    """Raise if a directive that takes no arguments got some."""
    if words:
        raise UsageError(f"{directive} takes no arguments")
