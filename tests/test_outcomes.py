"""How a command ended, in the program itself: exit code, the word on the screen, the reason, and the history."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.airflow.test_real_output import BANNER, CAUGHT, HARMLESS, PROGRAM
from tests.double import Double, command_response
from tests.programs import run_here
from tests.terminal.emulator import Terminal
from tests.terminal.forked import Forks

RECORDED = {
    (response["command"], response["code"]): response
    for response in json.loads((Path(__file__).parent / "outputs" / "commands-2.10.3.json").read_text())
}
#: Failures that were called ok, or had another reason, while their exit code was 1.
FAILURES = [
    ("dags test fails_always 2024-01-01", "DagRun failed"),
    (
        "dags backfill fails_always -s 2024-01-01 -e 2024-01-01",
        "Some task instances failed",
    ),
    ("roles add-perms Nope -r DAGs -a can_read", "Role named 'Nope' does not exist"),
    ("roles del-perms Nope -r DAGs -a can_read", "Role named 'Nope' does not exist"),
    ("roles delete Nope", "Role named 'Nope' does not exist"),
    ("roles import /tmp/nothing.json", "File '/tmp/nothing.json' does not exist"),
    (
        "connections test nope",
        "Testing connections is disabled in Airflow configuration. Contact your deployment admin to enable it.",
    ),
    (
        'dags trigger with_params -c \'{"n": "x"}\'',
        "Invalid input for param n: 'x' is not of type 'integer'",
    ),
]
SUCCESSES = [
    "tasks clear works_always -y",
    "dags reserialize",
    "tasks test works_always fine 2024-01-01",
    "dags test works_always 2024-01-01",
]

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def run(environ: dict[str, str]) -> Run:
    return lambda *arguments: run_here(["my-env", "--yes", *arguments], environ)


def outcomes(run: Run) -> list[tuple[str, str]]:
    """The lines of the history and how they ended."""
    return [(row["line"], row["outcome"]) for row in json.loads(run("-c", ".history --json").stdout)]


@pytest.mark.parametrize(("command", "reason"), FAILURES, ids=[command for command, _ in FAILURES])
def test_failure_has_its_exit_code_and_its_reason(double: Double, run: Run, command: str, reason: str) -> None:
    response = RECORDED[command, 1]
    double.web.behave = lambda request: command_response(response["stdout"].encode(), response["stderr"].encode())
    ended = run("--no-validate", "-c", command, "-c", "version")
    assert ended.returncode == 1
    assert ended.stdout.decode() == response["stdout"]
    assert ended.stderr.decode().splitlines()[-2] == f"mwaa-shell: failed: {reason}"
    assert double.commands == [command]
    assert outcomes(run) == [(command, "failed")]


@pytest.mark.parametrize(
    ("stdout", "noise"),
    [
        ("", HARMLESS["python's logging"]),
        ("", HARMLESS["progress bar"]),
        ("", "".join(HARMLESS.values())),
        (BANNER, "".join(HARMLESS.values())),
    ],
    ids=["logging", "progress bar", "all", "banner and all"],
)
def test_success_is_one_whatever_libraries_write(double: Double, run: Run, stdout: str, noise: str) -> None:
    double.web.behave = lambda request: command_response(stdout.encode(), noise.encode())
    ended = run("--no-validate", *(word for command in SUCCESSES for word in ("-c", command)))
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.decode() == stdout * len(SUCCESSES)
    assert b"failed:" not in ended.stderr
    assert outcomes(run) == [(command, "ok") for command in SUCCESSES]


def test_uncaught_exception_beats_what_was_caught(double: Double, run: Run) -> None:
    stderr = f"{CAUGHT}KeyError: 1\n{PROGRAM}ValueError: no bucket\nsecond line\n{HARMLESS['ignored exception']}"
    double.web.behave = lambda request: command_response(BANNER.encode(), stderr.encode())
    ended = run("-c", "tasks test works fine 2024-01-01")
    assert (ended.returncode, ended.stderr.decode().splitlines()[-1]) == (
        1,
        "mwaa-shell: failed: no bucket",
    )


def test_status_of_a_failure_gives_the_last_sentence_as_reason(double: Double, run: Run) -> None:
    double.web.behave = lambda request: command_response(b"", b"nobody knows this sentence\n", 400)
    ended = run("-c", "dags reserialize")
    assert ended.returncode == 1
    assert ended.stderr.endswith(b"mwaa-shell: failed: nobody knows this sentence\n")


def test_long_output_of_a_success_is_one(double: Double, run: Run) -> None:
    double.web.behave = lambda request: command_response(b"Role named 'x' does not exist\n" * 100_000, b"")
    assert run("-c", "variables get a").returncode == 0


def test_screen_shows_the_word_and_the_reason(
    double: Double, program: list[str], environ: dict[str, str], forks: Forks
) -> None:
    command, reason = FAILURES[0]
    responses = {
        command: command_response(BANNER.encode(), f"{HARMLESS['caught and more']}{reason}\n".encode()),
        "dags reserialize": command_response(b"", HARMLESS["python's logging"].encode()),
    }
    double.web.behave = lambda request: responses.get(request.body.decode(), command_response())  # a HEAD has no body
    with Terminal([*program, "my-env"], environ, columns=120, begin=forks.begin) as terminal:
        terminal.wait_for_prompt("my-env")
        terminal.run("my-env", command)
        assert re.search(rf"^│ {reason}\nfailed [^:\n]*$", terminal.history_text, re.MULTILINE)  # said once
        terminal.run("my-env", "dags reserialize")
        assert "WARNING:root:OSError" in terminal.history_text
        assert "\nok " in terminal.history_text
        assert len(re.findall("^failed ", terminal.history_text, re.MULTILINE)) == 1
