"""The environment's own names at the prompt, in a real pseudo-terminal, against a double."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mwaa_shell.airflow.rest import RUNS
from mwaa_shell.session import Session
from mwaa_shell.terminal.prompt import Prompt
from tests.double import Double, Request, command_response, refusal
from tests.terminal.conftest import Launch
from tests.terminal.emulator import Terminal

Open = Callable[[], Terminal]
LISTED = b'[{"dag_id": "daily_sales", "paused": "False"}, {"dag_id": "hello", "paused": "True"}]\n'


@pytest.fixture
def opened(double: Double, launch: Launch) -> Open:
    double.rest["/dags"] = {
        "dags": [{"dag_id": "daily_sales", "is_paused": True}, {"dag_id": "hello"}], "total_entries": 2,
    }  # fmt: skip
    double.rest[RUNS] = {
        "dag_runs": [{"dag_run_id": "manual__1", "state": "failed"}], "total_entries": 1,
    }  # fmt: skip
    return lambda: launch("my-env")


def denied(double: Double) -> None:
    """InvokeRestApi is not permitted."""

    def answer(request: Request) -> bytes:
        if "/restapi/" in request.path:
            return refusal(403, "AccessDeniedException", "not you")
        return double.answer_aws(request)

    double.aws.behave = answer


def test_runs_complete_behind_follow(double: Double, opened: Open) -> None:
    terminal = opened()
    terminal.wait_for("2 DAGs")
    terminal.send(".follow daily_sales m")
    terminal.wait_for("manual__1  failed")
    terminal.key("tab")
    terminal.wait_for("my-env> .follow daily_sales manual__1")
    assert double.commands == []


def test_names_complete_as_one_types(double: Double, opened: Open) -> None:
    terminal = opened()
    terminal.wait_for("AVAILABLE  2 DAGs cached")
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
    double.web.behave = lambda request: command_response(LISTED) if answer.wait(30) else None
    terminal = opened()
    terminal.wait_for("InvokeRestApi is not permitted")
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


def test_tab_completes_a_command_while_names_are_on_their_way(double: Double, opened: Open) -> None:
    answer = threading.Event()

    def slow(request: Request) -> bytes:
        if "/restapi/" in request.path:
            answer.wait(30)
        return double.answer_aws(request)

    double.aws.behave = slow
    terminal = opened()
    terminal.wait_for("refreshing DAGs")
    terminal.send("dags tri")
    terminal.key("tab")
    terminal.wait_for(lambda text: "my-env> dags trigger" in text and "refreshing DAGs" in text)
    answer.set()


def test_a_command_waits_for_the_refresh_and_says_so(double: Double, opened: Open) -> None:
    denied(double)
    answer, began = threading.Event(), threading.Event()

    def slow(request: Request) -> bytes | None:
        if request.body == b"version":
            return command_response(b"2.10.3\n")
        began.set()
        return command_response(LISTED) if answer.wait(30) else None

    double.web.behave = slow
    terminal = opened()
    terminal.wait_for("AVAILABLE")
    terminal.enter(".refresh")
    assert began.wait(60)
    terminal.enter("version")
    terminal.wait_for(" s  waiting for the refresh of names  (Ctrl-C stops waiting)")
    assert double.commands == ["dags list -o json"]
    terminal.key("ctrl-c")
    terminal.wait_for("2.10.3\nok ")
    assert double.commands == ["dags list -o json", "version"]
    answer.set()


def test_names_are_there_at_the_next_start_before_aws_answers(double: Double, opened: Open) -> None:
    first = opened()
    first.wait_for("2 DAGs cached")
    first.enter("exit")
    first.wait_exit()
    hold = threading.Event()

    def later(request: Request) -> bytes:
        assert hold.wait(30)
        return double.answer_aws(request)

    double.aws.behave = later
    second = opened()
    second.wait_for("2 DAGs cached")
    second.send("dags trigger da")
    second.wait_for("daily_sales  paused")
    assert "AVAILABLE" not in second.text
    hold.set()


def test_what_a_name_holds_is_not_obeyed(double: Double, opened: Open) -> None:
    double.rest["/dags"] = {"dags": [{"dag_id": "x", "owners": ["\x1b[31mred\u202e"]}], "total_entries": 1}
    terminal = opened()
    terminal.wait_for("1 DAG cached")
    terminal.send("dags trigger x")
    terminal.send(" ")
    terminal.key("backspace")
    terminal.wait_for("my-env> dags trigger x")
    assert b"[31mred" not in terminal.raw


def test_no_menu_opens_at_a_prompt_that_has_ended(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[object] = []
    with asyncio.Runner() as runner:
        prompt = Prompt(session, {}, runner)
        monkeypatch.setattr(prompt._buffer, "start_completion", lambda **given: opened.append(given))

        async def names_come() -> None:
            prompt._buffer.insert_text("dags trigger ")
            prompt._completer.found_nothing_in = "dags trigger "
            prompt._open_menu()

        runner.run(names_come())
    assert opened == []


def test_use_offers_environments_profiles_and_regions(double: Double, opened: Open, environ: dict[str, str]) -> None:
    double.names = ("my-env", "my-other", "staging")
    config = Path(environ["AWS_CONFIG_FILE"])
    config.parent.mkdir(parents=True)
    config.write_text("[profile on-call]\nregion = eu-west-1\n")
    terminal = opened()
    terminal.wait_for("2 DAGs cached")
    terminal.send(".use my-o")
    terminal.wait_for("my-other")  # AWS has listed them
    terminal.key("tab")
    terminal.wait_for("my-env> .use my-other")
    terminal.send(" --profile on")
    terminal.key("tab")
    terminal.wait_for("--profile on-call")
    terminal.send(" --region eu-central")
    terminal.key("tab")
    terminal.wait_for("eu-central-1")
