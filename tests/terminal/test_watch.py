""".watch and .follow at a prompt in a real pseudo-terminal."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.double import Double, Request, command_reply
from tests.terminal.emulator import Terminal

Open = Callable[..., Terminal]


@pytest.fixture
def opened(environ: dict[str, str]) -> Iterator[Open]:
    terminals: list[Terminal] = []

    def start(columns: int = 80, rows: int = 24, **variables: str) -> Terminal:
        argv = [sys.executable, "-m", "mwaa_shell", "my-env"]
        terminals.append(Terminal(argv, environ | {"TZ": "UTC"} | variables, columns, rows))
        terminals[-1].wait_for("AVAILABLE" if variables.get("TERM") != "dumb" else "my-env>")
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.close()


def alone(environ: dict[str, str], *lines: str, **variables: str) -> Terminal:
    """The program at a terminal, with lines and no prompt."""
    options = [word for line in lines for word in ("-c", line)]
    return Terminal([sys.executable, "-m", "mwaa_shell", "my-env", *options], environ | {"TZ": "UTC"} | variables)


def listed(*states: str) -> bytes:
    rows = [{"dag_id": "x", "run_id": f"run_{number}", "state": state} for number, state in enumerate(states)]
    return command_reply(json.dumps(rows).encode())


def test_rounds_are_drawn_in_one_place_and_keys_are_kept(double: Double, opened: Open) -> None:
    rounds = iter([listed("queued"), listed("running"), listed("success")])
    double.web.behave = lambda request: next(rounds)
    terminal = opened()
    terminal.enter(".watch -n 1 --until-state success dags list-runs -d x")
    terminal.wait_for("next in 1 s")
    terminal.send("dags li")
    terminal.wait_for("reached state success after")
    terminal.wait_for("my-env> dags li")
    assert terminal.history_text.count("round ") == 1
    assert terminal.history_text.count("run_0") == 1
    assert double.commands == ["dags list-runs -d x -o json"] * 3
    assert b"\x1b[7m" in bytes(terminal.raw)
    assert bytes(terminal.raw).rindex(b"\x1b[?25h") > bytes(terminal.raw).rindex(b"reached")


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
    terminal.wait_for("asking 1 s")
    assert "run_0" in terminal.text
    terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    assert gone.wait(10)
    assert "Stopped waiting" in terminal.text
    assert "run_0" in terminal.text
    double.web.behave = lambda request: command_reply(b"2.10.3\n")
    assert "2.10.3" in terminal.run("my-env", "version")


def test_ctrl_c_between_rounds(double: Double, opened: Open) -> None:
    double.web.behave = lambda request: listed("running")
    terminal = opened()
    terminal.enter(".watch -n 100 dags list-runs -d x")
    terminal.wait_for("next in 100 s")
    terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    assert "Stopped after 1 round\n" in terminal.text


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


def test_nothing_that_a_reply_holds_is_obeyed(double: Double, opened: Open) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\x9b31m\r"
    double.web.behave = lambda request: command_reply(json.dumps([{"run_id": evil, "state": evil}]).encode())
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
    assert b"\x1b" not in bytes(terminal.raw).partition(b"round 1 ")[2]
    assert "x       run_0   success" in terminal.text


def test_a_run_is_followed_to_its_end(double: Double, opened: Open) -> None:
    begun = {"start_date": "2026-01-01T10:00:00Z", "end_date": None}
    row = {"dag_run_id": "r1", "state": "running", **begun}
    double.rest = {
        "/dags/x/dagRuns": {"dag_runs": [row], "total_entries": 1},
        "/dags/x/dagRuns/r1": row,
        "/dags/x/dagRuns/r1/taskInstances": {
            "task_instances": [
                {"task_id": "extract", "state": "success", **begun, "end_date": "2026-01-01T10:00:02Z"},
                {"task_id": "load", "state": "running", **begun, "try_number": 2},
            ],
            "total_entries": 2,
        },
    }
    terminal = opened()
    terminal.enter(".follow x -n 1")
    terminal.wait_for("1 of 2 tasks done, 1 running")
    terminal.wait_for("over REST")
    for path in ("/dags/x/dagRuns/r1/taskInstances", "/dags/x/dagRuns/r1"):
        text = json.dumps(double.rest[path]).replace('"running"', '"failed"')
        double.rest[path] = json.loads(text.replace('"end_date": null', '"end_date": "2026-01-01T10:01:12Z"'))
    terminal.wait_for_prompt("my-env")
    shown = terminal.history_text
    assert "x  r1  failed  1 min 12 s\n" in shown
    assert "2 of 2 tasks done, 1 failed\n" in shown
    assert "mwaa-shell: x r1 failed after 1 min 12 s: load failed" in shown.replace("\n", "")
    assert shown.count("extract") == 1
    assert double.commands == []


def test_without_a_prompt_it_is_drawn_too_and_the_terminal_is_as_before(
    double: Double, environ: dict[str, str]
) -> None:
    rounds = iter([listed("queued"), listed("running"), listed("success")])
    double.web.behave = lambda request: next(rounds)
    with alone(environ, ".watch -n 1 --until-state success dags list-runs -d x -o json") as terminal:
        before = terminal.attributes()
        terminal.wait_for("next in 1 s")
        assert terminal.attributes() != before  # keys are not shown
        assert terminal.wait_exit() == 0
        assert "reached state success after" in terminal.text
        assert terminal.history_text.count("run_0") == 1
        assert terminal.attributes() == before


def test_without_a_prompt_a_dumb_terminal_gets_plain_text(double: Double, environ: dict[str, str]) -> None:
    double.web.behave = lambda request: listed("success")
    with alone(environ, ".watch --until-state success dags list-runs -d x -o json", TERM="dumb") as terminal:
        assert terminal.wait_exit() == 0
        assert "reached state success" in terminal.text
        assert b"\x1b" not in terminal.raw
