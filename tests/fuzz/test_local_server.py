"""Both servers of a local environment survive any request."""

from __future__ import annotations

import errno
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mwaa_shell.airflow.versions import Version
from mwaa_shell.local import aws_api, web_server
from mwaa_shell.local.airflow_process import Answer
from mwaa_shell.local.aws_api import AwsApi, LocalEnvironment, SignedRequest, Tokens, check_signature, make_keys
from mwaa_shell.local.http_server import AwsError, JsonHandler, Server
from mwaa_shell.local.rest import read_call
from mwaa_shell.local.web_server import CliEndpoint, Limits, Recorder, refusal
from tests.fuzz.strategies import texts

KEYS, TOKENS = make_keys(), Tokens()
SIGNED = f"AWS4-HMAC-SHA256 Credential={KEYS.access_key}/20240101/local-1/airflow/aws4_request"
THEN = datetime(2024, 1, 1, tzinfo=UTC)
SOME = settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))


class Watched(Server):
    """Keeps what went wrong in a handler, but for a client that left."""

    def __init__(self, handler: type[JsonHandler]) -> None:
        self.broken: list[BaseException] = []
        super().__init__(handler)

    def handle_error(self, request: object, client_address: object) -> None:
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, OSError):
            self.broken.append(error)


class Unsigned(AwsApi):
    """Accept every signature, so that the handlers are reached."""

    def answer(self, request: SignedRequest) -> dict[str, Any]:
        return self.operate(request.method, request.target, request.body)


def api() -> AwsApi:
    hosted = LocalEnvironment("my-env", "2.10.3", "127.0.0.1:1", rest=lambda body: {"read": str(read_call(body))})
    return Unsigned(KEYS, TOKENS, {"my-env": hosted})


def endpoint() -> CliEndpoint:
    return CliEndpoint("my-env", 3, lambda arguments: Answer(0, " ".join(arguments).encode("utf-8", "replace"), b""),
                       TOKENS, Recorder(None), Limits(partial(refusal, version=Version(3, 3, 1))))  # fmt: skip


@pytest.fixture(scope="module", params=["aws", "web"])
def server(request: pytest.FixtureRequest) -> Iterator[Watched]:
    handler = aws_api.handler_for(api()) if request.param == "aws" else web_server.handler_for(endpoint())
    running = Watched(handler)
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


def said(server: Watched, data: bytes) -> bytes:
    """All that comes back for some bytes, after which nothing more is sent."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        except OSError as error:  # the server may hang up before the end of the request
            if not isinstance(error, ConnectionError) and error.errno != errno.ENOTCONN:
                raise
            return b""
    return answer


#: Heads that are nearly right.
heads = st.builds(
    "{} {} HTTP/1.{}\r\nHost: a\r\nAuthorization: {}\r\nContent-Length: {}\r\n{}\r\n\r\n{}".format,
    st.sampled_from(["GET", "POST", "HEAD", "PUT", "get", ""]),
    st.sampled_from(
        [
            "/aws_mwaa/cli/",
            "/aws_mwaa/cli",
            "/environments",
            "/environments?MaxResults=²",
            "/restapi/my-env",
            "/clitoken/my-env",
            "//[",
            "http://[::1",
            "/environments/%",
            "*",
            "/environments?NextToken=9" + "9" * 5000,
        ]
    ),
    st.sampled_from(["0", "1", "9"]),
    st.sampled_from([SIGNED, f"Bearer {TOKENS.mint('my-env')}", "Bearer", "", "²", "Credential=é/"]),
    st.sampled_from(["0", "5", "²", "-1", "+5", " 5", "5, 5", "9" * 4400, "1e3", "", "0x5"]),
    st.sampled_from(
        ["X: y", "X", ": y", " folded", "Transfer-Encoding: chunked", "Expect: 100-continue", "X: " + "y" * 3_000]
    ),
    texts | st.sampled_from(['{"Path": "/dags", "Method": "GET"}', '{"Path": 1}', "[]", "dags list", "'", "[" * 1500]),
).flatmap(lambda text: st.sampled_from([text.encode("utf-8", "replace"), text.encode("latin-1", "replace")]))


def test_a_server_that_is_asked_in_the_right_way_answers(server: Watched) -> None:
    head = f"Authorization: Bearer {TOKENS.mint('my-env')}\r\nContent-Length: 7\r\n"
    answers = [said(server, f"POST {path} HTTP/1.1\r\n{head}\r\nversion".encode())[:12]
               for path in ("/aws_mwaa/cli/", "/clitoken/my-env")]  # fmt: skip
    assert sorted(answers) == [b"HTTP/1.1 200", b"HTTP/1.1 404"]


@SOME
@given(data=st.binary(max_size=400) | texts.map(lambda text: text.encode("utf-8", "replace")) | heads)
def test_no_bytes_break_a_server(server: Watched, data: bytes) -> None:
    answer = said(server, data)
    assert answer == b"" or answer.startswith(b"HTTP/1.") or b"Error code" in answer
    assert server.broken == []


@SOME
@given(st.sampled_from(["GET", "POST"]), texts, texts, texts, st.binary(max_size=100))
def test_the_aws_api_says_no_in_its_own_way(
    method: str, path: str, query: str, authorization: str, body: bytes
) -> None:
    for target in (path, f"/environments?{query}", f"/environments?MaxResults={query}", f"/restapi/{path}"):
        with suppress(AwsError):
            assert api().operate(method, target, body)
        for header in (authorization, f"{SIGNED}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}"):
            headers = {"authorization": [header], "host": [path], "x-amz-date": ["20240101T000000Z"]}
            with pytest.raises(AwsError):
                check_signature(SignedRequest(method, target, headers, body), KEYS, THEN)


@SOME
@given(texts | st.binary(max_size=100).map(lambda data: data.decode("latin-1")), texts)
def test_any_command_has_an_answer(command: str, authorization: str) -> None:
    for header in (authorization, f"Bearer {TOKENS.mint('my-env')}"):
        status, value = endpoint().answer(header, command.encode("utf-8", "surrogatepass"))
        assert status in (200, 400, 403, 500)
        assert isinstance(value, dict)
        assert all(isinstance(member, str) for member in value.values())


@SOME
@given(st.binary(max_size=100) | texts.map(lambda text: text.encode("utf-8", "replace")) | st.just(b"[" * 1_500))
def test_any_call_of_the_rest_api_is_read_or_refused(body: bytes) -> None:
    with suppress(AwsError):
        assert read_call(body)["path"].startswith("/")
