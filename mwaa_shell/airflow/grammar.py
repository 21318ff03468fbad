"""Command trees of the Airflow versions that MWAA has offered.

The trees are data, read off the parsers by ``tests.grammars``, which says how the files look. What has its
usual value is left out of them; here it is put back. A command is made when it is asked for first.
"""

from __future__ import annotations

import json
import pkgutil  # importlib.resources takes 25 ms to import, this one 1 ms
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, NamedTuple

from mwaa_shell.airflow.versions import Version, parse_version

#: Actions of options without a value, and the value if the option is not given.
SWITCHES = {"store_true": False, "store_false": True, "count": None, "store_const": None, "append_const": None}


class Positional(NamedTuple):
    """An argument that is known by its place."""

    name: str
    nargs: int | str | None = None  #: argparse's own: None is exactly one; or a number, "?", "*", "+", "...", "A..."
    choices: tuple[object, ...] | None = None
    type: str | None = None  #: the function that reads the text, such as "int"; ``None`` for any
    default: object = None  #: None too where it depends on the machine
    metavar: str | tuple[str, ...] | None = None

    @property
    def required(self) -> bool:
        """Return whether a line without it is refused."""
        return self.nargs not in ("?", "*", "...")


class Option(NamedTuple):
    """An argument that is known by its flags."""

    flags: tuple[str, ...]
    dest: str
    nargs: int | str | None = None  #: as above; 0 for a flag that takes no value
    choices: tuple[object, ...] | None = None
    type: str | None = None
    default: object = None
    required: bool = False
    action: str = "store"  #: argparse's word for it, such as "store_true" or "append"
    metavar: str | tuple[str, ...] | None = None

    @property
    def takes_value(self) -> bool:
        """Return whether a value follows it, or may follow."""
        return self.nargs != 0


def flag_name(option: Option) -> str:
    """Return the name of an option in data files: the first long flag, else the first."""
    return next((name for name in option.flags if name.startswith("--")), option.flags[0])


class ExclusiveGroup(NamedTuple):
    """Arguments that exclude each other: long flags and names of positionals."""

    members: tuple[str, ...]
    required: bool  #: one of them must be given


class Command(NamedTuple):
    """One command that runs; groups of commands are only words in front of it."""

    name: str  #: all its words, such as "dags trigger"
    positionals: tuple[Positional, ...]
    options: tuple[Option, ...]  #: without --help
    exclusive: tuple[ExclusiveGroup, ...]

    def option(self, flag: str) -> Option | None:
        """Return the option with exactly this flag."""
        return next((option for option in self.options if flag in option.flags), None)


#: No Airflow has a command with more words.
LONGEST = 5


@dataclass(frozen=True, slots=True, eq=False)
class Grammar:
    """The commands of one Airflow."""

    version: Version
    tree: Version  #: whose commands they are: the nearest version that there is a data file for
    groups: tuple[str, ...]
    _facts: Mapping[str, Any]  #: those of the data file, by command
    _words: Mapping[tuple[str, ...], str]  #: from the words of every name and alias to the name
    _made: dict[str, Command] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all commands, sorted."""
        return tuple(self._facts)

    @property
    def is_exact(self) -> bool:
        """Return whether the tree is of the version itself. A newer version may have more."""
        return self.tree == self.version

    def named(self, name: str) -> Command | None:
        """Return the command of exactly this name, not of an alias."""
        if name not in self._made and name in self._facts:
            self._made[name] = _command(name, self._facts[name])
        return self._made.get(name)

    def command(self, words: Sequence[str]) -> tuple[Command, int] | None:
        """Return the longest command at the start of the words, and its number of words."""
        for count in range(min(len(words), LONGEST), 0, -1):
            found = self.named(self._words.get(tuple(words[:count]), ""))
            if found is not None:
                return found, count
        return None

    def commands(self) -> Iterator[Command]:
        """Yield all commands, by name."""
        return (found for found in map(self.named, self.names) if found is not None)

    def below(self, group: str) -> tuple[str, ...]:
        """Return the names of the commands in a group; none if there is no such group."""
        return tuple(name for name in self.names if name.startswith(f"{group} "))

    def words_after(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return the next words: groups, commands, aliases. A whole command has none."""
        start, count = tuple(words), len(words)
        return tuple(sorted({name[count] for name in self._words if name[:count] == start and len(name) > count}))


def meant_by(text: str) -> Version | None:
    """Return the version in a text. ``2.9`` is the newest 2.9; others use the next lower tree."""
    version = parse_version(text)
    if version is not None and text.count(".") == 1:
        of_minor = [one for one in versions() if (one.major, one.minor) == (version.major, version.minor)]
        return of_minor[-1] if of_minor else nearest(version)
    return nearest(version) if version else None


@cache
def load_grammar(version: Version) -> Grammar:
    """Return the tree of a version. Raise ``FileNotFoundError`` for an unknown one."""
    return read_grammar(_file(f"airflow-{version}.json"))


@cache
def versions() -> tuple[Version, ...]:
    """Return the versions that the package has, the oldest first."""
    from importlib import resources  # heavy; only a version without a tree needs the list

    names = [file.name for file in resources.files(__package__).joinpath("data").iterdir()]
    found = [parse_version(name) for name in names if name.startswith("airflow-") and name.endswith(".json")]
    return tuple(sorted(version for version in found if version is not None))


def majors() -> tuple[Version, ...]:
    """Return the newest version of each major, the oldest first."""
    return tuple({version.major: version for version in versions()}.values())


@cache
def nearest(version: Version) -> Version | None:
    """Return the version, else the next lower of its major, else the lowest.

    ``None`` is for an unknown major.
    """
    try:
        return load_grammar(version).version
    except FileNotFoundError:  # listing the files costs more than to open the one
        same = [known for known in versions() if known.major == version.major]
        lower = [known for known in same if known <= version]
        return max(lower) if lower else min(same, default=None)


@cache
def tree_for(version: Version) -> Grammar | None:
    """Return the commands of a version or the nearest; ``None`` for an unknown major."""
    known = nearest(version)
    if known is None or known == version:
        return load_grammar(known) if known else None
    near = load_grammar(known)
    return replace(near, version=version)


def _file(name: str) -> str:
    found = pkgutil.get_data(__package__, f"data/{name}")
    assert found is not None  # every way to install a package can read its files
    return found.decode()


@cache
def data_of(name: str) -> Mapping[str, Any]:
    """Return the content of a data file in TOML."""
    return tomllib.loads(_file(name))


def read_grammar(text: str) -> Grammar:
    """Return the tree that a data file holds."""
    data = json.loads(text)
    facts: dict[str, Any] = data["commands"]
    version = parse_version(data["version"])
    if version is None:
        raise ValueError(f"no version: {data['version']!r}")
    names = {tuple(name.split()): main for main, fact in facts.items() for name in (main, *fact.get("aliases", ()))}
    return Grammar(version, version, tuple(data["groups"]), facts, names)


def usual_dest(flags: Sequence[str]) -> str:
    """Return the name of an option that argparse makes from its flags."""
    long = [flag for flag in flags if flag.startswith("--")]
    return (long or flags)[0].lstrip("-").replace("-", "_")


def as_json(grammar: Grammar) -> dict[str, Any]:
    """Return the JSON for other programs. ``nargs`` is argparse's, 0 for a switch."""
    return {
        "version": str(grammar.version),
        "commands": {
            command.name: {
                "positionals": [_chosen(one, "name", "nargs", "choices") for one in command.positionals],
                "options": [_chosen(one, "flags", "nargs", "choices", "required") for one in command.options],
            }
            for command in grammar.commands()
        },
    }


def _chosen(argument: Positional | Option, *members: str) -> dict[str, Any]:
    values = {member: getattr(argument, member) for member in members}
    return {member: list(value) if isinstance(value, tuple) else value for member, value in values.items()}


def _command(name: str, fact: Mapping[str, Any]) -> Command:
    return Command(
        name=name,
        positionals=tuple(Positional(**_frozen(one)) for one in fact.get("positionals", ())),
        options=tuple(_option(one) for one in fact.get("options", ())),
        exclusive=tuple(ExclusiveGroup(**_frozen(one)) for one in fact.get("exclusive", ())),
    )


def _option(fact: Mapping[str, Any]) -> Option:
    usual: dict[str, Any] = {"dest": usual_dest(fact["flags"])}
    if fact.get("action") in SWITCHES:
        usual |= {"nargs": 0, "default": SWITCHES[fact["action"]]}
    return Option(**usual | _frozen(fact))


def _frozen(fact: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping with tuples in place of lists."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in fact.items()}
