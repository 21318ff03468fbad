"""The logs of a run that fails, written by a real scheduler: of each task, by .logs and by another client."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import boto3
import pytest

from tests.end_to_end.conftest import Served
from tests.end_to_end.test_follow import followed
from tests.end_to_end.test_terminal import PATIENCE, PROGRAM
from tests.terminal.emulator import Terminal
from tests.terminal.forked import Forks

pytestmark = pytest.mark.airflow

RUN = "orders_report bad"


def messages(ended: subprocess.CompletedProcess[str]) -> list[str]:
    """What each event says, whichever Airflow wrote it."""
    lines = ended.stdout.splitlines()
    return [json.loads(line)["event"] if line.startswith("{") else line.rpartition(" - ")[2] for line in lines]


def check_logs_of_failed_run(served: Served) -> None:
    """Check the logs of each task of ``RUN``; ``test_why.py`` has triggered it."""
    failed = followed(served, ".logs orders_report")
    assert failed.returncode == 0, failed.stderr
    assert "orders_report bad compare_totals: try 1, failed" in failed.stderr
    assert {"128 orders, 131 invoices", "Task failed with exception"} <= {text.strip() for text in messages(failed)}
    assert "3 invoices have no order" in failed.stdout

    others = followed(
        served,
        f".logs {RUN} read_orders --grep 'orders'",
        f".logs {RUN} read_orders 1 --grep 'the table is locked'",
        f".logs {RUN} load_region --map 1",
        f".logs {RUN} archive_orders",
    )
    assert others.returncode == 0, others.stderr
    assert [line for line in others.stderr.splitlines() if RUN in line] == [
        f"mwaa-shell: {RUN} read_orders: try 2, success",
        f"mwaa-shell: {RUN} read_orders: try 1, now success",
        f"mwaa-shell: {RUN} load_region[1]: try 1, success",
        f"mwaa-shell: {RUN} archive_orders: try 1, skipped",
    ]
    assert {"128 orders", "the table is locked", "south", "there is nothing to archive"} <= set(messages(others))
    never = followed(served, f".logs {RUN} send_report")
    assert (never.returncode, "has no log of send_report (upstream_failed)" in never.stderr) == (1, True)


@pytest.mark.parametrize("version", ["2.10.3", "3.3.1"])
def test_at_a_prompt_and_for_another_client(version: str, scheduling: Callable[[str], Served], forks: Forks) -> None:
    served = scheduling(version)
    begin = ("dags unpause hello_world", "dags trigger hello_world -r seen")
    done = followed(served, *begin, ".follow hello_world seen -n 1")
    assert done.returncode == 0, done.stderr
    assert "hello_world seen success after " in done.stderr
    with Terminal(PROGRAM, served.environ, begin=forks.begin) as terminal:
        terminal.wait_for("AVAILABLE", PATIENCE)
        shown = terminal.run(served.name, ".logs hello_world", PATIENCE)
        assert "[info] hello\n" in shown
        assert "log lines, .raw shows them" in shown
        assert "task" in terminal.run(served.name, ".logs --component", PATIENCE)
    environ = served.environ
    client = boto3.client(
        "logs",
        endpoint_url=environ["AWS_ENDPOINT_URL_CLOUDWATCH_LOGS"],
        region_name=environ["AWS_REGION"],
        aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
    )
    stream = "dag_id=hello_world/run_id=seen/task_id=say_hello/attempt=1.log"
    page = client.get_log_events(logGroupName=f"airflow-{served.name}-Task", logStreamName=stream)
    assert any("hello" in event["message"] for event in page["events"])
