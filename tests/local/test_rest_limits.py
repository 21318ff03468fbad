"""The limits of InvokeRestApi in a local environment, asked by boto3."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from mwaa_shell.airflow.rest import LONGEST_PATH
from mwaa_shell.local import aws_api
from mwaa_shell.local.aws_api import REGION, AwsApi, LocalEnvironment, Tokens, make_keys
from mwaa_shell.local.http_server import Server
from mwaa_shell.local.rest import A_SECOND, LONGEST, LimitedRest

KEYS = make_keys()


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Airflow:
    """A REST API that answers with as much text as a test says."""

    def __init__(self) -> None:
        self.size = self.calls = 0

    def __call__(self, body: bytes) -> dict[str, Any]:
        self.calls += 1
        return {"RestApiStatusCode": 200, "RestApiResponse": "x" * self.size}


@pytest.fixture
def asked() -> Iterator[tuple[Any, Airflow, Clock]]:
    """A boto3 client that does not try again, the REST API that it calls, and a clock."""
    airflow, clock = Airflow(), Clock()
    hosted = LocalEnvironment("env", "2.10.3", "127.0.0.1:1", rest=LimitedRest(airflow, clock).invoke)
    server = Server(aws_api.handler_for(AwsApi(KEYS, Tokens(), {"env": hosted})))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    client = boto3.client(
        "mwaa",
        endpoint_url=f"http://127.0.0.1:{server.port}",
        region_name=REGION,
        aws_access_key_id=KEYS.access_key,
        aws_secret_access_key=KEYS.secret_key,
        config=Config(inject_host_prefix=False, proxies={}, retries={"total_max_attempts": 1}),
    )
    yield client, airflow, clock
    client.close()
    server.shutdown()
    server.server_close()


def invoke(client: Any, path: str = "/dags", **body: object) -> str:
    """The status of one call, or the code of its error."""
    try:
        return str(client.invoke_rest_api(Name="env", Path=path, Method="GET", **body)["RestApiStatusCode"])
    except ClientError as error:
        return str(error.response["Error"]["Code"])


def test_a_call_too_many_within_a_second_is_throttled(asked: tuple[Any, Airflow, Clock]) -> None:
    client, airflow, clock = asked
    assert [invoke(client) for _ in range(A_SECOND)] == ["200"] * A_SECOND
    clock.now = 0.9
    assert invoke(client) == "ThrottlingException"
    assert airflow.calls == A_SECOND
    clock.now = 1.0
    assert [invoke(client) for _ in range(A_SECOND + 1)] == ["200"] * A_SECOND + ["ThrottlingException"]


def test_a_response_that_is_too_long_is_an_error(asked: tuple[Any, Airflow, Clock]) -> None:
    client, airflow, _ = asked
    airflow.size = LONGEST - 1000
    assert invoke(client) == "200"
    airflow.size = LONGEST
    assert invoke(client) == "RestApiClientException"


def test_a_request_has_6_mb_at_most(asked: tuple[Any, Airflow, Clock]) -> None:
    client, airflow, _ = asked
    assert invoke(client, Body={"x": "x" * (LONGEST - 1000)}) == "200"
    assert invoke(client, Body={"x": "x" * LONGEST}) == "RestApiClientException"
    assert airflow.calls == 1


def test_a_path_has_64_characters_at_most(asked: tuple[Any, Airflow, Clock]) -> None:
    client, airflow, _ = asked
    assert invoke(client, "/".ljust(LONGEST_PATH, "x")) == "200"
    with pytest.raises(ClientError) as caught:
        client.invoke_rest_api(Name="env", Path="/".ljust(LONGEST_PATH + 1, "x"), Method="GET")
    assert caught.value.response["Error"] == {"Code": "RestApiClientException", "Message": ""}
    assert "RestApiStatusCode" not in caught.value.response
    assert airflow.calls == 1
