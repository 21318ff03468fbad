"""A long response that is decoded while it arrives: its result is that of a response read as a whole."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mwaa_shell.errors import ShellError
from mwaa_shell.mwaa.response import MOST_BETWEEN, CommandOutput, HttpResponse, ResponseBuffer, read_output
from mwaa_shell.mwaa.transport import Transport
from mwaa_shell.result import Body
from tests.double import Double, command_response

WHITE = st.text(" \t\r\n", max_size=3)
#: What stands as the value of a stream: base64, or what only looks like it.
VALUES = st.one_of(
    st.binary(max_size=40).map(lambda data: json.dumps(base64.b64encode(data).decode())),
    st.text('AZaz09+/=\\-_ \n"é', max_size=12).map(lambda text: f'"{text}"'),
    st.sampled_from(
        ['"YQ=="', '"YR=="', '"YQ="', '"YQ==YQ=="', '"=YQ="', '"YQ\\/a"', '""', "null", "7", "[]", '"Y\\u0051=="']
    ),
)
NAMES = st.sampled_from(["stdout", "stderr", "stdout", "stderr", "message"])


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Responses of about the right form."""
    members = draw(st.lists(st.tuples(NAMES, VALUES), max_size=3))
    if draw(st.booleans()):
        members = [("stdout", draw(VALUES)), ("stderr", draw(VALUES))]
    inside = ",".join(
        f'{draw(WHITE)}"{name}"{draw(WHITE)}:{draw(WHITE)}{value}{draw(WHITE)}' for name, value in members
    )
    return f"{draw(WHITE)}{{{inside}}}{draw(WHITE)}".encode() + draw(st.sampled_from([b"", b"", b"", b"x", b"{}"]))


def gathered(body: bytes, cuts: list[int]) -> tuple[CommandOutput | None, Body]:
    """What comes of a body that arrives in pieces of these sizes."""
    response = ResponseBuffer()
    while body:
        size = cuts.pop() if cuts else len(body)
        response.add(body[:size])
        body = body[size:]
    return response.ended()


def outcome(response: HttpResponse) -> tuple[bytes, bytes] | str:
    try:
        streams = read_output(response)
    except ShellError as error:
        return f"{type(error).__name__} {error}"
    return bytes(streams.stdout), bytes(streams.stderr)


@given(bodies() | st.binary(), st.lists(st.integers(1, 9)), st.sampled_from([200, 400, 504]))
@example(b'{"stdout": "YQ==", "stderr": ""}', [1] * 40, 200)
@example(b'{"stdout": "YQ==", "stdout": "YWI="}', [], 200)
def test_a_response_says_the_same_however_it_is_cut(body: bytes, cuts: list[int], status: int) -> None:
    streams, whole = gathered(body, cuts)
    assert bytes(whole) == body
    assert outcome(HttpResponse(status, whole, streams=streams)) == outcome(HttpResponse(status, body))


@given(st.binary(), st.binary(), st.lists(st.integers(1, 9)), st.booleans(), st.booleans())
def test_what_mwaa_sends_is_read_while_it_comes(
    stdout: bytes, stderr: bytes, cuts: list[int], spaces: bool, turned: bool
) -> None:
    made = {"stdout": base64.b64encode(stdout).decode(), "stderr": base64.b64encode(stderr).decode()}
    members = dict(reversed(made.items())) if turned else made
    body = json.dumps(members, indent=2 if spaces else None, separators=None if spaces else (",", ":")).encode()
    streams, whole = gathered(body, cuts)
    assert streams == CommandOutput(stdout, stderr)
    assert bytes(whole) == body


@given(st.binary(max_size=50), st.integers(0, 120), st.integers(0, 120))
def test_every_part_of_the_response_is_as_it_came(stdout: bytes, start: int, end: int) -> None:
    body = command_response(stdout).partition(b"\r\n\r\n")[2]
    _, whole = gathered(body, [])
    assert whole[start:end] == body[start:end]


@pytest.mark.parametrize(
    "body", [b" " * (MOST_BETWEEN + 1) + b'{"stdout": "", "stderr": ""}', b'{"stdout": "", "stderr": ""}' + b" " * 5000]
)
def test_endless_white_space_is_left_to_the_other_way(body: bytes) -> None:
    assert gathered(body, [7] * 900) == (None, body)


@pytest.mark.parametrize("size", [2_000_000, 6_000_000])
def test_responses_of_both_sizes_over_the_wire(size: int, double: Double, bundle: str) -> None:
    stdout = bytes(range(256)) * (size // 256)
    sent = command_response(stdout, b"careful\n")
    double.web.behave = lambda request: sent
    response = Transport([bundle], 60.0, direct=True).post(f"https://{double.host}/aws_mwaa/cli", "x", "secret")
    streams = read_output(response)
    assert (bytes(streams.stdout), bytes(streams.stderr)) == (stdout, b"careful\n")
    assert bytes(response.body) == sent.partition(b"\r\n\r\n")[2]
    assert isinstance(response.body, bytes) is (len(sent) < 4_000_000)
