"""The README's tables of options, directives, keys and settings, made from the code.

    python -m tests.readme

writes them into the README, and the text of ``--help`` into its file; a test fails where they differ.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import mwaa_shell
from mwaa_shell.config import SETTINGS, Setting
from mwaa_shell.dot_commands import DIRECTIVES
from mwaa_shell.errors import EXIT_CODE_MEANINGS
from mwaa_shell.key_table import KEYS
from mwaa_shell.options import EXAMPLES, FIRST_SCREEN, USAGE, build_parser
from mwaa_shell.preferences import PREFERENCES
from mwaa_shell.shell_completion.options import JOINED

README = Path(__file__).parent.parent / "README.md"
HELP = Path(mwaa_shell.__file__).parent / "help.txt"
#: Columns that the text of --help is made for.
WIDTH = 80


def tables() -> dict[str, list[str]]:
    """The rows of each table with its head, by that head."""
    made = {
        "| option | meaning |": [row(spelled(one), str(one.help)) for one in build_parser()._actions],
        "| command | meaning |": [row(f"`{f'{one.name} {one.usage}'.strip()}`", one.summary) for one in DIRECTIVES],
        "| key | what it does |": [row(key.shown, key.does) for key in KEYS],
        "| name | what it is | values | default |": [
            row(f"`{one.name}`", one.summary, one.takes, one.default) for one in PREFERENCES
        ],
        "| exit code | meaning |": [row(str(code.value), meaning) for code, meaning in EXIT_CODE_MEANINGS.items()],
        "| setting | what it is | values | where |": [_setting(one) for one in SETTINGS if not _is_preference(one)],
    }
    return {head: [head, "|--:|---|" if "exit" in head else "|---" * (head.count("|") - 1) + "|", *rows]
            for head, rows in made.items()}  # fmt: skip


def row(*cells: str) -> str:
    """A row of a table: what parts cells is escaped in them, as it has to be within backticks too."""
    escaped = [cell.replace("|", r"\|") for cell in cells]
    return f"| {' | '.join(escaped)} |"


def spelled(action: argparse.Action) -> str:
    """An option as the table spells it."""
    value = str(action.metavar or ("{" + ",".join(action.choices) + "}" if action.choices else ""))
    return ", ".join(f"`{name}`" for name in _invocations(action, value))


def _invocations(action: argparse.Action, value: str) -> Iterator[str]:
    """Each name of an option with its value, in brackets where it can be left out."""
    if not action.option_strings:
        yield value
    for name in action.option_strings:
        if action.dest in JOINED:
            yield f"{name}[={value}]"
        else:
            yield f"{name} {f'[{value}]' if action.nargs == '?' else value}".strip()


def _is_preference(setting: Setting) -> bool:
    return setting.name in {one.name for one in PREFERENCES}


def _setting(one: Setting) -> str:
    where = {(True, True): "both", (True, False): "the top", (False, True): "a section"}
    return row(f"`{one.name}`", one.summary, one.takes, where[one.everywhere, one.per_environment])


def filled(text: str) -> str:
    """A text with each table that it has in its newest form."""
    for head, rows in tables().items():
        text = re.sub(rf"^{re.escape(head)}\n(?:\|.*\n)+", lambda _: "\n".join(rows) + "\n", text, flags=re.M)  # noqa: B023
    return text


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """argparse's, which knows of no value that stands behind ``=`` alone."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=WIDTH - 2)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if action.dest in JOINED:
            return ", ".join(_invocations(action, str(action.metavar)))
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        value = self._format_args(action, self._get_default_metavar_for_optional(action))
        return ", ".join(f"{option} {value}" for option in action.option_strings)  # from 3.13 on, argparse has it once


def help_text() -> str:
    """What ``--help`` prints and, behind a form feed, what ``--help-all`` does."""
    return f"{first_screen()}\f\n{whole_help()}"


def whole_help() -> str:
    """Every option, as argparse lists them."""
    parser = build_parser()
    parser.formatter_class = _Formatter
    return parser.format_help()


def first_screen() -> str:
    """How to start, the options that are used most, examples."""
    parser = build_parser()
    actions = {name: action for action in parser._actions for name in action.option_strings}
    options = []
    for group, names in FIRST_SCREEN:
        for number, action in enumerate(actions[name] for name in names):
            spelling = next(_invocations(action, str(action.metavar or "")))
            options.append(f"{'' if number else group:<6} {spelling:<19} {action.help}")
    usage = USAGE.replace("\n       ", "\n")
    examples = [f"{'' if number else 'e.g.':<6} {line}" for number, line in enumerate(EXAMPLES)]
    return "\n".join([str(parser.description), usage, "", *options, "", *examples]) + "\n"


if __name__ == "__main__":
    HELP.write_text(help_text())
    README.write_text(filled(README.read_text()))
