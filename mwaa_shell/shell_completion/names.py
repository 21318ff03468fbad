"""Completion scripts for bash, zsh and fish, and the names that they ask for.

Names are read from disk: environments that were opened, listed or configured, and profiles and regions of the AWS
configuration files. A file that cannot be read has no names, because the Tab key of another shell shows no reason.
"""

from __future__ import annotations

import argparse
import os
import pkgutil
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mwaa_shell.airflow.grammar import versions
from mwaa_shell.config import Config, config_path, load_config
from mwaa_shell.docs import TOPICS
from mwaa_shell.names import ListedEnvironment, remembered_environments

# -- the program's options --------------------------------------------------------------------------------------------


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


#: Kinds of values by their placeholders in ``--help``.
BY_METAVAR = {
    "FILE": Value.FILE,
    "DIR": Value.FOLDER,
    "ENV": Value.ENVIRONMENT,
    "ENVS": Value.ENVIRONMENT,
    "REGION": Value.REGION,
    "VERSION": Value.VERSION,
}
#: Kinds of values that the placeholder does not decide.
BY_NAME = {"profile": Value.PROFILE, "local": Value.VERSIONS}
#: Options that take a value only after ``=``.
JOINED = frozenset({"yes"})


def options_of(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Return the options that ``--help`` shows, and the positional environment."""
    return [action for action in parser._actions if action.help is not argparse.SUPPRESS]


def value_of(action: argparse.Action) -> Value:
    """Return the kind of an option's value."""
    if action.nargs == 0:
        return Value.NOTHING
    if action.choices:
        return Value.CHOICE
    return BY_NAME.get(action.dest) or BY_METAVAR.get(str(action.metavar), Value.TEXT)


# -- the names ---------------------------------------------------------------------------------------------------------

#: Words in place of an environment: run the checks, and show a page of the docs.
DOCTOR, HELP = "doctor", "help"
#: The kind of names that a script asks for in place of an environment.
PLACE = "place"
#: A character that makes the name of a section a pattern.
PATTERN = re.compile(r"[*?\[]")
#: Bytes of a configuration file that are read, at most.
LONGEST = 4_000_000


def answer(arguments: Sequence[str], parser: argparse.ArgumentParser) -> str:
    """Return the names for a completion script, one a line; never raises."""
    kind, *words = arguments or [""]
    return "".join(f"{name}\n" for name in names(kind, words, parser))


def names(kind: str, words: Sequence[str], parser: argparse.ArgumentParser) -> list[str]:
    """Return the names of a kind for the words before the cursor, sorted."""
    given = _read(words, parser)
    if kind == PLACE:
        found = _place(given)
    elif kind == Value.ENVIRONMENT:
        found = _environments(given)
    elif kind == Value.PROFILE:
        found = {name for name, _ in _profiles()}
    elif kind == Value.REGION:
        found = {region for _, region in _profiles()} | {one.region for one in remembered_environments()}
    else:
        found = set()
    return sorted(name for name in found if name and name.isprintable())


@dataclass(frozen=True, slots=True)
class _Given:
    """The options in the words before the cursor."""

    values: Mapping[str, str]  #: values by option; the last may be missing
    places: tuple[str, ...]  #: the words that belong to no option
    expects: bool  #: the word under the cursor belongs to the option before it


def _read(words: Sequence[str], parser: argparse.ArgumentParser) -> _Given:
    options = {flag: option for option in options_of(parser) for flag in option.option_strings}
    values: dict[str, str] = {}
    places: list[str] = []
    waiting = ""
    for word in words:
        if waiting and not (word.startswith("-") and options[waiting].nargs == "?"):
            values[waiting], waiting = word, ""
            continue
        flag, _, value = word.partition("=")
        takes_next = (
            flag in options and value_of(options[flag]) is not Value.NOTHING and options[flag].dest not in JOINED
        )
        waiting = flag if flag == word and takes_next else ""
        if flag in options:
            values[flag] = value
        elif not word.startswith("-"):
            places.append(word)
    return _Given(values, tuple(places), bool(waiting))


def _place(given: _Given) -> set[str]:
    """Return the environments, also after ``doctor``, and the topics after ``help``."""
    if given.places == (HELP,) and not given.expects:
        return set(TOPICS)
    if given.expects or len(given.places) > 1 or given.places[:1] not in ((), (DOCTOR,)):
        return set()
    return _environments(given) | ({DOCTOR, HELP} if not given.places else set())


def _environments(given: _Given) -> set[str]:
    """Return the environments of the named profile and region, or else all."""
    if "--local" in given.values:
        return set()
    listed = [*remembered_environments(), *_set_up()]
    profile, region = given.values.get("--profile"), given.values.get("--region")
    fit = {one.name for one in listed if profile in (None, one.profile) and region in (None, one.region)}
    return fit or {one.name for one in listed}


def _set_up() -> Iterator[ListedEnvironment]:
    """Return the environments that ``config.toml`` names in full."""
    path = config_path()
    config = load_config(path) if path.exists() else Config()
    default = config.general.get("environment")
    sections = dict.fromkeys([str(default.value)], config.general) if default else {}
    sections |= {name: members for name, members in config.environments if not PATTERN.search(name)}
    for name, members in sections.items():
        profile, region = (str(members[one].value) if one in members else "" for one in ("profile", "region"))
        yield ListedEnvironment(name, profile, region)


def _profiles() -> Iterator[tuple[str, str]]:
    """Return each profile with its region, empty for none."""
    for variable, usual, prefix in (
        ("AWS_CONFIG_FILE", "~/.aws/config", "profile"),
        ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", ""),
    ):
        path = Path(os.path.expandvars(os.environ.get(variable) or usual))
        for header, region in _sections(_text(path)):
            name = _profile(header, prefix)
            if name:
                yield name, region


def _profile(header: str, prefix: str) -> str:
    """Return the profile of a section, or an empty name.

    The forms are ``[profile "x y"]`` or ``[x y]``, by the file, and ``[default]`` in both.
    """
    if not prefix or header == "default":
        return header
    first, _, rest = header.partition(" ")
    rest = rest.strip()
    quoted = len(rest) > 1 and rest[0] == rest[-1] and rest[0] in "\"'"
    return (rest[1:-1] if quoted else rest) if first == prefix else ""


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Yield each header of an INI file with its ``region``, also of malformed files."""
    header = region = ""
    for line in text.splitlines():
        if line.startswith("[") and "]" in line:
            yield header, region
            header, region = line[1 : line.index("]")].strip(), ""
        name, equals, value = line.partition("=")
        if equals and name.rstrip() == "region":  # an indented line belongs to another setting
            region = value.strip()
    yield header, region


def _text(path: Path) -> str:
    try:
        with path.expanduser().open("rb") as file:
            return file.read(LONGEST).decode("utf-8-sig", "replace")
    except (OSError, RuntimeError):  # RuntimeError: the place of ~ is unknown
        return ""


# -- the scripts -------------------------------------------------------------------------------------------------------

#: Functions for names in each shell, with the kind in place of the braces.
NAMES = {"bash": "_mwaa_shell_{}", "zsh": "_mwaa_shell_names {}", "fish": "(__mwaa_shell_names {})"}
FUNCTIONS = {
    Value.TEXT: {"bash": "", "zsh": " ", "fish": ""},
    Value.FILE: {"bash": "_mwaa_shell_files", "zsh": "_files", "fish": "(__mwaa_shell_files)"},
    Value.FOLDER: {"bash": "_mwaa_shell_folders", "zsh": "_files -/", "fish": "(__fish_complete_directories)"},
    Value.VERSION: {"bash": "_mwaa_shell_versions", "zsh": "_mwaa_shell_versions", "fish": "(__mwaa_shell_versions)"},
    Value.VERSIONS: {"bash": "_mwaa_shell_listed", "zsh": "_mwaa_shell_listed", "fish": "(__mwaa_shell_listed)"},
}
TEMPLATES = {"bash": "bash.sh", "zsh": "zsh.sh", "fish": "fish.fish"}
#: Makes bash call the function of the template, which calls that of shtab.
BASH_END = "\ncomplete -o default -F _mwaa_shell mwaa-shell\n"


def script(shell: str, parser: argparse.ArgumentParser) -> str:
    """Return the script for one of ``SHELLS``, made by shtab.

    shtab asks a shell function for the values of an option. The functions are in ``templates``: names come from the
    program, and are quoted for the shell. bash breaks words at ``=`` and ``:``, so a function there puts them together
    before shtab's function looks at them, and quotes what that offers.
    """
    import shtab  # not needed to answer with names

    template = pkgutil.get_data(__package__, f"templates/{TEMPLATES[shell]}")
    assert template is not None  # every way to install a package can read its files
    newest_first = " ".join(str(version) for version in sorted(versions(), reverse=True))
    preamble = template.decode().replace("@versions@", newest_first)
    made = shtab.complete(_parser(shell, parser), shell, preamble=preamble)
    return made + (BASH_END if shell == "bash" else "\n")


def _parser(shell: str, documented: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Return a parser for shtab whose options name the functions for their values."""
    parser = argparse.ArgumentParser(prog="mwaa-shell", add_help=False, allow_abbrev=False)
    for option in options_of(documented):
        flags, value = [_spelled(flag, shell, option) for flag in option.option_strings], value_of(option)
        if not flags:
            for place, nargs in (("first", None), ("others", "*")):  # an environment may follow doctor
                action = parser.add_argument(place, nargs=nargs, help=option.help)
                action.complete = {shell: NAMES[shell].format("place")}  # type: ignore[attr-defined]
        elif value is Value.NOTHING:
            parser.add_argument(*flags, action="store_true", help=option.help)
        else:
            may_lack = ":" if shell == "zsh" and (option.dest in JOINED or option.nargs == "?") else ""
            action = parser.add_argument(
                *flags,
                action="store" if isinstance(option, argparse._StoreAction) else "append",
                metavar=f"{may_lack}{option.metavar or option.dest}",
                choices=option.choices,
                help=option.help,
            )
            if value is not Value.CHOICE:
                functions = FUNCTIONS.get(value) or {shell: NAMES[shell].format(value)}
                action.complete = functions  # type: ignore[attr-defined]
    return parser


def _spelled(flag: str, shell: str, option: argparse.Action) -> str:
    """Return a flag as shtab writes it: zsh requires ``=`` to complete after ``=``."""
    if shell != "zsh" or value_of(option) is Value.NOTHING or not flag.startswith("--"):
        return flag
    return f"{flag}=-" if option.dest in JOINED else f"{flag}="
