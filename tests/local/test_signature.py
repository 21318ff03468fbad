"""The signature of AWS calls: what botocore signs is taken, and nothing that differs from it in one byte."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import boto3
import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from mwaa_shell.local import aws_api
from mwaa_shell.local.aws_api import (
    REGION,
    SERVICE,
    SKEW,
    AwsApi,
    LocalEnvironment,
    SignedRequest,
    Tokens,
    check_signature,
    make_keys,
)
from mwaa_shell.local.http_server import AwsError, Server
from mwaa_shell.settings import AccessKey

KEYS = make_keys()
OTHER = make_keys()


def signed(
    method: str, target: str, body: bytes = b"", keys: AccessKey = KEYS, region: str = REGION, service: str = SERVICE
) -> SignedRequest:
    """A request as botocore signs it now."""
    asked = AWSRequest(method, f"http://127.0.0.1:1{target}", {"Content-Type": "a/b;  c", "Host": "127.0.0.1:1"}, body)
    SigV4Auth(Credentials(keys.access_key, keys.secret_key), service, region).add_auth(asked)
    headers = {name.lower(): [value] for name, value in asked.headers.items()}
    return SignedRequest(method, target, headers, body)


def code_of(request: SignedRequest, away: float = 0.0) -> str | None:
    """The code of the refusal of a request, by a clock that is so many seconds away; ``None`` for a good one."""
    try:
        check_signature(request, KEYS, datetime.now(UTC) + timedelta(seconds=away))
    except AwsError as error:
        return error.code
    return None


targets = st.builds(
    "/{}{}".format,
    st.lists(st.text(min_size=1).filter(lambda text: text not in (".", "..")).map(lambda text: quote(text, safe="")))
    .map("/".join),
    st.lists(st.tuples(st.text(min_size=1), st.text())).map(
        lambda pairs: "".join(
            ("&" if place else "?") + "=".join(quote(part, safe="") for part in pair)
            for place, pair in enumerate(pairs)
        )
    ),
)  # fmt: skip


@given(st.sampled_from(["GET", "POST"]), targets, st.binary(max_size=100))
def test_what_botocore_signs_is_taken(method: str, target: str, body: bytes) -> None:
    request = signed(method, target, body)
    assert code_of(request) is None
    changed = (
        request._replace(body=body + b"x"),
        request._replace(target=target + "x"),
        request._replace(method="PUT"),
        request._replace(headers={**request.headers, "host": ["elsewhere"]}),
    )
    assert {code_of(one) for one in changed} == {"InvalidSignatureException"}


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (signed("GET", "/environments", keys=AccessKey(KEYS.access_key, "x")), "InvalidSignatureException"),
        (signed("GET", "/environments", keys=OTHER), "UnrecognizedClientException"),
        (signed("GET", "/environments", region="eu-west-1"), "InvalidSignatureException"),
        (signed("GET", "/environments", service="mwaa"), "InvalidSignatureException"),
        (SignedRequest("GET", "/environments", {}), "MissingAuthenticationTokenException"),
        (SignedRequest("GET", "/", {"authorization": ["Bearer x"]}), "IncompleteSignatureException"),
        (
            SignedRequest("GET", "/", {"authorization": [f"AWS4-HMAC-SHA256 Credential={KEYS.access_key}/x"]}),
            "IncompleteSignatureException",
        ),
    ],
)
def test_signatures_of_others_are_refused(request_: SignedRequest, code: str) -> None:
    assert code_of(request_) == code


def test_a_signature_is_good_for_minutes() -> None:
    request = signed("GET", "/environments")
    assert (code_of(request, SKEW - 60), code_of(request, 60 - SKEW)) == (None, None)
    assert code_of(request, SKEW + 60) == code_of(request, -SKEW - 60) == "InvalidSignatureException"


def test_the_host_must_be_signed() -> None:
    request = signed("GET", "/environments")
    header = request.headers["authorization"][0].replace("content-type;host;", "content-type;")
    assert header != request.headers["authorization"][0]
    assert code_of(request._replace(headers={**request.headers, "authorization": [header]})) is not None


@pytest.fixture
def url() -> Iterator[str]:
    hosted = {name: LocalEnvironment(name, "2.10.3", "127.0.0.1:1") for name in ("env-a", "env-b")}
    server = Server(aws_api.handler_for(AwsApi(KEYS, Tokens(), hosted)))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    server.server_close()


def client(url: str, keys: AccessKey, region: str = REGION) -> Any:
    """A plain boto3 client."""
    return boto3.client(
        "mwaa",
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        config=Config(inject_host_prefix=False, proxies={}, retries={"total_max_attempts": 1}),
    )


def test_boto3_is_let_in_with_the_secret_only(url: str) -> None:
    good = client(url, KEYS)
    assert good.list_environments(MaxResults=1)["NextToken"] == "1"
    assert good.create_cli_token(Name="env-a")["CliToken"]
    for keys, region, code in (
        (AccessKey(KEYS.access_key, "x"), REGION, "InvalidSignatureException"),
        (OTHER, REGION, "UnrecognizedClientException"),
        (KEYS, "eu-west-1", "InvalidSignatureException"),
    ):
        with pytest.raises(ClientError) as caught:
            client(url, keys, region).create_cli_token(Name="env-a")
        assert caught.value.response["Error"]["Code"] == code
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_key_id_alone_opens_nothing(url: str) -> None:
    header = f"AWS4-HMAC-SHA256 Credential={KEYS.access_key}/20260101/{REGION}/airflow/aws4_request"
    answer = requests.post(f"{url}/clitoken/env-a", headers={"Authorization": header}, timeout=30)
    assert (answer.status_code, "CliToken" in answer.text) == (403, False)
