"""Who the environments are and who may talk to them: the AWS side. The only importer of boto3 and botocore.

Credentials, profile, region, endpoints, retries and proxies are boto3's own resolution. Foreign errors leave this file
as sentences that name the permission, the profile or the region that is meant.
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

from mwaa_shell.errors import CredentialsProblem, EnvironmentNotFound, NothingRan, PermissionMissing, ShellError
from mwaa_shell.mwaa.environment import CliToken, Environment, from_details
from mwaa_shell.mwaa.reply import clip
from mwaa_shell.settings import CONNECT_TIMEOUT, Access

T = TypeVar("T")

#: What a header and a URL can hold: a token or a host of any other form is never sent, and never quoted.
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d+)?")
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized"}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_REJECTED = {"UnrecognizedClientException", "InvalidClientTokenId", "MissingAuthenticationToken"}
_THROTTLED = {"Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"}
#: What AWS answers for an environment that was deployed before there was InvokeRestApi, until it is updated.
_NOT_UPDATED = "Update your environment"
_UNSIGNED = {"InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature", "RequestTimeTooSkewed"}
_SSO = (aws.SSOError, aws.TokenRetrievalError)
#: Seconds that a REST request is waited for: AWS gives up after 10, a private MWAA's first one takes longer.
REST_TIMEOUT = 30.0
_NO_CREDENTIALS = (aws.NoCredentialsError, aws.PartialCredentialsError, aws.CredentialRetrievalError)


class Environments:
    """The environments of one account and region, as one profile sees them."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._lock = threading.Lock()
        self._made: tuple[boto3.Session, Any] | None = None
        self._rest: Any | None = None

    # -- what AWS is asked -------------------------------------------------------------------------------------------

    def names(self) -> list[str]:
        """The names of all environments, every page of ListEnvironments; needs ``airflow:ListEnvironments``."""
        return self._call("ListEnvironments", "", self._list)

    def describe(self, name: str) -> Environment:
        """What GetEnvironment knows; needs ``airflow:GetEnvironment``."""
        reply = self._call("GetEnvironment", name, lambda client: client.get_environment(Name=name))
        details = reply.get("Environment")
        return from_details(name, details if isinstance(details, dict) else {})

    def cli_token(self, name: str) -> CliToken:
        """A fresh token for one command; needs ``airflow:CreateCliToken``."""
        reply = self._call("CreateCliToken", name, lambda client: client.create_cli_token(Name=name))
        token, host = reply.get("CliToken"), reply.get("WebServerHostname")
        if not (
            isinstance(token, str) and _VISIBLE.fullmatch(token) and isinstance(host, str) and _HOST.fullmatch(host)
        ):
            raise NothingRan(f"CreateCliToken for {name} brought no usable token or host, nothing ran")
        return CliToken(token, host)

    def invoke_rest(self, name: str, path: str, query: Mapping[str, object]) -> object:
        """What Airflow's REST API answers to one GET; needs ``airflow:InvokeRestApi`` and Airflow 2.4.3.

        ``path`` stands without ``/api/v1``. It is asked once: who refreshes names tries again when it likes.
        ``PermissionMissing`` holds for the session; anything else may be over the next time.
        """

        def ask(_: Any) -> Any:
            return self._rest_client().invoke_rest_api(Name=name, Path=path, Method="GET", QueryParameters=dict(query))

        reply = self._call("InvokeRestApi", name, ask)
        status = reply.get("RestApiStatusCode")
        if "RestApiResponse" not in reply:
            raise NothingRan(f"InvokeRestApi on {name} brought half a reply, or none that can be read")
        if isinstance(status, int) and status >= 400:
            raise NothingRan(_refused_by_airflow(name, status, reply["RestApiResponse"]))
        return reply["RestApiResponse"]

    @staticmethod
    def _list(client: Any) -> list[str]:
        pages = client.get_paginator("list_environments").paginate()
        return [name for page in pages for name in page.get("Environments", ()) if isinstance(name, str)]

    # -- how it is reached -------------------------------------------------------------------------------------------

    def places(self) -> tuple[list[str], list[str]]:
        """The profiles that are configured here, and the regions that have MWAA as far as botocore knows."""
        session = self._client()[0]
        return session.available_profiles, session.get_available_regions("mwaa")

    @property
    def region(self) -> str:
        """The region that is in force, nothing where there is none."""
        try:
            return self._client()[1].meta.region_name or ""
        except ShellError:
            return self.access.region or ""

    @property
    def ca_bundle(self) -> str | None:
        """The CA bundle that boto3 is configured with: ``AWS_CA_BUNDLE`` or the profile's ``ca_bundle``."""
        bundle = self._client()[0]._session.get_config_variable("ca_bundle")
        return str(bundle) if bundle else None

    def _client(self) -> tuple[boto3.Session, Any]:
        with self._lock:
            if self._made is None:
                try:
                    self._made = _make(self.access)
                except (aws.BotoCoreError, ValueError) as error:
                    raise self._sentence(error, "", "") from None
            return self._made

    def _rest_client(self) -> Any:
        """Its own: one that gives up soon, and asks once."""
        session, _ = self._client()
        with self._lock:
            if self._rest is None:
                seconds = min(self.access.timeout, REST_TIMEOUT)
                self._rest = _client_of(
                    session, self.access, Config(read_timeout=seconds, retries={"total_max_attempts": 1})
                )
            return self._rest

    def _call(self, operation: str, name: str, call: Callable[[Any], T]) -> T:
        try:
            return call(self._client()[1])
        except (aws.ClientError, aws.BotoCoreError, ValueError) as error:
            translated = self._sentence(error, operation, name)
            if isinstance(translated, CredentialsProblem):
                self.forget()
            raise translated from None
        except (AttributeError, TypeError, RecursionError):  # what botocore's parser makes of a reply of another shape
            raise NothingRan(f"{operation} brought a reply that makes no sense, nothing ran") from None

    def forget(self) -> None:
        """Resolve credentials anew at the next call: somebody may have logged in meanwhile."""
        with self._lock:
            self._made = self._rest = None

    # -- what went wrong ---------------------------------------------------------------------------------------------

    def _sentence(self, error: Exception, operation: str, name: str) -> ShellError:
        if isinstance(error, aws.ClientError):
            return self._refusal(error, operation, name)
        if isinstance(error, aws.ProfileNotFound):
            return CredentialsProblem(f"{error}: name one with --profile, or see ~/.aws/config")
        if isinstance(error, aws.NoRegionError):
            return CredentialsProblem(
                "No region is set: pass --region, or set AWS_DEFAULT_REGION or one in the profile"
            )
        if isinstance(error, _SSO):
            return CredentialsProblem(f"The SSO login is missing or over: run {self._login()}")
        if isinstance(error, _NO_CREDENTIALS):
            return CredentialsProblem(
                f"No usable AWS credentials ({clip(str(error))}): run {self._login()}, pass --profile, "
                "or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; mwaa-shell --local needs none"
            )
        what = f"{operation} for {name}" if name else operation or "AWS"
        return NothingRan(f"{what} failed in {self.access.region or 'this region'}, nothing ran: {clip(str(error))}")

    def _refusal(self, error: aws.ClientError, operation: str, name: str) -> ShellError:
        details = error.response.get("Error", {})
        code, said = details.get("Code", ""), clip(details.get("Message", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        target = f" on {name}" if name else ""
        if "RestApiStatusCode" in error.response:
            answered = error.response["RestApiStatusCode"]
            return NothingRan(_refused_by_airflow(name, answered, error.response.get("RestApiResponse")))
        if operation == "InvokeRestApi" and said.startswith(_NOT_UPDATED):
            return PermissionMissing(
                f"AWS offers the REST API of {name} once it has been updated: {said}", "airflow:InvokeRestApi"
            )
        if code in _DENIED or (status == 403 and code in ("", "403", "Forbidden")):
            action = f"airflow:{operation}"
            return PermissionMissing(
                f"AWS does not allow {action}{target} to {self._who()}, nothing ran: {said}", action
            )
        if code == "ResourceNotFoundException" and name:
            return EnvironmentNotFound(f"There is no environment {name} in {self.region or 'this region'}")
        if code in _EXPIRED:
            return CredentialsProblem(f"The AWS credentials have expired, nothing ran: run {self._login()}")
        if code in _REJECTED:
            return CredentialsProblem(f"AWS does not know these credentials, nothing ran: {said}")
        if code in _THROTTLED or status == 429:
            return NothingRan(f"AWS is asked too often for {operation}{target}, nothing ran: {said}")
        if code in _UNSIGNED:
            return CredentialsProblem(
                f"AWS rejects the signature, nothing ran: the secret key or this machine's clock is wrong ({said})"
            )
        return NothingRan(f"{operation}{target} failed, nothing ran: {code or status}: {said}")

    def _profile(self) -> str:
        return self.access.profile or os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE") or ""

    def _who(self) -> str:
        return f"profile {self._profile()}" if self._profile() else "these credentials"

    def _login(self) -> str:
        profile = self._profile()
        return "aws sso login" + (f" --profile {profile}" if profile else "")


def _make(access: Access) -> tuple[boto3.Session, Any]:
    """A boto3 session and its mwaa client; a configured endpoint keeps its host name as it is."""
    keys = access.keys
    session = boto3.Session(
        profile_name=access.profile,
        region_name=access.region,
        aws_access_key_id=keys.access_key if keys else None,
        aws_secret_access_key=keys.secret_key if keys else None,
    )
    return session, _client_of(session, access, Config())


def _client_of(session: boto3.Session, access: Access, extra: Config) -> Any:
    region = session.region_name or os.environ.get("AWS_REGION")
    config = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=access.timeout,
        tcp_keepalive=True,
        proxies={} if access.direct else None,
    ).merge(extra)

    def client(more: Config) -> Any:
        return session.client(
            "mwaa",
            region_name=region,
            endpoint_url=access.endpoint_url,
            verify=access.ca_bundle,
            config=config.merge(more),
        )

    if access.endpoint_url or _endpoint_is_configured(client):
        return client(Config(inject_host_prefix=False))
    return client(Config())


def _refused_by_airflow(name: str, status: object, said: object) -> str:
    """A sentence for what Airflow itself answered: a problem of its v1 API, a detail of v2, or another text."""
    words = said
    if isinstance(said, Mapping):
        words = next((said[key] for key in ("detail", "title", "error", "message") if said.get(key)), "")
    return f"Airflow's REST API on {name} answered HTTP {status}: {clip(str(words or 'no reason'))}"


def _endpoint_is_configured(client: Callable[[Config], Any]) -> bool:
    """Whether a variable or the profile names an endpoint: then the client's differs from AWS's own."""
    own = client(Config(ignore_configured_endpoint_urls=True)).meta.endpoint_url
    return bool(client(Config()).meta.endpoint_url != own)
