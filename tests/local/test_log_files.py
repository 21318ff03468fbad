"""Log files of a local Airflow as streams and events, and the four operations on them by signed requests of boto3."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mwaa_shell.airflow.logs import LogEvent
from mwaa_shell.local import aws_api
from mwaa_shell.local.aws_api import AwsApi, LocalEnvironment, Tokens, make_keys
from mwaa_shell.local.http_server import Server
from mwaa_shell.local.logs_api import LogFiles, read_events
from mwaa_shell.mwaa.aws import MwaaApi
from mwaa_shell.settings import Access

TASK = "dag_id=a/run_id=manual__2026-01-02T03:04:05+00:00/task_id=t/attempt=1.log"
TEXT = """first line without a time
[2026-01-02T03:04:05.500+0000] {a.py:1} INFO - loading
[2026-01-02T03:04:06.000+0000] {a.py:2} ERROR - failed
Traceback (most recent call last):
ValueError: no rows
"""
START = 1767323045000


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_lines_of_text_become_events_with_their_further_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "1.log", f"{TEXT}[2026-01-02T03:04:07.000+0000] half a li")
    first, second, third = read_events(path)
    assert first.message == "first line without a time"
    assert second == LogEvent(START + 500, "[2026-01-02T03:04:05.500+0000] {a.py:1} INFO - loading")
    assert (third.time, third.message.count("\n")) == (START + 1000, 2)
    assert read_events(tmp_path / "none.log") == []


def test_a_json_line_gives_its_time_to_the_event(tmp_path: Path) -> None:
    line = '{"timestamp": "2026-01-02T03:04:05Z", "level": "info", "event": "hello"}\n'
    assert read_events(write(tmp_path / "1.log", line)) == [LogEvent(START, '{"level": "info", "event": "hello"}')]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Any]:
    files = LogFiles(tmp_path / "logs", tmp_path)
    write(files.folder / TASK, TEXT)
    write(files.folder / "scheduler" / "2026-01-01" / "a.py.log", TEXT)
    write(files.folder / "scheduler" / "2026-01-02" / "a.py.log", "today\n")
    write(tmp_path / "scheduler.log", TEXT)
    keys = make_keys()
    hosted = LocalEnvironment("env", "2.10.3", "127.0.0.1:1", logs=files.groups(scheduled=True))
    server = Server(aws_api.handler_for(AwsApi(keys, Tokens(), {"env": hosted})))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    api = MwaaApi(Access(None, "local-1", f"http://127.0.0.1:{server.port}", keys=keys, direct=True))
    yield api.client("logs")
    server.shutdown()
    server.server_close()


def test_boto3_reads_groups_streams_and_events(client: Any) -> None:
    groups = [one["logGroupName"] for one in client.describe_log_groups()["logGroups"]]
    assert groups == ["airflow-env-DAGProcessing", "airflow-env-Scheduler", "airflow-env-Task"]
    (stream,) = client.describe_log_streams(logGroupName="airflow-env-Task")["logStreams"]
    assert stream["logStreamName"] == TASK.replace(":", "_")
    page = client.get_log_events(logGroupName="airflow-env-Task", logStreamName=stream["logStreamName"], limit=1)
    assert page["events"][0]["message"].startswith("[2026-01-02T03:04:06")  # the end of the stream
    found = client.filter_log_events(logGroupName="airflow-env-Task", filterPattern="loading")["events"]
    assert [(one["timestamp"], one["logStreamName"]) for one in found] == [(START + 500, stream["logStreamName"])]


def test_the_file_of_a_dag_has_one_stream_of_the_last_day(client: Any) -> None:
    group = "airflow-env-DAGProcessing"
    page = client.get_log_events(logGroupName=group, logStreamName="scheduler_a.py.log")
    assert [one["message"] for one in page["events"]] == ["today"]


@pytest.mark.parametrize(
    ("operation", "given", "code"),
    [
        ("describe_log_streams", {"logGroupName": "airflow-env-Worker"}, "ResourceNotFoundException"),
        (
            "describe_log_streams",
            {"logGroupName": "airflow-env-Task", "logStreamNamePrefix": "d", "orderBy": "LastEventTime"},
            "InvalidParameterException",
        ),
        ("get_log_events", {"logGroupName": "airflow-env-Task", "logStreamName": "x"}, "ResourceNotFoundException"),
    ],
)
def test_errors_are_those_of_aws(client: Any, operation: str, given: dict[str, Any], code: str) -> None:
    with pytest.raises(getattr(client.exceptions, code)):
        getattr(client, operation)(**given)
