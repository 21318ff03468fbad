"""A line in the words of another Airflow, said in the words of this one.

Which version a line was written for is found by reading it against the command trees of the others. What differs
between them is data (``translation_table``); what is called the same is read off the trees. A line is only translated
as far as nothing it would do is added to it: what would do more than was asked has no translation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from mwaa_shell.airflow import knowledge
from mwaa_shell.airflow.command_line import Kind, ParsedLine, parse
from mwaa_shell.airflow.grammar import Command, Grammar, Option, Positional, load, versions
from mwaa_shell.airflow.translation_table import Deed, Name, Place, argument_of, key_of, table
from mwaa_shell.airflow.translation_words import Argument, Value, arguments_of, line_of
from mwaa_shell.airflow.understanding import HELP, Role, Understanding, understand
from mwaa_shell.airflow.validation import validate
from mwaa_shell.airflow.versions import Version


@dataclass(frozen=True, slots=True)
class Translation:
    """What a line is in the words of another Airflow."""

    text: str | None  #: None where there is nothing for it, or where all there is would do more
    notes: tuple[str, ...]  #: a sentence each, without a full stop; they show no value but one that is refused
    spoken: str  #: the version whose words the line is in, such as "1.10.12"
    complete: bool  #: every word found its place, and the target takes the line if the other version does


def translate(text: str, target: Grammar) -> Translation | None:
    """The line in the target's words; None where it understands the line, and where no version does. Never raises."""
    line = parse(text)
    if line.kind is not Kind.AIRFLOW or line.problem is not None:
        return None
    own = understand(line, target)
    source = None if _accepts(own) else _source(line, own)
    if source is None or source.command is None:
        return None
    found = _translation(source, source.command, target)
    same = found.text is not None and parse(found.text).values == line.values
    return None if same else found


# -- which version's words a line is in --------------------------------------------------------------------------------


def _accepts(understanding: Understanding) -> bool:
    """Whether a version takes the line and each word of it: what ``-hn`` is to Airflow 1, others take for ``-h``."""
    asks = any(part.argument is HELP for part in understanding.parts)
    known = understanding.command is not None or asks
    return known and not _strange(understanding) and validate(understanding) is None


def _source(line: ParsedLine, own: Understanding) -> Understanding | None:
    """The line as the first version reads it that takes it, else as the one that has the fewest words to spare."""
    best: Understanding | None = None
    for version in _order(own.grammar.version):
        there = understand(line, load(version))
        if there.command is None or not _knows_more(there, there.command, own):
            continue
        if _accepts(there):
            return there
        if best is None or _strange(there) < _strange(best):
            best = there
    return best


def _order(target: Version) -> list[Version]:
    """The newest of each major first, then all others: most lines are found without reading every tree."""
    others = [version for version in versions() if version != target]
    newest = {version.major: version for version in others}
    return sorted(
        others,
        key=lambda one: (newest[one.major] != one, abs(one.major - target.major), one.major, [-part for part in one]),
    )


def _knows_more(there: Understanding, command: Command, own: Understanding) -> bool:
    """Whether a version makes more of a line: not where it takes a mistyped command of a group for a value."""
    if own.command is not None:
        return _strange(there) < _strange(own)
    groups = sum(part.role is Role.GROUP for part in own.parts)
    return not _strange(there) or len(command.name.split()) > groups


def _strange(understanding: Understanding) -> int:
    return sum(part.role is Role.EXTRA for part in understanding.parts)


# -- what it is in the target's ----------------------------------------------------------------------------------------


def _translation(source: Understanding, command: Command, target: Grammar) -> Translation:
    given = arguments_of(source)
    keys = frozenset(key_of(one.argument, one.flag) for one in given if one.argument is not None)
    deed, name = table().deed(command.name, keys)
    found = deed.name_in(target)
    if found is None:
        spoken = str(source.grammar.version)
        return Translation(None, tuple(_nothing(name, target.version)), spoken, complete=False)
    return _Translator(source, target, deed, name, *found).translation(given)


def _nothing(name: Name, target: Version) -> Iterator[str]:
    """That the target has no such command, and what to do instead."""
    have = [version for version in versions() if load(version).named(name.command) is not None]
    later = [version for version in have if version > target]
    when = f"{later[0]} is the first" if later else f"{have[-1]} was the last"
    yield f"{name} is not in Airflow {target}: of MWAA's versions, {when} to have it"
    advice = table().advice(name.command, target.major)
    if advice is not None:
        yield advice


@dataclass(slots=True)
class _Translator:
    """Says one line in the target's words."""

    source: Understanding
    target: Grammar
    deed: Deed
    name: Name  #: of the deed in the source
    there: Name  #: and in the target
    command: Command  #: of the target
    renamed: list[str] = field(default_factory=list)  #: "-e is -l"
    filled: list[str] = field(default_factory=list)  #: notes on arguments that were added
    lost: list[tuple[str, str]] = field(default_factory=list)  #: flags or names of arguments without place, with keys

    def translation(self, given: list[Argument]) -> Translation:
        arguments = self._arguments(given)
        arguments = [*self._selectors(arguments), *arguments]
        arguments += self._filled(arguments)
        narrowed = self._narrowed(arguments)
        notes = [*self._called(), *self._left_out(narrowed)]
        if narrowed:
            return Translation(None, tuple(notes), str(self.source.grammar.version), complete=False)
        return self._written(arguments, notes)

    def _written(self, arguments: list[Argument], notes: list[str]) -> Translation:
        line = self.source.line
        text = line_of(self.command, arguments, self.target)
        understood = understand(parse(text), self.target)
        problem = validate(understood) if validate(self.source) is None else None
        strange = any(one.argument is None for one in arguments)
        if strange:
            known = f"{self.name.command} does not know in Airflow {self.source.grammar.version}"
            notes.append(f"What {known} either is left as it is")
        if problem is not None:
            notes.append(problem.message)
        wanting = understood.missing and all(one.argument is not HELP for one in arguments)
        behind = line.text[line.words[-1].end :].rstrip("\r\n") if line.destination else " " if wanting else ""
        complete = not self.lost and not strange and problem is None
        return Translation(text + behind, tuple(notes), str(self.source.grammar.version), complete)

    # -- arguments

    def _arguments(self, given: list[Argument]) -> list[Argument]:
        found: list[Argument] = []
        for one in given:
            if one.argument is None or one.argument is HELP:
                found.append(one)
                continue
            key = key_of(one.argument, one.flag)
            place = self.deed.place(key, one.values[0].text if one.values else "", self.command)
            if place is not None and not (place.value and _have(found, place)):
                self._put(one, place, found)
            elif place is not None or key not in self.name.selectors or one.values:
                self.lost.append((one.flag or key, key))
        return found

    def _put(self, one: Argument, place: Place, found: list[Argument]) -> None:
        """Add what an argument becomes to those that are found."""
        option = place.arguments[0]
        if isinstance(option, Positional):
            pairs = zip(place.arguments, one.values, strict=False)
            found += [Argument(positional, values=[value]) for positional, value in pairs]
            if one.flag and one.argument and key_of(one.argument, one.flag) not in self.name.selectors:
                self.renamed.append(f"{one.flag} is the argument {option.name}")
        elif isinstance(one.argument, Positional) and isinstance(option.nargs, int) and _have(found, place):
            next(other for other in found if other.argument == option).values.extend(one.values)
        else:
            flag = _flag(option, one.flag, place.key)
            values = [Value(place.value, place.value)] if place.value else one.values if option.takes_value else []
            found.append(Argument(option, flag, list(values), one.joined))
            if place.key not in self.there.selectors:
                self._note(one, option, f"{flag} {place.value}" if place.value else flag)

    def _note(self, one: Argument, option: Option, now: str) -> None:
        """Keep in mind what an argument is called now."""
        typed = " ".join(one.words()) if one.values and not option.takes_value else one.flag
        typed = typed or key_of(one.argument or option)
        if typed.replace("_", "-") != now.replace("_", "-"):
            self.renamed.append(f"{typed} is {now}")
        elif typed != now:
            self.renamed.append(f"flags have {'underscores' if '_' in now else 'hyphens'}")

    def _selectors(self, arguments: list[Argument]) -> Iterator[Argument]:
        """The flags that make the command what is meant, if no argument became one."""
        for selector in self.there.selectors:
            option = argument_of(self.command, selector)
            if isinstance(option, Option) and all(one.argument != option for one in arguments):
                yield Argument(option, _flag(option, "", selector))

    def _filled(self, arguments: list[Argument]) -> list[Argument]:
        """What the target wants to be told and the other version took from another argument."""
        values = {key_of(one.argument): one.values for one in arguments if one.argument is not None}
        found: list[Argument] = []
        for key, other in self.deed.fill.items():
            option = argument_of(self.command, key)
            if isinstance(option, Option) and option.required and key not in values and other in values:
                found.append(Argument(option, _flag(option, "", key), list(values[other])))
                self.filled.append(f"{key} has the value of {other}, as {self.name} takes it")
        return found

    def _narrowed(self, arguments: list[Argument]) -> frozenset[str]:
        """The keys of what is lost without which a line that changes something would do more than was asked."""
        words = [word for one in arguments for word in (one.flag, *(value.text for value in one.values)) if word]
        level = knowledge.danger(self.command.name, self.target.version, words).level
        lost = table().narrowing.intersection(key for _, key in self.lost)
        return frozenset() if level is knowledge.Level.READ else lost

    # -- notes

    @property
    def _here(self) -> str:
        version = self.target.version
        return f"Airflow {version if version.major == self.source.grammar.version.major else version.major}"

    def _called(self) -> Iterator[str]:
        """What the command and its arguments are called here, and what to know of the command."""
        if self.name != self.there:
            yield f"{self.name} is called {self.there} in {self._here}"
        if self.renamed:
            yield f"In {self._here}, {', '.join(dict.fromkeys(self.renamed))}"
        yield from self.filled
        note = self.deed.notes.get(str(self.target.version.major))
        if note is not None and self.name.command != self.there.command:
            yield note

    def _left_out(self, narrowed: frozenset[str]) -> Iterator[str]:
        """What found no place, and what to know about it."""
        advice: dict[str, None] = {}
        for flag, key in self.lost:
            more = "without it, more would be done than was asked" if key in narrowed else "it is left out"
            yield f"{self.there} has nothing for {flag} in {self._here}: {more}"
            known = table().advice_without(key, self.command.name, self.target.version.major)
            advice |= {known: None} if known else {}
        yield from advice


def _have(found: list[Argument], place: Place) -> bool:
    return any(one.argument == place.arguments[0] for one in found)


def _flag(option: Option, typed: str, key: str) -> str:
    """The flag to write: as typed, else a short one for a short one, else the one that the place names."""
    if typed in option.flags:
        return typed
    short = [flag for flag in option.flags if not flag.startswith("--")]
    if typed and not typed.startswith("--") and short:
        return short[0]
    return next(flag for flag in option.flags if flag.replace("_", "-") == key)
