"""What could be typed where the cursor stands, best first: groups, commands, flags and choices of one Airflow.

Pure: from a line, a cursor and a command tree to values that know nothing of a terminal. What a summary says comes in
as functions, so that this file does not care where the words are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from mwaa_shell.airflow import knowledge, summaries
from mwaa_shell.airflow.arguments import ParsedCommand, Role, understand
from mwaa_shell.airflow.command_line import parse, quote
from mwaa_shell.airflow.cursor import Place, Wants, WantsCommand, WantsFlag, WantsPositional, WantsValue, at
from mwaa_shell.airflow.grammar import Command, Grammar, Option, Positional, load
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.matching import best
from mwaa_shell.airflow.versions import Version

#: The most that is handed over: what a menu shows is what costs.
LIMIT = 60


class Found(NamedTuple):
    """A name that an environment has, best first among others."""

    text: str
    summary: str = ""
    state: str = ""


#: The names of a kind (of a DAG, for its tasks and runs) that fit a fragment, and how many more there are.
Names = Callable[[Kind, str, str], tuple[Sequence[Found], int]]


def no_names(kind: Kind, dag: str, fragment: str) -> tuple[Sequence[Found], int]:
    """What is known where nothing is."""
    return (), 0


class Suggestion(NamedTuple):
    """One candidate: ``text`` replaces the span from ``start`` to ``end``."""

    text: str
    start: int
    end: int
    display: str  #: what the menu shows, such as a flag with its argument
    summary: str = ""
    required: bool = False
    state: str = ""  #: of a run, or of a DAG's last one
    doubt: str = ""  #: why MWAA would refuse it, as far as anybody has seen


class Piece(NamedTuple):
    """A piece of a command's syntax, as the hint shows it."""

    text: str
    given: bool  #: it stands in the line already
    current: bool = False  #: the cursor is at it


def suggest(text: str, cursor: int, grammar: Grammar, names: Names = no_names) -> list[Suggestion]:
    """The candidates for the word under the cursor; none where neither this tree nor ``names`` knows any."""
    place = at(understand(parse(text), grammar), cursor)
    found: list[Suggestion] = []
    for wanted in place.wants:
        if isinstance(wanted, WantsFlag) and len(place.wants) > 1 and place.fragment[:1] not in ("", "-"):
            continue  # what was typed is a value, and no flag
        found += _named(wanted, place, names)
        found += best(place.fragment, _candidates(wanted, place, grammar), lambda one: one.text)
    found.sort(key=lambda one: bool(one.doubt) and one.text != place.fragment)  # stable: what MWAA refuses comes last
    return found[:LIMIT]


def hint(understanding: ParsedCommand, cursor: int | None = None) -> list[Piece]:
    """The syntax of the command being typed: what is required, what is given, what the cursor is at."""
    command = understanding.command
    if command is None:
        return []
    current = None if cursor is None else _argument_at(understanding, cursor)
    optional = [one for one in command.options if not one.required]
    told = [one for one in optional if one.flags[0] in understanding.given or one is current]

    def piece(text: str, argument: Option | Positional) -> Piece:
        name = argument.flags[0] if isinstance(argument, Option) else argument.name
        return Piece(text, name in understanding.given, argument is current)

    pieces = [Piece(command.name, given=True)]
    pieces += [piece(shown(one), one) for one in command.options if one.required]
    pieces += [piece(f"[{shown(one)}]", one) for one in told]
    if len(told) < len(optional):
        pieces.append(Piece("[...]", given=False))
    return pieces + [piece(shown(one), one) for one in command.positionals]


def _argument_at(understanding: ParsedCommand, cursor: int) -> Option | Positional | None:
    """The argument that the word under the cursor is, or that would be read next."""
    for part in understanding.parts:
        if part.start <= cursor <= part.end and isinstance(part.argument, Option | Positional):
            return part.argument
    for wanted in at(understanding, cursor).wants:
        if isinstance(wanted, WantsValue):
            return wanted.option
        if isinstance(wanted, WantsPositional):
            return wanted.positional
    return None


def shown(argument: Option | Positional) -> str:
    """An argument as usage lines write it: ``-c CONF``, ``DAG_ID``, ``[TASK_ID]``."""
    if isinstance(argument, Positional):
        name = metavar(argument)
        return name if argument.required else f"[{name}]"
    return f"{argument.flags[0]} {metavar(argument)}" if argument.takes_value else argument.flags[0]


def metavar(argument: Option | Positional) -> str:
    """What stands for an argument's value in usage lines; a list of choices does not."""
    name = argument.dest if isinstance(argument, Option) else argument.name
    written = str(argument.metavar or name)
    return (name if written.startswith(("(", "{")) else written).upper()


def _named(wanted: Wants, place: Place, names: Names) -> list[Suggestion]:
    """The environment's own names, where one goes here; the last row tells how many more there are."""
    if not isinstance(wanted, WantsValue | WantsPositional) or place.without.command is None:
        return []
    argument = wanted.option if isinstance(wanted, WantsValue) else wanted.positional
    kind = knowledge.kind(place.without.command.name, argument)
    found, more = names(kind, dag_of(place.without), place.fragment)
    made = [_fitted(one.text, place, one.summary, one.state) for one in found]
    if more:
        typed = f"{place.quote}{place.fragment}"
        made.append(Suggestion(typed, place.start, place.end, f"… and {more:,} more", "type on to find them"))
    return made


def dag_of(understanding: ParsedCommand) -> str:
    """The DAG that a line is about; nothing where it names none, or several."""
    if understanding.command is None:
        return ""
    name = understanding.command.name
    given = {
        part.value
        for part in understanding.parts
        if part.role in (Role.VALUE, Role.POSITIONAL)
        and part.argument is not None
        and knowledge.kind(name, part.argument) is Kind.DAG
    }
    return given.pop() if len(given) == 1 else ""


def _candidates(wanted: Wants, place: Place, grammar: Grammar) -> Iterator[Suggestion]:
    if isinstance(wanted, WantsCommand):
        return _commands(wanted.words_before, place, grammar)
    if isinstance(wanted, WantsFlag):
        return _flags(wanted.command, place)
    argument = wanted.option if isinstance(wanted, WantsValue) else wanted.positional
    return (_fitted(str(one), place) for one in argument.choices or ())


def _commands(before: tuple[str, ...], place: Place, grammar: Grammar) -> Iterator[Suggestion]:
    """The next word of a command; at the beginning, and once something is typed, whole commands too."""
    for word in grammar.words_after(before):
        name = " ".join((*before, word))
        summary = summaries.group(name) if name in grammar.groups else summaries.command(name)
        yield Suggestion(word, place.start, place.end, word, summary, doubt=_doubt(name, grammar.version))
    if not before and place.fragment:
        for name in grammar.names:
            if " " in name:
                summary = summaries.command(name)
                yield Suggestion(name, place.start, place.end, name, summary, doubt=_doubt(name, grammar.version))


@cache
def _doubt(name: str, version: Version) -> str:
    """Why MWAA refuses a command, or makes no sense of it; of a group, if that holds for all of its commands."""
    doubts = [_doubt(one, version) for one in load(version).below(name)]
    if doubts:
        return doubts[0] if all(doubts) else ""
    known = knowledge.support(name, version)
    return known.reason if known.refused or known.senseless else ""


def _flags(command: Command, place: Place) -> Iterator[Suggestion]:
    """Flags that are not given yet and that none of the given ones excludes, required ones first."""
    given = place.without.given
    excluded = {
        member
        for group in command.exclusive
        if any(member in given for member in group.members)
        for member in group.members
    }
    for option in _ordered(command.options):
        taken = any(flag in given for flag in option.flags) and option.action not in ("append", "count")
        if taken or any(flag in excluded for flag in option.flags):
            continue
        summary = summaries.flag(command.name, option)
        for flag in _spellings(option, place.fragment):
            yield Suggestion(flag, place.start, place.end, _display(flag, option), summary, option.required)


def _ordered(options: Iterable[Option]) -> list[Option]:
    return sorted(options, key=lambda option: not option.required)


def _spellings(option: Option, fragment: str) -> list[str]:
    """The long flag, and the short one where a single dash was typed or there is nothing else."""
    if fragment in option.flags:
        return [fragment]
    long = [flag for flag in option.flags if flag.startswith("--")]
    return long or list(option.flags)


def _display(flag: str, option: Option) -> str:
    short = next((one for one in option.flags if not one.startswith("--") and one != flag), "")
    value = f" {metavar(option)}" if option.takes_value else ""
    return f"{flag}{value}" + (f", {short}" if short else "")


def _fitted(text: str, place: Place, summary: str = "", state: str = "") -> Suggestion:
    """A value in the quotes that are open, or in those that it needs."""
    quoted = f"{place.quote}{text}{place.quote}" if place.quote else quote(text)
    return Suggestion(quoted, place.start, place.end, text, summary, state=state)
