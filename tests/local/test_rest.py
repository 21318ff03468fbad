"""InvokeRestApi of a local environment over a real socket with real boto3; a few lines of Python are Airflow."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from mwaa_shell.airflow.rest import RestRequest
from mwaa_shell.errors import LocalProblem, NothingRan, PermissionMissing
from mwaa_shell.local import aws_api, rest_worker
from mwaa_shell.local.airflow_process import AirflowProcess
from mwaa_shell.local.aws_api import AwsApi, LocalEnvironment, Tokens, make_keys
from mwaa_shell.local.folders import LocalState
from mwaa_shell.local.http_server import AwsError, Server
from mwaa_shell.local.provision import Installation
from mwaa_shell.local.recipes import recipe_for, recipes
from mwaa_shell.local.rest import FIRST_LIMIT, RestApi, rest_api
from mwaa_shell.mwaa.aws import MwaaApi
from mwaa_shell.settings import Access

KEYS = make_keys()
LOG = Path("a/rest.log")
#: Seconds after which a test that hangs fails instead.
PATIENCE = 60.0
#: Answers each request with itself; the paths say how else.
ECHO = """
import json, os, sys
print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    job = json.loads(line)
    if job["path"] == "/hang":
        sys.stdin.read()
        os._exit(0)
    if job["path"] == "/die":
        os._exit(1)
    status = int(job["path"][1:]) if job["path"][1:].isdigit() else 200
    print(json.dumps({"status": status, "body": {**job, "detail": "as asked", "pid": os.getpid()}}), flush=True)
"""


def start(program: str = ECHO) -> Callable[[], subprocess.Popen[bytes]]:
    return lambda: subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


Make = Callable[..., RestApi]


@pytest.fixture
def make() -> Iterator[Make]:
    with ExitStack() as stack:

        def made(program: str = ECHO, prepare: Callable[[], None] = lambda: None, **limits: float | None) -> RestApi:
            api = RestApi(start(program), prepare, LOG, **limits)
            stack.callback(api.close)
            return api

        yield made


def order(path: str, **members: object) -> bytes:
    return json.dumps({"Path": path, "Method": "GET", **members}).encode()


def environments(stack: ExitStack, api: RestApi | None) -> MwaaApi:
    """Real boto3 in front of one environment with this REST API."""
    hosted = {"env": LocalEnvironment("env", "2.10.3", "127.0.0.1:1", {}, api.invoke if api else None)}
    server = Server(aws_api.handler_for(AwsApi(KEYS, Tokens(), hosted)))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    stack.callback(server.server_close)
    stack.callback(server.shutdown)
    return MwaaApi(Access(None, "local-1", f"http://127.0.0.1:{server.port}", keys=KEYS, direct=True))


def test_boto3_asks_and_is_answered(make: Make) -> None:
    with ExitStack() as stack:
        response = environments(stack, make()).invoke_rest(
            "env", RestRequest("/dags", {"limit": 2, "only_active": True})
        )
    assert isinstance(response, dict)
    assert (response["method"], response["path"], response["query"]) == (
        "GET",
        "/dags",
        {"limit": 2, "only_active": True},
    )


@pytest.mark.parametrize(("status", "code"), [(404, "RestApiClientException"), (500, "RestApiServerException")])
def test_what_airflow_refuses_has_the_form_of_aws(make: Make, status: int, code: str) -> None:
    api = make()
    with ExitStack() as stack, pytest.raises(NothingRan, match=f"HTTP {status}: as asked"):
        environments(stack, api).invoke_rest("env", RestRequest(f"/{status}"))
    with pytest.raises(AwsError) as caught:
        api.invoke(order(f"/{status}"))
    assert (caught.value.status, caught.value.code) == (400, code)


def test_an_older_airflow_has_no_rest_api() -> None:
    with ExitStack() as stack, pytest.raises(PermissionMissing, match="AWS offers no REST API for env until"):
        environments(stack, None).invoke_rest("env", RestRequest("/dags"))


@pytest.mark.parametrize("version", [str(recipe.version) for recipe in recipes()])
def test_versions_with_a_rest_api(version: str, tmp_path: Path) -> None:
    airflow = AirflowProcess(
        Installation(recipe_for(version), tmp_path), LocalState(tmp_path, tmp_path), tmp_path / "scratch"
    )
    api = rest_api(airflow)
    assert (api is None) == (version in {"1.10.12", "2.0.2", "2.2.2"})
    if api is not None:
        api.close()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "SerializationException"),
        (b"[]", "ValidationException"),
        (b'{"Path": "/dags"}', "ValidationException"),
        (order("dags"), "ValidationException"),
        (order("/dags?limit=1"), "ValidationException"),
        (order("/dags", Method="HEAD"), "ValidationException"),
        (order("/dags", QueryParameters=[1]), "ValidationException"),
    ],
)
def test_what_is_no_request_is_refused(make: Make, body: bytes, code: str) -> None:
    with pytest.raises(AwsError) as caught:
        make().invoke(body)
    assert (caught.value.status, caught.value.code) == (400, code)


def test_nothing_is_started_before_somebody_asks() -> None:
    started: list[str] = []

    def note() -> subprocess.Popen[bytes]:
        started.append("it")
        return start()()

    api = RestApi(note, lambda: None, LOG)
    assert started == []
    for _ in range(2):
        api.invoke(order("/dags"))
    api.close()
    assert started == ["it"]


def test_slow_request_fails_as_on_aws_and_the_next_works(make: Make) -> None:
    api = make(limit=0.2)
    api.invoke(order("/dags"))
    with pytest.raises(AwsError) as caught:
        api.invoke(order("/hang"))
    assert (caught.value.code, caught.value.members["RestApiStatusCode"]) == ("RestApiServerException", 504)
    assert api.invoke(order("/dags"))["RestApiStatusCode"] == 200


def test_a_start_that_takes_too_long_goes_on_without_its_request(make: Make) -> None:
    prepared = threading.Event()
    api = make(prepare=lambda: assert_true(prepared.wait(PATIENCE)), first_limit=0.05)
    with pytest.raises(AwsError) as caught:
        api.invoke(order("/hang"))
    assert caught.value.members["RestApiStatusCode"] == 504
    prepared.set()
    api._first_limit = PATIENCE
    assert api.invoke(order("/dags"))["RestApiStatusCode"] == 200


def test_shell_waits_until_a_start_has_failed(make: Make) -> None:
    with ExitStack() as stack:
        client = environments(stack, make()).client("rest")
    assert client.meta.config.read_timeout > FIRST_LIMIT


def test_without_limits_a_request_has_all_the_time(make: Make) -> None:
    prepared = threading.Event()
    api = make(prepare=lambda: assert_true(prepared.wait(PATIENCE)), limit=None, first_limit=None)
    with ThreadPoolExecutor(1) as waiting:
        answer = waiting.submit(api.invoke, order("/dags"))
        prepared.set()
        assert answer.result(PATIENCE)["RestApiStatusCode"] == 200


def assert_true(value: bool) -> None:
    assert value


def test_a_process_that_ends_is_a_failure_and_is_started_anew(make: Make) -> None:
    api = make()
    first = pid(api)
    with pytest.raises(AwsError, match=r"has ended\. Send the request again\. Its log is a/rest\.log") as caught:
        api.invoke(order("/die"))
    assert caught.value.status == 500
    assert pid(api) != first


def pid(api: RestApi) -> int:
    return int(api.invoke(order("/dags"))["RestApiResponse"]["pid"])


@pytest.mark.parametrize("program", ["", "print('no json')", "raise SystemExit(3)"])
def test_a_process_that_cannot_start_is_a_failure(make: Make, program: str) -> None:
    with pytest.raises(AwsError) as caught:
        make(program).invoke(order("/dags"))
    assert (caught.value.status, caught.value.code) == (500, "InternalServerException")


def test_dags_that_cannot_be_read_are_a_failure(make: Make) -> None:
    def prepare() -> None:
        raise LocalProblem("no DAGs")

    with pytest.raises(AwsError, match="no DAGs"):
        make(prepare=prepare).invoke(order("/dags"))


def test_requests_at_once_do_not_mix(make: Make) -> None:
    api = make()
    paths = [f"/dags/{number}" for number in range(20)]
    with ThreadPoolExecutor(8) as several:
        responses = list(several.map(lambda path: api.invoke(order(path)), paths))
    assert [response["RestApiResponse"]["path"] for response in responses] == paths


def test_closing_ends_the_process_and_who_waits_for_it() -> None:
    processes: list[subprocess.Popen[bytes]] = []

    def note() -> subprocess.Popen[bytes]:
        processes.append(start()())
        return processes[-1]

    about_to_ask = threading.Semaphore(0)
    api = RestApi(note, about_to_ask.release, LOG)
    api.invoke(order("/dags"))
    with ThreadPoolExecutor(1) as waiting:
        answer = waiting.submit(api.invoke, order("/hang"))
        assert all(about_to_ask.acquire(timeout=PATIENCE) for _ in range(2))
        api.close()
        with pytest.raises(AwsError):
            answer.result(PATIENCE)
    assert processes[0].poll() is not None
    with pytest.raises(AwsError, match="is ending"):
        api.invoke(order("/dags"))


def test_a_request_that_comes_to_its_turn_after_closing_starts_no_process() -> None:
    started: list[subprocess.Popen[bytes]] = []
    at_its_turn, closed = threading.Event(), threading.Event()

    def note() -> subprocess.Popen[bytes]:
        started.append(start()())
        return started[-1]

    def prepare() -> None:
        at_its_turn.set()
        assert closed.wait(PATIENCE)

    api = RestApi(note, prepare, LOG)
    with ThreadPoolExecutor(1) as waiting:
        answer = waiting.submit(api.invoke, order("/dags"))
        assert at_its_turn.wait(PATIENCE)
        api.close()
        closed.set()
        with pytest.raises(AwsError, match="is ending"):
            answer.result(PATIENCE)
    assert started == []


def test_query_parameters_as_http_has_them() -> None:
    query: dict[str, Any] = {"limit": 1, "paused": False, "tags": ["a b", "c&"], "none": None, "order_by": "-run_after"}
    assert rest_worker.query_string(query) == "limit=1&paused=false&tags=a+b&tags=c%26&order_by=-run_after"


def test_what_the_application_answers_is_passed_on() -> None:
    job = {"method": "GET", "path": "/x", "query": {}, "body": {"a": 1}}
    seen: list[bytes | None] = []

    def ask(method: str, path: str, query: str, body: bytes | None) -> tuple[int, bytes]:
        seen.append(body)
        return 200, [b'{"b": 2}', b"", b"<html>"][len(seen) - 1]

    assert [rest_worker.answer(ask, job)["body"] for _ in range(3)] == [{"b": 2}, None, "<html>"]
    assert json.loads(seen[0] or b"") == {"a": 1}


def test_what_the_application_throws_is_500(capsys: pytest.CaptureFixture[str]) -> None:
    def ask(method: str, path: str, query: str, body: bytes | None) -> tuple[int, bytes]:
        raise RuntimeError("broken")

    job: dict[str, Any] = {"method": "GET", "path": "/x", "query": {}, "body": None}
    assert rest_worker.answer(ask, job)["status"] == 500
    assert "broken" in capsys.readouterr().err


#: As much of Airflow 2 as the worker touches.
FAKE = """
import contextlib, threading, types

class App:
    @contextlib.contextmanager
    def test_client(self):
        yield self

    def open(self, path, method, query_string, data, content_type):
        if path == "/api/v1/hang":
            print("hanging", flush=True)
            threading.Event().wait()
        return types.SimpleNamespace(status_code=200, get_data=lambda: b'{"path": "%s"}' % path.encode())

def create_app(config):
    print("noise on standard output")
    assert config == {"AUTH_ROLE_PUBLIC": "Admin"}
    return App()
"""


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The worker itself in front of a fake Airflow 2."""
    (tmp_path / "airflow" / "www").mkdir(parents=True)
    (tmp_path / "airflow" / "__init__.py").write_text("__version__ = '2.10.3'")
    (tmp_path / "airflow" / "www" / "app.py").write_text(FAKE)
    with subprocess.Popen(
        [sys.executable, rest_worker.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PYTHONPATH": str(tmp_path)},
    ) as process:
        yield process


def say(worker: subprocess.Popen[bytes], path: str) -> None:
    assert worker.stdin is not None
    worker.stdin.write(json.dumps({"method": "GET", "path": path, "query": {}, "body": None}).encode() + b"\n")
    worker.stdin.flush()


def test_the_worker_answers_and_keeps_noise_apart(worker: subprocess.Popen[bytes]) -> None:
    say(worker, "/dags")
    assert worker.stdout is not None
    assert json.loads(worker.stdout.readline()) == {"ready": True}
    assert json.loads(worker.stdout.readline()) == {"status": 200, "body": {"path": "/api/v1/dags"}}


def test_the_worker_ends_with_its_standard_input_whatever_it_does(worker: subprocess.Popen[bytes]) -> None:
    say(worker, "/hang")
    assert worker.stderr is not None
    assert worker.stdin is not None
    assert any(b"hanging" in line for line in worker.stderr)
    worker.stdin.close()
    assert worker.wait(PATIENCE) == 0
