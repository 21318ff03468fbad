"""The question before a command says how much it reaches: the whole program at a terminal, against a double."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from tests.double import Double, Request, refusal
from tests.terminal.conftest import Launch
from tests.terminal.emulator import Terminal

Open = Callable[..., Terminal]
TASKS, RUNS = "/dags/~/dagRuns/~/taskInstances/list", "/dags/~/dagRuns/list"
ALL = "Clears all task instances of all runs of sales, failed or not. They run again."
PROMPTS = {"my-env": "my-env", "my-prod": "[protected] my-prod"}
#: How often a question is asked at most until its number came within the second that it waits.
TRIES = 20


@pytest.fixture
def opened(double: Double, launch: Launch) -> Open:
    double.names = ("my-env", "my-prod")
    double.rest["/dags"] = {
        "dags": [{"dag_id": "night", "is_paused": True}, {"dag_id": "sales", "is_paused": False}], "total_entries": 2,
    }  # fmt: skip
    double.rest[TASKS] = {"task_instances": [], "total_entries": 1204}
    double.rest[RUNS] = {"dag_runs": [], "total_entries": 172}

    def start(name: str = "my-env", *options: str, knows_names: bool = True) -> Terminal:
        terminal = launch(name, *options, columns=400, rows=40)
        if knows_names:
            terminal.wait_for("AVAILABLE  2 DAGs cached")
        terminal.wait_for_prompt(PROMPTS[name])
        return terminal

    return start


def question(terminal: Terminal, command: str, number: str = "", end: str = "Run it on my-env? [y/N]") -> str:
    """The question before a command, which is answered with no; asked again where a number came too late."""
    name = PROMPTS["my-env" if "my-env" in end else "my-prod"]
    for _ in range(TRIES):
        terminal.key("ctrl-l")
        terminal.wait_for(lambda text: text.startswith(f"{name}>") and "[y/N]" not in text and "Canceled" not in text)
        terminal.enter(command)
        terminal.wait_for(end)
        asked = " ".join(terminal.text.rpartition(command)[2].partition("\n")[2].split())
        terminal.enter("n")
        terminal.wait_for("Nothing was sent.")
        terminal.wait_for_prompt(name)
        if number in asked:
            return asked.partition(f" {end}")[0]
    raise AssertionError(f"never came: {number}\n{asked}")


def posted(double: Double) -> list[tuple[object, object]]:
    """Path and body of every POST to Airflow's REST API."""
    return [(call["Path"], call["Body"]) for call in double.rest_calls if call["Method"] == "POST"]


def without_rest(double: Double, behave: Callable[[Request], bytes | None]) -> None:
    """Let what is posted to the REST API be answered otherwise."""

    def answer(request: Request) -> bytes | None:
        if request.path.startswith("/restapi/") and b'"POST"' in request.body:
            return behave(request)
        return double.answer_aws(request)

    double.aws.behave = answer


def test_the_reach_and_the_number_are_said_and_nothing_is_sent(double: Double, opened: Open) -> None:
    terminal = opened()
    assert question(terminal, "tasks clear sales", "counts") == f"{ALL} Airflow counts 1,204 task instances."
    assert posted(double)[0][0] == TASKS
    assert posted(double)[0][1]["dag_ids"] == ["sales"]  # type: ignore[index]
    asked = question(terminal, "tasks clear sales -f -s 2026-01-01 -e 2026-01-02", "counts")
    assert asked.startswith("Clears the failed task instances of the runs of sales from 2026-01-01 to 2026-01-02. ")
    asked = question(terminal, "dags delete sales", "counts")
    assert asked == (
        "Deletes all runs, task instances and history of sales. Airflow counts 172 runs and 1,204 task instances."
    )
    asked = question(terminal, "tasks clear -R ^[ns]", "counts")
    assert "all DAGs that match '^[ns]', failed or not. They run again. Airflow finds 2 DAGs: night and sales." in asked
    asked = question(terminal, "db clean --clean-before-timestamp 2026-01-01", "counts")
    assert asked == (
        "Deletes all rows older than 2026-01-01 from all tables. A copy stays in the database. "
        "Airflow counts 172 runs and 1,204 task instances that started before 2026-01-01. "
        "With --dry-run, Airflow counts the rows of each table."
    )
    assert question(terminal, "variables delete a") == "Deletes the variable and its value."
    assert double.commands == []


def test_backfill_create_asks_with_the_number_of_runs(double: Double, opened: Open) -> None:
    double.version = "3.3.1"
    double.rest["/backfills/dry_run"] = {"backfills": [], "total_entries": 366}
    terminal = opened()
    line = "backfill create --dag-id sales --from-date 2024-01-01 --to-date 2024-12-31"
    assert question(terminal, line, "counts") == (
        "Creates the missing runs of sales from 2024-01-01 to 2024-12-31. Airflow counts 366 runs. "
        "With --dry-run, Airflow lists their dates."
    )
    assert double.commands == []
    assert "[y/N]" not in terminal.run("my-env", f"{line} --dry-run")
    assert double.commands == [f"{line} --dry-run"]


def test_a_yes_sends_what_was_asked_about(double: Double, opened: Open) -> None:
    terminal = opened()
    terminal.enter("tasks clear sales")
    terminal.wait_for("[y/N]")
    terminal.enter("y")
    terminal.wait_for("done")
    assert double.commands == ["tasks clear sales -y"]


def test_a_question_waits_for_no_number_for_long(double: Double, opened: Open) -> None:
    let_go = threading.Event()
    without_rest(double, lambda request: b"" if let_go.wait(30) else None)
    terminal = opened()
    assert question(terminal, "tasks clear sales") == ALL
    let_go.set()
    assert double.commands == []


def test_ctrl_c_while_task_instances_are_counted_sends_nothing(double: Double, opened: Open) -> None:
    let_go = threading.Event()
    without_rest(double, lambda request: b"" if let_go.wait(30) else None)
    terminal = opened()
    terminal.enter("tasks clear sales")
    while not posted(double):
        assert double.aws.arrived.acquire(timeout=30)
    terminal.key("ctrl-c")
    terminal.wait_for(lambda text: "interrupted" in text or "[y/N]" in text)
    if "[y/N]" in terminal.text:  # the second was over
        terminal.key("ctrl-c")
    terminal.wait_for_prompt("my-env")
    let_go.set()
    assert terminal.run("my-env", "version").startswith("done")
    assert double.commands == ["version"]


def test_who_may_not_ask_is_told_nothing_and_is_not_refused_twice(double: Double, opened: Open) -> None:
    without_rest(double, lambda request: refusal(403, "AccessDeniedException", "not you"))
    terminal = opened()
    assert question(terminal, "tasks clear sales") == ALL
    assert question(terminal, "dags delete sales") == "Deletes all runs, task instances and history of sales."
    assert len(posted(double)) == 1


def test_an_airflow_without_a_rest_api_is_not_asked(double: Double, opened: Open) -> None:
    double.version = "1.10.12"
    terminal = opened(knows_names=False)
    assert question(terminal, "clear sales -c") == ALL
    assert double.rest_calls == []


def test_a_protected_environment_hears_of_a_paused_dag(double: Double, opened: Open) -> None:
    terminal = opened("my-prod")
    end = "my-prod is protected: type its name to run it:"
    assert question(terminal, "tasks clear night", "counts", end=end) == (
        "Clears all task instances of all runs of night, failed or not. They run again. Airflow counts 1,204 task "
        "instances. night is paused. Its runs wait for dags unpause night."
    )
    assert question(terminal, "dags trigger night", end="Run it on my-prod? [y/N]") == (
        "Starts a run of night. night is paused. Its runs wait for dags unpause night."
    )
    assert question(terminal, "dags trigger sales", end="Run it on my-prod? [y/N]") == "Starts a run of sales."
    assert double.commands == []


def test_a_run_of_a_paused_dag_is_noted_where_nothing_is_asked(double: Double, opened: Open) -> None:
    terminal = opened()
    said = terminal.run("my-env", "dags trigger night")
    assert "night is paused. Its runs wait for dags unpause night." in " ".join(said.split())
    assert "paused" not in terminal.run("my-env", "dags trigger sales")
    assert len(double.commands) == 2


def test_secrets_stay_masked_in_a_question(double: Double, opened: Open) -> None:
    terminal = opened()
    asked = question(terminal, "dags delete 'postgres://user:hunter2@host/db'")
    assert "Deletes all runs, task instances and history of 'postgres://user:***@host/db'." in asked
    assert "hunter2" not in terminal.text
    assert posted(double) == []
