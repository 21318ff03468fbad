"""A dot-command as a value, with its arguments and the parser of them."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NoReturn

from mwaa_shell.airflow.command_line import InputKind, ParsedLine, Word, parse
from mwaa_shell.errors import State, UsageError
from mwaa_shell.monitor import LATEST
from mwaa_shell.result import Result
from mwaa_shell.session import Executor, LineContext, Plan, Session
from mwaa_shell.suggestions import must_be, reword


class ArgumentKind(Enum):
    """The kind of a dot-command's argument, for completion."""

    ENVIRONMENT = "environment"
    ENVIRONMENTS = "environments"  #: names, patterns and groups with commas between them
    PROFILE = "profile"
    REGION = "region"
    VERSION = "version"
    PATH = "path"  #: of this machine
    COMMAND = "command"  #: an Airflow command, up to the end of the line
    TOPIC = "topic"  #: a dot-command, or an Airflow command
    SAVED = "saved"  #: a saved command and its parameters
    TIME = "time"  #: such as 2d
    NUMBER = "number"
    KIND = "kind"  #: of names, in the plural
    DAG = "dag"
    RUN = "run"  #: of the DAG before it
    TASK = "task"  #: of the DAG that is the first argument
    TRY = "try"  #: of the task before it
    MAP_INDEX = "map index"  #: of the task that is the third argument
    COMPONENT = "component"  #: of the environment, that has a log
    PREFERENCE = "preference"
    FORMAT = "format"  #: an output format, such as csv
    VALUE = "value"  #: of the preference before it
    TEXT = "text"  #: anything
    STATE = "state"  #: of a run or a task
    BULK = "bulk"  #: a kind of entries to export or import
    ON_CONFLICT = "on conflict"  #: a way to treat entries that differ
    REQUEST = "request"  #: a part of a REST request


class Group(Enum):
    """A group of dot-commands, in the order of the first screen of help."""

    ENVIRONMENT = "environment"
    OUTPUT = "output"
    RUNS = "runs"
    REST_API = "REST API"
    COMPLETION = "completion"
    HISTORY = "history"
    COMMANDS = "commands and files"
    SHELL = "the shell"


@dataclass(frozen=True, slots=True)
class DotCommandCall:
    """One call of a dot-command, with its line, executor and table."""

    executor: Executor
    context: LineContext
    items: tuple[DotCommand, ...]  #: all dot-commands, in the order of help

    @property
    def session(self) -> Session:
        """The session that the line runs in."""
        return self.executor.session


def number_from(least: float, most: int = 9_999_999, kind: Callable[[str], float] = int) -> Callable[[str], float]:
    """Return a function for argparse that reads a number within limits."""

    def read(text: str) -> float:
        try:
            value = kind(text)
            if least <= value <= most:
                return value
        except ValueError:
            pass
        raise argparse.ArgumentTypeError(must_be("", f"{least:g} to {most:,}", text).strip())

    return read


class Argument:
    """A positional argument or a flag of a dot-command.

    ``shown`` is a flag and its value, or the name of a positional argument, in brackets if it is optional. Without a
    ``meaning``, help does not list the argument. ``parsing`` is passed to argparse.
    """

    def __init__(self, shown: str, meaning: str = "", takes: ArgumentKind | None = None, **parsing: Any) -> None:
        flag, _, value = shown.partition(" ")
        self.flag = flag if flag.startswith("-") else ""
        self.label = shown if self.flag else shown.strip("[]")  #: in help
        self.meaning = meaning
        self.takes = takes  #: the kind of its value; ``None`` without a value
        self.name = self.flag or parsing.pop("dest", self.label.lower())
        self.parsing = parsing
        if self.flag and not value:
            parsing["action"] = "store_true"
        if not self.flag:
            parsing["metavar"] = self.label
        if shown.startswith("["):
            self.parsing = {"nargs": "?", "default": None if {"type", "choices"} & parsing.keys() else "", **parsing}


@dataclass(frozen=True, slots=True)
class DotCommand:
    """One of the shell's own commands."""

    name: str  #: with its dot
    group: Group  #: where the first screen of help lists it
    usage: str  #: its arguments, as help shows them
    summary: str  #: one line, in operator's words
    run: Callable[[DotCommandCall, Namespace], Result]
    arguments: tuple[Argument, ...] = ()  #: the positional ones in order, and the flags
    check: Callable[[Plan, Namespace], object] = lambda plan, given: None  #: raises for a line that cannot run
    bare: tuple[str, ...] = ()  #: names that work without a dot
    parses: bool = True  #: if not, ``words`` and ``text`` have all as typed
    details: str = field(kw_only=True)  #: one to three sentences
    examples: tuple[str, ...] = field(kw_only=True)  #: lines to type
    see: tuple[str, ...] = ()  #: names of related dot-commands

    @property
    def synopsis(self) -> str:
        """The name with the arguments."""
        return f"{self.name} {self.usage}".strip()

    @property
    def takes(self) -> tuple[ArgumentKind, ...]:
        """The kinds of its positional arguments, in order."""
        return tuple(one.takes for one in self.arguments if one.takes and not one.flag)

    @property
    def flags(self) -> dict[str, ArgumentKind | None]:
        """The flags, each with the kind of its value."""
        return {one.flag: one.takes for one in self.arguments if one.flag}

    @property
    def options(self) -> tuple[tuple[str, str], ...]:
        """The arguments that help lists, with their meanings."""
        return tuple((one.label, one.meaning) for one in self.arguments if one.meaning)

    @property
    def takes_command(self) -> bool:
        """Whether its last argument is an Airflow command, or one to explain."""
        return self.takes[-1:] in ((ArgumentKind.COMMAND,), (ArgumentKind.TOPIC,))

    def read(self, line: ParsedLine) -> Namespace:
        """Return the arguments as attributes; raise ``UsageError`` for wrong ones.

        The line itself is ``line``, and an Airflow command after the arguments is ``command``.
        """
        if not self.parses:
            return Namespace(words=line.values[1:], text=_text_from(line, 1))
        first = command_start(self, line.words) if self.takes_command else len(line.words)
        if self.flags and line.values[first : first + 1] and line.values[first].startswith("-"):
            raise self._wrong(f"unrecognized arguments: {line.values[first]}")
        words = line.values[1:first]
        if words and not self.arguments:
            raise UsageError(f"{self.name} takes no arguments", hint=f"See .help {self.name}.")
        parser = _Parser(self.name, add_help=False, allow_abbrev=False, exit_on_error=False)
        for one in self.arguments:
            if one.takes is not ArgumentKind.COMMAND:
                parser.add_argument(one.name, **one.parsing)
        parser.set_defaults(line=line, command=parse(_text_from(line, first)))
        try:
            found = parser.parse_args(words)
        except argparse.ArgumentError as error:
            message = str(error)
        else:
            self._check(found)
            return found
        unknown = [word for word in words if word[:2] == "--" != word and word.partition("=")[0] not in self.flags]
        if unknown and "arguments are required" in message:  # argparse looks at flags after that
            message = f"unrecognized arguments: {unknown[0]}"
        raise self._wrong(message)

    def _check(self, found: Namespace) -> None:
        """Raise ``UsageError`` for ``latest`` without a DAG or a wrong kind of command."""
        if getattr(found, "run", None) in ("", LATEST) and found.dag == LATEST:
            raise UsageError(f"{self.name} requires a DAG before latest", hint=f"Write {self.name} DAG latest.")
        line: ParsedLine = found.command
        if line.problem is not None:
            raise UsageError(line.problem.message, state=State.NOT_SENT, hint=line.problem.hint)
        if line.kind is InputKind.AIRFLOW or ArgumentKind.COMMAND not in self.takes:
            return
        message, hint = f"{self.name} requires an Airflow command", f"Write it as in {self.examples[0]}."
        if line.kind is InputKind.DOT_COMMAND:
            own = line.values[0]
            message, hint = f"{message}, and {own} is a dot-command", f"Run {own} without {self.name}."
        raise UsageError(message, state=State.NOT_SENT, hint=hint)

    def _wrong(self, message: str) -> UsageError:
        text = reword(message, list(self.flags))
        joint = " " if text.startswith("requires ") else ": "
        return UsageError(f"{self.name}{joint}{text}", hint=f"See .help {self.name}.")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise argparse.ArgumentError(None, message)


def _text_from(line: ParsedLine, number: int) -> str:
    """Return the text of a line from a word to the last one, as it was typed."""
    return line.text[line.words[number].start : line.words[-1].end] if number < len(line.words) else ""


def command_start(dot_command: DotCommand, words: Sequence[Word]) -> int:
    """Return the number of the word where the Airflow command of a line begins.

    ``words`` are those of the whole line. Without a command, the number is that after the last word.
    """
    number, own = 1, len(dot_command.takes) - 1  # the command is its last argument
    while number < len(words):
        value = words[number].value
        joined = value.partition("=")[0] if value.startswith("--") else value[:2]
        if joined not in dot_command.flags:
            if not own:
                break
            own -= 1
        number += 2 if value == joined and dot_command.flags.get(joined) is not None else 1
    return min(number, len(words))
