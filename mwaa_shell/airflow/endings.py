"""How single commands end, as Airflow's own source has it: ``data/endings.toml``, read as its twin in JSON.

The sentences that commands leave with, the lines on standard output that mean the same, the commands whose success
prints nothing, and log lines that come in pairs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from mwaa_shell.airflow import grammar
from mwaa_shell.airflow.versions import Version, parse_version

#: What stands for a version that nobody knows.
NEWEST = Version(999, 0)


class Pair(NamedTuple):
    """Log lines of which the second follows the first, unless the program was ended in between."""

    begun: re.Pattern[str]
    ended: re.Pattern[str]
    reason: str  #: what to say where the second is missing


class Ending(NamedTuple):
    """What is known of how one command ends."""

    sentence: re.Pattern[str] | None  #: on standard error, of a command that failed
    printed: re.Pattern[str] | None  #: on standard output, of a command that failed
    quiet: bool  #: success may print nothing
    pair: Pair | None  #: of log lines on standard output


def of_command(words: Sequence[str], version: Version | None = None) -> Ending:
    """The ending of the command that ``words`` begin with."""
    named = tuple(word for word in words if not word.startswith("-"))[:2]
    first = " ".join(named[:1])
    old = version is not None and version.major < 2
    return _ending(first if old else " ".join(named), first, old, version or NEWEST)


@lru_cache(maxsize=64)
def _ending(name: str, group: str, old: bool, version: Version) -> Ending:
    tables = grammar.data_of("endings.toml")
    names = list(dict.fromkeys(("", group, name)))
    return Ending(
        sentence=_any_of(tables["sentences"], names),
        printed=_any_of(tables["printed"], names),
        quiet=name in tables["quiet"]["commands_of_1" if old else "commands"],
        pair=next((_pair(entry) for entry in tables["pairs"] if _is_about(entry, name, version)), None),
    )


def _is_about(entry: Mapping[str, Any], name: str, version: Version) -> bool:
    before = parse_version(entry["before"]) if "before" in entry else None
    return name in entry["commands"] and (before is None or version < before)


def _pair(entry: Mapping[str, Any]) -> Pair:
    return Pair(re.compile(entry["begun"]), re.compile(entry["ended"]), entry["reason"])


def _any_of(table: Mapping[str, Sequence[str]], names: Sequence[str]) -> re.Pattern[str] | None:
    patterns = [pattern for name in names for pattern in table.get(name, ())]
    return re.compile(f"(?:{'|'.join(patterns)})\\s*$") if patterns else None


@cache
def harmless() -> re.Pattern[str]:
    """How the sentences begin that Airflow writes to standard error of commands that succeed."""
    return re.compile("|".join(grammar.data_of("endings.toml")["harmless"]["lines"]), re.IGNORECASE)
