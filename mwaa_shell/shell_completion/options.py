"""The program's options for completion: their spellings and the kinds of their values."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from enum import StrEnum


class Value(StrEnum):
    """The kind of an option's value, or of the environment's place."""

    NOTHING = "nothing"
    TEXT = "text"  #: anything; nothing is offered
    CHOICE = "choice"  #: one of the option's own words
    FILE = "files"
    FOLDER = "folders"
    ENVIRONMENT = "environments"
    PROFILE = "profiles"
    REGION = "regions"
    VERSION = "versions"  #: of Airflow
    VERSIONS = "listed"  #: of Airflow, several with commas


#: By the word that stands for the value in ``--help``.
BY_METAVAR = {
    "FILE": Value.FILE,
    "DIR": Value.FOLDER,
    "ENV": Value.ENVIRONMENT,
    "REGION": Value.REGION,
    "V": Value.VERSION,
    "VERSION": Value.VERSION,
}
#: Where that word says too little.
BY_NAME = {"profile": Value.PROFILE, "local": Value.VERSIONS}
#: What takes its value only behind ``=``: a plain one stands for itself.
JOINED = frozenset({"yes"})


@dataclass(frozen=True, slots=True)
class CompletionOption:
    """One option, or without flags the place of the environment."""

    flags: tuple[str, ...]
    summary: str
    value: Value
    metavar: str = ""  #: what stands for the value in ``--help``
    choices: tuple[str, ...] = ()
    may_be_bare: bool = False  #: the next word is its value only if it is no option
    joined: bool = False  #: its value stands behind ``=`` or nowhere
    repeatable: bool = False

    @property
    def takes_next(self) -> bool:
        """Return whether the next word is the value, if it is not an option."""
        return self.value is not Value.NOTHING and not self.joined


def options_of(parser: argparse.ArgumentParser) -> tuple[CompletionOption, ...]:
    """Return the options of a parser that ``--help`` shows, in that order."""
    return tuple(_option(action) for action in parser._actions if action.help is not argparse.SUPPRESS)


def _option(action: argparse.Action) -> CompletionOption:
    return CompletionOption(
        flags=tuple(action.option_strings),
        summary=action.help or "",
        value=_value(action),
        metavar=str(action.metavar or action.dest),
        choices=tuple(map(str, action.choices or ())),
        may_be_bare=action.nargs == "?",
        joined=action.dest in JOINED,
        repeatable=not isinstance(action, argparse._StoreAction | argparse._StoreTrueAction),
    )


def _value(action: argparse.Action) -> Value:
    if action.nargs == 0:
        return Value.NOTHING
    if action.choices:
        return Value.CHOICE
    return BY_NAME.get(action.dest) or BY_METAVAR.get(str(action.metavar), Value.TEXT)
