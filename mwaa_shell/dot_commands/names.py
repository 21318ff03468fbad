"""The dot-command that loads, lists and deletes cached names."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mwaa_shell.airflow.command_line import command_text
from mwaa_shell.dot_commands.registry import Argument, ArgumentKind, DotCommand, DotCommandCall, Group
from mwaa_shell.durations import format_age
from mwaa_shell.errors import NothingRan, UsageError
from mwaa_shell.names import OF_A_DAG, TITLES, title
from mwaa_shell.result import Result, text_result
from mwaa_shell.session import Session, require_environment
from mwaa_shell.suggestions import unknown

if TYPE_CHECKING:
    from argparse import Namespace

    from mwaa_shell.airflow.knowledge import Kind
    from mwaa_shell.names import NameRefresher


def _live(session: Session) -> NameRefresher:
    require_environment(session)
    if session.cached_names is None:
        raise UsageError("Names are cached only at a prompt", hint="Open one with mwaa-shell NAME.")
    return session.cached_names


def _listed(live: NameRefresher, kind: Kind, dag: str) -> str:
    """Return the cached names of one kind, or why it has no names."""
    if kind in OF_A_DAG and not dag:
        of = [key[1] for key in live.catalogue.snapshot() if key[0] is kind]
        return f"{title(kind).capitalize()} belong to a DAG. Cached are those of {', '.join(sorted(of)) or 'none'}."
    found = live.catalogue.names(kind, dag)
    if not found and (kind, dag) in live.catalogue.snapshot():
        return f"There are no {title(kind, dag)}."
    advice = command_text(f".refresh {title(kind).lower()}", *filter(None, [dag]))
    rows = [" ".join([name.text, *name.facts.values()]).rstrip() for name in found]
    return "\n".join(rows) or f"No {title(kind, dag)} are cached. {advice} loads them."


def _summary(live: NameRefresher) -> list[str]:
    rows = []
    for one in live.catalogue.summary(time.time()):
        some = "" if one.complete else "some, "
        source = {"output": "from output", "REST": "over REST", "CLI": "through the CLI"}[one.source]
        rows.append(f"{one.size:>6,}  {title(one.kind, one.dag)}  ({some}{source}, {format_age(one.age)})")
    return rows


def refresh(call: DotCommandCall, given: Namespace) -> Result:
    """Load names of a kind in the background, or list or delete cached names."""
    if given.list and given.forget:
        raise UsageError("--list and --forget cannot be combined")
    live = _live(call.session)
    if given.list:
        rows = [_listed(live, _kind(given.kind), given.dag)] if given.kind else _summary(live)
        return text_result("\n".join(rows) or "No names are cached. .refresh loads the DAGs.")
    if given.forget:
        if given.kind:
            raise UsageError(".refresh --forget deletes all names, so it takes no kind")
        trouble = live.forget()
        if trouble is not None:
            raise NothingRan(trouble)
        call.session.ui.note("The cached names are deleted.")
        return Result()
    if live.mode == "off":
        raise UsageError("Names are off", hint="Turn them on with .set names auto.")
    kind = _kind(given.kind or "dags")
    if (kind in OF_A_DAG) != bool(given.dag):
        if kind in OF_A_DAG:
            raise UsageError(f".refresh {given.kind} requires a DAG", hint=f"Write .refresh {given.kind} DAG.")
        raise UsageError(f".refresh {given.kind} takes no DAG")
    live.refresh(kind, given.dag)
    call.session.ui.note(f"Loading {TITLES[kind]}. The prompt stays free.")
    return Result()


def _kind(word: str) -> Kind:
    found = next((kind for kind, title in TITLES.items() if word.lower() in (title.lower(), kind.value)), None)
    if found is None:
        raise unknown("kind of names", word, [title.lower() for title in TITLES.values()], ".help .refresh")
    return found


DOT_COMMANDS = (
    DotCommand(
        ".refresh",
        Group.COMPLETION,
        "[--list|--forget] [KIND [DAG]]",
        "load (default: DAGs), list or drop cached names",
        refresh,
        (
            Argument("[KIND]", "dags, runs, tasks, variables, connections, pools, ...", ArgumentKind.KIND),
            Argument("[DAG]", "for runs and tasks", ArgumentKind.DAG),
            Argument("--list", "show cached names"),
            Argument("--forget", "delete all cached names"),
        ),
        details="Load names for completion: over the REST API if it is permitted, else through the CLI. "
        "Without an argument, load the DAGs.",
        examples=(".refresh", ".refresh tasks sales_daily", ".refresh --list dags"),
        see=(".set",),
    ),
)
