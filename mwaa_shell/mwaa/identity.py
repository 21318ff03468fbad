"""Facts for the doctor: where AWS is asked, with which credentials, as whom. No secrets."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import botocore.exceptions as aws
from botocore.config import Config
from botocore.session import Session
from botocore.utils import get_environ_proxies

from mwaa_shell import debug_log
from mwaa_shell.addresses import hide_login
from mwaa_shell.errors import NothingRan, ShellError
from mwaa_shell.limits import CONNECT_TIMEOUT
from mwaa_shell.mwaa.aws import MwaaApi, session_of
from mwaa_shell.mwaa.reply import clip
from mwaa_shell.mwaa.route import hide_credentials

#: Where botocore finds credentials, in an operator's words.
SOURCES = {
    "env": "AWS_ACCESS_KEY_ID",
    "shared-credentials-file": "the AWS credentials file",
    "config-file": "the AWS config file",
    "sso": "an SSO login",
    "login": "a login",
    "assume-role": "a role that the profile takes",
    "assume-role-with-web-identity": "a role for a web identity",
    "custom-process": "the profile's credential_process",
    "iam-role": "the role of this EC2 instance",
    "container-role": "the role of this container",
    "explicit": "this start of the shell",
}
#: STS answers in every region; this one where none is set.
ANY_REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class AwsSetup:
    """The region, endpoint and proxy of AWS calls."""

    region: str
    endpoint: str
    proxy: str  #: and who named it; nothing for none. Without its password


@dataclass(frozen=True, slots=True)
class Credentials:
    """A key, so far as it may be shown."""

    source: str
    key: str  #: its last four characters
    temporary: bool
    expires: datetime | None = None  #: aware


@dataclass(frozen=True, slots=True)
class CallerIdentity:
    """The response of STS about the caller."""

    arn: str = ""
    date: datetime | None = None  #: by the clock of AWS, aware
    error: ShellError | None = None


def setup(api: MwaaApi) -> AwsSetup:
    """Return where AWS is asked, without a call. Raises ``ShellError`` if the client cannot be made."""
    _, client = api.boto()
    endpoint = str(client.meta.endpoint_url)
    proxies = {} if api.access.direct else get_environ_proxies(endpoint)
    scheme = urlsplit(endpoint).scheme
    proxy = str(proxies.get(scheme) or "")
    if proxy:
        proxy = proxy if "://" in proxy else f"http://{proxy}"
        source = next((name for name in (f"{scheme}_proxy", f"{scheme}_proxy".upper()) if name in os.environ), "")
        proxy = f"{clip(hide_login(proxy))} ({source or 'set in the system'})"
    return AwsSetup(client.meta.region_name or "", hide_credentials(endpoint), proxy)


def credentials(api: MwaaApi) -> Credentials:
    """Return the credentials in use; may ask SSO, STS or the metadata service. Raises ``ShellError``."""
    session = None
    try:
        session = _session(api)
        found = session.get_credentials()
        if found is None:
            raise aws.NoCredentialsError()
        key = found.get_frozen_credentials()
    except (aws.ClientError, aws.BotoCoreError, ValueError, OSError) as error:
        raise api.problem(error, "", session) from None
    expires = getattr(found, "_expiry_time", None)  # botocore tells it nowhere else
    return Credentials(
        SOURCES.get(str(found.method), clip(str(found.method))),
        str(key.access_key)[-4:],
        bool(key.token),
        expires if isinstance(expires, datetime) else None,
    )


def _session(api: MwaaApi) -> Session:
    try:
        return api.boto()[0]
    except ShellError:  # for want of a region, perhaps: the key is another question
        return session_of(api.access)


def caller(api: MwaaApi) -> CallerIdentity:
    """Call GetCallerIdentity once, which needs no permission. An expected error is part of the value."""
    try:
        reply = _sts(api).get_caller_identity()
    except aws.ClientError as error:
        return CallerIdentity("", _date(error.response), api.problem(error, "GetCallerIdentity"))
    except (aws.BotoCoreError, ValueError, OSError, ShellError) as error:
        problem = error if isinstance(error, ShellError) else api.problem(error, "GetCallerIdentity")
        return CallerIdentity(error=problem)
    except Exception as error:  # a gateway on the way says something else
        if debug_log.is_own(error):
            raise
        return CallerIdentity(error=NothingRan("STS brought a reply that makes no sense"))
    arn = reply.get("Arn")
    if not isinstance(arn, str):
        return CallerIdentity("", _date(reply), NothingRan("STS brought a reply that makes no sense"))
    return CallerIdentity(clip(arn), _date(reply))


def _sts(api: MwaaApi) -> Any:
    session, client = api.boto()
    access = api.access
    return session.create_client(
        "sts",
        region_name=client.meta.region_name or ANY_REGION,
        verify=access.ca_bundle,
        config=Config(connect_timeout=CONNECT_TIMEOUT, read_timeout=CONNECT_TIMEOUT, retries={"total_max_attempts": 1}),
    )


def _date(reply: Any) -> datetime | None:
    headers = reply.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return read_date(str(headers.get("date", "")))


def read_date(header: str) -> datetime | None:
    """Return the ``Date`` of an HTTP response, aware; ``None`` for another text."""
    try:
        read = parsedate_to_datetime(header)
    except (ValueError, TypeError, OverflowError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
