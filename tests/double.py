"""A double of MWAA for what a real Airflow cannot do on demand: both sides on loopback, with every request kept.

A side responds with a function from the request to bytes. A function that returns ``None`` has used the socket itself.
"""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import trustme

from mwaa_shell.local.http_server import AwsError
from mwaa_shell.local.logs_api import TARGET, LocalLogs, LogGroup
from mwaa_shell.settings import Access, AccessKey


@dataclass(frozen=True)
class Request:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    connection: int  #: which connection it came on, from 1
    socket: socket.socket = field(repr=False)


Behave = Callable[[Request], bytes | None]


class Side:
    """A server with one behaviour; TLS where it has a context."""

    def __init__(self, behave: Behave, context: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.behave = behave
        self.closed = threading.Event()  #: a connection has ended
        self._lost = 0  #: up to which connection nothing arrives any more
        self.seen: list[Request] = []
        self.arrived = threading.Semaphore(0)
        self._context = context
        self._connections = 0
        self._open: list[socket.socket] = []
        self._is_closed = False
        self._changing = threading.Lock()  #: of what is open, and whether this is closed
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections += 1
            threading.Thread(target=self._talk, args=(connection, self._connections), daemon=True).start()

    def _talk(self, connection: socket.socket, number: int) -> None:
        try:
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            self._keep(connection)
            if isinstance(connection, ssl.SSLSocket):
                connection.do_handshake()
            with connection.makefile("rb") as stream:
                while (request := _read(stream.readline, stream.read, number, connection)) is not None:
                    if number <= self._lost:
                        continue
                    self.seen.append(request)
                    self.arrived.release()
                    answer = self.behave(request)
                    if answer is None:
                        return
                    if request.method == "HEAD":  # what follows the head would stand before the next response
                        head, end, _ = answer.partition(b"\r\n\r\n")
                        answer = head + end
                    connection.sendall(answer)
        except (OSError, ValueError):
            pass  # the client has gone
        finally:
            with self._changing:
                connection.close()
                self._open = [one for one in self._open if one.fileno() != -1]
            self.closed.set()

    def _keep(self, connection: socket.socket) -> None:
        with self._changing:
            self._open.append(connection)
            if self._is_closed:
                shut(connection)

    def go_deaf(self) -> None:
        """Let nothing arrive any more on the connections that there are, as after a sleep, and say nothing about it."""
        self._lost = self._connections

    def close(self) -> None:
        """Stop listening and drop every connection."""
        shut(self._listener)
        self._listener.close()
        with self._changing:
            self._is_closed = True
            for connection in self._open:
                shut(connection)


def shut(connection: socket.socket) -> None:
    """End a connection, and wake the thread that waits for it: it closes its socket, which no other may."""
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _read(
    line: Callable[[], bytes], read: Callable[[int], bytes], number: int, connection: socket.socket
) -> Request | None:
    first = line().decode("latin-1").split()
    if len(first) != 3:
        return None
    headers: dict[str, str] = {}
    while (text := line().decode("latin-1").strip()) != "":
        name, _, value = text.partition(":")
        headers[name.lower()] = value.strip()
    length = int(headers.get("content-length", "0"))
    body = read(length)
    if len(body) < length:
        return None  # the client left in the middle: no whole request
    return Request(first[0], first[1], headers, body, number, connection)


def response(status: int, body: bytes | object, headers: Mapping[str, str] | None = None) -> bytes:
    """A whole HTTP response; anything but bytes is sent as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = {"Content-Type": "application/json", "Content-Length": str(len(data)), **(headers or {})}
    head = f"HTTP/1.1 {status} Said\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return head.encode() + b"\r\n" + data


#: What a web server answers to HEAD: no body, whatever it says of its length.
HEAD_RESPONSE = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"


def command_response(stdout: bytes = b"", stderr: bytes = b"", status: int = 200) -> bytes:
    """What MWAA answers to a command."""
    streams = {"stdout": base64.b64encode(stdout).decode(), "stderr": base64.b64encode(stderr).decode()}
    return response(status, streams)


def refusal(status: int, code: str, message: str) -> bytes:
    """An error of the AWS API."""
    return response(status, {"message": message}, {"x-amzn-ErrorType": code})


def rest_response(value: object, status: int = 200) -> bytes:
    """What InvokeRestApi answers: Airflow's own status and value; AWS sends Airflow's refusals as errors of its own."""
    members = {"RestApiStatusCode": status, "RestApiResponse": value}
    if status < 400:
        return response(200, members)
    code = "RestApiClientException" if status < 500 else "RestApiServerException"
    return response(400, members, {"x-amzn-ErrorType": code})


#: An environment that was deployed before there was InvokeRestApi: AWS's words are no JSON.
NOT_UPDATED = response(400, b"Update your environment to use InvokeRestApi", {"Content-Type": "text/plain"})


def cut_off(whole: bytes, kept: int) -> Behave:
    """Send so many bytes of a response, then hang up."""

    def behave(request: Request) -> bytes | None:
        request.socket.sendall(whole[:kept])
        return None

    return behave


def never(request: Request) -> bytes | None:
    """Say nothing until the client has left."""
    request.socket.recv(1)
    return None


#: The token of every web login.
WEB_TOKEN = "web-login-token"
#: Another name that the web server can prove; no machine knows where it is.
WEB_NAME = "web-server.invalid"


class LogsDouble:
    """CloudWatch Logs over files, with what it may do and a real Airflow cannot be made to: the switches."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder  #: of log groups, folders whose files are streams; ``_`` parts folders of their names
        self.calls: list[tuple[str, dict[str, object]]] = []
        self.empty = 0  #: how many empty pages come before each page of events
        self.page = 10_000  #: events on a page
        self.throttled = 0  #: how many calls are refused because of their rate
        self.denied: set[str] = set()  #: operations
        self.expired = False
        self.missing: set[str] = set()  #: streams that are listed, and then gone

    def write(self, group: str, stream: str, text: str) -> None:
        """Append to a stream."""
        path = self._folder / group / stream
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(text)

    def answer(self, request: Request) -> bytes:
        """What CloudWatch Logs answers."""
        operation = request.headers["x-amz-target"].removeprefix(TARGET)
        given = json.loads(request.body)
        self.calls.append((operation, given))
        if self.expired:
            return logs_refusal("ExpiredTokenException", "The security token included in the request is expired")
        if operation in self.denied:
            return logs_refusal("AccessDeniedException", f"not authorized to perform: logs:{operation}")
        if self.throttled:
            self.throttled -= 1
            return logs_refusal("ThrottlingException", "Rate exceeded")
        if given.get("logStreamName") in self.missing:
            return logs_refusal("ResourceNotFoundException", "The specified log stream does not exist.")
        try:
            return response(200, self._operate(operation, given))
        except AwsError as error:
            return logs_refusal(error.code, str(error))

    def _operate(self, operation: str, given: dict[str, object]) -> dict[str, object]:
        arn = "arn:aws:logs:eu-west-1:123456789012:log-group"
        folders = list(self._folder.iterdir()) if self._folder.is_dir() else []
        logs = LocalLogs({one.name: LogGroup(f"{arn}:{one.name}", streams_in(one)) for one in folders})
        if operation != "GetLogEvents":
            return logs.operate(operation, json.dumps(given).encode())
        left, _, token = str(given.pop("nextToken", f"~{self.empty}|")).removeprefix("~").partition("|")
        if int(left):
            after, before = token, token
            if not token:  # the end or the beginning of the stream, which stays where the first request has found it
                start = logs.operate(operation, json.dumps({**given, "limit": 1}).encode())
                place = "0" if given.get("startFromHead") else start["nextForwardToken"].partition("/")[2]
                after, before = f"f/{place}", f"b/{place}"
            tokens = (f"~{int(left) - 1}|{one}" for one in (after, before))
            return {"events": [], **dict(zip(("nextForwardToken", "nextBackwardToken"), tokens, strict=True))}
        given |= {"limit": self.page, **({"nextToken": token} if token else {})}
        answer = logs.operate(operation, json.dumps(given).encode())
        for name in ("nextForwardToken", "nextBackwardToken"):
            again = 0 if answer[name] == token else self.empty
            answer[name] = f"~{again}|{answer[name]}"
        return answer


def streams_in(folder: Path) -> Callable[[], dict[str, Path]]:
    """The files below a folder by the names of their streams."""
    return lambda: {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}


def logs_refusal(code: str, message: str) -> bytes:
    """An error of CloudWatch Logs."""
    return response(400, {"__type": code, "message": message})


def _make_tls() -> tuple[trustme.CA, ssl.SSLContext]:
    """An authority, and a server with its certificate."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", WEB_NAME).configure_cert(context)
    return authority, context


#: Of all doubles of a process but those whose AWS is over TLS too: to make them takes longer than most tests.
_shared_tls = cache(_make_tls)


class Double:
    """Both sides of MWAA. ``aws`` and ``web`` may be given other behaviours at any time."""

    def __init__(
        self, names: tuple[str, ...] = ("my-env",), version: str = "2.10.3", *, aws_over_tls: bool = False
    ) -> None:
        self.authority, context = _make_tls() if aws_over_tls else _shared_tls()
        self.host_name = "127.0.0.1"  #: how AWS calls the web server
        self.names = names
        self.version = version
        self.tokens: list[str] = []
        self.token_host = ""  #: which web server the tokens are for, where that is not this double's
        self.more: dict[str, object] = {}  #: further members of GetEnvironment's response
        #: what Airflow's REST API answers, by path
        self.rest: dict[str, object] = {"/dags": {"dags": [], "total_entries": 0}}
        self.logs: LogsDouble | None = None
        self.aws = Side(self.answer_aws, context if aws_over_tls else None)
        self.web = Side(
            lambda request: HEAD_RESPONSE if request.method == "HEAD" else command_response(b"done\n"), context
        )

    @property
    def host(self) -> str:
        """Host and port of the web server."""
        return f"{self.host_name}:{self.web.port}"

    def access(self, ca_bundle: str | None, timeout: float = 20.0) -> Access:
        """How a session reaches this double."""
        keys = AccessKey("AKIDEXAMPLE", "not-a-secret")
        return Access(None, "eu-west-1", f"http://127.0.0.1:{self.aws.port}", ca_bundle, timeout, keys, direct=True)

    def answer_aws(self, request: Request) -> bytes:
        """What the AWS API answers when nothing is wrong; pages of two names."""
        if "x-amz-target" in request.headers and self.logs is not None:
            return self.logs.answer(request)
        parts = request.path.split("?")[0].strip("/").split("/")
        if parts == ["environments"]:
            return self._page(request.path)
        if parts[-1] not in self.names:
            return refusal(404, "ResourceNotFoundException", f"No environment was found with the name {parts[-1]}")
        if parts[0] == "environments":
            return response(200, {"Environment": self.describe(parts[-1])})
        if parts[0] == "clitoken":
            self.tokens.append(f"token-{len(self.tokens) + 1}")
            return response(200, {"CliToken": self.tokens[-1], "WebServerHostname": self.token_host or self.host})
        if parts[0] == "webtoken":
            return response(200, {"WebToken": WEB_TOKEN, "WebServerHostname": self.host})
        if parts[0] == "restapi":
            path = json.loads(request.body)["Path"]
            return rest_response(self.rest[path]) if path in self.rest else rest_response({"detail": "Not Found"}, 404)
        return refusal(404, "UnknownOperationException", f"{request.path} is not an operation of this double")

    def only_tokens(self, request: Request) -> bytes:
        """The AWS API for a caller that may create tokens and nothing else."""
        if request.path.startswith("/clitoken/"):
            return self.answer_aws(request)
        return refusal(403, "AccessDeniedException", "not you")

    @property
    def rest_calls(self) -> list[dict[str, object]]:
        """Path, Method and QueryParameters of every InvokeRestApi that arrived."""
        return [json.loads(request.body) for request in self.aws.seen if request.path.startswith("/restapi/")]

    def describe(self, name: str) -> dict[str, object]:
        """The Environment member of GetEnvironment."""
        arn = f"arn:aws:airflow:eu-west-1:123456789012:environment/{name}"
        return {"Name": name, "AirflowVersion": self.version, "Status": "AVAILABLE", "Arn": arn, **self.more}

    def _page(self, path: str) -> bytes:
        start = int(path.partition("NextToken=")[2].partition("&")[0] or 0)
        page: dict[str, object] = {"Environments": self.names[start : start + 2]}
        return response(200, page | ({"NextToken": str(start + 2)} if start + 2 < len(self.names) else {}))

    @property
    def commands(self) -> list[str]:
        """The text of every command that reached the web server."""
        return [request.body.decode() for request in self.web.seen if request.method != "HEAD"]

    def close(self) -> None:
        """End both sides."""
        self.aws.close()
        self.web.close()
