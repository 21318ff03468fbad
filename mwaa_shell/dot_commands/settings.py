"""Dot-commands about the shell: settings, cached names, ``.send``, ``.clear`` and ``.exit``."""

from __future__ import annotations

import os
import time
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mwaa_shell.addresses import hide_login
from mwaa_shell.airflow.command_line import InputKind, ParsedLine
from mwaa_shell.config import NAMED, SETTINGS, Setting
from mwaa_shell.dot_commands.help import in_columns
from mwaa_shell.dot_commands.registry import Argument, ArgumentKind, DotCommand, DotCommandCall, Group
from mwaa_shell.durations import format_age
from mwaa_shell.errors import NothingRan, State, UsageError
from mwaa_shell.names import OF_A_DAG, TITLES, title
from mwaa_shell.paths import short
from mwaa_shell.preferences import PREFERENCES, Preferences, preference
from mwaa_shell.result import Result, text_result
from mwaa_shell.session import Plan, Session, require_environment
from mwaa_shell.settings import FROM_FILE, Access, is_explicit
from mwaa_shell.suggestions import unknown

if TYPE_CHECKING:
    from argparse import Namespace

    from mwaa_shell.airflow.knowledge import Kind
    from mwaa_shell.names import NameRefresher

#: Settings that a local environment sets itself.
OF_LOCAL = ("endpoint-url", "region", "ca-bundle")
#: Columns of a value with something beside it.
LONGEST_VALUE = 30
#: The source of a value that was not set.
DEFAULT = "default"
OWN = {one.name for one in PREFERENCES}
#: Instead of ``.set``, and of an option of the same name.
OTHER_WAYS = {"environment": ".use", "protected": ".set protect", "read-only": ".readonly"}


def settings(call: DotCommandCall, given: Namespace) -> Result:
    """List the settings of this environment that differ from their defaults, or all; each with value and source."""
    session = call.session
    every = given.which is not None
    rows = [(one.name, *_value(session, one)) for one in SETTINGS]
    shown = [row for row in rows if every or row[2] != DEFAULT]
    values = min(max(len(value) for _, value, _ in shown), LONGEST_VALUE)
    lines = in_columns([(name, f"{value:<{values}}  {source}") for name, value, source in shown])
    left = [] if every else [f"{len(rows) - len(shown)} settings have their defaults (.settings all)"]
    return text_result("\n".join([*_problems(session), lines, *left]))


def _problems(session: Session) -> Iterator[str]:
    config = session.settings.config
    yield (
        f"from {short(config.path)}"
        if config.path
        else "There is no config.toml (mwaa-shell --print-config prints one)."
    )
    yield from session.settings.remarks if session.read_only else config.problems


def _value(session: Session, one: Setting) -> tuple[str, str]:
    """Return a value as shown and its source; sources are tried in their order of precedence."""
    said = session.settings.config.on(session.target.name if session.target else "").get(one.name)
    line = f"{session.settings.config.name}:{said.line}" if said else ""
    if one.name in OWN:
        where = ".set" if session.preferences.is_set(one.name) else line or DEFAULT
        return session.preferences[one.name] or "-", where
    if one.name in FROM_FILE:
        return _of_access(session, one, line)
    return _of_settings(session, one, line)


def _of_access(session: Session, one: Setting, line: str) -> tuple[str, str]:
    access = session.target.access if session.target else session.access
    value = getattr(access, FROM_FILE[one.name])
    if is_explicit(session.access, FROM_FILE[one.name]):
        return _shown(one, value), "--local" if access.direct and one.name in OF_LOCAL else f"--{one.name}"
    variable = next((name for name in one.variables if os.environ.get(name)), "")
    if variable and not access.direct:
        return _shown(one, os.environ[variable]), f"${variable}"
    return _shown(one, value), line if line and value != getattr(Access(), FROM_FILE[one.name]) else DEFAULT


def _of_settings(session: Session, one: Setting, line: str) -> tuple[str, str]:
    place, settings = session.protection(), session.settings
    if one.name == "protected":
        by_name = f"protect {session.preferences['protect']}" if place.protected else DEFAULT
        return _shown(one, place.protected), line or by_name
    if one.name == "read-only":
        where = "--read-only" if settings.read_only else ".readonly" if session.read_only else line or DEFAULT
        if settings.config.doubtful and session.read_only and not settings.read_only:
            where = f"mistake in {settings.config.name}"
        return _shown(one, place.read_only), where
    if one.name == "environment":
        return place.name or "-", "open"
    if one.name == "log-file":
        return _shown(one, settings.log_file), DEFAULT if settings.log_file is None else line or "--log-file"
    return _shown(one, settings.airflow_version), "--airflow-version" if settings.airflow_version else line or DEFAULT


def _shown(one: Setting, value: object) -> str:
    """Return a value in one line, without the login of a proxy's address."""
    if one.name == "proxy" and value:
        return hide_login(str(value))
    if isinstance(value, tuple):
        return " ".join(value) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Path) or one.takes == "a file":
        return short(str(value)) if value else "-"
    return "-" if value in (None, "") else f"{value:g}" if isinstance(value, float) else str(value)


def set_preference(call: DotCommandCall, given: Namespace) -> Result:
    """Change a preference of this session, or show one or all of them."""
    session = call.session
    _refuse_startup_setting(given.name)
    if given.value is not None:
        session.preferences.set(given.name, given.value)
        return Result()
    if given.name:
        one = preference(given.name)
        return text_result(
            in_columns([(f"{one.name} {session.preferences[one.name]}", f"{one.summary} ({one.takes})")])
        )
    rows = [(one.name, session.preferences[one.name] or "-", one.summary) for one in PREFERENCES]
    values = min(max(len(value) for _, value, _ in rows), LONGEST_VALUE)
    return text_result(in_columns([(name, f"{value:<{values}}  {summary}") for name, value, summary in rows]))


def _refuse_startup_setting(name: str) -> None:
    """Raise ``UsageError`` for a setting that ``.set`` does not have."""
    if name in NAMED and name not in OWN:
        way = OTHER_WAYS.get(name, f"--{name}")
        raise UsageError(f".set does not change {name}", hint=f"Set it in config.toml, or use {way}.")


def check_set(plan: Plan, given: Namespace) -> None:
    """Raise for a wrong name or value; the following lines are checked with a new ``protect``."""
    _refuse_startup_setting(given.name)
    if given.value is not None:
        Preferences().set(given.name, given.value)
        if given.name == "protect":
            plan.protect = given.value


def send(call: DotCommandCall, given: Namespace) -> Result:
    """Send a command without checks: environments can have plugins."""
    return call.executor.send(replace(call.context, line=_to_send(given.command), as_it_is=True))[0]


def _to_send(line: ParsedLine) -> ParsedLine:
    """Return an Airflow command; raise ``UsageError`` for anything else."""
    if line.problem is not None:
        raise UsageError(line.problem.message, state=State.NOT_SENT)
    if line.kind is InputKind.BLANK:
        raise UsageError(".send requires an Airflow command")
    if line.kind is InputKind.DOT_COMMAND:
        own = line.values[0]
        raise UsageError(f".send requires an Airflow command, and {own} is a dot-command", state=State.NOT_SENT)
    return line


def leave(call: DotCommandCall, given: Namespace) -> Result:
    """Leave the shell."""
    return Result(leaves=True)


def clear(call: DotCommandCall, given: Namespace) -> Result:
    """Clear the screen; in a script, do nothing."""
    return Result(clears=True)


# -- cached names ------------------------------------------------------------------------------------------------------


def _live(session: Session) -> NameRefresher:
    require_environment(session)
    if session.cached_names is None:
        raise UsageError("Names are cached only at a prompt", hint="Open one with mwaa-shell NAME.")
    return session.cached_names


def _listed(live: NameRefresher, kind: Kind, dag: str) -> str:
    """Return the cached names of one kind, or why there are none."""
    if kind in OF_A_DAG and not dag:
        of = [key[1] for key in live.catalogue.snapshot() if key[0] is kind]
        return f"{title(kind).capitalize()} belong to a DAG. Cached are those of {', '.join(sorted(of)) or 'none'}."
    found = live.catalogue.names(kind, dag)
    if not found and (kind, dag) in live.catalogue.snapshot():
        return f"There are no {title(kind, dag)}."
    advice = f".refresh {title(kind).lower()} {dag}".strip()
    rows = [" ".join([name.text, *name.facts.values()]).rstrip() for name in found]
    return "\n".join(rows) or f"No {title(kind, dag)} are cached. {advice} loads them."


def _summary(live: NameRefresher) -> list[str]:
    rows = []
    for one in live.catalogue.summary(time.time()):
        some = "" if one.complete else "some, "
        source = {"output": "from output", "REST": "over REST", "CLI": "through the CLI"}[one.source]
        rows.append(f"{one.count:>6,}  {title(one.kind, one.dag)}  ({some}{source}, {format_age(one.age)})")
    return rows


def refresh(call: DotCommandCall, given: Namespace) -> Result:
    """Load the names of a kind in the background; or list or drop the cached names."""
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
        ".set",
        Group.SHELL,
        "[NAME [VALUE]]",
        "show or change the settings of this session",
        set_preference,
        (
            Argument("[NAME]", takes=ArgumentKind.PREFERENCE),
            Argument("[VALUE]", takes=ArgumentKind.VALUE, default=None),
        ),
        check_set,
        details="Change a setting until the shell exits. config.toml keeps settings permanently.",
        examples=(".set zone utc", ".set output csv", ".set names"),
        see=(".settings",),
    ),
    DotCommand(
        ".settings",
        Group.SHELL,
        "[all]",
        "list changed settings and where each comes from",
        settings,
        (Argument("[WHICH]", choices=("all",)),),
        details="List the settings that differ from their defaults, and the source of each value.",
        examples=(".settings", ".settings all"),
        see=(".set",),
    ),
    DotCommand(
        ".send",
        Group.COMMANDS,
        "COMMAND",
        "send a command even if Airflow would reject it",
        send,
        (Argument("COMMAND", takes=ArgumentKind.COMMAND),),
        lambda plan, given: plan.check_safety(_to_send(given.command), as_it_is=True),
        details="Send a command that the shell would refuse, such as one of a plugin. Safety checks still apply.",
        examples=(".send my-plugin list",),
        see=(".help",),
    ),
    DotCommand(
        ".clear",
        Group.SHELL,
        "",
        "clear the screen (also clear and Ctrl-L)",
        clear,
        details="Clear the screen. clear and Ctrl-L do the same.",
        examples=(".clear",),
    ),
    DotCommand(
        ".exit",
        Group.SHELL,
        "",
        "leave (also exit, quit and Ctrl-D)",
        leave,
        bare=("exit", "quit"),
        details="Leave the shell. exit, quit and Ctrl-D do the same.",
        examples=(".exit",),
    ),
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
