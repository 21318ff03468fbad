"""What AWS and botocore say when something is wrong, as sentences that name a permission, a login or a region.

A refusal is told apart by what was asked: the call of ours, or one that botocore makes to get credentials first.
"""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from json import JSONDecodeError
from typing import NamedTuple
from urllib.parse import urlsplit

import botocore.exceptions as aws

from mwaa_shell.errors import CredentialsProblem, EnvironmentNotFound, NothingRan, PermissionMissing, ShellError
from mwaa_shell.mwaa.credentials import WEB_IDENTITY_VARIABLE
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
#: Variables that name a file that credentials come from.
_FILES = (WEB_IDENTITY_VARIABLE, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
#: Settings of a profile that name such a file, or a program, by botocore's name for the source.
_SETTINGS = {"custom-process": "credential_process", "assume-role-with-web-identity": "web_identity_token_file"}
#: Sources that a profile configures, in an operator's words.
_OF_PROFILES = {
    "custom-process": "the credential_process",
    "sso": "the SSO login",
    "login": "the login",
    "assume-role": "the role",
    "assume-role-with-web-identity": "the web identity",
    "shared-credentials-file": "the keys",
    "config-file": "the keys",
}
#: And those that a machine or a start of the shell has.
_OF_MACHINES = {
    "env": "AWS_ACCESS_KEY_ID",
    "container-role": "the role of this container",
    "iam-role": "the role of this EC2 instance",
    WEB_IDENTITY_VARIABLE: WEB_IDENTITY_VARIABLE,
}
#: What Python says of a value of another form; that means nothing to a user, and it may quote the value.
_OF_ANOTHER_FORM = (AttributeError, TypeError, LookupError, RecursionError, UnicodeError, JSONDecodeError)
_UNREACHED = (aws.EndpointConnectionError, aws.ConnectTimeoutError)


class AwsCaller(NamedTuple):
    """Who asks AWS, and where."""

    profile: str = ""
    region: str = ""
    source: str = ""  #: where the credentials come from in the end, as botocore calls it
    login_profile: str = ""  #: the profile that has the login or the program, where ``profile`` builds on another one
    obtained: bool = True  #: whether there are credentials, good or bad
    can_ask: bool = True  #: whether a program that gives credentials gets the terminal

    @property
    def name(self) -> str:
        return f"profile {self.profile}" if self.profile else "these credentials"

    @property
    def origin(self) -> str:
        """Where the credentials come from, with the profile that says so."""
        if self.source in _OF_MACHINES:
            return _OF_MACHINES[self.source]
        profile = self.login_profile or self.profile
        whose = f"profile {profile}" if profile else "the default profile"
        return f"{_OF_PROFILES.get(self.source, self.source)} of {whose}"

    @property
    def login(self) -> str:
        """The command that logs in again."""
        return self.command("aws login" if self.source == "login" else "aws sso login")

    def command(self, words: str) -> str:
        """A command of the AWS CLI for the profile that has the login or the program."""
        profile = self.login_profile or self.profile
        return f"{words} --profile {shlex.quote(profile)}" if profile else words


class AwsCall(NamedTuple):
    """What AWS was asked, and for which environment; nothing while a client was still being made."""

    operation: str = ""
    name: str = ""

    @property
    def target(self) -> str:
        return f" on {self.name}" if self.name else ""


def sentence(error: Exception, asked: AwsCall, asker: AwsCaller) -> ShellError:
    """What a foreign exception means for the user."""
    if isinstance(error, aws.ClientError):
        return _refusal(error, asked, asker)
    setup = _about_setup(error, asker)
    if setup is not None:
        return setup
    if not asker.obtained and _is_of_credentials(error):
        return _unobtained(error, asked, asker)
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
    if not asker.obtained:
        return _unobtained(error, asked, asker)
    if not asked.operation:
        return CredentialsProblem(
            f"The AWS settings cannot be used, nothing ran: {_why(error)}; mend your AWS files or AWS_ variables"
        )
    what = f"{asked.operation} for {asked.name}" if asked.name else asked.operation
    return NothingRan(f"{what} failed in {where}, nothing ran: {clip(hide_credentials(str(error)))}")


def _is_of_credentials(error: Exception) -> bool:
    """Whether it is no matter of a file or of the way to AWS, which have their own sentences."""
    return not isinstance(error, OSError | aws.HTTPClientError)


def _unobtained(error: Exception, asked: AwsCall, asker: AwsCaller) -> CredentialsProblem:
    """Whatever went wrong on the way to credentials: where they should have come from, and what to run."""
    if type(error) is RuntimeError and "expired" in str(error):  # botocore has no class of its own for it
        return CredentialsProblem(f"The AWS credentials have expired, nothing ran: {_remedy(asker, asked)}")
    return CredentialsProblem(
        f"No AWS credentials from {asker.origin}, nothing ran ({_why(error)}): {_next_step(asker, asked)}"
    )


def _why(error: Exception) -> str:
    """What botocore, or the program that it ran, has to say."""
    if isinstance(error, aws.PartialCredentialsError):
        return f"{clip(str(error.kwargs.get('cred_var')))} is missing"
    if isinstance(error, aws.CredentialRetrievalError):
        return clip(hide_credentials(_first(error))) or "it failed without a word"
    if isinstance(error, JSONDecodeError | UnicodeError):
        return "the output is not JSON"
    if isinstance(error, _OF_ANOTHER_FORM):
        return "it does not have the form that AWS documents"
    return clip(hide_credentials(str(error))) or type(error).__name__


def _next_step(asker: AwsCaller, asked: AwsCall) -> str:
    """The command that gets credentials, or shows why there are none."""
    look = f"run {asker.command('aws sts get-caller-identity')}"
    if asker.source == "env":
        return f"set the variables anew and start again, or {_profile_instead(asked)}"
    if asker.source in ("sso", "login"):
        return f"run {asker.login}"
    if asker.source in ("shared-credentials-file", "config-file"):
        return f"run {asker.command('aws configure')}"
    if asker.source == "custom-process" and not asker.can_ask:
        return f"{look} in another terminal, or start with -c: at a prompt it cannot ask for anything"
    return f"{look}, which gets them in the same way"


def _profile_instead(asked: AwsCall) -> str:
    return f"log in to a profile and go on with .use {asked.name or 'ENV'} --profile NAME"


def _about_setup(error: Exception, asker: AwsCaller) -> ShellError | None:
    """What is wrong with a profile, its login or a region, before AWS is asked."""
    if isinstance(error, aws.ProfileNotFound):
        return CredentialsProblem(f"{error}: name one with --profile, or see ~/.aws/config")
    if isinstance(error, aws.NoRegionError):
        return CredentialsProblem("No region is set: pass --region, or set AWS_REGION or one in the profile")
    if isinstance(error, (aws.InvalidRegionError, aws.UnknownRegionError)):
        region = clip(str(error.kwargs.get("region_name", asker.region)))
        return CredentialsProblem(f"{region} is not the name of a region: pass one such as --region eu-central-1")
    if isinstance(error, _SSO):
        return CredentialsProblem(f"The SSO login is missing or over, nothing ran: run {asker.login}")
    if type(error).__name__.startswith("Login"):  # older botocore has no such errors
        return CredentialsProblem(f"The login is missing or over, nothing ran: run {asker.command('aws login')}")
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


def _unread(error: OSError, asker: AwsCaller) -> CredentialsProblem:
    """A program or a file that credentials come from, which botocore takes to be there."""
    file = clip(str(error.filename))
    profile = asker.login_profile or asker.profile
    whose = f"profile {profile}" if profile else "the default profile"
    variable = next((name for name in _FILES if os.environ.get(name) == error.filename), None)
    setting = _SETTINGS.get(asker.source) or " or ".join(_SETTINGS.values())
    named = f"let {variable} name another file" if variable else f"mend {setting} of {whose}"
    why = error.strerror or type(error).__name__
    return CredentialsProblem(f"No AWS credentials, nothing ran ({file}: {why}): put it there, or {named}")


def _about_proxy(error: aws.ProxyConnectionError) -> str:
    """boto3 takes a proxy for AWS from the standard variables, and knows none but of HTTP."""
    if "socks" not in str(error):
        said = clip(hide_credentials(str(error)))
        return f"{said} (it comes from HTTPS_PROXY; NO_PROXY=.amazonaws.com goes past it)"
    return "HTTPS_PROXY names a SOCKS proxy, which boto3 does not know; unset it, --proxy is for the web server alone"


def _refusal(error: aws.ClientError, asked: AwsCall, asker: AwsCaller) -> ShellError:
    details = error.response.get("Error", {})
    code, said = str(details.get("Code", "")), clip(str(details.get("Message", "")))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if code in _EXPIRED | _UNSIGNED | _REJECTED:
        return _about_credentials(error, code, said, asked, asker)
    if error.operation_name != asked.operation:
        return CredentialsProblem(
            f"AWS gives no credentials to {asker.name}, nothing ran ({error.operation_name}: {code}: {said}): "
            f"run {asker.command('aws sts get-caller-identity')}, which shows who asks for them"
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


def _about_credentials(
    error: aws.ClientError, code: str, said: str, asked: AwsCall, asker: AwsCaller
) -> CredentialsProblem:
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


def _remedy(asker: AwsCaller, asked: AwsCall) -> str:
    """How credentials that have expired are replaced while the shell runs."""
    if asker.source == "env":
        return (
            f"they came from AWS_ACCESS_KEY_ID, which a running program keeps; {_profile_instead(asked)}, "
            "or start again with new ones"
        )
    if asker.source in ("shared-credentials-file", "config-file"):
        return f"put new ones of {asker.name} into your AWS files, or run {asker.login}"
    if asker.source == "custom-process":
        return (
            f"log in where {asker.origin} gets them; "
            f"{asker.command('aws sts get-caller-identity')} shows whether it has new ones"
        )
    if asker.source in ("container-role", "iam-role", "assume-role-with-web-identity", WEB_IDENTITY_VARIABLE):
        return f"run {asker.command('aws sts get-caller-identity')} to see whether {asker.origin} has new ones"
    return f"run {asker.login}"


def refused_by_airflow(name: str, status: object, said: object) -> str:
    """A sentence for what Airflow itself answered: a problem of its v1 API, a detail of v2, or another text."""
    words = said
    if isinstance(said, Mapping):
        words = next((said[key] for key in ("detail", "title", "error", "message") if said.get(key)), "")
    return f"Airflow's REST API on {name} answered HTTP {status}: {clip(str(words or 'no reason'))}"
