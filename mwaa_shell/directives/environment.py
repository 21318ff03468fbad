"""Directives about environments: which there are, which one is open, what is known of it."""

from __future__ import annotations

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
    arguments = Arguments(".use")
    arguments.add_argument("environment", nargs="?")
    arguments.add_argument("--profile")
    arguments.add_argument("--region")
    given = arguments.read(words)
    name, _, region = (given.environment or "").partition("@")
    if region and given.region:
        raise UsageError(f".use: the region is given twice, {region} and {given.region}")
    access = at(_access(session), region or given.region, given.profile)
    if not name:
        name = _choose(session, access)
    link = session.link_to(Target(name, access))
    try:
        session.describe(link)
    except EnvironmentNotFound as error:
        raise EnvironmentNotFound(f"{error}{_did_you_mean(session, access, name)}") from None
    except PermissionMissing:
        pass  # the right to run commands may be there all the same
    session.open(name, access)
    return Result()


def _access(session: Session) -> Access:
    return session.here.access if session.here else session.settings.access


def _choose(session: Session, access: Access) -> str:
    if session.choose is None:
        raise UsageError(".use: name an environment; .envs lists them")
    chosen = session.choose(session, access, session.names(access))
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


DIRECTIVES = (
    Directive(
        ".use",
        "[ENV[@REGION]] [--profile P] [--region R]",
        "go to another environment, or choose one",
        use,
        takes=(Takes.ENVIRONMENT,),
        flags={"--profile": Takes.PROFILE, "--region": Takes.REGION},
    ),
    Directive(".envs", "", "the environments of this account and region", envs),
    Directive(".info", "", "what AWS knows of this environment", info),
)
