"""What could be typed where the cursor stands, best first: groups, commands, flags and choices of one Airflow.

Pure: from a line, a cursor and a command tree to values that know nothing of a terminal. What a summary says comes in
as functions, so that this file does not care where the words are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mwaa_shell.airflow import summaries
from mwaa_shell.airflow.command_line import parse, quote
from mwaa_shell.airflow.grammar import Command, Grammar, Option, Positional
from mwaa_shell.airflow.matching import best
from mwaa_shell.airflow.place import Place, Wants, WantsCommand, WantsFlag, WantsValue, at
from mwaa_shell.airflow.understanding import Understanding, understand

#: The most that is handed over: what a menu shows is what costs.
LIMIT = 60


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One candidate: ``text`` replaces the span from ``start`` to ``end``."""

    text: str
    start: int
    end: int
    display: str  #: what the menu shows, such as a flag with its argument
    summary: str = ""
    required: bool = False


def suggest(text: str, cursor: int, grammar: Grammar) -> list[Suggestion]:
    """The candidates for the word under the cursor; none where this tree knows nothing."""
    place = at(understand(parse(text), grammar), cursor)
    found: list[Suggestion] = []
    for wanted in place.wants:
        found += best(place.fragment, _candidates(wanted, place, grammar), lambda one: one.text)
    return found[:LIMIT]


def hint(understanding: Understanding) -> list[tuple[str, bool]]:
    """The syntax of the command being typed, in pieces, each with whether it has been given."""
    command = understanding.command
    if command is None:
        return []
    pieces = [(command.name, True)]
    pieces += [(shown(one), one.flags[0] in understanding.given) for one in _ordered(command.options) if one.required]
    optional = [one for one in command.options if not one.required and one.flags[0] in understanding.given]
    pieces += [(f"[{shown(one)}]", True) for one in optional]
    if len(optional) < sum(not one.required for one in command.options):
        pieces.append(("[...]", False))
    return pieces + [(shown(one), one.name in understanding.given) for one in command.positionals]


def shown(argument: Option | Positional) -> str:
    """An argument as usage lines write it: ``-c CONF``, ``DAG_ID``, ``[TASK_ID]``."""
    if isinstance(argument, Positional):
        name = str(argument.metavar or argument.name).upper()
        return name if argument.required else f"[{name}]"
    name = str(argument.metavar or argument.dest).upper()
    return f"{argument.flags[0]} {name}" if argument.takes_value else argument.flags[0]


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
        yield Suggestion(word, place.start, place.end, word, summary)
    if not before and place.fragment:
        for name in grammar.names:
            if " " in name:
                yield Suggestion(name, place.start, place.end, name, summaries.command(name))


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
    value = f" {option.metavar or option.dest.upper()}" if option.takes_value else ""
    return f"{flag}{value}" + (f", {short}" if short else "")


def _fitted(text: str, place: Place) -> Suggestion:
    """A value in the quotes that are open, or in those that it needs."""
    quoted = f"{place.quote}{text}{place.quote}" if place.quote else quote(text)
    return Suggestion(quoted, place.start, place.end, text)
