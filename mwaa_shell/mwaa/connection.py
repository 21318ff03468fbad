"""The connection to one environment, shared by commands and background work, and the pool of all connections.

boto3 is imported at the first call of AWS, requests at the first command.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from mwaa_shell.airflow.versions import Version, parse_version
from mwaa_shell.config import Config
from mwaa_shell.errors import CredentialsProblem, EnvironmentNotFound, PermissionMissing, ShellError
from mwaa_shell.mwaa.environment import CliToken, EnvironmentInfo, is_host
from mwaa_shell.settings import Access, with_file

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Grammar
    from mwaa_shell.job import Job
    from mwaa_shell.mwaa.aws import MwaaApi
    from mwaa_shell.mwaa.cli_client import CliClient
    from mwaa_shell.mwaa.transport import Transport

#: Makes the AWS side for one way to reach it.
MakeApi = Callable[[Access], "MwaaApi"]


class EnvironmentRef(NamedTuple):
    """The name of an environment and how AWS is reached for it."""

    name: str
    access: Access


def real_api(access: Access) -> MwaaApi:
    """Return the MWAA API over boto3."""
    from mwaa_shell.mwaa.aws import MwaaApi  # imports boto3

    return MwaaApi(access)


class CommandLock:
    """The lock of an environment: one CLI request at a time, from commands and refreshes of names."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.refreshing: Job[Any] | None = None  #: what waits for the lock, or has it, to refresh names
        self.unfinished = ""  #: a command that nobody waited for to the end, as it may be shown


class Connection:
    """The API, the client and the facts of one environment. Every method may be called from any thread."""

    def __init__(
        self,
        target: EnvironmentRef,
        said_version: str | None = None,
        make: MakeApi = real_api,
        command_lock: CommandLock | None = None,
    ) -> None:
        self.target = target
        self.known = EnvironmentInfo(target.name)
        self.version: Version | None = parse_version(said_version)
        self.last_version: Version | None = None  #: what the environment ran when it was last seen, until AWS says more
        self.region = target.access.region or ""
        self.command_lock = command_lock or CommandLock()
        self.refusal_shown = False  #: the user has been told what AWS does not permit here
        self._make = make
        self._described = False
        self._refusal: PermissionMissing | None = None  # GetEnvironment is not allowed
        self._describing = threading.Lock()
        self._making = threading.RLock()
        self._api: MwaaApi | None = None
        self._client: CliClient | None = None
        self._transport: Transport | None = None
        self._web_server = ""  # as the last token named it

    @property
    def refused(self) -> bool:
        """Whether GetEnvironment is not permitted."""
        return self._refusal is not None

    @property
    def described(self) -> bool:
        """Whether GetEnvironment has answered or was not permitted."""
        return self._described

    @property
    def api(self) -> MwaaApi:
        """The MWAA API."""
        if self._api is None:  # who has it asks AWS while the other side is being made
            with self._making:
                self._api = self._api or self._make(self.target.access)
        return self._api

    def prepare(self) -> None:
        """Import boto3 and make its client, which takes time on a slow machine."""
        self.region = self.api.region or self.region

    @property
    def client(self) -> CliClient:
        """The client that runs commands."""
        from mwaa_shell.mwaa.cli_client import CliClient  # reads the rules of outcomes
        from mwaa_shell.mwaa.transport import transport_for  # imports requests

        with self._making:
            if self._client is None:
                access = self.target.access
                self._transport = transport_for(access, self.api.ca_bundle)
                self._client = CliClient(self._mint, self._transport, access.timeout, lambda: self.known.access_mode)
            return self._client

    @property
    def grammar(self) -> Grammar | None:
        """The command tree of the environment's version, or of the nearest lower one; ``None`` while it is unknown."""
        version = self.version or self.last_version
        if version is None:
            return None
        from mwaa_shell.airflow.grammar import load, nearest  # the prompt stands before

        known = nearest(version)
        return load(known) if known else None

    def _mint(self) -> CliToken:
        """Return a token, and meanwhile open a connection to the web server if there is none."""
        if self._transport is not None and not self._transport.is_open:
            threading.Thread(target=self.open_web_server, name="open", daemon=True).start()
        token = self.api.cli_token(self.target.name)
        self._web_server = token.host
        return token

    @property
    def web_server(self) -> str:
        """Host of the web server from the last token or from GetEnvironment, empty while unknown."""
        return self._web_server or host_of(str(self.known.details.get("WebserverUrl") or ""))

    def open_web_server(self) -> None:
        """Open a connection to the web server, if its host is known. Errors are left to the command."""
        _ = self.client
        if self.web_server and self._transport is not None and not self._transport.is_open:
            self._transport.open(self.web_server)

    def describe(self, *, again: bool = False) -> ShellError | None:
        """Call GetEnvironment, once unless ``again``. Return the error, ``None`` after a success.

        Raises ``EnvironmentNotFound`` and ``CredentialsProblem``, with which no command can work.
        """
        with self._describing:
            if self._described and not again:
                return self._refusal
            try:
                self.region = self.api.region or self.region
                self.known = self.api.describe(self.target.name)
            except (EnvironmentNotFound, CredentialsProblem):
                raise
            except PermissionMissing as error:
                self._described, self._refusal = True, error
                return error
            except ShellError as error:  # may pass: ask again
                return error
            self._described, self._refusal = True, None
            self.version = self.version or self.known.version
            return None


class ConnectionPool:
    """The connections of a session, one for each environment and way to reach AWS."""

    def __init__(self, make: MakeApi, config: Config) -> None:
        self._make = make
        self._config = config
        self._links: dict[EnvironmentRef, Connection] = {}
        self._locks: dict[str, CommandLock] = {}

    def get(self, target: EnvironmentRef) -> Connection:
        """Return the connection to an environment, with the settings that the user's file has for it."""
        access = with_file(target.access, self._config.on(target.name), os.environ)
        target = EnvironmentRef(target.name, access)
        if target not in self._links:
            command_lock = self._locks.setdefault(target.name, CommandLock())  # however the environment is reached
            self._links[target] = Connection(target, None, self._make, command_lock)
        return self._links[target]


def host_of(url: str) -> str:
    """Return host and port of the web server's URL as GetEnvironment has it, empty for another text."""
    host = url.removeprefix("https://").rstrip("/")
    return host if is_host(host) else ""
