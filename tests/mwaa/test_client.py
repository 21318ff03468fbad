"""What one command costs: the token, the hop, the ending. Fakes are functions."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import ExitCode, NothingRan, OutcomeUnknown
from mwaa_shell.job import Job
from mwaa_shell.mwaa.aws import CliToken
from mwaa_shell.mwaa.cli_client import CliClient, CliRequest, redirect_target
from mwaa_shell.mwaa.response import HttpResponse, Unreachable
from mwaa_shell.result import Outcome, Result

HOST = "host.example"
LIST = CliRequest("dags list", ("dags", "list"))


def replied(stdout: bytes = b"", stderr: bytes = b"", status: int = 200) -> HttpResponse:
    streams = {"stdout": base64.b64encode(stdout).decode(), "stderr": base64.b64encode(stderr).decode()}
    return HttpResponse(status, json.dumps(streams).encode())


class FakeWeb:
    """A transport that answers from a list and keeps what was posted."""

    def __init__(self, *answers: HttpResponse | Exception) -> None:
        self.answers = list(answers)
        self.posted: list[tuple[str, str, str]] = []

    def post(self, url: str, command: str, token: str, may_send: Callable[[], bool], name: str = "") -> HttpResponse:
        if not may_send():
            raise NothingRan("given up")
        self.posted.append((url, command, token))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def give_up(self) -> None:
        raise AssertionError("nobody gave up")


class Mint:
    """Hands out numbered tokens."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> CliToken:
        self.count += 1
        return CliToken(f"token-{self.count}", HOST)


def run(
    web: FakeWeb, version: Version | None = None, client: CliClient | None = None, mint: Mint | None = None
) -> Result:
    client = client or CliClient(mint or Mint(), web, 10.0)
    return Job(lambda job: client.run(LIST, version, job)).wait()


def test_each_command_has_a_token_of_its_own() -> None:
    web, mint = FakeWeb(replied(b"one\n"), replied(b"two\n")), Mint()
    client = CliClient(mint, web, 10.0)
    results = [run(web, client=client), run(web, client=client)]
    assert [result.stdout for result in results] == [b"one\n", b"two\n"]
    assert [token for _, _, token in web.posted] == ["token-1", "token-2"]


@pytest.mark.parametrize(
    ("version", "path"),
    [(None, "/aws_mwaa/cli"), (Version(2, 10, 3), "/aws_mwaa/cli"), (Version(3, 0, 6), "/aws_mwaa/cli/")],
)
def test_the_path_has_the_form_of_the_version(version: Version | None, path: str) -> None:
    web = FakeWeb(replied())
    run(web, version)
    assert web.posted == [(f"https://{HOST}{path}", "dags list", "token-1")]


def test_one_hop_keeps_body_and_token_and_is_remembered() -> None:
    hop = HttpResponse(307, b"", location=f"http://{HOST}/aws_mwaa/cli/")
    web, mint = FakeWeb(hop, replied(b"done\n"), replied()), Mint()
    client = CliClient(mint, web, 10.0)
    assert run(web, client=client).stdout == b"done\n"
    run(web, client=client)
    slash = f"https://{HOST}/aws_mwaa/cli/"
    assert web.posted[1:] == [(slash, "dags list", "token-1"), (slash, "dags list", "token-2")]


def test_a_second_redirect_is_not_followed() -> None:
    hops = [HttpResponse(307, b"", location=place) for place in ("/aws_mwaa/cli/", "/aws_mwaa/elsewhere")]
    result = run(FakeWeb(*hops))
    assert (result.outcome, result.exit_code) == (Outcome.NOT_RUN, ExitCode.NOTHING_RAN)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_leads_to_another_host(status: int) -> None:
    web = FakeWeb(HttpResponse(status, b"", location="https://evil.example/aws_mwaa/cli/"))
    result = run(web)
    assert len(web.posted) == 1
    assert (result.exit_code, "evil.example" in result.message) == (ExitCode.NOTHING_RAN, True)


@pytest.mark.parametrize(
    ("url", "location", "target"),
    [
        ("https://h/a", "/a/", "https://h/a/"),
        ("https://h/a", "http://h/a/", "https://h/a/"),
        ("https://h/a", "http://h:80/a/", "https://h/a/"),
        ("https://h/a", "https://H:443/a/?x=1", "https://h/a/?x=1"),
        ("https://h:8443/a", "http://h/a/", "https://h:8443/a/"),
        ("https://h:8443/a", "https://h:8443/a/", "https://h:8443/a/"),
        ("https://h/aws_mwaa/cli", "cli/", "https://h/aws_mwaa/cli/"),
    ],
)
def test_a_hop_stays_on_host_and_port_and_https(url: str, location: str, target: str) -> None:
    assert redirect_target(url, location) == target


@pytest.mark.parametrize(
    "location",
    ["https://other/a/", "//other/a/", "https://h:8080/a/", "https://h.other/", "https://h:x/", "http://[h/"],
)
def test_a_hop_elsewhere_is_refused(location: str) -> None:
    with pytest.raises(NothingRan):
        redirect_target("https://h/a", location)


def test_a_failed_command_says_why() -> None:
    trace = b"Traceback (most recent call last):\n  File x\nairflow.exceptions.DagNotFound: no such\n"
    result = run(FakeWeb(replied(b"", trace)))
    assert (result.outcome, result.exit_code) == (Outcome.FAILED, ExitCode.FAILED)
    assert result.message == "airflow.exceptions.DagNotFound: no such"
    assert (result.stderr, result.remote) == (trace, True)


def test_a_refusing_status_without_a_word_is_a_failure() -> None:
    assert run(FakeWeb(replied(b"", b"", 400))).message == "The command failed without a reason (HTTP 400)"


def test_an_error_body_is_kept_for_raw() -> None:
    result = run(FakeWeb(HttpResponse(404, b'{"detail": "Not Found"}')))
    assert (result.response, result.http_status) == (b'{"detail": "Not Found"}', 404)
    assert "/aws_mwaa/cli" in result.message


@pytest.mark.parametrize(
    ("error", "code"), [(NothingRan("no"), ExitCode.NOTHING_RAN), (OutcomeUnknown("perhaps"), ExitCode.UNKNOWN)]
)
def test_a_transport_failure_is_a_result(error: Exception, code: ExitCode) -> None:
    result = run(FakeWeb(error))
    assert (result.exit_code, result.message) == (code, str(error))


def test_a_token_that_is_refused_sends_nothing() -> None:
    def refuse() -> CliToken:
        raise NothingRan("no token")

    web = FakeWeb()
    client = CliClient(refuse, web, 10.0)
    assert (run(web, client=client).message, web.posted) == ("no token", [])


BUSY = HttpResponse(503, b"<title>busy</title>")


class Clock:
    """Time that passes with each pause, and with each look at the clock."""

    def __init__(self, step: float = 0.0) -> None:
        self.now, self.step = 1000.0, step
        self.pauses: list[tuple[str, float]] = []

    def __call__(self) -> float:
        self.now += self.step
        return self.now

    def pause(self, phase: str, seconds: float) -> bool:
        self.pauses.append((phase, seconds))
        self.now += seconds
        return True


def ask(web: FakeWeb, clock: Clock, monkeypatch: pytest.MonkeyPatch, *, reads: bool = True) -> Result:
    monkeypatch.setattr(Job, "pause", clock.pause)
    client = CliClient(Mint(), web, 10.0, clock=clock)
    return Job(lambda job: client.run(CliRequest("dags list", ("dags", "list"), lambda: reads), None, job)).wait()


def test_a_read_is_asked_again_ever_later_with_fresh_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    web, clock = FakeWeb(BUSY, BUSY, BUSY, BUSY, replied(b"done\n")), Clock()
    result = ask(web, clock, monkeypatch)
    assert (result.stdout, result.seconds) == (b"done\n", 15.0)
    assert clock.pauses == [("the web server is busy, trying again", seconds) for seconds in (1.0, 2.0, 4.0, 8.0)]
    assert [token for _, _, token in web.posted] == [f"token-{number}" for number in range(1, 6)]


def test_four_repeats_are_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    web = FakeWeb(*[BUSY] * 9)
    result = ask(web, Clock(), monkeypatch)
    assert (result.exit_code, result.http_status, result.response) == (ExitCode.NOTHING_RAN, 503, BUSY.body)
    assert len(web.posted) == 5


def test_twenty_seconds_are_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    web = FakeWeb(*[BUSY] * 9)
    ask(web, Clock(step=1.5), monkeypatch)
    assert len(web.posted) == 3


def test_what_may_change_something_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    web, clock = FakeWeb(BUSY), Clock()
    assert ask(web, clock, monkeypatch, reads=False).exit_code is ExitCode.NOTHING_RAN
    assert (len(web.posted), clock.pauses) == (1, [])


@pytest.mark.parametrize(
    "answer", [HttpResponse(500, b""), HttpResponse(504, b""), HttpResponse(403, b""), OutcomeUnknown("?")]
)
def test_no_other_answer_is_asked_for_again(answer: HttpResponse | Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    web = FakeWeb(answer)
    ask(web, Clock(), monkeypatch)
    assert len(web.posted) == 1


@pytest.mark.parametrize(
    ("mode", "hint"),
    [
        ("PRIVATE_ONLY", "It is private: connect through a VPN, --proxy"),
        ("PUBLIC_ONLY", "Check the network of this machine, or pass --proxy: the web server is public (PUBLIC_ONLY)"),
        ("", "If it is private: connect through a VPN"),
    ],
)
def test_unreachable_web_server_has_a_hint_of_its_mode(mode: str, hint: str) -> None:
    client = CliClient(Mint(), FakeWeb(Unreachable("no")), 10.0, lambda: mode)
    assert run(FakeWeb(), client=client).hint.startswith(hint)


def test_cancellation_during_a_token_lets_others_run_first() -> None:
    left: list[bool] = []
    web = FakeWeb()
    job: Job[Result]

    def mint() -> CliToken:
        job.give_up()
        return CliToken("late", HOST)

    client = CliClient(mint, web, 10.0)
    job = Job(lambda job: client.run(LIST, None, job, lambda: left.append(True)))
    assert job.wait().exit_code is ExitCode.NOTHING_RAN
    assert (left, web.posted) == ([True], [])


def test_after_a_404_the_other_form_is_asked_for() -> None:
    web = FakeWeb(HttpResponse(404, b""), replied(), replied(status=404))
    client = CliClient(Mint(), web, 10.0)
    for _ in range(3):
        run(web, client=client)
    assert [url.removeprefix(f"https://{HOST}") for url, _, _ in web.posted] == [
        "/aws_mwaa/cli",
        "/aws_mwaa/cli/",
        "/aws_mwaa/cli/",  # the last response was a command's own
    ]


def test_a_token_is_not_in_its_repr() -> None:
    assert "secret" not in repr(CliToken("secret", HOST))
