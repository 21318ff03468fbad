"""Directives about environments: which there are, which one is open, what is known of it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mwaa_shell.directives.registry import Arguments, Directive, Takes, no_words
from mwaa_shell.errors import EnvironmentNotFound, PermissionMissing, UsageError
from mwaa_shell.link import Target
from mwaa_shell.mwaa.environment import facts
from mwaa_shell.result import Result, talk
from mwaa_shell.settings import Access, at

if TYPE_CHECKING:
    from mwaa_shell.session import Session


def use(session: Session, words: tuple[str, ...]) -> Result:
    """Go to another environment once AWS has confirmed that it exists; without a name, choose one."""
    given = _given(words)
    name, _, region = (given.environment or "").partition("@")
    if region and given.region:
        raise UsageError(f".use: the region is given twice, {region} and {given.region}")
    access = at(_access(session), region or given.region, given.profile)
    if not name:
        name = _choose(session, access)
    link = session.links.to(Target(name, access))
    try:
        session.describe(link)
    except EnvironmentNotFound as error:
        raise EnvironmentNotFound(f"{error}{_did_you_mean(session, access, name)}") from None
    except PermissionMissing:
        pass  # the right to run commands may be there all the same
    session.open(name, access)
    return Result()


def _given(words: tuple[str, ...]) -> argparse.Namespace:
    arguments = Arguments(".use")
    arguments.add_argument("environment", nargs="?")
    arguments.add_argument("--profile")
    arguments.add_argument("--region")
    return arguments.read(words)


def check_use(session: Session, words: tuple[str, ...], depth: int) -> None:
    """Note which environment it will be: the rails of the lines behind it are that one's."""
    session.ahead.environment = (_given(words).environment or "").partition("@")[0]


def _access(session: Session) -> Access:
    return session.access


def _choose(session: Session, access: Access) -> str:
    if session.front.choose is None:
        raise UsageError(".use: name an environment; .envs lists them")
    chosen = session.front.choose(session, access, session.names(access))
    if chosen is None:
        raise UsageError("No environment was chosen")
    return chosen


def _did_you_mean(session: Session, access: Access, name: str) -> str:
    import difflib

    try:
        near = difflib.get_close_matches(name, session.names(access), 1)
    except PermissionMissing:
        near = []
    return f"; did you mean {near[0]}?" if near else ""


def envs(session: Session, words: tuple[str, ...]) -> Result:
    """The environments of the account and region, the open one marked."""
    no_words(".envs", words)
    here = session.here
    rows = []
    for name in session.names(_access(session)):
        mark = "*" if here and here.name == name else " "
        rows.append(f"{mark} {name}")
    return talk("\n".join(rows) or "There are none in this region")


def info(session: Session, words: tuple[str, ...]) -> Result:
    """Everything that GetEnvironment tells."""
    no_words(".info", words)
    session.ensure_open()
    rows = facts(session.describe(session.link))
    width = max((len(label) for label, _ in rows), default=0)
    return talk("\n".join(f"{label:<{width}}  {text}" for label, text in rows))


def readonly(session: Session, words: tuple[str, ...]) -> Result:
    """Send nothing but what reads from now on, or stop keeping to that; without a word, say which."""
    arguments = Arguments(".readonly")
    arguments.add_argument("state", nargs="?", choices=("on", "off"))
    state = arguments.read(words).state
    if state == "off" and session.settings.read_only:
        raise UsageError("--read-only holds until the shell ends")
    if state is not None:
        session.read_only = state == "on"
    if session.outgoing.place.read_only and not session.read_only:
        return talk("Only what reads is sent here: the file of settings says so of this environment")
    return talk("Only what reads is sent" if session.read_only else "What changes something is sent too")


DIRECTIVES = (
    Directive(
        ".use",
        "[ENV[@REGION]] [--profile P] [--region R]",
        "go to another environment, or choose one",
        use,
        check=check_use,
        takes=(Takes.ENVIRONMENT,),
        flags={"--profile": Takes.PROFILE, "--region": Takes.REGION},
    ),
    Directive(".envs", "", "the environments of this account and region", envs),
    Directive(".readonly", "[on|off]", "send nothing that changes anything, or say whether", readonly),
    Directive(".info", "", "what AWS knows of this environment", info),
)
