"""Secrets in a script: it holds none, it asks for them unseen when it runs, and writes them into the command. Pure.

A word with a secret in it is always quoted in the form that holds anything, double quotes; inside it the secret is
written as its place wants it: as it is, as a part of a URI or of a JSON string, as a JSON value.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from mwaa_shell.airflow.secrets.redaction import Span


@dataclass(frozen=True, slots=True)
class Secret:
    """What is asked for."""

    name: str
    coding: tuple[str, ...]  #: how it is written inside its word, innermost first


#: A word with secrets: the texts between them, and they.
AskingWord = tuple["str | Secret", ...]
#: The text to send: what stands in it as it is, and such words.
Command = tuple["str | AskingWord", ...]


def command_of(text: str, secrets: Sequence[Span], start: int, end: int) -> Command:
    """The part of a line that is sent, by the places of its secrets."""
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
    """What a script has to ask for, in this order."""
    return [piece for part in command if isinstance(part, tuple) for piece in part if isinstance(piece, Secret)]


# -- sh, bash and zsh --------------------------------------------------------------------------------------------------

#: What writes a secret in each coding, in jq and in Python.
FUNCTIONS = {"json": "for_string", "member": "for_member", "uri": "for_uri"}
#: What jq makes of a word and of a secret. No "!": an interactive shell may take it for one of its own.
JQ = {
    "json": "def for_string: tojson | .[1:-1];",
    "member": "def for_member: . as $v | try (fromjson | $v) catch ($v | tojson);",
    "uri": 'def for_uri: split("%") | map(@uri) | .[0] + (.[1:]'
    ' | map(if test("^[0-9A-Fa-f]{2}") then "%" + . else "%25" + . end) | add // "");',
}
JQ_QUOTED = r"""def quoted: "\"" + (split("\\") | join("\\\\") | split("\"") | join("\\\"")) + "\"";"""
#: Asks on the terminal and writes the answer to standard output; whatever happens, the terminal shows letters again.
ASK = r"""
    ask() {
      printf '%s: ' "$1" > /dev/tty && IFS= read -r SECRET < /dev/tty && printf '\n' > /dev/tty &&
        printf '%s\n' "$SECRET"
    }
    trap 'stty echo < /dev/tty' EXIT && trap 'exit 130' INT TERM && stty -echo < /dev/tty"""


def shell_expression(command: Command) -> str:
    """What a shell runs in ``$( )`` to ask on the terminal, unseen, and write the command to standard output.

    No secret is an argument of a program, which anybody on the machine could read.
    """
    secrets = secrets_of(command)
    asked = "".join(f" &&\n      ask {shlex.quote(one.name)}" for one in secrets)
    steps = {step for secret in secrets for step in secret.coding}
    functions = [JQ_QUOTED, *(text for step, text in JQ.items() if step in steps)]
    made = f'if ($s | length) == {len(secrets)} then {_jq(command)} else error("A secret is missing") end'
    program = "\n    ".join([*functions, f"[inputs] as $s | {made}"])
    return f"\n  ({ASK}{asked}\n  ) | jq -Rrn {shlex.quote(program)}\n"


def _jq(command: Command) -> str:
    made, number = [], 0
    for part in command:
        if isinstance(part, str):
            made.append(json.dumps(part))
            continue
        inside = []
        for piece in part:
            inside.append(json.dumps(piece) if isinstance(piece, str) else _jq_secret(number, piece))
            number += isinstance(piece, Secret)
        made.append(f"({' + '.join(one for one in inside if one != NOTHING)} | quoted)")
    return " + ".join(one for one in made if one != NOTHING)


NOTHING = '""'


def _jq_secret(number: int, secret: Secret) -> str:
    return " | ".join([f"($s[{number}]", *(FUNCTIONS[step] for step in secret.coding)]) + ")"


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
    """A JSON value: a string of all that is none."""
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
    """What Python evaluates to the command, asking unseen."""
    parts = [repr(part) if isinstance(part, str) else f"quoted({_python_word(part)})" for part in command if part]
    return "(\n    " + "\n    + ".join(parts) + "\n)"


def _python_word(word: AskingWord) -> str:
    return " + ".join(repr(one) if isinstance(one, str) else _python_secret(one) for one in word if one)


def _python_secret(secret: Secret) -> str:
    made = f"getpass.getpass({secret.name + ': '!r})"
    for step in secret.coding:
        made = f"{FUNCTIONS[step]}({made})"
    return made


def python_helpers(command: Command) -> tuple[list[str], str]:
    """The modules that the expression needs, and the functions."""
    steps = {step for secret in secrets_of(command) for step in secret.coding}
    known = [PYTHON[step] for step in PYTHON if step in steps]
    modules = {module for needed, _ in known for module in needed}
    return sorted(modules | {"getpass"}), "\n".join([QUOTED, *(text for _, text in known)])
