"""The directive about settings: what each is, and who said so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from mwaa_shell.addresses import hide_login
from mwaa_shell.config import SETTINGS, Setting
from mwaa_shell.dot_commands.registry import DotCommand, DotCommandCall, no_words
from mwaa_shell.paths import short
from mwaa_shell.preferences import PREFERENCES
from mwaa_shell.result import Result, talk
from mwaa_shell.session import Session
from mwaa_shell.settings import FROM_FILE, Access, says

#: What the private MWAA says of itself.
OF_LOCAL = ("endpoint-url", "region", "ca-bundle")
OWN = {one.name for one in PREFERENCES}


def settings(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """Every setting on this environment, its value, and where that comes from."""
    session = call.session
    no_words(".settings", words)
    rows = [(one.name, *_value(session, one)) for one in SETTINGS]
    names, values = (max(len(row[place]) for row in rows) for place in (0, 1))
    return talk("\n".join([*_problems(session), *(f"{a:<{names}}  {b:<{min(values, 30)}}  {c}" for a, b, c in rows)]))


def _problems(session: Session) -> Iterator[str]:
    config = session.settings.config
    yield f"from {short(config.path)}" if config.path else "There is no file of settings; --print-config prints one"
    yield from session.settings.remarks if session.read_only else config.problems


def _value(session: Session, one: Setting) -> tuple[str, str]:
    """A value as it is shown, and who said it; the order is the one in which they win."""
    said = session.settings.config.on(session.here.name if session.here else "").get(one.name)
    line = f"{session.settings.config.name}:{said.line}" if said else ""
    if one.name in OWN:
        where = ".set" if session.preferences.is_set(one.name) else line or "default"
        return session.preferences[one.name] or "-", where
    if one.name in FROM_FILE:
        return _of_access(session, one, line)
    return _of_settings(session, one, line)


def _of_access(session: Session, one: Setting, line: str) -> tuple[str, str]:
    access = session.here.access if session.here else session.access
    value = getattr(access, FROM_FILE[one.name])
    if says(session.access, FROM_FILE[one.name]):
        return _shown(one, value), "--local" if access.direct and one.name in OF_LOCAL else f"--{one.name}"
    variable = next((name for name in one.variables if os.environ.get(name)), "")
    if variable and not access.direct:
        return _shown(one, os.environ[variable]), f"${variable}"
    return _shown(one, value), line if line and value != getattr(Access(), FROM_FILE[one.name]) else "default"


def _of_settings(session: Session, one: Setting, line: str) -> tuple[str, str]:
    place, settings = session.protection(), session.settings
    if one.name == "protected":
        return _shown(one, place.protected), line or f"protect {session.preferences['protect']}"
    if one.name == "read-only":
        where = "--read-only" if settings.read_only else ".readonly" if session.read_only else line or "default"
        if settings.config.doubtful and session.read_only and not settings.read_only:
            where = f"{settings.config.name} has to be mended"
        return _shown(one, place.read_only), where
    if one.name == "environment":
        return place.name or "-", "open"
    if one.name == "log-file":
        return _shown(one, settings.log_file), "default" if settings.log_file is None else line or "--log-file"
    return _shown(one, settings.airflow_version), "--airflow-version" if settings.airflow_version else line or "default"


def _shown(one: Setting, value: object) -> str:
    """A value in one line; a password in a proxy's address is nobody's business."""
    if one.name == "proxy" and value:
        return hide_login(str(value))
    if isinstance(value, tuple):
        return " ".join(value) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Path) or one.takes == "a file":
        return short(str(value)) if value else "-"
    return "-" if value in (None, "") else f"{value:g}" if isinstance(value, float) else str(value)


DIRECTIVES = (DotCommand(".settings", "", "each setting and where it comes from", settings),)
