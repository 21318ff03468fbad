"""Directives about environments: which there are, which one is open, what is known of it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mwaa_shell.dot_commands.registry import ArgumentKind, Arguments, DotCommand, DotCommandCall, no_words
from mwaa_shell.errors import EnvironmentNotFound, PermissionMissing, UsageError
from mwaa_shell.mwaa.connection import EnvironmentRef
from mwaa_shell.mwaa.environment import facts
from mwaa_shell.result import Result, talk
from mwaa_shell.session import Plan, Session
from mwaa_shell.session.environment import choose, describe, list_environments, require_environment
from mwaa_shell.settings import Access, at

if TYPE_CHECKING:
    from mwaa_shell.mwaa.connection import Connection

NAME_ONE = ".use: name an environment; .envs lists them"


def use(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """Go to another environment once AWS has confirmed that it exists; without a name, choose one."""
    session = call.session
    name, access = _wanted(words, session.access)
    if not name:
        name = _choose(session, access)
    _confirmed(session, name, access)
    session.open(name, access)
    return Result()


def _wanted(words: tuple[str, ...], access: Access) -> tuple[str, Access]:
    """The name of an environment, if one is given, and the way to it from the way that is used now."""
    given = _given(words)
    name, _, region = (given.environment or "").partition("@")
    if region and given.region:
        raise UsageError(f".use: the region is given twice, {region} and {given.region}")
    return name, at(access, region or given.region, given.profile)


def _confirmed(session: Session, name: str, access: Access) -> Connection:
    """The link to an environment of which AWS says that it exists, or does not want to say anything."""
    link = session.links.get(EnvironmentRef(name, access))
    try:
        describe(session, link)
    except EnvironmentNotFound as error:
        raise EnvironmentNotFound(f"{error}{_did_you_mean(session, access, name)}") from None
    except PermissionMissing:
        pass  # the right to run commands may be there all the same
    return link


def _given(words: tuple[str, ...]) -> argparse.Namespace:
    arguments = Arguments(".use")
    arguments.add_argument("environment", nargs="?")
    arguments.add_argument("--profile")
    arguments.add_argument("--region")
    return arguments.read(words)


def check_use(plan: Plan, words: tuple[str, ...]) -> None:
    """Raise where AWS knows no such environment; the lines behind it are checked for this one."""
    session = plan.session
    ahead = plan.state
    name, access = _wanted(words, ahead.access or session.access)
    if not name and session.ui.choose is None:
        raise UsageError(NAME_ONE)
    ahead.link, ahead.elsewhere = None, not name
    if name:
        ahead.link, ahead.access = _confirmed(session, name, access), access


def _choose(session: Session, access: Access) -> str:
    if session.ui.choose is None:
        raise UsageError(NAME_ONE)
    return choose(session, access, list_environments(session, access))


def _did_you_mean(session: Session, access: Access, name: str) -> str:
    import difflib

    try:
        near = difflib.get_close_matches(name, list_environments(session, access), 1)
    except PermissionMissing:
        near = []
    return f"; did you mean {near[0]}?" if near else ""


def envs(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """The environments of the account and region, the open one marked."""
    session = call.session
    no_words(".envs", words)
    here = session.here
    rows = []
    for name in list_environments(session, session.access):
        mark = "*" if here and here.name == name else " "
        rows.append(f"{mark} {name}")
    return talk("\n".join(rows) or "There are none in this region")


def info(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """Everything that GetEnvironment tells."""
    session = call.session
    no_words(".info", words)
    require_environment(session)
    rows = facts(describe(session, session.link))
    width = max((len(label) for label, _ in rows), default=0)
    return talk("\n".join(f"{label:<{width}}  {text}" for label, text in rows))


def readonly(call: DotCommandCall, words: tuple[str, ...]) -> Result:
    """Send nothing but what reads from now on, or stop keeping to that; without a word, say which."""
    session = call.session
    state = _state(session, words)
    if state is not None:
        session.read_only = state == "on"
    place = session.protection()
    if place.read_only and not session.read_only:
        return talk("Only what reads is sent here: the file of settings says so of this environment")
    return talk(f"Only what reads is sent, {place.why}" if place.read_only else "What changes something is sent too")


def check_readonly(plan: Plan, words: tuple[str, ...]) -> None:
    """Raise for what cannot be lifted; the lines behind it find it so."""
    session = plan.session
    state = _state(session, words)
    if state is not None:
        plan.state.read_only = state == "on"


def _state(session: Session, words: tuple[str, ...]) -> str | None:
    arguments = Arguments(".readonly")
    arguments.add_argument("state", nargs="?", choices=("on", "off"))
    state: str | None = arguments.read(words).state
    if state == "off" and session.settings.read_only:
        raise UsageError("--read-only holds until the shell ends")
    return state


DIRECTIVES = (
    DotCommand(
        ".use",
        "[ENV[@REGION]] [--profile P] [--region R]",
        "go to another environment, or choose one",
        use,
        check=check_use,
        takes=(ArgumentKind.ENVIRONMENT,),
        flags={"--profile": ArgumentKind.PROFILE, "--region": ArgumentKind.REGION},
    ),
    DotCommand(".envs", "", "the environments of this account and region", envs),
    DotCommand(
        ".readonly", "[on|off]", "send nothing that changes anything, or say whether", readonly, check=check_readonly
    ),
    DotCommand(".info", "", "what AWS knows of this environment", info),
)
