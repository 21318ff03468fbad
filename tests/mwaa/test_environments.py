"""The AWS side: real boto3 over HTTP against the double, and the hosts that it would talk to without one."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse, HTTPHeaders

from mwaa_shell import __version__, debug_log
from mwaa_shell.airflow.rest import RestRequest, post
from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import (
    CredentialsProblem,
    EnvironmentNotFound,
    NothingRan,
    PermissionMissing,
    RestNotFound,
    ShellError,
)
from mwaa_shell.mwaa import aws as aws_module
from mwaa_shell.mwaa.aws import REST_RATE, MwaaApi
from mwaa_shell.settings import Access, AccessKey
from tests.double import NOT_UPDATED, Behave, Double, cut_off, never, refusal, response, rest_response

KEYS = AccessKey("AKIDEXAMPLE", "not-a-secret")


@pytest.fixture
def environments(double: Double) -> MwaaApi:
    return MwaaApi(double.access(None))


def test_all_pages_are_listed(double: Double, environments: MwaaApi) -> None:
    double.names = ("a", "b", "c", "d", "e")
    assert environments.names() == ["a", "b", "c", "d", "e"]
    assert [request.path.split("?")[0] for request in double.aws.seen] == ["/environments"] * 3


def test_environment_info_has_members_of_the_response(double: Double, environments: MwaaApi) -> None:
    known = environments.describe("my-env")
    assert (known.version, known.status, known.account) == (Version(2, 10, 3), "AVAILABLE", "123456789012")


def test_every_token_is_asked_for_anew(double: Double, environments: MwaaApi) -> None:
    tokens = [environments.cli_token("my-env") for _ in range(2)]
    assert [token.token for token in tokens] == ["token-1", "token-2"]
    assert {token.host for token in tokens} == {double.host}
    assert {request.connection for request in double.aws.seen} == {1}


def test_cloudtrail_can_tell_who_asked(double: Double) -> None:
    environments = MwaaApi(double.access(None))
    environments.cli_token("my-env")
    environments.describe("my-env")
    for request in double.aws.seen:
        assert request.headers["user-agent"].endswith(f" mwaa-shell/{__version__}")


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL_MWAA", "AWS_ENDPOINT_URL"])
def test_a_configured_endpoint_keeps_its_host(double: Double, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, f"http://127.0.0.1:{double.aws.port}")
    environments = MwaaApi(Access(region="eu-west-1", keys=KEYS, direct=True))
    assert environments.cli_token("my-env").host == double.host
    assert environments.names() == ["my-env"]


def test_an_endpoint_of_the_profile_keeps_its_host(
    double: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(
        f"[profile here]\nregion = eu-west-1\naws_access_key_id = AKID\naws_secret_access_key = x\nservices = local\n"
        f"[services local]\nmwaa =\n  endpoint_url = http://127.0.0.1:{double.aws.port}\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    environments = MwaaApi(Access(profile="here", direct=True))
    assert (environments.names(), environments.region) == (["my-env"], "eu-west-1")


@pytest.mark.parametrize(
    ("variables", "own"),
    [({}, True), ({"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"}, True), ({"AWS_ENDPOINT_URL": "https://a.b"}, False)],
)
def test_only_hosts_of_aws_get_a_prefix(variables: dict[str, str], own: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    config = MwaaApi(Access(region="eu-west-1", keys=KEYS)).client().meta.config
    assert (config.inject_host_prefix is not False) == own


@pytest.mark.parametrize(
    ("region", "variables", "hosts"),
    [
        ("eu-west-1", {}, ["env.airflow.eu-west-1.amazonaws.com", "api.airflow.eu-west-1.amazonaws.com"]),
        (
            "cn-north-1",
            {},
            ["env.airflow.cn-north-1.amazonaws.com.cn", "api.airflow.cn-north-1.amazonaws.com.cn"],
        ),
        (
            "us-east-1",
            {"AWS_USE_FIPS_ENDPOINT": "true"},
            ["env.airflow-fips.us-east-1.amazonaws.com", "api.airflow-fips.us-east-1.amazonaws.com"],
        ),
        (
            "eu-west-1",
            {"AWS_USE_DUALSTACK_ENDPOINT": "true"},
            ["env.airflow.eu-west-1.api.aws", "api.airflow.eu-west-1.api.aws"],
        ),
    ],
)
def test_hosts_of_aws_itself(
    region: str, variables: dict[str, str], hosts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    environments = MwaaApi(Access(region=region, keys=KEYS))
    asked: list[str] = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        asked.append(request.url.split("/")[2])
        raw = b'{"CliToken": "t", "WebServerHostname": "h", "Environment": {}}'
        return AWSResponse(request.url, 200, HTTPHeaders(), _Raw(raw))

    environments.client().meta.events.register("before-send.mwaa", answer)
    environments.cli_token("my-env")
    environments.describe("my-env")
    assert asked == hosts


class _Raw:
    """The part of a urllib3 response that botocore reads."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def stream(self) -> list[bytes]:
        return [self._data]


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        (403, "AccessDeniedException", PermissionMissing, "airflow:CreateCliToken on my-env is not permitted for"),
        (404, "ResourceNotFoundException", EnvironmentNotFound, "No environment 'my-env' in eu-west-1"),
        (403, "ExpiredTokenException", CredentialsProblem, "have expired"),
        (403, "UnrecognizedClientException", CredentialsProblem, "does not know these credentials"),
        (403, "InvalidSignatureException", CredentialsProblem, "clock"),
        (403, "", PermissionMissing, "airflow:CreateCliToken"),
        (400, "ValidationException", NothingRan, "ValidationException"),
    ],
)
def test_a_refusal_is_a_sentence(
    double: Double, environments: MwaaApi, status: int, code: str, kind: type[ShellError], words: str
) -> None:
    double.aws.behave = lambda request: refusal(status, code, "because")
    with pytest.raises(kind) as caught:
        environments.cli_token("my-env")
    assert type(caught.value) is kind
    assert words in str(caught.value)


def test_a_response_that_makes_no_sense(double: Double, environments: MwaaApi) -> None:
    double.aws.behave = lambda request: response(200, b"<html>")
    with pytest.raises(NothingRan, match="holds no token or host"):
        environments.cli_token("my-env")


def test_a_response_without_a_token(double: Double, environments: MwaaApi) -> None:
    double.aws.behave = lambda request: response(200, {})
    with pytest.raises(NothingRan, match="holds no token or host"):
        environments.cli_token("my-env")


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b'{"Environment": "x"}', b'{"Environments": [1, 2]}'])
def test_responses_of_another_shape_are_no_traceback(double: Double, environments: MwaaApi, body: bytes) -> None:
    double.aws.behave = lambda request: response(200, body)
    for ask in (environments.names, lambda: environments.describe("my-env"), lambda: environments.cli_token("my-env")):
        with contextlib.suppress(ShellError):
            ask()


@pytest.mark.parametrize(("token", "host"), [("sec\nret", "h"), ("", "h"), ("t", "h/../x"), ("t", "a@b"), ("t", 5)])
def test_a_token_that_cannot_be_sent_is_not_quoted(
    double: Double, environments: MwaaApi, token: str, host: object
) -> None:
    double.aws.behave = lambda request: response(200, {"CliToken": token, "WebServerHostname": host})
    with pytest.raises(NothingRan) as caught:
        environments.cli_token("my-env")
    assert "ret" not in str(caught.value)


def test_credentials_are_resolved_anew_after_they_were_refused(double: Double, environments: MwaaApi) -> None:
    double.aws.behave = lambda request: refusal(403, "ExpiredTokenException", "over")
    with pytest.raises(CredentialsProblem):
        environments.names()
    double.aws.behave = double.answer_aws
    assert environments.names() == ["my-env"]


@pytest.mark.parametrize(
    ("access", "words"),
    [
        (Access(profile="nobody"), "nobody"),
        (Access(keys=KEYS), "No AWS region is set"),
        (Access(region="eu-west-1"), "No AWS credentials found"),
    ],
)
def test_what_is_missing_is_said(access: Access, words: str) -> None:
    with pytest.raises(CredentialsProblem, match=words):
        MwaaApi(access).names()


def test_a_missing_sso_login_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[profile sso]\nregion = eu-west-1\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = r\n"
        "[sso-session s]\nsso_region = eu-west-1\nsso_start_url = https://sso.example/start\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    with pytest.raises(CredentialsProblem, match="The SSO session of profile sso is missing or has expired"):
        MwaaApi(Access(profile="sso")).names()


def test_the_rest_api_is_asked(double: Double, environments: MwaaApi) -> None:
    double.rest["/dags"] = {"dags": [{"dag_id": "daily"}], "total_entries": 1}
    assert environments.invoke_rest("my-env", RestRequest("/dags", {"limit": 100})) == double.rest["/dags"]
    assert double.rest_calls == [{"Path": "/dags", "Method": "GET", "QueryParameters": {"limit": 100}}]


def test_a_list_is_posted_with_its_names_in_the_body(double: Double, environments: MwaaApi) -> None:
    path = "/dags/~/dagRuns/list"
    double.rest[path] = {"dag_runs": [], "total_entries": 3}
    assert environments.invoke_rest("my-env", post(path, {"dag_ids": ["daily"]})) == double.rest[path]
    posted = {"Path": path, "Method": "POST", "QueryParameters": {}, "Body": {"dag_ids": ["daily"]}}
    assert double.rest_calls == [posted]


def test_a_path_longer_than_the_model_has_is_not_sent(double: Double, environments: MwaaApi) -> None:
    double.rest["/".ljust(64, "d")] = {}
    assert environments.invoke_rest("my-env", RestRequest("/".ljust(64, "d"))) == {}
    with pytest.raises(NothingRan, match="at most 64 characters, not 65"):
        environments.invoke_rest("my-env", RestRequest("/".ljust(65, "d")))
    assert len(double.rest_calls) == 1


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (
            refusal(403, "AccessDeniedException", "no role"),
            PermissionMissing,
            "airflow:InvokeRestApi on my-env is not permitted",
        ),
        (refusal(403, "", "no"), PermissionMissing, "airflow:InvokeRestApi"),
        (NOT_UPDATED, PermissionMissing, "until it is updated"),
        (
            refusal(400, "ValidationException", "Update your environment to use InvokeRestApi"),
            PermissionMissing,
            "until it is updated",
        ),
        (refusal(404, "ResourceNotFoundException", "x"), EnvironmentNotFound, "No environment 'my-env'"),
        (refusal(500, "InternalServerException", "x"), NothingRan, "InternalServerException"),
        (
            rest_response({"detail": "Dag not found"}, 404),
            RestNotFound,
            r"my-env refused the request \(HTTP 404: Dag not found\)",
        ),
        (rest_response({"title": "Forbidden", "detail": None}, 403), NothingRan, "HTTP 403: Forbidden"),
        (rest_response({"detail": [{"msg": "bad limit"}]}, 422), NothingRan, "HTTP 422.*bad limit"),
        (rest_response("<html>", 502), NothingRan, "HTTP 502: <html>"),
        (rest_response(None, 504), NothingRan, r"\(HTTP 504\)"),
        (response(200, {"RestApiStatusCode": 500, "RestApiResponse": {}}), NothingRan, r"\(HTTP 500\)"),
        (response(200, b"<html>"), NothingRan, "incomplete"),
        (response(200, rest_response({"dags": ["x" * 99]})[-120:-9]), NothingRan, "incomplete"),
        (response(200, {"RestApiStatusCode": 200}), NothingRan, "incomplete"),
        (response(200, b"[1]"), NothingRan, "incomplete|not valid"),
        (response(200, b"[" * 100_000), NothingRan, "incomplete|not valid"),
    ],
)
def test_what_the_rest_api_refuses_is_a_sentence(
    double: Double, environments: MwaaApi, answer: bytes, kind: type[ShellError], words: str
) -> None:
    double.aws.behave = lambda request: answer
    with pytest.raises(kind, match=words) as caught:
        environments.invoke_rest("my-env", RestRequest("/dags"))
    assert type(caught.value) is kind
    assert len(double.aws.seen) == 1
    if isinstance(caught.value, PermissionMissing):
        assert caught.value.action == "airflow:InvokeRestApi"


TOO_OFTEN = (
    refusal(429, "TooManyRequestsException", "slow down"),
    refusal(400, "ThrottlingException", "Rate exceeded"),
)


@pytest.mark.parametrize("answer", TOO_OFTEN)
@pytest.mark.parametrize("changes", [False, True])
def test_a_throttled_rest_request_is_sent_again(
    double: Double, environments: MwaaApi, answer: bytes, changes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws_module, "REST_WAITS", (0.0, 0.0))
    answers = iter([answer, answer, rest_response({"dags": []})])
    double.aws.behave = lambda request: next(answers)
    assert environments.send_rest("my-env", RestRequest("/dags"), changes=changes) == (200, {"dags": []})
    assert len(double.aws.seen) == 3


@pytest.mark.parametrize("answer", TOO_OFTEN)
@pytest.mark.parametrize("changes", [False, True])
def test_a_rest_request_that_stays_throttled_did_not_run(
    double: Double, environments: MwaaApi, answer: bytes, changes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aws_module, "REST_WAITS", (0.0,))
    double.aws.behave = lambda request: answer
    with pytest.raises(NothingRan, match="AWS throttled InvokeRestApi for my-env"):
        environments.send_rest("my-env", RestRequest("/dags"), changes=changes)
    assert len(double.aws.seen) == 2


@pytest.mark.parametrize("answer", TOO_OFTEN)
def test_a_throttled_rest_request_is_not_sent_after_a_stop(
    double: Double, environments: MwaaApi, answer: bytes
) -> None:
    double.aws.behave = lambda request: answer
    waits: list[float] = []

    def stopped_after_the_first(seconds: float) -> bool:
        waits.append(seconds)
        return len(waits) == 1

    with pytest.raises(NothingRan):
        environments.send_rest("my-env", RestRequest("/dags"), changes=True, sleep=stopped_after_the_first)
    assert (waits, len(double.aws.seen)) == ([0.0, 1.0], 1)
    with pytest.raises(NothingRan, match="Canceled before"):
        environments.send_rest("my-env", RestRequest("/dags"), changes=True, sleep=lambda seconds: False)
    assert len(double.aws.seen) == 1


#: As long as AWS lets a response be.
SIX_MEGABYTES = 6 * 1024 * 1024
LONGEST = rest_response({"dags": ["x" * SIX_MEGABYTES]})


@pytest.mark.parametrize(
    "behave",
    [
        never,
        cut_off(LONGEST, 0),
        cut_off(LONGEST, SIX_MEGABYTES),
        lambda request: response(200, LONGEST.partition(b"\r\n\r\n")[2][:SIX_MEGABYTES]),
        lambda request: b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nno",
        lambda request: b"nonsense\r\n\r\n",
    ],
    ids=["silence", "nothing", "half", "cut", "gzip", "no-http"],
)
def test_a_rest_response_that_does_not_come_whole(double: Double, behave: Behave) -> None:
    double.aws.behave = behave
    environments = MwaaApi(double.access(None, timeout=1.5 if behave is never else 20.0))
    with pytest.raises(NothingRan, match="InvokeRestApi"):
        environments.invoke_rest("my-env", RestRequest("/dags"))
    assert double.aws.arrived.acquire(timeout=60)  # a silent server may be slower than the client
    assert len(double.aws.seen) == 1
    double.aws.behave = double.answer_aws
    double.rest["/dags"] = {"dags": []}
    assert environments.invoke_rest("my-env", RestRequest("/dags")) == {"dags": []}


def test_rest_requests_keep_to_the_rate_of_aws(
    double: Double, environments: MwaaApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    double.rest["/dags"] = {}
    waits: list[float] = []
    monkeypatch.setattr(aws_module, "time", SimpleNamespace(monotonic=lambda: 100.0, sleep=waits.append))
    for _ in range(REST_RATE + 1):
        environments.invoke_rest("my-env", RestRequest("/dags"))
    assert waits == [*[0.0] * REST_RATE, pytest.approx(1.1)]


def test_a_rest_response_as_long_as_they_get(double: Double, environments: MwaaApi) -> None:
    double.rest["/dags"] = {"dags": ["x" * SIX_MEGABYTES]}
    assert environments.invoke_rest("my-env", RestRequest("/dags")) == double.rest["/dags"]


def test_credentials_are_resolved_anew_for_the_rest_api_too(double: Double, environments: MwaaApi) -> None:
    double.rest["/dags"] = {}
    double.aws.behave = lambda request: refusal(403, "ExpiredTokenException", "over")
    with pytest.raises(CredentialsProblem):
        environments.invoke_rest("my-env", RestRequest("/dags"))
    double.aws.behave = double.answer_aws
    assert environments.invoke_rest("my-env", RestRequest("/dags")) == {}


def test_the_rest_api_is_at_the_host_of_the_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    environments = MwaaApi(Access(region="eu-west-1", keys=KEYS))
    asked: list[str] = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        asked.append(request.url)
        return AWSResponse(request.url, 200, HTTPHeaders(), _Raw(b'{"RestApiStatusCode": 200, "RestApiResponse": {}}'))

    environments.client("rest").meta.events.register("before-send.mwaa", answer)
    environments.invoke_rest("my-env", RestRequest("/dags"))
    assert asked == ["https://env.airflow.eu-west-1.amazonaws.com/restapi/my-env"]


def test_the_bundle_of_boto3_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", "/some/ca.pem")
    assert MwaaApi(Access(region="eu-west-1", keys=KEYS)).ca_bundle == "/some/ca.pem"


PROCESS = "[profile helper]\nregion = eu-west-1\ncredential_process = {program}\n"


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, double: Double) -> MwaaApi:
    """Of a profile whose program is not there."""
    (tmp_path / "config").write_text(PROCESS.format(program=tmp_path / "missing"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    return MwaaApi(Access(profile="helper", endpoint_url=f"http://127.0.0.1:{double.aws.port}", direct=True))


def test_a_credential_process_that_is_not_there(helper: MwaaApi, tmp_path: Path) -> None:
    said = f"No AWS credentials ({tmp_path / 'missing'}: No such file or directory)"
    for ask in (helper.names, helper.client, lambda: helper.cli_token("my-env")):
        with pytest.raises(CredentialsProblem) as raised:
            ask()
        assert (str(raised.value), raised.value.hint) == (said, "Correct credential_process of profile helper.")
    with pytest.raises(CredentialsProblem):
        helper.credentials()


def test_a_credential_process_that_is_there_later(helper: MwaaApi, tmp_path: Path) -> None:
    with pytest.raises(CredentialsProblem):
        helper.names()
    program = tmp_path / "missing"
    program.write_text('#!/bin/sh\necho \'{"Version": 1, "AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "x"}\'\n')
    program.chmod(0o700)
    assert helper.names() == ["my-env"]


@pytest.fixture
def web_identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, double: Double) -> MwaaApi:
    """Whose token file is not there."""
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/etl")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "missing"))
    endpoint = f"http://127.0.0.1:{double.aws.port}"
    return MwaaApi(Access(region="eu-west-1", endpoint_url=endpoint, direct=True))


def test_a_token_file_that_is_not_there(web_identity: MwaaApi, tmp_path: Path) -> None:
    said = f"No AWS credentials ({tmp_path / 'missing'}: No such file or directory)"
    for ask in (web_identity.names, lambda: web_identity.cli_token("my-env")):
        with pytest.raises(CredentialsProblem) as raised:
            ask()
        assert (str(raised.value), raised.value.hint) == (said, "Correct AWS_WEB_IDENTITY_TOKEN_FILE.")
    with pytest.raises(CredentialsProblem):
        web_identity.credentials()
    error = web_identity.caller().error
    assert isinstance(error, CredentialsProblem)


def test_a_debug_log_changes_nothing(web_identity: MwaaApi, tmp_path: Path) -> None:
    debug_log.start(tmp_path / "debug.log")
    try:
        client = web_identity.client()
        assert client.meta.region_name == "eu-west-1"
        with pytest.raises(CredentialsProblem):
            web_identity.describe("my-env")
    finally:
        debug_log.close()
    told = (tmp_path / "debug.log").read_text()
    assert "credentials source=assume-role-with-web-identity outcome=FileNotFoundError" in told
    assert "client region=eu-west-1" in told


def test_lack_of_memory_for_a_program_is_not_about_credentials(
    environments: MwaaApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = environments.client()
    monkeypatch.setattr(client, "get_environment", _out_of_files)
    with pytest.raises(NothingRan, match=r"GetEnvironment for my-env failed in .*Too many open files"):
        environments.describe("my-env")


def _out_of_files(**_: object) -> None:
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
