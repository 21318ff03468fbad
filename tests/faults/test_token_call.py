"""What the AWS API can do wrong when a token is asked for: no command is sent, whatever it is, and AWS is asked a
bounded number of times."""

from __future__ import annotations

import time
from dataclasses import dataclass
from email.utils import formatdate
from types import SimpleNamespace

import botocore.endpoint
import pytest

from mwaa_shell.result import Outcome
from mwaa_shell.session.environment import load_environment_info
from tests.double import Behave, Double, Request, cut_off, never, refusal, reply
from tests.faults import behaviours as b
from tests.faults.conftest import Make, Program
from tests.sessions import execute

CHANGE = "dags trigger daily"
#: How often botocore tries what may pass: 3 or 5 times, which is its own business.
TRIES = range(2, 6)


@dataclass(frozen=True)
class Fault:
    """One fault of the token call: how it is done, what is said, and whether it is asked for more than once."""

    name: str
    behave: Behave
    words: str
    tried_again: bool | None = False  #: ``None`` where that depends on who is faster
    timeout: float = 20.0


def fault(name: str, answer: bytes | Behave, words: str, **more: object) -> Fault:
    behave = b.always(answer) if isinstance(answer, bytes) else answer
    return Fault(name, behave, words, **more)  # type: ignore[arg-type]


def dated(answer: bytes, minutes: float) -> Behave:
    """A reply that comes from a clock which is so many minutes ahead of ours."""

    def behave(request: Request) -> bytes:
        head, _, rest = answer.partition(b"\r\n")
        return head + b"\r\nDate: " + formatdate(time.time() + minutes * 60, usegmt=True).encode() + b"\r\n" + rest

    return behave


SIGNATURE = refusal(403, "InvalidSignatureException", "Signature expired: 20261122T100000Z is now earlier than")
SCOPE = refusal(403, "InvalidSignatureException", "Credential should be scoped to a valid region.")
FAULTS = (
    fault("throttled", refusal(429, "ThrottlingException", "Rate exceeded"),
          "AWS is asked too often for CreateCliToken on my-env, nothing ran: Rate exceeded", tried_again=True),
    fault("throttled with 400", refusal(400, "ThrottlingException", "x"), "asked too often", tried_again=True),
    fault("denied", refusal(403, "AccessDeniedException", "not you"),
          "AWS does not allow airflow:CreateCliToken on my-env to these credentials, nothing ran: not you"),
    fault("403 without a word", reply(403, b""), "AWS does not allow airflow:CreateCliToken on my-env"),
    fault("expired", refusal(403, "ExpiredTokenException", "The security token included in the request is expired"),
          "The AWS credentials have expired, nothing ran: they came from AWS_ACCESS_KEY_ID, which a running program "
          "keeps; log in to a profile and go on with .use my-env --profile NAME"),
    fault("unknown key", refusal(403, "UnrecognizedClientException", "The token is invalid"),
          "AWS does not know these credentials, nothing ran: The token is invalid"),
    fault("wrong secret", dated(SIGNATURE, 0), "the secret key or this machine's clock is wrong"),
    fault("clock behind", dated(SIGNATURE, 20), "nothing ran: this machine's clock is 19 minutes behind that of AWS"),
    fault("clock ahead", dated(SIGNATURE, -20), "nothing ran: this machine's clock is 20 minutes ahead of that of AWS"),
    fault("wrong region", dated(SCOPE, 0), "AWS expects another region than eu-west-1, nothing ran: Credential should"),
    fault("no such environment", refusal(404, "ResourceNotFoundException", "x"), "no environment my-env in eu-west-1"),
    fault("404 of something else", reply(404, b"<html>"), "CreateCliToken on my-env failed, nothing ran: 404"),
    fault("500", refusal(500, "InternalServerException", "x"), "nothing ran: InternalServerEx", tried_again=True),
    fault("502", reply(502, b"<html>"), "CreateCliToken on my-env failed, nothing ran: 502", tried_again=True),
    fault("503", refusal(503, "ServiceUnavailableException", "x"), "nothing ran: ServiceUnavailable", tried_again=True),
    fault("400", refusal(400, "ValidationException", "name"), "nothing ran: ValidationException: name"),
    fault("HTML", reply(200, b"<html>"), "nothing ran"),
    fault("bad JSON", reply(200, b'{"CliToken": "t'), "nothing ran"),
    fault("a list", reply(200, b"[1]"), "nothing ran"),
    fault("an empty body", reply(200, b""), "brought no usable token or host, nothing ran"),
    fault("no token", reply(200, {"WebServerHostname": "h"}), "brought no usable token or host, nothing ran"),
    fault("no host", reply(200, {"CliToken": "t0ken"}), "brought no usable token or host, nothing ran"),
    fault("a host with a path", reply(200, {"CliToken": "t0ken", "WebServerHostname": "evil.example/x"}),
          "brought no usable token or host, nothing ran"),
    fault("a host with a user", reply(200, {"CliToken": "t0ken", "WebServerHostname": "h@evil.example"}),
          "brought no usable token or host, nothing ran"),
    fault("a reset", b.reset, "nothing ran", tried_again=True),
    fault("half a reply", cut_off(reply(200, {"CliToken": "t0ken", "WebServerHostname": "h" * 500}), 200), "nothing",
          tried_again=None),
    fault("no HTTP", b"nonsense\r\n\r\n", "nothing ran", tried_again=True),
    fault("a hang", never, "AWS gave no answer within 0.6 seconds", timeout=0.6, tried_again=None),
    fault("slow", b.drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"), "AWS gave no answer within 0.6 seconds",
          timeout=0.6, tried_again=None),
)  # fmt: skip


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long botocore wanted to wait between its tries; nobody does."""
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
    assert seen.stderr.count("\n") == 1
    assert "t0ken" not in seen.stderr
    asked = asked_for_tokens(double)
    if fault.tried_again is not None:
        assert asked in TRIES if fault.tried_again else asked == 1
        assert len(slept) >= asked - 1  # or more: a test before may have left one that still tries, for nobody


def test_the_line_stands_on_the_prompt_and_runs_once_it_can(double: Double, make: Make) -> None:
    only_for_tokens(double, b.always(refusal(403, "ExpiredTokenException", "over")))
    session = make()
    refused = execute(session, CHANGE)
    assert (refused.outcome, refused.proposal) == (Outcome.REFUSED, CHANGE)
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
    assert "nothing ran: is this machine online, and eu-west-1 the right region?" in seen.stderr


def test_a_token_call_that_hangs_blocks_nobody(double: Double, make: Make) -> None:
    only_for_tokens(double, never)
    session = make()
    load_environment_info(session)
    session.link.client._timeout = 0.2
    hung = execute(session, CHANGE)
    assert (hung.outcome, hung.message) == (Outcome.REFUSED, "AWS gave no answer within 0.2 seconds, nothing ran")
    session.link.client._timeout = 20.0
    double.aws.behave = double.answer_aws
    assert execute(session, "dags list").ok
    assert double.commands == ["dags list"]
