"""The prompt in a pseudo-terminal, on real Airflows behind local environments, one for each command tree."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Served
from tests.sharing import USUAL
from tests.terminal.emulator import Terminal
from tests.terminal.forked import Forks

pytestmark = pytest.mark.airflow
PROGRAM = [sys.executable, "-m", "mwaa_shell"]
#: Seconds for an Airflow that imports itself on a busy machine.
PATIENCE = 120


def ask(terminal: Terminal, served: Served, command: str) -> str:
    """Run a command and return what came on the screen for it."""
    return terminal.run(served.name, command, PATIENCE)


def test_a_session(served: Served, forks: Forks) -> None:
    grammar = served.grammar
    with Terminal([*PROGRAM, served.name], served.environ, columns=200, rows=50, begin=forks.begin) as terminal:
        terminal.wait_for_prompt(served.name)
        terminal.wait_for(f"Airflow {served.version}  AVAILABLE")
        assert "sales_daily" in ask(terminal, served, grammar.list_dags)
        assert "\nok " in ask(terminal, served, grammar.trigger_run("run_typed"))
        assert "run_typed" in ask(terminal, served, grammar.list_runs)
        missing = ask(terminal, served, grammar.missing)
        assert "\nfailed " in missing
        assert "DagNotFound: Dag id no_such_dag not found" in missing
        unknown = ask(terminal, served, f".send {grammar.unknown}")
        assert "command error: " in unknown.split("\nfailed ")[0]  # said once, by Airflow
        terminal.enter("exit")
        assert terminal.wait_exit() == 0


def test_ctrl_c_while_airflow_reads_its_dags(serving: Callable[[str], Served], forks: Forks) -> None:
    served = serving(USUAL)
    hold = served.dags / "hold"
    with Terminal([*PROGRAM, served.name], served.environ, begin=forks.begin) as terminal:
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
        assert "The command may still be running." in terminal.text.replace("\n", " ")
        assert "ok " in ask(terminal, served, "version")


def words_of(pid: int) -> str:
    """The command line of a process, nothing if it has ended."""
    try:
        return Path("/proc", str(pid), "cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""
