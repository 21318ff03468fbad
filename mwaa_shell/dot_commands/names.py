"""Directives about the names that complete: which are known, ask for them, drop them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mwaa_shell.dot_commands.registry import ArgumentKind, Arguments, DotCommand, DotCommandCall, no_words
from mwaa_shell.durations import format_age
from mwaa_shell.errors import NothingRan, UsageError
from mwaa_shell.names.fetch import TITLES, title
from mwaa_shell.names.model import OF_A_DAG
from mwaa_shell.result import Result, talk
from mwaa_shell.session import Session
from mwaa_shell.session.environment import require_environment

if TYPE_CHECKING:
    from mwaa_shell.airflow.knowledge import Kind
    from mwaa_shell.names.refresher import NameRefresher


def _live(session: Session, directive: str) -> NameRefresher:
    require_environment(session)
    if session.live is None:
        raise UsageError(f"{directive}: names are kept at a prompt only; mwaa-shell NAME opens one")
    return session.live


def names(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """What is known of the environment's names: how many, from where, how old; of one kind, the names."""
    session = call.session
    arguments = Arguments(".names")
    arguments.add_argument("kind", nargs="?")
    arguments.add_argument("dag", nargs="?", default="")
    given = arguments.read(words)
    live = _live(session, ".names")
    if given.kind is not None:
        return talk(_listed(live, _kind(given.kind), given.dag))
    return talk("\n".join(_told(live)) or "No names are known yet; .refresh asks for the DAGs")


def _listed(live: NameRefresher, kind: Kind, dag: str) -> str:
    """The names of one kind, or why there are none."""
    if kind in OF_A_DAG and not dag:
        of = [key[1] for key in live.catalogue.known() if key[0] is kind]
        return f"{title(kind).capitalize()} are those of a DAG; known are those of {', '.join(sorted(of)) or 'none'}"
    found = live.catalogue.names(kind, dag)
    if not found and (kind, dag) in live.catalogue.known():
        return f"There are no {title(kind, dag)}"
    advice = f".refresh {title(kind).lower()} {dag}".strip()
    rows = [" ".join([name.text, *name.facts.values()]).rstrip() for name in found]
    return "\n".join(rows) or f"No {title(kind, dag)} are known; {advice} asks for them"


def _told(live: NameRefresher) -> list[str]:
    rows = []
    for one in live.catalogue.summary(time.time()):
        some = "" if one.complete else "some, "
        source = {"reply": "learned from replies", "REST": "over REST", "CLI": "through the CLI"}[one.source]
        rows.append(f"{one.count:>6,}  {title(one.kind, one.dag)}  ({some}{source}, {format_age(one.age)})")
    return rows


def refresh(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """Ask the environment for the names of a kind, behind the prompt."""
    session = call.session
    arguments = Arguments(".refresh")
    arguments.add_argument("kind", nargs="?", default="dags")
    arguments.add_argument("dag", nargs="?", default="")
    given = arguments.read(words)
    live = _live(session, ".refresh")
    if live.mode == "off":
        raise UsageError(".refresh: .set names is off; .set names auto turns it on")
    kind = _kind(given.kind)

    if (kind in OF_A_DAG) != bool(given.dag):
        wrong = f"wants a DAG: .refresh {given.kind} DAG" if kind in OF_A_DAG else f"{title(kind)} are of no DAG"
        raise UsageError(f".refresh {given.kind}: {wrong}")
    live.refresh(kind, given.dag)
    return Result()


def _kind(word: str) -> Kind:
    found = next((kind for kind, title in TITLES.items() if word.lower() in (title.lower(), kind.value)), None)
    if found is None:
        raise UsageError(f"There are no names called {word}; there are {', '.join(map(str.lower, TITLES.values()))}")
    return found


def forget(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """Drop all names of this environment, also those that are kept on disk."""
    session = call.session
    no_words(".forget", words)
    trouble = _live(session, ".forget").forget()
    if trouble is not None:
        raise NothingRan(trouble)
    return Result()


DIRECTIVES = (
    DotCommand(
        ".names",
        "[KIND [DAG]]",
        "which names are known for completion",
        names,
        takes=(ArgumentKind.KIND, ArgumentKind.DAG),
    ),
    DotCommand(
        ".refresh",
        "[KIND [DAG]]",
        "ask for the DAGs, or for other names",
        refresh,
        takes=(ArgumentKind.KIND, ArgumentKind.DAG),
    ),
    DotCommand(".forget", "", "drop all names that are known", forget),
)
