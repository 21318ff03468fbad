"""What is said and proposed about a command that did not end plainly; pure."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mwaa_shell.airflow.command_line import parse, quote
from mwaa_shell.airflow.grammar import load_grammar
from mwaa_shell.airflow.versions import Version, parse_version
from mwaa_shell.errors import NothingRan, OutcomeUnknown, RefusedByRule, ShellError, State, UsageError
from mwaa_shell.result import Result, failed, from_error, interrupted
from mwaa_shell.session.next_steps import with_advice, with_retry_proposal
from tests.double import Double, response
from tests.terminal.forked import Forks

GRAMMAR = load_grammar(Version(2, 10, 3))


def remote(error: ShellError, status: int | None = None, added: str = "") -> Result:
    made = from_error(error)
    return made._replace(http_status=status, remote=True, added=added)


def after(result: Result, line: str) -> tuple[str, str]:
    """Return the hint and the proposal after a command."""
    told = with_advice(result, parse(line), parse(line), GRAMMAR)
    return told.hint, told.proposal


UNKNOWN = remote(OutcomeUnknown("It broke off"))
STOPPED = interrupted(remote=True, state=State.MAY_BE_RUNNING)


@pytest.mark.parametrize(
    ("result", "line", "expected"),
    [
        (UNKNOWN, " dags list | jq .", ("Run it again: it is read-only.", " dags list | jq .")),
        (UNKNOWN, "variables set k v", ("Check with: variables get k", "variables get k")),
        (UNKNOWN, "db clean --clean-before-timestamp 2026-01-01", ("", "")),
        (UNKNOWN, "nobody knows this", ("", "")),
        (STOPPED, "variables set k v", ("Check with: variables get k", "")),
        (STOPPED, "dags list", ("", "")),
        (Result(remote=True), "variables set k v", ("", "")),
        (failed("no such"), "variables set k v", ("", "")),
        (remote(NothingRan("busy"), 503), "dags list", ("", "")),
        (remote(NothingRan("no"), 404), "variables set k v", ("", "")),
        (
            remote(NothingRan("busy"), 429),
            "variables set k v",
            ("", ""),
        ),
        (
            remote(OutcomeUnknown("?"), added="-o json -r mine"),
            "dags trigger daily",
            ("Look for run mine with: dags list-runs -d daily", "dags list-runs -d daily"),
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
    assert with_retry_proposal(result, parse(line)).proposal == (line if back else "")


def test_a_proposal_that_is_there_stays() -> None:
    told = with_advice(UNKNOWN, parse("variables set k v"), parse("variables set k v"), GRAMMAR)
    assert with_retry_proposal(told, parse("variables set k v")) == told


def test_without_a_command_tree_everything_may_change_something() -> None:
    line = parse("nobody knows this")
    assert with_advice(UNKNOWN, line, line, None) == UNKNOWN


def paused(version: Version, line: str, value: str) -> str:
    """What is said of a response of ``dags pause`` or ``unpause``."""
    result = Result(stdout=f'[{{"dag_id": "x", "is_paused": "{value}"}}]\n'.encode(), remote=True)
    return with_advice(result, parse(line), parse(line), load_grammar(version)).remark


@pytest.mark.parametrize(
    ("version", "line", "value", "said"),
    [
        (Version(3, 3, 1), "dags unpause x -o json", "True", "It is unpaused now"),
        (Version(3, 2, 1), "dags pause x -o json", "False", "It is paused now"),
        (Version(2, 9, 2), "dags unpause x -o json", "True", "Airflow 2.9.2 shows is_paused as it was before"),
        (Version(3, 3, 1), "dags unpause x -o json", "False", ""),
        (Version(3, 0, 6), "dags unpause x -o json", "True", ""),
        (Version(2, 10, 3), "dags unpause x -o json", "True", ""),
        (Version(3, 3, 1), "dags list -o json", "True", ""),
        (Version(3, 3, 1), "-- dags unpause x -o json", "True", "It is unpaused now"),
    ],
)
def test_a_value_of_before_is_explained(version: Version, line: str, value: str, said: str) -> None:
    told = paused(version, line, value)
    assert said in told
    assert bool(said) == bool(told)


@pytest.mark.parametrize("before", ["", "-- "])
def test_a_failed_task_is_told_where_airflow_leaves_with_0(before: str) -> None:
    told = {}
    for name in ("commands-2.10.3", "noisy-2.10.3", "noisy-3.3.1"):
        version = parse_version(name)
        assert version is not None
        for case in json.loads((Path(__file__).parents[1] / "outputs" / f"{name}.json").read_text()):
            if case["command"].startswith("tasks test ") and case["code"] == 0:
                line = parse(before + case["command"])
                result = Result(stdout=case["stdout"].encode(), remote=True)
                key = f"{version} {'.'.join(case['command'].split()[2:4])}"
                told[key] = "failed" in with_advice(result, line, line, load_grammar(version)).remark
    assert told == {
        "2.10.3 works_always.fine": False,
        "2.10.3 quiet_fail.boom": True,
        "2.10.3 works.fine": False,
        "3.3.1 works.fine": False,
        "3.3.1 fails.boom": True,
        "3.3.1 fails.grp": True,
        "3.3.1 fails.leave": True,
    }


@pytest.mark.parametrize("version", ["1.10.12", "2.0.2", "2.10.3", "2.11.2", "3.0.6", "3.3.1"])
@pytest.mark.parametrize("command", ["pause", "unpause"])
def test_recorded_responses_are_explained_where_they_show_the_value_of_before(version: str, command: str) -> None:
    samples = json.loads((Path(__file__).parents[1] / "samples" / f"{version}.json").read_text())
    case = samples[f"dags-{command}"]
    line, found = parse(" ".join(case["argv"])), parse_version(version)
    assert found is not None
    told = with_advice(Result(stdout=case["stdout"].encode(), remote=True), line, line, load_grammar(found)).remark
    shows_after = ("True" if command == "pause" else "False") in case["stdout"]
    assert bool(told) != shows_after


# -- quotes that the web server does not split -------------------------------------------------------------------------

FAILED = remote(OutcomeUnknown("HTTP 500: it failed"), 500)
ABOUT_QUOTES = "MWAA fails at '\\'' in single quotes. Use double quotes, such as"


@pytest.mark.parametrize(
    ("result", "line", "expected"),
    [
        (FAILED, r"""variables set k '{"a": "it'\''s"}'""", True),
        (FAILED, r"""variables set k 'it'\''s' | cat""", True),
        (FAILED, r"""dags list -d ''\'''""", True),
        (UNKNOWN, r"""variables set k 'it'\''s'""", False),
        (FAILED, r"""variables set k "it's '\'' so" """, False),
        (FAILED, r"""variables set k it\'s""", False),
        (FAILED, r"""variables set k "it's \"so\"" """, False),
        (FAILED, r"""variables set k '"' "\'" """, False),
        (FAILED, "variables set k v", False),
    ],
)
def test_quotes_are_named_when_the_web_server_fails(result: Result, line: str, expected: bool) -> None:
    hint, _ = after(result, line)
    assert (ABOUT_QUOTES in hint) is expected


def test_quotes_in_the_advice_can_be_sent() -> None:
    (example,) = re.findall(r"""such as (".*")\.""", after(FAILED, r"""variables set k 'it'\''s'""")[0])
    value = parse(f"variables set k {example}").values[-1]
    assert value == """it's "so\""""
    assert quote(value) == example


def test_program_names_quotes_when_the_web_server_fails(
    program: list[str], environ: dict[str, str], double: Double, forks: Forks
) -> None:
    page = (
        b"<!doctype html>\n<html lang=en>\n<title>500 Internal Server Error</title>\n<h1>Internal Server Error</h1>\n"
    )
    double.web.behave = lambda request: response(500, page, {"Content-Type": "text/html"})
    line = r"""variables set k '{"a": "it'\''s"}'"""
    ended = forks.run([*program, "my-env", "-c", line], environ)
    assert ended.returncode == 4
    assert ABOUT_QUOTES in ended.stderr.decode()
    assert double.commands == [line]
