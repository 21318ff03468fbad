"""The environment of a session: choose it, and load its facts from AWS.

Nothing here changes anything on AWS. Each call waits for AWS, with a limit in seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from mwaa_shell.airflow.bulk import KINDS
from mwaa_shell.airflow.command_line import InputKind, ParsedLine, Problem, quote
from mwaa_shell.errors import CANCELED, EnvironmentNotFound, PermissionMissing, ShellError, State, UsageError
from mwaa_shell.mwaa import Connection, EnvironmentInfo, EnvironmentRef
from mwaa_shell.names import keep_listing
from mwaa_shell.session.session import Session
from mwaa_shell.settings import Access
from mwaa_shell.suggestions import did_you_mean, listed


def list_environments(session: Session, access: Access) -> list[str]:
    """Return the names of the environments that ``access`` sees; waits for AWS."""
    connection = session.connections.get(EnvironmentRef("", access))
    names = session.wait_for("listing environments", access.timeout, lambda: connection.api.names())  # noqa: PLW0108  (its attribute makes the client)
    remember_names(session, names, connection)
    return names


def remember_names(session: Session, names: Sequence[str], connection: Connection) -> None:
    """Keep the names of environments for completion, here and in the user's own shell."""
    session.listed_environments = tuple(names)
    keep_listing(names, connection.target.access, connection.api.region)


def describe(session: Session, connection: Connection) -> EnvironmentInfo:
    """Wait for the facts of GetEnvironment; raise ``ShellError`` without them."""

    def ask() -> EnvironmentInfo:
        error = connection.load_info(again=True)
        if error is not None:
            raise error
        return connection.info

    return session.wait_for("asking AWS", connection.target.access.timeout, ask)


def open_default(session: Session) -> None:
    """Open the only environment of the region, or the user's choice of several.

    Raises ``EnvironmentNotFound`` if the region has none, and ``UsageError`` without a choice.
    """
    access = session.settings.access
    try:
        names = list_environments(session, access)
    except PermissionMissing as error:
        hint = "Name an environment: mwaa-shell NAME."
        raise PermissionMissing(error.message, error.action, hint=hint, detail=error.detail) from None
    region = session.connections.get(EnvironmentRef("", access)).api.region or "this region"
    if not names:
        raise EnvironmentNotFound(f"No environments in {region}", hint="Pass another --region or --profile.")
    if len(names) == 1:
        session.open(names[0], access)
        return
    if session.ui.choose is None:
        raise UsageError(f"{region} has {len(names)} environments", hint=f"Name one: {listed(names)}.")
    session.open(choose(session, access, names), access)


def choose(session: Session, access: Access, names: Sequence[str]) -> str:
    """Return the environment that the user chooses; raise ``UsageError`` for none."""
    assert session.ui.choose is not None
    chosen = session.ui.choose([session.connections.get(EnvironmentRef(name, access)) for name in names])
    if chosen is None:
        raise UsageError(CANCELED, state=State.NOT_SENT)
    return chosen


def require_environment(session: Session) -> None:
    """Open an environment if none is open yet."""
    if session.target is None:
        open_default(session)


def require_environment_info(session: Session) -> None:
    """Open an environment if none is open yet, and load its facts."""
    require_environment(session)
    load_environment_info(session)


def load_environment_info(session: Session) -> None:
    """Wait for GetEnvironment; say once what is not permitted and what that costs."""
    connection = session.connection
    try:
        error = connection.load_info() if connection.info_is_loaded else _ask_about(session, connection)
    except EnvironmentNotFound as missing:
        raise with_suggestion(missing, session, connection.target.access, connection.target.name) from None
    if isinstance(error, PermissionMissing) and not connection.refusal_shown:
        connection.refusal_shown = True
        unknown = "status and access mode" if connection.version else "Airflow version, status and access mode"
        advice = "" if connection.version else " Pass --airflow-version."
        session.ui.note(f"{error.action} on {connection.target.name} is not permitted. Unknown: {unknown}.{advice}")


def with_suggestion(error: EnvironmentNotFound, session: Session, access: Access, name: str) -> EnvironmentNotFound:
    """Return the error for an unknown environment, with a similar name if possible."""
    try:
        return error.with_message(f"{error}{did_you_mean(name, list_environments(session, access))}")
    except ShellError:
        return error


def _ask_about(session: Session, connection: Connection) -> ShellError | None:
    if not session.ui.interactive:  # a prompt has asked AWS in the background
        connection.prepare()
    return session.wait_for("asking AWS about the environment", connection.target.access.timeout, connection.load_info)


class FileIsHere(UsageError):
    """A command with a file of this machine; ``line`` is the command that sends it."""

    def __init__(self, message: str, line: str) -> None:
        super().__init__(message, hint=f"Use {line}", state=State.NOT_SENT)
        self.line = line


def refuse_file_of_this_machine(line: ParsedLine) -> None:
    """Raise ``FileIsHere`` for an import of Airflow's with a file that exists here."""
    match line.values:
        case (kind, "import", name, *_) if kind in KINDS:
            pass
        case ("variables" | "pool" as command, "-i" | "--import", name, *_):  # Airflow 1
            kind = {"pool": "pools"}.get(command, command)
        case _:
            return
    with suppress(OSError, RuntimeError, ValueError):
        if not Path(name).expanduser().is_file():
            return
        own = f".import {kind} {quote(name)}"
        raise FileIsHere(f"{kind} import reads files of the web server, and this file is on this machine", own)


def problem_before_sending(session: Session, line: ParsedLine) -> Problem | None:
    """Return what Airflow would refuse in a line; may wait for AWS."""
    if line.kind is InputKind.AIRFLOW and line.problem is None:
        require_environment_info(session)
    return session.rules().problem_in(line.text)
