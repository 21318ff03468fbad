"""A run that a real scheduler works off, followed to its end: over REST, through the CLI, in scripts, at a prompt."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from mwaa_shell.errors import PermissionMissing
from mwaa_shell.mwaa.aws import MwaaApi
from mwaa_shell.session import Session
from mwaa_shell.settings import Settings
from tests.end_to_end.conftest import Served
from tests.end_to_end.test_batch import access_from
from tests.end_to_end.test_terminal import PATIENCE, PROGRAM
from tests.monitor.canvas import FakeCanvas
from tests.sessions import execute
from tests.terminal.emulator import Terminal

pytestmark = pytest.mark.airflow

VERSIONS = ("2.10.3", "3.3.1")
TASKS = {"read_orders", "read_stock", "join", "check", "publish"}
#: Two runs of a DAG need two dates, and Airflow 2 takes the second of now.
DATE = {"2.10.3": "-e", "3.3.1": "-l"}


def trigger(version: str, run: str, day: int, conf: str) -> str:
    return f"dags trigger night_shift -r {run} {DATE[version]} 2024-03-{day:02} -c '{conf}'"


def followed(served: Served, *lines: str) -> subprocess.CompletedProcess[str]:
    """The program as a script runs it."""
    argv = [*PROGRAM, *(word for line in lines for word in ("-c", line))]
    return subprocess.run(argv, env=served.environ, capture_output=True, text=True, timeout=PATIENCE, check=False)


def states_in(table: str) -> dict[str, str]:
    rows = [line.split() for line in table.splitlines()]
    return {row[0]: row[1] for row in rows if row and row[0] in TASKS}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_run_that_succeeds(version: str, scheduling: Callable[[str], Served]) -> None:
    served = scheduling(version)
    begin = trigger(version, "good", 1, '{"seconds": 1}')
    done = followed(served, "dags unpause night_shift", begin, ".follow night_shift good -n 1")
    assert done.returncode == 0, done.stderr
    assert states_in(done.stdout) == dict.fromkeys(TASKS, "success")
    assert "5 of 5 tasks done" in done.stdout
    assert "night_shift good success after " in done.stderr


@pytest.mark.parametrize("version", VERSIONS)
def test_a_run_that_fails(version: str, scheduling: Callable[[str], Served]) -> None:
    served = scheduling(version)
    begin = trigger(version, "bad", 2, '{"seconds": 0, "fail": true}')
    done = followed(served, "dags unpause night_shift", begin, ".follow night_shift bad -n 1")
    assert done.returncode == 1
    assert states_in(done.stdout) == dict.fromkeys(TASKS, "success") | {"check": "failed", "publish": "upstream_failed"}
    assert ": check failed\n" in done.stderr


@pytest.mark.parametrize("version", VERSIONS)
def test_through_the_cli_where_rest_is_not_allowed(
    version: str, scheduling: Callable[[str], Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*given: object) -> object:
        raise PermissionMissing("not you", "airflow:InvokeRestApi")

    monkeypatch.setattr(MwaaApi, "invoke_rest", denied)
    served = scheduling(version)
    session = Session(Settings(environment=served.name, access=access_from(served.environ)))
    canvas = FakeCanvas(live=False)
    session.ui.canvas = canvas
    assert execute(session, "dags unpause night_shift").ok
    assert execute(session, trigger(version, "cli", 3, '{"seconds": 0}')).ok
    result = execute(session, ".follow night_shift cli")
    session.close()
    assert result.ok, result.message
    assert states_in(result.stdout.decode()) == dict.fromkeys(TASKS, "success")
    assert canvas.told[-1].startswith("night_shift cli success after ")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_paused_dag_is_said_to_be_one(version: str, scheduling: Callable[[str], Served]) -> None:
    served = scheduling(version)
    begin = trigger(version, "waits", 4, '{"seconds": 0}')
    done = followed(served, "dags pause night_shift", begin, ".follow night_shift waits -n 1 --for 2s")
    assert done.returncode == 4
    assert "night_shift is paused: nothing of it begins until dags unpause night_shift" in done.stderr
    assert followed(served, "dags unpause night_shift", ".follow night_shift waits -n 1").returncode == 0


@pytest.mark.parametrize("version", VERSIONS)
def test_at_a_prompt(version: str, scheduling: Callable[[str], Served]) -> None:
    served = scheduling(version)
    with Terminal(PROGRAM, served.environ) as terminal:
        terminal.wait_for("AVAILABLE", PATIENCE)
        terminal.run(served.name, "dags unpause night_shift", PATIENCE)
        terminal.run(served.name, trigger(version, "seen", 5, '{"seconds": 2}'), PATIENCE)
        terminal.enter(".follow night_shift seen -n 1")
        terminal.wait_for("of 5 tasks done", PATIENCE)
        terminal.wait_for(lambda text: "running" in text or "5 of 5" in text, PATIENCE)  # a busy machine looks late
        terminal.wait_for_prompt(served.name, PATIENCE)
        shown = terminal.history_text.split(".follow night_shift seen")[1]
    assert shown.count("tasks done") == 1  # drawn in one place
    assert states_in(shown) == dict.fromkeys(TASKS, "success")
    positional = "" if version >= "3" else "-d "
    argv = f".watch --until-state success --times 1 dags list-runs {positional}night_shift"
    assert followed(served, argv).returncode == 0
