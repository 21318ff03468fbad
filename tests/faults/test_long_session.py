"""A long session with expired credentials, sleep and changes of the network.

Whatever happened, there is one sentence, the line is still there, and the next command just works.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.credentials import SSOProvider

from mwaa_shell import debug_log, durations
from mwaa_shell.errors import ExitCode, sentence
from mwaa_shell.result import Result
from mwaa_shell.session import Session
from mwaa_shell.settings import Access, Settings
from tests.double import Behave, Double, Request, Side, command_response, refusal, response
from tests.sessions import execute

CHANGE = "dags trigger daily"
SOON = "2999-01-01T00:00:00Z"


@pytest.fixture(autouse=True, params=[False, True], ids=["plain", "debug log"])
def _debug_log(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Write a debug log, which sends no request."""
    if request.param:
        debug_log.start(tmp_path / "debug.log")


def key_of(request: Request) -> str:
    """The access key that a request was signed with."""
    return request.headers["authorization"].partition("Credential=")[2].partition("/")[0]


def only(double: Double, *keys: str) -> Behave:
    """An AWS API that takes these keys; the credentials of others are over."""

    def behave(request: Request) -> bytes:
        if key_of(request) in keys:
            return double.answer_aws(request)
        return refusal(403, "ExpiredTokenException", "The security token included in the request is expired")

    return behave


@pytest.fixture
def as_profile(double: Double, bundle: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Session]:
    """Return a session with credentials from the text of an AWS config file."""

    def make(config: str = "", profile: str | None = None) -> Session:
        folder = tmp_path / ".aws"
        folder.mkdir(exist_ok=True)
        (folder / "config").write_text(config)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        access = Access(profile, "eu-west-1", f"http://127.0.0.1:{double.aws.port}", bundle, 20.0)
        return Session(Settings(environment="my-env", access=access))

    return make


def expires_and_comes_back(session: Session, double: Double, log_in: Callable[[], None]) -> str:
    """Run a line with expired credentials, log in and run the proposal."""
    refused = execute(session, CHANGE)
    assert (refused.exit_code, refused.proposal) == (ExitCode.NOTHING_RAN, CHANGE)
    assert "\n" not in refused.message
    before = len(double.commands)
    log_in()
    assert execute(session, refused.proposal).ok
    assert double.commands[before:] == [CHANGE]
    return shown(refused)


def shown(result: Result) -> str:
    """Return what a prompt shows of a result that is not ok."""
    return f"{sentence(result.message, result.state)} {result.hint}"


def test_keys_in_a_file(double: Double, as_profile: Callable[..., Session], tmp_path: Path) -> None:
    file = tmp_path / ".aws" / "credentials"

    def write(key: str) -> None:
        file.write_text(
            f"[me]\naws_access_key_id = {key}\naws_secret_access_key = not-a-secret\naws_session_token = t\n"
        )

    session = as_profile("[profile me]\nregion = eu-west-1\n", "me")
    write("OLD")
    assert execute(session, "version").ok
    double.aws.behave = only(double, "NEW")
    said = expires_and_comes_back(session, double, lambda: write("NEW"))
    assert said == (
        "The AWS credentials from the credentials file of profile me have expired. Nothing was sent. "
        "Put new keys into your AWS files, or run aws configure --profile me."
    )


def test_keys_in_the_environment(
    double: Double, as_profile: Callable[..., Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "OLD")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "t")
    session = as_profile("[profile me]\naws_access_key_id = NEW\naws_secret_access_key = not-a-secret\n")
    assert execute(session, "version").ok
    double.aws.behave = only(double, "NEW")
    said = expires_and_comes_back(session, double, lambda: _ok(session, ".use my-env --profile me --region eu-west-1"))
    assert said == (
        "The AWS credentials in AWS_ACCESS_KEY_ID have expired. Nothing was sent. "
        "Switch to a profile with .use my-env --profile NAME, or restart with new keys."
    )


def _ok(session: Session, line: str) -> None:
    result = execute(session, line)
    assert result.ok, result.message


def test_a_credential_process(double: Double, as_profile: Callable[..., Session], tmp_path: Path) -> None:
    answer = tmp_path / "answer"
    runs = tmp_path / "runs"

    def log_in(key: str) -> None:
        found = {"Version": 1, "AccessKeyId": key, "SecretAccessKey": "x", "SessionToken": "t", "Expiration": SOON}
        answer.write_text(json.dumps(found))

    script = tmp_path / "process"
    script.write_text(f"#!/bin/sh\necho run >> {runs}\ncat {answer} || {{ echo log in first >&2; exit 1; }}\n")
    script.chmod(0o700)
    session = as_profile(f"[profile me]\nregion = eu-west-1\ncredential_process = {script}\n", "me")
    log_in("OLD")
    assert execute(session, "version").ok
    assert runs.read_text().count("run") == 1
    double.aws.behave = only(double, "NEW")
    answer.unlink()
    assert shown(execute(session, CHANGE)) == (
        "The AWS credentials from the credential_process of profile me have expired. Nothing was sent. "
        "Log in to the program, then check it with aws sts get-caller-identity --profile me."
    )
    said = expires_and_comes_back(session, double, lambda: log_in("NEW"))
    assert "log in first" in said
    assert runs.read_text().count("run") == 3  # once for each time without credentials


def sso_cache(home: Path, name: str) -> Path:
    return home / ".aws" / "sso" / "cache" / f"{hashlib.sha1(name.encode()).hexdigest()}.json"


@pytest.mark.parametrize("chained", [False, True], ids=["sso", "a role on top of it"])
def test_an_sso_login(
    chained: bool, double: Double, as_profile: Callable[..., Session], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Make the double the SSO portal and STS, each with keys of its own."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSO", f"http://127.0.0.1:{double.aws.port}")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://127.0.0.1:{double.aws.port}")
    monkeypatch.setattr(
        SSOProvider, "_SSO_TOKEN_CACHE_DIR", str(tmp_path / ".aws" / "sso" / "cache")
    )  # of an older home
    cache = sso_cache(tmp_path, "https://sso.example/start")
    cache.parent.mkdir(parents=True)
    asked: list[str] = []

    def write(token: str) -> None:
        cache.write_text(json.dumps({"accessToken": token, "expiresAt": SOON, "startUrl": "https://sso.example/start"}))

    def aws(request: Request) -> bytes:
        if request.path.startswith("/federation/credentials"):
            asked.append(request.headers["x-amz-sso_bearer_token"])
            if asked[-1] != "new":
                return response(
                    401,
                    {"message": "Session token not found or invalid"},
                    {"x-amzn-ErrorType": "UnauthorizedException"},
                )
            found = {"accessKeyId": "SSOKEY", "secretAccessKey": "x", "sessionToken": "t", "expiration": 32503680000000}
            return response(200, {"roleCredentials": found})
        if b"Action=AssumeRole" in request.body:
            assert key_of(request) == "SSOKEY"
            return response(200, ASSUMED.encode(), {"Content-Type": "text/xml"})
        assert key_of(request) == ("ROLEKEY" if chained else "SSOKEY")
        return double.answer_aws(request)

    double.aws.behave = aws
    write("old")
    session = as_profile(SSO_CONFIG, "role" if chained else "sso")
    said = expires_and_comes_back(session, double, lambda: write("new"))
    assert said == (
        "The SSO session of profile sso is missing or has expired. Nothing was sent. "
        "Run aws sso login --profile sso, then run the command again."
    )
    assert asked == ["old", "new"]


SSO_CONFIG = """\
[profile sso]
region = eu-west-1
sso_start_url = https://sso.example/start
sso_region = eu-west-1
sso_account_id = 123456789012
sso_role_name = operator
[profile role]
region = eu-west-1
source_profile = sso
role_arn = arn:aws:iam::123456789012:role/operator
"""
ASSUMED = """\
<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ROLEKEY</AccessKeyId><SecretAccessKey>x</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>
<AssumedRoleUser><AssumedRoleId>a:b</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/operator/b</Arn>
</AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>
"""


def test_a_role_that_may_not_be_assumed(
    double: Double, as_profile: Callable[..., Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://127.0.0.1:{double.aws.port}")
    denied = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>"
    double.aws.behave = lambda request: response(403, denied.encode(), {"Content-Type": "text/xml"})
    session = as_profile(
        "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = x\n"
        "[profile role]\nregion = eu-west-1\nsource_profile = base\nrole_arn = arn:aws:iam::123456789012:role/r\n",
        "role",
    )
    assert shown(execute(session, CHANGE)) == (
        "AWS gives no credentials to profile role (AssumeRole: AccessDenied). Nothing was sent. "
        "Run aws sts get-caller-identity --profile base, which gets them in the same way."
    )


# -- connections ------------------------------------------------------------------------------------------------------


@pytest.fixture
def session(session: Session) -> Session:
    assert execute(session, "version").ok
    return session


@pytest.mark.parametrize(("monotonic", "wall"), [(0, 3600), (3600, 3600), (0, -3600)])
def test_after_a_sleep_no_connection_is_trusted(
    monotonic: int, wall: int, double: Double, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Return clocks that stop while the machine sleeps, or that a user has set."""
    clocks = SimpleNamespace(monotonic=lambda: time.monotonic() + monotonic, time=lambda: time.time() + wall)
    monkeypatch.setattr(durations, "time", clocks)
    for side in (double.aws, double.web):
        side.go_deaf()  # requests on the old connections get no response
    assert execute(session, CHANGE).ok
    assert double.commands == ["version", CHANGE]


def test_without_one_connections_are_kept(double: Double, session: Session) -> None:
    assert execute(session, CHANGE).ok
    assert {request.connection for request in double.web.seen} == {1}
    assert {request.connection for request in double.aws.seen} == {1}


def test_the_network_goes_and_comes_back(double: Double, session: Session) -> None:
    port = double.web.port
    double.web.close()
    lost = execute(session, CHANGE)
    assert (lost.exit_code, lost.proposal) == (ExitCode.NOTHING_RAN, CHANGE)
    double.web = Side(double.web.behave, double.web._context, port)
    assert execute(session, lost.proposal).ok
    assert double.commands == [CHANGE]


def test_a_new_web_server_gets_the_next_command_and_no_connections_pile_up(double: Double, session: Session) -> None:
    servers = [Side(lambda request: command_response(b"new\n"), double.web._context) for _ in range(8)]
    before = len(os.listdir("/dev/fd"))
    for server in servers:
        double.token_host = f"127.0.0.1:{server.port}"
        assert execute(session, CHANGE).stdout == b"new\n"
        assert [request.body for request in server.seen] == [CHANGE.encode()]
    assert double.commands == ["version"]
    for server in servers[:-3]:
        assert server.closed.wait(30)
    assert len(os.listdir("/dev/fd")) <= before + 2 * 4
    for server in servers:
        server.close()


def test_links_of_other_access_are_apart(double: Double, session: Session) -> None:
    connection = session.connection
    other = session.connections.get(connection.target._replace(access=connection.target.access._replace(timeout=3.0)))
    assert other is not connection
    assert other.command_lock is connection.command_lock  # one environment, however it is reached
