"""What is wanted where the cursor stands, anywhere in a line: a command, a flag, a value or a positional. Pure.

The line is read again without the word under the cursor, and with an argument that nobody would type in its place: what
that would be read as is what is wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mwaa_shell.airflow.arguments import ParsedCommand, Part, Role, fewest, understand
from mwaa_shell.airflow.command_line import Kind, ParsedLine, Word, split
from mwaa_shell.airflow.grammar import Command, Option, Positional


@dataclass(frozen=True, slots=True)
class WantsCommand:
    """A group or a command may stand here, after the words of a group."""

    words_before: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WantsFlag:
    """A flag of the command may stand here."""

    command: Command


@dataclass(frozen=True, slots=True)
class WantsValue:
    """A value of the option goes here."""

    option: Option


@dataclass(frozen=True, slots=True)
class WantsPositional:
    """The positional goes here."""

    positional: Positional


Wants = WantsCommand | WantsFlag | WantsValue | WantsPositional


@dataclass(frozen=True, slots=True)
class Place:
    """What is wanted where the cursor stands; nothing in comments, directives and behind ``|`` or ``>``."""

    start: int  #: of the word under the cursor, or of its value's or flag's part; else the cursor itself
    end: int
    fragment: str  #: the word, or its part, from its start to the cursor and without quotes
    quote: str  #: the quote that is open at the cursor, or nothing
    wants: tuple[Wants, ...]  #: the likeliest first
    words_before: tuple[str, ...]
    without: ParsedCommand  #: of the line without the word under the cursor


def at(understanding: ParsedCommand, cursor: int) -> Place:
    """What may stand where the cursor is, anywhere in the line; never raises."""
    line = understanding.line
    cursor = max(0, min(cursor, len(line.text)))
    begun, end, problem = split(line.text[:cursor])
    word = next((word for word in line.words if word.start <= cursor <= word.end), None)
    before, after = _around(line, word, cursor)
    place = Place(
        start=cursor if word is None else word.start,
        end=cursor if word is None else word.end,
        fragment=begun[-1].value if begun and (begun[-1].end == cursor or problem is not None) else "",
        quote=line.text[problem.position].strip("\\") if problem is not None else "",
        wants=(),
        words_before=tuple(one.value for one in before),
        without=understand(line._replace(words=before + after), understanding.grammar),
    )
    is_comment = line.kind is Kind.BLANK and not line.text.isspace() and line.text
    if line.kind is Kind.DIRECTIVE or is_comment or end < cursor or (word is None and place.fragment):
        return place
    pieces = [part for part in understanding.parts if part.word is word]
    if len(pieces) > 1 and pieces[-1].role is not Role.FLAG:
        return _in_pieces(understanding, place, pieces, cursor)
    probe = Word("\n", cursor, cursor)  # any argument that is no command
    line = line._replace(kind=Kind.AIRFLOW, words=(*before, probe, *after))
    return replace(place, wants=_wants(understand(line, understanding.grammar), probe, place.fragment))


def _around(line: ParsedLine, word: Word | None, cursor: int) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """The words before the cursor's and after it; "airflow" is none, even where no command follows it yet."""
    words = tuple(one for one in line.words if one is not word)
    if word is None and len(words) == 1 and words[0].value == "airflow":
        return (), ()
    before = tuple(one for one in words if one.start < cursor)
    return before, words[len(before) :]


def _in_pieces(understanding: ParsedCommand, place: Place, pieces: Sequence[Part], cursor: int) -> Place:
    """In ``--flag=value`` and the like the flag and the value are places of their own."""
    last, command = pieces[-1], understanding.command
    if cursor < last.start:
        return replace(place, end=pieces[-2].end, wants=(WantsFlag(command),) if command else ())
    wants = (WantsValue(last.argument),) if last.role is Role.VALUE and isinstance(last.argument, Option) else ()
    fragment = place.fragment[len(last.word.value) - len(last.value) :]
    return replace(place, start=last.start, end=last.end, fragment=fragment, wants=wants)


def _wants(probed: ParsedCommand, probe: Word, fragment: str) -> tuple[Wants, ...]:
    """What an argument at the place of the probe would be read as, and whether a flag may stand there instead."""
    index = next((index for index, part in enumerate(probed.parts) if part.word == probe), None)
    if index is None:
        return ()
    before, part = probed.parts[:index], probed.parts[index]
    if probed.command is None:
        return (WantsCommand(tuple(one.value for one in before if one.role is Role.GROUP)),)
    flag: tuple[Wants, ...] = (WantsFlag(probed.command),)
    arguments = [one.role for one in before][next(i for i, one in enumerate(before) if one.role is Role.COMMAND) :]
    if isinstance(part.argument, Option):
        values = next(count for count, role in enumerate(reversed(arguments)) if role is Role.FLAG)
        if values < fewest(part.argument.nargs):
            return (WantsValue(part.argument),)
    elif Role.SEPARATOR in arguments:
        flag = ()
    if flag and fragment.startswith("-"):
        return flag
    if part.argument is None:
        return flag
    argument = part.argument
    return (WantsValue(argument) if isinstance(argument, Option) else WantsPositional(argument), *flag)
