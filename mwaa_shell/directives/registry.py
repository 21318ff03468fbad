"""What a directive is, and how its words are read."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NoReturn

from mwaa_shell.airflow.command_line import Word
from mwaa_shell.errors import UsageError
from mwaa_shell.result import Result

if TYPE_CHECKING:
    from mwaa_shell.session import Session


class Takes(Enum):
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
class Directive:
    """One of the shell's own commands."""

    name: str  #: with its dot
    usage: str  #: its arguments, as help shows them
    summary: str  #: one line, in operator's words
    run: Callable[[Session, tuple[str, ...]], Result]
    bare: tuple[str, ...] = ()  #: names that work without a dot
    takes_line: bool = False  #: its one argument is the rest of the line as it was typed, quotes and all
    check: Callable[[Session, tuple[str, ...], int], None] | None = None  #: raises, ahead of time, what can be known
    takes: tuple[Takes, ...] = ()  #: its positional arguments, in order
    flags: Mapping[str, Takes | None] = field(default_factory=dict)  #: and its flags, with what each takes


def find(directives: Iterable[Directive], name: str) -> Directive | None:
    """The directive of this name, with its dot or under a bare name."""
    for directive in directives:
        if name == directive.name or name in directive.bare:
            return directive
    return None


def command_start(directive: Directive, words: Sequence[Word]) -> int:
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
