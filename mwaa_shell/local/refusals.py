"""The commands that MWAA refuses, for a local environment to refuse them too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mwaa_shell.airflow import knowledge
from mwaa_shell.airflow.arguments import Role, understand
from mwaa_shell.airflow.command_line import parse, quote
from mwaa_shell.airflow.grammar import load
from mwaa_shell.airflow.versions import Version

#: Commands that AWS does not list and that users of MWAA have run (public report of 2024).
SEEN_TO_WORK = frozenset({"pools delete", "pools set"})


class Refusal(NamedTuple):
    """The HTTP response to a command that MWAA does not run."""

    status: int
    message: str


def refusal(arguments: Sequence[str], version: Version) -> Refusal | None:
    """Return how MWAA refuses a command, ``None`` for one that runs.

    Words that are not a command of this Airflow version run: Airflow itself refuses them.
    """
    line = parse(" ".join(map(quote, arguments)))
    understanding = understand(line, load(version))
    if understanding.command is None:
        return None
    name = understanding.command.name
    end = next(part.end for part in understanding.parts if part.role is Role.COMMAND)
    words = [word.value for word in line.words if word.start >= end]
    support = knowledge.support(name, version, words)
    if not support.doubtful or (name in SEEN_TO_WORK and not support.refused):
        return None
    status, title = (500, "Internal Server Error") if support.refused == "500" else (403, "Forbidden")
    return Refusal(status, f"{title}: {support.reason} (--no-limits runs {name} here)")
