"""One Airflow command as a script that works without mwaa-shell. Pure.

``curl`` is one chain for sh, bash and zsh, ``bash`` and ``python`` are files, and ``aws`` is the call for the token
alone. ``templates`` has the texts. Values are quoted for their language. The scripts find credentials and endpoints as
the AWS CLI and boto3 do, and trust ``AWS_CA_BUNDLE``. The CLI endpoint of Airflow 3 ends in a slash. Without a known
version, a script follows the redirect to it over HTTPS. A script holds no secret. It asks for masked ones when it runs.
MWAA reports no exit code, so a script exits with 0 if the web server took the command, even if Airflow then printed an
error.
"""

from __future__ import annotations

import json
import pkgutil
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, groupby
from typing import TYPE_CHECKING

from mwaa_shell.airflow.command_line import InputKind, parse
from mwaa_shell.airflow.secrets.redaction import Span, find_masks, left_mask, mask_line
from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import UsageError
from mwaa_shell.suggestions import unknown

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Grammar

__all__ = ["KINDS", "ScriptTarget", "script"]

#: Kinds of scripts and their templates.
TEMPLATES = {"curl": "curl.sh", "bash": "bash.sh", "python": "python.txt", "aws": "aws.sh"}
KINDS = tuple(TEMPLATES)
#: The kind that makes a token and runs no command.
TOKEN_CALL = "aws"

PLAIN_PATH = "/aws_mwaa/cli"
SLASH_PATH = "/aws_mwaa/cli/"


@dataclass(frozen=True, slots=True)
class ScriptTarget:
    """The environment of a script."""

    environment: str
    region: str
    profile: str | None = None  #: the script names none without it
    version: Version | None = None


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that a script asks for."""

    name: str
    coding: tuple[str, ...]  #: encodings in its word, innermost first


#: A word with secrets: texts and secrets in order.
AskingWord = tuple["str | Secret", ...]
#: The text to send: plain texts, and words with secrets.
Command = tuple["str | AskingWord", ...]


def script(
    kind: str, line: str, target: ScriptTarget, grammar: Grammar | None = None, patterns: tuple[str, ...] = ()
) -> str:
    """Return the script that runs an Airflow command.

    ``patterns`` are the user's own names of secrets. Raises ``UsageError`` for an unknown kind, a line that is not one
    Airflow command, a mask where no secret belongs, and a destination.
    """
    if kind not in TEMPLATES:
        raise unknown("kind of script", kind, KINDS)
    command = _command(line, grammar, patterns)
    template = pkgutil.get_data(__package__, f"templates/{TEMPLATES[kind]}")
    assert template is not None  # every way to install a package can read its files
    values = _for_python(command, target) if kind == "python" else _for_shell(command, target)
    return re.sub(r"@(\w+)@", lambda found: values[found[1]], template.decode())


def _command(line: str, grammar: Grammar | None, patterns: tuple[str, ...]) -> Command:
    """Return the text to send, with places for its secrets."""
    parsed = parse(line)
    if parsed.problem is not None:
        raise UsageError(parsed.problem.message)
    if parsed.kind is not InputKind.AIRFLOW:
        raise UsageError("A script requires an Airflow command", hint="Write it as in .script dags list bash.")
    if parsed.destination is not None:
        raise UsageError(
            f"A script cannot contain {parsed.destination.operator} and what follows",
            hint=f"Put {parsed.destination.operator} after the script.",
        )
    if "\0" in line or line.encode(errors="ignore").decode() != line:
        raise UsageError("The command has a character that a script cannot contain")
    text = mask_line(line, grammar, patterns).text
    places = find_masks(text, grammar, patterns) or find_masks(text, None, patterns)
    left = left_mask(text, places)
    if left is not None:
        raise UsageError(f"A mask (***) is left at column {left + 1}", hint="Type the value in its place.")
    words = parse(text).words
    return command_of(text, places, words[0].start, words[-1].end)


def _paths(version: Version | None) -> tuple[str, ...]:
    """Return the paths of the CLI endpoint in the order to try."""
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


# -- secrets: a script asks for them without echo, and puts them into the command --------------------------------------
# A word with a secret is in double quotes, which can contain any character. Inside them, the secret is
# written as its context requires: as it is, in a URI, in a JSON string, as a JSON value.


def command_of(text: str, secrets: Sequence[Span], start: int, end: int) -> Command:
    """Return the part of a line that is sent, split at its secrets."""
    made: list[str | AskingWord] = []
    for word, spans in groupby(secrets, key=lambda span: span.word):
        made += [text[start : word.start], _word(word.value, list(spans))]
        start = word.end
    return (*made, text[start:end])


def _word(value: str, spans: Sequence[Span]) -> AskingWord:
    made: list[str | Secret] = []
    position = 0
    for span in spans:
        made += [value[position : span.inside[0]], Secret(span.name or "the secret", span.coding)]
        position = span.inside[1]
    return (*made, value[position:])


def secrets_of(command: Command) -> list[Secret]:
    """Return the secrets of a command in the order of the questions."""
    return [piece for part in command if isinstance(part, tuple) for piece in part if isinstance(piece, Secret)]


# -- sh, bash and zsh --------------------------------------------------------------------------------------------------

#: Functions that write a secret in each encoding, in jq and in Python.
FUNCTIONS = {"json": "for_string", "member": "for_member", "uri": "for_uri"}
#: Functions in jq for a secret. They have no "!", which an interactive shell may expand.
JQ = {
    "json": "def for_string: tojson | .[1:-1];",
    "member": "def for_member: . as $v | try (fromjson | $v) catch ($v | tojson);",
    "uri": 'def for_uri: split("%") | map(@uri) | .[0] + (.[1:]'
    ' | map(if test("^[0-9A-Fa-f]{2}") then "%" + . else "%25" + . end) | add // "");',
}
JQ_QUOTED = r"""def quoted: "\"" + (split("\\") | join("\\\\") | split("\"") | join("\\\"")) + "\"";"""
#: Asks on the terminal and prints the secret. The trap turns echo on again in any case.
ASK = r"""
    ask() {
      printf '%s: ' "$1" > /dev/tty && IFS= read -r SECRET < /dev/tty && printf '\n' > /dev/tty &&
        printf '%s\n' "$SECRET"
    }
    trap 'stty echo < /dev/tty' EXIT && trap 'exit 130' INT TERM && stty -echo < /dev/tty"""


def shell_expression(command: Command) -> str:
    """Return shell code for ``$( )`` that asks without echo and prints the command.

    No secret is an argument of a program: every user of the machine could read it.
    """
    secrets = secrets_of(command)
    asked = "".join(f" &&\n      ask {shlex.quote(one.name)}" for one in secrets)
    steps = {step for secret in secrets for step in secret.coding}
    functions = [JQ_QUOTED, *(text for step, text in JQ.items() if step in steps)]
    made = f'if ($s | length) == {len(secrets)} then {_jq(command)} else error("A secret is missing") end'
    program = "\n    ".join([*functions, f"[inputs] as $s | {made}"])
    return f"\n  ({ASK}{asked}\n  ) | jq -Rrn {shlex.quote(program)}\n"


def _jq(command: Command) -> str:
    numbers = count()

    def piece(one: str | Secret) -> str:
        if isinstance(one, str):
            return json.dumps(one)
        return " | ".join([f"($s[{next(numbers)}]", *(FUNCTIONS[step] for step in one.coding)]) + ")"

    words = [
        json.dumps(part) if isinstance(part, str) else f"({' + '.join(piece(one) for one in part if one)} | quoted)"
        for part in command
        if part
    ]
    return " + ".join(words)


# -- Python ------------------------------------------------------------------------------------------------------------

QUOTED = r'''
def quoted(value):
    """One argument, whatever it holds."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
'''
#: The function that writes a secret, and the modules that it needs.
PYTHON = {
    "json": (
        ("json",),
        '''
def for_string(secret):
    """A part of a JSON string."""
    return json.dumps(secret, ensure_ascii=False)[1:-1]
''',
    ),
    "member": (
        ("json",),
        '''
def for_member(secret):
    """Return a JSON value: JSON as it is, any other text as a string."""
    try:
        json.loads(secret)
    except ValueError:
        return json.dumps(secret, ensure_ascii=False)
    return secret
''',
    ),
    "uri": (
        ("re", "urllib.parse"),
        '''
def for_uri(secret):
    """A part of a URI; what is escaped already stays."""
    return urllib.parse.quote(re.sub("%(?![0-9A-Fa-f]{2})", "%25", secret), safe="%~")
''',
    ),
}


def python_expression(command: Command) -> str:
    """Return the Python expression of the command, which asks without echo."""

    def piece(one: str | Secret) -> str:
        if isinstance(one, str):
            return repr(one)
        made = f"getpass.getpass({one.name + ': '!r})"
        for step in one.coding:
            made = f"{FUNCTIONS[step]}({made})"
        return made

    words = [
        repr(part) if isinstance(part, str) else f"quoted({' + '.join(piece(one) for one in part if one)})"
        for part in command
        if part
    ]
    return "(\n    " + "\n    + ".join(words) + "\n)"


def python_helpers(command: Command) -> tuple[list[str], str]:
    """Return the modules and functions that the expression requires."""
    steps = {step for secret in secrets_of(command) for step in secret.coding}
    helpers = [PYTHON[step] for step in PYTHON if step in steps]
    modules = {module for needed, _ in helpers for module in needed}
    return ["getpass", *modules], "\n".join([QUOTED, *(text for _, text in helpers)])
