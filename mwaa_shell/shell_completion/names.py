"""The names that a shell's completion asks for: environments, profiles, regions. Read from disk, from nowhere else.

Environments are those that the shell was on, that it listed last and that the user's settings name; profiles and
regions stand in the AWS configuration files. What cannot be read is as if it were empty: whoever presses Tab has no use
for a reason.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mwaa_shell.names.cache_files import ListedEnvironment, remembered_environments
from mwaa_shell.shell_completion.options import CompletionOption, Value

#: What stands for the environment and looks for what is wrong.
DOCTOR = "doctor"
#: Asked for by a shell that does not count words: whatever may stand in the place of the environment.
PLACE = "place"
#: What makes a name of a section stand for several environments.
PATTERN = re.compile(r"[*?\[]")
#: What is longer is no configuration that somebody wrote, in bytes.
LONGEST = 4_000_000


def names(kind: str, words: Sequence[str], options: Sequence[CompletionOption]) -> list[str]:
    """The names of a kind that fit to the words in front of the cursor, in the order of the alphabet."""
    given = _read(words, options)
    if kind == PLACE:
        found = _place(given)
    elif kind == Value.ENVIRONMENT:
        found = _environments(given)
    elif kind == Value.PROFILE:
        found = {name for name, _ in _profiles()}
    elif kind == Value.REGION:
        found = _regions()
    else:
        found = set()
    return sorted(name for name in found if name and name.isprintable())


@dataclass(frozen=True, slots=True)
class _Given:
    """What the words in front of the cursor say so far."""

    values: Mapping[str, str]  #: option -> what stands behind it, as far as it is there
    places: tuple[str, ...]  #: the words that belong to no option
    expects: bool  #: the word under the cursor belongs to the option before it


def _read(words: Sequence[str], options: Sequence[CompletionOption]) -> _Given:
    known = {flag: option for option in options for flag in option.flags}
    values: dict[str, str] = {}
    places: list[str] = []
    waiting = ""
    for word in words:
        if waiting and not (word.startswith("-") and known[waiting].may_be_bare):
            values[waiting], waiting = word, ""
            continue
        flag, _, value = word.partition("=")
        waiting = flag if flag == word and flag in known and known[flag].takes_next else ""
        if flag in known:
            values[flag] = value
        elif not word.startswith("-"):
            places.append(word)
    return _Given(values, tuple(places), bool(waiting))


def _place(given: _Given) -> set[str]:
    """One environment may be named, and one more behind ``doctor``."""
    if given.expects or len(given.places) > 1 or given.places[:1] not in ((), (DOCTOR,)):
        return set()
    return _environments(given) | ({DOCTOR} if not given.places else set())


def _environments(given: _Given) -> set[str]:
    """Those that were seen with the profile and in the region that are named; all, where none was."""
    if "--local" in given.values:
        return set()
    seen = [*remembered_environments(), *_set_up()]
    profile, region = given.values.get("--profile"), given.values.get("--region")
    fit = {one.name for one in seen if profile in (None, one.profile) and region in (None, one.region)}
    return fit or {one.name for one in seen}


def _set_up() -> Iterator[ListedEnvironment]:
    """Those that ``config.toml`` names in full."""
    from mwaa_shell.config import Config, config_path, load_config

    path = config_path()
    said = load_config(path) if path.exists() else Config()
    default = said.general.get("environment")
    sections = dict.fromkeys([str(default.value)], said.general) if default else {}
    sections |= {name: members for name, members in said.environments if not PATTERN.search(name)}
    for name, members in sections.items():
        profile, region = (str(members[one].value) if one in members else "" for one in ("profile", "region"))
        yield ListedEnvironment(name, profile, region)


def _regions() -> set[str]:
    """Those of the profiles, and those where an environment was seen."""
    return {region for _, region in _profiles()} | {one.region for one in remembered_environments()}


def _profiles() -> Iterator[tuple[str, str]]:
    """Each profile with the region of its own; empty where it has none."""
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
    """The profile of a section: ``[profile "x y"]`` in one file, ``[x y]`` in the other, ``[default]`` in both."""
    if not prefix or header == "default":
        return header
    first, _, rest = header.partition(" ")
    rest = rest.strip()
    quoted = len(rest) > 1 and rest[0] == rest[-1] and rest[0] in "\"'"
    return (rest[1:-1] if quoted else rest) if first == prefix else ""


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Each header of an INI file with its ``region``. The parser of the standard library refuses a file as a whole."""
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
    except (OSError, RuntimeError):  # RuntimeError: nobody knows where ~ is
        return ""
