"""Dot-commands about the shell itself: settings, ``.clear`` and ``.exit``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mwaa_shell.addresses import hide_login
from mwaa_shell.config import NAMED, SETTINGS, Setting
from mwaa_shell.dot_commands.help import in_columns
from mwaa_shell.dot_commands.registry import Argument, ArgumentKind, DotCommand, DotCommandCall, Group
from mwaa_shell.errors import UsageError
from mwaa_shell.paths import short
from mwaa_shell.preferences import PREFERENCES, Preferences, preference
from mwaa_shell.result import Result, text_result
from mwaa_shell.session import Plan, Session
from mwaa_shell.settings import FROM_FILE, Access, is_explicit

if TYPE_CHECKING:
    from argparse import Namespace


#: Settings that a local environment sets itself.
OF_LOCAL = ("endpoint-url", "region", "ca-bundle")
#: Columns of a value with text after it.
LONGEST_VALUE = 30
#: The source of a value that was not set.
DEFAULT = "default"
OWN = {one.name for one in PREFERENCES}
#: Other ways to change a setting that ``.set`` and options do not change.
OTHER_WAYS = {"environment": ".use", "protected": ".set protect", "read-only": ".readonly"}


def settings(call: DotCommandCall, given: Namespace) -> Result:
    """List all settings or the changed ones, each with its value and source."""
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
    """Return a shown value and its source, tried in order of precedence."""
    configured = session.settings.config.on(session.target.name if session.target else "").get(one.name)
    line = f"{session.settings.config.name}:{configured.line}" if configured else ""
    if one.name in OWN:
        where = ".set" if session.preferences.is_set(one.name) else line or DEFAULT
        return session.preferences[one.name] or "-", where
    if one.name.replace("-", "_") in FROM_FILE:
        return _of_access(session, one, line)
    return _of_settings(session, one, line)


def _of_access(session: Session, one: Setting, line: str) -> tuple[str, str]:
    access = session.target.access if session.target else session.access
    member = one.name.replace("-", "_")
    value = getattr(access, member)
    if is_explicit(session.access, member):
        return _shown(one, value), "--local" if access.direct and one.name in OF_LOCAL else f"--{one.name}"
    variable = next((name for name in one.variables if os.environ.get(name)), "")
    if variable and not access.direct:
        return _shown(one, os.environ[variable]), f"${variable}"
    return _shown(one, value), line if line and value != getattr(Access(), member) else DEFAULT


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
    """Raise for a wrong name or value; keep ``protect`` for later lines."""
    _refuse_startup_setting(given.name)
    if given.value is not None:
        Preferences().set(given.name, given.value)
        if given.name == "protect":
            plan.protect = given.value


def leave(call: DotCommandCall, given: Namespace) -> Result:
    """Leave the shell."""
    return Result(leaves=True)


def clear(call: DotCommandCall, given: Namespace) -> Result:
    """Clear the screen; in a script, do nothing."""
    return Result(clears=True)


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
)
