"""Which states the replies of commands tell of, for each Airflow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mwaa_shell.airflow import grammar
from mwaa_shell.airflow.command_line import output_format
from mwaa_shell.airflow.knowledge import Level, danger
from mwaa_shell.airflow.versions import Version
from mwaa_shell.monitor.runs import STATES
from mwaa_shell.monitor.watch import ANYTHING, SPANS, TELLING, explain_unreachable, shown_state, unreachable_states
from mwaa_shell.output.records import read_rows

SAMPLES = sorted((Path(__file__).parents[1] / "samples").glob("*.json"))


@pytest.mark.parametrize(
    ("command", "version", "missing"),
    [
        ("tasks states-for-dag-run", "1.10.12", {"deferred", "restarting", "sensing", "awaiting_input"}),
        ("tasks states-for-dag-run", "2.0.2", {"deferred", "restarting", "awaiting_input"}),
        ("tasks states-for-dag-run", "2.2.2", {"awaiting_input"}),
        ("tasks states-for-dag-run", "2.4.3", {"sensing", "awaiting_input"}),
        ("tasks states-for-dag-run", "3.0.6", {"sensing", "awaiting_input", "shutdown"}),
        ("tasks states-for-dag-run", "3.3.1", {"sensing", "shutdown"}),
        ("dags list-runs", "3.3.1", set(STATES) - {"none", "queued", "running", "success", "failed"}),
        ("dags list", "2.10.3", set(STATES)),
        ("version", "2.10.3", set(STATES)),
        ("variables get", "2.0.2", set()),
    ],
)
def test_states_that_never_come(command: str, version: str, missing: set[str]) -> None:
    known = grammar.meant_by(version)
    assert known is not None
    assert set(unreachable_states(STATES, command, known)) == missing


def test_what_is_said_of_them() -> None:
    version = Version(2, 10, 3)
    assert explain_unreachable(("success",), "dags list", version) == (
        "the replies of dags list tell of no state; --until waits for a text"
    )
    assert explain_unreachable(("skipped", "removed"), "dags state", version) == (
        "dags state of Airflow 2.10.3 never tells of skipped or removed, but of none, queued, running, success, failed"
    )


def test_the_tables_name_what_there_is() -> None:
    names = {command.name for version in grammar.versions() for command in grammar.load(version).commands()}
    assert set(TELLING) | set(ANYTHING) <= names
    assert set(SPANS) <= set(STATES)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: str(path.stem))
def test_no_recorded_reply_shows_a_state_that_never_comes(path: Path) -> None:
    known = grammar.meant_by(path.stem)
    assert known is not None
    shown = []
    for one in json.loads(path.read_text()).values():
        found = grammar.load(known).command(one["argv"])
        state = shown_state(one["stdout"], read_rows(one["stdout"], output_format(tuple(one["argv"]))))
        reads = found is not None and danger(found[0].name, known).level is Level.READ
        if found is not None and reads and state is not None:
            assert not unreachable_states((state,), found[0].name, known), one["argv"]
            shown.append(found[0].name)
    assert set(shown) & set(TELLING)
