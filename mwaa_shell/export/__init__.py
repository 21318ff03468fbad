"""One Airflow command as a script that runs it without this shell, in the forms that AWS documents. Pure.

``curl`` is one chain to paste into a terminal (sh, bash or zsh), ``bash`` and ``python`` are files, ``aws`` is the call
for the token alone. The texts stand in ``templates``; what is filled in is quoted for the language it stands in. They
find credentials and endpoints as the AWS CLI and boto3 do, and trust what ``AWS_CA_BUNDLE`` names. Airflow 3 has its
CLI endpoint at a path that ends in a slash, and redirects the other form; where the version is not known, the redirect
is followed, over https.

A script holds no secret: it asks for what is masked, or would be, when it runs.

MWAA does not tell how a command ended. The scripts exit with 0 where the web server took the command, also if Airflow
then printed an error.
"""

from __future__ import annotations

import pkgutil
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mwaa_shell.airflow.command_line import InputKind, parse
from mwaa_shell.airflow.secrets.redaction import MASK, left_mask, masked, masks
from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import UsageError
from mwaa_shell.export.secret_prompts import (
    Command,
    command_of,
    python_expression,
    python_helpers,
    secrets_of,
    shell_expression,
)

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Grammar

#: What can be asked for, and the file that it is made from.
TEMPLATES = {"curl": "curl.sh", "bash": "bash.sh", "python": "python.txt", "aws": "aws.sh"}
KINDS = tuple(TEMPLATES)

PLAIN_PATH = "/aws_mwaa/cli"
SLASH_PATH = "/aws_mwaa/cli/"


@dataclass(frozen=True, slots=True)
class ScriptTarget:
    """Which environment a script is for."""

    environment: str
    region: str
    profile: str | None = None  #: none is written down where none is given
    version: Version | None = None


def script(
    kind: str, line: str, target: ScriptTarget, grammar: Grammar | None = None, patterns: Sequence[str] = ()
) -> str:
    """The script that runs an Airflow command. ``patterns`` are the user's own names of secrets.

    Raises ``UsageError`` for a kind that does not exist, and for a line that is no whole Airflow command, holds a mask
    where no secret goes, or sends its output on: that is for whoever runs the script.
    """
    if kind not in TEMPLATES:
        raise UsageError(f"There is no script of the kind {kind}; there are {', '.join(KINDS)}")
    command = _command(line, grammar, patterns)
    template = pkgutil.get_data(__package__, f"templates/{TEMPLATES[kind]}")
    assert template is not None  # every way to install a package can read its files
    values = _for_python(command, target) if kind == "python" else _for_shell(command, target)
    return re.sub(r"@(\w+)@", lambda found: values[found[1]], template.decode())


def _command(line: str, grammar: Grammar | None, patterns: Sequence[str]) -> Command:
    """The text to send, with places for its secrets."""
    parsed = parse(line)
    if parsed.problem is not None:
        raise UsageError(parsed.problem.message)
    if parsed.kind is not InputKind.AIRFLOW:
        raise UsageError("A script runs an Airflow command, such as .script dags list bash")
    if parsed.destination is not None:
        raise UsageError(
            f"A script runs the Airflow command alone: leave out {parsed.destination.operator} and what follows, "
            "and put it behind the script"
        )
    if "\0" in line or not _is_text(line):
        raise UsageError("There is a character in this line that no script can hold")
    text = masked(line, grammar, patterns).text
    places = (masks(text, grammar, patterns) or masks(text, None, patterns)) if MASK in text else ()
    left = left_mask(text, places)
    if left is not None:
        raise UsageError(f"A mask is left at column {left + 1}: write what goes there")
    words = parse(text).words
    return command_of(text, places, words[0].start, words[-1].end)


def _is_text(line: str) -> bool:
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True


def _paths(version: Version | None) -> tuple[str, ...]:
    """Where the CLI endpoint may be, in the order to try."""
    if version is None:
        return PLAIN_PATH, SLASH_PATH
    return (SLASH_PATH,) if version.major >= 3 else (PLAIN_PATH,)


def _for_shell(command: Command, target: ScriptTarget) -> dict[str, str]:
    named = {"--name": target.environment, "--region": target.region, "--profile": target.profile}
    paths = _paths(target.version)
    return {
        "target": " ".join(f"{flag} {shlex.quote(value)}" for flag, value in named.items() if value),
        "path": paths[0],
        "redirects": " --location --proto-redir '=https'" if len(paths) > 1 else "",
        **_command_for_shell(command),
    }


def _command_for_shell(command: Command) -> dict[str, str]:
    if not secrets_of(command):
        text = shlex.quote("".join(part for part in command if isinstance(part, str)))
        return {"command": text, "asked": "", "fed": "", "data": f"--data-raw {text}"}
    return {
        "command": f"$({shell_expression(command)})",
        "asked": f"CLI_COMMAND=$({shell_expression(command)}) \\\n  && ",
        "fed": "printf '%s' \"$CLI_COMMAND\" | ",
        "data": "--data-binary @-",
    }


def _for_python(command: Command, target: ScriptTarget) -> dict[str, str]:
    asks = bool(secrets_of(command))
    modules, functions = python_helpers(command) if asks else ([], "")
    text = "".join(part for part in command if isinstance(part, str))
    return {
        "modules": "\n".join(f"import {name}" for name in sorted(["base64", "os", "sys", *modules])),
        "functions": f"\n{functions}\n" if asks else "",
        "environment": repr(target.environment),
        "region": repr(target.region),
        "profile": repr(target.profile or None),
        "paths": repr(_paths(target.version)),
        "command": python_expression(command) if asks else repr(text),
    }
