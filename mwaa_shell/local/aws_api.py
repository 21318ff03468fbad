"""The AWS API of local environments: the operations that boto3 calls.

Requests are signed with one random access key. Shapes, paths and error forms are those of the public service models
(mwaa, 2020-07-01; logs, 2014-03-28). The members of GetEnvironment are those of a real environment with default
settings. What is not on this machine has AWS's form and an account, a bucket and a network that do not exist.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, unquote, urlsplit

from mwaa_shell.local.http_server import AwsError, JsonHandler
from mwaa_shell.local.logs_api import TARGET, LocalLogs, LogGroup, Streams
from mwaa_shell.settings import AccessKey

REGION = "local-1"
#: Seconds that a token is good for, as on MWAA.
TOKEN_LIFE = 60.0
#: Environments on one page of ListEnvironments, at most, as on MWAA.
PAGE = 25
#: Bytes of the longest call that is read at all: far more than AWS takes, as the limits may be lifted.
LONGEST_CALL = 64 * 1024 * 1024
#: The role that AWS makes for MWAA in an account.
SERVICE_ROLE = "role/aws-service-role/airflow.amazonaws.com/AWSServiceRoleForAmazonMWAA"
#: Who a web login token is for, as CreateWebLoginToken names it.
IDENTITY = {"IamIdentity": "user/local", "AirflowIdentity": "local"}
#: By member of LoggingConfiguration: the end of the log group's name.
LOG_GROUPS = {
    "DagProcessing": "DAGProcessing",
    "Scheduler": "Scheduler",
    "Task": "Task",
    "Webserver": "WebServer",
    "Worker": "Worker",
}


def make_keys() -> AccessKey:
    """Return a random access key."""
    return AccessKey(f"LOCAL{secrets.token_hex(10).upper()}", secrets.token_urlsafe(30))


class Tokens:
    """The tokens that have not expired, each for one environment."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._good: dict[str, tuple[str, float]] = {}

    def mint(self, environment: str) -> str:
        """Return a new token for one environment."""
        token = secrets.token_urlsafe(48)
        with self._lock:
            now = self._clock()
            self._good = {kept: held for kept, held in self._good.items() if held[1] > now}
            self._good[token] = (environment, now + TOKEN_LIFE)
        return token

    def accepts(self, header: str, environment: str) -> bool:
        """Return whether an Authorization header has a valid token of this environment."""
        kind, _, token = header.partition(" ")
        with self._lock:
            name, until = self._good.get(token.strip(), ("", 0.0))
            return kind.lower() == "bearer" and name == environment and self._clock() < until


@dataclass(frozen=True, slots=True)
class LocalEnvironment:
    """One local environment as the AWS API describes it."""

    name: str
    version: str
    host: str  #: host and port of its web server
    details: dict[str, Any] = field(default_factory=dict)
    #: From the body of an InvokeRestApi to the response; ``None`` where MWAA offers no REST API.
    rest: Callable[[bytes], dict[str, Any]] | None = None
    logs: Mapping[str, Streams] = field(default_factory=dict)  #: those that are enabled, by the keys of LOG_GROUPS
    account: str = "000000000000"
    created: float = field(default_factory=time.time)  #: seconds since the epoch

    def arn(self, service: str, resource: str, region: str = REGION) -> str:
        """Return the ARN of a resource in this environment's account."""
        return f"arn:aws:{service}:{region}:{self.account}:{resource}"

    def log_group(self, member: str) -> str:
        """Return the name of a log group, by a key of ``LOG_GROUPS``."""
        return f"airflow-{self.name}-{LOG_GROUPS[member]}"

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
                    "Enabled": member in self.logs,
                    "LogLevel": "INFO",
                    "CloudWatchLogGroupArn": self.arn("logs", f"log-group:{self.log_group(member)}:*"),
                }
                for member in LOG_GROUPS
            },
            "CeleryExecutorQueue": self.arn("sqs", f"airflow-celery-{self.name}"),
            "DatabaseVpcEndpointService": f"com.amazonaws.vpce.{REGION}.vpce-svc-00000000000000001",
            "WeeklyMaintenanceWindowStart": "SUN:00:00",
            "AirflowConfigurationOptions": {},
            "Tags": {},
            **self.details,
        }


class AwsApi:
    """The operations: from method, path and query to a JSON value."""

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
        self._logs = LocalLogs({
            name: LogGroup(hosted.arn("logs", f"log-group:{name}"), streams)
            for hosted in environments.values()
            for name, streams in ((hosted.log_group(member), streams) for member, streams in hosted.logs.items())
        })  # fmt: skip

    def answer(self, request: SignedRequest) -> dict[str, Any]:
        """Return the response to one request. Raises ``AwsError``."""
        target = " ".join(request.headers.get("x-amz-target", ()))
        of_logs = target.startswith(TARGET)
        check_signature(request, self._keys, self._clock(), "logs" if of_logs else SERVICE)
        if of_logs:
            return self._logs.operate(target.removeprefix(TARGET), request.body)
        return self.operate(request.method, request.target, request.body)

    def operate(self, method: str, target: str, body: bytes = b"") -> dict[str, Any]:
        """Return the response to a request whose signature is good. Raises ``AwsError``."""
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
                hosted = self._named(name)
                token = secrets.token_urlsafe(48)  # accepted nowhere: the web server has no pages to log in to
                return {"WebToken": token, "WebServerHostname": hosted.host} | IDENTITY
            case "POST", ["restapi", name]:
                rest = self._named(name).rest
                if rest is None:  # AWS's words and status; the code is inferred
                    raise AwsError(400, "ValidationException", "Update your environment to use InvokeRestApi")
                return rest(body)
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


def handler_for(api: AwsApi) -> type[JsonHandler]:
    """Return the HTTP handler of the operations."""

    class ApiHandler(JsonHandler):
        longest = LONGEST_CALL

        def do_POST(self) -> None:
            body = self.body()
            if body is None:
                return
            headers = {name.lower(): self.headers.get_all(name, []) for name in self.headers}
            marked = {"x-amzn-RequestId": secrets.token_hex(16)}
            try:
                self.respond(200, api.answer(SignedRequest(self.command, self.path, headers, body)), marked)
            except AwsError as error:
                members = {"__type": error.code, "message": str(error), **error.members}  # where protocols read it
                self.respond(error.status, members, {**marked, "x-amzn-ErrorType": error.code})

        def do_GET(self) -> None:
            self.do_POST()

    return ApiHandler


# -- Signature Version 4, checked as AWS checks it -------------------------------------------------------------------

ALGORITHM = "AWS4-HMAC-SHA256"
#: The name of MWAA in signatures; its host has another.
SERVICE = "airflow"
#: Seconds that the clock of a client may be away from AWS's.
SKEW = 300
_AUTHORIZATION = re.compile(
    rf"{ALGORITHM}\s+Credential=(?P<key>[^/,\s]+)/(?P<day>\d{{8}})/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)"
    r"/aws4_request,\s*SignedHeaders=(?P<headers>[a-z0-9;-]+),\s*Signature=(?P<signature>[0-9a-f]{64})",
    re.ASCII,
)


class SignedRequest(NamedTuple):
    """A request as it arrived."""

    method: str
    target: str  #: the path and the query, percent-encoded
    headers: Mapping[str, Sequence[str]]  #: by name in small letters
    body: bytes = b""


def check_signature(request: SignedRequest, keys: AccessKey, now: datetime, service: str = SERVICE) -> None:
    """Check the signature of a request for ``REGION``. Raises ``AwsError`` with the reason that AWS gives.

    AWS documents the algorithm for signed API requests: a canonical form of the request, a string to sign with the
    scope of the key, and a key that is derived from the secret for that scope.
    """
    authorization = " ".join(request.headers.get("authorization", ()))
    if not authorization:
        raise AwsError(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    found = _AUTHORIZATION.fullmatch(authorization.strip())
    moment = _moment(" ".join(request.headers.get("x-amz-date", ())))
    if found is None or moment is None:
        message = f"Authorization or X-Amz-Date is not complete: {ALGORITHM} is needed"
        raise AwsError(403, "IncompleteSignatureException", message)
    if not hmac.compare_digest(found["key"].encode(), keys.access_key.encode()):
        message = "The security token included in the request is invalid."
        raise AwsError(403, "UnrecognizedClientException", message)
    day, names = found["day"], found["headers"].split(";")
    if found["region"] != REGION:
        message = f"Credential should be scoped to a valid region ({REGION})."
    elif found["service"] != service:
        message = f"Credential should be scoped to the correct service ({service})."
    elif abs((now - moment).total_seconds()) > SKEW or day != f"{moment:%Y%m%d}":
        message = f"Signature expired: {moment:%Y%m%dT%H%M%SZ} is not the time here"
    else:
        message = (
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details."
        )
        if "host" in names and set(names) <= set(request.headers):
            expected = _sign(request, names, keys.secret_key, moment, f"{day}/{REGION}/{service}/aws4_request")
            if hmac.compare_digest(expected, found["signature"]):
                return
    raise AwsError(403, "InvalidSignatureException", message)


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _sign(request: SignedRequest, names: Sequence[str], secret: str, moment: datetime, scope: str) -> str:
    """Return the signature that a request must have."""
    text = "\n".join(
        (ALGORITHM, f"{moment:%Y%m%dT%H%M%SZ}", scope, hashlib.sha256(_canonical(request, names)).hexdigest())
    )
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def _canonical(request: SignedRequest, names: Sequence[str]) -> bytes:
    """Return the canonical form of a request. The path is encoded once more, as for every service but S3."""
    path, _, query = request.target.partition("?")
    split = (part.partition("=") for part in query.split("&") if part)
    pairs = sorted(tuple(quote(unquote(part), safe="-_.~") for part in (name, value)) for name, _, value in split)
    headers = [f"{name}:{','.join(' '.join(value.split()) for value in request.headers[name])}" for name in names]
    lines = (
        request.method,
        quote(path or "/", safe="/~"),
        "&".join(f"{name}={value}" for name, value in pairs),
        *headers,
        "",
        ";".join(names),
        hashlib.sha256(request.body).hexdigest(),
    )
    return "\n".join(lines).encode("utf-8", "surrogateescape")
