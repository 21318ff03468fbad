"""The README's tables of options, directives, keys and settings, made from the code.

    python -m tests.readme

writes them into the README, and the text of ``--help`` into its file; a test fails where they differ.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from pathlib import Path

import mwaa_shell
from mwaa_shell.config import SETTINGS, Setting
from mwaa_shell.directives import DIRECTIVES
from mwaa_shell.errors import EXIT_CODE_MEANINGS
from mwaa_shell.keys import KEYS
from mwaa_shell.options import build_parser
from mwaa_shell.preferences import PREFERENCES

README = Path(__file__).parent.parent / "README.md"
HELP = Path(mwaa_shell.__file__).parent / "help.txt"
#: Columns that the text of --help is made for.
WIDTH = 80


def tables() -> dict[str, list[str]]:
    """The rows of each table with its head, by that head."""
    made = {
        "| option | meaning |": [f"| {spelled(one)} | {one.help} |" for one in build_parser()._actions],
        "| command | meaning |": [f"| `{f'{one.name} {one.usage}'.strip()}` | {one.summary} |" for one in DIRECTIVES],
        "| key | what it does |": [f"| {key.shown} | {key.does} |" for key in KEYS],
        "| name | what it is | values | default |": [
            f"| `{one.name}` | {one.summary} | {one.takes} | {one.default} |" for one in PREFERENCES
        ],
        "| exit code | meaning |": [f"| {code.value} | {meaning} |" for code, meaning in EXIT_CODE_MEANINGS.items()],
        "| setting | what it is | values | where |": [_setting(one) for one in SETTINGS if not _is_preference(one)],
    }
    return {head: [head, "|--:|---|" if "exit" in head else "|---" * (head.count("|") - 1) + "|", *rows]
            for head, rows in made.items()}  # fmt: skip


def spelled(action: argparse.Action) -> str:
    """An option as the table spells it."""
    value = str(action.metavar or ("{" + ",".join(action.choices) + "}" if action.choices else ""))
    value = f"[{value}]" if action.nargs == "?" and action.option_strings else value
    names: Iterable[str] = action.option_strings or [""]
    return ", ".join(f"`{f'{name} {value}'.strip()}`" for name in names)


def _is_preference(setting: Setting) -> bool:
    return setting.name in {one.name for one in PREFERENCES}


def _setting(one: Setting) -> str:
    where = {(True, True): "both", (True, False): "the top", (False, True): "a section"}
    return f"| `{one.name}` | {one.summary} | {one.takes} | {where[one.everywhere, one.per_environment]} |"


def filled(text: str) -> str:
    """A text with each table that it has in its newest form."""
    for head, rows in tables().items():
        text = re.sub(rf"^{re.escape(head)}\n(?:\|.*\n)+", lambda _: "\n".join(rows) + "\n", text, flags=re.M)  # noqa: B023
    return text


def help_text() -> str:
    """What ``--help`` prints."""
    parser = build_parser()
    parser.formatter_class = lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=WIDTH - 2)
    return parser.format_help()


if __name__ == "__main__":
    HELP.write_text(help_text())
    README.write_text(filled(README.read_text()))
