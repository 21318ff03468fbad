"""Completion: the arguments expected at the cursor, and candidates, best first. Pure.

The line is read again without the word under the cursor, and with an argument in its place that is no command: how that
is read is what is expected. Candidates are groups, commands, flags and choices of one Airflow, and the names of an
environment, which come in as a function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

from mwaa_shell.airflow import command_line, knowledge
from mwaa_shell.airflow.arguments import ArgumentSpan, ParsedCommand, Role, fewest, understand
from mwaa_shell.airflow.command_line import ParsedLine, Word, parse, quote, split
from mwaa_shell.airflow.grammar import Command, Grammar, Option, Positional, tree_for
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.matching import PREFIX, SCATTERED, best, rank
from mwaa_shell.airflow.validation import suggest_command
from mwaa_shell.airflow.versions import Version

#: The most candidates in a menu, whose cost grows with them.
LIMIT = 60


@dataclass(frozen=True, slots=True)
class ExpectsCommand:
    """A group or a command may be here, after the words of a group."""

    words_before: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExpectsFlag:
    """A flag of the command may be here."""

    command: Command


@dataclass(frozen=True, slots=True)
class ExpectsValue:
    """A value of the argument goes here."""

    argument: Option | Positional


Expected = ExpectsCommand | ExpectsFlag | ExpectsValue


@dataclass(frozen=True, slots=True)
class CursorContext:
    """The arguments expected at the cursor. Comments, dot-commands and local commands have none."""

    start: int  #: of the word under the cursor, or of its value's or flag's part; else the cursor itself
    end: int
    fragment: str  #: the word, or its part, from its start to the cursor and without quotes
    quote: str  #: the quote that is open at the cursor, or nothing
    expects: tuple[Expected, ...]  #: the likeliest first
    without: ParsedCommand  #: of the line without the word under the cursor


def cursor_context(understanding: ParsedCommand, cursor: int) -> CursorContext:
    """Return the arguments expected at the cursor, anywhere in a line. Never raises."""
    line = understanding.line
    cursor = max(0, min(cursor, len(line.text)))
    begun, end, problem = split(line.text[:cursor])
    word = next((word for word in line.words if word.start <= cursor <= word.end), None)
    before, after = _around(line, word, cursor)
    context = CursorContext(
        start=cursor if word is None else word.start,
        end=cursor if word is None else word.end,
        fragment=begun[-1].value if begun and (begun[-1].end == cursor or problem is not None) else "",
        quote=line.text[problem.position].strip("\\") if problem is not None else "",
        expects=(),
        without=understand(line._replace(words=before + after), understanding.grammar),
    )
    is_comment = line.kind is command_line.InputKind.BLANK and not line.text.isspace() and line.text
    if (
        line.kind is command_line.InputKind.DOT_COMMAND
        or is_comment
        or end < cursor
        or (word is None and context.fragment)
    ):
        return context
    pieces = [part for part in understanding.parts if part.word is word]
    if len(pieces) > 1 and pieces[-1].role is not Role.FLAG:
        return _in_pieces(understanding, context, pieces, cursor)
    probe = Word("\n", cursor, cursor)  # any argument that is no command
    line = line._replace(kind=command_line.InputKind.AIRFLOW, words=(*before, probe, *after))
    return replace(context, expects=_expects(understand(line, understanding.grammar), probe, context.fragment))


def _around(line: ParsedLine, word: Word | None, cursor: int) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """Return the words before and after the word at the cursor, without ``airflow``."""
    words = tuple(one for one in line.words if one is not word)
    if word is None and len(words) == 1 and words[0].value == "airflow":
        return (), ()
    before = tuple(one for one in words if one.start < cursor)
    return before, words[len(before) :]


def _in_pieces(
    understanding: ParsedCommand, context: CursorContext, pieces: Sequence[ArgumentSpan], cursor: int
) -> CursorContext:
    """Return the context in a flag and its joined value, each a place of its own."""
    last, command = pieces[-1], understanding.command
    if cursor < last.start:
        return replace(context, end=pieces[-2].end, expects=(ExpectsFlag(command),) if command else ())
    expects = (ExpectsValue(last.argument),) if last.role is Role.VALUE and isinstance(last.argument, Option) else ()
    fragment = context.fragment[len(last.word.value) - len(last.value) :]
    return replace(context, start=last.start, end=last.end, fragment=fragment, expects=expects)


def _expects(probed: ParsedCommand, probe: Word, fragment: str) -> tuple[Expected, ...]:
    """Return the argument in place of the probe, and a flag if one may be there."""
    index = next((index for index, part in enumerate(probed.parts) if part.word == probe), None)
    if index is None:
        return ()
    before, part = probed.parts[:index], probed.parts[index]
    if probed.command is None:
        return (ExpectsCommand(tuple(one.value for one in before if one.role is Role.GROUP)),)
    flag: tuple[Expected, ...] = (ExpectsFlag(probed.command),)
    arguments = [one.role for one in before][next(i for i, one in enumerate(before) if one.role is Role.COMMAND) :]
    if isinstance(part.argument, Option):
        values = next(count for count, role in enumerate(reversed(arguments)) if role is Role.FLAG)
        if values < fewest(part.argument.nargs):
            return (ExpectsValue(part.argument),)
    elif Role.SEPARATOR in arguments:
        flag = ()
    if flag and fragment.startswith("-"):
        return flag
    if part.argument is None:
        return flag
    return (ExpectsValue(part.argument), *flag)


# -- candidates --------------------------------------------------------------------------------------------------------


class NameMatch(NamedTuple):
    """A name that an environment has, best first among others."""

    text: str
    summary: str = ""
    state: str = ""


#: The names of a kind (of a DAG, for its tasks and runs) that fit a fragment, and how many more there are.
Names = Callable[[Kind, str, str], tuple[Sequence[NameMatch], int]]


def no_names(kind: Kind, dag: str, fragment: str) -> tuple[Sequence[NameMatch], int]:
    """Return no names: for an environment without cached names."""
    return (), 0


class Suggestion(NamedTuple):
    """One candidate: ``text`` replaces the span from ``start`` to ``end``."""

    text: str
    start: int
    end: int
    display: str  #: the text in the menu, such as a flag with its argument
    summary: str = ""
    required: bool = False
    state: str = ""  #: of a run, or of a DAG's last one
    doubt: str = ""  #: why MWAA would refuse it, as far as that was seen


class SyntaxPart(NamedTuple):
    """A piece of a command's syntax, as the hint shows it."""

    text: str
    given: bool  #: it is in the line already
    current: bool = False  #: the cursor is at it


def suggest(text: str, cursor: int, grammar: Grammar, names: Names = no_names) -> list[Suggestion]:
    """Return the candidates for the word under the cursor."""
    context = cursor_context(understand(parse(text), grammar), cursor)
    found: list[Suggestion] = []
    for expected in context.expects:
        if isinstance(expected, ExpectsFlag) and len(context.expects) > 1 and context.fragment[:1] not in ("", "-"):
            continue  # the typed text is a value, not a flag
        found += _named(expected, context, names)
        found += best(context.fragment, _candidates(expected, context, grammar), lambda one: one.text)
    found = [*_meant(found, context, grammar), *found]
    found.sort(key=lambda one: bool(one.doubt) and one.text != context.fragment)  # stable: refused commands come last
    return found[:LIMIT]


def syntax_hint(understanding: ParsedCommand, cursor: int | None = None) -> list[SyntaxPart]:
    """Return the syntax of a command being typed, with its given and current parts."""
    command = understanding.command
    if command is None:
        return []
    current = None if cursor is None else _argument_at(understanding, cursor)
    optional = [one for one in command.options if not one.required]
    told = [one for one in optional if one.flags[0] in understanding.given or one is current]

    def piece(text: str, argument: Option | Positional) -> SyntaxPart:
        name = argument.flags[0] if isinstance(argument, Option) else argument.name
        return SyntaxPart(text, name in understanding.given, argument is current)

    pieces = [SyntaxPart(command.name, given=True)]
    pieces += [piece(usage_of(one), one) for one in command.options if one.required]
    pieces += [piece(f"[{usage_of(one)}]", one) for one in told]
    if len(told) < len(optional):
        pieces.append(SyntaxPart("[...]", given=False))
    return pieces + [piece(usage_of(one), one) for one in command.positionals]


def _argument_at(understanding: ParsedCommand, cursor: int) -> Option | Positional | None:
    """Return the argument at the cursor, or the next one."""
    for part in understanding.parts:
        if part.start <= cursor <= part.end and isinstance(part.argument, Option | Positional):
            return part.argument
    for expected in cursor_context(understanding, cursor).expects:
        if isinstance(expected, ExpectsValue):
            return expected.argument
    return None


def usage_of(argument: Option | Positional) -> str:
    """Return an argument as in a usage line: ``-c CONF``, ``DAG_ID``, ``[TASK_ID]``."""
    if isinstance(argument, Positional):
        name = metavar(argument)
        return name if argument.required else f"[{name}]"
    return f"{argument.flags[0]} {metavar(argument)}" if argument.takes_value else argument.flags[0]


def metavar(argument: Option | Positional) -> str:
    """Return the name of an argument's value in usage lines; never a list of choices."""
    name = argument.dest if isinstance(argument, Option) else argument.name
    written = str(argument.metavar or name)
    return (name if written.startswith(("(", "{")) else written).upper()


def _named(expected: Expected, context: CursorContext, names: Names) -> list[Suggestion]:
    """Return the cached names of the environment. The last row counts the names left out."""
    if not isinstance(expected, ExpectsValue) or context.without.command is None:
        return []
    kind = knowledge.argument_kind(context.without.command.name, expected.argument)
    found, more = names(kind, dag_of(context.without), context.fragment)
    made = [_fitted(one.text, context, one.summary, one.state) for one in found]
    if more:
        typed = f"{context.quote}{context.fragment}"
        made.append(Suggestion(typed, context.start, context.end, f"… and {more:,} more", "type on to find them"))
    return made


def dag_of(understanding: ParsedCommand) -> str:
    """Return the DAG that a line is about; nothing where it names none, or several."""
    if understanding.command is None:
        return ""
    name = understanding.command.name
    given = {
        part.value
        for part in understanding.parts
        if part.role in (Role.VALUE, Role.POSITIONAL)
        and part.argument is not None
        and knowledge.argument_kind(name, part.argument) is Kind.DAG
    }
    return given.pop() if len(given) == 1 else ""


def _candidates(expected: Expected, context: CursorContext, grammar: Grammar) -> Iterator[Suggestion]:
    if isinstance(expected, ExpectsCommand):
        return _commands(expected.words_before, context, grammar)
    if isinstance(expected, ExpectsFlag):
        return _flags(expected.command, context)
    return (_fitted(str(one), context) for one in expected.argument.choices or ())


def _commands(before: tuple[str, ...], context: CursorContext, grammar: Grammar) -> Iterator[Suggestion]:
    """Yield the next word of a command. An incomplete first word has whole commands, too."""
    for word in grammar.words_after(before):
        name = " ".join((*before, word))
        summary = knowledge.group_summary(name) if name in grammar.groups else knowledge.command_summary(name)
        yield Suggestion(word, context.start, context.end, word, summary, doubt=_doubt(name, grammar.version))
    if not before and context.fragment:
        for name in grammar.names:
            if " " in name:
                summary = knowledge.command_summary(name)
                yield Suggestion(name, context.start, context.end, name, summary, doubt=_doubt(name, grammar.version))


def _meant(found: Sequence[Suggestion], context: CursorContext, grammar: Grammar) -> Iterator[Suggestion]:
    """Yield the command that a misspelled word may mean, unless names match it."""
    before = next((one.words_before for one in context.expects if isinstance(one, ExpectsCommand)), ())
    word = context.fragment.lower()
    if not before or not word or any((rank(word, one.text) or (PREFIX,))[0] < SCATTERED for one in found):
        return
    meant = suggest_command(grammar, before, word)
    for one in _commands(before, context, grammar):
        if f"{' '.join(before)} {one.text}" == meant and one not in found:
            yield one


@cache
def _doubt(name: str, version: Version) -> str:
    """Return why MWAA refuses a command, or all commands of a group; empty for none."""
    tree = tree_for(version)
    doubts = [_doubt(one, version) for one in tree.below(name)] if tree is not None else []
    if doubts:
        return doubts[0] if all(doubts) else ""
    known = knowledge.mwaa_support(name, version)
    return known.reason if known.refused or known.senseless else ""


def _flags(command: Command, context: CursorContext) -> Iterator[Suggestion]:
    """Yield the flags that may still be given, required flags first."""
    given = context.without.given
    excluded = {
        member
        for group in command.exclusive
        if any(member in given for member in group.members)
        for member in group.members
    }
    for option in sorted(command.options, key=lambda option: not option.required):
        taken = any(flag in given for flag in option.flags) and option.action not in ("append", "count")
        if taken or any(flag in excluded for flag in option.flags):
            continue
        summary = knowledge.argument_summary(command.name, option)
        for flag in _spellings(option, context.fragment):
            yield Suggestion(flag, context.start, context.end, _display(flag, option), summary, option.required)


def _spellings(option: Option, fragment: str) -> list[str]:
    """Return the long flags of an option, else the short ones."""
    if fragment in option.flags:
        return [fragment]
    long = [flag for flag in option.flags if flag.startswith("--")]
    return long or list(option.flags)


def _display(flag: str, option: Option) -> str:
    short = next((one for one in option.flags if not one.startswith("--") and one != flag), "")
    value = f" {metavar(option)}" if option.takes_value else ""
    return f"{flag}{value}" + (f", {short}" if short else "")


def _fitted(text: str, context: CursorContext, summary: str = "", state: str = "") -> Suggestion:
    """Return a value in the quotes that are open, or in those that it needs."""
    quoted = f"{context.quote}{text}{context.quote}" if context.quote else quote(text)
    return Suggestion(quoted, context.start, context.end, text, summary, state=state)
