"""The whole examination against a double of MWAA, with one thing wrong at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from unittest.mock import Mock

import pytest

from mwaa_shell.doctor import environment, examine
from mwaa_shell.doctor.environment import CHECKS, LIMIT, Check, Examination, NoAnswer
from mwaa_shell.doctor.report import CheckResult, Finding, Status, as_text, as_texts, exit_code
from mwaa_shell.dot_commands.environment import examined_session
from mwaa_shell.errors import ExitCode, NothingRan, ShellError, UsageError
from mwaa_shell.launch import make_plan
from mwaa_shell.mwaa.aws import Credentials
from mwaa_shell.mwaa.aws_errors import read_date
from mwaa_shell.options import read_options
from mwaa_shell.result import Result, failed
from mwaa_shell.session import Session
from mwaa_shell.settings import Access, Settings
from tests.double import NOT_UPDATED, WEB_NAME, Behave, Double, LogsDouble, Request, command_response, refusal, response
from tests.proxies import ConnectProxy, Forwarder
from tests.sessions import execute
from tests.terminal.forked import Forks

LOGS_URL = "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS"
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
        self.sts: Behave = lambda request: dated(response(200, STS, {"Content-Type": "text/xml"}))
        self.aws: Behave = double.answer_aws
        double.aws.behave = self._answer
        double.rest["/dags"] = {"dags": [], "total_entries": 0}
        double.rest["/variables"] = {"variables": [], "total_entries": 0}
        double.web.behave = lambda request: command_response(b"2.10.3\n") if request.body else response(403, b"")

    def _answer(self, request: Request) -> bytes | None:
        of_sts = request.path == "/" and "x-amz-target" not in request.headers
        return self.sts(request) if of_sts else self.aws(request)

    def findings(self, name: str | None = "my-env", **access: object) -> dict[str, CheckResult]:
        """What is found, by name; every check is in it once."""
        way = self.access._replace(**access)  # type: ignore[arg-type]
        with closing(Session(Settings(environment=name, access=way))) as session:
            found = list(examine(examined_session(session)))
        assert len({one.name for one in found}) == len(found)
        text = "".join(as_texts(found))
        assert not any(word in text for word in ("not-a-secret", "AKIDEXAMPLE", "canary", *self.double.tokens))
        return {one.name: one for one in found}


def dated(answer: bytes, ahead: float = 0) -> bytes:
    """A response with a date, by a clock that is so many seconds ahead."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=ahead), usegmt=True)
    return answer.replace(b"\r\n", f"\r\nDate: {date}\r\n".encode(), 1)


@pytest.fixture
def ward(double: Double, bundle: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ward:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", f"http://127.0.0.1:{double.aws.port}")
    monkeypatch.setenv("AWS_ENDPOINT_URL_MWAA", f"http://127.0.0.1:{double.aws.port}")
    monkeypatch.setenv(LOGS_URL, f"http://127.0.0.1:{double.aws.port}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    double.logs = LogsDouble(tmp_path / "logs")
    double.logs.write("airflow-my-env-Task", "attempt=1.log", "a line\n")
    arn = "arn:aws:logs:eu-west-1:123456789012:log-group:airflow-my-env-Task:*"
    double.more["LoggingConfiguration"] = {
        "TaskLogs": {"Enabled": True, "LogLevel": "INFO", "CloudWatchLogGroupArn": arn}
    }
    return Ward(double, Access(region="eu-west-1", ca_bundle=bundle, timeout=20))


REMOTE = tuple(check.name for check in CHECKS)


def test_all_is_well(ward: Ward) -> None:
    found = ward.findings()
    assert {name: found[name].status for name in REMOTE} == dict.fromkeys(REMOTE, Status.OK)
    assert found["identity"].text.startswith(CALLER)
    assert found["credentials"].text == "from AWS_ACCESS_KEY_ID, key ****MPLE"
    assert found["environment"].text == "AVAILABLE"
    assert "Airflow 2.10.3" in found["GetEnvironment"].text
    assert found["TLS"].text.startswith("TLSv1.")
    assert found["version"].text.startswith("Airflow 2.10.3")
    assert ward.double.commands == ["", "version"]  # a page without a token, and one command
    assert "authorization" not in ward.double.web.seen[0].headers
    assert len(ward.double.tokens) == 2  # one thrown away, one for the command
    assert ward.double.web.seen[1].headers["authorization"] == f"Bearer {ward.double.tokens[1]}"
    assert [call["Path"] for call in ward.double.rest_calls] == ["/dags", "/variables"]


def test_the_only_environment_is_taken(ward: Ward) -> None:
    assert ward.findings(None)["version"].status is Status.OK


def test_several_environments_and_none_named(ward: Ward) -> None:
    ward.double.names = ("a", "b")
    found = ward.findings(None)
    assert (found["ListEnvironments"].status, found["ListEnvironments"].text) == (
        Status.NOTE,
        "permitted: a, b",
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
        (("/webtoken",), "CreateWebLoginToken", Status.NOTE),
    ],
)
def test_a_permission_that_is_missing(ward: Ward, paths: tuple[str, ...], name: str, mark: Status) -> None:
    ward.aws = deny(*paths)(ward)
    found = ward.findings()
    assert (found[name].status, found[name].text) == (mark, f"airflow:{name} is not permitted")
    assert found[name].advice
    assert (found["version"].status is Status.SKIP) is (mark is Status.FAIL)


@pytest.mark.parametrize("name", ["DescribeLogStreams", "GetLogEvents"])
def test_a_permission_on_logs_that_is_missing(ward: Ward, name: str) -> None:
    assert ward.double.logs is not None
    ward.double.logs.denied = {name}
    found = ward.findings()
    assert (found[name].status, found[name].text) == (Status.NOTE, f"logs:{name} is not permitted")


def test_the_one_permission_that_is_needed(ward: Ward) -> None:
    ward.aws = ward.double.only_tokens
    found = ward.findings()
    assert [name for name in REMOTE if found[name].status is Status.NOTE] == [
        "ListEnvironments", "GetEnvironment", "InvokeRestApi", "CreateWebLoginToken",
    ]  # fmt: skip
    assert [name for name in REMOTE if found[name].status is Status.SKIP] == [
        "environment", "access", "DescribeLogStreams", "GetLogEvents",
    ]  # fmt: skip
    assert found["version"].status is Status.OK
    assert exit_code(found.values()) is ExitCode.OK


def test_an_environment_that_does_not_exist(ward: Ward) -> None:
    found = ward.findings("my-evn")
    assert (found["GetEnvironment"].status, found["GetEnvironment"].advice) == (Status.FAIL, "there are my-env")
    assert ward.double.tokens == []
    assert exit_code(found.values()) is ExitCode.NOTHING_RAN


def test_an_environment_without_a_rest_api(ward: Ward) -> None:
    ward.aws = lambda request: NOT_UPDATED if "/restapi/" in request.path else ward.double.answer_aws(request)
    assert "until it is updated" in ward.findings()["InvokeRestApi"].text


def test_a_role_that_may_not_read_variables(ward: Ward) -> None:
    del ward.double.rest["/variables"]
    found = ward.findings()["InvokeRestApi"]
    assert (found.status, "HTTP 404" in found.text) == (Status.NOTE, True)
    assert ".export and .import require an Airflow role" in found.advice


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
    ward.sts = lambda request: dated(response(403, error, {"Content-Type": "text/xml"}))
    found = ward.findings()
    assert found["identity"].status is Status.FAIL
    assert found["clock"].status is Status.OK
    assert found["CreateCliToken"].status is Status.SKIP


def test_sts_is_out_of_reach_and_nobody_minds(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    ward.double.web.behave = lambda request: (
        command_response(b"2.10.3\n") if request.body else dated(response(403, b""), ahead=-60)
    )
    found = ward.findings()
    assert (found["identity"].status, found["version"].status) == (Status.NOTE, Status.OK)
    assert "ahead of that of the web server" in found["clock"].text


@pytest.mark.parametrize(
    "answer", [response(200, b"<html>"), response(403, b"{}"), response(200, b"<a/>"), b"nonsense\r\n\r\n"]
)
def test_what_stands_between_here_and_sts_says_something_else(ward: Ward, answer: bytes) -> None:
    ward.sts = lambda request: answer
    found = ward.findings()
    assert (found["identity"].status, found["version"].status) == (Status.NOTE, Status.OK)


@pytest.mark.parametrize(("ahead", "mark"), [(60, Status.NOTE), (-60, Status.NOTE), (900, Status.FAIL), (1, Status.OK)])
def test_the_clock(ward: Ward, ahead: float, mark: Status) -> None:
    ward.sts = lambda request: dated(response(200, STS, {"Content-Type": "text/xml"}), ahead)
    assert ward.findings()["clock"].status is mark


@pytest.mark.parametrize("header", ["", "nonsense", "Mon, 99 Foo", "\x00", "9" * 500])
def test_a_date_that_is_none(header: str) -> None:
    assert read_date(header) is None


def test_what_hangs_is_left(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = Examination._ask

    def ask_briefly(self: Examination, phase: str, call: Callable[[], object], limit: float = LIMIT) -> object:
        return ask(self, phase, call, 0.3 if phase == "listing environments" else limit)

    monkeypatch.setattr(Examination, "_ask", ask_briefly)
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
        response(200, {"Environment": told})
        if request.path == "/environments/my-env"
        else ward.double.answer_aws(request)
    )
    found = ward.findings()
    assert (found["TCP"].status, found["TLS"].text) == (Status.FAIL, "TCP failed")
    assert f"no connection to port {port} of 127.0.0.1" in found["TCP"].text
    assert all(word in found["TCP"].advice for word in ("private", "--proxy", "--connect-to"))
    assert ward.double.commands == []


def test_a_web_server_that_is_somebody_else(ward: Ward, bundle: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_CA_BUNDLE", raising=False)
    found = ward.findings(ca_bundle=None)
    assert (found["TCP"].status, found["TLS"].status, found["version"].status) == (Status.OK, Status.FAIL, Status.SKIP)
    assert "could not be verified" in found["TLS"].text


@pytest.fixture
def proxy(double: Double) -> Iterator[ConnectProxy]:
    with closing(ConnectProxy({WEB_NAME: ("127.0.0.1", double.web.port)}, credentials="user:canary")) as running:
        yield running


def test_through_a_proxy(ward: Ward, proxy: ConnectProxy) -> None:
    ward.double.host_name = WEB_NAME
    found = ward.findings(proxy=f"http://user:canary@127.0.0.1:{proxy.port}")
    assert found["proxy"].text == f"through the proxy http://127.0.0.1:{proxy.port} (--proxy)"
    assert found["DNS"].text.endswith("(the proxy looks up the web server)")
    assert found["version"].status is Status.OK
    assert proxy.relayed == 2


def test_a_proxy_that_wants_a_password(ward: Ward, proxy: ConnectProxy) -> None:
    found = ward.findings(proxy=f"http://127.0.0.1:{proxy.port}")
    assert (found["TCP"].status, found["TLS"].status) == (Status.OK, Status.FAIL)
    assert "requires a user and a password" in found["TLS"].text


def test_a_variable_that_names_no_proxy(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "ftp://user:canary@p.example")
    monkeypatch.setenv("NO_PROXY", "")
    found = ward.findings()
    assert (found["proxy"].status, found["DNS"].status) == (Status.FAIL, Status.SKIP)
    assert "ALL_PROXY" in found["proxy"].text


def test_tunnel_is_open_and_then_closed(ward: Ward) -> None:
    ward.double.host_name = WEB_NAME
    tunnel = Forwarder(("127.0.0.1", ward.double.web.port))
    way = (f"::127.0.0.1:{tunnel.port}",)
    assert ward.findings(connect_to=way)["version"].status is Status.OK
    tunnel.close()
    found = ward.findings(connect_to=way)
    assert (found["TCP"].status, "--connect-to" in found["TCP"].advice) == (Status.FAIL, True)


def test_a_command_that_fails(ward: Ward) -> None:
    ward.double.web.behave = lambda request: response(403, b"") if request.body else response(200, b"")
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
        (Credentials("AWS_ACCESS_KEY_ID", "WXYZ", True), Status.OK, "with an unknown end"),
        (Credentials("AWS_ACCESS_KEY_ID", "WXYZ", False), Status.OK, "key ****WXYZ"),
    ],
)
def test_until_when_credentials_are_good(found: Credentials, mark: Status, words: str) -> None:
    told = environment.credentials(found, NOON)
    assert told.status is mark
    assert words in told.text


@pytest.mark.parametrize(
    ("status", "mark"),
    [("AVAILABLE", Status.OK), ("UPDATE_FAILED", Status.OK), ("UPDATING", Status.NOTE), ("MAINTENANCE", Status.NOTE),
     ("CREATE_FAILED", Status.FAIL), ("UNAVAILABLE", Status.FAIL), ("DELETED", Status.FAIL), ("", Status.OK)],
)  # fmt: skip
def test_the_status_of_an_environment(status: str, mark: Status) -> None:
    assert environment.status(status).status is mark


@pytest.mark.parametrize(
    ("error", "text", "advice"),
    [
        (NothingRan("It has expired", hint="Run aws sso login."), "It has expired", "Run aws sso login."),
        (NothingRan("GetX failed in r"), "GetX failed in r", ""),
        (NoAnswer("No answer within 20 seconds"), "No answer within 20 seconds", "HTTPS_PROXY"),
    ],
)
def test_a_sentence_is_what_is_wrong_and_what_to_do(error: ShellError, text: str, advice: str) -> None:
    def fail(examination: Examination) -> Finding:
        raise error

    found = Examination(Mock())._try(Check("x", fail))
    assert (found.status, found.text) == (Status.FAIL, text)
    assert advice in found.advice
    assert bool(advice) is bool(found.advice)


def test_a_command_that_failed_says_why() -> None:
    assert environment.version(failed("because")) == Finding(Status.FAIL, "because")
    assert environment.version(failed("busy", hint="Wait.")).advice == "Wait."
    assert environment.version(failed("refused", hint="Run .doctor.")).advice == (
        "run version, then see the response with .raw --http"
    )


@pytest.mark.parametrize(
    ("printed", "told"),
    [
        (b"", "the command ran and printed nothing, where the version was expected ("),
        (b"\n  hello\x1b[2J https://me:geheim@h\n", "the command ran and printed no version, but 'hello"),
        (b"x" * 100, f"the command ran and printed no version, but '{'x' * 60}…' ("),
    ],
)
def test_a_version_that_tells_none(printed: bytes, told: str) -> None:
    found = environment.version(Result(stdout=printed))
    assert (found.status, found.text.startswith(told)) == (Status.NOTE, True)
    assert "--airflow-version" in found.advice
    shown = as_text(CheckResult("version", *found))
    assert "\x1b" not in shown
    assert "geheim" not in shown


def test_private_addresses_are_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, "", ("10.0.1.7", 443)), (2, 1, 6, "", ("10.0.1.7", 443)), (2, 1, 6, "", ("52.1.2.3", 443))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)
    assert environment.addresses("x", 443) == ["10.0.1.7 (private)", "52.1.2.3"]


# -- as a program, and as a dot-command --------------------------------------------------------------------------------


def test_the_program(ward: Ward, program: list[str], environ: dict[str, str], forks: Forks) -> None:
    environ |= dict.fromkeys(("AWS_ENDPOINT_URL_STS", LOGS_URL), environ["AWS_ENDPOINT_URL_MWAA"])
    ended = forks.run([*program, "doctor"], environ)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.stdout.splitlines()[-1] == b"No problems found"
    asked = [*program, "--region", "eu-west-1", "doctor", "nobody", "--json"]
    ended = forks.run(asked, environ)
    told = json.loads(ended.stdout)
    assert (ended.returncode, told["exit_code"], told["ok"]) == (3, 3, False)
    assert not any(word in ended.stdout for word in (b"not-a-secret", b"AKIDEXAMPLE"))


def test_no_command_is_said_to_run_where_none_was_tried(
    ward: Ward, program: list[str], environ: dict[str, str], forks: Forks
) -> None:
    environ |= dict.fromkeys(("AWS_ENDPOINT_URL_STS", LOGS_URL), environ["AWS_ENDPOINT_URL_MWAA"])
    ward.double.names = ("a", "b")
    ended = forks.run([*program, "doctor"], environ)
    assert (ended.returncode, ward.double.commands) == (0, [])
    assert ended.stdout.splitlines()[-1] == b"1 to note: no command was tried"


def test_the_dot_command(ward: Ward, tmp_path: Path) -> None:
    with closing(Session(Settings(environment="my-env", access=ward.access))) as session:
        result = execute(session, ".doctor")
        assert (result.exit_code, result.message) == (ExitCode.OK, "")
        assert result.stdout.decode().endswith("\nNo problems found\n")
        assert session.last_result is None  # the response before it stays the last one
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
    options = read_options(arguments)
    assert (options.doctor, make_plan(options, {}).settings.environment) == (doctor, name)


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
