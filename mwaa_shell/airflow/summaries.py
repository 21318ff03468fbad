"""One line about each command, group, flag and positional, in words of our own: ``data/summaries.toml``.

Its twin in JSON is read when the first line is asked for. What it does not know, such as a command that a plugin
brings, has an empty summary.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from mwaa_shell.airflow import grammar
from mwaa_shell.airflow.grammar import Option, Positional


def command(name: str) -> str:
    """What the command does, in every version that has it."""
    return _load().commands.get(name, "")


def group(name: str) -> str:
    """What the commands of the group are for."""
    return _load().groups.get(name, "")


def flag(command_name: str, option: Option) -> str:
    """What the option means to this command; else what it means everywhere."""
    name = flag_name(option)
    known = _load()
    return known.own.get(command_name, {}).get(name) or known.flags.get(name, "")


def positional(command_name: str, argument: Positional) -> str:
    """What stands at this place of this command; else what the name means everywhere."""
    known = _load()
    return known.own.get(command_name, {}).get(argument.name) or known.positionals.get(argument.name, "")


def flag_name(option: Option) -> str:
    """The flag that our data files know an option by: the first long one, else the first."""
    return next((name for name in option.flags if name.startswith("--")), option.flags[0])


class _Summaries(NamedTuple):
    """The file, table by table."""

    groups: Mapping[str, str]
    commands: Mapping[str, str]
    positionals: Mapping[str, str]
    flags: Mapping[str, str]
    own: Mapping[str, Mapping[str, str]]  #: command -> flag or positional -> what it means there


@cache
def _load() -> _Summaries:
    tables = grammar.data_of("summaries.toml")
    names = ("groups", "commands", "positionals", "flags", "of")
    return _Summaries(*(tables[name] for name in names))
