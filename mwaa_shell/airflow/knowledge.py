"""Facts about commands that Airflow's parser does not have: ``data/knowledge.toml`` and ``data/summaries.toml``.

Which commands AWS lists, what MWAA was seen to refuse, what parses DAG files, what asks on standard input, what is
dangerous and why, which argument takes the name of what; and one line about each command, group, flag and positional.
All of it is advice: the server decides. A command of a plugin has no facts and empty summaries. The files are read when
the first question is asked. ``words`` are always those that follow the command's name, without their quotes;
abbreviated and bundled flags count as argparse counts them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from mwaa_shell.airflow import command_line, grammar
from mwaa_shell.airflow.arguments import HELP as HELP_OPTION
from mwaa_shell.airflow.arguments import ParsedCommand, Role, understand
from mwaa_shell.airflow.grammar import Grammar, Option, Positional, flag_name
from mwaa_shell.airflow.versions import Version


class Level(Enum):
    """What a command does to the environment."""

    READ = "read"  #: nothing is different afterwards
    CHANGE = "change"  #: something is, and can be put right
    DESTROY = "destroy"  #: something is gone, or starts over


class Kind(Enum):
    """What an argument takes."""

    DAG = "dag"
    TASK = "task"
    RUN = "run"
    DATE = "date"
    DATE_OR_RUN = "date_or_run"
    VARIABLE = "variable"
    CONNECTION = "connection"
    POOL = "pool"
    ROLE = "role"
    USER = "user"
    ASSET = "asset"
    JSON = "json"
    PATH_ON_SERVER = "path_on_server"
    REGEX = "regex"
    OUTPUT_FORMAT = "output_format"
    PROVIDER = "provider"
    OTHER = "other"  #: text of another kind, a number, a choice, a name that does not exist yet


class Danger(NamedTuple):
    """How dangerous a line is; ``reason`` is empty where a command only reads."""

    level: Level
    reason: str


class Support(NamedTuple):
    """What is known of a command's chances on MWAA. A hint, never a gate."""

    documented: bool  #: AWS lists it for this version
    refused: str  #: "403" or "500" were seen, "unsupported" is what AWS called it; empty without a report
    senseless: bool  #: it could not be of use, whatever the server says
    reason: str
    source: str

    @property
    def doubtful(self) -> bool:
        """Return whether a user should be told before it is sent."""
        return not self.documented or bool(self.refused) or self.senseless


class Parsing(NamedTuple):
    """Why a command is slow: it loads DAG files on the web server."""

    reason: str
    source: str


class Question(NamedTuple):
    """What a line would ask on stdin, which the endpoint does not have."""

    answer: str  #: the flag that says yes beforehand; empty where it wants a password
    reason: str
    source: str


UNKNOWN = Danger(Level.CHANGE, "not a command of Airflow's own: nobody has said what it does")
#: argparse prints the usage and does nothing else.
HELP = frozenset({"-h", "--help"})


def support(name: str, version: Version, words: Sequence[str] = ()) -> Support:
    """Return what AWS lists and what users saw; a refusal says more than a listing."""
    given = _given(name, version, words)
    listed = _first("documented", name, version, given)
    refused = _first("refused", name, version, given)
    senseless = _first("senseless", name, version, given)
    said = refused or senseless or listed
    return Support(
        documented=listed is not None,
        refused=refused.word if refused else "",
        senseless=senseless is not None,
        reason=said.reason if said else "AWS does not list it for this version",
        source=said.source if said else "AWS documentation",
    )


def advice(name: str, version: Version, words: Sequence[str] = ()) -> tuple[str, ...]:
    """Return what to know before the command runs on MWAA, a note each."""
    entries = _load().entries["advice"].get(name, ())
    given = _given(name, version, words) if entries else frozenset()
    return tuple(entry.reason for entry in entries if entry.applies(version, given))


def parses_dags(name: str, version: Version, words: Sequence[str] = ()) -> Parsing | None:
    """Return why the command loads DAG files, if it does."""
    found = _first("parses", name, version, _given(name, version, words))
    return Parsing(found.reason, found.source) if found else None


def asks(name: str, version: Version, words: Sequence[str] = ()) -> Question | None:
    """Return what the line would ask on stdin, if it would."""
    if name not in _load().entries["asks"]:  # most commands: which flags there are is not looked for
        return None
    return _asks(name, version, _given(name, version, words))


def asks_in(reading: ParsedCommand) -> Question | None:
    """Return the question on stdin of a command line that was read; ``None`` where its command is not known."""
    command = reading.command
    if command is None or command.name not in _load().entries["asks"]:
        return None
    return _asks(command.name, reading.grammar.version, given_in(reading))


def _asks(name: str, version: Version, given: frozenset[str]) -> Question | None:
    found = _first("asks", name, version, given)
    return Question(found.word, found.reason, found.source) if found and not given & HELP else None


def danger(name: str, version: Version, words: Sequence[str] = ()) -> Danger:
    """Return what the line does to the environment; what we have never heard of changes something."""
    # Each Enter asks. Most commands have no rule about flags; what may be --help is left to what follows.
    if name not in _load().entries["rules"] and not any(word.startswith(("-h", "--h")) for word in words):
        return _load().dangers.get(name, UNKNOWN)
    return _danger(name, version, _given(name, version, words))


def danger_in(reading: ParsedCommand) -> Danger:
    """Return what a command line that was read does to the environment, by the flags that argparse finds in it."""
    if reading.command is None:
        return UNKNOWN
    return _danger(reading.command.name, reading.grammar.version, given_in(reading))


def _danger(name: str, version: Version, given: frozenset[str]) -> Danger:
    if given & HELP:
        return Danger(Level.READ, "")
    rule = _first("rules", name, version, given)
    return Danger(Level(rule.word), rule.reason) if rule else _load().dangers.get(name, UNKNOWN)


def kind(name: str, argument: Option | Positional | str) -> Kind:
    """Return what the argument takes; text is the first long flag of an option, or the name of a positional."""
    if isinstance(argument, Option):
        argument = flag_name(argument)
    elif isinstance(argument, Positional):
        argument = argument.name
    known = _load()
    return known.own_kinds.get(name, {}).get(argument) or known.kinds.get(argument, Kind.OTHER)


def examples(name: str, version: Version) -> tuple[str, ...]:
    """Return lines to start from that this version accepts; none for what AWS does not list."""
    known = _tree(name, version)
    if known is None or known.version != grammar.nearest(version):
        return ()
    lines = _load().examples.get(name, ())
    return tuple(line for line in lines if _fits(understand(command_line.parse(line), known)))


def _tree(name: str, version: Version) -> Grammar | None:
    """Return the tree with the command: of the version or its neighbor; of an unknown major, the newest."""
    known = grammar.nearest(version)
    trees = map(grammar.load, [known] if known else reversed(grammar.versions()))
    return next((tree for tree in trees if tree.named(name) is not None), None)


def command_summary(name: str) -> str:
    """Return what the command does, in every version that has it."""
    return _summaries().commands.get(name, "")


def group_summary(name: str) -> str:
    """Return what the commands of the group are for."""
    return _summaries().groups.get(name, "")


def flag_summary(command_name: str, option: Option) -> str:
    """Return what the option means to this command, else to all."""
    name = flag_name(option)
    known = _summaries()
    return known.own.get(command_name, {}).get(name) or known.flags.get(name, "")


def positional_summary(command_name: str, argument: Positional) -> str:
    """Return what the positional means to this command, else its name means everywhere."""
    known = _summaries()
    return known.own.get(command_name, {}).get(argument.name) or known.positionals.get(argument.name, "")


# ---- Which options a line gives, as argparse would see it.


def given_in(reading: ParsedCommand) -> frozenset[str]:
    """Return the options of a line: ``--flag``, and ``--flag=value`` too for each value."""
    found: set[str] = set()
    for part in reading.parts:
        if isinstance(part.argument, Option) and part.role is Role.FLAG:
            found |= HELP if part.argument is HELP_OPTION else {flag_name(part.argument)}
        elif isinstance(part.argument, Option):
            found.add(f"{flag_name(part.argument)}={part.value}")
    return frozenset(found)


def _given(name: str, version: Version, words: Sequence[str]) -> frozenset[str]:
    known = _tree(name, version)
    if not words or known is None:
        return frozenset(HELP.intersection(words))
    text = " ".join([name, *map(command_line.quote, words)])
    return given_in(understand(command_line.parse(text), known))


def _fits(reading: ParsedCommand) -> bool:
    """Return whether the version takes an example: a rougher check than validation."""
    dates = [part for part in reading.parts if part.role is Role.POSITIONAL]
    return (
        not reading.strange
        and not reading.missing
        and all(part.value[:1].isdigit() for part in dates if _takes_date(reading, part.argument))
    )


def _takes_date(reading: ParsedCommand, argument: Option | Positional | None) -> bool:
    return argument is not None and reading.command is not None and kind(reading.command.name, argument) is Kind.DATE


# ---- The files.


class _Entry(NamedTuple):
    """What is said of some commands, in some versions, with some flags."""

    reason: str
    source: str
    word: str  #: the status, answer or level
    since: tuple[int, ...]
    before: tuple[int, ...]
    when: frozenset[str]
    unless: frozenset[str]

    def applies(self, version: Version, given: frozenset[str]) -> bool:
        in_time = self.since <= version < self.before
        return in_time and (not self.when or bool(self.when & given)) and not self.unless & given


class _Knowledge(NamedTuple):
    entries: Mapping[str, Mapping[str, tuple[_Entry, ...]]]  #: topic -> command -> what is said, in order
    dangers: Mapping[str, Danger]
    kinds: Mapping[str, Kind]
    own_kinds: Mapping[str, Mapping[str, Kind]]
    examples: Mapping[str, Sequence[str]]


def _first(topic: str, name: str, version: Version, given: frozenset[str]) -> _Entry | None:
    entries = _load().entries[topic].get(name, ())
    return next((entry for entry in entries if entry.applies(version, given)), None)


@cache
def _load() -> _Knowledge:
    tables = grammar.data_of("knowledge.toml")
    dangers, kinds = tables["danger"], tables["kinds"]
    topics = {topic: tables[topic] for topic in ("documented", "refused", "senseless", "advice", "parses", "asks")}
    topics["rules"] = dangers["rules"]
    return _Knowledge(
        entries={topic: _by_command(entries) for topic, entries in topics.items()},
        dangers=_dangers(dangers),
        kinds={name: one for one in Kind for name in kinds.get(one.value, ())},
        own_kinds={command: {name: Kind(word) for name, word in own.items()} for command, own in kinds["of"].items()},
        examples=tables["examples"],
    )


def _dangers(table: Mapping[str, Any]) -> Mapping[str, Danger]:
    found = {name: Danger(Level.READ, "") for name in table["read"]}
    for level in (Level.CHANGE, Level.DESTROY):
        found |= {name: Danger(level, reason) for name, reason in table[level.value].items()}
    return found


def _by_command(entries: Sequence[Mapping[str, Any]]) -> Mapping[str, tuple[_Entry, ...]]:
    found: dict[str, tuple[_Entry, ...]] = {}
    for fact in entries:
        entry = _Entry(
            reason=fact["reason"],
            source=fact.get("source", ""),
            word=fact.get("status") or fact.get("answer") or fact.get("level") or "",
            since=_bound(fact.get("since", "0")),
            before=_bound(fact.get("before", "999")),
            when=frozenset(fact.get("when", ())),
            unless=frozenset(fact.get("unless", ())),
        )
        for name in fact["commands"]:
            found[name] = (*found.get(name, ()), entry)
    return found


def _bound(text: str) -> tuple[int, ...]:
    """``2.4`` is before ``2.4.3``, and after all of ``2.2``."""
    return tuple(int(part) for part in text.split("."))


class _Summaries(NamedTuple):
    """The file, table by table."""

    groups: Mapping[str, str]
    commands: Mapping[str, str]
    positionals: Mapping[str, str]
    flags: Mapping[str, str]
    own: Mapping[str, Mapping[str, str]]  #: command -> flag or positional -> what it means there


@cache
def _summaries() -> _Summaries:
    tables = grammar.data_of("summaries.toml")
    names = ("groups", "commands", "positionals", "flags", "of")
    return _Summaries(*(tables[name] for name in names))
