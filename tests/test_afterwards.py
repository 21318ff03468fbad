"""What is said and proposed about a command that did not end plainly; pure."""

from __future__ import annotations

import pytest

from mwaa_shell.afterwards import advised, put_back
from mwaa_shell.airflow.command_line import parse
from mwaa_shell.airflow.grammar import load
from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import NothingRan, OutcomeUnknown, RefusedByRule, ShellError, UsageError
from mwaa_shell.result import Result, failed, from_error, interrupted

GRAMMAR = load(Version(2, 10, 3))


def remote(error: ShellError, status: int | None = None, added: str = "") -> Result:
    made = from_error(error)
    return Result(made.outcome, made.exit_code, message=made.message, http_status=status, remote=True, added=added)


def after(result: Result, line: str) -> tuple[str, str]:
    """The sentence and the proposal."""
    told = advised(result, parse(line), parse(line), GRAMMAR)
    return told.message, told.proposal


UNKNOWN = remote(OutcomeUnknown("It broke off"))
STOPPED = interrupted("Stopped waiting", remote=True)


@pytest.mark.parametrize(
    ("result", "line", "expected"),
    [
        (UNKNOWN, " dags list | jq .", ("It broke off; it only reads, so it can be run again", " dags list | jq .")),
        (UNKNOWN, "variables set k v", ("It broke off; variables get k tells", "variables get k")),
        (UNKNOWN, "db clean --clean-before-timestamp 2026-01-01", ("It broke off", "")),
        (UNKNOWN, "nobody knows this", ("It broke off", "")),
        (STOPPED, "variables set k v", ("Stopped waiting; variables get k tells", "")),
        (STOPPED, "dags list", ("Stopped waiting", "")),
        (Result(remote=True), "variables set k v", ("", "")),
        (failed("no such"), "variables set k v", ("no such", "")),
        (remote(NothingRan("busy"), 503), "dags list", ("busy", "")),
        (remote(NothingRan("no"), 404), "variables set k v", ("no", "")),
        (
            remote(NothingRan("busy"), 429),
            "variables set k v",
            ("busy; it may change something, so it is not sent again by itself", ""),
        ),
        (
            remote(OutcomeUnknown("?"), added="-o json -r mine"),
            "dags trigger daily",
            ("?; dags list-runs -d daily tells, of run mine", "dags list-runs -d daily"),
        ),
    ],
)
def test_what_is_said_and_proposed(result: Result, line: str, expected: tuple[str, str]) -> None:
    assert after(result, line) == expected


@pytest.mark.parametrize(
    ("result", "line", "back"),
    [
        (remote(NothingRan("no")), " dags trigger x", True),
        (from_error(NothingRan("no credentials")), "dags list | jq .", True),
        (remote(NothingRan("no")), ".send anything", True),
        (from_error(NothingRan("no")), ".envs", False),
        (from_error(UsageError("no")), "dags lst", False),
        (from_error(RefusedByRule("no")), "dags delete x", False),
        (interrupted("Stopped", remote=False), "dags list", False),
        (UNKNOWN, "dags trigger x", False),
        (Result(remote=True), "dags list", False),
    ],
)
def test_what_did_not_run_is_put_back(result: Result, line: str, back: bool) -> None:
    assert put_back(result, parse(line)).proposal == (line if back else "")


def test_a_proposal_that_is_there_stays() -> None:
    told = advised(UNKNOWN, parse("variables set k v"), parse("variables set k v"), GRAMMAR)
    assert put_back(told, parse("variables set k v")) == told


def test_without_a_command_tree_everything_may_change_something() -> None:
    line = parse("nobody knows this")
    assert advised(remote(NothingRan("busy"), 503), line, line, None).message.startswith("busy; it may change")
    assert advised(UNKNOWN, line, line, None) == UNKNOWN
