"""The AWS side of the local environment: the rest-json operations that boto3 calls, for one access key made at random.

Shapes, paths and error forms are those of the public service model (mwaa, 2020-07-01). The members of GetEnvironment
are those that a real environment has which nobody has changed; what is not on this machine has AWS's form and an
account, a bucket and a network that do not exist.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from mwaa_shell.local.http_server import JsonHandler
from mwaa_shell.local.signature import SignedRequest, complaint
from mwaa_shell.settings import AccessKey

REGION = "local-1"
#: Seconds that a token is good for, as on MWAA.
TOKEN_LIFE = 60.0
#: Environments on one page of ListEnvironments, at most, as on MWAA.
PAGE = 25
#: Bytes of the longest call, as AWS documents it of InvokeRestApi.
LONGEST_CALL = 6 * 1024 * 1024
#: The role that AWS makes for MWAA in an account.
SERVICE_ROLE = "role/aws-service-role/airflow.amazonaws.com/AWSServiceRoleForAmazonMWAA"
#: By member of LoggingConfiguration: the end of the log group's name.
LOG_GROUPS = {
    "DagProcessing": "DAGProcessing",
    "Scheduler": "Scheduler",
    "Task": "Task",
    "Webserver": "WebServer",
    "Worker": "Worker",
}


def make_keys() -> AccessKey:
    """An access key that nobody else knows."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    return AccessKey("LOCAL" + "".join(secrets.choice(letters) for _ in range(20)), secrets.token_urlsafe(30))


class Tokens:
    """The tokens that are good at this moment, each for one environment."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._good: dict[str, tuple[str, float]] = {}

    def mint(self, environment: str) -> str:
        """A new token for one environment."""
        token = secrets.token_urlsafe(48)
        with self._lock:
            now = self._clock()
            self._good = {kept: held for kept, held in self._good.items() if held[1] > now}
            self._good[token] = (environment, now + TOKEN_LIFE)
        return token

    def accepts(self, header: str, environment: str) -> bool:
        """Whether an Authorization header carries a token of this environment that has not expired."""
        kind, _, token = header.partition(" ")
        with self._lock:
            name, until = self._good.get(token.strip(), ("", 0.0))
            return kind.lower() == "bearer" and name == environment and self._clock() < until


@dataclass(frozen=True, slots=True)
class LocalEnvironment:
    """One private environment as the AWS API knows it."""

    name: str
    version: str
    host: str  #: host and port of its web server
    details: dict[str, Any] = field(default_factory=dict)
    #: From the body of an InvokeRestApi to the reply; ``None`` where MWAA offers no REST API.
    rest: Callable[[bytes], dict[str, Any]] | None = None
    account: str = "000000000000"
    created: float = field(default_factory=time.time)  #: seconds since the epoch

    def arn(self, service: str, resource: str, region: str = REGION) -> str:
        """The name of something in this environment's account."""
        return f"arn:aws:{service}:{region}:{self.account}:{resource}"

    @property
    def description(self) -> dict[str, Any]:
        """The Environment member of GetEnvironment."""
        return {
            "Name": self.name,
            "Status": "AVAILABLE",
            "AirflowVersion": self.version,
            "Arn": self.arn("airflow", f"environment/{self.name}"),
            "CreatedAt": self.created,
            "LastUpdate": {"CreatedAt": self.created, "Status": "SUCCESS"},
            "WebserverUrl": self.host,
            "WebserverAccessMode": "PUBLIC_ONLY",
            "EndpointManagement": "SERVICE",
            "EnvironmentClass": "mw1.small",
            "Schedulers": 1 if self.version.startswith("1.") else 2,
            "MinWorkers": 1,
            "MaxWorkers": 1,
            "MinWebservers": 2,
            "MaxWebservers": 2,
            "ExecutionRoleArn": self.arn("iam", f"role/service-role/AmazonMWAA-{self.name}", ""),
            "ServiceRoleArn": self.arn("iam", SERVICE_ROLE, ""),
            "SourceBucketArn": f"arn:aws:s3:::{self.name}",
            "DagS3Path": "dags",
            "NetworkConfiguration": {
                "SubnetIds": ["subnet-00000000000000001", "subnet-00000000000000002"],
                "SecurityGroupIds": ["sg-00000000000000001"],
            },
            "LoggingConfiguration": {
                f"{member}Logs": {
                    "Enabled": False,
                    "LogLevel": "INFO",
                    "CloudWatchLogGroupArn": self.arn("logs", f"log-group:airflow-{self.name}-{group}:*"),
                }
                for member, group in LOG_GROUPS.items()
            },
            "CeleryExecutorQueue": self.arn("sqs", f"airflow-celery-{self.name}"),
            "DatabaseVpcEndpointService": f"com.amazonaws.vpce.{REGION}.vpce-svc-00000000000000001",
            "WeeklyMaintenanceWindowStart": "SUN:00:00",
            "AirflowConfigurationOptions": {},
            "Tags": {},
            **self.details,
        }


class AwsError(Exception):
    """An error in the form that botocore reads; ``members`` stand in its body besides the message."""

    def __init__(self, status: int, code: str, message: str, members: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.members = status, code, members or {}


class AwsApi:
    """What the operations answer: from method, path and query to a JSON value."""

    def __init__(
        self,
        keys: AccessKey,
        tokens: Tokens,
        environments: dict[str, LocalEnvironment],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._keys = keys
        self._tokens = tokens
        self._environments = environments
        self._clock = clock

    def answer(self, request: SignedRequest) -> dict[str, Any]:
        """The reply to one request, or raises ``AwsError``."""
        wrong = complaint(request, self._keys, REGION, self._clock())
        if wrong is not None:
            raise AwsError(403, wrong.code, wrong.message)
        return self.operate(request.method, request.target, request.body)

    def operate(self, method: str, target: str, body: bytes = b"") -> dict[str, Any]:
        """The reply to a request whose signature is good, or raises ``AwsError``."""
        try:
            url = urlsplit(target)
        except ValueError:
            raise AwsError(400, "ValidationException", "The address makes no sense") from None
        parts = [unquote(part) for part in url.path.strip("/").split("/")]
        match method, parts:
            case "GET", ["environments"]:
                return self._list({key: values[-1] for key, values in parse_qs(url.query).items()})
            case "GET", ["environments", name]:
                return {"Environment": self._named(name).description}
            case "POST", ["clitoken", name]:
                hosted = self._named(name)
                return {"CliToken": self._tokens.mint(hosted.name), "WebServerHostname": hosted.host}
            case "POST", ["webtoken", name]:
                return self._web_token(self._named(name))
            case "POST", ["restapi", name]:
                return self._rest(self._named(name), body)
        raise AwsError(404, "UnknownOperationException", f"{method} {url.path} is not an operation of this endpoint")

    def _named(self, name: str) -> LocalEnvironment:
        if name not in self._environments:
            raise AwsError(404, "ResourceNotFoundException", f"No environment was found with the name {name}")
        return self._environments[name]

    def _list(self, query: dict[str, str]) -> dict[str, Any]:
        size = query.get("MaxResults", str(PAGE))
        start = query.get("NextToken", "0")
        numbers = all(re.fullmatch("[0-9]{1,9}", text) for text in (size, start))
        if not numbers or not 1 <= int(size) <= PAGE:
            raise AwsError(400, "ValidationException", "MaxResults is 1 to 25, NextToken comes from the page before")
        names = sorted(self._environments)
        end = int(start) + int(size)
        page: dict[str, Any] = {"Environments": names[int(start) : end]}
        return page | ({"NextToken": str(end)} if end < len(names) else {})

    def _rest(self, hosted: LocalEnvironment, body: bytes) -> dict[str, Any]:
        if hosted.rest is None:  # AWS's words; that the status is 400 has been seen, the code is inferred
            raise AwsError(400, "ValidationException", "Update your environment to use InvokeRestApi")
        return hosted.rest(body)

    def _web_token(self, hosted: LocalEnvironment) -> dict[str, Any]:
        """Refuse: there is no login for a token, and one that does not work would tell a script that there is."""
        raise AwsError(400, "ValidationException", f"{hosted.name} is a local environment: its web server has no login")


def handler_for(api: AwsApi) -> type[JsonHandler]:
    """The HTTP face of the operations."""

    class ApiHandler(JsonHandler):
        longest = LONGEST_CALL

        def do_GET(self) -> None:
            self._do("GET")

        def do_POST(self) -> None:
            self._do("POST")

        def _do(self, method: str) -> None:
            body = self.body()
            if body is None:
                return
            headers = {name.lower(): self.headers.get_all(name, []) for name in self.headers}
            marked = {"x-amzn-RequestId": secrets.token_hex(16)}
            try:
                self.reply(200, api.answer(SignedRequest(method, self.path, headers, body)), marked)
            except AwsError as error:
                members = {"message": str(error), **error.members}
                self.reply(error.status, members, {**marked, "x-amzn-ErrorType": error.code})

    return ApiHandler
