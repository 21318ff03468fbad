"""Arguments of a line that is translated: each value keeps the quotes that it was typed in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mwaa_shell.airflow.arguments import ParsedCommand, Part, Role, names_of, understand
from mwaa_shell.airflow.command_line import parse, quote, split
from mwaa_shell.airflow.grammar import Command, Grammar, Option, Positional


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

    argument: Option | Positional | None  #: None for what is no argument of the command
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
    """Return what follows the command, in the order of the line."""
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
    """Return the line: in the order of the arguments if that reads as is meant, else in one that does."""
    lines = [" ".join([command.name, *words]) for words in _orders(command, arguments)]
    meant = _meaning((one.argument, value.text) for one in arguments for value in one.values)
    reads = (line for line in lines if _meaning(_read(line, grammar)) == meant)
    return next(reads, lines[0])


def _written_out(option: Option, typed: str) -> str:
    """Return the flag that was typed, perhaps shortened, or as a letter of several."""
    flag = typed if typed.startswith("-") else f"-{typed}"
    return flag if flag in option.flags else next((one for one in option.flags if one.startswith(flag)), flag)


def _typed(text: str, part: Part) -> str:
    typed = text[part.start : part.end]
    words, end, problem = split(typed)
    alone = problem is None and end == len(typed) and [word.value for word in words] == [part.value]
    return typed if alone else quote(part.value)


def _orders(command: Command, arguments: Sequence[TypedArgument]) -> Iterator[list[str]]:
    """Yield the words as typed, then with positionals first, then with positionals after a separator."""
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
