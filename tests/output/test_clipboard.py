"""Held here: one sequence of our own, with nothing of the sample in it but base64 of text that is safe to paste."""

from __future__ import annotations

import base64
import io
import re

import pytest

from mwaa_shell.output.clipboard import LIMIT, as_plain_text, copy, sequence
from mwaa_shell.streams import Streams

PLAIN = b"\x1b]52;c;Z3LDvMOfZQo=\x07"


def screen(*, stdout: bool, stderr: bool) -> tuple[Streams, io.BytesIO, io.BytesIO]:
    out, error = io.BytesIO(), io.BytesIO()
    return Streams(io.StringIO(), out, error, stdin_tty=True, stdout_tty=stdout, stderr_tty=stderr), out, error


def test_the_sequence() -> None:
    assert sequence("grüße\n".encode(), {"TERM": "xterm"}) == PLAIN
    assert len(sequence(b"x" * LIMIT, {})) <= 100_000


def test_clipboard_text_is_passed_on_by_tmux() -> None:
    made = sequence("grüße\n".encode(), {"TMUX": "/tmp/tmux,1,0"})
    assert made == PLAIN + b"\x1bPtmux;" + b"\x1b" + PLAIN + b"\x1b\\"


@pytest.mark.parametrize("data", [bytes(range(256)), b"\x1b\\\x07\x1b]0;title\x07" * 9])
@pytest.mark.parametrize("environ", [{}, {"TMUX": "x"}])
def test_data_cannot_end_the_clipboard_sequence(data: bytes, environ: dict[str, str]) -> None:
    made = sequence(data, environ)
    parts = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", made)
    assert {base64.b64decode(part) for part in parts} == {data}
    assert len(parts) == 1 + len(environ)


def test_what_is_pasted_types_no_escape_sequence() -> None:
    """The end of a bracketed paste, inside one, would let an output type commands."""
    assert as_plain_text(b"\x1b[31mred\x1b[0m \x1b[201~rm\r\n\tx \xff") == "red ^[[201~rm\n\tx �".encode()


def test_clipboard_text_goes_to_the_terminal_alone() -> None:
    for stdout, stderr, where in ((True, True, 0), (False, True, 1), (True, False, 0)):
        streams, *written = screen(stdout=stdout, stderr=stderr)
        copy("grüße\n".encode(), streams, {"TERM": "xterm"})
        assert [one.getvalue() for one in written] == [PLAIN if number == where else b"" for number in (0, 1)]


@pytest.mark.parametrize(
    ("data", "environ", "tty"),
    [
        (b"x", {"TERM": "dumb"}, True),
        (b"x", {}, True),
        (b"", {"TERM": "xterm"}, True),
        (b"x", {"TERM": "xterm"}, False),
    ],
)
def test_clipboard_text_needs_a_capable_terminal(data: bytes, environ: dict[str, str], tty: bool) -> None:
    streams, *written = screen(stdout=tty, stderr=tty)
    copy(data, streams, environ)
    assert [one.getvalue() for one in written] == [b"", b""]
