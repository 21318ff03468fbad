"""What a response of the CLI endpoint says, whatever it is."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwaa_shell.errors import ExitCode, ShellError
from mwaa_shell.mwaa.response import CLIP, CommandOutput, HttpResponse, RequestInfo, clip, read_output


def encoded(stdout: bytes, stderr: bytes) -> bytes:
    streams = {"stdout": base64.b64encode(stdout).decode(), "stderr": base64.b64encode(stderr).decode()}
    return json.dumps(streams).encode()


@given(st.binary(), st.binary(), st.sampled_from([200, 202, 400, 403, 500, 504]))
def test_streams_are_a_result_at_any_status(stdout: bytes, stderr: bytes, status: int) -> None:
    assert read_output(HttpResponse(status, encoded(stdout, stderr))) == CommandOutput(stdout, stderr)


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
        read_output(HttpResponse(status, b"{}"))
    assert caught.value.exit_code is code
    assert f"(HTTP {status})" in str(caught.value) or status == 200


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"message": "Forbidden"}', "Forbidden"),
        (b'{"detail": "Not Found"}', "Not Found"),
        (b"<html><head><title>504 Gateway &amp; Time-out</title></head></html>", "504 Gateway & Time-out"),
        (b"<p>busy</p>", "busy"),
        (b"plain \x1b[31m text\x00", "plain [31m text"),
        (b"", ""),
    ],
)
def test_foreign_text_is_the_detail_of_a_known_status(body: bytes, said: str) -> None:
    with pytest.raises(ShellError) as caught:
        read_output(HttpResponse(503, body))
    assert (caught.value.detail, caught.value.hint[:13]) == (said, "Wait a moment")


def test_response_of_a_login_page_is_quoted() -> None:
    error = error_of(HttpResponse(200, b"<title>Sign in</title>"), RequestInfo("my-env"))
    assert str(error) == 'The response from my-env is not command output: "Sign in"'
    assert error.hint.startswith("A proxy or login page may have answered.")


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
        read_output(HttpResponse(200, body))
    assert caught.value.exit_code is ExitCode.UNKNOWN


def test_null_streams_are_empty() -> None:
    assert read_output(HttpResponse(200, b'{"stdout": null, "stderr": null}')) == CommandOutput(b"", b"")


@given(st.text())
def test_clipped_text_is_one_short_printable_line(text: str) -> None:
    clipped = clip(text)
    assert len(clipped) <= CLIP
    assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in clipped)


@pytest.mark.parametrize(("slash", "path", "other"), [(False, "/cli", "/cli/"), (True, "/cli/", "/cli")])
def test_status_404_names_both_forms_of_the_path(slash: bool, path: str, other: str) -> None:
    error = error_of(HttpResponse(404, b"{}"), RequestInfo("my-env", slash=slash))
    assert str(error) == f"my-env has no CLI endpoint at /aws_mwaa{path} (HTTP 404)"
    assert f"will try /aws_mwaa{other}. If" in error.hint


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 413, 418, 429, 500, 502, 503, 504, 599])
def test_each_refusal_names_the_environment(status: int) -> None:
    assert "my-{env}" in sentence(status, RequestInfo("my-{env}"))  # whatever somebody has typed as a name
    assert "the environment" in sentence(status, RequestInfo())


@pytest.mark.parametrize(("status", "hint"), [(500, "See the CloudWatch log group a-log."), (503, "Wait a moment")])
def test_failing_web_server_names_its_log(status: int, hint: str) -> None:
    assert error_of(HttpResponse(status, b"{}"), RequestInfo("my-env", "a-log")).hint.startswith(hint)
    assert "CloudWatch" not in error_of(HttpResponse(status, b"{}"), RequestInfo("my-env")).hint


def sentence(status: int, asked: RequestInfo) -> str:
    return str(error_of(HttpResponse(status, b"{}"), asked))


def error_of(response: HttpResponse, asked: RequestInfo) -> ShellError:
    with pytest.raises(ShellError) as raised:
        read_output(response, asked)
    return raised.value
