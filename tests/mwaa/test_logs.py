"""CloudWatch Logs by real boto3, from a double that does what breaks other readers of logs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import botocore.endpoint
import pytest

from mwaa_shell.airflow.logs import LogEvent
from mwaa_shell.errors import CredentialsProblem, LogMissing, NothingRan, PermissionMissing
from mwaa_shell.mwaa import LogsApi
from mwaa_shell.mwaa.aws import MwaaApi
from tests.double import Double, LogsDouble

GROUP, STREAM = "airflow-my-env-Task", "dag_id=a/run_id=r/task_id=t/attempt=1.log"
LINES = [f"[2026-01-02T03:04:{second:02}.000+0000] {{a.py:1}} INFO - line {second}" for second in range(7)]
START = 1767323040000


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[tuple[LogsDouble, LogsApi]]:
    double = Double()
    double.logs = made = LogsDouble(tmp_path / "groups")
    made.write(GROUP, STREAM, "".join(f"{line}\n" for line in LINES))
    yield made, LogsApi("my-env", MwaaApi(double.access(None)).call_logs)
    double.close()


Logs = tuple[LogsDouble, LogsApi]


@pytest.mark.parametrize(("empty", "page"), [(0, 100), (0, 2), (3, 2), (4, 100)])
def test_every_event_is_read_past_empty_pages(logs: Logs, empty: int, page: int) -> None:
    double, api = logs
    double.empty, double.page = empty, page
    wanted = [LogEvent(START + 1000 * number, line) for number, line in enumerate(LINES)]
    assert list(api.events(GROUP, STREAM)) == wanted
    backwards = [one.events for one in api.last_pages(GROUP, STREAM)]
    assert [event for events in reversed(backwards) for event in events] == wanted
    assert list(api.events(GROUP, STREAM, START + 5000)) == wanted[5:]


def test_a_token_brings_what_was_written_since(logs: Logs) -> None:
    double, api = logs
    last = next(api.last_pages(GROUP, STREAM))
    again = api.page_after(GROUP, STREAM, last.after)
    assert (again.events, again.after) == ((), last.after)
    double.write(GROUP, STREAM, LINES[0].replace("line 0", "new") + "\n")
    (event,) = api.page_after(GROUP, STREAM, last.after).events
    assert event.message.endswith("new")


def test_streams_come_by_prefix_over_pages_and_by_age(logs: Logs) -> None:
    double, api = logs
    for number in range(60):
        double.write(GROUP, f"worker_{number:02}_1.log", f"{LINES[number % 7]}\n")
    assert len(api.streams(GROUP, "worker_")) == 60
    (stream,) = api.streams(GROUP, "dag_id=a/")
    assert (stream.name, stream.first, stream.last) == (STREAM, START, START + 6000)
    assert len(api.newest_streams(GROUP)) == 50
    chosen = ["worker_01_1.log", "worker_00_1.log"]
    assert [event.message for event in api.events_of_streams(GROUP, chosen, START)] == LINES[:2]


def test_throttling_is_waited_out_and_then_reported(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=lambda seconds: None))
    double, api = logs
    double.throttled = 2
    assert len(list(api.events(GROUP, STREAM))) == 7
    double.throttled = 100
    with pytest.raises(NothingRan, match="AWS throttled GetLogEvents for my-env"):
        list(api.events(GROUP, STREAM))


def test_what_is_missing_or_denied_is_named(logs: Logs) -> None:
    double, api = logs
    with pytest.raises(LogMissing, match="for my-env") as missing:
        api.streams("airflow-my-env-Worker", "")
    assert "log group does not exist" in missing.value.detail
    double.missing = {STREAM}
    with pytest.raises(LogMissing, match="for my-env") as missing:
        list(api.events(GROUP, STREAM))
    assert "log stream does not exist" in missing.value.detail
    double.denied = {"DescribeLogStreams"}
    with pytest.raises(PermissionMissing, match="logs:DescribeLogStreams on my-env") as caught:
        api.streams(GROUP, "")
    assert caught.value.action == "logs:DescribeLogStreams"
    double.expired = True
    with pytest.raises(CredentialsProblem):
        api.streams(GROUP, "")
