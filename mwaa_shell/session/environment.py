"""Which environment a session is on, and what AWS knows of it: what is asked before a line runs.

Nothing here changes anything on AWS. Each call waits for AWS, with a limit in seconds.
"""

from __future__ import annotations

from collections.abc import Sequence

from mwaa_shell.airflow.command_line import InputKind, ParsedLine, Problem
from mwaa_shell.errors import NothingRan, PermissionMissing, ShellError, UsageError
from mwaa_shell.mwaa.connection import Connection, EnvironmentRef
from mwaa_shell.mwaa.environment import EnvironmentInfo
from mwaa_shell.names.cache_files import keep_listing
from mwaa_shell.session.interface import NONE_CHOSEN
from mwaa_shell.session.session import Session
from mwaa_shell.settings import Access


def list_environments(session: Session, access: Access) -> list[str]:
    """Return the names of the environments that ``access`` sees; waits for AWS."""
    link = session.links.get(EnvironmentRef("", access))
    names = session.wait_for("listing environments", access.timeout, lambda: link.api.names())  # noqa: PLW0108  (its attribute makes the client)
    remember_names(session, names, link)
    return names


def remember_names(session: Session, names: Sequence[str], link: Connection) -> None:
    """Keep the names of environments for completion, here and in the user's own shell."""
    session.known_names = tuple(names)
    keep_listing(names, link.target.access, link.api.region)


def describe(session: Session, link: Connection) -> EnvironmentInfo:
    """Return what GetEnvironment knows; waits for AWS, raises ``ShellError`` if AWS does not say."""

    def ask() -> EnvironmentInfo:
        error = link.describe(again=True)
        if error is not None:
            raise error
        return link.known

    return session.wait_for("asking AWS", link.target.access.timeout, ask)


def open_default(session: Session) -> None:
    """Open the only environment of the region, or the one that the user chooses. Raises where there is none."""
    access = session.settings.access
    try:
        names = list_environments(session, access)
    except PermissionMissing as error:
        raise PermissionMissing(f"{error}; name an environment: mwaa-shell NAME", error.action) from None
    region = session.links.get(EnvironmentRef("", access)).api.region or "this region"
    if not names:
        raise NothingRan(f"There is no environment in {region}: name another with --region or --profile")
    if len(names) == 1:
        session.open(names[0], access)
        return
    if session.ui.choose is None:
        raise UsageError(f"There are {len(names)} environments in {region}, name one of them: {', '.join(names)}")
    session.open(choose(session, access, names), access)


def choose(session: Session, access: Access, names: Sequence[str]) -> str:
    """Return the environment that the user chooses; raises ``UsageError`` where they choose none."""
    assert session.ui.choose is not None
    chosen = session.ui.choose([session.links.get(EnvironmentRef(name, access)) for name in names])
    if chosen is None:
        raise UsageError(NONE_CHOSEN)
    return chosen


def require_environment(session: Session) -> None:
    """Be on an environment: the only one of the region, or the one that the user chooses."""
    if session.here is None:
        open_default(session)


def load_environment_info(session: Session) -> None:
    """Wait until GetEnvironment has answered or failed; say once what is not permitted and what that costs."""
    link = session.link
    error = link.describe() if link.described else _ask_about(session, link)
    if isinstance(error, PermissionMissing) and not link.refusal_shown:
        link.refusal_shown = True
        unknown = "status and access mode" if link.version else "Airflow version, status and access mode"
        advice = "" if link.version else " (--airflow-version says the version)"
        session.ui.note(f"{error.action} is not allowed on {link.target.name}: its {unknown} are not known{advice}")


def _ask_about(session: Session, link: Connection) -> ShellError | None:
    if not session.ui.interactive:  # at a prompt that has been done behind it
        link.prepare()
    return session.wait_for("asking AWS about the environment", link.target.access.timeout, link.describe)


def problem_before_sending(session: Session, line: ParsedLine) -> Problem | None:
    """Return what Airflow would refuse; opens an environment and waits for AWS, if need be."""
    if line.kind is InputKind.AIRFLOW and line.problem is None:
        require_environment(session)
        load_environment_info(session)
    return session.rules().problem_in(line.text)
