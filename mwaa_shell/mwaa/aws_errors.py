"""Errors of AWS and botocore as messages with a permission, a login or a region.

AWS denies either the call of the shell, or a call that botocore makes first to get credentials.
"""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from json import JSONDecodeError
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import botocore.exceptions as aws
from botocore.session import Session

from mwaa_shell.airflow.rest import reason_in
from mwaa_shell.errors import (
    CredentialsProblem,
    EnvironmentNotFound,
    LogMissing,
    NothingRan,
    PermissionMissing,
    ShellError,
    State,
)
from mwaa_shell.mwaa import programs
from mwaa_shell.mwaa.aws_session import (
    WEB_IDENTITY_VARIABLE,
    MfaCodeRequired,
    NoCredentials,
    origin,
    profile_of,
    source_of,
)
from mwaa_shell.mwaa.response import clip
from mwaa_shell.mwaa.route import hide_credentials
from mwaa_shell.settings import Access
from mwaa_shell.suggestions import did_you_mean, listed

_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized"}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_REJECTED = {"UnrecognizedClientException", "InvalidClientTokenId", "MissingAuthenticationToken"}
_THROTTLED = {"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"}
_UNSIGNED = {"InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature", "RequestTimeTooSkewed"}
#: The message of AWS for an environment that is older than InvokeRestApi and was not updated.
_NOT_UPDATED = "Update your environment"
#: Seconds by which a clock may be wrong: AWS takes signatures of the last five minutes.
_TOLERANCE = 240
_NO_CREDENTIALS = (aws.NoCredentialsError, aws.PartialCredentialsError, aws.CredentialRetrievalError)
#: Variables that name a file that credentials come from.
_FILES = (WEB_IDENTITY_VARIABLE, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
#: Settings of a profile that name such a file, or a program, by botocore's name for the source.
_SETTINGS = {"custom-process": "credential_process", "assume-role-with-web-identity": "web_identity_token_file"}
#: Where botocore finds credentials, in an operator's words: what a profile configures,
_OF_PROFILES = {
    "custom-process": "the credential_process",
    "sso": "the SSO login",
    "login": "the login",
    "assume-role": "the role",
    "assume-role-with-web-identity": "the web identity",
    "shared-credentials-file": "the credentials file",
    "config-file": "the config file",
}
#: and what a machine or a start of the shell has.
_OF_MACHINES = {
    "env": "AWS_ACCESS_KEY_ID",
    "container-role": "the role of this container",
    "iam-role": "the role of this EC2 instance",
    "explicit": "this start of the shell",
    WEB_IDENTITY_VARIABLE: WEB_IDENTITY_VARIABLE,
}
SOURCES = _OF_PROFILES | _OF_MACHINES
#: What Python says of a value of another form; that means nothing to a user, and it may quote the value.
_OF_ANOTHER_FORM = (AttributeError, TypeError, LookupError, RecursionError, UnicodeError, JSONDecodeError)
_UNREACHED = (aws.EndpointConnectionError, aws.ConnectTimeoutError)


class AwsCaller(NamedTuple):
    """The identity and the endpoint of a call to AWS, for messages."""

    profile: str = ""
    region: str = ""
    source: str = ""  #: botocore's name for the first source of the credentials
    login_profile: str = ""  #: where ``profile`` builds on another one, that profile
    obtained: bool = True  #: whether there are credentials, good or bad
    can_ask: bool = True  #: whether a program that gives credentials gets the terminal

    @property
    def name(self) -> str:
        """The identity as a part of a sentence."""
        return f"profile {self.profile}" if self.profile else "these credentials"

    @property
    def holder(self) -> str:
        """The profile that has the login or the program, as a part of a sentence."""
        profile = self.login_profile or self.profile
        return f"profile {profile}" if profile else "the default profile"

    @property
    def origin(self) -> str:
        """The source of the credentials, with the profile that names it."""
        if self.source in _OF_MACHINES:
            return _OF_MACHINES[self.source]
        return f"{_OF_PROFILES.get(self.source, self.source)} of {self.holder}"

    @property
    def login(self) -> str:
        """The command that logs in again."""
        return self.command("aws login" if self.source == "login" else "aws sso login")

    def command(self, words: str) -> str:
        """Return a command of the AWS CLI for the profile that has the login or program."""
        profile = self.login_profile or self.profile
        return f"{words} --profile {shlex.quote(profile)}" if profile else words


def caller_of(access: Access, session: Session | None, region: str, error: Exception) -> AwsCaller:
    """Return who asked AWS and got an error."""
    if session is None:
        return AwsCaller(access.profile or "", region)
    profile = profile_of(session)
    source = ""
    if isinstance(error, NoCredentials):
        source = error.source
    elif isinstance(error, aws.ClientError):  # for any other, this would run a credential_process once more
        source = source_of(session)
    holder = profile  # an odd name of a role has nothing to do with its source
    if source != "assume-role" or not isinstance(getattr(error, "cause", None), aws.ParamValidationError):
        source, holder = origin(session, profile, source)
    return AwsCaller(
        profile, region, source, holder, not isinstance(error, NoCredentials), not programs.TERMINAL.is_kept
    )


class AwsCall(NamedTuple):
    """An operation of AWS and the environment; empty while a client is being made."""

    operation: str = ""
    name: str = ""
    service: str = "airflow"  #: as the names of its permissions begin

    @property
    def words(self) -> str:
        """The call as the subject of a sentence."""
        return f"{self.operation} for {self.name}" if self.name else self.operation


_WAIT = "Wait a moment and run the command again."
_BUNDLE = "Pass the certificate of your company proxy with --ca-bundle FILE."


def translate(error: Exception, call: AwsCall, caller: AwsCaller) -> ShellError:
    """Return the error of the shell for a foreign exception."""
    error = error.cause if isinstance(error, NoCredentials) else error
    if isinstance(error, aws.ClientError):
        return _refusal(error, call, caller)
    setup = _about_setup(error, caller)
    if setup is not None:
        return setup
    if not caller.obtained and not isinstance(error, OSError | aws.HTTPClientError):  # those: a file, or the way to AWS
        return _unavailable(error, call, caller)
    if isinstance(error, _NO_CREDENTIALS):
        message = "No AWS credentials found"
        if not isinstance(error, aws.NoCredentialsError):
            message = f"The AWS credentials cannot be used ({_why(error)})"
        return CredentialsProblem(message, hint=f"Run {caller.login}, or pass --profile NAME.")
    if isinstance(error, OSError) and error.filename is not None:
        return _unread(error, caller)
    where = caller.region or "this region"
    way = _about_way(error, where)
    if way is not None:
        return way
    if not caller.obtained:
        return _unavailable(error, call, caller)
    if not call.operation:
        message = f"The AWS settings cannot be used ({_why(error)})"
        return CredentialsProblem(message, hint="Correct your AWS files or the AWS_ variables.")
    text = clip(hide_credentials(str(error)))
    return NothingRan(f"{call.words} failed in {where} ({text})", hint=_WAIT, state=State.NOT_SENT)


def _unavailable(error: Exception, call: AwsCall, caller: AwsCaller) -> CredentialsProblem:
    """Return the error for credentials that could not be obtained, with their source."""
    if type(error) is RuntimeError and "expired" in str(error):  # botocore has no class of its own for it
        return _expired(caller, call)
    return CredentialsProblem(f"No AWS credentials from {caller.origin} ({_why(error)})", hint=_next_step(caller, call))


def _why(error: Exception) -> str:
    """Return the reason that botocore, or the program that it ran, gives."""
    if isinstance(error, aws.PartialCredentialsError):
        return f"{clip(str(error.kwargs.get('cred_var')))} is missing"
    if isinstance(error, aws.CredentialRetrievalError):
        return clip(hide_credentials(_first(error))) or "it failed without a reason"
    if isinstance(error, JSONDecodeError | UnicodeError):
        return "the output is not JSON"
    if isinstance(error, _OF_ANOTHER_FORM):
        return "it does not have the form that AWS documents"
    return clip(hide_credentials(str(error))) or "it failed without a reason"


def _next_step(caller: AwsCaller, call: AwsCall) -> str:
    """Return the hint that gets new credentials, or that shows why there is no key."""
    look = caller.command("aws sts get-caller-identity")
    if caller.source == "env":
        return f"Switch to a profile with .use {call.name or 'ENV'} --profile NAME, or restart with new keys."
    if caller.source in ("shared-credentials-file", "config-file"):
        return f"Put new keys into your AWS files, or run {caller.command('aws configure')}."
    if caller.source == "custom-process" and not caller.can_ask:
        return f"Run {look} in another terminal, or start with -c: at a prompt, the program cannot ask you."
    if caller.source in ("sso", "login") or (caller.obtained and caller.source in ("assume-role", "")):
        return f"Run {caller.login}, then run the command again."
    return f"Run {look}, which gets them in the same way."


def _about_setup(error: Exception, caller: AwsCaller) -> ShellError | None:
    """Return the error about a profile, login, MFA code or region, else ``None``."""
    if isinstance(error, MfaCodeRequired | aws.RefreshWithMFAUnsupportedError):
        whose = f"profile {caller.profile}" if caller.profile else "the profile"
        named = f" --profile {shlex.quote(caller.profile)}" if caller.profile else ""
        hint = f"Run aws sts get-caller-identity{named}, which asks for it. The shell uses its credentials."
        return CredentialsProblem(f"The role of {whose} requires an MFA code", hint=hint)
    if isinstance(error, aws.ProfileNotFound):
        return _unknown_profile(str(error.kwargs.get("profile", "")))
    if isinstance(error, aws.NoRegionError):
        hint = "Pass --region or set AWS_REGION. Without AWS, run mwaa-shell --local."
        return CredentialsProblem("No AWS region is set", hint=hint, state=State.NONE)
    if isinstance(error, (aws.InvalidRegionError, aws.UnknownRegionError)):
        region = clip(str(error.kwargs.get("region_name", caller.region)))
        hint = "Pass a region such as --region eu-central-1."
        return CredentialsProblem(f"'{region}' is not a region", hint=hint, state=State.NONE)
    is_login = type(error).__name__.startswith("Login")  # older botocore has no such errors
    if is_login or isinstance(error, aws.SSOError | aws.TokenRetrievalError):
        message = f"{'The login' if is_login else 'The SSO session'} of {caller.holder} is missing or has expired"
        command = caller.command("aws login" if is_login or caller.source == "login" else "aws sso login")
        return CredentialsProblem(message, hint=f"Run {command}, then run the command again.")
    if isinstance(error, aws.InvalidConfigError):
        message = f"The AWS profile cannot be used ({clip(_first(error))})"
        return CredentialsProblem(message, hint="Correct ~/.aws/config.")
    return None


def _unknown_profile(name: str) -> CredentialsProblem:
    """Return the error for an unknown profile, with the configured profiles."""
    try:
        profiles = list(Session().full_config.get("profiles", {}))
    except Exception:  # the files of the user may hold anything
        profiles = []
    variable = next((one for one in ("AWS_DEFAULT_PROFILE", "AWS_PROFILE") if os.environ.get(one) == name), "")
    source = f" (from {variable})" if variable else ""
    hint = f"Use one of: {listed(profiles)}." if profiles else "Run aws configure sso, which makes a profile."
    message = f"AWS profile '{clip(name)}' not found{source}{did_you_mean(name, profiles)}"
    return CredentialsProblem(message, hint=hint, state=State.NONE)


def _about_way(error: Exception, where: str) -> ShellError | None:
    """Return the error for an AWS that was not reached; ``None`` for another one."""
    if isinstance(error, _UNREACHED):
        hint = f"Check the network of this machine, and whether {where} is the right region."
        return NothingRan(f"AWS could not be reached at {_host(error)}", hint=hint, state=State.NOT_SENT)
    if isinstance(error, aws.SSLError):
        message = f"The TLS certificate of AWS at {_host(error)} could not be verified"
        detail = clip(hide_credentials(str(error)))
        return NothingRan(message, hint=_BUNDLE, state=State.NOT_SENT, detail=detail)
    if isinstance(error, aws.ProxyConnectionError):  # of boto3: from the standard variables, and only of HTTP
        message = "AWS could not be reached through the proxy in HTTPS_PROXY"
        hint = "Correct HTTPS_PROXY, or set NO_PROXY=.amazonaws.com."
        if "socks" in str(error):
            message = "boto3 cannot use the SOCKS proxy in HTTPS_PROXY"
            hint = "Unset HTTPS_PROXY: --proxy is for the web server."
        return NothingRan(message, hint=hint, state=State.NOT_SENT, detail=clip(hide_credentials(str(error))))
    return None


def _host(error: aws.BotoCoreError) -> str:
    """Return the host that was asked."""
    url = hide_credentials(str(error.kwargs.get("endpoint_url", "")))
    return clip(urlsplit(url).netloc) or "its endpoint"


def _first(error: aws.BotoCoreError) -> str:
    """Return botocore's first sentence, without its full stop."""
    return str(error.kwargs.get("error_msg", error)).strip().rstrip(".")


def _unread(error: OSError, caller: AwsCaller) -> CredentialsProblem:
    """Return the error for a missing program or file that credentials come from."""
    file = clip(str(error.filename))
    variable = next((name for name in _FILES if os.environ.get(name) == error.filename), None)
    setting = _SETTINGS.get(caller.source) or " or ".join(_SETTINGS.values())
    named = variable or f"{setting} of {caller.holder}"
    why = error.strerror or "it cannot be read"
    return CredentialsProblem(f"No AWS credentials ({file}: {why})", hint=f"Correct {named}.")


def _refusal(error: aws.ClientError, call: AwsCall, caller: AwsCaller) -> ShellError:
    details = error.response.get("Error", {})
    code, text = str(details.get("Code", "")), clip(str(details.get("Message", "")))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if code in _EXPIRED | _UNSIGNED | _REJECTED:
        return _about_credentials(error, code, text, call, caller)
    if error.operation_name != call.operation:
        return CredentialsProblem(
            f"AWS gives no credentials to {caller.name} ({error.operation_name}: {code})",
            hint=f"Run {caller.command('aws sts get-caller-identity')}, which gets them in the same way.",
            detail=text,
        )
    if "RestApiStatusCode" in error.response:
        status_of_airflow = error.response["RestApiStatusCode"]
        return NothingRan(refused_by_airflow(call.name, status_of_airflow, error.response.get("RestApiResponse")))
    action = f"{call.service}:{call.operation}"
    if call.operation == "InvokeRestApi" and text.startswith(_NOT_UPDATED):
        hint = "Update the environment in the MWAA console."
        return PermissionMissing(f"AWS offers no REST API for {call.name} until it is updated", action, hint=hint)
    if code in _DENIED or (status == 403 and code in ("", "403", "Forbidden")):
        target = f" on {call.name}" if call.name else ""
        hint = "Ask for the policy in .help access. See who you are with .doctor."
        message = f"{action}{target} is not permitted for {caller.name}"
        return PermissionMissing(message, action, hint=hint, detail=text)
    if code == "ResourceNotFoundException" and call.service == "logs":
        return LogMissing(f"CloudWatch has no such log for {call.name}", detail=text)
    if code == "ResourceNotFoundException" and call.name:
        message = f"No environment '{call.name}' in {caller.region or 'this region'}"
        return EnvironmentNotFound(message, hint="List them with .envs, or pass --region or --profile.")
    if is_throttled(error):
        return NothingRan(f"AWS throttled {call.words}", hint=_WAIT, state=State.NOT_SENT, detail=text)
    message = f"{call.words} failed ({code or status}{f': {text}' if text else ''})"
    return NothingRan(message, hint=_WAIT, state=State.NOT_SENT)


def is_throttled(error: aws.ClientError) -> bool:
    """Return whether AWS throttled a call, which then did nothing."""
    code = error.response.get("Error", {}).get("Code", "")
    return code in _THROTTLED or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 429


def _about_credentials(
    error: aws.ClientError, code: str, text: str, call: AwsCall, caller: AwsCaller
) -> CredentialsProblem:
    skew = _skew(error)
    if abs(skew) > _TOLERANCE:
        wrong = f"{abs(skew) // 60} minutes {'fast' if skew > 0 else 'slow'}"
        message = f"AWS rejects the signature: the clock of this machine is {wrong}"
        return CredentialsProblem(message, hint="Set the clock of this machine.", detail=text)
    if code in _EXPIRED:
        return _expired(caller, call)
    if code in _REJECTED:
        return CredentialsProblem("AWS does not know these credentials", hint=_LOOK, detail=text)
    if "region" in text:
        message = f"AWS expects another region than {caller.region} ({text.rstrip('.')})"
        return CredentialsProblem(message, hint="Check the name of the region.")
    message = "AWS rejects the signature: the secret key or this machine's clock is wrong"
    return CredentialsProblem(message, hint=_LOOK, detail=text)


_LOOK = "See where the credentials come from with .doctor."


def _skew(error: aws.ClientError) -> int:
    """Return by how many seconds this machine's clock is ahead of AWS. It is 0 without a date in the response."""
    date = date_of(error.response)
    return int(time.time() - date.timestamp()) if date is not None else 0


def _expired(caller: AwsCaller, call: AwsCall) -> CredentialsProblem:
    source = f" from {caller.origin}" if caller.source in SOURCES else ""
    source = " in AWS_ACCESS_KEY_ID" if caller.source == "env" else source
    hint = _next_step(caller, call)
    if caller.source == "custom-process":
        hint = f"Log in to the program, then check it with {caller.command('aws sts get-caller-identity')}."
    return CredentialsProblem(f"The AWS credentials{source} have expired", hint=hint)


def refused_by_airflow(name: str, status: object, response: object) -> str:
    """Return a sentence for an error response of Airflow, of whatever form."""
    words = reason_in(response) if isinstance(response, Mapping) else str(response or "")
    return f"The REST API of {name} refused the request (HTTP {status}{f': {clip(words)}' if words else ''})"


def date_of(response: Any) -> datetime | None:
    """Return the ``Date`` of a response of botocore."""
    return read_date(str(response.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")))


def read_date(header: str) -> datetime | None:
    """Return the ``Date`` of an HTTP response, aware; ``None`` for another text."""
    try:
        read = parsedate_to_datetime(header)
    except (ValueError, TypeError, OverflowError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
