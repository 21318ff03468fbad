"""The connection to one environment, and the pool of all connections.

Commands and background work share a connection. It imports boto3 at the first call of AWS, requests at the first
command.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from mwaa_shell import airflow, debug_log
from mwaa_shell.addresses import password_pieces
from mwaa_shell.airflow.versions import Version, parse_version
from mwaa_shell.config import Config
from mwaa_shell.errors import CredentialsProblem, EnvironmentNotFound, PermissionMissing, ShellError
from mwaa_shell.mwaa.environment import EnvironmentInfo, is_host
from mwaa_shell.settings import Access, apply_config

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Grammar
    from mwaa_shell.job import Job
    from mwaa_shell.mwaa.aws import CliToken, MwaaApi
    from mwaa_shell.mwaa.cli_client import CliClient
    from mwaa_shell.mwaa.logs import LogsApi
    from mwaa_shell.mwaa.transport import Transport

#: Makes the AWS side for one way to reach it.
MakeApi = Callable[[Access], "MwaaApi"]


#: Held while a command tree is read: environments of one version that are asked side by side share one.
_READING = threading.Lock()


class EnvironmentRef(NamedTuple):
    """The name of an environment and how AWS is reached for it."""

    name: str
    access: Access


def real_api(access: Access) -> MwaaApi:
    """Return the MWAA API of boto3."""
    from mwaa_shell.mwaa.aws import MwaaApi  # imports boto3

    return MwaaApi(access)


class CommandLock:
    """The lock of an environment: one CLI request at a time, refreshes included."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.refreshing: Job[Any] | None = None  #: what waits for the lock, or has it, to refresh names
        self.unfinished = ""  #: an interrupted command that may still run, masked


#: The locks of environments, by name and region: environments of two accounts may share one.
CommandLocks = dict[tuple[str, str], CommandLock]


class Connection:
    """The API, the client and the facts of one environment. Every method may be called from any thread."""

    def __init__(
        self,
        target: EnvironmentRef,
        said_version: str | None = None,
        make: MakeApi = real_api,
        locks: CommandLocks | None = None,
    ) -> None:
        self.target = target
        self.info = EnvironmentInfo(target.name)
        self.version: Version | None = parse_version(said_version)
        self.last_version: Version | None = None  #: of the last session, until AWS reports it
        self.region = target.access.region or ""
        self.refusal_shown = False  #: the user has seen that GetEnvironment is not permitted
        self._make = make
        self._locks = {} if locks is None else locks
        self.info_is_loaded = False  #: GetEnvironment need not be called again
        self.refusal: PermissionMissing | None = None  #: GetEnvironment is not permitted
        self._loading = threading.Lock()
        self._making = threading.RLock()
        self._api: MwaaApi | None = None
        self._client: CliClient | None = None
        self._transport: Transport | None = None
        self._web_server = ""  # as the last token named it

    @property
    def api(self) -> MwaaApi:
        """The MWAA API."""
        if self._api is None:  # calls of AWS continue while the client is being made
            with self._making:
                self._api = self._api or self._make(self.target.access)
        return self._api

    @property
    def logs(self) -> LogsApi:
        """CloudWatch Logs with the environment's log groups."""
        from mwaa_shell.mwaa.logs import LogsApi  # needed only for a log

        return LogsApi(self.target.name, self.api.call_logs)

    @property
    def command_lock(self) -> CommandLock:
        """The lock of the environment, however it is reached. Makes the client of AWS if ``access`` has no region."""
        key = self.target.name, self.target.access.region or self.api.region
        return self._locks.setdefault(key, CommandLock())

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
                self._client = CliClient(self._mint, self._transport, access.timeout, lambda: self.info.access_mode)
            return self._client

    @property
    def grammar(self) -> Grammar | None:
        """The command tree of the version, or of the nearest lower one. It is ``None`` for an unknown version."""
        version = self.version or self.last_version
        with _READING:
            return airflow.grammar.tree_for(version) if version is not None else None

    def _mint(self) -> CliToken:
        """Return a token, and meanwhile connect to the web server if necessary."""
        if self.web_server and self._transport is not None and not self._transport.is_open:
            threading.Thread(target=self.open_web_server, name="open", daemon=True).start()
        token = self.api.cli_token(self.target.name)
        self._web_server = token.host
        return token

    @property
    def web_server(self) -> str:
        """The host of the web server, from a token or GetEnvironment; empty while unknown."""
        host = str(self.info.details.get("WebserverUrl") or "").removeprefix("https://").rstrip("/")
        return self._web_server or (host if is_host(host) else "")

    def open_web_server(self) -> None:
        """Open a connection to the web server, unless its host is unknown. The command reports errors."""
        _ = self.client
        if self.web_server and self._transport is not None and not self._transport.is_open:
            self._transport.open(self.web_server)

    def load_info(self, *, again: bool = False) -> ShellError | None:
        """Load ``info`` with GetEnvironment, once unless ``again``. Return the error, ``None`` after a success.

        Raises ``EnvironmentNotFound`` and ``CredentialsProblem``, with which no command can work.
        """
        with self._loading:
            if self.info_is_loaded and not again:
                return self.refusal
            try:
                self.region = self.api.region or self.region
                self.info = self.api.describe(self.target.name)
            except (EnvironmentNotFound, CredentialsProblem):
                raise
            except PermissionMissing as error:
                self.info_is_loaded, self.refusal = True, error
                return error
            except ShellError as error:  # may pass: ask again
                return error
            self.info_is_loaded, self.refusal = True, None
            self.version = self.version or self.info.version
            return None


class ConnectionPool:
    """The connections of a session, one for each environment and way to reach AWS. Called from any thread."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._connecting, self._making = threading.Lock(), threading.Lock()
        self._apis: dict[Access, MwaaApi] = {}  # one for each way: it has the credentials and takes 4 MB
        self._connections: dict[EnvironmentRef, Connection] = {}
        self._locks: CommandLocks = {}

    def get(self, target: EnvironmentRef) -> Connection:
        """Return the connection to an environment, with the settings of the user's file."""
        access = apply_config(target.access, self._config.on(target.name), os.environ)
        target = EnvironmentRef(target.name, access)
        with self._connecting:
            if target not in self._connections:
                debug_log.keep_out(*password_pieces(access.proxy))
                self._connections[target] = Connection(target, None, self._api, self._locks)
            return self._connections[target]

    def _api(self, access: Access) -> MwaaApi:
        with self._making:
            if access not in self._apis:
                self._apis[access] = real_api(access)
            return self._apis[access]
