"""Faults of the token call send no command, and repeat within limits."""

from __future__ import annotations

import time
from dataclasses import dataclass
from email.utils import formatdate
from types import SimpleNamespace

import botocore.endpoint
import pytest

from mwaa_shell.result import Outcome
from mwaa_shell.session.environment import load_environment_info
from tests.double import Behave, Double, Request, cut_off, never, refusal, response
from tests.faults import behaviours as b
from tests.faults.conftest import Make, Program
from tests.sessions import execute

CHANGE = "dags trigger daily"
#: How often botocore tries what may pass: 3 or 5 times, which is its own business.
TRIES = range(2, 6)


@dataclass(frozen=True)
class Fault:
    """A fault of the token call, its message and whether the call is repeated."""

    name: str
    behave: Behave
    words: str
    tried_again: bool | None = False  #: ``None`` where that depends on who is faster
    timeout: float = 20.0


def fault(name: str, answer: bytes | Behave, words: str, **more: object) -> Fault:
    behave = b.always(answer) if isinstance(answer, bytes) else answer
    return Fault(name, behave, words, **more)  # type: ignore[arg-type]


def dated(answer: bytes, minutes: float) -> Behave:
    """A response of a server whose clock is so many minutes ahead."""

    def behave(request: Request) -> bytes:
        head, _, rest = answer.partition(b"\r\n")
        return head + b"\r\nDate: " + formatdate(time.time() + minutes * 60, usegmt=True).encode() + b"\r\n" + rest

    return behave


SIGNATURE = refusal(403, "InvalidSignatureException", "Signature expired: 20261122T100000Z is now earlier than")
SCOPE = refusal(403, "InvalidSignatureException", "Credential should be scoped to a valid region.")
FAULTS = (
    fault("throttled", refusal(429, "ThrottlingException", "Rate exceeded"),
          "AWS throttled CreateCliToken for my-env. Nothing was sent.", tried_again=True),
    fault("throttled with 400", refusal(400, "ThrottlingException", "x"), "AWS throttled", tried_again=True),
    fault("denied", refusal(403, "AccessDeniedException", "not you"),
          "airflow:CreateCliToken on my-env is not permitted for these credentials. Nothing was sent."),
    fault("403 without a word", response(403, b""), "airflow:CreateCliToken on my-env is not permitted"),
    fault("expired", refusal(403, "ExpiredTokenException", "The security token included in the request is expired"),
          "hint: Switch to a profile with .use my-env --profile NAME, or restart with new keys."),
    fault("unknown key", refusal(403, "UnrecognizedClientException", "The token is invalid"),
          "AWS does not know these credentials. Nothing was sent."),
    fault("wrong secret", dated(SIGNATURE, 0), "the secret key or this machine's clock is wrong"),
    fault("clock behind", dated(SIGNATURE, 20), "the clock of this machine is 19 minutes slow. Nothing was sent."),
    fault("clock ahead", dated(SIGNATURE, -20), "the clock of this machine is 20 minutes fast. Nothing was sent."),
    fault("wrong region", dated(SCOPE, 0), "). Nothing was sent.\nmwaa-shell: hint: Check the name of the region."),
    fault("no such environment", refusal(404, "ResourceNotFoundException", "x"), "No environment 'my-env' in"),
    fault("404 of something else", response(404, b"<html>"), "CreateCliToken for my-env failed (404"),
    fault("500", refusal(500, "InternalServerException", "x"), "failed (InternalServerEx", tried_again=True),
    fault("502", response(502, b"<html>"), "CreateCliToken for my-env failed (502", tried_again=True),
    fault("503", refusal(503, "ServiceUnavailableException", "x"), "failed (ServiceUnavailable", tried_again=True),
    fault("400", refusal(400, "ValidationException", "name"), "failed (ValidationException: name)"),
    fault("HTML", response(200, b"<html>"), "Nothing "),
    fault("bad JSON", response(200, b'{"CliToken": "t'), "Nothing "),
    fault("a list", response(200, b"[1]"), "Nothing "),
    fault("an empty body", response(200, b""), "holds no token or host. Nothing was sent."),
    fault("no token", response(200, {"WebServerHostname": "h"}), "holds no token or host. Nothing was sent."),
    fault("no host", response(200, {"CliToken": "t0ken"}), "holds no token or host. Nothing was sent."),
    fault("a host with a path", response(200, {"CliToken": "t0ken", "WebServerHostname": "evil.example/x"}),
          "holds no token or host. Nothing was sent."),
    fault("a host with a user", response(200, {"CliToken": "t0ken", "WebServerHostname": "h@evil.example"}),
          "holds no token or host. Nothing was sent."),
    fault("a reset", b.reset, "Nothing ", tried_again=True),
    fault("half a reply", cut_off(response(200, {"CliToken": "t0ken", "WebServerHostname": "h" * 500}), 200), "Nothing",
          tried_again=None),
    fault("no HTTP", b"nonsense\r\n\r\n", "Nothing ", tried_again=True),
    fault("a hang", never, "AWS did not answer within 0.6 seconds", timeout=0.6, tried_again=None),
    fault("slow", b.drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"), "AWS did not answer within 0.6 seconds",
          timeout=0.6, tried_again=None),
)  # fmt: skip


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits of botocore between its tries, which tests skip."""
    seconds: list[float] = []
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=seconds.append))
    return seconds


def only_for_tokens(double: Double, behave: Behave) -> None:
    """Let a behaviour hold for CreateCliToken alone."""
    double.aws.behave = lambda request: (behave if "clitoken" in request.path else double.answer_aws)(request)


def asked_for_tokens(double: Double) -> int:
    return sum("clitoken" in request.path for request in double.aws.seen)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_nothing_is_sent(fault: Fault, double: Double, program: Program, slept: list[float]) -> None:
    only_for_tokens(double, fault.behave)
    seen = program(CHANGE, options=("--timeout", str(fault.timeout)))
    assert (seen.code, seen.stdout, double.web.seen) == (3, b"", [])
    assert fault.words in seen.stderr
    assert seen.stderr.startswith("mwaa-shell: ")
    assert seen.stderr.count("\n") == 2  # the error and the hint
    assert "t0ken" not in seen.stderr
    asked = asked_for_tokens(double)
    if fault.tried_again is not None:
        assert asked in TRIES if fault.tried_again else asked == 1
        assert len(slept) >= asked - 1  # or more: an earlier test may have left a thread


def test_the_line_stands_on_the_prompt_and_runs_once_it_can(double: Double, make: Make) -> None:
    only_for_tokens(double, b.always(refusal(403, "ExpiredTokenException", "over")))
    session = make()
    refused = execute(session, CHANGE)
    assert (refused.outcome, refused.proposal) == (Outcome.NOT_RUN, CHANGE)
    double.aws.behave = double.answer_aws
    assert execute(session, refused.proposal).ok
    assert double.commands == [CHANGE]


def test_throttling_passes(double: Double, program: Program, slept: list[float]) -> None:
    answers = [refusal(429, "ThrottlingException", "Rate exceeded")] * 2
    only_for_tokens(double, lambda request: answers.pop() if answers else double.answer_aws(request))
    seen = program(CHANGE)
    assert (seen.code, double.commands, len(double.tokens)) == (0, [CHANGE], 1)
    assert len(slept) >= 2  # a thread that another test has left may sleep too


@pytest.mark.parametrize("place", ["http://127.0.0.1:1", "http://nobody.invalid"])
def test_aws_that_is_not_reached(
    place: str, double: Double, program: Program, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    with b.closed_port() as closed:
        monkeypatch.setenv("AWS_ENDPOINT_URL_MWAA", place.replace("127.0.0.1:1", closed))
        seen = program(CHANGE)
    assert (seen.code, double.aws.seen, double.web.seen) == (3, [], [])
    assert "AWS could not be reached at " in seen.stderr
    assert "whether eu-west-1 is the right region" in seen.stderr


def test_a_token_call_that_hangs_blocks_nobody(double: Double, make: Make) -> None:
    only_for_tokens(double, never)
    session = make()
    load_environment_info(session)
    session.connection.client._timeout = 0.2
    hung = execute(session, CHANGE)
    assert (hung.outcome, hung.message) == (Outcome.NOT_RUN, "AWS did not answer within 0.2 seconds")
    session.connection.client._timeout = 20.0
    double.aws.behave = double.answer_aws
    assert execute(session, "dags list").ok
    assert double.commands == ["dags list"]
