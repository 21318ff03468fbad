"""What an output shows, on the recorded outputs of real Airflows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mwaa_shell.errors import UsageError
from mwaa_shell.monitor.watch import WatchCondition, parse_states
from mwaa_shell.result import Result, failed

SAMPLES = Path(__file__).parent.parent / "samples"
VERSIONS = ("1.10.12", "2.0.2", "2.10.3", "2.11.2", "3.0.6", "3.3.1")


def recorded(version: str, name: str) -> Result:
    found: dict[str, Any] = json.loads((SAMPLES / f"{version}.json").read_text())[name]
    return Result(stdout=found["stdout"].encode(), stderr=found["stderr"].encode(), words=tuple(found["argv"]))


def output(stdout: str, line: str = "dags list-runs x -o json") -> Result:
    return Result(stdout=stdout.encode(), words=tuple(line.split()))


@pytest.mark.parametrize("version", VERSIONS)
def test_the_newest_run_of_a_list(version: str) -> None:
    state = "running" if version in ("1.10.12", "2.0.2") else "queued"
    listed = recorded(version, "dags-list-runs")
    assert WatchCondition(states=(state,)).met(listed)
    assert not WatchCondition(states=("success", "failed")).met(listed)


@pytest.mark.parametrize("version", VERSIONS[1:])
def test_the_tasks_of_a_run(version: str) -> None:
    assert WatchCondition(states=("none",)).met(recorded(version, "tasks-states-for-dag-run"))


@pytest.mark.parametrize("version", ["2.10.3", "3.3.1"])
def test_the_state_alone(version: str) -> None:
    told = recorded(version, "dags-state")
    assert WatchCondition(states=("queued",)).met(told)
    assert not WatchCondition(states=("success",)).met(told)


def test_newest_run_has_the_latest_date_in_any_order() -> None:
    rows = [
        {"run_id": "a", "state": "success", "execution_date": "2026-01-01T00:00:00+00:00"},
        {"run_id": "b", "state": "running", "execution_date": "2026-01-02T00:00:00+00:00"},
    ]
    assert not WatchCondition(states=("success",)).met(output(json.dumps(rows)))
    rows[1]["state"] = "success"
    rows[0]["state"] = "failed"
    assert WatchCondition(states=("success",)).met(output(json.dumps(rows)))


def test_all_rows_of_another_list_must_show_the_state() -> None:
    rows = [{"task_id": "a", "state": "success"}, {"task_id": "b", "state": "running"}]
    line = "tasks states-for-dag-run x r -o json"
    assert not WatchCondition(states=("success",)).met(output(json.dumps(rows), line))
    rows[1]["state"] = "success"
    assert WatchCondition(states=("success",)).met(output(json.dumps(rows), line))
    assert not WatchCondition(states=("success",)).met(output("[]", line))


def test_a_output_to_a_command_that_failed_shows_no_state() -> None:
    told = failed("no")
    assert not WatchCondition(states=("failed",)).met(Result(told.outcome, told.exit_code, stdout=b"failed\n"))


def test_a_text_counts_in_data_and_cells_and_not_in_logs() -> None:
    log = "[2026-01-01T00:00:00.000+0000] {plugins.py:37} INFO - setup plugin finished\n"
    assert not WatchCondition(text="plugin").met(output(log + '[{"state": "running"}]\n'))
    assert WatchCondition(text="run").met(output(log + '[{"state": "running"}]\n'))
    assert WatchCondition(text="größe").met(output('[{"name": "gr\\u00f6\\u00dfe"}]\n'))
    assert WatchCondition(text="2.10").met(output("2.10.3\n", "version"))


def test_condition_is_written_and_read() -> None:
    assert str(WatchCondition("done", ("success", "failed"))) == "state success or failed or 'done'"
    assert not WatchCondition()
    assert parse_states("success, Failed") == ("success", "failed")
    with pytest.raises(UsageError, match="Unknown state 'succes'"):
        parse_states("succes")
