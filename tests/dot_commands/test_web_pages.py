"""The paths of Airflow's pages, of each generation of its user interface."""

from __future__ import annotations

from typing import Any

import pytest

from mwaa_shell.airflow.versions import Version
from mwaa_shell.dot_commands.web_ui import page_of

V1, V22, V24, V210, V3 = Version(1, 10, 12), Version(2, 2, 2), Version(2, 4, 3), Version(2, 10, 3), Version(3, 3, 1)
MADE = "manual__2026-01-31T10:00:00.123456+00:00"


@pytest.mark.parametrize(
    ("version", "names", "page"),
    [
        (V3, ("a",), "/dags/a"),
        (V3, ("a b", "r/1"), "/dags/a%20b/runs/r%2F1"),
        (V3, ("a", "scheduled__2026-01-31T00:00:00+00:00", "load"),
         "/dags/a/runs/scheduled__2026-01-31T00%3A00%3A00%2B00%3A00/tasks/load"),
        (V3, ("a", "r", "group.load", 0), "/dags/a/runs/r/tasks/group.load/mapped/0"),
        (V210, ("a",), "/dags/a/grid"),
        (V210, ("a", "r&1"), "/dags/a/grid?dag_run_id=r%261"),
        (V24, ("a", "r", "load", 3), "/dags/a/grid?dag_run_id=r&task_id=load&map_index=3&tab=logs"),
        (V22, ("a",), "/graph?dag_id=a"),
        (V22, ("a", MADE), "/graph?dag_id=a&execution_date=2026-01-31T10%3A00%3A00.123456%2B00%3A00"),
        (V1, ("a", MADE, "load"),
         "/log?dag_id=a&task_id=load&execution_date=2026-01-31T10%3A00%3A00.123456%2B00%3A00"),
        (V1, ("a", "my-run", "load"), "/graph?dag_id=a"),
    ],
)  # fmt: skip
def test_the_page_of(version: Version, names: tuple[Any, ...], page: str) -> None:
    assert page_of(version, *names) == page
