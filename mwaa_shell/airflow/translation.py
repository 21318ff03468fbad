"""Translation of commands and files of commands into the words of another Airflow. Pure.

The version whose words a line is in is found by reading the line against the command trees of all versions. What
differs between versions is data (``translation_table``); what has the same name is read off the trees. A translation
never does more than the line: what would, or would do something else without an argument that has no place, is not
translated. Each value keeps the quotes that it was typed in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from mwaa_shell.airflow import knowledge
from mwaa_shell.airflow.arguments import HELP, ArgumentSpan, ParsedCommand, Role, names_of, understand
from mwaa_shell.airflow.command_line import InputKind, ParsedLine, logical_lines, parse, quote, split
from mwaa_shell.airflow.grammar import Command, Grammar, Option, Positional, load_grammar, versions
from mwaa_shell.airflow.translation_table import ArgumentPlace, CommandName, Operation, argument_of, key_of, table
from mwaa_shell.airflow.validation import validate
from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import with_hint


class Translation(NamedTuple):
    """A line in the words of another Airflow."""

    text: str | None  #: ``None`` without a counterpart that does the same
    notes: tuple[str, ...]  #: the most important; no full stop, no capital but in a name, no value that is not refused
    details: tuple[str, ...] = ()  #: further notes, if there is room


def translate(text: str, target: Grammar | None) -> Translation | None:
    """Return the line in the target's words; ``None`` if it fits already or nowhere.

    Without a target, as while the version is unknown, no line is translated.
    """
    line = parse(text)
    if target is None or line.kind is not InputKind.AIRFLOW or line.problem is not None:
        return None
    own = understand(line, target)
    spoken = None if _accepts(own) else _spoken_command(line, own)
    if spoken is None or spoken.command is None:
        return None
    found = _translation(spoken, spoken.command, target)
    same = found.text is not None and parse(found.text).values == line.values
    return None if same else found


def translated_line(text: str, target: Grammar | None) -> str:
    """Return the line in the target's words, else unchanged."""
    found = translate(text, target)
    return found.text if found is not None and found.text else text


# -- the version whose words a line is in ------------------------------------------------------------------------------


def _accepts(understanding: ParsedCommand) -> bool:
    """Return whether a version takes the line and each word. Some take ``-hn`` for ``-h``."""
    asks = any(part.argument is HELP for part in understanding.parts)
    known = understanding.command is not None or asks
    return known and not _strange(understanding) and validate(understanding) is None


def _spoken_command(line: ParsedLine, own: ParsedCommand) -> ParsedCommand | None:
    """Return the reading of the first version that takes the line, else the closest."""
    best: ParsedCommand | None = None
    for version in _versions_by_distance(own.grammar.version):
        there = understand(line, load_grammar(version))
        if there.command is None or not _knows_more(there, there.command, own):
            continue
        if _accepts(there):
            return there
        if best is None or _strange(there) < _strange(best):
            best = there
    return best


def _versions_by_distance(target: Version) -> list[Version]:
    """Return the versions to try: the newest of each major, then the others."""
    others = [version for version in versions() if version != target]
    newest = {version.major: version for version in others}
    return sorted(
        others,
        key=lambda one: (newest[one.major] != one, abs(one.major - target.major), one.major, [-part for part in one]),
    )


def _knows_more(there: ParsedCommand, command: Command, own: ParsedCommand) -> bool:
    """Return whether a version reads more of a line than the target does."""
    if own.command is not None:
        return _strange(there) < _strange(own)
    groups = sum(part.role is Role.GROUP for part in own.parts)
    return not _strange(there) or len(command.name.split()) > groups


def _strange(understanding: ParsedCommand) -> int:
    return sum(part.role is Role.EXTRA for part in understanding.parts)


# -- the line in the words of the target -------------------------------------------------------------------------------


def _translation(source: ParsedCommand, command: Command, target: Grammar) -> Translation:
    given = arguments_of(source)
    keys = frozenset(key_of(one.argument, one.flag) for one in given if one.argument is not None)
    operation, name = table().operation(command.name, keys)
    found = operation.name_in(target)
    if found is None:
        return Translation(None, tuple(_nothing(name, target.version)))
    return _Translator(source, target, operation, name, *found, keys).translation(given)


def _nothing(name: CommandName, target: Version) -> Iterator[str]:
    """Yield a note that the target lacks the command, and advice."""
    have = [version for version in versions() if load_grammar(version).named(name.command) is not None]
    later = [version for version in have if version > target]
    when = f"{later[0]} is the first" if later else f"{have[-1]} was the last"
    yield f"{name} is not in Airflow {target}: of MWAA's versions, {when} to have it"
    advice = table().advice(name.command, target.major)
    if advice is not None:
        yield advice


@dataclass(frozen=True, slots=True)
class UnmappedArgument:
    """An argument that found no place."""

    flag: str  #: as typed; the name of a positional
    key: str
    value: str  #: the first of its values
    verb: bool  #: it makes the line another command


@dataclass(slots=True)
class _Translator:
    """A translator of one line into the words of another Airflow."""

    source: ParsedCommand
    target: Grammar
    operation: Operation
    name: CommandName  #: of the operation in the source
    there: CommandName  #: and in the target
    command: Command  #: of the target
    keys: frozenset[str]  #: of all arguments of the source
    renamed: list[str] = field(default_factory=list)  #: "-e is -l"
    filled: list[str] = field(default_factory=list)  #: notes on arguments that were added
    lost: list[UnmappedArgument] = field(default_factory=list)

    def translation(self, given: list[TypedArgument]) -> Translation:
        arguments = self._arguments(given)
        arguments = [*self._selectors(arguments), *arguments]
        arguments += self._filled(arguments)
        text = line_of(self.command, arguments, self.target)
        understood = understand(parse(text), self.target)
        needed = self._needed(knowledge.given_in(understood))
        if needed:  # there is nothing to run
            reasons = (self._reason(loss, lost) for loss, lost in needed.items())
            return Translation(None, (*reasons, *self._advice([one for lost in needed.values() for one in lost])))
        notes, details = self._called()
        problem = validate(understood)
        if problem is not None:
            notes.append(problem.message)
        elif any(one.argument is None for one in arguments):
            known = f"{self.name.command} does not know in Airflow {self.source.grammar.version}"
            notes.append(f"what {known} either is left as it is")
        notes += self._left_out()
        details += self._advice(self.lost)
        line = self.source.line
        behind = line.text[line.words[-1].end :].rstrip("\r\n")
        if not line.destination and "#" not in behind:
            wanting = understood.missing and all(one.argument is not HELP for one in arguments)
            behind = " " if wanting else ""
        return Translation(text + behind, tuple(notes), tuple(details))

    # -- arguments

    def _arguments(self, given: list[TypedArgument]) -> list[TypedArgument]:
        found: list[TypedArgument] = []
        for one in given:
            if one.argument is None or one.argument is HELP:
                found.append(one)
                continue
            key = key_of(one.argument, one.flag)
            place = self.operation.place(key, one.values[0].text if one.values else "", self.command)
            if place is not None and not (place.value and _have(found, place)):
                self._put(one, place, found)
            elif place is not None or key not in self.name.selectors or one.values:
                value = one.values[0].text if one.values else ""
                verb = table().is_verb(self.name.command, key)
                self.lost.append(UnmappedArgument(one.flag or key, key, value, verb))
        return found

    def _put(self, one: TypedArgument, place: ArgumentPlace, found: list[TypedArgument]) -> None:
        """Add the counterpart of an argument to the arguments found."""
        option = place.arguments[0]
        if isinstance(option, Positional):
            pairs = zip(place.arguments, one.values, strict=False)
            found += [TypedArgument(positional, values=[value]) for positional, value in pairs]
            if one.flag and one.argument and key_of(one.argument, one.flag) not in self.name.selectors:
                self.renamed.append(f"{one.flag} is the argument {option.name}")
        elif isinstance(one.argument, Positional) and isinstance(option.nargs, int) and _have(found, place):
            next(other for other in found if other.argument == option).values.extend(one.values)
        else:
            flag = _flag(option, one.flag, place.key)
            values = [TypedValue(place.value, place.value)] if place.value else one.values if option.takes_value else []
            found.append(TypedArgument(option, flag, list(values), one.joined))
            if place.key not in self.there.selectors:
                self._note(one, option, f"{flag} {place.value}" if place.value else flag)

    def _note(self, one: TypedArgument, option: Option, now: str) -> None:
        """Note the new name of an argument."""
        typed = " ".join(one.words()) if one.values and not option.takes_value else one.flag
        typed = typed or key_of(one.argument or option)
        if typed.replace("_", "-") != now.replace("_", "-"):
            self.renamed.append(f"{typed} is {now}")
        elif typed != now:
            self.renamed.append(f"flags have {'underscores' if '_' in now else 'hyphens'}")

    def _selectors(self, arguments: list[TypedArgument]) -> Iterator[TypedArgument]:
        """Yield the selecting flags of the command that no argument became."""
        for selector in self.there.selectors:
            option = argument_of(self.command, selector)
            if isinstance(option, Option) and all(one.argument != option for one in arguments):
                yield TypedArgument(option, _flag(option, "", selector))

    def _filled(self, arguments: list[TypedArgument]) -> list[TypedArgument]:
        """Return required arguments that the other version took from another argument."""
        values = {key_of(one.argument): one.values for one in arguments if one.argument is not None}
        found: list[TypedArgument] = []
        for key, other in self.operation.fill.items():
            option = argument_of(self.command, key)
            if isinstance(option, Option) and option.required and key not in values and other in values:
                found.append(TypedArgument(option, _flag(option, "", key), list(values[other])))
                self.filled.append(f"{key} has the value of {other}, as {self.name} takes it")
        return found

    def _needed(self, given: frozenset[str]) -> dict[str, list[UnmappedArgument]]:
        """Return the lost arguments that the line requires, by the reason."""
        reads = knowledge.danger(self.command.name, self.target.version, given).level is knowledge.Level.READ
        names, major = (self.name.command, self.there.command), self.target.version.major
        found: dict[str, list[UnmappedArgument]] = {}
        for one in self.lost:
            need = table().need(names, one.key, one.value, major, self.keys)
            if one.verb:
                found.setdefault("only half would be done, so write a line for each", []).append(one)
            elif need is not None and (need.commands or not reads):
                found.setdefault(need.text, []).append(one)
        return found

    # -- notes

    @property
    def _here(self) -> str:
        version = self.target.version
        return f"Airflow {version if version.major == self.source.grammar.version.major else version.major}"

    def _called(self) -> tuple[list[str], list[str]]:
        """Return notes on new names of the command and its arguments, and details."""
        notes = [f"{self.name} is called {self.there} in {self._here}"] if self.name != self.there else []
        names = re.sub("^flags", "Flags", ", ".join(dict.fromkeys(self.renamed)))
        renamed = [f"{names}{'' if notes else f' in {self._here}'}"]
        renamed = [*(renamed if self.renamed else []), *self.filled]
        known = self.operation.notes_on(self.there, self.target.version.major)
        if not known or self.name.command == self.there.command:
            return [*notes, *renamed], []
        return [*notes, known[0]], [*renamed, *known[1:]]

    def _left_out(self) -> Iterator[str]:
        """Yield a note on arguments without a place in the target."""
        if self.lost:
            flags, several = _all(one.flag for one in self.lost)
            here = "" if self.name != self.there else f" in {self._here}"
            them = "them" if several else "it"
            yield f"{flags} {'are' if several else 'is'} left out: {self.there} has nothing for {them}{here}"

    def _reason(self, loss: str, lost: list[UnmappedArgument]) -> str:
        """Return why there is nothing to run."""
        flags, several = _all(one.flag for one in lost)
        without = "without them" if several else "without it"
        return f"{self.there} has nothing for {flags} in {self._here}: {without}, {loss}"

    def _advice(self, lost: list[UnmappedArgument]) -> list[str]:
        """Return advice on arguments without a place in the target."""
        major = self.target.version.major
        found = (table().advice_without(one.key, self.command.name, major) for one in lost)
        return list(dict.fromkeys(text for text in found if text is not None))


def _all(flags: Iterable[str]) -> tuple[str, bool]:
    """Return flags as a list in a sentence, and whether they are several."""
    *first, last = dict.fromkeys(flags)
    return (f"{', '.join(first)} and {last}", True) if first else (last, False)


def _have(found: list[TypedArgument], place: ArgumentPlace) -> bool:
    return any(one.argument == place.arguments[0] for one in found)


def _flag(option: Option, typed: str, key: str) -> str:
    """Return the flag to write: as typed, short for a short one, else ``key``."""
    if typed in option.flags:
        return typed
    short = [flag for flag in option.flags if not flag.startswith("--")]
    if typed and not typed.startswith("--") and short:
        return short[0]
    return next(flag for flag in option.flags if flag.replace("_", "-") == key)


# -- typed arguments ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TypedValue:
    """A value, and how it is typed."""

    text: str
    typed: str

    @property
    def dashed(self) -> bool:
        """Return whether argparse may take it for a flag."""
        return len(self.text) > 1 and self.text.startswith("-")


@dataclass(slots=True)
class TypedArgument:
    """One argument of a line."""

    argument: Option | Positional | None  #: ``None`` for a word that is no argument of the command
    flag: str = ""  #: written out; empty for a positional
    values: list[TypedValue] = field(default_factory=list)
    joined: bool = False  #: as in --flag=value

    def words(self) -> Iterator[str]:
        """Yield the words as they are typed."""
        if self.flag and self.values and (self.joined or self.values[0].dashed):
            yield f"{self.flag}={self.values[0].typed}"
            yield from (value.typed for value in self.values[1:])
            return
        if self.flag:
            yield self.flag
        yield from (value.typed for value in self.values)


def arguments_of(understanding: ParsedCommand) -> list[TypedArgument]:
    """Return the arguments of the command in the order of the line."""
    found: list[TypedArgument] = []
    for part in understanding.parts:
        value = TypedValue(part.value, _typed(understanding.line.text, part))
        if part.role is Role.FLAG and isinstance(part.argument, Option):
            found.append(TypedArgument(part.argument, _written_out(part.argument, part.value)))
        elif part.role is Role.VALUE and found:
            found[-1].values.append(value)
            found[-1].joined |= part.word.start < part.start and found[-1].flag.startswith("--")
        elif part.role is Role.POSITIONAL:
            found.append(TypedArgument(part.argument, values=[value]))
        elif part.role is Role.EXTRA:
            found.append(TypedArgument(None, values=[value]))
    return found


def line_of(command: Command, arguments: Sequence[TypedArgument], grammar: Grammar) -> str:
    """Return the line with its arguments in an order that Airflow reads as meant."""
    lines = [" ".join([command.name, *words]) for words in _orders(command, arguments)]
    meant = _meaning((one.argument, value.text) for one in arguments for value in one.values)
    reads = (line for line in lines if _meaning(_read(line, grammar)) == meant)
    return next(reads, lines[0])


def _written_out(option: Option, typed: str) -> str:
    """Return the flag that was typed, perhaps shortened, or as a letter of several."""
    flag = typed if typed.startswith("-") else f"-{typed}"
    return flag if flag in option.flags else next((one for one in option.flags if one.startswith(flag)), flag)


def _typed(text: str, part: ArgumentSpan) -> str:
    typed = text[part.start : part.end]
    words, end, problem = split(typed)
    alone = problem is None and end == len(typed) and [word.value for word in words] == [part.value]
    return typed if alone else quote(part.value)


def _orders(command: Command, arguments: Sequence[TypedArgument]) -> Iterator[list[str]]:
    """Yield the words as typed, with positionals first, and with them after ``--``."""
    places = [one for one in arguments if isinstance(one.argument, Positional)]
    places.sort(key=lambda one: command.positionals.index(one.argument) if one.argument in command.positionals else 0)
    others = [one for one in arguments if not isinstance(one.argument, Positional)]
    waiting = iter(places)
    typed = [next(waiting) if isinstance(one.argument, Positional) else one for one in arguments]
    yield _words(typed)
    yield _words([*places, *others])
    yield [*_words(others), "--", *_words(places)]


def _words(arguments: Sequence[TypedArgument]) -> list[str]:
    return [word for one in arguments for word in one.words()]


def _read(line: str, grammar: Grammar) -> Iterator[tuple[Option | Positional | None, str]]:
    for part in understand(parse(line), grammar).parts:
        if part.role in (Role.VALUE, Role.POSITIONAL, Role.EXTRA):
            yield part.argument, part.value


def _meaning(values: Iterator[tuple[Option | Positional | None, str]]) -> dict[str, list[str]]:
    """Return the values of each argument."""
    found: dict[str, list[str]] = {}
    for argument, value in values:
        found.setdefault(names_of(argument)[0] if argument else "", []).append(value)
    return found


# -- files -------------------------------------------------------------------------------------------------------------


class TranslatedLine(NamedTuple):
    """One logical line of a file, and its replacement."""

    number: int  #: of the first, from 1
    lines: tuple[str, ...]  #: the new lines without ends; the same if nothing changes
    problem: str = ""  #: why the user has to edit the lines; empty for good ones


def translate_file(lines: Sequence[str], target: Grammar) -> list[TranslatedLine]:
    """Return every line of a file, in order.

    Comments, blank lines, dot-commands and what the target understands stay as they are, byte for byte but for the end
    of the line. A translated line loses its continuations and keeps its indentation, ``airflow`` in front and what
    follows a ``|`` or ``>``. A line that has no translation is kept as a comment.
    """
    plain = [line.rstrip("\r\n") for line in lines]
    logical = list(logical_lines(plain))
    ends = [*(number for number, _ in logical[1:]), len(plain) + 1]
    return [
        _translated(number, plain[number - 1 : end - 1], text, target)
        for (number, text), end in zip(logical, ends, strict=False)
    ]


def _translated(number: int, original: Sequence[str], text: str, target: Grammar) -> TranslatedLine:
    found = translate(text, target)
    if found is None:
        return TranslatedLine(number, tuple(original), _problem(text, target))
    indent = text[: len(text) - len(text.lstrip())]
    notes = tuple(f"{indent}# {note}" for note in (*found.notes, *found.details))
    if found.text is None:
        return TranslatedLine(number, (*notes, *(f"# {line}" for line in original)), ". ".join(found.notes))
    new = text[: parse(text).words[0].start] + found.text.rstrip()
    return TranslatedLine(number, (*notes, *new.split("\n")), _problem(new, target))


def _problem(text: str, target: Grammar) -> str:
    """Return why the target refuses a line; empty for a good one."""
    line = parse(text)
    problem = validate(understand(line, target)) if line.kind is InputKind.AIRFLOW else None
    return with_hint(problem.message, problem.hint) if problem is not None else ""
