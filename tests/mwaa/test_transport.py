"""How bytes travel, against a real TLS server on loopback: what arrives, and what a failure is certain of."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import tracemalloc
from functools import partial
from pathlib import Path

import certifi
import pytest

from mwaa_shell.errors import NothingRan, OutcomeUnknown
from mwaa_shell.mwaa import transport as module
from mwaa_shell.mwaa.tls_adapter import tls_context
from mwaa_shell.mwaa.transport import CHUNK, Transport, bundles_for_web
from tests.double import Double, Request, command_response, never, response

#: The same bytes each time: they stand in the names of tests.
packed_bytes = partial(gzip.compress, mtime=0)


@pytest.fixture
def web(double: Double, bundle: str) -> Transport:
    return Transport([bundle], 60.0, direct=True)


def post(web: Transport, double: Double, command: str = "dags list") -> bytes:
    return bytes(web.post(f"https://{double.host}/aws_mwaa/cli", command, "secret").body)


def test_a_command_arrives_as_plain_text_with_its_token(double: Double, web: Transport) -> None:
    post(web, double, "variables set k 'grüße'")
    request = double.web.seen[0]
    assert (request.method, request.path) == ("POST", "/aws_mwaa/cli")
    assert request.body.decode() == "variables set k 'grüße'"
    assert request.headers["content-type"] == "text/plain"
    assert request.headers["authorization"] == "Bearer secret"
    assert request.headers["content-length"] == str(len(request.body))


def test_a_netrc_file_does_not_replace_the_token(
    double: Double, web: Transport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    post(web, double)
    assert double.web.seen[0].headers["authorization"] == "Bearer secret"


def test_connections_are_kept(double: Double, web: Transport) -> None:
    for _ in range(3):
        post(web, double)
    assert {request.connection for request in double.web.seen} == {1}


def test_a_connection_that_was_idle_for_long_is_not_used_again(
    double: Double, web: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(web, double)
    monkeypatch.setattr(module, "IDLE_LIMIT", 0.0)
    post(web, double)
    assert [request.connection for request in double.web.seen] == [1, 2]


def test_a_connection_that_the_server_closed_is_replaced(double: Double, web: Transport) -> None:
    closed = threading.Event()

    def answer_once(request: Request) -> bytes | None:
        request.socket.sendall(command_response(b"one"))
        request.socket.close()
        closed.set()
        return None

    double.web.behave = answer_once
    post(web, double)
    assert closed.wait(60)
    double.web.behave = lambda request: command_response(b"two")
    post(web, double)
    assert len(double.web.seen) == 2


def test_compressed_responses_are_read(double: Double, web: Transport) -> None:
    double.web.behave = lambda request: response(200, packed_bytes(b"x" * 100_000), {"Content-Encoding": "gzip"})
    assert post(web, double) == b"x" * 100_000


#: Bytes of a megabyte, as ``max_response`` counts.
MB = 1024 * 1024


def answered(sent: bytes, request: Request) -> bytes:
    """Answer everything in the same way."""
    return sent


def packed(body: bytes) -> bytes:
    """A response that says it is gzip."""
    return response(200, body, {"Content-Encoding": "gzip"})


def test_no_other_compression_is_asked_for_or_read(double: Double, web: Transport) -> None:
    double.web.behave = lambda request: response(200, b"x", {"Content-Encoding": "gzip, gzip"})
    with pytest.raises(OutcomeUnknown, match=r"The response is damaged \(compressed as gzip, gzip\)"):
        post(web, double)
    assert double.web.seen[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize("size", [1, CHUNK, CHUNK + 1, 3 * CHUNK + 100, MB])
def test_every_size_is_read_whole(size: int, double: Double, bundle: str) -> None:
    web = Transport([bundle], 60.0, direct=True, max_response=1)
    mixed = bytes(number % 251 for number in range(1000)) * (size // 1000 + 1)
    for whole in (mixed[:size], b"x" * size):
        for sent in (response(200, whole), packed(packed_bytes(whole)), packed(packed_bytes(whole) + b"\0\0")):
            double.web.behave = partial(answered, sent)
            assert post(web, double) == whole


def test_every_cut_of_a_compressed_response_is_put_together(double: Double, web: Transport) -> None:
    whole = b"x" * (3 * CHUNK + 100)
    pieces = [bytes((byte,)) for byte in packed_bytes(whole)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""])
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    double.web.behave = partial(answered, head + chunks)
    assert post(web, double) == whole


@pytest.mark.parametrize(
    "sent",
    [
        response(200, b"x" * (MB + 1)),
        packed(packed_bytes(b"x" * (MB + 1))),
        packed(packed_bytes(b"\0" * 64 * MB)),
    ],
    ids=["plain", "just", "bomb"],
)
def test_too_large_response_is_cut_off_and_fills_no_memory(sent: bytes, double: Double, bundle: str) -> None:
    web = Transport([bundle], 60.0, direct=True, max_response=1)
    post(web, double)
    double.web.behave = lambda request: sent
    tracemalloc.start()
    try:
        with pytest.raises(OutcomeUnknown, match="The response is larger than 1 MB"):
            post(web, double)
        assert tracemalloc.get_traced_memory()[1] < 4 * MB + 2 * len(sent)  # the server is in this process too
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (packed_bytes(b"x" * 1000)[:-4], r"it ends after \d+ bytes"),
        (b"{}", "invalid gzip"),
        (packed_bytes(b"x" * 1000)[:-5] + b"12345", "invalid gzip"),
    ],
)
def test_what_cannot_be_unpacked_leaves_the_outcome_unknown(
    body: bytes, why: str, double: Double, web: Transport
) -> None:
    double.web.behave = lambda request: packed(body)
    with pytest.raises(OutcomeUnknown, match=rf"The response is damaged \({why}\)"):
        post(web, double)


def test_redirects_are_left_to_the_client(double: Double, web: Transport) -> None:
    double.web.behave = lambda request: response(302, b"", {"Location": f"https://{double.host}/elsewhere"})
    answer = web.post(f"https://{double.host}/aws_mwaa/cli", "version", "secret")
    assert (answer.status, len(double.web.seen)) == (302, 1)


def test_plain_http_is_refused(double: Double, web: Transport) -> None:
    with pytest.raises(NothingRan, match="must be https"):
        web.post(f"http://{double.host}/aws_mwaa/cli", "version", "secret")


def reset(request: Request) -> None:
    """Drop the connection with a TCP reset."""
    request.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.socket.close()


def cut(data: bytes) -> bytes:
    """A response that announces more than it has."""
    return response(200, data, {"Content-Length": str(len(data) + 10)})


def test_a_cut_response_leaves_the_outcome_unknown(double: Double, web: Transport) -> None:
    def half(request: Request) -> bytes | None:
        request.socket.sendall(cut(b"half"))
        request.socket.close()
        return None

    double.web.behave = half
    with pytest.raises(OutcomeUnknown):
        post(web, double)
    assert len(double.web.seen) == 1


def test_a_reset_after_sending_leaves_the_outcome_unknown(double: Double, web: Transport) -> None:
    double.web.behave = reset
    with pytest.raises(OutcomeUnknown, match=r"The connection to .* broke"):
        post(web, double)
    assert len(double.web.seen) == 1


def test_silence_leaves_the_outcome_unknown(double: Double, bundle: str) -> None:
    done = threading.Event()
    double.web.behave = lambda request: b"" if done.wait(60) else None
    with pytest.raises(OutcomeUnknown, match=r"did not answer within 0\.2 seconds"):
        post(Transport([bundle], 0.2, direct=True), double)
    done.set()
    assert double.web.arrived.acquire(timeout=60)  # a silent server may be slower than the client
    assert len(double.web.seen) == 1


def test_nobody_listens(double: Double, web: Transport) -> None:
    double.close()
    with pytest.raises(NothingRan, match="could not be reached"):
        post(web, double)


def test_an_unknown_name(web: Transport) -> None:
    with pytest.raises(NothingRan, match="could not be reached"):
        web.post("https://nobody.invalid/aws_mwaa/cli", "version", "secret")


def test_a_stranger_gets_nothing(double: Double) -> None:
    with pytest.raises(NothingRan, match="could not be verified"):
        post(Transport([], 60.0, direct=True), double)
    assert double.web.seen == []


def test_a_certificate_for_another_host_is_refused(double: Double, bundle: str) -> None:
    with pytest.raises(NothingRan, match="could not be verified"):
        Transport([bundle], 60.0, direct=True).post(f"https://localhost:{double.web.port}/x", "version", "secret")
    assert double.web.seen == []


def test_a_command_is_held_back_at_the_last_moment(double: Double, web: Transport) -> None:
    with pytest.raises(NothingRan, match="before the command was sent"):
        web.post(f"https://{double.host}/aws_mwaa/cli", "version", "secret", lambda: False)
    assert double.commands == []


def test_giving_up_closes_the_connection(double: Double, web: Transport) -> None:
    gone = threading.Event()

    def wait_for_the_end(request: Request) -> bytes | None:
        request.socket.settimeout(60)
        if request.socket.recv(1) == b"":
            gone.set()
        return None

    double.web.behave = wait_for_the_end

    def give_up() -> None:
        double.web.arrived.acquire()
        web.give_up()

    threading.Thread(target=give_up, daemon=True).start()
    with pytest.raises(OutcomeUnknown):
        post(web, double)
    assert gone.wait(60)


def test_a_proxy_that_refuses(double: Double, bundle: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{double.aws.port}")
    double.aws.behave = lambda request: response(403, b"")
    with pytest.raises(NothingRan, match="did not let the request through"):
        post(Transport([bundle], 60.0), double)
    assert (double.aws.seen[0].method, double.aws.seen[0].path) == ("CONNECT", double.host)


@pytest.mark.parametrize(
    ("chosen", "aws", "environ", "bundles"),
    [
        ("flag", "aws", {"REQUESTS_CA_BUNDLE": "requests"}, ("flag",)),
        (None, "aws", {"REQUESTS_CA_BUNDLE": "requests"}, ("requests", "aws")),
        (None, "same", {"REQUESTS_CA_BUNDLE": "same"}, ("same",)),
        (None, "aws", {"CURL_CA_BUNDLE": "curl"}, ("aws",)),
        (None, None, {"CURL_CA_BUNDLE": "curl"}, ("curl",)),
        (None, None, {}, ()),
    ],
)
def test_which_bundles_hold(
    chosen: str | None, aws: str | None, environ: dict[str, str], bundles: tuple[str, ...]
) -> None:
    assert bundles_for_web(chosen, aws, environ) == bundles


def test_a_bundle_is_trusted_alone(bundle: str) -> None:
    assert len(tls_context((bundle,)).get_ca_certs()) == 1


def test_two_bundles_are_trusted_together(double: Double, bundle: str) -> None:
    assert post(Transport([certifi.where(), bundle], 60.0, direct=True), double)


def test_a_bundle_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(NothingRan, match=r"The CA bundle .*missing\.pem cannot be used \(No such file or directory\)"):
        tls_context((str(tmp_path / "missing.pem"),))
    with pytest.raises(NothingRan) as raised:
        tls_context((str(tmp_path / "missing.pem"),), chosen=False)
    assert raised.value.hint == "Correct ca_bundle in ~/.aws/config."


def test_a_connection_that_is_opened_ahead_carries_the_command(double: Double, web: Transport) -> None:
    double.web.behave = lambda request: response(302, b"") if request.method == "HEAD" else command_response(b"done")
    assert not web.is_open
    web.open(double.host)
    assert web.is_open
    post(web, double)
    ahead, command = double.web.seen
    assert (ahead.method, ahead.path, "authorization" in ahead.headers) == ("HEAD", "/", False)
    assert (command.method, command.connection, ahead.connection) == ("POST", 1, 1)


def test_what_goes_wrong_ahead_is_left_for_the_command(double: Double, web: Transport) -> None:
    double.web.behave = reset
    web.open(double.host)
    web.open("nobody.invalid")
    Transport([], 60.0, direct=True).open(double.host)  # who is not trusted
    double.web.behave = lambda request: command_response(b"done")
    post(web, double)
    assert double.commands == ["dags list"]


def test_a_server_that_is_slow_to_greet_holds_no_command_up(
    double: Double, web: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "OPEN_PATIENCE", 0.01)

    def slow(request: Request) -> bytes | None:
        return never(request) if request.method == "HEAD" else command_response(b"done")

    double.web.behave = slow
    opening = threading.Thread(target=web.open, args=(double.host,))
    opening.start()
    double.web.arrived.acquire()
    post(web, double)
    opening.join(60)  # its connection was cut
    assert not opening.is_alive()
    assert [request.connection for request in double.web.seen] == [1, 2]


def test_nothing_is_opened_while_a_command_is_on_its_way(double: Double, web: Transport) -> None:
    def meanwhile(request: Request) -> bytes:
        web.open(double.host)
        return command_response(b"done")

    double.web.behave = meanwhile
    post(web, double)
    assert [request.method for request in double.web.seen] == ["POST"]


class HungOpener:
    """The turn of a thread that opens a connection and does not end while a command waits for it."""

    def __init__(self) -> None:
        self.waited_for = threading.Event()
        self.too_long = threading.Event()

    def acquire(self, timeout: float) -> bool:
        self.waited_for.set()
        assert self.too_long.wait(60)
        return False


def test_a_command_that_was_given_up_does_not_cut_off_the_next_one(double: Double, web: Transport) -> None:
    opener = HungOpener()
    web._line.turn = opener  # type: ignore[assignment]
    said: list[str] = []

    def given_up() -> None:
        with pytest.raises(NothingRan) as raised:
            post(web, double, "dags trigger a")
        said.append(str(raised.value))

    first = threading.Thread(target=given_up)
    first.start()
    assert opener.waited_for.wait(60)
    web.give_up()

    def meanwhile(request: Request) -> bytes:
        opener.too_long.set()
        first.join(60)
        return command_response(b"done")

    double.web.behave = meanwhile
    assert b"stdout" in post(web, double, "dags trigger b")
    assert (said, double.commands) == (["Canceled before the command was sent"], ["dags trigger b"])
    assert web.is_open


def test_what_was_given_up_has_connections_of_its_own(double: Double, web: Transport) -> None:
    left = web._line
    post(web, double)
    assert left.opened
    web.give_up()
    post(web, double)
    after = web._line
    assert after.opened != left.opened
    assert {request.connection for request in double.web.seen} == {1, 2}


def test_nothing_is_open_once_it_was_given_up_or_has_failed(double: Double, web: Transport) -> None:
    post(web, double)
    assert web.is_open
    web.give_up()
    assert not web.is_open
    double.web.behave = reset
    with pytest.raises(OutcomeUnknown):
        post(web, double)
    assert not web.is_open
