"""Completion scripts for bash, zsh and fish, made by shtab from the options, with the shells' own part as a preamble.

shtab asks a shell function for the values of an option. The functions stand in ``templates``: names come from the
program, which reads them from disk, and are quoted for the shell. bash breaks words at ``=`` and ``:``, so a function
there puts them together before shtab's function looks at them, and quotes what that offers.
"""

from __future__ import annotations

import argparse
import pkgutil
from collections.abc import Sequence

import shtab

from mwaa_shell.airflow.grammar import versions
from mwaa_shell.shell_completion.options import CompletionOption, Value

PROGRAM = "mwaa-shell"
#: What completes a value in each shell, with the kind of names in place of the braces.
NAMES = {"bash": "_mwaa_shell_{}", "zsh": "_mwaa_shell_names {}", "fish": "(__mwaa_shell_names {})"}
FUNCTIONS = {
    Value.TEXT: {"bash": "", "zsh": " ", "fish": ""},
    Value.FILE: {"bash": "_mwaa_shell_files", "zsh": "_files", "fish": "(__mwaa_shell_files)"},
    Value.FOLDER: {"bash": "_mwaa_shell_folders", "zsh": "_files -/", "fish": "(__fish_complete_directories)"},
    Value.VERSION: {"bash": "_mwaa_shell_versions", "zsh": "_mwaa_shell_versions", "fish": "(__mwaa_shell_versions)"},
    Value.VERSIONS: {"bash": "_mwaa_shell_listed", "zsh": "_mwaa_shell_listed", "fish": "(__mwaa_shell_listed)"},
}
TEMPLATES = {"bash": "bash.sh", "zsh": "zsh.sh", "fish": "fish.fish"}
#: Makes bash call the function that calls shtab's.
BASH_END = f"\ncomplete -o default -F _mwaa_shell {PROGRAM}\n"


def script(shell: str, options: Sequence[CompletionOption]) -> str:
    """Return the script for one shell."""
    template = pkgutil.get_data(__package__, f"templates/{TEMPLATES[shell]}")
    assert template is not None  # every way to install a package can read its files
    newest_first = " ".join(str(version) for version in sorted(versions(), reverse=True))
    preamble = template.decode().replace("@versions@", newest_first)
    made = shtab.complete(_parser(shell, options), shell, preamble=preamble)
    return made + (BASH_END if shell == "bash" else "\n")


def _parser(shell: str, options: Sequence[CompletionOption]) -> argparse.ArgumentParser:
    """Return a parser for shtab, whose options say by ``complete`` which function completes their values."""
    parser = argparse.ArgumentParser(prog=PROGRAM, add_help=False, allow_abbrev=False)
    for option in options:
        flags = [_spelled(flag, shell, option) for flag in option.flags]
        if not flags:
            for place, nargs in (("first", None), ("others", "*")):  # an environment may follow doctor
                action = parser.add_argument(place, nargs=nargs, help=option.summary)
                action.complete = {shell: NAMES[shell].format("place")}  # type: ignore[attr-defined]
        elif option.value is Value.NOTHING:
            parser.add_argument(*flags, action="store_true", help=option.summary)
        else:
            may_lack = ":" if shell == "zsh" and (option.joined or option.may_be_bare) else ""
            action = parser.add_argument(
                *flags,
                action="append" if option.repeatable else "store",
                metavar=may_lack + option.metavar,
                choices=option.choices or None,
                help=option.summary,
            )
            if option.value is not Value.CHOICE:
                functions = FUNCTIONS.get(option.value) or {shell: NAMES[shell].format(option.value)}
                action.complete = functions  # type: ignore[attr-defined]
    return parser


def _spelled(flag: str, shell: str, option: CompletionOption) -> str:
    """Return a flag as shtab has to write it: zsh completes a value after ``=`` only where the flag ends in it."""
    if shell != "zsh" or option.value is Value.NOTHING or not flag.startswith("--"):
        return flag
    return f"{flag}=-" if option.joined else f"{flag}="
