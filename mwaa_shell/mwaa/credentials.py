"""The credentials of a botocore session: their source, never their values, and the errors on the way to them.

botocore would ask for the code of an MFA device at the terminal, while the prompt reads keys. So a role that requires
a code raises ``CodeWanted``, unless the AWS CLI has asked before: the AWS CLI keeps what it got under a name that
botocore makes in the same way, and that file is read here. Nothing is written: credentials stay in memory.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import botocore.exceptions as aws
from botocore.session import Session
from botocore.utils import JSONFileCache, parse_timestamp

from mwaa_shell import debug_log
from mwaa_shell.errors import CredentialsProblem
from mwaa_shell.mwaa.programs import popen

#: A key that can stand in the header of a request.
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


class Unobtained(aws.BotoCoreError):  # type: ignore[misc]
    """Credentials that could not be had, whatever botocore raised on the way to them."""

    fmt = "No credentials from {source}"

    def __init__(self, source: str, cause: Exception) -> None:
        super().__init__(source=source)
        self.source = source  #: as botocore calls it
        self.cause = cause


class Origin(NamedTuple):
    """What a profile's credentials are made from in the end: a role is assumed with those of another profile."""

    source: str  #: as botocore calls it
    profile: str


def guard(session: Session) -> None:
    """Let a session raise ``Unobtained`` for all that goes wrong on the way to credentials.

    botocore raises what the first line of its code that stumbles raises: RuntimeError for keys that have expired,
    AttributeError for output that is a list. The same classes elsewhere mean something else.
    """
    for provider in session.get_component("credential_provider").providers:
        provider.load = partial(_load, provider.METHOD, provider.load)
    _start_programs_here(session)


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
            raise Unobtained(source, ValueError("the key or its token is empty, or has characters that AWS never uses"))
    if not isinstance(key.secret_key, str) or not key.secret_key:
        raise Unobtained(source, ValueError("the secret key is missing"))
    return key


def _obtained(source: str, get: Callable[[], Any]) -> Any:
    try:
        return get()
    except Unobtained:  # of the credentials that a role is assumed with
        raise
    except Exception as error:
        raise Unobtained(source, error) from error


def _start_programs_here(session: Session) -> None:
    """Let ``credential_process`` of every profile be started by ``programs.popen``; botocore has no setting for it."""
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
    """Where the credentials came from; nothing where there are none."""
    try:
        credentials = session.get_credentials()
    except (aws.BotoCoreError, aws.ClientError, ValueError, OSError):
        return ""
    return str(credentials.method) if credentials is not None else ""


def log_credentials(session: Session, client: Any) -> None:
    """Tell the debug log where AWS is asked, and which key must not stand in it; a log changes nothing else."""
    if not debug_log.is_on():
        return
    source = source_of(session)
    if source:
        try:
            key = session.get_credentials().get_frozen_credentials()
            debug_log.keep_out(key.access_key, key.secret_key, key.token)
        except Exception as error:  # the call that comes next says so
            cause = error.cause if isinstance(error, Unobtained) else error
            debug_log.event("credentials", source=source, outcome=type(cause).__name__)
    debug_log.event(
        "client", region=client.meta.region_name, endpoint=client.meta.endpoint_url, credentials=source or "none"
    )


def profile_of(session: Session) -> str:
    """The profile that boto3 uses, as it decides itself; nothing for the default one that nobody has named."""
    return str(session.get_config_variable("profile") or "")


def origin(session: Session, profile: str, source: str) -> Origin:
    """Where the credentials of a profile come from in the end."""
    try:
        profiles = session.full_config.get("profiles", {})
    except aws.BotoCoreError:  # a file that cannot be read
        return Origin(source, profile)
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
    elif source == "assume-role-with-web-identity" and _is_in_variables(session):
        source = WEB_IDENTITY_VARIABLE
    elif source in ("env", "container-role", "iam-role"):
        name = profile or "default"
    return Origin(source, name if name != "default" or profile else "")


def _is_in_variables(session: Session) -> bool:
    return WEB_IDENTITY_VARIABLE in os.environ and session.instance_variables().get("profile") is None


# -- roles that require the code of an MFA device ----------------------------------------------------------------------


class CodeWanted(aws.BotoCoreError):  # type: ignore[misc]
    """Credentials that cannot be had without asking somebody for a code."""

    fmt = "A code of an MFA device is wanted"


class _OfTheAwsCli(JSONFileCache):  # type: ignore[misc]
    """Credentials of roles that the AWS CLI has fetched, and those that were fetched here."""

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
        """Whether the file is there and has what botocore looks for without care."""
        try:
            found = super().__getitem__(key)["Credentials"]
            over = parse_timestamp(found["Expiration"])
            return over.tzinfo is not None and all(isinstance(found[one], str) for one in KEY)
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
            return False


def never_ask(session: Session) -> None:
    """Let a session raise ``CodeWanted`` where it would ask for a code that the AWS CLI has not asked for before."""
    provider = session.get_component("credential_provider").get_provider("assume-role")
    provider.cache = _OfTheAwsCli()
    provider._prompter = _refuse  # there is no other way to it than to list all providers anew


def _refuse(_: str) -> str:
    raise CodeWanted


def mfa_problem(error: Exception, profile: str) -> CredentialsProblem | None:
    """What to do about it, where an error is for want of a code."""
    if not isinstance(error, CodeWanted | aws.RefreshWithMFAUnsupportedError):
        return None
    named = f" --profile {shlex.quote(profile)}" if profile else ""
    whose = f"profile {profile}" if profile else "the profile"
    return CredentialsProblem(
        f"The role of {whose} wants an MFA code, nothing ran: run aws sts get-caller-identity{named}, "
        "which asks for it; what it gets is used here"
    )
