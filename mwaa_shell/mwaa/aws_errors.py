"""What AWS and botocore say when something is wrong, as sentences that name a permission, a login or a region.

A refusal is told apart by what was asked: the call of ours, or one that botocore makes to get credentials first.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urlsplit

import botocore.exceptions as aws

from mwaa_shell.errors import CredentialsProblem, EnvironmentNotFound, NothingRan, PermissionMissing, ShellError
from mwaa_shell.mwaa.reply import clip
from mwaa_shell.mwaa.route import hide_credentials

_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized"}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_REJECTED = {"UnrecognizedClientException", "InvalidClientTokenId", "MissingAuthenticationToken"}
_THROTTLED = {"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"}
_UNSIGNED = {"InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature", "RequestTimeTooSkewed"}
#: What AWS answers for an environment that was deployed before there was InvokeRestApi, until it is updated.
_NOT_UPDATED = "Update your environment"
#: Seconds by which a clock may be wrong: AWS takes signatures of the last five minutes.
_TOLERANCE = 240
_SSO = (aws.SSOError, aws.TokenRetrievalError)
_NO_CREDENTIALS = (aws.NoCredentialsError, aws.PartialCredentialsError, aws.CredentialRetrievalError)
#: Variables and settings of a profile that name a file, or a program, that credentials come from.
_FILES = ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
_SETTINGS = ("credential_process", "web_identity_token_file")
_UNREACHED = (aws.EndpointConnectionError, aws.ConnectTimeoutError)


class Asker(NamedTuple):
    """Who asks AWS, and where."""

    profile: str = ""
    region: str = ""
    source: str = ""  #: where the credentials came from, as botocore calls it
    login_profile: str = ""  #: the profile that has the login, where ``profile`` builds on another one

    @property
    def name(self) -> str:
        return f"profile {self.profile}" if self.profile else "these credentials"

    @property
    def login(self) -> str:
        """The command that logs in again."""
        profile = self.login_profile or self.profile
        command = "aws login" if self.source == "login" else "aws sso login"
        return command + (f" --profile {profile}" if profile else "")


class Asked(NamedTuple):
    """What AWS was asked, and for which environment; nothing while a client was still being made."""

    operation: str = ""
    name: str = ""

    @property
    def target(self) -> str:
        return f" on {self.name}" if self.name else ""


def sentence(error: Exception, asked: Asked, asker: Asker) -> ShellError:
    """What a foreign exception means for the user."""
    if isinstance(error, aws.ClientError):
        return _refusal(error, asked, asker)
    setup = _about_setup(error, asker)
    if setup is not None:
        return setup
    if isinstance(error, _SSO):
        return CredentialsProblem(f"The SSO login is missing or over, nothing ran: run {asker.login}")
    if type(error).__name__.startswith("Login"):  # older botocore has no such errors
        return CredentialsProblem(f"The login is missing or over, nothing ran: run {_plain_login(asker)}")
    if isinstance(error, _NO_CREDENTIALS):
        return CredentialsProblem(
            f"No usable AWS credentials ({clip(str(error))}): run {asker.login}, pass --profile, "
            "or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; mwaa-shell --local needs none"
        )
    if isinstance(error, OSError) and error.filename is not None:
        return _unread(error, asker)
    where = asker.region or "this region"
    way = _about_way(error, where)
    if way is not None:
        return way
    what = f"{asked.operation} for {asked.name}" if asked.name else asked.operation or "AWS"
    return NothingRan(f"{what} failed in {where}, nothing ran: {clip(hide_credentials(str(error)))}")


def _about_setup(error: Exception, asker: Asker) -> ShellError | None:
    """What is wrong with a profile or a region, before AWS is asked."""
    if isinstance(error, aws.ProfileNotFound):
        return CredentialsProblem(f"{error}: name one with --profile, or see ~/.aws/config")
    if isinstance(error, aws.NoRegionError):
        return CredentialsProblem("No region is set: pass --region, or set AWS_REGION or one in the profile")
    if isinstance(error, (aws.InvalidRegionError, aws.UnknownRegionError)):
        region = clip(str(error.kwargs.get("region_name", asker.region)))
        return CredentialsProblem(f"{region} is not the name of a region: pass one such as --region eu-central-1")
    if isinstance(error, aws.InvalidConfigError):
        return CredentialsProblem(
            f"The AWS profile cannot be used, nothing ran: {clip(_first(error))}; mend ~/.aws/config"
        )
    return None


def _about_way(error: Exception, where: str) -> ShellError | None:
    """Why AWS was not reached."""
    if isinstance(error, _UNREACHED):
        return NothingRan(
            f"AWS could not be reached at {_host(error)}, nothing ran: "
            f"is this machine online, and {where} the right region?"
        )
    if isinstance(error, aws.SSLError):
        return NothingRan(
            f"AWS did not prove who it is over TLS at {_host(error)}, nothing ran: if a proxy in between opens TLS, "
            f"pass its certificate with --ca-bundle FILE, or set AWS_CA_BUNDLE ({clip(hide_credentials(str(error)))})"
        )
    if isinstance(error, aws.ProxyConnectionError):
        return NothingRan(f"AWS could not be reached through its proxy, nothing ran: {_about_proxy(error)}")
    return None


def _host(error: aws.BotoCoreError) -> str:
    """Who was asked."""
    url = hide_credentials(str(error.kwargs.get("endpoint_url", "")))
    return clip(urlsplit(url).netloc) or "its endpoint"


def _first(error: aws.BotoCoreError) -> str:
    """What botocore has to say, in one sentence without its end."""
    return str(error.kwargs.get("error_msg", error)).strip().rstrip(".")


def _unread(error: OSError, asker: Asker) -> CredentialsProblem:
    """A program or a file that credentials come from, which botocore takes to be there."""
    file = clip(str(error.filename))
    whose = f"profile {asker.profile}" if asker.profile else "the default profile"
    variable = next((name for name in _FILES if os.environ.get(name) == error.filename), None)
    named = f"let {variable} name another file" if variable else f"mend {' or '.join(_SETTINGS)} of {whose}"
    why = error.strerror or type(error).__name__
    return CredentialsProblem(f"No AWS credentials, nothing ran ({file}: {why}): put it there, or {named}")


def _about_proxy(error: aws.ProxyConnectionError) -> str:
    """boto3 takes a proxy for AWS from the standard variables, and knows none but of HTTP."""
    said = clip(hide_credentials(str(error)))
    if "socks" not in said:
        return f"{said} (it comes from HTTPS_PROXY; NO_PROXY=.amazonaws.com goes past it)"
    return "HTTPS_PROXY names a SOCKS proxy, which boto3 does not know; unset it, --proxy is for the web server alone"


def _plain_login(asker: Asker) -> str:
    profile = asker.login_profile or asker.profile
    return "aws login" + (f" --profile {profile}" if profile else "")


def _refusal(error: aws.ClientError, asked: Asked, asker: Asker) -> ShellError:
    details = error.response.get("Error", {})
    code, said = str(details.get("Code", "")), clip(str(details.get("Message", "")))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if code in _EXPIRED | _UNSIGNED | _REJECTED:
        return _about_credentials(error, code, said, asked, asker)
    if error.operation_name != asked.operation:
        return CredentialsProblem(
            f"AWS gives no credentials to {asker.name}, nothing ran: {error.operation_name}: {code}: {said}"
        )
    if "RestApiStatusCode" in error.response:
        answered = error.response["RestApiStatusCode"]
        return NothingRan(refused_by_airflow(asked.name, answered, error.response.get("RestApiResponse")))
    action = f"airflow:{asked.operation}"
    if asked.operation == "InvokeRestApi" and said.startswith(_NOT_UPDATED):
        return PermissionMissing(f"AWS offers the REST API of {asked.name} once it has been updated: {said}", action)
    if code in _DENIED or (status == 403 and code in ("", "403", "Forbidden")):
        return PermissionMissing(
            f"AWS does not allow {action}{asked.target} to {asker.name}, nothing ran: {said}", action
        )
    if code == "ResourceNotFoundException" and asked.name:
        return EnvironmentNotFound(f"There is no environment {asked.name} in {asker.region or 'this region'}")
    if code in _THROTTLED or status == 429:
        return NothingRan(f"AWS is asked too often for {asked.operation}{asked.target}, nothing ran: {said}")
    return NothingRan(f"{asked.operation}{asked.target} failed, nothing ran: {code or status}: {said}")


def _about_credentials(error: aws.ClientError, code: str, said: str, asked: Asked, asker: Asker) -> CredentialsProblem:
    skew = _skew(error)
    if abs(skew) > _TOLERANCE:
        direction = "ahead of" if skew > 0 else "behind"
        return CredentialsProblem(
            f"AWS rejects the signature, nothing ran: this machine's clock is {abs(skew) // 60} minutes {direction} "
            "that of AWS, set it"
        )
    if code in _EXPIRED:
        return CredentialsProblem(f"The AWS credentials have expired, nothing ran: {_remedy(asker, asked)}")
    if code in _REJECTED:
        return CredentialsProblem(f"AWS does not know these credentials, nothing ran: {said}")
    if "region" in said:
        return CredentialsProblem(f"AWS expects another region than {asker.region}, nothing ran: {said}")
    return CredentialsProblem(
        f"AWS rejects the signature, nothing ran: the secret key or this machine's clock is wrong ({said})"
    )


def _skew(error: aws.ClientError) -> int:
    """By how many seconds the clock here is ahead of the one that dated the reply; 0 where it has no date."""
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    try:
        return int(time.time() - parsedate_to_datetime(headers["date"]).timestamp())
    except (KeyError, ValueError, TypeError, OverflowError):
        return 0


def _remedy(asker: Asker, asked: Asked) -> str:
    """How credentials that have expired are replaced while the shell runs."""
    if asker.source == "env":
        return (
            "they came from AWS_ACCESS_KEY_ID, which a running program keeps; log in to a profile and go on with "
            f".use {asked.name or 'ENV'} --profile NAME, or start again with new ones"
        )
    if asker.source in ("shared-credentials-file", "config-file"):
        return f"put new ones of {asker.name} into your AWS files, or run {asker.login}"
    if asker.source == "custom-process":
        return f"log in where the credential_process of {asker.name} gets them"
    return f"run {asker.login}"


def refused_by_airflow(name: str, status: object, said: object) -> str:
    """A sentence for what Airflow itself answered: a problem of its v1 API, a detail of v2, or another text."""
    words = said
    if isinstance(said, Mapping):
        words = next((said[key] for key in ("detail", "title", "error", "message") if said.get(key)), "")
    return f"Airflow's REST API on {name} answered HTTP {status}: {clip(str(words or 'no reason'))}"
