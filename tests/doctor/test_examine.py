"""The whole examination against a double of MWAA, with one thing wrong at a time."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from mwaa_shell.doctor import aws, examine, report, web
from mwaa_shell.doctor.report import CheckResult, Status, as_texts, exit_code
from mwaa_shell.dot_commands.doctor import examined_by
from mwaa_shell.errors import ExitCode, NothingRan, ShellError, UsageError
from mwaa_shell.mwaa.environment import EnvironmentInfo
from mwaa_shell.mwaa.identity import Credentials, read_date
from mwaa_shell.mwaa.transport import TlsPeer
from mwaa_shell.options import read_options, read_order
from mwaa_shell.result import Result, failed
from mwaa_shell.session import Session
from mwaa_shell.settings import Access, Settings
from tests.double import NOT_UPDATED, WEB_NAME, Behave, Double, Request, command_reply, refusal, reply
from tests.proxies import ConnectProxy, Forwarder
from tests.sessions import execute

CALLER = "arn:aws:sts::123456789012:assumed-role/operator/me"
STS = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    f"<Arn>{CALLER}</Arn><UserId>x</UserId><Account>123456789012</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
).encode()


class Ward:
    """A double that answers STS too, and a session on it whose credentials come from variables, as a user's do."""

    def __init__(self, double: Double, access: Access) -> None:
        self.double = double
        self.access = access
        self.sts: Behave = lambda request: dated(reply(200, STS, {"Content-Type": "text/xml"}))
        self.aws: Behave = double.answer_aws
        double.aws.behave = self._answer
        double.rest["/dags"] = {"dags": [], "total_entries": 0}
        double.web.behave = lambda request: command_reply(b"2.10.3\n") if request.body else reply(403, b"")

    def _answer(self, request: Request) -> bytes | None:
        return self.sts(request) if request.path == "/" else self.aws(request)

    def findings(self, name: str | None = "my-env", **access: object) -> dict[str, CheckResult]:
        """What is found, by name; every check is in it once."""
        way = replace(self.access, **access)  # type: ignore[arg-type]
        with closing(Session(Settings(environment=name, access=way))) as session:
            found = list(examine(examined_by(session)))
        assert len({one.name for one in found}) == len(found)
        text = "".join(as_texts(found))
        assert not any(word in text for word in ("not-a-secret", "AKIDEXAMPLE", "canary", *self.double.tokens))
        return {one.name: one for one in found}


def dated(answer: bytes, ahead: float = 0) -> bytes:
    """A reply with a date, by a clock that is so many seconds ahead."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=ahead), usegmt=True)
    return answer.replace(b"\r\n", f"\r\nDate: {date}\r\n".encode(), 1)


@pytest.fixture
def ward(double: Double, bundle: str, monkeypatch: pytest.MonkeyPatch) -> Ward:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://127.0.0.1:{double.aws.port}")
    monkeypatch.setenv("AWS_ENDPOINT_URL_MWAA", f"http://127.0.0.1:{double.aws.port}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    return Ward(double, Access(region="eu-west-1", ca_bundle=bundle, timeout=20))


REMOTE = (*aws.CHECKS, *web.CHECKS)


def test_all_is_well(ward: Ward) -> None:
    found = ward.findings()
    assert {name: found[name].status for name in REMOTE} == dict.fromkeys(REMOTE, Status.OK)
    assert found["identity"].text.startswith(CALLER)
    assert found["credentials"].text == "from AWS_ACCESS_KEY_ID, key ****MPLE"
    assert found["environment"].text == "AVAILABLE"
    assert "Airflow 2.10.3" in found["GetEnvironment"].text
    assert found["TLS"].text.startswith("TLSv1.")
    assert found["version"].text.startswith("the environment says Airflow 2.10.3")
    assert ward.double.commands == ["", "version"]  # a page without a token, and one command
    assert "authorization" not in ward.double.web.seen[0].headers
    assert len(ward.double.tokens) == 2  # one thrown away, one for the command
    assert ward.double.web.seen[1].headers["authorization"] == f"Bearer {ward.double.tokens[1]}"
    assert [call["Path"] for call in ward.double.rest_calls] == ["/dags"]


def test_the_only_environment_is_taken(ward: Ward) -> None:
    assert ward.findings(None)["version"].status is Status.OK


def test_several_environments_and_none_named(ward: Ward) -> None:
    ward.double.names = ("a", "b")
    found = ward.findings(None)
    assert (found["ListEnvironments"].status, found["ListEnvironments"].text) == (
        Status.NOTE,
        "allowed; there are a, b",
    )
    assert found["version"].status is Status.SKIP
    assert exit_code(found.values()) is ExitCode.OK


def deny(*paths: str) -> Callable[[Ward], Behave]:
    """Refuses what begins like one of these."""

    def make(ward: Ward) -> Behave:
        def answer(request: Request) -> bytes | None:
            if request.path.split("?")[0] in paths or request.path.startswith(tuple(f"{one}/" for one in paths)):
                return refusal(403, "AccessDeniedException", "not you")
            return ward.double.answer_aws(request)

        return answer

    return make


@pytest.mark.parametrize(
    ("paths", "name", "mark"),
    [
        (("/clitoken",), "CreateCliToken", Status.FAIL),
        (("/restapi",), "InvokeRestApi", Status.NOTE),
    ],
)
def test_a_permission_that_is_missing(ward: Ward, paths: tuple[str, ...], name: str, mark: Status) -> None:
    ward.aws = deny(*paths)(ward)
    found = ward.findings()
    assert (found[name].status, found[name].text) == (mark, f"airflow:{name} is not allowed")
    assert found[name].advice
    assert (found["version"].status is Status.SKIP) is (mark is Status.FAIL)


def test_the_one_permission_that_is_needed(ward: Ward) -> None:
    ward.aws = ward.double.only_tokens
    found = ward.findings()
    assert [name for name in REMOTE if found[name].status is Status.NOTE] == [
        "ListEnvironments", "GetEnvironment", "InvokeRestApi",
    ]  # fmt: skip
    assert [name for name in REMOTE if found[name].status is Status.SKIP] == ["environment", "access"]
    assert found["version"].status is Status.OK
    assert exit_code(found.values()) is ExitCode.OK


def test_an_environment_that_does_not_exist(ward: Ward) -> None:
    found = ward.findings("my-evn")
    assert (found["GetEnvironment"].status, found["GetEnvironment"].advice) == (Status.FAIL, "there are my-env")
    assert ward.double.tokens == []
    assert exit_code(found.values()) is ExitCode.NOTHING_RAN


def test_an_environment_without_a_rest_api(ward: Ward) -> None:
    ward.aws = lambda request: NOT_UPDATED if "/restapi/" in request.path else ward.double.answer_aws(request)
    assert "once it has been updated" in ward.findings()["InvokeRestApi"].text


def test_nobody_has_credentials(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    found = ward.findings()
    assert found["credentials"].status is Status.FAIL
    assert "aws sso login" in found["credentials"].advice
    assert {found[name].status for name in REMOTE[2:]} == {Status.SKIP}
    assert ward.double.aws.seen == []


def test_no_region_and_no_credentials_are_both_said(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    found = ward.findings(region=None)
    assert (found["AWS settings"].status, found["credentials"].status) == (Status.FAIL, Status.FAIL)
    assert "--region" in found["AWS settings"].advice


def test_a_profile_that_does_not_exist_is_said_once(ward: Ward) -> None:
    found = ward.findings(profile="nobody")
    assert (found["AWS settings"].status, found["credentials"].status) == (Status.FAIL, Status.SKIP)


def test_credentials_that_aws_does_not_know(ward: Ward) -> None:
    error = (
        b"<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>is invalid</Message></Error></ErrorResponse>"
    )
    ward.sts = lambda request: dated(reply(403, error, {"Content-Type": "text/xml"}))
    found = ward.findings()
    assert found["identity"].status is Status.FAIL
    assert found["clock"].status is Status.OK
    assert found["CreateCliToken"].status is Status.SKIP


def test_sts_is_out_of_reach_and_nobody_minds(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    ward.double.web.behave = lambda request: (
        command_reply(b"2.10.3\n") if request.body else dated(reply(403, b""), ahead=-60)
    )
    found = ward.findings()
    assert (found["identity"].status, found["version"].status) == (Status.NOTE, Status.OK)
    assert "ahead of that of the web server" in found["clock"].text


@pytest.mark.parametrize("answer", [reply(200, b"<html>"), reply(403, b"{}"), reply(200, b"<a/>"), b"nonsense\r\n\r\n"])
def test_what_stands_between_here_and_sts_says_something_else(ward: Ward, answer: bytes) -> None:
    ward.sts = lambda request: answer
    found = ward.findings()
    assert (found["identity"].status, found["version"].status) == (Status.NOTE, Status.OK)


@pytest.mark.parametrize(("ahead", "mark"), [(60, Status.NOTE), (-60, Status.NOTE), (900, Status.FAIL), (1, Status.OK)])
def test_the_clock(ward: Ward, ahead: float, mark: Status) -> None:
    ward.sts = lambda request: dated(reply(200, STS, {"Content-Type": "text/xml"}), ahead)
    assert ward.findings()["clock"].status is mark


@pytest.mark.parametrize("header", ["", "nonsense", "Mon, 99 Foo", "\x00", "9" * 500])
def test_a_date_that_is_none(header: str) -> None:
    assert read_date(header) is None


def test_what_hangs_is_left(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = "listing environments"
    soon = lambda session, phase, check, limit=20.0: report.bounded(  # noqa: E731
        session, phase, check, 0.3 if phase == listing else limit
    )
    monkeypatch.setattr(aws, "bounded", soon)
    ward.aws = lambda request: (
        request.socket.recv(1) if request.path == "/environments" else ward.double.answer_aws(request)
    )
    found = ward.findings()
    assert (found["ListEnvironments"].status, found["ListEnvironments"].text) == (
        Status.FAIL,
        "No answer within 0.3 seconds",
    )
    assert found["version"].status is Status.OK


# -- the web server ---------------------------------------------------------------------------------------------------


def test_a_name_that_nobody_knows(ward: Ward) -> None:
    ward.double.host_name = WEB_NAME
    found = ward.findings()
    assert found["DNS"].status is Status.FAIL
    assert "--proxy" in found["DNS"].advice
    assert {found[name].status for name in ("TCP", "TLS", "version")} == {Status.SKIP}


def test_a_private_web_server_out_of_reach(ward: Ward) -> None:
    port = ward.double.web.port
    ward.double.web.close()
    told = ward.double.describe("my-env") | {"WebserverAccessMode": "PRIVATE_ONLY"}
    ward.aws = lambda request: (
        reply(200, {"Environment": told}) if request.path == "/environments/my-env" else ward.double.answer_aws(request)
    )
    found = ward.findings()
    assert (found["TCP"].status, found["TLS"].text) == (Status.FAIL, "TCP failed")
    assert f"no connection to port {port} of 127.0.0.1" in found["TCP"].text
    assert all(word in found["TCP"].advice for word in ("PRIVATE_ONLY", "--proxy", "--connect-to"))
    assert ward.double.commands == []


def test_a_web_server_that_is_somebody_else(ward: Ward, bundle: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    found = ward.findings(ca_bundle=None)
    assert (found["TCP"].status, found["TLS"].status, found["version"].status) == (Status.OK, Status.FAIL, Status.SKIP)
    assert "did not prove who it is" in found["TLS"].text


@pytest.fixture
def proxy(double: Double) -> Iterator[ConnectProxy]:
    with closing(ConnectProxy({WEB_NAME: ("127.0.0.1", double.web.port)}, credentials="user:canary")) as running:
        yield running


def test_through_a_proxy(ward: Ward, proxy: ConnectProxy) -> None:
    ward.double.host_name = WEB_NAME
    found = ward.findings(proxy=f"http://user:canary@127.0.0.1:{proxy.port}")
    assert found["proxy"].text == f"through the proxy http://127.0.0.1:{proxy.port} (--proxy)"
    assert found["DNS"].text.endswith("the proxy looks up the web server")
    assert found["version"].status is Status.OK
    assert proxy.relayed == 2


def test_a_proxy_that_wants_a_password(ward: Ward, proxy: ConnectProxy) -> None:
    found = ward.findings(proxy=f"http://127.0.0.1:{proxy.port}")
    assert (found["TCP"].status, found["TLS"].status) == (Status.OK, Status.FAIL)
    assert "wants a user and a password" in found["TLS"].text


def test_a_variable_that_names_no_proxy(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "ftp://user:canary@p.example")
    monkeypatch.setenv("NO_PROXY", "")
    found = ward.findings()
    assert (found["proxy"].status, found["DNS"].status) == (Status.FAIL, Status.SKIP)
    assert "ALL_PROXY" in found["proxy"].text


def test_through_a_tunnel_and_without_it(ward: Ward) -> None:
    ward.double.host_name = WEB_NAME
    tunnel = Forwarder(("127.0.0.1", ward.double.web.port))
    way = (f"::127.0.0.1:{tunnel.port}",)
    assert ward.findings(connect_to=way)["version"].status is Status.OK
    tunnel.close()
    found = ward.findings(connect_to=way)
    assert (found["TCP"].status, "--connect-to" in found["TCP"].advice) == (Status.FAIL, True)


def test_a_command_that_fails(ward: Ward) -> None:
    ward.double.web.behave = lambda request: reply(403, b"") if request.body else reply(200, b"")
    found = ward.findings()
    assert (found["TLS"].status, found["version"].status) == (Status.OK, Status.FAIL)
    assert exit_code(found.values()) is ExitCode.NOTHING_RAN


# -- single findings, pure --------------------------------------------------------------------------------------------

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("found", "mark", "words"),
    [
        (Credentials("an SSO login", "WXYZ", True, NOON + timedelta(hours=2, minutes=5)), Status.OK, "(in 2 h 5 min)"),
        (Credentials("an SSO login", "WXYZ", True, NOON + timedelta(minutes=5)), Status.OK, "(in 5 min)"),
        (Credentials("an SSO login", "WXYZ", True, NOON - timedelta(minutes=5)), Status.NOTE, "expired at"),
        (Credentials("AWS_ACCESS_KEY_ID", "WXYZ", True), Status.OK, "until when is not known"),
        (Credentials("AWS_ACCESS_KEY_ID", "WXYZ", False), Status.OK, "key ****WXYZ"),
    ],
)
def test_until_when_credentials_are_good(found: Credentials, mark: Status, words: str) -> None:
    told = aws.credentials(found, NOON)
    assert told.status is mark
    assert words in told.text


@pytest.mark.parametrize(
    ("status", "mark"),
    [("AVAILABLE", Status.OK), ("UPDATE_FAILED", Status.OK), ("UPDATING", Status.NOTE), ("MAINTENANCE", Status.NOTE),
     ("CREATE_FAILED", Status.FAIL), ("UNAVAILABLE", Status.FAIL), ("DELETED", Status.FAIL), ("", Status.OK)],
)  # fmt: skip
def test_the_status_of_an_environment(status: str, mark: Status) -> None:
    assert aws.status(EnvironmentInfo("e", status=status)).status is mark


@pytest.mark.parametrize(
    ("error", "text", "advice"),
    [
        (NothingRan("It is over, nothing ran: run aws sso login"), "It is over", "run aws sso login"),
        (NothingRan("GetX failed in r, nothing ran: Boom: bang"), "GetX failed in r: Boom: bang", ""),
        (report.NoAnswer("No answer within 20 seconds"), "No answer within 20 seconds", "HTTPS_PROXY"),
    ],
)
def test_a_sentence_is_what_is_wrong_and_what_to_do(error: ShellError, text: str, advice: str) -> None:
    found = aws.failure("x", error)
    assert found.text == text
    assert advice in found.advice
    assert bool(advice) is bool(found.advice)


def test_a_web_server_that_tells_no_time() -> None:
    peer = TlsPeer(200, "", "TLSv1.3", "somebody", "")
    assert [one.status for one in web.dated(peer, 0.0)] == [Status.SKIP]
    assert web.tls(peer).text == "TLSv1.3, signed by somebody; HTTP 200"
    assert web.version(failed("because")).status is Status.FAIL


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        (b"", "the command ran and printed nothing, where the version was expected; "),
        (b"\n  hello\x1b[2J https://me:geheim@h\n", "the command ran and printed no version, but 'hello"),
        (b"x" * 100, f"the command ran and printed no version, but '{'x' * 60}…'; "),
    ],
)
def test_a_version_that_tells_none(printed: bytes, told: str) -> None:
    found = web.version(Result(stdout=printed))
    assert (found.status, found.text.startswith(told)) == (Status.NOTE, True)
    assert "--airflow-version" in found.advice
    shown = "".join(as_texts([found]))
    assert "\x1b" not in shown
    assert "geheim" not in shown


def test_private_addresses_are_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, "", ("10.0.1.7", 443)), (2, 1, 6, "", ("10.0.1.7", 443)), (2, 1, 6, "", ("52.1.2.3", 443))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)
    assert web.addresses("x", 443) == ["10.0.1.7 (private)", "52.1.2.3"]


# -- as a program, and as a directive ---------------------------------------------------------------------------------


def test_the_program(ward: Ward, program: list[str], environ: dict[str, str]) -> None:
    environ |= {"AWS_ENDPOINT_URL_STS": environ["AWS_ENDPOINT_URL_MWAA"]}
    ended = subprocess.run([*program, "doctor"], env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[-1] == "All is well"
    asked = [*program, "--region", "eu-west-1", "doctor", "nobody", "--json"]
    ended = subprocess.run(asked, env=environ, capture_output=True, text=True, check=False, timeout=60)
    told = json.loads(ended.stdout)
    assert (ended.returncode, told["exit_code"], told["ok"]) == (3, 3, False)
    assert not any(word in ended.stdout for word in ("not-a-secret", "AKIDEXAMPLE"))


def test_the_directive(ward: Ward, tmp_path: Path) -> None:
    with closing(Session(Settings(environment="my-env", access=ward.access))) as session:
        result = execute(session, ".doctor")
        assert (result.exit_code, result.message) == (ExitCode.OK, "")
        assert result.stdout.decode().endswith("\nAll is well\n")
        assert session.last is None  # the reply before it stays the last one
        assert json.loads(bytes(execute(session, ".doctor --json").stdout))["ok"] is True
        ward.aws = ward.double.only_tokens
        ward.double.web.close()
        result = execute(session, ".doctor")
        assert (result.exit_code, "failed" in result.message) == (ExitCode.NOTHING_RAN, True)
        assert b"FAIL  TCP" in bytes(result.stdout)
        assert execute(session, ".doctor now").exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("arguments", "doctor", "name"),
    [
        (["doctor"], True, None),
        (["doctor", "my-env"], True, "my-env"),
        (["--region", "r", "doctor", "--profile", "p", "my-env", "--json"], True, "my-env"),
        (["doctor", "-e", "my-env"], True, "my-env"),
        (["doctor", "doctor"], True, "doctor"),
        (["-e", "doctor"], False, "doctor"),
        (["my-env"], False, "my-env"),
    ],
)
def test_which_words_call_the_doctor(arguments: list[str], doctor: bool, name: str | None) -> None:
    order = read_order(read_options(arguments), {})
    assert (order.doctor, order.settings.environment) == (doctor, name)


@pytest.mark.parametrize(
    "arguments",
    [
        ["doctor", "a", "b"],
        ["a", "b"],
        ["a", "--json"],
        ["doctor", "-c", "x"],
        ["doctor", "--nope"],
        ["a", "--proxi", "http://u:canary@p"],
    ],
)
def test_words_that_make_no_sense(arguments: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        read_options(arguments)
    assert "canary" not in str(caught.value)
