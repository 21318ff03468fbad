"""The screen and the ending read each line alike: the reason of a failure is shown, and noise is none of either."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from mwaa_shell.airflow.outcome import judge
from mwaa_shell.airflow.output_lines import LineKind, classify
from mwaa_shell.output.sanitiser import sanitise
from mwaa_shell.output.style.fold import TextStyle, fold_noise, looks
from tests.airflow.test_real_output import CAUGHT, HARMLESS, PROGRAM, QUIET, WARNED

BETWEEN = "\nDuring handling of the above exception, another exception occurred:\n\n"
MESSAGES = [
    "ValueError: ends it",
    "airflow.x.BackfillUnfinished: Some task instances failed:\nDAG ID    Task ID\n--------  -------\na  b",
    "airflow.x.ParamValidationError: Invalid input for n\n\nFailed validating:\n    {'type': 'integer'}\n\n    'x'",
    "x.OperationalError: no such table\n[SQL: SELECT 1]\n(Background on this error at: https://sqlalche.me/e/14)",
    "ValueError: \nsecond line",
    "KeyError",
]
FATAL = [
    *(f"{PROGRAM}{message}\n" for message in MESSAGES),
    *(f"{CAUGHT}KeyError: 1\n{BETWEEN}{PROGRAM}{message}\n" for message in MESSAGES),
    "DagRun failed\n",
    "\nairflow dags test command error: argument -c: expected one argument, see help above.\n",
]
NOISE = [
    *HARMLESS.values(),
    WARNED,
    "[2026-11-22T12:56:31.444+0000] {__init__.py:43} INFO - Loaded API auth backend: session\n",
    "2026-11-22T13:05:49Z [error    ] no [logger]\n",
    "INFO  [alembic.runtime.migration] Context impl SQLiteImpl.\n",
    "\n",
]
COMMAND = ("dags", "test", "a", "2024-01-01")


def shown(stderr: str) -> list[tuple[TextStyle, str]]:
    """The lines of a screen, each with its look."""
    pieces = fold_noise([sanitise(stderr)])
    return [(look, line) for look, text in pieces for line in text.split("\n")]


@settings(deadline=None)
@given(st.lists(st.sampled_from(NOISE)), st.sampled_from(FATAL), st.lists(st.sampled_from(NOISE)))
def test_reason_of_a_failure_is_shown(before: list[str], fatal: str, after: list[str]) -> None:
    stderr = "".join([*before, fatal, *after])
    ended = judge(COMMAND, "", stderr)
    assert not ended.ok
    reason = ended.reason.removesuffix(" second line")
    place = [look for look, line in shown(stderr) if line.startswith(reason)]
    assert place, shown(stderr)
    assert place[-1] is TextStyle.MESSAGE or (place[-1] is TextStyle.TEXT and fatal == "DagRun failed\n")


@settings(deadline=None)
@given(st.lists(st.sampled_from(NOISE)))
@pytest.mark.parametrize("command", QUIET)
def test_noise_is_no_failure_and_no_usage_error_on_the_screen(command: str, stderr: list[str]) -> None:
    text = "".join(stderr)
    assert judge(tuple(command.split()), "", text).ok
    assert not [line for _, line in shown(text) if "command error" in line]


def lines_by_look(text: str) -> Iterator[tuple[TextStyle, str]]:
    for look, run in looks(text):
        yield from ((look, line) for line in run.removesuffix("\n").split("\n"))


@settings(deadline=None)
@given(st.lists(st.sampled_from([*NOISE, *FATAL]) | st.text(max_size=20)).map("".join))
@example("\x1b[31mINFO:root:a\x1b[0m\r\nTraceback (most recent call last):\r\n  x\r\nE: a\r\n")
@example("\x1f/x.py:1: UserWarning: a\nTraceback (most recent call last):\n\x1f\nE: a\n")
def test_look_of_a_line_is_its_kind(text: str) -> None:
    """The text as the screen has it and the text as it came have the same lines, of the same kinds."""
    assume(sanitise(text) or not text)  # color codes alone leave no line on the screen
    screen = list(lines_by_look(sanitise(text))) if text else []
    read = list(classify(text))
    assert len(screen) == len(read)
    for (look, _), line in zip(screen, read, strict=True):
        if line.kind is LineKind.TRACEBACK:
            assert look in (TextStyle.TRACEBACK, TextStyle.MESSAGE)
        elif line.kind in (LineKind.LOG, LineKind.WARNING):
            assert look is TextStyle[line.kind.name]
        elif line.kind is LineKind.USAGE:
            assert look is TextStyle.MESSAGE
        else:
            assert look not in (TextStyle.LOG, TextStyle.WARNING, TextStyle.TRACEBACK, TextStyle.MESSAGE)
