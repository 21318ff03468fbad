"""A local environment with a scheduler, on real Airflows: what is triggered runs, and nothing outlives the shell."""

from __future__ import annotations

import os
import select
import signal
import sqlite3
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from mwaa_shell.local.launcher import running
from mwaa_shell.session import Session
from mwaa_shell.settings import LocalSettings, Settings
from tests.end_to_end.conftest import FillHome, learning, local_environ, make_dags, state_of, wait_until
from tests.end_to_end.test_terminal import PATIENCE, PROGRAM, words_of
from tests.sessions import execute
from tests.sharing import USUAL
from tests.terminal.emulator import Terminal

pytestmark = [pytest.mark.airflow, pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")]

#: The Airflow with the most processes.
VERSION = "3.3.1"
#: A DAG file that ``dags list --local`` never reads to its end.
ENDLESS = """
import select, sys  # airflow DAG
if "--local" in sys.argv:
    open({held!r}, "w").close()
    while True:
        select.select([], [], [], 1)
"""


def run_state(database: Path, run: str) -> str:
    """The state of a run, as the database of Airflow has it; empty where there is no such run."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=PATIENCE)) as connection:
        rows = connection.execute("SELECT state FROM dag_run WHERE run_id = ?", (run,)).fetchall()
    return rows[0][0] if rows else ""


def test_nothing_outlives_a_killed_shell(tmp_path: Path, fill_home: FillHome) -> None:
    """Neither the services with a task of theirs nor a command."""
    dags, held = make_dags(tmp_path / "dags", "night_shift.py"), tmp_path / "held"
    (dags / "endless.py").write_text(ENDLESS.format(held=str(held)))
    fill_home(VERSION, tmp_path, dags)
    environ = learning(local_environ(tmp_path))
    argv = [*PROGRAM, "--local", VERSION, "--scheduler", "--dags-folder", str(dags)]
    with Terminal(argv, environ) as terminal:
        terminal.wait_for_prompt("local-3-3-1", 300)
        assert "\nok " in terminal.run("local-3-3-1", "dags unpause night_shift", PATIENCE)
        asked = """dags trigger night_shift -r long -c '{"seconds": 300}'"""
        assert "\nok " in terminal.run("local-3-3-1", asked, PATIENCE)
        wait_until(lambda: any("sleep 300" in words_of(pid) for pid in below(terminal.pid)), "the task", looks=3000)
        terminal.enter("dags list --local")  # Airflow gives a file 30 seconds
        terminal.wait_for(lambda text: held.exists(), PATIENCE)
        handles = handles_of(below(terminal.pid))
        os.kill(terminal.pid, signal.SIGKILL)
        assert_ended(handles)


def kill_worker(dags: Path) -> list[int]:
    """Kill the process of an environment as a machine does that runs out of memory; return handles of its children."""

    def worker() -> int:
        """The first process below its guard."""
        return [pid for pid in below(os.getpid()) if "worker.py" in words_of(pid) and works_on(dags, pid)][1]

    def children() -> list[int]:
        return [pid for pid in below(worker()) if parent(pid) == worker()]

    wait_until(lambda: bool(children()), "the scheduler")
    handles = handles_of(below(worker()))
    os.kill(worker(), signal.SIGKILL)
    return handles


def test_one_scheduler_an_environment(tmp_path: Path, fill_home: FillHome) -> None:
    """A second shell has none; the end of the first one's is told once, and commands go on without it."""
    said: dict[str, list[str]] = {"first": [], "second": []}
    refused, ended = threading.Event(), threading.Event()

    def note_first(text: str) -> None:
        said["first"].append(text)
        ended.set()

    def note_second(text: str) -> None:
        said["second"].append(text)
        if "No scheduler" in text:
            refused.set()

    dags = make_dags(tmp_path / "dags")
    fill_home(USUAL, tmp_path, dags)
    database = state_of(USUAL, tmp_path, dags).airflow_home / "airflow.db"
    wanted = LocalSettings((USUAL,), dags, scheduler=True)
    with running(wanted, 75, lambda line: None, note_first) as first:
        session = Session(Settings(first.environments[0], first.access))
        assert execute(session, "dags unpause hello_world").ok
        session.close()
        with running(wanted, 75, lambda line: None, note_second) as second:
            assert refused.wait(PATIENCE)
            other = Session(Settings(second.environments[0], second.access))
            assert execute(other, "dags trigger hello_world -r second").ok
            wait_until(lambda: run_state(database, "second") == "success", "the end of the run")
            other.close()
        handles = kill_worker(dags)
        assert ended.wait(PATIENCE)
        session = Session(Settings(first.environments[0], first.access))
        assert execute(session, "version").ok
        session.close()
    assert_ended(handles)
    assert said["second"] == [
        f"Another shell has Airflow {USUAL} open, too. Both see and change the same runs and variables",
        f"No scheduler was started for Airflow {USUAL}: another shell has one. Exit that shell to run the DAGs here",
    ]
    assert len(said["first"]) == 1
    assert f"of Airflow {USUAL} was ended. Its DAGs no longer run (see " in said["first"][0]


def works_on(dags: Path, pid: int) -> bool:
    """Whether a process has this folder in its environment: another test's local environment may be open too."""
    try:
        return str(dags).encode() in Path("/proc", str(pid), "environ").read_bytes()
    except OSError:  # it has ended meanwhile
        return False


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
