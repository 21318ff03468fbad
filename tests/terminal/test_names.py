"""The environment's own names at the prompt, in a real pseudo-terminal, against a double."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.double import Double, Request, command_reply, refusal
from tests.terminal.emulator import Terminal

Open = Callable[[], Terminal]
LISTED = b'[{"dag_id": "daily_sales", "paused": "False"}, {"dag_id": "hello", "paused": "True"}]\n'


@pytest.fixture
def opened(double: Double, environ: dict[str, str]) -> Iterator[Open]:
    double.rest["/dags"] = {
        "dags": [{"dag_id": "daily_sales", "is_paused": True}, {"dag_id": "hello"}], "total_entries": 2,
    }  # fmt: skip
    double.rest["/dags/daily_sales/dagRuns"] = {
        "dag_runs": [{"dag_run_id": "manual__1", "state": "failed"}], "total_entries": 1,
    }  # fmt: skip
    terminals: list[Terminal] = []

    def start() -> Terminal:
        terminals.append(Terminal([sys.executable, "-m", "mwaa_shell", "my-env"], environ, 80, 24))
        return terminals[-1]

    yield start
    for terminal in terminals:
        terminal.close()


def denied(double: Double) -> None:
    """InvokeRestApi is not allowed."""

    def answer(request: Request) -> bytes:
        if "/restapi/" in request.path:
            return refusal(403, "AccessDeniedException", "not you")
        return double.answer_aws(request)

    double.aws.behave = answer


def test_names_complete_as_one_types(double: Double, opened: Open) -> None:
    terminal = opened()
    terminal.wait_for("AVAILABLE  2 DAGs, now")
    terminal.send("dags trigger ds")
    terminal.wait_for("daily_sales  paused")
    terminal.key("tab")
    terminal.wait_for("my-env> dags trigger daily_sales")
    terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    terminal.send("tasks states-for-dag-run daily_sales m")
    terminal.wait_for("manual__1  failed")  # came while nobody typed, and the menu opened
    assert double.commands == []


def test_tab_asks_the_cli_where_nothing_is_known(double: Double, opened: Open) -> None:
    denied(double)
    answer = threading.Event()
    double.web.behave = lambda request: command_reply(LISTED) if answer.wait(30) else None
    terminal = opened()
    terminal.wait_for("InvokeRestApi is not allowed")
    terminal.send("dags trigger ")
    terminal.wait_for("dags trigger [...] DAG_ID")
    assert double.commands == []
    terminal.key("tab")
    terminal.wait_for("refreshing DAGs")
    assert "my-env> dags trigger\n" in terminal.text  # Tab typed nothing
    answer.set()
    terminal.wait_for("daily_sales")
    terminal.send("hel")
    terminal.key("tab")
    terminal.wait_for("my-env> dags trigger hello")
    assert double.commands == ["dags list -o json"]


def test_a_command_waits_for_the_refresh_and_says_so(double: Double, opened: Open) -> None:
    denied(double)
    answer, began = threading.Event(), threading.Event()

    def slow(request: Request) -> bytes | None:
        if request.body == b"version":
            return command_reply(b"2.10.3\n")
        began.set()
        return command_reply(LISTED) if answer.wait(30) else None

    double.web.behave = slow
    terminal = opened()
    terminal.wait_for("AVAILABLE")
    terminal.enter(".refresh")
    assert began.wait(20)
    terminal.enter("version")
    terminal.wait_for(" s  waiting for the refresh of names  (Ctrl-C stops waiting)")
    assert double.commands == ["dags list -o json"]
    terminal.key("ctrl-c")
    terminal.wait_for("2.10.3\nok ")
    assert double.commands == ["dags list -o json", "version"]
    answer.set()


def test_names_are_there_at_the_next_start_before_aws_answers(double: Double, opened: Open) -> None:
    first = opened()
    first.wait_for("2 DAGs, now")
    first.enter("exit")
    first.wait_exit()
    hold = threading.Event()

    def later(request: Request) -> bytes:
        assert hold.wait(30)
        return double.answer_aws(request)

    double.aws.behave = later
    second = opened()
    second.wait_for("2 DAGs, now")
    second.send("dags trigger da")
    second.wait_for("daily_sales  paused")
    assert "AVAILABLE" not in second.text
    hold.set()


def test_what_a_name_holds_is_not_obeyed(double: Double, opened: Open) -> None:
    double.rest["/dags"] = {"dags": [{"dag_id": "x", "owners": ["\x1b[31mred\u202e"]}], "total_entries": 1}
    terminal = opened()
    terminal.wait_for("1 DAG, now")
    terminal.send("dags trigger x")
    terminal.send(" ")
    terminal.key("backspace")
    terminal.wait_for("my-env> dags trigger x")
    assert b"[31mred" not in terminal.raw


def test_use_offers_environments_profiles_and_regions(double: Double, opened: Open, environ: dict[str, str]) -> None:
    double.names = ("my-env", "my-other", "staging")
    config = Path(environ["AWS_CONFIG_FILE"])
    config.parent.mkdir(parents=True)
    config.write_text("[profile on-call]\nregion = eu-west-1\n")
    terminal = opened()
    terminal.wait_for("2 DAGs, now")
    terminal.send(".use my-o")
    terminal.key("tab")
    terminal.wait_for("my-env> .use my-other")
    terminal.send(" --profile on")
    terminal.key("tab")
    terminal.wait_for("--profile on-call")
    terminal.send(" --region eu-central")
    terminal.key("tab")
    terminal.wait_for("eu-central-1")
