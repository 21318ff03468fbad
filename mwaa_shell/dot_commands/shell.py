"""Directives about the shell itself."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mwaa_shell.airflow.command_line import InputKind, ParsedLine, parse
from mwaa_shell.airflow.grammar import load, versions
from mwaa_shell.airflow.help import WIDTH, explain
from mwaa_shell.airflow.line_checks import as_sentence
from mwaa_shell.airflow.translation.translate import translate
from mwaa_shell.dot_commands.overview import LINES, overview
from mwaa_shell.dot_commands.registry import ArgumentKind, Arguments, DotCommand, DotCommandCall, no_words
from mwaa_shell.errors import UsageError
from mwaa_shell.key_table import KEYS
from mwaa_shell.preferences import PREFERENCES, Preferences, preference
from mwaa_shell.result import Result, talk
from mwaa_shell.session import Plan, Session
from mwaa_shell.session.environment import load_environment_info

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Grammar

#: Behind ``.help``: what each directive is for.
ALL = "all"


def show_help(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """What can be typed: on one screen, or all about a part of it."""
    session = call.session

    if not words:
        return _page(overview())
    chosen = call.table.items
    if words != (ALL,):
        directive = call.table.find(words[0]) or call.table.find(f".{words[0]}")
        if directive is None or len(words) > 1:
            return _page(_explained(session, words))
        chosen = (directive,)
    rows = [(f"{item.name} {item.usage}".strip(), item.summary) for item in chosen]
    return _page(_table([*LINES, *rows] if words == (ALL,) else rows))


def _page(text: str) -> Result:
    """A text of ours: no data whose keys and values want colours."""
    return replace(talk(text), raw=True)


def _explained(session: Session, words: tuple[str, ...]) -> str:
    """The page of an Airflow command of the environment's version; of the newest that we know where that is unknown."""
    if session.here is not None:
        load_environment_info(session)
    grammar = (session.link.grammar if session.here else None) or load(versions()[-1])
    width = _columns() or WIDTH
    page = explain(words, grammar, width) or _explained_as_here(words, grammar, width)
    if page is None:
        raise UsageError(f"{' '.join(words)} is no directive and no command of Airflow {grammar.version}")
    return page


def _columns() -> int:
    """Those of the terminal that a page may take, 0 where there is none."""
    return shutil.get_terminal_size().columns - 1 if os.isatty(1) else 0


def _explained_as_here(words: tuple[str, ...], grammar: Grammar, width: int) -> str | None:
    """The page of what another Airflow's words are called here, or why there is nothing of the kind."""
    found = translate(" ".join(words), grammar)
    if found is None:
        return None
    command = grammar.command(parse(found.text).values) if found.text else None
    page = explain(tuple(command[0].name.split()), grammar, width) if command else None
    return f"{as_sentence(found.notes)}\n\n{page or ''}".strip()


def _table(rows: Sequence[tuple[str, str]]) -> str:
    width = min(max(len(left) for left, _ in rows), 28)
    return "\n".join(_row(left, right, width) for left, right in rows)


def _row(left: str, right: str, width: int) -> str:
    if len(left) > width:
        return f"{left}\n{'':<{width}}  {right}"
    return f"{left:<{width}}  {right}"


def send(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """Send a line that the command tree would refuse: environments can have plugins."""
    return call.executor.send(replace(call.context, line=_to_send(words), as_it_is=True))[0]


def check_send(plan: Plan, words: tuple[str, ...]) -> None:
    """Raise for what the rails will refuse: they hold for this line too."""
    plan.check_safety(_to_send(words), as_it_is=True)


def _to_send(words: tuple[str, ...]) -> ParsedLine:
    """The Airflow command; raises ``UsageError`` for anything else."""
    line = parse(words[0] if words else "")
    if line.problem is not None:
        raise UsageError(f"{line.problem.message}, the line was not sent")
    if line.kind is InputKind.BLANK:
        raise UsageError(".send: an Airflow command is missing")
    if line.kind is InputKind.DIRECTIVE:
        own = line.values[0]
        raise UsageError(f".send takes an Airflow command, and {own} is one of the shell's own; the line was not sent")
    return line


def leave(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """Leave the shell."""
    no_words(".exit", words)
    return Result(leaves=True)


def set_preference(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """Change how the shell behaves, for as long as it runs; without words, what can be changed."""
    session = call.session
    arguments = Arguments(".set")
    arguments.add_argument("name", nargs="?")
    arguments.add_argument("value", nargs="?")
    given = arguments.read(words)
    if given.value is not None:
        session.preferences.set(given.name, given.value)
        return Result()
    chosen = PREFERENCES if given.name is None else (preference(given.name),)
    rows = [(f"{one.name} {session.preferences[one.name]}", f"{one.summary} ({one.takes})") for one in chosen]
    return talk(_table(rows))


def check_set(plan: Plan, words: tuple[str, ...]) -> None:
    """Raise for a name or a value that is none; the rails of the lines behind it are those that it sets."""
    if len(words) == 2:
        Preferences().set(*words)
    if len(words) == 2 and words[0] == "protect":
        plan.state.protect = words[1]


def show_keys(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """What the keys do: made from their table."""
    no_words(".keys", words)
    return talk(_table([(key.shown, key.does) for key in KEYS]))


FIRST = (
    DotCommand(
        ".help",
        "[COMMAND|all]",
        "what can be typed here, or all about one command",
        show_help,
        bare=("help",),
        takes=(ArgumentKind.TOPIC,),
    ),
)
SEND = DotCommand(
    ".send",
    "COMMAND",
    "send it even if Airflow would refuse it",
    send,
    takes_line=True,
    check=check_send,
    takes=(ArgumentKind.COMMAND,),
)
LAST = (
    SEND,
    DotCommand(
        ".set",
        "[NAME [VALUE]]",
        "change how the shell behaves, or show it",
        set_preference,
        check=check_set,
        takes=(ArgumentKind.PREFERENCE, ArgumentKind.VALUE),
    ),
    DotCommand(".keys", "", "what the keys do", show_keys),
    DotCommand(".exit", "", "leave; so do exit, quit and Ctrl-D", leave, ("exit", "quit")),
)
