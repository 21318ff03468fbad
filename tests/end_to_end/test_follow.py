"""A run that a real scheduler works off, followed to its end: over REST, through the CLI, in scripts, at a prompt."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from subprocess import CompletedProcess

import pytest

from tests.end_to_end.conftest import Served
from tests.end_to_end.test_rest import warm_up
from tests.end_to_end.test_terminal import PATIENCE, PROGRAM
from tests.programs import run_here
from tests.terminal.emulator import Terminal
from tests.terminal.forked import Forks

pytestmark = pytest.mark.airflow

#: The other one's runs are followed in ``test_why.py``.
VERSION = "3.3.1"
TASKS = ("read_orders", "read_stock", "join", "check", "publish")


def followed(served: Served, *lines: str) -> CompletedProcess[str]:
    """The program as a script runs it."""
    ended = run_here([word for line in lines for word in ("-c", line)], served.environ)
    return CompletedProcess(lines, ended.returncode, ended.stdout.decode(), ended.stderr.decode())


def states_in(table: str, tasks: Iterable[str] = TASKS) -> dict[str, str]:
    rows = [line.split() for line in table.splitlines()]
    return {row[0]: row[1] for row in rows if row and row[0] in tasks}


@pytest.mark.parametrize("version", [VERSION])
def test_a_paused_dag_is_said_to_be_one(version: str, scheduling: Callable[[str], Served], forks: Forks) -> None:
    """Followed on at a prompt once it is unpaused, to a good end that a script is told of, too."""
    served = scheduling(version)
    warm_up(served)
    begin = """dags trigger night_shift -r good -c '{"seconds": 2}'"""
    done = followed(served, "dags pause night_shift", begin, ".follow night_shift good -n 1 --for 2s")
    assert done.returncode == 4
    assert "night_shift is paused. Its runs wait for dags unpause night_shift" in done.stderr
    with Terminal(PROGRAM, served.environ, begin=forks.begin) as terminal:
        terminal.wait_for("AVAILABLE", PATIENCE)
        terminal.run(served.name, "dags unpause night_shift", PATIENCE)
        terminal.enter(".follow night_shift good -n 1")
        terminal.wait_for("of 5 tasks done", PATIENCE)
        terminal.wait_for(lambda text: "running" in text or "5 of 5" in text, PATIENCE)  # a busy machine looks late
        terminal.wait_for_prompt(served.name, PATIENCE)
        shown = terminal.history_text.split(".follow night_shift good")[1]
    assert shown.count("tasks done") == 1  # drawn in one place
    assert states_in(shown) == dict.fromkeys(TASKS, "success")

    listing = "tasks states-for-dag-run night_shift good -o json"
    watch = ".watch --until-state success --times 1 dags list-runs night_shift"
    done = followed(served, ".follow night_shift good", listing, watch)
    assert done.returncode == 0, done.stderr
    table, _, listed = done.stdout.partition("[{")
    assert states_in(table) == dict.fromkeys(TASKS, "success")
    assert "5 of 5 tasks done" in table
    assert "night_shift good success after " in done.stderr
    rows = json.JSONDecoder().raw_decode("[{" + listed)[0]
    assert {row["task_id"]: row["state"] for row in rows} == dict.fromkeys(TASKS, "success")
