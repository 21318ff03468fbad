"""Faults of a web server, with messages, exit codes and counts of requests.

Each fault meets a read-only command and a command that changes data.
"""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
import trustme

from mwaa_shell.errors import OutcomeUnknown, State
from mwaa_shell.job import Job
from mwaa_shell.mwaa import cli_client as client_module
from mwaa_shell.mwaa import transport
from mwaa_shell.result import Outcome, Result
from tests.double import Behave, Double, Request, Side, command_response, cut_off, never, response
from tests.faults import behaviours as b
from tests.faults.conftest import Make, Program
from tests.sessions import execute

OK, FAILED, NOTHING_RAN, UNKNOWN = 0, 1, 3, 4
READ, CHANGE = "dags list", "dags trigger daily"
#: The command that shows whether the change has run, on the double's Airflow 2.10.3.
CHECK = "dags list-runs -d daily"
WHOLE = command_response(b"x" * 5000)
NO_LENGTH = b'HTTP/1.1 200 OK\r\n\r\n{"stdout": "b2s=", "stderr": ""}'
HTML = b"<html><head><title>503 Service &amp; Co</title></head><body><h1>no</h1></body></html>"


@dataclass(frozen=True)
class Fault:
    """One fault: how it is done, and what has to come of it."""

    name: str
    behave: Behave
    code: int
    words: str
    timeout: float = 20.0  #: seconds that anything of a response is waited for
    whole: float = 40.0  #: seconds that all of it is waited for
    reached: int = 1  #: how often a change arrives
    read_reached: int = 0  #: how often a read does, where that is not the same
    stdout: bytes = b""
    options: tuple[str, ...] = field(default=())


def fault(name: str, answer: bytes | Behave, code: int, words: str, **more: object) -> Fault:
    behave = b.always(answer) if isinstance(answer, bytes) else answer
    return Fault(name, behave, code, words, **more)  # type: ignore[arg-type]


BROKE, MAY_HAVE_RUN = "The connection to my-env broke. The command may have run.", "The command may have run."

FAULTS = (
    fault("400 with a result", command_response(b"", b"airflow: error: no\n", 400), FAILED, "airflow: error: no"),
    fault("400 with an empty result", command_response(status=400), FAILED, "without a reason (HTTP 400)."),
    fault("400 without a result", response(400, b"bad"), FAILED, "without output (HTTP 400)."),
    fault("401", response(401, {"message": "no"}), NOTHING_RAN, "the token (HTTP 401). Nothing ran."),
    fault("403", response(403, {"message": "Forbidden"}), NOTHING_RAN, "my-env refused the command (HTTP 403)."),
    fault("404", response(404, {"detail": "Not Found"}), NOTHING_RAN,
          "my-env has no CLI endpoint at /aws_mwaa/cli"),
    fault("413", response(413, HTML), NOTHING_RAN, "The command is too long for my-env (HTTP 413). Nothing ran."),
    fault("418", response(418, b""), NOTHING_RAN, "my-env refused the request (HTTP 418). Nothing ran."),
    fault("429", response(429, b"slow down"), NOTHING_RAN, "to my-env (HTTP 429). Nothing ran.", read_reached=5),
    fault("503", response(503, HTML), NOTHING_RAN, "ready (HTTP 503). Nothing ran.", read_reached=5),
    fault("500", response(500, HTML), UNKNOWN, "The web server of my-env failed (HTTP 500). The command may have run."),
    fault("502", response(502, HTML), UNKNOWN, "did not answer its gateway (HTTP 502). The command may have run."),
    fault("504", response(504, HTML), UNKNOWN, "about 60 seconds (HTTP 504). The command may still be running."),
    fault("599", response(599, b""), UNKNOWN, "The response from my-env is not command output (HTTP 599)"),
    fault("102 only", b"HTTP/1.1 102 Processing\r\n\r\n", UNKNOWN, "did not answer within 0.3 sec", timeout=0.3),
    fault("102 without end", b.always(b"HTTP/1.1 102 Processing\r\n\r\n" * 200), UNKNOWN, "output (HTTP 102)"),
    fault("101", b"HTTP/1.1 101 Switching\r\n\r\n" + WHOLE, UNKNOWN, "is not command output (HTTP 101)"),
    *(
        fault(f"{status} to {where or 'nowhere'}", b.redirect(status, where), UNKNOWN,
              f"(HTTP {status}). The command may have run.")
        for status in (300, 303, 304, 305, 306, 399) for where in ("/elsewhere", "")
    ),
    *(
        fault(f"{status} to {where or 'nowhere'}", b.redirect(status, where), UNKNOWN,
              "redirects to the same address. The command may have run.")
        for status in (307, 308)
        for where in ("", "/aws_mwaa/cli", "cli", "?", "#there", "/aws_mwaa/%63li", "./cli", "/x/../aws_mwaa/cli")
    ),
    *(
        fault(f"{status} without a place", response(status, HTML), UNKNOWN, "redirects to no address")
        for status in (301, 302)
    ),
    fault("two redirects", b.hop_to("/x/", b.redirect(307, "/y/")), NOTHING_RAN, "time. Nothing ran.", reached=2),
    fault("a redirect to itself", b.redirect(307, "/x/"), UNKNOWN, "redirects to the same address.", reached=2),
    fault("a redirect, and then 304", b.hop_to("/x/", response(304, b"")), UNKNOWN, "(HTTP 304)", reached=2),
    fault("a redirect, and then nowhere", b.hop_to("/x/", response(307, b"")), UNKNOWN, "(HTTP 307)", reached=2),
    fault("a hang", never, UNKNOWN, "did not answer within 0.3 seconds", timeout=0.3),
    fault("a slow drip", b.drip(WHOLE[:200], b"x"), UNKNOWN, "did not finish its response within 0.6", whole=0.6),
    fault("slow headers", b.drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"), UNKNOWN, "did not finish", whole=0.6),
    fault("endless headers", b.always(b"HTTP/1.1 200 OK\r\n" + b"X-Many: x\r\n" * 200), UNKNOWN, BROKE),
    fault("one endless header", b.always(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 99_999), UNKNOWN, BROKE),
    fault("a reset before any byte", b.reset, UNKNOWN, BROKE),
    fault("an end before any byte", cut_off(WHOLE, 0), UNKNOWN, BROKE),
    fault("a reset in the middle", b.reset_after(WHOLE[:3000]), UNKNOWN, MAY_HAVE_RUN),
    fault("an end in the middle", cut_off(WHOLE, 3000), UNKNOWN, MAY_HAVE_RUN),
    fault("too long a length", cut_off(b.with_length(9999), 9999), UNKNOWN, MAY_HAVE_RUN),
    fault("too short a length", b.with_length(9), UNKNOWN, "is not command output"),
    fault("two lengths", response(200, b"{}", {"content-length": "1"}), UNKNOWN, BROKE),
    fault("no length at all", cut_off(NO_LENGTH, 9999), OK, "", stdout=b"ok"),
    fault("a length that is no number", response(200, b"", {"Content-Length": "x"}), UNKNOWN, "did not", timeout=0.3),
    fault("no HTTP", b"nonsense\r\n\r\n", UNKNOWN, BROKE),
    fault("an empty body", response(200, b""), UNKNOWN, "is not command output (empty)"),
    fault("HTML", response(200, HTML), UNKNOWN, 'is not command output: "503 Service & Co"'),
    fault("a list", response(200, b"[1, 2]"), UNKNOWN, 'is not command output: "[1, 2]"'),
    fault("deep JSON", response(200, b"[" * 100_000), UNKNOWN, "is not command output"),
    fault("half of JSON", response(200, b'{"stdout": "b2'), UNKNOWN, "is not command output"),
    fault("no stderr", response(200, {"stdout": "b2s="}), UNKNOWN, "is not command output"),
    fault("a message only", response(200, {"message": "hm"}), UNKNOWN, 'is not command output: "hm"'),
    fault("a number as stdout", b.streams(5), UNKNOWN, "The response is damaged (no text in stdout)"),
    fault("null as streams", b.streams(None, None), OK, ""),
    fault("broken base64", b.streams("b2s=!"), UNKNOWN, "The response is damaged (invalid base64 in stdout)"),
    fault("truncated base64", b.streams("b2s"), UNKNOWN, "The response is damaged (invalid base64 in stdout)"),
    fault("base64 that is no ASCII", b.streams("ü"), UNKNOWN, "(invalid base64 in stdout)"),
    fault("invalid UTF-8", b.streams(b.encoded(b"\xff\xfe\x80")), OK, "", stdout=b"\xff\xfe\x80"),
    fault("JSON that is no UTF-8", response(200, b'{"stdout": "\xff", "stderr": ""}'), UNKNOWN, "not command output"),
    fault("NULs", b.streams(b.encoded(b"a\0b")), OK, "", stdout=b"a\0b"),
    fault("escape sequences", b.streams(b.encoded(b"\x1b[2J\x1b]0;x\x07")), OK, "", stdout=b"\x1b[2J\x1b]0;x\x07"),
    fault("escape sequences in a refusal", response(403, {"message": "\x1b[2Jno\x07\u202e"}), NOTHING_RAN,
          "my-env refused the command (HTTP 403)."),
    fault("a gzip bomb", b.bomb(3), UNKNOWN, "is larger than 1 MB", options=("--max-response", "1")),
    fault("half a gzip", response(200, b.bomb(1).partition(b"\r\n\r\n")[2][:500], {"Content-Encoding": "gzip"}),
          UNKNOWN, "it ends after 500 bytes"),
    fault("no gzip", response(200, b"hello", {"Content-Encoding": "gzip"}), UNKNOWN, "invalid gzip"),
    fault("another compression", response(200, b"hello", {"Content-Encoding": "br"}), UNKNOWN, "compressed as br"),
)  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_what_a_script_sees(
    fault: Fault, double: Double, program: Program, impatient: Callable[[float, float], None]
) -> None:
    impatient(fault.timeout, fault.whole)
    double.web.behave = fault.behave
    seen = program(READ, CHANGE, options=("--keep-going", *fault.options))
    assert (seen.code, seen.stdout) == (fault.code, fault.stdout * 2)
    assert seen.stderr.count(fault.words) >= (2 if fault.words else 0)
    reached = [READ] * (fault.read_reached or fault.reached) + [CHANGE] * fault.reached
    while len(double.commands) < len(reached) and double.web.arrived.acquire(timeout=30):
        pass  # a silent server may be slower than the client
    assert double.commands == reached
    assert "\x1b" not in seen.stderr
    assert not any(token in seen.stderr for token in double.tokens)
    lines = seen.stderr.splitlines()
    if fault.code not in (OK, FAILED):
        assert [line.split(":")[1].strip() for line in lines] == ["error", "hint"] * 2


@pytest.mark.parametrize("fault", [one for one in FAULTS if not one.options], ids=lambda fault: fault.name)
def test_what_stands_on_the_prompt_afterwards(
    fault: Fault, double: Double, make: Make, impatient: Callable[[float, float], None]
) -> None:
    impatient(fault.timeout, fault.whole)
    double.web.behave = fault.behave
    session = make()
    read, change = execute(session, READ), execute(session, f" {CHANGE} ")
    expected = {NOTHING_RAN: (READ, f" {CHANGE} "), UNKNOWN: (READ, CHECK)}.get(fault.code, ("", ""))
    assert (read.proposal, change.proposal) == expected
    assert change.outcome is {0: Outcome.OK, 1: Outcome.FAILED, 3: Outcome.NOT_RUN, 4: Outcome.UNKNOWN}[fault.code]


# -- what never becomes a connection ----------------------------------------------------------------------------------


Place = Callable[[Double, ExitStack], str]
PLACES: dict[str, tuple[Place, str]] = {
    "no such name": (lambda double, stack: "nobody.invalid", "The web server of my-env could not be reached ("),
    "refused": (
        lambda double, stack: stack.enter_context(b.closed_port()),
        "reached (Connection refused). Nothing ran.",
    ),
    "deaf": (
        lambda double, stack: stack.enter_context(b.deaf()),
        "did not accept a connection within 0.3 seconds. Nothing ran.",
    ),
}


@pytest.mark.parametrize("mode", ["PRIVATE_ONLY", "PUBLIC_ONLY", ""])
@pytest.mark.parametrize("name", PLACES)
def test_a_web_server_that_is_not_reached(
    name: str, mode: str, double: Double, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, words = PLACES[name]
    monkeypatch.setattr(transport, "CONNECT_TIMEOUT", 0.3)
    double.more = {"WebserverAccessMode": mode} if mode else {}
    with ExitStack() as stack:
        double.token_host = place(double, stack)
        seen = program(CHANGE)
    assert (seen.code, double.commands) == (NOTHING_RAN, [])
    assert words in seen.stderr
    if mode == "PUBLIC_ONLY":
        assert "the web server is public (PUBLIC_ONLY)" in seen.stderr
    else:
        assert "--proxy" in seen.stderr
        assert "--connect-to" in seen.stderr
        assert ("hint: It is private" in seen.stderr) == bool(mode)


def test_connecting_has_an_end(double: Double, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "CONNECT_LIMIT", 0.2)
    double.more = {"WebserverAccessMode": "PRIVATE_ONLY"}
    with b.deaf() as host:
        double.token_host = host
        result = execute(make(), CHANGE)
    assert (result.outcome, result.proposal, double.commands) == (Outcome.NOT_RUN, CHANGE, [])
    assert result.message.startswith("The web server of my-env did not accept a connection within 0.2")


class StopConnecting:
    """A watcher that presses Ctrl-C while a connection is being made."""

    def tick(self, job: Job[Result]) -> None:
        if job.phase == client_module.CONNECTING:
            raise KeyboardInterrupt

    def over(self) -> None:
        pass


def test_whoever_stops_connecting_need_not_wait_for_it(double: Double, make: Make) -> None:
    session = make(watcher=StopConnecting())
    with b.deaf() as host:
        double.token_host = host
        stopped = execute(session, CHANGE)
        double.token_host, session.ui.watcher = "", None
        assert execute(session, READ).ok
        assert any(thread.name == "command" for thread in threading.enumerate())  # it still connects, without a client
    assert stopped.state is State.NOT_SENT
    assert double.commands == [READ]


def test_a_certificate_for_another_name(double: Double, program: Program) -> None:
    double.token_host = f"localhost:{double.web.port}"
    seen = program(CHANGE)
    assert (seen.code, double.commands) == (NOTHING_RAN, [])
    assert "could not be verified (" in seen.stderr


def test_a_certificate_of_another_authority(double: Double, program: Program, tmp_path: object) -> None:
    other = f"{tmp_path}/other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    seen = program(CHANGE, bundle=other)
    assert (seen.code, double.commands) == (NOTHING_RAN, [])
    assert "could not be verified (" in seen.stderr


def test_a_server_that_speaks_no_tls(double: Double, program: Program) -> None:
    plain = Side(lambda request: command_response(b"done\n"))
    double.token_host = f"127.0.0.1:{plain.port}"
    seen = program(CHANGE)
    plain.close()
    assert (seen.code, double.commands) == (NOTHING_RAN, [])
    # A handshake is random bytes: one of ten looks like a request.
    assert not [
        request for request in plain.seen if CHANGE.encode() in request.body or "authorization" in request.headers
    ]
    assert "Nothing ran." in seen.stderr


# -- redirects --------------------------------------------------------------------------------------------------------

PLAIN, SLASH = "/aws_mwaa/cli", "/aws_mwaa/cli/"
#: A redirect with a body, which a web server or a proxy may send in any way.
BODIES: dict[str, Behave] = {
    "JSON": b.always(b.redirect(307, SLASH, b"{}")),
    "HTML": b.always(b.redirect(307, SLASH, HTML)),
    "a result": b.always(b.redirect(307, SLASH, WHOLE.partition(b"\r\n\r\n")[2])),
    "no length": cut_off(f"HTTP/1.1 307 x\r\nLocation: {SLASH}\r\n\r\n{{}}".encode(), 9999),
    "a false length": b.always(b.redirect(307, SLASH, HTML).replace(b"Length: ", b"Length: 0, was: ")),
    "half of it": cut_off(b.redirect(307, SLASH, HTML), len(b.redirect(307, SLASH, HTML)) - 5),
    "without end": b.drip(b.redirect(307, SLASH, b"x").replace(b"Length: 1", b"Length: 999999"), b"x"),
    "chunks": b.always(f"HTTP/1.1 307 x\r\nLocation: {SLASH}\r\n{b.CHUNKED}2\r\n{{}}\r\n0\r\n\r\n".encode()),
    "broken gzip": b.always(response(307, HTML, {"Location": SLASH, "Content-Encoding": "gzip"})),
    "a gzip bomb": b.always(b.bomb(3).replace(b" 200 Said\r\n", f" 307 Said\r\nLocation: {SLASH}\r\n".encode())),
}


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("body", [b"", b"{}", HTML], ids=["empty", "JSON", "HTML"])
def test_a_hop_on_the_same_host_keeps_the_token_and_tls(
    status: int, scheme: str, body: bytes, double: Double, program: Program
) -> None:
    def hop(request: Request) -> bytes:
        there = f"{scheme}://{double.host}{request.path}/"
        return command_response(b"done\n") if request.path.endswith("/") else b.redirect(status, there, body)

    double.web.behave = hop
    seen = program(CHANGE)
    assert (seen.code, seen.stdout) == (OK, b"done\n")
    first, second = double.web.seen
    assert (first.body, second.body) == (CHANGE.encode(),) * 2
    assert first.headers["authorization"] == second.headers["authorization"] == f"Bearer {double.tokens[-1]}"
    assert len(double.tokens) == 1


@pytest.mark.parametrize("body", BODIES)
def test_the_body_of_a_hop_is_never_judged(body: str, double: Double, program: Program) -> None:
    def hop(request: Request) -> bytes | None:
        return command_response(b"done\n") if request.path.endswith("/") else BODIES[body](request)

    double.web.behave, double.aws.behave = hop, double.only_tokens  # the version of Airflow 3 is not known
    seen = program(CHANGE, READ, options=("--max-response", "1"))
    assert (seen.code, seen.stdout) == (OK, b"done\n" * 2)
    assert [request.path for request in double.web.seen if request.method == "POST"] == [PLAIN, SLASH, SLASH]
    assert double.commands == [CHANGE, CHANGE, READ]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_no_token_goes_to_another_host(status: int, scheme: str, double: Double, program: Program) -> None:
    other = Side(lambda request: command_response(b"mine now\n"), double.web._context if scheme == "https" else None)
    double.web.behave = b.always(b.redirect(status, f"{scheme}://127.0.0.1:{other.port}/aws_mwaa/cli/"))
    seen = program(CHANGE)
    other.close()
    assert (seen.code, other.seen, double.commands) == (NOTHING_RAN, [], [CHANGE])
    assert f"127.0.0.1:{other.port}" in seen.stderr


@pytest.mark.parametrize("status", [301, 302])
def test_a_redirect_that_would_become_a_get_is_not_followed(status: int, double: Double, program: Program) -> None:
    double.web.behave = b.always(b.redirect(status, "/aws_mwaa/cli/"))
    seen = program(READ)
    assert (seen.code, double.commands) == (NOTHING_RAN, [READ])
    assert "redirects to /aws_mwaa/cli/ (HTTP" in seen.stderr


@pytest.mark.parametrize("status", [301, 302])
def test_a_redirect_to_where_it_was_asked_may_follow_a_run(status: int, double: Double, program: Program) -> None:
    double.web.behave = b.always(b.redirect(status, PLAIN))
    seen = program(CHANGE)
    assert (seen.code, double.commands) == (UNKNOWN, [CHANGE])


def test_a_second_hop_that_leads_nowhere_may_follow_a_run(double: Double, program: Program) -> None:
    double.web.behave = b.always(b.redirect(307, SLASH))
    seen = program(CHANGE)
    assert (seen.code, double.commands) == (UNKNOWN, [CHANGE, CHANGE])


def test_the_other_form_of_the_path_is_asked_next(double: Double, make: Make) -> None:
    def only_slash(request: Request) -> bytes:
        return command_response(b"done\n") if request.path.endswith("/") else response(404, {"detail": "Not Found"})

    double.web.behave = only_slash
    session = make()
    assert [execute(session, READ).ok for _ in range(3)] == [False, True, True]
    assert [request.path for request in double.web.seen] == ["/aws_mwaa/cli", "/aws_mwaa/cli/", "/aws_mwaa/cli/"]


# -- kept connections -------------------------------------------------------------------------------------------------


def test_a_stale_connection_is_replaced_before_anything_is_sent(double: Double, program: Program) -> None:
    double.web.behave = b.stale_after([command_response(b"one\n"), command_response(b"two\n")])
    seen = program(READ, CHANGE)
    assert (seen.code, seen.stdout) == (OK, b"one\ntwo\n")
    assert double.commands == [READ, CHANGE]


def test_a_connection_that_ends_as_the_command_arrives(double: Double, program: Program) -> None:
    double.web.behave = b.shuts_at(2)
    seen = program(READ, CHANGE, READ)
    assert (seen.code, seen.stdout) == (UNKNOWN, b"done\n")
    assert double.commands == [READ, CHANGE]
    assert {request.connection for request in double.web.seen} == {1}


# -- much -------------------------------------------------------------------------------------------------------------

FIFTY = 50 * 1024 * 1024


@pytest.mark.parametrize("line", [b"0123456789abcdef" * 4 + b"\n", b"x" * 64], ids=["lines", "one line"])
def test_fifty_megabytes(line: bytes, double: Double, program: Program) -> None:
    data = line * (FIFTY // len(line))
    double.web.behave = b.always(command_response(data))
    seen = program(READ)
    assert (seen.code, seen.stdout == data, double.commands) == (OK, True, [READ])


def test_a_bomb_fills_no_memory(double: Double, bundle: str) -> None:
    double.web.behave = b.always(b.bomb(100))
    web = transport.Transport([bundle], 20.0, direct=True, max_response=1)
    tracemalloc.start()
    with pytest.raises(OutcomeUnknown, match="larger than 1 MB"):
        web.post(f"https://{double.host}/aws_mwaa/cli", READ, "token")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    web.close()
    assert peak < 10 * 1024 * 1024
