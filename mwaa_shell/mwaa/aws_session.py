"""Sessions and clients of botocore as the shell uses them. The only importer of boto3.

If botocore gets no credentials, ``NoCredentials`` is raised with their source, never with their values. botocore would
ask for an MFA code at the terminal, whose keys the prompt reads. So a role that requires a code raises
``MfaCodeRequired``, unless the AWS CLI has asked for the code before. The AWS CLI keeps those credentials in a file,
under a name that botocore makes the same way, and the shell reads that file. The shell writes no file: credentials stay
in memory.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import resource
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import boto3
import botocore.exceptions as aws
from botocore.config import Config
from botocore.loaders import JSONFileLoader
from botocore.session import Session
from botocore.utils import JSONFileCache, parse_timestamp

from mwaa_shell import __version__, debug_log
from mwaa_shell.durations import CONNECT_TIMEOUT
from mwaa_shell.mwaa.programs import popen
from mwaa_shell.settings import Access

#: A key that can be in the header of a request.
_VISIBLE = re.compile(r"[\x21-\x7e]+")
#: botocore's names for where a role gets the credentials that it is assumed with (``credential_source``).
_NAMED_SOURCES = {"Environment": "env", "Ec2InstanceMetadata": "iam-role", "EcsContainer": "container-role"}
#: Names a file with a web identity; botocore looks there before it looks into a profile that is not named in code.
WEB_IDENTITY_VARIABLE = "AWS_WEB_IDENTITY_TOKEN_FILE"
#: Members of the credentials in a file of the AWS CLI.
KEY = ("AccessKeyId", "SecretAccessKey", "SessionToken")
#: Settings of a profile that each say where its credentials come from, with botocore's name of the source.
_SETTINGS = {
    "web_identity_token_file": "assume-role-with-web-identity",
    "sso_session": "sso",
    "sso_start_url": "sso",
    "aws_access_key_id": "shared-credentials-file",
    "login_session": "login",
    "credential_process": "custom-process",
}


#: Connections to the AWS API that are kept: several environments are asked side by side.
MOST_CONNECTIONS = 32
#: The services that are asked, as botocore's table of endpoints calls them: MWAA, CloudWatch Logs, and those that give
#: credentials.
SERVICES = frozenset({"airflow", "logs", "oidc", "portal.sso", "signin", "sts"})
#: Of Linux's ``prctl``: whether a crash is written down at all, to a file or by a program that the system runs.
PR_SET_DUMPABLE = 4


def session_of(access: Access) -> Session:
    """Return a botocore session that never asks for a code. It raises ``NoCredentials`` for missing credentials."""
    _prevent_core_files()
    keys = access.keys
    session = Session(profile=access.profile)
    forbid_mfa_questions(session)
    mark_credential_errors(session)
    session.get_component("data_loader").file_loader = EndpointsLoader()
    if access.region:
        session.set_config_variable("region", access.region)
    if keys:
        session.set_credentials(keys.access_key, keys.secret_key)
    return session


def _prevent_core_files() -> None:
    """Disable core files: memory holds tokens and keys. Programs that the shell starts inherit the limit."""
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))
    if sys.platform == "linux":  # core files for a program ignore the limit
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def client_of(session: Session, access: Access, extra: Config, service: str = "mwaa") -> Any:
    """Return a client of a service. A configured endpoint keeps its host name.

    The endpoint of ``access`` is that of MWAA, and of a local environment that of all services.
    """
    region = session.get_config_variable("region") or os.environ.get("AWS_REGION")
    config = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=access.timeout,
        tcp_keepalive=True,
        max_pool_connections=MOST_CONNECTIONS,
        proxies={} if access.direct else None,
        user_agent_extra=f"mwaa-shell/{__version__}",
    )
    made = boto3.Session(botocore_session=session).client(
        service,
        region_name=region,
        endpoint_url=access.endpoint_url if service == "mwaa" or access.keys else None,
        verify=access.ca_bundle,
        config=config.merge(extra),
    )
    if not re.match(rf"https://(airflow|logs)(-fips)?\.{re.escape(made.meta.region_name)}\.", made.meta.endpoint_url):
        made.meta.config.inject_host_prefix = False  # as env. of the tokens, which is a host of AWS alone
    return made


def _of_the_services(members: dict[str, Any]) -> dict[str, Any]:
    """Return an object of the table of endpoints. A partition keeps only ``SERVICES``, before the next one is read."""
    if "services" in members:
        services = members["services"]
        members["services"] = {name: services[name] for name in SERVICES & services.keys()}
    return members


class EndpointsLoader(JSONFileLoader):  # type: ignore[misc]
    """A loader of botocore's data files that keeps only the endpoints of ``SERVICES``.

    It saves 6 MB of 69 after a command. Half of them botocore would keep, and half its own reader uses for a moment. A
    service without an entry has the usual endpoint, as a new service has.
    """

    def load_file(self, path: str) -> Any:
        """Return the data of a file, ``None`` if the file does not exist."""
        if os.path.basename(path) == "endpoints":
            with (
                suppress(OSError, ValueError, LookupError, TypeError, AttributeError),  # then botocore says what it is
                open(f"{path}.json", encoding="utf-8") as file,
            ):
                return json.load(file, object_hook=_of_the_services)
        return super().load_file(path)


# -- credentials -------------------------------------------------------------------------------------------------------


class NoCredentials(aws.BotoCoreError):  # type: ignore[misc]
    """Credentials that could not be had, whatever botocore raised on the way to them."""

    fmt = "No credentials from {source}"

    def __init__(self, source: str, cause: Exception) -> None:
        super().__init__(source=source)
        self.source = source  #: as botocore calls it
        self.cause = cause


def mark_credential_errors(session: Session) -> None:
    """Let a session raise ``NoCredentials`` for every error on the way to credentials.

    botocore raises whatever its code stumbles over: RuntimeError for expired keys, AttributeError for output that is a
    list. Elsewhere these classes have another meaning.
    """
    for provider in session.get_component("credential_provider").providers:
        provider.load = partial(_load, provider.METHOD, provider.load)
    _use_own_popen(session)


def _load(source: str, load: Callable[[], Any]) -> Any:
    found = _obtained(source, load)
    if found is not None:
        found.get_frozen_credentials = partial(_key, source, found.get_frozen_credentials)
    return found


def _key(source: str, freeze: Callable[[], Any]) -> Any:
    """Return a key that a request can be signed with."""
    key = _obtained(source, freeze)
    for value in (key.access_key, key.token or "none"):
        if not isinstance(value, str) or not _VISIBLE.fullmatch(value):
            raise NoCredentials(
                source, ValueError("the key or its token is empty, or has characters that AWS never uses")
            )
    if not isinstance(key.secret_key, str) or not key.secret_key:
        raise NoCredentials(source, ValueError("the secret key is missing"))
    debug_log.keep_out(key.access_key, key.secret_key, key.token)
    return key


def _obtained(source: str, get: Callable[[], Any]) -> Any:
    try:
        return get()
    except NoCredentials:  # of the credentials that a role is assumed with
        raise
    except Exception as error:
        debug_log.event("credentials", source=source, outcome=type(error).__name__)
        raise NoCredentials(source, error) from error


def _use_own_popen(session: Session) -> None:
    """Let ``programs.popen`` start the ``credential_process`` of every profile. botocore has no setting for that."""
    resolver = session.get_component("credential_provider")
    resolver.get_provider("custom-process")._popen = popen
    builder = resolver.get_provider("assume-role")._profile_provider_builder
    create = builder._create_process_provider

    def created(profile_name: str) -> Any:
        provider = create(profile_name)
        provider._popen = popen
        return provider

    builder._create_process_provider = created


def source_of(session: Session) -> str:
    """Return the source of the credentials, empty without credentials."""
    try:
        credentials = session.get_credentials()
    except (aws.BotoCoreError, aws.ClientError, ValueError, OSError):
        return ""
    return str(credentials.method) if credentials is not None else ""


def log_client(session: Session, client: Any) -> None:
    """Log the region, the endpoint and the source of the credentials for ``--debug``."""
    if debug_log.is_on():
        where = {"region": client.meta.region_name, "endpoint": client.meta.endpoint_url}
        debug_log.event("client", **where, credentials=source_of(session) or "none")


def profile_of(session: Session) -> str:
    """Return the profile of boto3; the default profile is empty unless named."""
    return str(session.get_config_variable("profile") or "")


def origin(session: Session, profile: str, source: str) -> tuple[str, str]:
    """Return botocore's name for the source of credentials, and the profile with it.

    A role is assumed with the credentials of another profile, whose source counts.
    """
    try:
        profiles = session.full_config.get("profiles", {})
    except aws.BotoCoreError:  # a file that cannot be read
        return source, profile
    name, seen = profile or "default", set()
    while name not in seen:
        seen.add(name)
        settings = profiles.get(name)
        settings = settings if isinstance(settings, Mapping) else {}
        if "role_arn" in settings:
            name = str(settings.get("source_profile", name))
    if source in ("", "assume-role"):
        named = _NAMED_SOURCES.get(str(settings.get("credential_source")), "")
        source = named or next((_SETTINGS[one] for one in _SETTINGS if one in settings), source)
    elif source == "assume-role-with-web-identity":
        chosen = session.instance_variables().get("profile")
        source = WEB_IDENTITY_VARIABLE if WEB_IDENTITY_VARIABLE in os.environ and chosen is None else source
    elif source in ("env", "container-role", "iam-role"):
        name = profile or "default"
    return source, name if name != "default" or profile else ""


# -- roles that require the code of an MFA device ----------------------------------------------------------------------


class MfaCodeRequired(aws.BotoCoreError):  # type: ignore[misc]
    """Credentials that need a code from the user, which cannot be asked for here."""

    fmt = "A code of an MFA device is required"


class AwsCliCache(JSONFileCache):  # type: ignore[misc]
    """Credentials of roles, from the files of the AWS CLI and from this process."""

    def __init__(self) -> None:
        super().__init__(os.path.expanduser("~/.aws/cli/cache"))
        self._own: dict[str, Any] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._own or self._usable(key)

    def __getitem__(self, key: str) -> Any:
        return self._own[key] if key in self._own else super().__getitem__(key)

    def __setitem__(self, key: str, value: Any) -> None:
        self._own[key] = value

    def _usable(self, key: str) -> bool:
        """Return whether the file has the members that botocore reads without a check."""
        try:
            found = super().__getitem__(key)["Credentials"]
            over = parse_timestamp(found["Expiration"])
            return over.tzinfo is not None and all(isinstance(found[one], str) for one in KEY)
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
            return False


def forbid_mfa_questions(session: Session) -> None:
    """Let a session raise ``MfaCodeRequired`` instead of asking for an MFA code.

    A code that the AWS CLI has asked for is used: its credentials are in a file.
    """
    provider = session.get_component("credential_provider").get_provider("assume-role")
    provider.cache = AwsCliCache()
    provider._prompter = _refuse  # there is no other way to it than to list all providers again


def _refuse(_: str) -> str:
    raise MfaCodeRequired
