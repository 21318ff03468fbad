"""The dot-commands ``.help`` and ``.keys``, and text as wide as the terminal."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from mwaa_shell.airflow.command_line import parse
from mwaa_shell.airflow.grammar import load_grammar, versions
from mwaa_shell.airflow.help import WIDTH, explain
from mwaa_shell.airflow.translation import translate
from mwaa_shell.airflow.validation import suggest_command
from mwaa_shell.docs import TOPICS, topic_result
from mwaa_shell.dot_commands.registry import Argument, ArgumentKind, DotCommand, DotCommandCall, Group
from mwaa_shell.errors import UsageError
from mwaa_shell.key_table import KEYS
from mwaa_shell.result import Result, text_result
from mwaa_shell.session import Session, load_environment_info
from mwaa_shell.suggestions import closest, shorten_word, suggest

if TYPE_CHECKING:
    from argparse import Namespace

    from mwaa_shell.airflow.grammar import Grammar

#: The first screen, in blocks of commands and purposes. It fits 80 columns and 24 rows with prompt and toolbar.
FIRST_SCREEN = (
    (
        (".use [ENV]", "switch environment"), (".envs", "list environments"),
        (".on ENVS CMD", "run on several"), (".info", "show the environment"),
        (".readonly on", "block changes"), (".doctor", "check what works"),
    ),
    (
        (".follow [DAG]", "watch a run to its end"), (".why [DAG]", "show why it failed"),
        (".logs [DAG]", "show a task's log"), (".open [DAG]", "open the web pages"),
        (".watch CMD", "repeat a command"), (".rest PATH", "call the REST API"),
        (".import, .export", "move variables"), (".as csv", "reformat last output"),
    ),
    (
        (".history", "list past commands"), (".redo 42", "rerun one"),
        (".script 42 curl", "export one as a script"), (".save NAME CMD", "name one (.do NAME)"),
        (".set NAME VALUE", "change a setting"), (".keys", "list key bindings"),
    ),
)  # fmt: skip
LINES = (
    ("dags list", "run an Airflow command"),
    ("dags list -o json | jq .", "pipe its output (> FILE: write it to a file)"),
    ("!!  !42  !dags  ^old^new", "rerun a command of the history"),
)
BEGINNING = "Type an Airflow command, or a dot-command of the shell itself."
END = (
    ".help COMMAND explains a command, .help all lists dot-commands and topics.",
    "Tab completes, F1 explains the word under the cursor, Ctrl-D leaves.",
)
#: Columns of the first screen with two dot-commands in a row, and of the first of them.
SIDE_BY_SIDE, LEFT = 79, 44
#: The topic of ``.help`` that lists every dot-command with its summary.
ALL = "all"
#: Columns of the name and the arguments in that list; longer arguments are left to the page of the dot-command.
USAGE_WIDTH = 24


def show_help(call: DotCommandCall, given: Namespace) -> Result:
    """Show the first screen of help, or the page of one command or topic."""
    words: tuple[str, ...] = given.words
    if not words:
        return _page(_first_screen(page_width()))
    if len(words) == 1 and words[0] in TOPICS:  # no Airflow command has the name of a topic
        return topic_result(words[0], page_width())
    if words == (ALL,):
        return _page(_every_command(call.items, page_width()))
    find = {name: one for one in call.items for name in (one.name, *one.bare)}.get
    dot_command = find(words[0]) or find(f".{words[0]}")
    if dot_command is None or len(words) > 1:
        return _page(_explained(call.session, words, call.items))
    return _page(explain_dot_command(dot_command, page_width()))


def _first_screen(width: int) -> str:
    blocks = [wrapped(BEGINNING, width), [in_columns(LINES, width, indent="  ")]]
    if width >= SIDE_BY_SIDE:
        for block in FIRST_SCREEN:
            left = (f"  {name:<16}  {meaning}" for name, meaning in block[::2])
            right = (f"{name:<14}  {meaning}" for name, meaning in block[1::2])
            blocks.append([f"{one:<{LEFT}}{other}" for one, other in zip(left, right, strict=True)])
    else:
        blocks += [[in_columns(block, width, indent="  ")] for block in FIRST_SCREEN]
    blocks.append([line for text in END for line in wrapped(text, width)])
    return "\n\n".join("\n".join(block) for block in blocks)


def _every_command(dot_commands: Sequence[DotCommand], width: int) -> str:
    """Return all dot-commands in their groups, one in a row, and the topics."""
    blocks = []
    for group in Group:
        rows = [
            (item.synopsis if len(item.synopsis) <= USAGE_WIDTH else f"{item.name} ...", item.summary)
            for item in dot_commands
            if item.group is group
        ]
        rows = [(f"{usage:<{USAGE_WIDTH}}", summary) for usage, summary in rows]
        blocks.append(f"{group.value}\n{in_columns(rows, width, indent='  ')}")
    blocks.append(f"topics\n{in_columns(list(TOPICS.items()), width, indent='  ')}")
    return "\n\n".join([*blocks, ".help .NAME shows all arguments, and examples."])


def explain_dot_command(item: DotCommand, width: int) -> str:
    """Return the page of a dot-command, wrapped at ``width`` columns."""
    options = [(name, meaning.format(topics=", ".join(TOPICS))) for name, meaning in item.options]
    blocks = [
        "\n".join(_wrapped_usage(item.synopsis, width)),
        "\n".join(wrapped(item.details, width)),
        in_columns(options, width, indent="  "),
        "\n  ".join(["examples:", *item.examples]),
        f"see also: {', '.join(item.see)}" if item.see else "",
    ]
    return "\n\n".join(block for block in blocks if block)


def _wrapped_usage(usage: str, width: int) -> list[str]:
    """Return a usage wrapped between its parts, not within brackets."""
    whole = re.sub(r"\[[^][]*\]", lambda part: part[0].replace(" ", "\0"), usage)
    lines = wrapped(whole, width, others="    ")
    return [line.replace("\0", " ") for line in lines]


def _page(text: str) -> Result:
    """Return the result with a text of the shell, which is not colored as data."""
    return text_result(text)._replace(raw=True)


def _explained(session: Session, words: tuple[str, ...], items: Sequence[DotCommand]) -> str:
    """Return the page of an Airflow command in this or else the newest version."""
    if session.target is not None:
        load_environment_info(session)
    grammar = (session.connection.grammar if session.target else None) or load_grammar(versions()[-1])
    width = page_width()
    page = explain(words, grammar, width) or _explained_as_here(words, grammar, width)
    if page is None:
        typed = " ".join(words)
        own = [*(item.name for item in items), *TOPICS] if len(words) == 1 else []
        meant = closest(typed, own) or suggest_command(grammar, (), words[0], words[1] if words[1:] else "")
        raise UsageError(
            f"No command of the shell or of Airflow {grammar.version} is named '{shorten_word(typed)}'{suggest(meant)}",
            hint="List the dot-commands and topics with .help all.",
        )
    return page


def _explained_as_here(words: tuple[str, ...], grammar: Grammar, width: int) -> str | None:
    """Return the page of a command of another version under its name in this one.

    If this version has none, the page says why.
    """
    found = translate(" ".join(words), grammar)
    if found is None:
        return None
    command = grammar.command(parse(found.text).values) if found.text else None
    page = explain(tuple(command[0].name.split()), grammar, width) if command else None
    return f"{'. '.join(found.notes)}\n\n{page or ''}".strip()


def show_keys(call: DotCommandCall, given: Namespace) -> Result:
    """Show the table of keys."""
    return text_result(in_columns([(key.shown, key.does) for key in KEYS], page_width()))


DOT_COMMANDS = (
    DotCommand(
        ".help",
        Group.SHELL,
        "[COMMAND|TOPIC|all]",
        "explain a command, or show a page of the docs",
        show_help,
        (
            Argument("COMMAND", "a dot-command or an Airflow command", ArgumentKind.TOPIC),
            Argument("TOPIC", "a page: {topics}"),
            Argument("all", "every dot-command, one in a line"),
        ),
        bare=("help",),
        parses=False,
        details="Explain a command, or show the first screen without one. "
        "An Airflow command is explained for the version of the environment.",
        examples=(".help .use", ".help dags trigger", ".help scripts"),
        see=(".keys",),
    ),
    DotCommand(
        ".keys",
        Group.SHELL,
        "",
        "list the key bindings",
        show_keys,
        details="List the key bindings of the prompt. They are those of emacs. .set keys vi switches to vi.",
        examples=(".keys",),
        see=(".help",),
    ),
)


#: Columns of the longest label with a meaning in the same row.
LONGEST_LABEL = 28
#: Blanks between a label and its meaning.
GAP = "  "


def terminal_width() -> int:
    """Return the columns that text may fill; 0 without a terminal."""
    return shutil.get_terminal_size().columns - 1 if os.isatty(1) else 0


def page_width() -> int:
    """Return the columns of a page of help; a fixed number without a terminal."""
    return terminal_width() or WIDTH


def in_columns(rows: Sequence[tuple[str, str]], width: int | None = None, *, indent: str = "") -> str:
    """Return rows of labels and meanings; a long label has lines of its own.

    ``width`` is that of the terminal by default. Without a terminal, nothing is wrapped.
    """
    width = width or terminal_width() or sys.maxsize
    fitting = (len(label) for label, _ in rows if len(label) <= LONGEST_LABEL)
    room = max(fitting, default=0)
    return "\n".join(line for label, meaning in rows for line in _row(indent, label, meaning, room, width))


def _row(indent: str, label: str, meaning: str, room: int, width: int) -> Iterator[str]:
    beside = f"{indent}{label:<{room}}{GAP}"
    below = " " * (len(indent) + room + len(GAP))
    if len(label) > room and len(beside) + len(meaning) > width:
        yield from wrapped(label, width, indent, f"{indent}    ")
        beside = below
    yield from wrapped(meaning, width, beside, below) or [beside.rstrip()]


def wrapped(text: str, width: int, first: str = "", others: str = "") -> list[str]:
    """Return text wrapped between words; a long word stays whole to be copied."""
    return wrap(
        text, width, initial_indent=first, subsequent_indent=others, break_on_hyphens=False, break_long_words=False
    )
