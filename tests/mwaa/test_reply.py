"""What a reply of the CLI endpoint says, whatever it is."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwaa_shell.errors import ExitCode, ShellError
from mwaa_shell.mwaa.reply import CLIP, CommandOutput, HttpReply, RequestInfo, clip, read


def encoded(stdout: bytes, stderr: bytes) -> bytes:
    streams = {"stdout": base64.b64encode(stdout).decode(), "stderr": base64.b64encode(stderr).decode()}
    return json.dumps(streams).encode()


@given(st.binary(), st.binary(), st.sampled_from([200, 202, 400, 403, 500, 504]))
def test_streams_are_a_result_at_any_status(stdout: bytes, stderr: bytes, status: int) -> None:
    assert read(HttpReply(status, encoded(stdout, stderr))) == CommandOutput(stdout, stderr)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, ExitCode.FAILED),
        (401, ExitCode.NOTHING_RAN),
        (403, ExitCode.NOTHING_RAN),
        (404, ExitCode.NOTHING_RAN),
        (413, ExitCode.NOTHING_RAN),
        (418, ExitCode.NOTHING_RAN),
        (429, ExitCode.NOTHING_RAN),
        (503, ExitCode.NOTHING_RAN),
        (200, ExitCode.UNKNOWN),
        (500, ExitCode.UNKNOWN),
        (502, ExitCode.UNKNOWN),
        (504, ExitCode.UNKNOWN),
        (599, ExitCode.UNKNOWN),
    ],
)
def test_the_status_decides_where_there_are_no_streams(status: int, code: ExitCode) -> None:
    with pytest.raises(ShellError) as caught:
        read(HttpReply(status, b"{}"))
    assert caught.value.exit_code is code
    assert str(caught.value).startswith(f"HTTP {status}: ")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"message": "Forbidden"}', "(Forbidden)"),
        (b'{"detail": "Not Found"}', "(Not Found)"),
        (b"<html><head><title>504 Gateway &amp; Time-out</title></head></html>", "(504 Gateway & Time-out)"),
        (b"<p>busy</p>", "(busy)"),
        (b"plain \x1b[31m text\x00", "(plain [31m text)"),
        (b"", "nothing ran"),
    ],
)
def test_a_sentence_quotes_what_came_instead(body: bytes, said: str) -> None:
    with pytest.raises(ShellError) as caught:
        read(HttpReply(503, body))
    assert f"{said}; wait a moment" in str(caught.value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"text"',
        b'{"stdout": "YQ=="}',
        b'{"stdout": "not base64!", "stderr": ""}',
        b'{"stdout": "YQ=", "stderr": ""}',
        b'{"stdout": 7, "stderr": ""}',
        b'{"stdout": "\xc3\xa9", "stderr": ""}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_an_unreadable_body_leaves_the_outcome_unknown(body: bytes) -> None:
    with pytest.raises(ShellError) as caught:
        read(HttpReply(200, body))
    assert caught.value.exit_code is ExitCode.UNKNOWN


def test_null_streams_are_empty() -> None:
    assert read(HttpReply(200, b'{"stdout": null, "stderr": null}')) == CommandOutput(b"", b"")


@given(st.text())
def test_clipped_text_is_one_short_printable_line(text: str) -> None:
    clipped = clip(text)
    assert len(clipped) <= CLIP
    assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in clipped)


@pytest.mark.parametrize(
    ("slash", "words"),
    [
        (False, "asked for /aws_mwaa/cli, the next command asks for /aws_mwaa/cli/; if"),
        (True, "asked for /aws_mwaa/cli/, the next command asks for /aws_mwaa/cli; if"),
    ],
)
def test_a_404_says_which_form_of_the_path_it_was(slash: bool, words: str) -> None:
    assert words in sentence(404, RequestInfo("my-env", slash=slash))
    assert "asked for" not in sentence(403, RequestInfo("my-env", slash=slash))


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 413, 418, 429, 500, 502, 503, 504, 599])
def test_each_refusal_names_the_environment(status: int) -> None:
    assert "my-{env}" in sentence(status, RequestInfo("my-{env}"))  # whatever somebody has typed as a name
    assert "the environment" in sentence(status, RequestInfo())


@pytest.mark.parametrize(("status", "log", "told"), [(500, "a-log", True), (502, "a-log", True), (503, "a-log", False)])
def test_a_web_server_that_fails_has_a_log(status: int, log: str, told: bool) -> None:
    assert sentence(status, RequestInfo("my-env", log)).endswith("; a-log in CloudWatch may tell why") is told
    assert "CloudWatch" not in sentence(status, RequestInfo("my-env"))


def sentence(status: int, asked: RequestInfo) -> str:
    with pytest.raises(ShellError) as raised:
        read(HttpReply(status, b"{}"), asked)
    return str(raised.value)
