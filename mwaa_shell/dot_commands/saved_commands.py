"""Directives about named commands: keep a line under a name, run it with values for its parameters.

Nothing secret is kept: in a secret's place stands a parameter. If it gets no value, a mask goes there, and the session
asks for what it stands for, unseen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from mwaa_shell import saved_commands
from mwaa_shell.airflow.command_line import InputKind, parse, quote, split
from mwaa_shell.airflow.completion import suggest
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.secrets.redaction import MASK
from mwaa_shell.dot_commands.registry import ArgumentKind, DotCommand, DotCommandCall, no_words
from mwaa_shell.errors import RefusedByRule, UsageError
from mwaa_shell.names.refresher import name_candidates
from mwaa_shell.result import NextLine, Result, talk
from mwaa_shell.saved_commands import SavedCommand
from mwaa_shell.session import Plan, Session, script

if TYPE_CHECKING:
    from mwaa_shell.airflow.completion import Names

EXAMPLE = ".save nightly \"dags trigger {dag} -c '{conf}'\""
#: Parameters that are a DAG's, also where no command tree says so.
DAGS = ("dag", "dag_id")
#: Names longer than this get a row of their own.
WIDEST = 28


def save(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """Keep a line: one quoted word, or all that stands behind the name, as it was typed."""
    session = call.session
    wanted = _to_save(session, words)
    before = saved_commands.save(saved_commands.default_path(), wanted.name, wanted.line)
    told = [f"Saved in {saved_commands.default_path()}; {wanted.usage} runs it"]
    if before is not None and before.line != wanted.line:
        told.append(f"It was: {before.line}")
    return talk("\n".join(told))


def check_save(plan: Plan, words: tuple[str, ...]) -> None:
    """Raise for what would not be saved; else the lines behind it may run it."""
    session = plan.session
    wanted = _to_save(session, words)
    plan.state.saved[wanted.name] = wanted.line


def _to_save(session: Session, words: tuple[str, ...]) -> SavedCommand:
    text = words[0] if words else ""
    parts = split(text)[0]
    if len(parts) < 2:
        raise UsageError(f".save wants a name and a line, such as {EXAMPLE}")
    line = parts[1].value if len(parts) == 2 else text[parts[1].start :]
    _refuse(session, line.strip())
    return SavedCommand(parts[0].value, line.strip())


def _refuse(session: Session, line: str) -> None:
    """Raise for a line that is none, and for one that holds a secret."""
    parsed = parse(line)
    if parsed.kind is InputKind.BLANK:
        raise UsageError(f".save: there is no command to save, such as {EXAMPLE}")
    if re.search(r"[\r\n]", line):
        raise UsageError(".save: a saved command is one line; .source runs a file of several")
    if parsed.problem is not None:
        raise UsageError(f".save: {parsed.problem.message}, in: {session.rules().masked(line)}")
    if " " in parsed.values[0]:
        raise UsageError(f".save: put quotes around the whole line, such as {EXAMPLE}")
    for span in saved_commands.secrets_of(line, session.grammar, session.secret_words):
        if not saved_commands.parameter_in(span):
            name = span.name or "What is masked"
            raise RefusedByRule(
                f"{name} is a secret, which is not saved: write a parameter in its place, such as {{secret}}"
            )


def do(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """Run a saved line with values for its parameters."""
    session = call.session
    known = saved_commands.load(saved_commands.default_path())
    return Result(brings=(NextLine(_filled(session, words, known), call.context.origin),))


def check_do(plan: Plan, words: tuple[str, ...]) -> None:
    """Raise for a name that is not saved_commands, for wrong parameters and for what would be refused of the line.

    What the lines before it will have saved by then counts.
    """
    session = plan.session
    known = saved_commands.load(saved_commands.default_path())
    for name, line in plan.state.saved.items():
        known.pop(name, None)
        if line is not None:
            known[name] = SavedCommand(name, line)
    plan.check_nested([script.Line(_filled(session, words, known))])


def _filled(session: Session, words: tuple[str, ...], known: Mapping[str, SavedCommand]) -> str:
    if not words:
        raise UsageError(".do: the name of a saved command is missing; .saved lists them")
    found = _find(".do", words[0], known)
    values = _values(words[1:], found)
    for name in set(saved_commands.parameters(found.line)) - set(values):
        if name in saved_commands.secret_parameters_of(found.line, session.grammar, session.secret_words):
            values[name] = MASK
    try:
        return saved_commands.filled(found.line, values)
    except UsageError as error:
        raise UsageError(f".do {found.name}: {error}") from None


def _find(directive: str, name: str, known: Mapping[str, SavedCommand]) -> SavedCommand:
    if name not in known:
        from difflib import get_close_matches

        near = get_close_matches(name, known, 1)
        advice = f"did you mean {near[0]}?" if near else ".saved lists what is"
        raise UsageError(f"{directive}: {name} is not saved in {saved_commands.default_path()}; {advice}")
    return known[name]


def _values(words: Sequence[str], of: SavedCommand) -> dict[str, str]:
    values: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name in values:
            wrong = f"{name} is given twice" if equals else f"{word} is no PARAMETER=VALUE"
            raise UsageError(f".do {of.name}: {wrong}; it takes {saved_commands.takes(of.line) or 'none'}")
        values[name] = value
    return values


def list_saved(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """The saved lines by their names, in the order of their file."""
    no_words(".saved", words)
    found = saved_commands.load(saved_commands.default_path()).values()
    width = min(max((len(one.name) for one in found), default=0), WIDEST)
    rows = [f"{one.name:<{width}}  {one.line}" for one in found]
    return talk("\n".join(rows) or f"Nothing is saved in {saved_commands.default_path()} yet: {EXAMPLE}")


def unsave(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """Keep a line no more, and say what it was."""
    found = _find(".unsave", _only_name(words), saved_commands.load(saved_commands.default_path()))
    saved_commands.remove(saved_commands.default_path(), found.name)
    return talk(f"No longer saved: .save {quote(found.name)} {quote(found.line)}")


def check_unsave(plan: Plan, words: tuple[str, ...]) -> None:
    """Raise for words that make no sense; the lines behind it find nothing under the name."""
    plan.state.saved[_only_name(words)] = None


def _only_name(words: Sequence[str]) -> str:
    if len(words) != 1:
        raise UsageError(".unsave wants the name of one saved command; .saved lists them")
    return words[0]


# -- completion --------------------------------------------------------------------------------------------------------


def candidates(
    session: Session, words_before: list[str], fragment: str, *, asked: bool = False
) -> list[tuple[str, str]]:
    """What fits behind ``.do`` and ``.unsave``, each with what is known of it: names, parameters, their values.

    ``words_before`` begins with the directive; ``asked`` by a key that does nothing else. What fits a fragment is left
    to the caller, but for values. A file that cannot be read offers nothing.
    """
    try:
        known = saved_commands.load(saved_commands.default_path())
    except UsageError:
        return []
    if len(words_before) == 1:
        return [(one.name, one.line) for one in known.values()]
    found = known.get(words_before[1])
    if words_before[0] != ".do" or found is None:
        return []
    given = dict(word.split("=", 1) for word in words_before[2:] if "=" in word)
    if "=" in fragment:
        names = partial(name_candidates, session.live, asked=asked)
        name = fragment.split("=", 1)[0]
        return [(f"{name}={value}", told) for value, told in _fitting(session, found.line, given, fragment, names)]
    unseen = saved_commands.secret_parameters_of(found.line, session.grammar, session.secret_words)
    return [
        (f"{one}=", "asked for, unseen" if one in unseen else "")
        for one in saved_commands.parameters(found.line)
        if one not in given
    ]


def _fitting(
    session: Session, line: str, given: Mapping[str, str], fragment: str, names: Names
) -> Iterable[tuple[str, str]]:
    """The values of a parameter: those that its place in the line has, else the DAGs if it is called one."""
    name, _, begun = fragment.partition("=")
    place = next((one for one in saved_commands.places(line) if one.name == name), None)
    if place is None:
        return ()
    found: dict[str, str] = {}
    if session.grammar is not None and not place.quotes:
        before = saved_commands.put_in(line[: place.start], given) + quote(begun) * bool(begun)
        behind = saved_commands.put_in(line[place.end :], given)
        for one in suggest(before + behind, len(before), session.grammar, names):
            value = split(one.text)[0][0].value
            if one.display == value and not value.startswith("-"):  # no flag, and not the row that tells of more
                found[value] = one.summary
    if not found and name in DAGS:
        found = {one.text: one.summary for one in names(Kind.DAG, "", begun)[0]}
    return found.items()


DIRECTIVES = (
    DotCommand(
        ".save", "NAME LINE", "keep a line; {dag} in it is a parameter", save, check=check_save, takes_line=True
    ),
    DotCommand(
        ".do", "NAME [PARAMETER=VALUE ...]", "run a saved line", do, check=check_do, takes=(ArgumentKind.SAVED,)
    ),
    DotCommand(".saved", "", "the saved lines", list_saved),
    DotCommand(".unsave", "NAME", "keep a saved line no more", unsave, check=check_unsave, takes=(ArgumentKind.SAVED,)),
)
