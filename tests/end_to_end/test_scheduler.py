"""A private MWAA with a scheduler, on real Airflows: what is triggered runs, and nothing outlives the shell."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mwaa_shell.local.launcher import running
from mwaa_shell.session import Session
from mwaa_shell.settings import LocalSettings, Settings
from tests.end_to_end.conftest import Served, installed, local_environ, make_dags, wait_until
from tests.end_to_end.test_batch import access_from
from tests.end_to_end.test_terminal import PATIENCE, PROGRAM, words_of
from tests.sessions import execute
from tests.terminal.emulator import Terminal

pytestmark = [pytest.mark.airflow, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]

VERSIONS = ("2.10.3", "3.3.1")
SHORT = """-c '{"seconds": 0}'"""
FAILS = """-c '{"seconds": 0, "fail": true}'"""
#: Two runs of a DAG need two dates, and Airflow 2 takes the second of now.
DATE = {"2.10.3": "-e 2024-02-01", "3.3.1": "-l 2024-02-01"}


def list_runs(session: Session, version: str, dag: str) -> dict[str, str]:
    """The runs of a DAG and their states, as a command tells them."""
    result = execute(session, f"dags list-runs {'' if version >= '3' else '-d '}{dag} -o json")
    assert result.ok, result.stderr
    text = result.stdout.decode()
    rows = json.loads(text[text.index("[{") :] if "[{" in text else "[]")
    return {row["run_id"]: row["state"] for row in rows}


def ended(session: Session, version: str, dag: str, run: str) -> str:
    """The state in which a run ends; a look takes as long as the command."""
    states = [""]

    def has_ended() -> bool:
        states.append(list_runs(session, version, dag)[run])
        return states[-1] in ("success", "failed")

    wait_until(has_ended, f"the end of {run}", looks=300)
    return states[-1]


def tasks(session: Session, dag: str, run: str) -> dict[str, str]:
    result = execute(session, f"tasks states-for-dag-run {dag} {run} -o json")
    assert result.ok, result.stderr
    text = result.stdout.decode()
    return {row["task_id"]: row["state"] for row in json.loads(text[text.index("[{") :])}


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_triggered_runs_to_its_end(version: str, scheduling: Callable[[str], Served]) -> None:
    served = scheduling(version)
    session = Session(Settings(served.name, access_from(served.environ)))
    for dag in ("hello_world", "night_shift"):
        assert execute(session, f"dags unpause {dag}").ok
    for command in (
        "dags trigger hello_world -r greeting",
        f"dags trigger night_shift -r calm {SHORT}",
        f"dags trigger night_shift -r stormy {FAILS} {DATE[version]}",
    ):
        assert execute(session, command).ok, command
    assert ended(session, version, "hello_world", "greeting") == "success"
    assert ended(session, version, "night_shift", "calm") == "success"
    assert ended(session, version, "night_shift", "stormy") == "failed"
    assert set(tasks(session, "night_shift", "calm").values()) == {"success"}
    stormy = tasks(session, "night_shift", "stormy")
    assert (stormy["check"], stormy["publish"]) == ("failed", "upstream_failed")
    session.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_outlives_a_killed_shell(version: str, tmp_path: Path) -> None:
    installed(version)
    environment = f"local-{version.replace('.', '-')}"
    dags = make_dags(tmp_path / "dags", "night_shift.py")
    argv = [*PROGRAM, "--local", version, "--scheduler", "--dags-folder", str(dags)]
    with Terminal(argv, local_environ(tmp_path)) as terminal:
        terminal.wait_for_prompt(environment, 300)
        assert "\nok " in terminal.run(environment, "dags unpause night_shift", PATIENCE)
        asked = """dags trigger night_shift -r long -c '{"seconds": 300}'"""
        assert "\nok " in terminal.run(environment, asked, PATIENCE)
        terminal.wait_for(lambda text: any("sleep 300" in words_of(pid) for pid in below(terminal.pid)), PATIENCE)
        handles = handles_of(below(terminal.pid))
        os.kill(terminal.pid, signal.SIGKILL)
        assert_ended(handles)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_scheduler_that_ends_is_told_once(version: str, tmp_path: Path) -> None:
    installed(version)
    said, heard = [], threading.Event()

    def note(text: str) -> None:
        said.append(text)
        heard.set()

    dags = make_dags(tmp_path / "dags", "night_shift.py")
    with running(LocalSettings((version,), dags, scheduler=True), 75, lambda line: None, note) as started:
        session = Session(Settings(started.environments[0], started.access))
        runs = [execute(session, f"dags {what} hello_world") for what in ("unpause", "trigger -r first")]
        assert all(run.ok for run in runs)
        assert ended(session, version, "hello_world", "first") == "success"
        worker = next(pid for pid in below(os.getpid()) if "worker.py" in words_of(pid) and works_on(dags, pid))
        handles = handles_of(below(worker))
        assert len([pid for pid in below(worker) if parent(pid) == worker]) >= (1 if version < "3" else 3)
        os.kill(worker, signal.SIGKILL)  # as a machine does that runs out of memory
        assert heard.wait(PATIENCE)
        assert execute(session, "version").ok, "commands go on without a scheduler"
        session.close()
    assert_ended(handles)
    assert len(said) == 1
    assert f"of Airflow {version} was ended, its DAGs run no more (see " in said[0]


def test_one_scheduler_an_environment(tmp_path: Path) -> None:
    installed("2.10.3")
    said, heard = [], threading.Event()

    def note(text: str) -> None:
        said.append(text)
        if "No scheduler" in text:
            heard.set()

    dags = make_dags(tmp_path / "dags")
    wanted = LocalSettings(("2.10.3",), dags, scheduler=True)
    with running(wanted, 75, lambda line: None, lambda text: None) as first:
        session = Session(Settings(first.environments[0], first.access))
        for command in ("dags unpause hello_world", "dags trigger hello_world -r first"):
            assert execute(session, command).ok
        assert ended(session, "2.10.3", "hello_world", "first") == "success"
        with running(wanted, 75, lambda line: None, note) as second:
            assert heard.wait(PATIENCE)
            other = Session(Settings(second.environments[0], second.access))
            assert execute(other, "dags trigger hello_world -r second").ok
            assert ended(other, "2.10.3", "hello_world", "second") == "success"
            other.close()
        session.close()
    assert said == [
        "Another shell has Airflow 2.10.3 open too: both see and change the same runs and variables",
        "No scheduler was started for Airflow 2.10.3: another shell has one; end that shell to run the DAGs here",
    ]


def works_on(dags: Path, pid: int) -> bool:
    """Whether a process has this folder in its environment: another test's private MWAA may be open too."""
    return str(dags).encode() in Path("/proc", str(pid), "environ").read_bytes()


def parent(pid: int) -> int:
    return int(Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()[1])


def below(root: int) -> list[int]:
    """The processes below one, from /proc."""
    children: dict[int, list[int]] = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            children.setdefault(parent(int(entry)), []).append(int(entry))
        except OSError:  # it has ended meanwhile
            continue
    found, todo = [], [root]
    while todo:
        some = children.get(todo.pop(), [])
        found += some
        todo += some
    return found


def handles_of(pids: list[int]) -> list[int]:
    """By which the end of processes can be waited for."""
    handles = []
    for pid in pids:
        try:
            handles.append(os.pidfd_open(pid))
        except ProcessLookupError:  # a command or a task that has ended meanwhile
            continue
    assert handles
    return handles


def assert_ended(handles: list[int]) -> None:
    for handle in handles:
        assert select.select([handle], [], [], 30)[0], "a process outlives the shell"
        os.close(handle)
