"""Why a run of a real scheduler failed: by .follow, .logs and .why, and what runs the failed tasks once more."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing

import pytest

from mwaa_shell.errors import ExitCode, PermissionMissing
from mwaa_shell.mwaa.aws import MwaaApi
from mwaa_shell.session import Session
from mwaa_shell.settings import Settings
from tests.end_to_end.conftest import Served
from tests.end_to_end.test_batch import access_from
from tests.end_to_end.test_follow import states_in
from tests.end_to_end.test_logs import check_logs_of_failed_run
from tests.monitor.canvas import FakeCanvas
from tests.sessions import execute

pytestmark = pytest.mark.airflow

#: By version: what makes the date of the run another one than that of other tests.
DATE = {"2.10.3": "-e 2024-05-01", "3.3.1": ""}


#: How the tasks of the run end.
STATES = {"read_orders": "success", "archive_orders": "skipped", "load_region[0]": "success",
          "load_region[1]": "success", "compare_totals": "failed",
          "send_report": "upstream_failed"}  # fmt: skip


def denied(*given: object) -> object:
    raise PermissionMissing("not you", "airflow:InvokeRestApi")


@pytest.mark.parametrize("version", DATE)
def test_why_a_run_failed(version: str, scheduling: Callable[[str], Served], monkeypatch: pytest.MonkeyPatch) -> None:
    """Followed to its end through the CLI, as where REST is not permitted; then over REST."""
    served = scheduling(version)
    settings = Settings(served.name, access_from(served.environ), yes="")
    with closing(Session(settings)) as session:
        session.ui.canvas = canvas = FakeCanvas(live=False)
        assert execute(session, "dags unpause orders_report").ok
        assert execute(session, f"dags trigger orders_report -r bad {DATE[version]}").ok
        with monkeypatch.context() as without_rest:
            without_rest.setattr(MwaaApi, "invoke_rest", denied)
            followed = execute(session, ".follow orders_report bad -n 8")  # each look takes two commands
        assert not followed.ok
        assert followed.message.endswith(": compare_totals failed")
        assert states_in(followed.stdout.decode(), STATES) == STATES
        followed = execute(session, ".follow -n 1")
        assert (followed.exit_code, "compare_totals failed" in followed.message) == (ExitCode.FAILED, True)
        assert states_in(followed.stdout.decode(), STATES) == STATES
        assert "ValueError: 3 invoices have no order" in canvas.told[-1]
        check_logs_of_failed_run(served)

        found = json.loads(bytes(execute(session, ".why --json").stdout))
        assert (found["dag_run_id"], found["state"], found["missing"]) == ("bad", "failed", [])
        (failed,) = found["failed"]
        assert (failed["task_id"], failed["exception"]) == ("compare_totals", "ValueError: 3 invoices have no order")
        assert any("128 orders, 131 invoices" in line for line in failed["log"])
        tasks = {(one["task_id"], one["map_index"]): one for one in found["tasks"]}
        assert tasks["send_report", None]["because_of"] == ["compare_totals"]
        assert tasks["archive_orders", None]["state"] == "skipped"
        assert tasks["read_orders", None]["try_number"] == 2
        assert {("load_region", 0), ("load_region", 1)} <= set(tasks)
        assert (found["is_paused"], found["import_errors"]) == (False, [])

        logs, clear, page = found["next"]
        assert logs == ".logs orders_report bad compare_totals"
        assert page == ".open orders_report bad compare_totals"
        assert execute(session, clear).ok
        again = execute(session, ".follow -n 1")
        assert (again.exit_code, "compare_totals failed" in again.message) == (ExitCode.FAILED, True)
        found = json.loads(bytes(execute(session, ".why --json").stdout))
        assert [(one["task_id"], one["try_number"]) for one in found["failed"]] == [("compare_totals", 2)]
