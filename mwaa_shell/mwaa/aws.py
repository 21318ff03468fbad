"""The AWS API of MWAA: environments, tokens and Airflow's REST API. The only importer of boto3.

boto3 itself resolves credentials, profile, region, endpoints, retries and proxies. Its errors leave this module as the
sentences of ``aws_errors.py``. Expired credentials are resolved again at the next call.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import boto3
import botocore.exceptions as aws
from botocore.config import Config
from botocore.session import Session

from mwaa_shell import __version__, core_files, debug_log
from mwaa_shell.errors import CredentialsProblem, NothingRan, ShellError
from mwaa_shell.limits import CONNECT_TIMEOUT
from mwaa_shell.mwaa.aws_errors import AwsCall, AwsCaller, refused_by_airflow, sentence
from mwaa_shell.mwaa.credentials import (
    Unobtained,
    guard,
    log_credentials,
    mfa_problem,
    never_ask,
    origin,
    profile_of,
    source_of,
)
from mwaa_shell.mwaa.environment import CliToken, EnvironmentInfo, from_details, is_host
from mwaa_shell.mwaa.idle import IDLE_LIMIT, NEVER, clocks, idle_since
from mwaa_shell.mwaa.programs import gets_a_terminal
from mwaa_shell.settings import Access

T = TypeVar("T")

#: What a header and a URL can hold: a token or a host of any other form is never sent, and never quoted.
_VISIBLE = re.compile(r"[\x21-\x7e]+")
#: What may be behind a reply that AWS does not send.
_ANOTHER = "a proxy or another endpoint may have answered for AWS: .doctor shows the way"
#: Seconds that a REST request is waited for: AWS gives up after 10, a private MWAA's first one takes longer.
REST_TIMEOUT = 30.0
#: The services that are asked, as botocore's table of endpoints calls them: MWAA, and those that give credentials.
SERVICES = frozenset({"airflow", "oidc", "portal.sso", "signin", "sts"})
#: botocore's data file with the endpoints of every service.
ENDPOINTS = "endpoints"


class MwaaApi:
    """The MWAA API for one account and region, with the permissions of one profile."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._lock = threading.Lock()
        self._made: tuple[Session, Any] | None = None
        self._rest: Any | None = None
        self._used = NEVER

    # -- what AWS is asked -------------------------------------------------------------------------------------------

    def names(self) -> list[str]:
        """Return the names of all environments. Requires ``airflow:ListEnvironments``."""
        return self._call("ListEnvironments", "", self._list)

    def describe(self, name: str) -> EnvironmentInfo:
        """Return what GetEnvironment reports of an environment. Requires ``airflow:GetEnvironment``."""
        reply = self._call("GetEnvironment", name, lambda client: client.get_environment(Name=name))
        details = reply.get("Environment")
        return from_details(name, details if isinstance(details, dict) else {})

    def cli_token(self, name: str) -> CliToken:
        """Return a new token for one command. Requires ``airflow:CreateCliToken``."""
        reply = self._call("CreateCliToken", name, lambda client: client.create_cli_token(Name=name))
        token, host = reply.get("CliToken"), reply.get("WebServerHostname")
        if not (isinstance(token, str) and _VISIBLE.fullmatch(token) and isinstance(host, str) and is_host(host)):
            raise NothingRan(f"CreateCliToken for {name} brought no usable token or host, nothing ran; {_ANOTHER}")
        debug_log.keep_out(token)
        return CliToken(token, host, name, "" if self.access.direct else f"airflow-{name}-WebServer")

    def invoke_rest(
        self, name: str, path: str, query: Mapping[str, object], body: Mapping[str, object] | None = None
    ) -> object:
        """Return the response of Airflow's REST API to one GET, or to a read-only POST of ``body``.

        Requires ``airflow:InvokeRestApi`` and Airflow 2.4.3. ``path`` has no ``/api/v1``. The request is sent once.
        ``PermissionMissing`` holds for the session; other errors may be temporary.
        """

        def ask(_: Any) -> Any:
            method = {"Method": "GET"} if body is None else {"Method": "POST", "Body": dict(body)}
            return self._rest_client().invoke_rest_api(Name=name, Path=path, QueryParameters=dict(query), **method)

        reply = self._call("InvokeRestApi", name, ask)
        status = reply.get("RestApiStatusCode")
        if "RestApiResponse" not in reply:
            raise NothingRan(f"InvokeRestApi on {name} brought half a reply, or none that can be read; {_ANOTHER}")
        if isinstance(status, int) and status >= 400:
            raise NothingRan(refused_by_airflow(name, status, reply["RestApiResponse"]))
        return reply["RestApiResponse"]

    @staticmethod
    def _list(client: Any) -> list[str]:
        pages = client.get_paginator("list_environments").paginate()
        return [name for page in pages for name in page.get("Environments", ()) if isinstance(name, str)]

    # -- how it is reached -------------------------------------------------------------------------------------------

    def places(self) -> tuple[list[str], list[str]]:
        """Return the configured profiles, and the regions that have MWAA according to botocore."""
        session = self._client()[0]
        return session.available_profiles, session.get_available_regions("mwaa")

    @property
    def region(self) -> str:
        """The region in force, empty where none is set."""
        try:
            return self._client()[1].meta.region_name or ""
        except ShellError:
            return self.access.region or ""

    @property
    def ca_bundle(self) -> str | None:
        """The CA bundle that boto3 is configured with: ``AWS_CA_BUNDLE`` or the profile's ``ca_bundle``."""
        bundle = self._client()[0].get_config_variable("ca_bundle")
        return str(bundle) if bundle else None

    def boto(self) -> tuple[Session, Any]:
        """Return the botocore session and its MWAA client. Raises ``ShellError`` if the client cannot be made."""
        return self._client()

    def problem(self, error: Exception, operation: str, session: Session | None = None) -> ShellError:
        """Return the error for an exception of botocore, for calls that other modules make with ``session``."""
        said = self._sentence(error, operation, "", session)
        if isinstance(said, CredentialsProblem):
            self.forget()
        return said

    def _client(self) -> tuple[Session, Any]:
        with self._lock:
            if self._made is not None:
                return self._made
            session = None
            try:
                session = session_of(self.access)
                client = _client_of(session, self.access, Config())
            except Exception as error:  # botocore reads files of the user's, which may hold anything
                if not _is_foreign(error):
                    raise
                raise self._sentence(error, "", "", session) from None
            made = self._made = session, client
        log_credentials(*made)  # may fetch credentials
        return made

    def _rest_client(self) -> Any:
        """Return the client for InvokeRestApi, which has a short timeout and sends a request once."""
        session, _ = self._client()
        with self._lock:
            if self._rest is None:
                seconds = min(self.access.timeout, REST_TIMEOUT)
                self._rest = _client_of(
                    session, self.access, Config(read_timeout=seconds, retries={"total_max_attempts": 1})
                )
            return self._rest

    def _call(self, operation: str, name: str, call: Callable[[Any], T]) -> T:
        self._drop_idle()
        ended = debug_log.timed("aws", operation=operation, environment=name or None)
        try:
            answer = call(self._client()[1])
            ended(outcome="ok")
            return answer
        except (aws.ClientError, aws.BotoCoreError, ValueError, OSError) as error:
            translated = self._sentence(error, operation, name)
            ended(outcome=type(error).__name__, says=str(translated))
            if isinstance(translated, CredentialsProblem):
                self.forget()
            raise translated from None
        except ShellError:  # of a client that could not be made
            raise
        except Exception as error:  # whatever botocore's parser makes of a reply of another shape, or of its dates
            if not _is_foreign(error):
                raise
            ended(outcome=type(error).__name__)
            what = f"{operation} for {name}" if name else operation
            raise NothingRan(f"{what} brought a reply that makes no sense, nothing ran; {_ANOTHER}") from None
        finally:
            self._used = clocks()

    def _drop_idle(self) -> None:
        """Close connections that have been idle for long, such as while the machine slept.

        A request on a connection without another end is not refused: it waits for its timeout.
        """
        with self._lock:
            # One that was never used may just be opened, by another thread.
            if self._made is not None and self._used != NEVER and idle_since(self._used) > IDLE_LIMIT:
                for client in (self._made[1], self._rest):
                    if client is not None:
                        client.close()

    def forget(self) -> None:
        """Resolve credentials again at the next call: the user may have logged in meanwhile."""
        with self._lock:
            self._made = self._rest = None

    # -- what went wrong ---------------------------------------------------------------------------------------------

    def _sentence(self, error: Exception, operation: str, name: str, session: Session | None = None) -> ShellError:
        """Return the error for an exception; ``session`` has no client if the client could not be made."""
        region = self.access.region or ""
        if session is None and self._made is not None:
            session, client = self._made
            region = client.meta.region_name or ""
        asker = _asker(self.access, session, region, error)
        cause = error.cause if isinstance(error, Unobtained) else error
        return mfa_problem(cause, asker.profile) or sentence(cause, AwsCall(operation, name), asker)


def _is_foreign(error: Exception) -> bool:
    """Return whether an exception comes from botocore and not from the shell's own code that botocore called."""
    return isinstance(error, aws.BotoCoreError) or not debug_log.is_own(error)


def _asker(access: Access, session: Session | None, region: str, error: Exception) -> AwsCaller:
    if session is None:
        return AwsCaller(access.profile or "", region)
    profile = profile_of(session)
    source = ""
    if isinstance(error, Unobtained):
        source = error.source
    elif isinstance(error, aws.ClientError):  # for any other, this would run a credential_process once more
        source = source_of(session)
    holder = profile  # of a role that has an odd name, which does not hang on what it is assumed with
    if source != "assume-role" or not isinstance(getattr(error, "cause", None), aws.ParamValidationError):
        source, holder = origin(session, profile, source)
    return AwsCaller(profile, region, source, holder, not isinstance(error, Unobtained), gets_a_terminal())


def session_of(access: Access) -> Session:
    """Return a botocore session that never asks for a code and raises ``Unobtained`` for credentials."""
    core_files.prevent()
    keys = access.keys
    session = Session(profile=access.profile)
    never_ask(session)
    guard(session)
    forget_other_services(session)
    if access.region:
        session.set_config_variable("region", access.region)
    if keys:
        session.set_credentials(keys.access_key, keys.secret_key)
    return session


def _client_of(session: Session, access: Access, extra: Config) -> Any:
    """Return a client of MWAA. A configured endpoint keeps its host name."""
    region = session.get_config_variable("region") or os.environ.get("AWS_REGION")
    made_by = boto3.Session(botocore_session=session)
    config = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=access.timeout,
        tcp_keepalive=True,
        proxies={} if access.direct else None,
        user_agent=_user_agent(session),
    ).merge(extra)

    def client(more: Config) -> Any:
        return made_by.client(
            "mwaa",
            region_name=region,
            endpoint_url=access.endpoint_url,
            verify=access.ca_bundle,
            config=config.merge(more),
        )

    if not access.endpoint_url and not _may_be_configured(session):
        return client(Config())
    made = client(Config(inject_host_prefix=False))
    return made if access.endpoint_url or _is_elsewhere(made, client) else client(Config())


def _user_agent(session: Session) -> str:
    """Return the user agent for CloudTrail. botocore would build its own twice for each call, of thirty parts."""
    app = re.sub(r"[^\w!$%&'*+.^`|~-]", "-", session.get_config_variable("user_agent_appid") or "", flags=re.ASCII)
    known = f"mwaa-shell/{__version__} {session.user_agent_name}/{session.user_agent_version}"
    return f"{known} app/{app}" if app else known


def _may_be_configured(session: Session) -> bool:
    """Return whether a variable or a file names an endpoint of any service."""
    named = any(variable.startswith("AWS_ENDPOINT_URL") for variable in os.environ)
    return named or _has_member(session.full_config, "endpoint_url")


def _has_member(table: Mapping[str, Any], wanted: str) -> bool:
    """Return whether a table has a member of a name, at any depth."""
    inner = (one for one in table.values() if isinstance(one, Mapping))
    return wanted in table or any(_has_member(one, wanted) for one in inner)


def _is_elsewhere(made: Any, client: Callable[[Config], Any]) -> bool:
    """Return whether the endpoint of a client differs from the one of AWS."""
    own = client(Config(ignore_configured_endpoint_urls=True))
    return bool(made.meta.endpoint_url != own.meta.endpoint_url)


def forget_other_services(session: Any) -> None:
    """Let a session of botocore keep the endpoints of ``SERVICES`` only, which saves 3 MB of 67 after a command.

    A service without an entry has the endpoint that all services follow, as a new service has.
    """
    loader = session.get_component("data_loader")
    loader.file_loader = _DataFiles(loader.file_loader)


class _DataFiles:
    """Reads the data files of botocore, and of ``endpoints.json`` only the services of the shell."""

    def __init__(self, files: Any) -> None:
        self._files = files

    def exists(self, path: str) -> bool:
        """Return whether a file of this name exists."""
        return bool(self._files.exists(path))

    def load_file(self, path: str) -> Any:
        """Return the data of a file, ``None`` where there is none."""
        data = self._files.load_file(path)
        return _of_our_services(data) if os.path.basename(path) == ENDPOINTS else data


def _of_our_services(data: Any) -> Any:
    """Return the table without other services; a table of another form is unchanged."""
    try:
        return {**data, "partitions": [_ours(one) for one in data["partitions"]]}
    except (AttributeError, KeyError, TypeError):
        return data


def _ours(partition: dict[str, Any]) -> dict[str, Any]:
    return {**partition, "services": {name: one for name, one in partition["services"].items() if name in SERVICES}}
