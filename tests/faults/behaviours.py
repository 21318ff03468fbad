"""What a server can do wrong, really done to the socket. Each is a ``Behave`` of the double, or makes one."""

from __future__ import annotations

import base64
import gzip
import json
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from tests.double import Behave, Request, command_response, response

#: Seconds between two bytes of a server that drips.
DROP = 0.02


def always(answer: bytes) -> Behave:
    """The same answer to everybody."""
    return lambda request: answer


def reset(request: Request) -> bytes | None:
    """Drop the connection with a TCP reset, without a word."""
    request.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.socket.close()
    return None


def reset_after(data: bytes) -> Behave:
    """Say this much, then reset."""

    def behave(request: Request) -> bytes | None:
        request.socket.sendall(data)
        return reset(request)

    return behave


def drip(before: bytes, drop: bytes) -> Behave:
    """Send the beginning at once, then one byte after the other without an end."""

    def behave(request: Request) -> bytes | None:
        request.socket.sendall(before)
        request.socket.settimeout(DROP)
        while True:
            request.socket.sendall(drop)
            try:
                if request.socket.recv(1) == b"":
                    return None
            except TimeoutError:
                continue

    return behave


def redirect(status: int, location: str, body: bytes = b"{}") -> bytes:
    """An answer that points elsewhere, with a body as servers send one."""
    return response(status, body, {"Location": location})


def hop_to(path: str, answer: bytes) -> Behave:
    """A redirect to a path of the same server, where something else is answered."""
    return lambda request: answer if request.path == path else redirect(307, path)


#: The header of a body in chunks.
CHUNKED = "Transfer-Encoding: chunked\r\n"


def streams(stdout: object, stderr: object = "", status: int = 200) -> bytes:
    """A response with these members as they are, whatever that would be decoded to."""
    return response(status, {"stdout": stdout, "stderr": stderr})


def encoded(data: bytes) -> str:
    """As MWAA sends it."""
    return base64.b64encode(data).decode()


def bomb(megabytes: int) -> bytes:
    """Return a small response that decompresses to so many MB of base64."""
    body = json.dumps({"stdout": "A" * megabytes * 1024 * 1024, "stderr": ""}).encode()
    return response(200, gzip.compress(body), {"Content-Encoding": "gzip"})


def with_length(announced: int, answer: bytes = b'{"stdout": "", "stderr": ""}') -> bytes:
    """A response that announces another length than it has."""
    return response(200, answer, {"Content-Length": str(announced)})


def stale_after(answers: list[bytes]) -> Behave:
    """Answer, and close the connection without a notice to the client."""

    def behave(request: Request) -> bytes | None:
        request.socket.sendall(answers.pop(0))
        return None

    return behave


def shuts_at(number: int) -> Behave:
    """Answer, but close without a word when this request of a kept connection comes."""
    seen: list[Request] = []

    def behave(request: Request) -> bytes | None:
        seen.append(request)
        return None if len(seen) == number else command_response(b"done\n")

    return behave


@contextmanager
def deaf() -> Iterator[str]:
    """A host and port that accept no more connections, so that clients wait."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    address = listener.getsockname()
    waiting: list[socket.socket] = []
    try:
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(address)
            waiting.append(one)
        yield f"127.0.0.1:{address[1]}"
    finally:
        for one in (*waiting, listener):
            one.close()


@contextmanager
def closed_port() -> Iterator[str]:
    """A closed host and port, reserved against other programs."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{bound.getsockname()[1]}"
