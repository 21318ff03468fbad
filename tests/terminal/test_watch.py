""".watch and .follow at a prompt in a real pseudo-terminal."""

from __future__ import annotations

import json
import os
import pty
import termios
import threading
from collections.abc import Callable
from typing import Any

import pytest

from mwaa_shell.airflow.rest import RUNS, TASK_INSTANCES
from tests.double import Behave, Double, Request, command_response
from tests.terminal.conftest import Launch
from tests.terminal.emulator import Terminal

Open = Callable[..., Terminal]


@pytest.fixture
def opened(launch: Launch) -> Open:
    def start(columns: int = 80, rows: int = 24, **variables: str) -> Terminal:
        terminal = launch("my-env", columns=columns, rows=rows, **({"TZ": "UTC"} | variables))
        terminal.wait_for("AVAILABLE" if variables.get("TERM") != "dumb" else "my-env>")
        return terminal

    return start


@pytest.fixture
def alone(launch: Launch) -> Open:
    """The program at a terminal, with lines and no prompt."""
    return lambda *lines, **variables: launch(
        "my-env", *(word for line in lines for word in ("-c", line)), **({"TZ": "UTC"} | variables)
    )


def listed(*states: str) -> bytes:
    rows = [{"dag_id": "x", "run_id": f"run_{number}", "state": state} for number, state in enumerate(states)]
    return command_response(json.dumps(rows).encode())


def three_repetitions(go_on: threading.Event) -> Behave:
    """What a run comes to, look by look; the second one waits."""
    states = iter(["queued", "running", "success"])

    def behave(request: Request) -> bytes:
        state = next(states)
        assert state == "queued" or go_on.wait(30)
        return listed(state)

    return behave


def test_repetitions_are_drawn_in_one_place_and_keys_are_kept(double: Double, opened: Open) -> None:
    typed = threading.Event()
    double.web.behave = three_repetitions(typed)
    terminal = opened()
    terminal.enter(".watch -n 1 --until-state success dags list-runs -d x")
    terminal.wait_for("queued")
    terminal.send("dags li")
    typed.set()
    terminal.wait_for("reached state success after")
    terminal.wait_for("my-env> dags li")
    assert terminal.history_text.count("repetition ") == 1
    assert terminal.history_text.count("run_0") == 1
    assert double.commands == ["dags list-runs -d x -o json"] * 3
    assert b"\x1b[7m" in bytes(terminal.raw)
    assert bytes(terminal.raw).rindex(b"\x1b[?25h") > bytes(terminal.raw).rindex(b"reached")


def test_words_of_another_airflow_are_translated(double: Double, opened: Open) -> None:
    double.web.behave = lambda request: listed("success")
    terminal = opened()
    terminal.enter(".watch --times 1 list_dag_runs x")
    terminal.wait_for("ok ")
    terminal.wait_for_prompt("my-env")
    assert "Runs:dagslist-runs--dag-idx" in "".join(terminal.history_text.split())
    assert double.commands == ["dags list-runs --dag-id x -o json"]


def test_ctrl_c_closes_the_request_that_is_on_its_way(double: Double, opened: Open) -> None:
    gone = threading.Event()

    def behave(request: Request) -> bytes | None:
        if len(double.commands) == 1:
            return listed("running")
        if request.socket.recv(1) == b"":
            gone.set()
        return None

    double.web.behave = behave
    terminal = opened()
    terminal.enter(".watch -n 1 dags list-runs -d x")
    terminal.wait_for(lambda text: "run_0" in text and "asking " in text)
    while len(double.commands) < 2:
        assert double.web.arrived.acquire(timeout=30)
    terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    assert gone.wait(30)
    assert "interrupted" in terminal.text
    assert "run_0" in terminal.text
    double.web.behave = lambda request: command_response(b"2.10.3\n")
    assert "2.10.3" in terminal.run("my-env", "version")


def test_ctrl_c_between_repetitions(double: Double, opened: Open) -> None:
    double.web.behave = lambda request: listed("running")
    terminal = opened()
    terminal.enter(".watch -n 100 dags list-runs -d x")
    terminal.wait_for("next in ")
    terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    assert "interrupted. Stopped after 1 repetition.\n" in terminal.text


def test_a_window_that_becomes_smaller(double: Double, opened: Open) -> None:
    double.web.behave = lambda request: listed(*(["running"] * 30))
    terminal = opened()
    terminal.enter(".watch -n 100 dags list-runs -d x")
    terminal.wait_for("next in ")
    terminal.resize(50, 10)
    terminal.wait_for(lambda text: "more lines" in text and len(text.splitlines()) <= 10)
    terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    assert "run_29" in terminal.history_text


def test_nothing_that_a_output_holds_is_obeyed(double: Double, opened: Open) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\x9b31m\r"
    double.web.behave = lambda request: command_response(json.dumps([{"run_id": evil, "state": evil}]).encode())
    terminal = opened()
    terminal.enter(".watch --times 1 dags list-runs -d x")
    terminal.wait_for("owned")
    terminal.wait_for_prompt("my-env")
    for sequence in (b"\x1b]0;owned", b"\x1b[2J", b"\xc2\x9b"):
        assert sequence not in bytes(terminal.raw)


def test_a_dumb_terminal_gets_lines(double: Double, opened: Open) -> None:
    double.web.behave = lambda request: listed("success")
    terminal = opened(TERM="dumb")
    terminal.enter(".watch --until-state success dags list-runs -d x")
    terminal.wait_for("reached state success")
    assert b"\x1b" not in bytes(terminal.raw).partition(b"repetition 1 ")[2]
    assert "x       run_0   success" in terminal.text


def test_a_run_is_followed_to_its_end(double: Double, opened: Open) -> None:
    begun = {"dag_run_id": "r1", "start_date": "2026-01-01T10:00:00Z", "end_date": None}
    row = {"state": "running", **begun}
    double.rest = {
        RUNS: {"dag_runs": [row], "total_entries": 1},
        TASK_INSTANCES: {
            "task_instances": [
                {
                    "task_id": "extract",
                    "dag_run_id": "r1",
                    "state": "success",
                    **begun,
                    "end_date": "2026-01-01T10:00:02Z",
                },
                {"task_id": "load", "state": "running", **begun, "try_number": 2},
            ],
            "total_entries": 2,
        },
    }
    terminal = opened()
    terminal.enter(".follow x -n 1")
    terminal.wait_for("1 of 2 tasks done, 1 running")
    terminal.wait_for("· REST ·")
    for path in (TASK_INSTANCES, RUNS):
        text = json.dumps(double.rest[path]).replace('"running"', '"failed"')
        double.rest[path] = json.loads(text.replace('"end_date": null', '"end_date": "2026-01-01T10:01:12Z"'))
    terminal.wait_for_prompt("my-env")
    shown = terminal.history_text
    assert "x  r1  failed  1 min 12 s\n" in shown
    assert "2 of 2 tasks done, 1 failed\n" in shown
    assert "error: x r1 failed after 1 min 12 s: load failed" in shown.replace("\n", "")
    assert shown.count("extract") == 1
    assert double.commands == []


@pytest.mark.parametrize("state", ["success", "failed"])
def test_a_run_that_is_longer_than_the_screen_ends_with_its_ending(double: Double, opened: Open, state: str) -> None:
    times = {"start_date": "2026-01-01T10:00:00Z", "end_date": "2026-01-01T10:01:12Z"}
    row = {"dag_run_id": "r1", "state": state, **times}
    tasks = [{"task_id": f"t{number:02}", "dag_run_id": "r1", "state": state, **times} for number in range(40)]
    double.rest = {
        RUNS: {"dag_runs": [row], "total_entries": 1},
        TASK_INSTANCES: {"task_instances": tasks, "total_entries": 40},
    }
    terminal = opened()
    terminal.enter(".follow x")
    terminal.wait_for_prompt("my-env")
    end = [line for line in terminal.lines if line and "  AVAILABLE" not in line]
    assert f"x  r1  {state}  1 min 12 s" in end
    assert any("40 of 40 tasks done" in line for line in end)
    ending = end[end.index(next(line for line in end if "40 of 40" in line)) + 1]
    assert f"x r1 {state} after 1 min 12 s" in ending
    assert all(terminal.history_text.count(f"\nt{number:02} ") == 1 for number in range(10))


def test_a_watch_that_is_longer_than_the_screen_ends_with_its_header(double: Double, opened: Open) -> None:
    double.web.behave = lambda request: listed(*["success"] * 40)
    terminal = opened()
    terminal.enter(".watch --until-state success dags list-runs -d x")
    terminal.wait_for_prompt("my-env")
    assert terminal.text.count("reached state success after") == 1
    assert terminal.history_text.count("reached state success after") == 2


def attributes_of_new_terminal() -> list[Any]:
    ours, theirs = pty.openpty()
    attributes = termios.tcgetattr(theirs)
    os.close(ours)
    os.close(theirs)
    return attributes


def test_watch_without_a_prompt_draws_and_restores_the_terminal(double: Double, alone: Open) -> None:
    looked = threading.Event()
    double.web.behave = three_repetitions(looked)
    before = attributes_of_new_terminal()
    with alone(".watch -n 1 --until-state success dags list-runs -d x -o json") as terminal:
        terminal.wait_for("queued")
        assert terminal.attributes() != before  # keys are not shown
        looked.set()
        assert terminal.wait_exit() == 0
        assert "reached state success after" in terminal.text
        assert terminal.history_text.count("run_0") == 1
        assert terminal.attributes() == before


def test_without_a_prompt_a_dumb_terminal_gets_plain_text(double: Double, alone: Open) -> None:
    double.web.behave = lambda request: listed("success")
    with alone(".watch --until-state success dags list-runs -d x -o json", TERM="dumb") as terminal:
        assert terminal.wait_exit() == 0
        assert "reached state success" in terminal.text
        assert b"\x1b" not in terminal.raw
