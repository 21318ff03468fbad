"""The AWS side of the private MWAA: the rest-json operations that boto3 calls, for one access key made at random.

Shapes, paths and error forms are those of the public service model (mwaa, 2020-07-01).
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from mwaa_shell.local.http_server import JsonHandler
from mwaa_shell.settings import Keys

REGION = "local-1"
#: Seconds that a token is good for, as on MWAA.
TOKEN_LIFE = 60.0
#: Environments on one page of ListEnvironments, at most, as on MWAA.
PAGE = 25


def make_keys() -> Keys:
    """An access key that nobody else knows."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    return Keys("LOCAL" + "".join(secrets.choice(letters) for _ in range(20)), secrets.token_urlsafe(30))


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
class Hosted:
    """One private environment as the AWS API knows it."""

    name: str
    version: str
    host: str  #: host and port of its web server
    details: dict[str, Any] = field(default_factory=dict)
    #: From the body of an InvokeRestApi to the reply; ``None`` where MWAA offers no REST API.
    rest: Callable[[bytes], dict[str, Any]] | None = None
    account: str = "000000000000"

    @property
    def description(self) -> dict[str, Any]:
        """The Environment member of GetEnvironment."""
        return {
            "Name": self.name,
            "Status": "AVAILABLE",
            "AirflowVersion": self.version,
            "Arn": f"arn:aws:airflow:{REGION}:{self.account}:environment/{self.name}",
            "WebserverUrl": self.host,
            "WebserverAccessMode": "PUBLIC_ONLY",
            **self.details,
        }


class AwsError(Exception):
    """An error in the form that botocore reads; ``members`` stand in its body besides the message."""

    def __init__(self, status: int, code: str, message: str, members: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.members = status, code, members or {}


class AwsApi:
    """What the operations answer: from method, path and query to a JSON value."""

    def __init__(self, keys: Keys, tokens: Tokens, environments: dict[str, Hosted]) -> None:
        self._keys = keys
        self._tokens = tokens
        self._environments = environments

    def answer(self, method: str, target: str, authorization: str, body: bytes = b"") -> dict[str, Any]:
        """The reply to one request, or raises ``AwsError``."""
        credential = re.search(r"Credential=([^/,\s]+)/", authorization)
        if credential is None:
            raise AwsError(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
        if not secrets.compare_digest(credential[1].encode(), self._keys.access_key.encode()):
            raise AwsError(403, "UnrecognizedClientException", "The security token included in the request is invalid.")
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

    def _named(self, name: str) -> Hosted:
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

    def _rest(self, hosted: Hosted, body: bytes) -> dict[str, Any]:
        if hosted.rest is None:  # AWS's words; that the status is 400 has been seen, the code is inferred
            raise AwsError(400, "ValidationException", "Update your environment to use InvokeRestApi")
        return hosted.rest(body)

    def _web_token(self, hosted: Hosted) -> dict[str, Any]:
        return {
            "WebToken": secrets.token_urlsafe(48),
            "WebServerHostname": hosted.host,
            "IamIdentity": "user/local",
            "AirflowIdentity": "local",
        }


def handler_for(api: AwsApi) -> type[JsonHandler]:
    """The HTTP face of the operations."""

    class Handler(JsonHandler):
        def do_GET(self) -> None:
            self._do("GET")

        def do_POST(self) -> None:
            self._do("POST")

        def _do(self, method: str) -> None:
            body = self.body()
            if body is None:
                return
            request = {"x-amzn-RequestId": secrets.token_hex(16)}
            try:
                self.reply(200, api.answer(method, self.path, self.headers.get("Authorization", ""), body), request)
            except AwsError as error:
                members = {"message": str(error), **error.members}
                self.reply(error.status, members, {**request, "x-amzn-ErrorType": error.code})

    return Handler
