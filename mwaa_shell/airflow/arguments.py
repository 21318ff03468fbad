"""Parser of lines against the commands of one Airflow.

Words are read as argparse reads them: abbreviated flags, ``--flag=value``, ``-fvalue``, ``-abc``, ``--``, options
between positionals, numbers below zero. Where Pythons 3.7 to 3.13 differ, what one of them takes is taken. Reading
never raises and never stops at a mistake, but for a word that is no command: nothing can be said of what follows it,
and it has no parts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from mwaa_shell.airflow.command_line import InputKind, ParsedLine, Word, letters_of
from mwaa_shell.airflow.grammar import Command, Grammar, Option, Positional, flag_name, load_grammar, majors, versions
from mwaa_shell.airflow.versions import Version

#: The option of every parser, which the command trees leave out.
HELP = Option(("-h", "--help"), "help", nargs=0, action="help")
NEGATIVE_NUMBER = re.compile(r"-\d+$|-\d*\.\d+$")
MANY = 1 << 30
#: The fewest and most words that argparse takes for each ``nargs`` that is not a number.
COUNTS = {None: (1, 1), "?": (0, 1), "*": (0, MANY), "+": (1, MANY), "...": (0, MANY), "A...": (1, MANY)}
#: argparse's own patterns for positionals: A is an argument, O an option, - the separator.
PATTERNS = {None: "-*A-*", "?": "-*A?-*", "*": "-*[A-]*", "+": "-*A[A-]*", "...": "[-AO]*", "A...": "-*A[-AO]*"}


class Role(Enum):
    """The role of a word, or of a part of it, in an Airflow command."""

    GROUP = "group"  #: a word in front of a command: "dags" in "dags list"
    COMMAND = "command"  #: the last word of a command's name
    UNKNOWN = "unknown"  #: in the place of a group or a command, and neither
    FLAG = "flag"
    VALUE = "value"  #: of the flag before it
    POSITIONAL = "positional"
    SEPARATOR = "separator"  #: the bare --
    EXTRA = "extra"  #: a positional too many, an unknown or ambiguous flag, a value for a flag that takes none


class ArgumentSpan(NamedTuple):
    """A word, or a piece of one such as the value in ``--flag=value``. The ``=`` is in neither piece."""

    word: Word
    role: Role
    argument: Option | Positional | None  #: ``None`` for words of no argument
    start: int  #: in the text, as is the end
    end: int
    value: str  #: without quotes


class ParsedCommand(NamedTuple):
    """A line, read with the command tree of one Airflow."""

    line: ParsedLine
    grammar: Grammar
    command: Command | None = None
    parts: tuple[ArgumentSpan, ...] = ()  #: in the order of the text
    missing: tuple[Option | Positional, ...] = ()  #: required and not given
    given: frozenset[str] = frozenset()  #: all flags of the options that are given, and names of the positionals

    @property
    def strange(self) -> bool:
        """Return whether the command is unknown or does not take one of the words."""
        return self.command is None or any(part.role in (Role.EXTRA, Role.UNKNOWN) for part in self.parts)


@lru_cache(maxsize=8)
def understand(line: ParsedLine, grammar: Grammar) -> ParsedCommand:
    """Read a line; never raises. What is no Airflow command has no parts."""
    if line.kind is not InputKind.AIRFLOW:
        return ParsedCommand(line, grammar)
    parts: list[ArgumentSpan] = []
    command, count = _find_command(line.words, grammar, parts)
    if command is None:
        return ParsedCommand(line, grammar, parts=tuple(parts))
    reader = _Reader(line.text, command, line.words[count:], flags_of(command), parts)
    reader.read()
    arguments = [part.argument for part in parts if part.role in (Role.FLAG, Role.POSITIONAL)]
    given = frozenset(name for argument in arguments if argument is not None for name in names_of(argument))
    known: tuple[Option | Positional, ...] = (*command.positionals, *command.options)
    missing = tuple(one for one in known if one.required and names_of(one)[0] not in given)
    return ParsedCommand(line, grammar, command, tuple(parts), missing, given)


def command_of(line: ParsedLine, grammar: Grammar) -> Command | None:
    """Return the command that a line begins with; nothing else of the line is read."""
    return _find_command(line.words, grammar, [])[0] if line.kind is InputKind.AIRFLOW else None


def names_of(argument: Option | Positional) -> tuple[str, ...]:
    """Return all flags of an option; the name of a positional."""
    return argument.flags if isinstance(argument, Option) else (argument.name,)


def flags_of(command: Command) -> dict[str, Option]:
    """Return every flag, with ``--help``."""
    return {flag: option for option in (HELP, *command.options) for flag in option.flags}


def fewest(nargs: int | str | None) -> int:
    """Return the least number of words that argparse requires."""
    return nargs if isinstance(nargs, int) else COUNTS[nargs][0]


def candidates(flags: Mapping[str, Option], text: str) -> list[tuple[str, str | None]]:
    """Return the flags that a word may abbreviate, each with its joined value. argparse takes just one."""
    if text.startswith("--"):
        name, equals, value = text.partition("=")
        return [(flag, value if equals else None) for flag in flags if flag.startswith(name)]
    short = [(text[:2], text[2:])] if text[:2] in flags else []
    return [*short, *((flag, None) for flag in flags if flag.startswith(text))]


def looks_like_flag(text: str) -> bool:
    """Return whether argparse takes an unknown word for a flag."""
    return len(text) > 1 and text[0] == "-" and " " not in text and not NEGATIVE_NUMBER.match(text)


def _find_command(words: Sequence[Word], grammar: Grammar, parts: list[ArgumentSpan]) -> tuple[Command | None, int]:
    """Return the command, and the number of its words and the flags between them."""
    names: list[str] = []
    separated = False
    for count, word in enumerate(words, 1):
        if word.value == "--" and not separated:
            separated = True
            parts.append(_whole(word, Role.SEPARATOR))
        elif looks_like_flag(word.value) and not separated:
            asks = word.value in HELP.flags or (len(word.value) > 2 and "--help".startswith(word.value))
            parts.append(_whole(word, Role.FLAG, HELP) if asks else _whole(word, Role.EXTRA))
        else:
            names.append(word.value)
            separated = False
            role = _role_of(names, grammar)
            parts.append(_whole(word, role))
            if role is not Role.GROUP:
                found = grammar.command(names) if role is Role.COMMAND else None
                return found and found[0], count
    return None, len(words)


def _role_of(names: list[str], grammar: Grammar) -> Role:
    """Return the role of the last of the words."""
    found = grammar.command(names)
    if found is not None:
        return Role.COMMAND
    if " " not in names[-1] and (" ".join(names) in grammar.groups or grammar.words_after(names)):
        return Role.GROUP
    return Role.UNKNOWN


def _whole(word: Word, role: Role, argument: Option | Positional | None = None) -> ArgumentSpan:
    return ArgumentSpan(word, role, argument, word.start, word.end, word.value)


@dataclass(slots=True)
class _Reader:
    """The reader of the words after a command; ``parts`` grows."""

    text: str
    command: Command
    words: Sequence[Word]
    flags: Mapping[str, Option]
    parts: list[ArgumentSpan]
    kinds: str = ""  #: a letter a word: A is an argument, O an option, - the separator
    joined: dict[int, tuple[str, str | None]] = field(
        default_factory=dict
    )  #: each known flag, and a value joined to it
    waiting: list[Positional] = field(default_factory=list)  #: positionals that are still to come

    def read(self) -> None:
        self.kinds = self._kinds()
        self.waiting = list(self.command.positionals)
        position = 0
        while position < len(self.words):
            if self.kinds[position] == "O":
                position = self._option(position)
                continue
            before, position = position, self._positionals(position)
            if position == before:
                role = Role.SEPARATOR if self.kinds[position] == "-" else Role.EXTRA
                self.parts.append(_whole(self.words[position], role))
                position += 1

    def _kinds(self) -> str:
        kinds: list[str] = []
        for position, word in enumerate(self.words):
            if word.value == "--":
                return "".join([*kinds, "-"]).ljust(len(self.words), "A")
            kinds.append("O" if self._is_flag(position, word.value) else "A")
        return "".join(kinds)

    def _is_flag(self, position: int, text: str) -> bool:
        """Return whether a word is a flag, which is noted if it is one of the command's."""
        if len(text) < 2 or text[0] != "-":
            return False
        name, equals, value = text.partition("=")
        if text in self.flags:
            found: list[tuple[str, str | None]] = [(text, None)]
        elif equals and name in self.flags:
            found = [(name, value)]
        else:
            found = candidates(self.flags, text)
        if len({id(self.flags[flag]) for flag, _ in found}) == 1:
            self.joined[position] = found[0]
        negative = NEGATIVE_NUMBER.match(text) and any(map(NEGATIVE_NUMBER.match, self.flags))
        return bool(found or negative or looks_like_flag(text))

    def _positionals(self, position: int) -> int:
        """Give the next words to as many positionals as argparse does."""
        for count in range(len(self.waiting), 0, -1):
            wanted = self.waiting[:count]
            found = re.compile("".join(f"({_pattern(one.nargs)})" for one in wanted)).match(self.kinds, position)
            if found is None:
                continue
            lengths = [len(group) for group in found.groups()]
            while lengths and not lengths[-1] and self.kinds[found.end() : found.end() + 1] == "O":
                lengths.pop()  # an optional one may follow the flag
            for positional, length in zip(wanted, lengths, strict=False):
                self._give(positional, position, position + length)
                position += length
            del self.waiting[: len(lengths)]
            break
        return position

    def _give(self, positional: Positional, start: int, end: int) -> None:
        for word, kind in zip(self.words[start:end], self.kinds[start:end], strict=True):
            separator = kind == "-"
            self.parts.append(_whole(word, Role.SEPARATOR) if separator else _whole(word, Role.POSITIONAL, positional))

    def _option(self, position: int) -> int:
        """Read a flag with its values; where the next word begins."""
        word = self.words[position]
        if position not in self.joined:
            self.parts.append(_whole(word, Role.EXTRA))
            return position + 1
        flag, value = self.joined[position]
        option, text, start = self.flags[flag], word.value, 0
        joined = len(text) if value is None else len(text) - len(value)  # where the value begins, or would
        end = len(text) if value is None else len(text[:joined].removesuffix("="))
        while joined < len(text) and option.nargs == 0 and flag[1] != "-" and f"-{text[joined]}" in self.flags:
            self._add_piece(word, Role.FLAG, option, start, end)
            start, end, flag = joined, joined + 1, f"-{text[joined]}"
            option, value = self.flags[flag], value if end < len(text) else None
            joined = end + text.startswith("=", end)
        self._add_piece(word, Role.FLAG, option, start, end)
        if value is None:
            return self._values(option, position + 1)
        takes = option.nargs in COUNTS or option.nargs == 1
        self._add_piece(word, Role.VALUE if takes else Role.EXTRA, option if takes else None, joined, len(text))
        return position + 1

    def _add_piece(self, word: Word, role: Role, argument: Option | None, start: int, end: int) -> None:
        """Add a piece of a word, by where it starts and ends in the word's value."""
        first, last = (_position(self.text, word, count) for count in (start, end))
        self.parts.append(ArgumentSpan(word, role, argument, first, last, word.value[start:end]))

    def _values(self, option: Option, position: int) -> int:
        most = option.nargs if isinstance(option.nargs, int) else COUNTS[option.nargs][1]
        kinds = "AO" if option.nargs in ("...", "A...") else "A"
        while most > 0 and self.kinds[position : position + 1] and self.kinds[position] in kinds:
            self.parts.append(_whole(self.words[position], Role.VALUE, option))
            position, most = position + 1, most - 1
        return position


def _position(text: str, word: Word, count: int) -> int:
    """Return the place in the text after so many characters of a word's value."""
    if count == len(word.value):
        return word.end
    if not count or word.end - word.start == len(word.value):  # it has no quotes
        return word.start + count
    return letters_of(text, word)[count - 1][1]


def _pattern(nargs: int | str | None) -> str:
    return "-*" + "-*".join("A" * nargs) + "-*" if isinstance(nargs, int) else PATTERNS[nargs]


# -- every Airflow that may receive a line, for safety checks and masks ------------------------------------------------


def readings(line: ParsedLine, grammar: Grammar | None) -> tuple[ParsedCommand, ...]:
    """Return the readings of a line that begins with a command. Several versions read an unclear line.

    The environment's own is the first one.
    """
    own = understand(line, grammar) if grammar is not None else None
    if own is not None and not own.strange:
        return (own,)
    found = [] if own is None or own.command is None else [own]
    return (*found, *_read_by_all(line))


def readings_of_majors(line: ParsedLine) -> tuple[ParsedCommand, ...]:
    """Return the readings of the newest version of each major that has the command.

    Three command trees load fast enough for a key at a prompt. Flags that take secrets differ between majors alone.
    """
    return _read_by(line, majors())


@lru_cache(maxsize=4)
def _read_by_all(line: ParsedLine) -> tuple[ParsedCommand, ...]:
    return _read_by(line, versions())


def _read_by(line: ParsedLine, chosen: Sequence[Version]) -> tuple[ParsedCommand, ...]:
    """Return the readings of some versions, the newest first."""
    found: list[ParsedCommand] = []
    for version in reversed(chosen):
        tree = load_grammar(version)
        command = command_of(line, tree)
        if command is None:
            continue
        alike = next((one for one in found if one.command == command), None)  # most versions read most lines alike
        found.append(understand(line, tree) if alike is None else alike._replace(grammar=tree))
    return tuple(found)


def plain_words(line: ParsedLine, grammar: Grammar | None) -> tuple[str, ...]:
    """Return the words of a line in their plainest form: command, whole flags, values.

    What several versions read in several ways is read as the longest command. Other lines stay as typed.
    """
    read = readings(line, grammar)
    if not read:
        return line.values
    reading = max(read, key=lambda one: (not one.strange, len(_name(one))))  # the first of equals
    return (*_name(reading), *_arguments(reading.parts))


def _name(reading: ParsedCommand) -> Sequence[str]:
    return reading.command.name.split() if reading.command is not None else ()


def _arguments(parts: Sequence[ArgumentSpan]) -> list[str]:
    made: list[str] = []
    begun = False  # the words of the command are over
    for part in parts:
        if part.role in (Role.GROUP, Role.COMMAND):
            begun = part.role is Role.COMMAND
        elif part.role is Role.SEPARATOR:
            made += ["--"] if begun else []
        elif isinstance(part.argument, Option) and part.role is Role.FLAG:
            made.append(flag_name(part.argument))
        elif isinstance(part.argument, Option) and len(part.value) > 1 and part.value[0] == "-":
            made[-1:] = [f"{made[-1]}={part.value}"]
        else:
            made.append(part.value)
    return made
