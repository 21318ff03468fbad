"""The two local endpoints over real sockets, with real boto3 on one side; the airflow program is a function here."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from mwaa_shell.errors import CredentialsProblem, EnvironmentNotFound, LocalProblem
from mwaa_shell.local import aws_api, web_server
from mwaa_shell.local.airflow_process import Answer
from mwaa_shell.local.aws_api import AwsApi, LocalEnvironment, Tokens, make_keys
from mwaa_shell.local.http_server import MAX_BODY, AwsError, Server
from mwaa_shell.local.web_server import AT_ONCE, LOGIN_PATH, NO_LIMITS, CliEndpoint, Limits, Recorder, Refusal
from mwaa_shell.mwaa.aws import MwaaApi
from mwaa_shell.settings import Access, AccessKey

KEYS = make_keys()
NAMES = [f"env-{number:02}" for number in range(30)]
#: Seconds after which a test that hangs fails instead.
PATIENCE = 60.0
HOSTED = {name: LocalEnvironment(name, "2.10.3", "127.0.0.1:1") for name in NAMES}


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def api() -> Iterator[Server]:
    server = Server(aws_api.handler_for(AwsApi(KEYS, Tokens(), HOSTED)))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def environments(api: Server, keys: AccessKey = KEYS) -> MwaaApi:
    return MwaaApi(Access(None, "local-1", f"http://127.0.0.1:{api.port}", keys=keys, direct=True))


def test_boto3_lists_describes_and_mints(api: Server) -> None:
    aws = environments(api)
    assert aws.names() == NAMES
    assert (aws.describe("env-03").name, str(aws.describe("env-03").version)) == ("env-03", "2.10.3")
    assert aws.cli_token("env-03").token != aws.cli_token("env-03").token


def test_boto3_meets_the_errors_of_aws(api: Server) -> None:
    with pytest.raises(EnvironmentNotFound):
        environments(api).describe("nope")
    with pytest.raises(CredentialsProblem):
        environments(api, AccessKey("LOCALOTHER", "x")).names()


def test_each_web_login_has_a_token_of_its_own(api: Server) -> None:
    aws = environments(api)
    assert aws.web_login("env-00").host == "127.0.0.1:1"
    assert aws.web_login("env-00").token != aws.web_login("env-00").token
    with pytest.raises(EnvironmentNotFound):
        aws.web_login("nope")


@pytest.mark.parametrize(
    ("query", "first", "more"), [("MaxResults=2", "env-00", True), ("NextToken=29", "env-29", False)]
)
def test_pages(query: str, first: str, more: bool) -> None:
    page = AwsApi(KEYS, Tokens(), HOSTED).operate("GET", f"/environments?{query}")
    assert (page["Environments"][0], "NextToken" in page) == (first, more)


@pytest.mark.parametrize("query", ["MaxResults=0", "MaxResults=26", "NextToken=x"])
def test_pages_that_do_not_exist(query: str) -> None:
    with pytest.raises(AwsError, match="MaxResults"):
        AwsApi(KEYS, Tokens(), HOSTED).operate("GET", f"/environments?{query}")


def test_a_request_that_is_not_signed_is_refused(api: Server) -> None:
    assert requests.get(f"http://127.0.0.1:{api.port}/environments", timeout=30).status_code == 403


def test_tokens_live_sixty_seconds_and_belong_to_one_environment() -> None:
    clock = Clock()
    tokens = Tokens(clock)
    header = f"Bearer {tokens.mint('a')}"
    assert tokens.accepts(header, "a")
    assert not tokens.accepts(header, "b")
    assert not tokens.accepts(header.removeprefix("Bearer "), "a")
    clock.now = 59.9
    assert tokens.accepts(header, "a")
    clock.now = 60.0
    assert not tokens.accepts(header, "a")


class Airflow:
    """The airflow program as a function that keeps its arguments."""

    def __init__(self, code: int = 0) -> None:
        self.code = code
        self.arguments: list[list[str]] = []

    def __call__(self, arguments: list[str]) -> Answer:
        self.arguments.append(arguments)
        return Answer(self.code, b"out\xff\n", b"err\n")


def endpoint(
    airflow: web_server.RunAirflow, major: int = 2, folder: Path | None = None, limits: Limits = NO_LIMITS
) -> tuple[CliEndpoint, str]:
    tokens = Tokens()
    made = CliEndpoint("env", major, airflow, tokens, Recorder(folder), limits)
    return made, f"Bearer {tokens.mint('env')}"


@pytest.mark.parametrize(("code", "status"), [(0, 200), (1, 200), (2, 400), (-9, 200)])
def test_argparse_errors_are_400_and_all_else_200(code: int, status: int) -> None:
    made, token = endpoint(Airflow(code))
    assert made.answer(token, b"version") == (
        status,
        {"stdout": base64.b64encode(b"out\xff\n").decode(), "stderr": base64.b64encode(b"err\n").decode()},
    )


def test_a_command_is_split_as_a_shell_splits() -> None:
    airflow = Airflow()
    made, token = endpoint(airflow)
    made.answer(token, b'dags trigger x -c \'{"a": "b c"}\' "it\'s" a\\ b # c')
    assert airflow.arguments == [["dags", "trigger", "x", "-c", '{"a": "b c"}', "it's", "a b", "#", "c"]]


@pytest.mark.parametrize("token", ["", "Bearer x", "Basic abc", "Bearer "])
def test_a_missing_or_foreign_token_is_forbidden(token: str) -> None:
    airflow = Airflow()
    assert endpoint(airflow)[0].answer(token, b"version") == (403, {"message": "Forbidden"})
    assert airflow.arguments == []


@pytest.mark.parametrize("body", [b"x 'y", b"\xff"])
def test_a_body_that_cannot_be_split_is_500(body: bytes) -> None:
    made, token = endpoint(Airflow())
    assert made.answer(token, body)[0] == 500


def test_an_airflow_that_is_gone_is_500() -> None:
    def gone(arguments: list[str]) -> Answer:
        raise LocalProblem("it ended")

    made, token = endpoint(gone)
    assert made.answer(token, b"version") == (500, {"message": "it ended"})


class SlowAirflow:
    """The airflow program as a function that ends when a test says so."""

    def __init__(self) -> None:
        self.inside, self.leave, self.ended = threading.Semaphore(0), threading.Event(), threading.Semaphore(0)

    def __call__(self, arguments: list[str]) -> Answer:
        self.inside.release()
        assert self.leave.wait(PATIENCE)
        self.ended.release()
        return Answer(0, b"late", b"")


def many(airflow: SlowAirflow, made: CliEndpoint, token: str, count: int) -> list[threading.Thread]:
    """Commands that run all at a time."""
    threads = [threading.Thread(target=made.answer, args=(token, b"x")) for _ in range(count)]
    for thread in threads:
        thread.start()
        assert airflow.inside.acquire(timeout=PATIENCE)
    return threads


def test_a_fifth_command_at_once_is_503_with_limits() -> None:
    airflow = SlowAirflow()
    made, token = endpoint(airflow, limits=Limits(lambda arguments: None))
    threads = many(airflow, made, token, AT_ONCE)
    assert made.answer(token, b"x")[0] == 503
    airflow.leave.set()
    for thread in threads:
        thread.join()
    assert made.answer(token, b"x")[0] == 200


def test_any_number_of_commands_runs_at_once_without_limits() -> None:
    airflow = SlowAirflow()
    threads = many(airflow, *endpoint(airflow), AT_ONCE + 1)
    airflow.leave.set()
    for thread in threads:
        thread.join()


def test_the_gateway_stops_waiting_and_the_command_goes_on(tmp_path: Path) -> None:
    airflow = SlowAirflow()
    made, token = endpoint(airflow, folder=tmp_path, limits=Limits(lambda arguments: None, at_once=1, gateway=0.01))
    server = Server(web_server.handler_for(made))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    url, headers = f"http://127.0.0.1:{server.port}/aws_mwaa/cli", {"Authorization": token}
    gone = requests.post(url, data="dags test x", headers=headers, timeout=PATIENCE)
    assert (gone.status_code, gone.headers["Content-Type"]) == (504, "text/html")
    assert "<title>504 Gateway Time-out</title>" in gone.text
    assert requests.post(url, data="version", headers=headers, timeout=PATIENCE).status_code == 503, (
        "it holds its place"
    )
    airflow.leave.set()
    assert airflow.ended.acquire(timeout=PATIENCE)
    server.shutdown()
    server.server_close()


def test_a_refused_command_does_not_reach_airflow() -> None:
    airflow = Airflow()
    made, token = endpoint(airflow, limits=Limits(lambda arguments: Refusal(403, f"Forbidden: {arguments[0]}")))
    assert made.answer(token, b"webserver -p 8080") == (403, {"message": "Forbidden: webserver"})
    assert made.answer("Bearer x", b"webserver") == (403, {"message": "Forbidden"})
    assert airflow.arguments == []


def test_exchanges_are_recorded(tmp_path: Path) -> None:
    made, token = endpoint(Airflow(1), folder=tmp_path)
    made.answer(token, b"dags list")
    assert (tmp_path / "0001.stdout").read_bytes() == b"out\xff\n"
    assert json.loads((tmp_path / "0001.json").read_text()) == {
        "environment": "env", "command": "dags list", "code": 1,
    }  # fmt: skip


@pytest.fixture(params=[2, 3])
def web(request: pytest.FixtureRequest) -> Iterator[tuple[int, str, str]]:
    made, token = endpoint(Airflow(), request.param)
    server = Server(web_server.handler_for(made))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield request.param, f"http://127.0.0.1:{server.port}", token
    server.shutdown()
    server.server_close()


def test_a_browser_is_told_that_there_are_no_pages(web: tuple[int, str, str]) -> None:
    _, url, _ = web
    login, page = (requests.get(url + path, timeout=30) for path in (f"{LOGIN_PATH}?login=true", "/dags/x/grid"))
    assert (login.status_code, page.status_code) == (200, 404)
    assert "is a local environment, which has no web pages" in login.text == page.text


def test_paths_of_the_major_versions(web: tuple[int, str, str]) -> None:
    major, url, token = web

    def post(path: str) -> requests.Response:
        headers = {"Authorization": token}
        return requests.post(url + path, data="version", headers=headers, allow_redirects=False, timeout=30)

    plain, slash = post("/aws_mwaa/cli"), post("/aws_mwaa/cli/")
    assert (plain.status_code, slash.status_code) == ((200, 404) if major == 2 else (307, 200))
    if major == 3:
        assert plain.headers["Location"] == url.replace("http:", "https:") + "/aws_mwaa/cli/"
    assert post("/elsewhere").status_code == 404
    assert requests.get(url + "/aws_mwaa/cli", timeout=30).status_code == 405
    assert requests.head(url + "/", timeout=30).status_code == 404


def test_a_body_that_is_too_long_is_413(web: tuple[int, str, str]) -> None:
    _, url, token = web
    answer = requests.post(
        f"{url}/aws_mwaa/cli", data=b"x" * (MAX_BODY + 1), headers={"Authorization": token}, timeout=PATIENCE
    )
    assert answer.status_code == 413
