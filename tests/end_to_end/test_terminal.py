"""The prompt in a pseudo-terminal, on real Airflows behind a private MWAA: one grammar of commands after the other."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Served, installed, local_environ, make_dags
from tests.terminal.emulator import Terminal

pytestmark = pytest.mark.airflow
PROGRAM = [sys.executable, "-m", "mwaa_shell"]
#: Seconds for an Airflow that imports itself on a busy machine.
PATIENCE = 120


def ask(terminal: Terminal, served: Served, command: str) -> str:
    """Run a command and return what came on the screen for it."""
    return terminal.run(served.name, command, PATIENCE)


def test_a_session(served: Served) -> None:
    grammar = served.grammar
    with Terminal([*PROGRAM, served.name], served.environ, columns=200, rows=50) as terminal:
        terminal.wait_for_prompt(served.name)
        terminal.wait_for(f"Airflow {served.version}  AVAILABLE")
        assert "sales_daily" in ask(terminal, served, grammar.list_dags)
        assert "\nok " in ask(terminal, served, grammar.trigger.replace("run_1", "run_typed"))
        assert "run_typed" in ask(terminal, served, grammar.list_runs)
        missing = ask(terminal, served, grammar.missing)
        assert "\nfailed " in missing
        assert "DagNotFound: Dag id no_such_dag not found" in missing
        unknown = ask(terminal, served, f".send {grammar.unknown}")
        assert "command error: " in unknown.split("\nfailed ")[1]
        terminal.enter("exit")
        assert terminal.wait_exit() == 0


def test_ctrl_c_while_airflow_reads_its_dags(served: Served) -> None:
    hold = served.dags / "hold"
    with Terminal([*PROGRAM, served.name], served.environ) as terminal:
        terminal.wait_for_prompt(served.name)
        ask(terminal, served, "version")
        hold.touch()
        try:
            terminal.enter(served.grammar.reads_dags)
            terminal.wait_for(" s  running  (Ctrl-C stops waiting)", PATIENCE)
            terminal.key("ctrl-c")
            terminal.wait_for_prompt(served.name)
        finally:
            hold.unlink()
        assert f"the command may still be running on {served.name}" in terminal.text.replace("\n", "")
        assert "ok " in ask(terminal, served, "version")


def test_several_local_environments_and_the_way_between_them(tmp_path: Path) -> None:
    for version in ("1.10.12", "3.3.1"):
        installed(version)
    with Terminal([*PROGRAM, "--local", "3.3.1,1.10.12"], local_environ(tmp_path), columns=100, rows=40) as terminal:
        terminal.wait_for_prompt("local-3-3-1", 300)
        assert "\nok " in terminal.run("local-3-3-1", "dags list -o json | wc -l", PATIENCE)
        terminal.enter(".use local-1-10-12")
        terminal.wait_for_prompt("local-1-10-12", PATIENCE)
        terminal.enter("list_dags")
        terminal.wait_for("inventory_sync", PATIENCE)
        terminal.enter(".use")
        terminal.wait_for(lambda text: "Airflow 3.3.1     AVAILABLE" in text and "environment:" in text)
        terminal.enter("3-3")
        terminal.wait_for_prompt("local-3-3-1")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_private_mwaa_dies_with_a_killed_shell(serving: Callable[[str], Served], tmp_path: Path) -> None:
    serving("2.10.3")  # or the skip that says why not
    dags = make_dags(tmp_path / "dags")
    text = (dags / "hello_world.py").read_text().replace("hello_world", "sleepy").replace("echo hello", "sleep 300")
    (dags / "sleepy.py").write_text(text)
    argv = [*PROGRAM, "--local", "2.10.3", "--dags-folder", str(dags)]
    with Terminal(argv, local_environ(tmp_path)) as terminal:
        terminal.wait_for_prompt("local-2-10-3", 300)
        assert terminal.run("local-2-10-3", "version", PATIENCE).startswith("2.10.3")
        terminal.enter("tasks test sleepy say_hello 2024-01-01")
        terminal.wait_for(lambda text: any("sleep 300" in words for words in map(words_of, family(terminal))), PATIENCE)
        below = family(terminal)
        assert len(below) >= 4
        handles = [os.pidfd_open(pid) for pid in below]
        os.kill(terminal.pid, signal.SIGKILL)
        for handle in handles:
            assert select.select([handle], [], [], 30)[0], "a process outlives the shell"
            os.close(handle)


def words_of(pid: int) -> str:
    """The command line of a process, nothing if it has ended."""
    try:
        return Path("/proc", str(pid), "cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def family(terminal: Terminal) -> list[int]:
    """The processes below the program's, from /proc."""
    pid = terminal.pid
    children: dict[int, list[int]] = {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            stat = Path("/proc", entry, "stat").read_text()
        except OSError:  # it has ended meanwhile
            continue
        children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found
