"""Sentences of the shell on standard error."""

from __future__ import annotations

import io
import os

import pytest

from mwaa_shell.streams import Streams

SENTENCE = "The web server of my-env is busy (HTTP 503). Nothing ran."
HINT = "hint: mwaa-shell doctor https://0123456789abcdef-vpce.c1.airflow.eu-west-1.on.aws --trace"


def noted(monkeypatch: pytest.MonkeyPatch, text: str, *, tty: bool) -> list[str]:
    monkeypatch.setattr(os, "get_terminal_size", lambda number: os.terminal_size((40, 24)))
    error = io.BytesIO()
    Streams(io.StringIO(), io.BytesIO(), error, True, True, tty).note(text)
    return error.getvalue().decode().splitlines()


def test_note_breaks_at_blanks_of_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert noted(monkeypatch, f"{SENTENCE}\n{HINT}", tty=True) == [
        "mwaa-shell: The web server of my-env is",
        "    busy (HTTP 503). Nothing ran.",
        "hint: mwaa-shell doctor",
        "    https://0123456789abcdef-vpce.c1.airflow.eu-west-1.on.aws",
        "    --trace",
    ]


def test_note_keeps_its_lines_where_no_terminal_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert noted(monkeypatch, f"{SENTENCE}\n{HINT}", tty=False) == [f"mwaa-shell: {SENTENCE}", HINT]


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        ("Run .doctor.", "Run mwaa-shell doctor."),
        ("List them with .envs, or pass --region.", "List them with mwaa-shell -c .envs, or pass --region."),
        ("List them with .saved.", "List them with mwaa-shell -c .saved."),
        ("See .help .doctor.", "See mwaa-shell -c '.help .doctor'."),
        ("Read .help access.", "Read mwaa-shell help access."),
        ("See .help .watch.", "See mwaa-shell -c '.help .watch'."),
    ],
)
def test_hints_name_dot_commands_only_at_a_prompt(hint: str, expected: str) -> None:
    for prefix, text in (("mwaa-shell: ", expected), ("", hint)):
        stderr = io.BytesIO()
        streams = Streams(io.StringIO(), io.BytesIO(), stderr, stdin_tty=False, stdout_tty=False, stderr_tty=False)
        streams.prefix = prefix
        streams.error("x", hint)
        assert stderr.getvalue().decode().splitlines()[1] == f"{prefix}hint: {text}"
