"""Commands on kept connections never get the response of another command.

Each answer repeats its command, so that one which belongs to another is seen; the server counts what arrived.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from tests.double import Double, Request, command_response, response
from tests.faults import behaviours as b
from tests.programs import run_here

LINES = ("dags list", "dags pause daily", "version")
#: A whole response without a request.
STALE = command_response(b"an answer to nobody\n")
Answer = Callable[[bytes], list[bytes]]  #: the pieces of an answer, each a TLS record (or several) of its own


def own(request: Request) -> bytes:
    """The answer to one command."""
    return command_response(request.body + b"\n")


def answer_in_pieces(double: Double, answer: Answer) -> None:
    """Answer each command with its own text in a given way."""
    whole = threading.Event()
    whole.set()

    def behave(request: Request) -> bytes:
        whole.clear()
        request.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for piece in answer(own(request)):
                request.socket.sendall(piece)
        finally:  # the shell may close the connection before all of it is sent
            whole.set()
        return b""

    def aws(request: Request) -> bytes:
        assert whole.wait(30)
        return double.answer_aws(request)

    double.web.behave, double.aws.behave = behave, aws


def run(environ: dict[str, str], *lines: str) -> CompletedProcess[bytes]:
    """The whole program with these commands, whatever becomes of the first."""
    return run_here(["my-env", "--keep-going", *(word for line in lines for word in ("-c", line))], environ)


def connections(double: Double) -> list[int]:
    """On which connection each command arrived, counted from the first of them."""
    found = [request.connection for request in double.web.seen if request.method == "POST"]
    return [number - found[0] + 1 for number in found]


def interim(*statuses: int) -> bytes:
    """Responses that come before the final one."""
    return b"".join(f"HTTP/1.1 {status} Wait\r\nX-A: b\r\n\r\n".encode() for status in statuses)


INTERIM: dict[str, Answer] = {
    "100": lambda answer: [interim(100) + answer],
    "102": lambda answer: [interim(102) + answer],
    "103": lambda answer: [interim(103) + answer],
    "102 on its own": lambda answer: [interim(102), answer],
    "several": lambda answer: [interim(100, 102, 102), interim(103) + answer],
    "one that nobody knows": lambda answer: [interim(199) + answer],
    "one with a length": lambda answer: [b"HTTP/1.1 103 x\r\nContent-Length: 7\r\n\r\n" + answer],
}


@pytest.mark.parametrize("name", INTERIM)
def test_interim_responses_are_skipped(name: str, double: Double, environ: dict[str, str]) -> None:
    answer_in_pieces(double, INTERIM[name])
    ended = run(environ, *LINES)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.stdout.decode().splitlines() == list(LINES)
    assert double.commands == list(LINES)
    assert connections(double) == [1, 1, 1]


def chunked(answer: bytes) -> bytes:
    """The same answer as one chunk."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
    head = b"\r\n".join(lines) + b"\r\n" + b.CHUNKED.encode()
    return head + b"\r\n%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"


BEHIND: dict[str, Answer] = {
    "a whole answer": lambda answer: [answer + STALE],
    "two of them": lambda answer: [answer + STALE * 2],
    "one in a record of its own": lambda answer: [answer, STALE],
    "one that is long": lambda answer: [answer + command_response(b"x" * 9000)],
    "many": lambda answer: [answer + STALE * 100],
    "a redirect": lambda answer: [answer + response(307, b"{}", {"Location": "/aws_mwaa/cli/"})],
    "an interim response": lambda answer: [answer + interim(103)],
    "a line": lambda answer: [answer + b"\r\n"],
    "one byte": lambda answer: [answer + b"x"],
    "much that is nothing": lambda answer: [answer + b"x" * 40_000],
    "behind chunks": lambda answer: [chunked(answer) + STALE],
}


@pytest.mark.parametrize("name", BEHIND)
def test_nothing_behind_an_answer_is_taken_for_the_next(name: str, double: Double, environ: dict[str, str]) -> None:
    answer_in_pieces(double, BEHIND[name])
    ended = run(environ, *LINES)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.stdout.decode().splitlines() == list(LINES)
    assert double.commands == list(LINES)
    assert connections(double) == [1, 2, 3]


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_nothing_behind_a_refusal_either(status: int, double: Double, environ: dict[str, str]) -> None:
    def behave(request: Request) -> bytes:
        return response(status, {"message": "no"}) + STALE if request.body == b"dags pause daily" else own(request)

    double.web.behave = behave
    ended = run(environ, "dags pause daily", "version")
    assert (ended.returncode, ended.stdout) == (4 if status == 500 else 3, b"version\n")
    assert double.commands == ["dags pause daily", "version"]
    assert connections(double) == [1, 2]


def test_a_head_with_a_body_is_no_answer(double: Double, environ: dict[str, str]) -> None:
    """The connection that is opened ahead is asked with a HEAD."""
    double.web.behave = lambda request: STALE if request.method == "HEAD" else own(request)
    ended = run(environ, *LINES)
    assert (ended.returncode, ended.stdout.decode().splitlines()) == (0, list(LINES))
    assert double.commands == list(LINES)


def test_another_protocol_ends_the_connection(double: Double, environ: dict[str, str]) -> None:
    seen: list[bytes] = []

    def behave(request: Request) -> bytes:
        seen.append(request.body)
        return b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n" if len(seen) == 1 else own(request)

    double.web.behave = behave
    ended = run(environ, *LINES[:2])
    assert (ended.returncode, ended.stdout) == (4, b"dags pause daily\n")
    assert connections(double) != [1, 1]
