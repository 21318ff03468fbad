"""The states that outputs of commands show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mwaa_shell.airflow import grammar
from mwaa_shell.airflow.command_line import output_format
from mwaa_shell.airflow.knowledge import Level, danger
from mwaa_shell.monitor.runs import STATES
from mwaa_shell.monitor.watch import PRINTS_ANY_TEXT, STATES_SHOWN, shown_state, unreachable_states
from mwaa_shell.output.records import read_rows

SAMPLES = sorted((Path(__file__).parents[1] / "samples").glob("*.json"))


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        ("tasks states-for-dag-run", set()),
        ("dags list-runs", set(STATES) - {"none", "queued", "running", "success", "failed"}),
        ("dags list", set(STATES)),
        ("version", set(STATES)),
        ("variables get", set()),
    ],
)
def test_states_that_never_come(command: str, missing: set[str]) -> None:
    assert set(unreachable_states(STATES, command)[0]) == missing


def test_unreachable_states_have_a_message() -> None:
    assert unreachable_states(("success",), "dags list")[1] == "dags list reports no states"
    assert unreachable_states(("skipped", "removed"), "dags state")[1] == (
        "dags state never reports skipped or removed, only none, queued, running, success, failed"
    )


def test_the_tables_name_what_there_is() -> None:
    names = {command.name for version in grammar.versions() for command in grammar.load_grammar(version).commands()}
    assert set(STATES_SHOWN) | set(PRINTS_ANY_TEXT) <= names


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: str(path.stem))
def test_no_recorded_output_shows_a_state_that_never_comes(path: Path) -> None:
    known = grammar.meant_by(path.stem)
    assert known is not None
    shown = []
    for one in json.loads(path.read_text()).values():
        found = grammar.load_grammar(known).command(one["argv"])
        state = shown_state(one["stdout"], read_rows(one["stdout"], output_format(tuple(one["argv"]))))
        reads = found is not None and danger(found[0].name, known).level is Level.READ
        if found is not None and reads and state is not None:
            assert not unreachable_states((state,), found[0].name)[0], one["argv"]
            shown.append(found[0].name)
    assert set(shown) & set(STATES_SHOWN)
