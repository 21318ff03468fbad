"""The AWS API of MWAA: environments, tokens and Airflow's REST API.

boto3 itself resolves credentials, profile, region, endpoints, retries and proxies. Its errors leave this module as the
sentences of ``aws_errors.py``. Expired credentials are resolved again at the next call.
"""

from __future__ import annotations

import math
import os
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import botocore.exceptions as aws
from botocore.config import Config
from botocore.session import Session
from botocore.utils import get_environ_proxies

from mwaa_shell import debug_log
from mwaa_shell.addresses import hide_login
from mwaa_shell.airflow.rest import LONGEST_PATH, RestRequest, is_too_long
from mwaa_shell.durations import CONNECT_TIMEOUT, IDLE_LIMIT, NEVER, clocks, idle_since
from mwaa_shell.errors import CredentialsProblem, NothingRan, OutcomeUnknown, RestNotFound, ShellError, State
from mwaa_shell.mwaa.aws_errors import (
    SOURCES,
    AwsCall,
    caller_of,
    date_of,
    is_throttled,
    refused_by_airflow,
    translate,
)
from mwaa_shell.mwaa.aws_session import client_of, log_client, session_of
from mwaa_shell.mwaa.environment import EnvironmentInfo, from_details, is_host
from mwaa_shell.mwaa.response import clip
from mwaa_shell.mwaa.route import hide_credentials
from mwaa_shell.settings import Access

T = TypeVar("T")

#: The characters of a header and a URL. Any other token or host is never sent, and never quoted.
_VISIBLE = re.compile(r"[\x21-\x7e]+")
#: The likely cause of a response that is not in the form of AWS.
_ANOTHER = "Run .doctor: a proxy or another endpoint may have answered."
#: Seconds to wait for a REST request, as AWS stops after 10.
REST_TIMEOUT = 30.0
#: REST requests that AWS accepts within a second.
REST_RATE = 10
#: Seconds to wait before a REST request that AWS throttled is sent again.
REST_WAITS = (1.0, 2.0)
#: What botocore raises for settings, credentials, the network and errors of AWS.
_EXPECTED = (aws.ClientError, aws.BotoCoreError, ValueError, OSError)
#: The region of STS where no region is set: STS is in every region.
ANY_REGION = "us-east-1"


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return True


@dataclass(frozen=True, slots=True)
class CliToken:
    """A minted token and the host that it is good for. Lives 60 seconds; never shown, logged or kept."""

    token: str = field(repr=False)
    host: str = ""
    environment: str = ""  #: whose it is
    log: str = ""  #: the log group of its web server, empty without CloudWatch


@dataclass(frozen=True, slots=True)
class WebLogin:
    """A token for one login in a browser within 60 seconds. Never logged or kept; shown on request alone."""

    token: str = field(repr=False)
    host: str = ""

    @property
    def url(self) -> str:
        """The link that logs in, as AWS's user guide has it. It holds the token."""
        return f"https://{self.host}/aws_mwaa/aws-console-sso?login=true#{self.token}"


class Credentials(NamedTuple):
    """A key, so far as it may be shown."""

    source: str
    key: str  #: its last four characters
    temporary: bool
    expires: datetime | None = None  #: aware


class CallerIdentity(NamedTuple):
    """The response of STS about the caller."""

    arn: str = ""
    date: datetime | None = None  #: by the clock of AWS, aware
    error: ShellError | None = None


class MwaaApi:
    """The MWAA API for one account and region, with the permissions of one profile."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._lock = threading.RLock()
        self._session: Session | None = None
        self._clients: dict[str, Any] = {}
        self._rest_calls = deque([-math.inf] * REST_RATE, REST_RATE)  #: when the last ones were sent
        self._used = NEVER

    # -- what AWS is asked -------------------------------------------------------------------------------------------

    def names(self) -> list[str]:
        """Return the names of all environments. Requires ``airflow:ListEnvironments``."""
        return self._call("ListEnvironments", "", self._list)

    def describe(self, name: str) -> EnvironmentInfo:
        """Return what GetEnvironment reports of an environment. Requires ``airflow:GetEnvironment``."""
        response = self._call("GetEnvironment", name, lambda client: client.get_environment(Name=name))
        details = response.get("Environment")
        return from_details(name, details if isinstance(details, dict) else {})

    def cli_token(self, name: str) -> CliToken:
        """Return a new token for one command. Requires ``airflow:CreateCliToken``."""
        response = self._call("CreateCliToken", name, lambda client: client.create_cli_token(Name=name))
        token, host = _token_in(response, "CliToken", name)
        return CliToken(token, host, name, "" if self.access.direct else f"airflow-{name}-WebServer")

    def web_login(self, name: str) -> WebLogin:
        """Return a new token for one login in a browser. Requires ``airflow:CreateWebLoginToken``."""
        response = self._call("CreateWebLoginToken", name, lambda client: client.create_web_login_token(Name=name))
        return WebLogin(*_token_in(response, "WebToken", name))

    def invoke_rest(self, name: str, request: RestRequest) -> object:
        """Return the response of Airflow's REST API to one request that changes nothing.

        ``PermissionMissing`` holds for the session; other errors may be temporary.
        """
        status, response = self.send_rest(name, request, changes=False)
        if status >= 400:
            kind = RestNotFound if status == 404 else NothingRan
            raise kind(refused_by_airflow(name, status, response))
        return response

    def send_rest(
        self, name: str, request: RestRequest, *, changes: bool, sleep: Callable[[float], bool] = _sleep
    ) -> tuple[int, object]:
        """Return the HTTP status and the response of Airflow's REST API, also for errors.

        Requires ``airflow:InvokeRestApi`` and Airflow 2.4.3. The request is sent once. It is sent again only where AWS
        throttled it: other programs share the rate. If the request ``changes`` data, ``OutcomeUnknown`` is raised
        unless Airflow certainly did not receive it. ``sleep`` waits, and returns ``False`` once nothing may be sent any
        more.
        """
        if is_too_long(request.path):
            raise NothingRan(f"A path can have at most {LONGEST_PATH} characters, not {len(request.path)}")

        def ask(client: Any) -> Any:
            body = {} if request.body is None else {"Body": dict(request.body)}
            waits = iter(REST_WAITS)
            while True:
                self._keep_pace(sleep)
                try:
                    return client.invoke_rest_api(
                        Name=name, Path=request.path, Method=request.method, QueryParameters=dict(request.query), **body
                    )
                except aws.ClientError as error:
                    if isinstance(error.response.get("RestApiStatusCode"), int):
                        return error.response  # an error of Airflow itself
                    wait = next(waits, None) if is_throttled(error) else None
                    if wait is None or not sleep(wait):
                        raise

        response = self._call("InvokeRestApi", name, ask, service="rest", unsure=changes)
        status = response.get("RestApiStatusCode")
        may_be_empty = isinstance(status, int) and (changes or status >= 400)  # as that of a DELETE
        if "RestApiResponse" not in response and not may_be_empty:
            half = f"The response of InvokeRestApi for {name} is incomplete"
            raise OutcomeUnknown(half) if changes else NothingRan(half, hint=_ANOTHER)
        return status if isinstance(status, int) else 200, response.get("RestApiResponse")

    def call_logs(self, operation: str, name: str, call: Callable[[Any], T]) -> T:
        """Return the result of ``call``, which gets the client of CloudWatch Logs.

        ``operation`` is its permission and ``name`` the environment, for messages.
        """
        return self._call(operation, name, call, service="logs")

    def _keep_pace(self, sleep: Callable[[float], bool]) -> None:
        """Wait until AWS accepts one more REST request. Raises ``NothingRan`` after a cancellation."""
        with self._lock:
            # A second and a bit: requests may arrive closer together than they were sent.
            start = max(time.monotonic(), self._rest_calls[0] + 1.1)
            self._rest_calls.append(start)
        if not sleep(max(0.0, start - time.monotonic())):
            raise NothingRan("Canceled before the request was sent", state=State.NOT_SENT)

    @staticmethod
    def _list(client: Any) -> list[str]:
        pages = client.get_paginator("list_environments").paginate()
        return [name for page in pages for name in page.get("Environments", ()) if isinstance(name, str)]

    # -- caller and endpoint, for the doctor -------------------------------------------------------------------------

    def describe_setup(self) -> str:
        """Return region, endpoint and proxy of AWS calls. Raises ``ShellError`` if the client cannot be made."""
        meta = self.client().meta
        endpoint = str(meta.endpoint_url)
        scheme = urlsplit(endpoint).scheme
        proxy = "" if self.access.direct else str(get_environ_proxies(endpoint).get(scheme) or "")
        if proxy:
            source = next((name for name in (f"{scheme}_proxy", f"{scheme}_proxy".upper()) if name in os.environ), "")
            proxy = proxy if "://" in proxy else f"http://{proxy}"
            proxy = f" through {clip(hide_login(proxy))} ({source or 'set in the system'})"
        return f"region {meta.region_name or 'none'}, asked at {hide_credentials(endpoint)}{proxy}"

    def credentials(self) -> Credentials:
        """Return the credentials in use; may ask SSO, STS or the metadata service. Raises ``ShellError``."""
        try:
            found = self.session().get_credentials()
            if found is None:
                raise aws.NoCredentialsError()
            key = found.get_frozen_credentials()
        except _EXPECTED as error:
            raise self._problem(error) from None
        expires = getattr(found, "_expiry_time", None)  # botocore has no public member for it
        return Credentials(
            SOURCES.get(str(found.method), clip(str(found.method))),
            str(key.access_key)[-4:],
            bool(key.token),
            expires if isinstance(expires, datetime) else None,
        )

    def caller(self) -> CallerIdentity:
        """Call GetCallerIdentity once, which requires no permission. An expected error is part of the value."""
        try:
            sts = self.session().create_client(
                "sts",
                region_name=self.client().meta.region_name or ANY_REGION,
                verify=self.access.ca_bundle,
                config=Config(
                    connect_timeout=CONNECT_TIMEOUT, read_timeout=CONNECT_TIMEOUT, retries={"total_max_attempts": 1}
                ),
            )
            response = sts.get_caller_identity()
        except ShellError as error:
            return CallerIdentity(error=error)
        except _EXPECTED as error:
            date = date_of(error.response) if isinstance(error, aws.ClientError) else None
            return CallerIdentity("", date, self._problem(error, "GetCallerIdentity"))
        except Exception as error:  # a gateway on the way says something else
            if debug_log.is_own(error):
                raise
            return CallerIdentity(error=NothingRan("The response of STS is not valid"))
        arn = response.get("Arn")
        problem = None if isinstance(arn, str) else NothingRan("The response of STS is not valid")
        return CallerIdentity("" if problem else clip(arn), date_of(response), problem)

    # -- how it is reached -------------------------------------------------------------------------------------------

    def places(self) -> tuple[list[str], list[str]]:
        """Return the configured profiles, and the regions in which botocore lists MWAA."""
        return self.session().available_profiles, self.session().get_available_regions("mwaa")

    @property
    def region(self) -> str:
        """The region in force, empty where none is set."""
        try:
            return self.client().meta.region_name or ""
        except ShellError:
            return self.access.region or ""

    @property
    def ca_bundle(self) -> str | None:
        """The CA bundle of boto3: ``AWS_CA_BUNDLE`` or the profile's ``ca_bundle``."""
        bundle = self.session().get_config_variable("ca_bundle")
        return str(bundle) if bundle else None

    def session(self) -> Session:
        """Return the botocore session, made at the first call. Raises ``ShellError``."""
        with self._lock:
            if self._session is None:
                try:
                    self._session = session_of(self.access)
                except Exception as error:  # botocore reads files of the user's, which may hold anything
                    raise self._problem(error) from None
            return self._session

    def client(self, service: str = "mwaa") -> Any:
        """Return the client of ``mwaa``, ``logs`` or ``rest``, made at the first call. Raises ``ShellError``.

        The client of ``rest`` also calls MWAA and sends a request once. It has a short timeout, but not for a local
        environment, whose first request waits for the start of its web application.
        """
        with self._lock:
            if service not in self._clients:
                extra = Config()
                if service == "rest":
                    longest = self.access.timeout
                    seconds = longest if self.access.keys else min(longest, REST_TIMEOUT)
                    extra = Config(read_timeout=seconds, retries={"total_max_attempts": 1})
                session = self.session()
                try:
                    made = client_of(session, self.access, extra, "logs" if service == "logs" else "mwaa")
                except Exception as error:
                    raise self._problem(error) from None
                log_client(session, made)
                self._clients[service] = made
            return self._clients[service]

    def _call(
        self, operation: str, name: str, call: Callable[[Any], T], *, service: str = "mwaa", unsure: bool = False
    ) -> T:
        """Call AWS. If ``unsure``, raise ``OutcomeUnknown`` where AWS may have got the request."""
        client = self.client(service)
        self._drop_idle()
        ended = debug_log.start_timer("aws", operation=operation, environment=name or None)
        try:
            answer = call(client)
            ended(outcome="ok")
            return answer
        except ShellError:  # such as a request that was canceled while it waited
            raise
        except Exception as error:
            translated = self._problem(error, operation, name, "logs" if service == "logs" else "airflow")
            expected = isinstance(error, _EXPECTED)
            if not expected:  # botocore's parser on a malformed response
                what = f"{operation} for {name}" if name else operation
                translated = NothingRan(f"The response of {what} is not valid", hint=_ANOTHER)
            if unsure and (not expected or _may_have_arrived(error)):
                translated = OutcomeUnknown(
                    f"The response of {operation} for {name} did not arrive", detail=str(translated)
                )
            ended(outcome=type(error).__name__, says=str(translated))
            raise translated from None
        finally:
            self._used = clocks()

    def _drop_idle(self) -> None:
        """Close connections that have been idle for long, such as while the machine slept.

        AWS has dropped such a connection. A request on it gets no error: it waits for its timeout.
        """
        # Another thread may just open a connection that was never used.
        if self._used != NEVER and idle_since(self._used) > IDLE_LIMIT:
            for client in list(self._clients.values()):
                client.close()

    def _problem(self, error: Exception, operation: str = "", name: str = "", service: str = "airflow") -> ShellError:
        """Return the error for an exception of botocore.

        After an error about credentials, the next call resolves them again. Raises the exception itself if it is a bug
        of the shell, whose code botocore calls.
        """
        if not isinstance(error, _EXPECTED) and debug_log.is_own(error):
            raise error
        made = self._clients.get("mwaa")
        region = made.meta.region_name if made is not None else self.access.region
        caller = caller_of(self.access, self._session, region or "", error)
        translated = translate(error, AwsCall(operation, name, service), caller)
        if isinstance(translated, CredentialsProblem):  # the user may log in meanwhile
            with self._lock:
                self._session, self._clients = None, {}
        return translated


def _token_in(response: Mapping[str, object], member: str, name: str) -> tuple[str, str]:
    """Return the token and the host of a response. Raises ``NothingRan`` for an unusable response."""
    token, host = response.get(member), response.get("WebServerHostname")
    if not (isinstance(token, str) and _VISIBLE.fullmatch(token) and isinstance(host, str) and is_host(host)):
        message = f"The response of Create{member} for {name} holds no token or host"
        raise NothingRan(message, hint=_ANOTHER, state=State.NOT_SENT)
    debug_log.keep_out(token)
    return token, host


def _may_have_arrived(error: Exception) -> bool:
    """Return whether AWS may have got a request before this error."""
    if isinstance(error, aws.ClientError):
        return bool(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500) >= 500)
    return isinstance(error, aws.HTTPClientError) and not isinstance(error, aws.ConnectTimeoutError)
