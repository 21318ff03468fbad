"""Whether what a command prints may be kept: the replies that hold stored passwords, and a cover for the others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial

from mwaa_shell.airflow.secret_values import CONSTANTS, MASK, Found, Named, Why, secrets_of, secrets_of_data, sensitive

#: Commands, or the groups of them, that print what is stored or run what may print anything.
TELLING = (
    "connections", "variables", "config", "info", "rotate_fernet_key", "shell", "db shell", "render", "tasks render",
    "test", "tasks test", "dags test", "run", "tasks run", "standalone", "users export", "roles export", "plugins",
)  # fmt: skip
#: ``name: value`` and ``name=value`` in any text; bounded, so that a long line takes no more than its length.
PAIR = re.compile(r"""(?<![\w.-])(?P<name>[\w.-]+)["']?\s{0,9}[:=]\s{0,9}["']?(?=(?P<secret>[^\s"',}\]]{1,400}))""")
CREDENTIALS = re.compile(r"\b(?:Bearer|Basic)\s{1,9}(?P<secret>\S+)")


def why_not_kept(words: Sequence[str], *, masked: bool) -> str:
    """Why a reply must not be written down, by the words of its command; empty where it may be."""
    if masked:
        return "its line has a secret, which the reply may repeat"
    words = [word for word in words if word != "--"]  # newer Pythons take one in front of each word of a command
    name = next((one for one in TELLING if tuple(words[: one.count(" ") + 1]) == tuple(one.split())), "")
    return f"{name} may print passwords" if name else ""


def covered(text: str, patterns: Sequence[str] = ()) -> str:
    """What a command printed, without the secrets that can be seen in it: by their names, and passwords in URIs."""
    named = partial(sensitive, patterns=tuple(patterns))
    return "".join(_covered_line(line, named) for line in text.splitlines(keepends=True))


def _covered_line(line: str, named: Named) -> str:
    made, position = "", 0
    for found in sorted(_found(line, named), key=lambda found: (found.first, -found.last)):
        if found.first >= position:
            made += line[position : found.first] + MASK
            position = found.last
    return made + line[position:]


def _found(line: str, named: Named) -> Iterator[Found]:
    line = re.sub(r"(?<=\w)'(?=\w)", "-", line)  # that of "can't" quotes nothing
    if "://" in line:
        yield from secrets_of("x" + line[1:], named)
    if ":" in line or "=" in line:
        yield from secrets_of_data(line, named)
    yield from secret_pairs(line, named)
    for one in CREDENTIALS.finditer(line):
        yield Found(*one.span("secret"), Why.MEMBER, "credentials", one["secret"])


def secret_pairs(text: str, named: Named) -> Iterator[Found]:
    """The values of ``name: value`` and ``name=value`` with a secret's name, anywhere in a text."""
    for one in PAIR.finditer(text):
        if named(one["name"]) and one["secret"].lower() not in CONSTANTS and not one["secret"].isdigit():
            yield Found(*one.span("secret"), Why.MEMBER, one["name"], one["secret"])
