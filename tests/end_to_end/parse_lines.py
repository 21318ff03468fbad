"""Says what the parser of the Airflow that this runs in makes of command lines: JSON lists of words in, readings out.

The readings are a list of one list; with ``--newest`` of a second one, by an argparse that treats ``--`` as Python
3.12.7 and 3.13.2 do.

This file runs inside the Airflow's own Python (3.7 to 3.13) and imports nothing of this package. Each reading is a
list: whether the line is taken, what argparse said if it is not, and for a line that would run the words of its command
and the values of its arguments.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import os
import sys
from typing import Any

#: The words of the command that is being read.
NAMES: list[str] = []


class Kept(str):
    """A ``--`` that is an argument: older Pythons take each one away that equals the separator."""

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return False


def print_no_help() -> None:
    """Let argparse say only what is wrong: the help that Airflow prints before takes longer than all the rest."""
    parser: Any = argparse.ArgumentParser
    parser.print_help = parser.print_usage = lambda *arguments: None


def note_names() -> None:
    """Let argparse write down which subcommands it goes through."""
    action: Any = argparse._SubParsersAction
    usual = action.__call__

    def noted(self: Any, parser: Any, namespace: Any, values: Any, option_string: Any = None) -> None:
        NAMES.append(values[0])
        usual(self, parser, namespace, values, option_string)

    action.__call__ = noted


def strip_separators_as_the_newest() -> None:
    """Let argparse take the first separator of each parser away, in front of a subcommand too, and no other one."""
    parser: Any = argparse.ArgumentParser
    parse, values_of = parser._parse_known_args, parser._get_values

    def parsed(self: Any, *arguments: Any, **named: Any) -> Any:
        self.has_stripped = False
        return parse(self, *arguments, **named)

    def values(self: Any, action: Any, words: list[str]) -> Any:
        if action.nargs == argparse.PARSER:
            words = words[1:] if words[:1] == ["--"] else words
        elif action.option_strings or self.has_stripped:
            words = [Kept(word) if word == "--" else word for word in words]
        elif "--" in words:
            self.has_stripped = True
            place = words.index("--")
            words = words[:place] + [Kept(word) if word == "--" else word for word in words[place + 1 :]]
        return values_of(self, action, words)

    parser._parse_known_args, parser._get_values = parsed, values


def build_parser() -> argparse.ArgumentParser:
    """The parser of the airflow program."""
    try:
        module = importlib.import_module("airflow.cli.cli_parser")
    except ImportError:
        module = importlib.import_module("airflow.bin.cli")  # 1.10
    parser: argparse.ArgumentParser = module.get_parser()
    return parser


def reading(parser: argparse.ArgumentParser, words: list[str]) -> tuple[bool, str, list[str], dict[str, Any]]:
    """argparse leaves by SystemExit: with 0 after --help, with 2 after an error; it may also crash."""
    said = io.StringIO()
    NAMES.clear()
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
            found = parser.parse_args(words)
    except SystemExit as left:
        return not left.code, said.getvalue()[-300:], [], {}
    except Exception as error:
        return False, repr(error)[-300:], [], {}
    return True, "", list(NAMES), vars(found)


if __name__ == "__main__":
    answer = os.dup(1)
    os.dup2(2, 1)
    lines = json.load(sys.stdin)
    print_no_help()
    note_names()
    made = build_parser()
    readings = [[reading(made, words) for words in lines]]
    if "--newest" in sys.argv[1:]:
        strip_separators_as_the_newest()
        readings.append([reading(made, words) for words in lines])
    with os.fdopen(answer, "w") as file:
        json.dump(readings, file, default=str)
