"""Which commands are asked for JSON, and how."""

from __future__ import annotations

import pytest

from mwaa_shell.airflow.additions import wants_run_id, with_json, with_run_id
from mwaa_shell.airflow.command_line import parse
from mwaa_shell.airflow.grammar import Grammar, load_grammar
from mwaa_shell.airflow.line_rules import problem_in
from mwaa_shell.airflow.versions import Version

V1, V2, V3 = (load_grammar(Version(*numbers)) for numbers in ((1, 10, 12), (2, 10, 3), (3, 3, 1)))


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        ("dags list", "dags list -o json"),
        ("airflow dags list", "dags list -o json"),
        ("  dags list-runs -d hello_world  ", "dags list-runs -d hello_world -o json"),
        ("dags trigger hello_world -c '{\"a\": 1}'", "dags trigger hello_world -c '{\"a\": 1}' -o json"),
        ("connections get -- -odd", "connections get -o json -- -odd"),
        ("-- dags list", "-- dags list -o json"),
    ],
)
def test_what_is_added(line: str, sent: str) -> None:
    asked = with_json(parse(line), V2)
    assert asked is not None
    assert asked.command == sent


@pytest.mark.parametrize(
    "line",
    [
        "version",
        "info",
        "dags list -o table",
        "dags list -oyaml",
        "dags list --output=plain",
        "dags list | wc -l",
        "dags list > file",
        ".envs",
        "",
        "dags list 'open",
        "dags nonsense",
        "tasks list hello_world",
    ],
)
def test_what_is_left_alone(line: str) -> None:
    assert with_json(parse(line), V2) is None


def test_an_airflow_without_the_flag_or_of_no_known_version_is_left_alone() -> None:
    assert with_json(parse("list_dags"), V1) is None
    assert with_json(parse("connections list"), V1) is None
    assert with_json(parse("dags list"), None) is None


@pytest.mark.parametrize("grammar", [V2, V3], ids=["2.10.3", "3.3.1"])
def test_what_is_made_is_accepted(grammar: Grammar) -> None:
    made = [asked for command in grammar.commands() if (asked := with_json(parse(command.name), grammar))]
    problems = [problem for asked in made if (problem := problem_in(asked.command, grammar))]
    assert len(made) > 25
    assert not [problem for problem in problems if "-o" in problem.message or "json" in problem.message]


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        ("dags trigger daily", "dags trigger daily -r id"),
        ("airflow dags trigger daily -c '{\"a\": 1}'", "airflow dags trigger daily -c '{\"a\": 1}' -r id"),
        ("dags trigger -- daily", "dags trigger -r id -- daily"),
        ("dags trigger daily | jq .", "dags trigger daily -r id | jq ."),
        ("trigger_dag daily", "trigger_dag daily -r id"),
        ("-- dags trigger daily", "-- dags trigger daily -r id"),
        ("-- dags -- trigger -- daily", "-- dags -- trigger -r id -- daily"),
    ],
)
def test_an_id_for_a_run(line: str, sent: str) -> None:
    assert wants_run_id(parse(line))
    assert with_run_id(parse(line), "id").text == sent
    own = V1 if line.startswith("trigger_dag") else V3
    assert wants_run_id(parse(line), own)
    assert with_run_id(parse(line), "id", own).text == sent


@pytest.mark.parametrize(
    "line",
    [
        "dags trigger daily -r mine",
        "dags trigger daily -rmine",
        "dags trigger --run-id=mine daily",
        "dags trigger --run mine daily",
        "trigger_dag --run_id mine daily",
        "dags trigger --help",
        "dags list",
        "dags 'trigger daily",
        ".send dags trigger daily",
        "tasks run a b c",
        "-- dags trigger daily -r mine",
        "dags list trigger",
    ],
)
def test_no_id_for_anything_else(line: str) -> None:
    assert not wants_run_id(parse(line))
