"""What a local environment refuses: the commands that MWAA does not run, by what is known of the version."""

from __future__ import annotations

import pytest

from mwaa_shell.airflow import knowledge
from mwaa_shell.airflow.grammar import load_grammar, versions
from mwaa_shell.airflow.versions import Version, parse_version
from mwaa_shell.local.web_server import SEEN_TO_WORK, refusal


def version(text: str) -> Version:
    parsed = parse_version(text)
    assert parsed is not None
    return parsed


def status(line: str, text: str = "2.10.3") -> int | None:
    refused = refusal(line.split(), version(text))
    return refused.status if refused else None


@pytest.mark.parametrize("known", versions(), ids=str)
def test_commands_that_aws_lists_run_unless_refused(known: Version) -> None:
    for command in load_grammar(known).commands():
        support = knowledge.mwaa_support(command.name, known)
        refused = refusal(command.name.split(), known)
        if support.refused or support.senseless:
            assert refused is not None, command.name
        elif command.name not in SEEN_TO_WORK:
            assert (refused is None) == support.documented, command.name


@pytest.mark.parametrize(
    ("line", "text", "expected"),
    [
        ("webserver", "2.10.3", 403),
        ("webserver -p 8080 -D", "2.10.3", 403),
        ("-- webserver", "2.10.3", 403),
        ("-v webserver", "2.10.3", 403),
        ("webserver --help", "2.10.3", 403),
        ("api-server", "3.3.1", 403),
        ("standalone", "3.3.1", 403),
        ("celery flower", "2.10.3", 403),
        ("triggerer", "3.3.1", 403),
        ("serve_logs", "1.10.12", 403),
        ("webserver", "1.10.12", 403),
        ("users list", "2.10.3", 403),
        ("users create -u x", "3.3.1", 403),
        ("connections list", "2.10.3", 403),
        ("db shell", "2.10.3", 403),
        ("dags -- show x", "2.10.3", 403),
        ("dags show x", "3.3.1", None),
        ("tasks states-for-dag-run x y", "2.10.3", 403),
        ("tasks states-for-dag-run x y", "3.3.1", None),
        ("roles create x", "2.10.3", 500),
        ("roles create x", "3.3.1", None),
        ("pools import f", "2.10.3", 500),
        ("pools set p 1 x", "2.10.3", None),
        ("pools set p 1 x", "2.0.2", 403),
        ("variables --import f", "1.10.12", 403),
        ("variables -s k v", "1.10.12", None),
        ("tasks test a b c --post-mortem", "2.10.3", 403),
        ("tasks test a b c -- --post-mortem", "2.10.3", None),
        ("variables set k -- --post-mortem", "2.10.3", None),
        ("dags trigger x", "3.3.1", None),
        ("version", "1.10.12", None),
    ],
)
def test_a_command_is_refused_with_the_status_of_mwaa(line: str, text: str, expected: int | None) -> None:
    assert status(line, text) == expected


@pytest.mark.parametrize("line", ["", "dags", "dags lst", "help", "# x", ".use x", "webserve", "--help", "'"])
def test_words_that_are_not_a_command_reach_airflow(line: str) -> None:
    assert status(line) is None


def test_a_refusal_repeats_no_argument() -> None:
    refused = refusal(["users", "create", "--password", "canary"], version("2.10.3"))
    assert refused is not None
    assert refused.message.startswith("Forbidden: Start with --local --no-limits to run users create (")
    assert "canary" not in refused.message
