"""Facts about commands that Airflow's parser lacks.

Which commands AWS lists, what MWAA was seen to refuse, what parses DAG files, what asks on standard input, what is
dangerous and why, which argument takes the name of what; and one line about each command, group, flag and positional.
All of it is advice: the server decides. A command of a plugin has no facts and empty summaries. The files are read when
the first question is asked. ``given`` are always the options of a line, as ``given_in`` returns them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from mwaa_shell.airflow import grammar
from mwaa_shell.airflow.arguments import ParsedCommand, Role, readings, understand
from mwaa_shell.airflow.command_line import ParsedLine, parse
from mwaa_shell.airflow.grammar import Grammar, Option, Positional, flag_name
from mwaa_shell.airflow.versions import Version


class Level(Enum):
    """The danger level of a command."""

    READ = "read"  #: nothing is different afterwards
    CHANGE = "change"  #: something is, and can be put right
    DESTROY = "destroy"  #: something is gone, or starts over


class Kind(Enum):
    """The kind of value that an argument takes."""

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
    """The danger of a line; ``reason`` is empty for a read-only command."""

    level: Level
    reason: str


class Support(NamedTuple):
    """The chances of a command on MWAA. A hint, never a gate."""

    documented: bool  #: AWS lists it for this version
    refused: str  #: "403" and "500" as users saw them, "unsupported" as AWS wrote; empty without a report
    senseless: bool  #: useless on MWAA even if the server runs it
    reason: str

    @property
    def doubtful(self) -> bool:
        """Return whether a user should be told before it is sent."""
        return not self.documented or bool(self.refused) or self.senseless


class Question(NamedTuple):
    """A question on standard input, which the endpoint does not have."""

    answer: str  #: the flag that says yes beforehand; empty if a password is needed
    reason: str


UNKNOWN = Danger(Level.CHANGE, "may change data, as it is not one of Airflow's own commands")
#: argparse prints the usage and does nothing else.
HELP = "--help"


def mwaa_support(name: str, version: Version, given: frozenset[str] = frozenset()) -> Support:
    """Return the support that AWS lists and users saw. A refusal counts more than a listing."""
    listed = _first("documented", name, version, given)
    refused = _first("refused", name, version, given)
    senseless = _first("senseless", name, version, given)
    said = refused or senseless or listed
    return Support(
        documented=listed is not None,
        refused=refused.word if refused else "",
        senseless=senseless is not None,
        reason=said.reason if said else "not documented by AWS for this version",
    )


def advice(name: str, version: Version) -> tuple[str, ...]:
    """Return notes on running the command on MWAA."""
    entries = _load().entries["advice"].get(name, ())
    return tuple(entry.reason for entry in entries if entry.applies(version, frozenset()))


def parses_dags(name: str, version: Version, given: frozenset[str] = frozenset()) -> str:
    """Return why a command loads DAG files on the web server; empty for others."""
    found = _first("parses", name, version, given)
    return found.reason if found else ""


def question_of(name: str, version: Version, given: frozenset[str] = frozenset()) -> Question | None:
    """Return the question that a command may ask on standard input."""
    found = _first("asks", name, version, given)
    return Question(found.word, found.reason) if found and HELP not in given else None


def danger(name: str, version: Version, given: frozenset[str] = frozenset()) -> Danger:
    """Return the danger of a command. An unknown command changes data."""
    if HELP in given:
        return Danger(Level.READ, "")
    rule = _first("rules", name, version, given)
    return Danger(Level(rule.word), rule.reason) if rule else _load().dangers.get(name, UNKNOWN)


def argument_kind(name: str, argument: Option | Positional | str) -> Kind:
    """Return the kind of an argument. Text names a long flag or a positional."""
    if isinstance(argument, Option):
        argument = flag_name(argument)
    elif isinstance(argument, Positional):
        argument = argument.name
    known = _load()
    return known.own_kinds.get(name, {}).get(argument) or known.kinds.get(argument, Kind.OTHER)


def examples(name: str, version: Version) -> tuple[str, ...]:
    """Return examples that this version accepts. Commands that AWS does not list have none."""
    known = grammar.nearest(version)
    if known is None:
        return ()
    tree = grammar.load_grammar(known)
    return tuple(line for line in _load().examples.get(name, ()) if _fits(understand(parse(line), tree)))


def _fits(reading: ParsedCommand) -> bool:
    """Return whether the version takes an example: a rougher check than validation."""
    if reading.command is None or reading.strange or reading.missing:
        return False
    name = reading.command.name
    places = [part for part in reading.parts if part.argument is not None and part.role is Role.POSITIONAL]
    return all(part.value[:1].isdigit() for part in places if argument_kind(name, part.argument or "") is Kind.DATE)


def command_summary(name: str) -> str:
    """Return the summary of a command for every version that has it."""
    return str(grammar.data_of("summaries.toml")["commands"].get(name, ""))


def group_summary(name: str) -> str:
    """Return the purpose of the commands of a group."""
    return str(grammar.data_of("summaries.toml")["groups"].get(name, ""))


def argument_summary(command_name: str, argument: Option | Positional) -> str:
    """Return the meaning of an argument for this command, else for all."""
    name = flag_name(argument) if isinstance(argument, Option) else argument.name
    known = grammar.data_of("summaries.toml")
    everywhere = known["flags" if isinstance(argument, Option) else "positionals"]
    return str(known["of"].get(command_name, {}).get(name) or everywhere.get(name, ""))


# ---- Which options a line gives, as argparse would see it.


def given_in(reading: ParsedCommand) -> frozenset[str]:
    """Return the options of a line: ``--flag``, and ``--flag=value`` for each value."""
    found: set[str] = set()
    for part in reading.parts:
        if isinstance(part.argument, Option) and part.role is Role.FLAG:
            found.add(flag_name(part.argument))
        elif isinstance(part.argument, Option):
            found.add(f"{flag_name(part.argument)}={part.value}")
    return frozenset(found)


# ---- The files.


class _Entry(NamedTuple):
    """A fact about some commands, in some versions, with some flags."""

    reason: str
    word: str  #: the status, answer or level
    since: tuple[int, ...]
    before: tuple[int, ...]
    when: frozenset[str]
    unless: frozenset[str]

    def applies(self, version: Version, given: frozenset[str]) -> bool:
        in_time = self.since <= version < self.before
        return in_time and (not self.when or bool(self.when & given)) and not self.unless & given


class _Knowledge(NamedTuple):
    entries: Mapping[str, Mapping[str, tuple[_Entry, ...]]]  #: topic -> command -> entries, in order
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


# -- whole lines -------------------------------------------------------------------------------------------------------
# While the version is unknown, or where its Airflow would refuse the line, the worst level of any Airflow counts.

#: From the harmless to the worst.
ORDER = (Level.READ, Level.CHANGE, Level.DESTROY)


def danger_of(line: ParsedLine, grammar: Grammar | None) -> Danger:
    """Return the danger level of an Airflow command, and the reason."""
    read = [(one, one.command) for one in readings(line, grammar) if one.command]
    found = [danger(command.name, one.grammar.version, given_in(one)) for one, command in read]
    if all(reading.strange for reading in meant_readings(line, grammar)):
        found.append(UNKNOWN)
    return max(found, key=lambda danger: ORDER.index(danger.level))


def reads(line: ParsedLine, grammar: Grammar | None) -> bool:
    """Return whether the command only reads, for certain."""
    return danger_of(line, grammar).level is Level.READ


def question_in(line: ParsedLine, grammar: Grammar | None) -> Question | None:
    """Return the question that a command asks on standard input, which MWAA lacks."""
    read = [(one, one.command) for one in meant_readings(line, grammar) if one.command]
    asked = [question_of(command.name, one.grammar.version, given_in(one)) for one, command in read]
    answers = {question.answer if question else None for question in asked}
    return asked[0] if len(answers) == 1 else None  # where no version is known, all that know the command agree


def meant_readings(line: ParsedLine, grammar: Grammar | None) -> tuple[ParsedCommand, ...]:
    """Return the readings of the environment's version if it is known, else of all."""
    return tuple(one for one in readings(line, grammar) if grammar is None or one.grammar is grammar)
