"""The tables of REST paths: what they have of each version, and the words and dangers that are made of them."""

from __future__ import annotations

import pytest

from mwaa_shell.airflow.knowledge import Level
from mwaa_shell.airflow.rest import (
    LONGEST_PATH,
    REST_SINCE,
    TASK_INSTANCES,
    RestRequest,
    danger_of_request,
    operation_of,
    operations,
    short_form,
)
from mwaa_shell.airflow.versions import Version
from mwaa_shell.local.recipes import recipes

#: A body that selects one task instance.
IDS = """'{"dag_ids": ["x"], "dag_run_ids": ["r"], "task_ids": ["t"]}'"""
VERSIONS = [recipe.version for recipe in recipes()]


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_every_version_with_a_rest_api_has_a_table(version: Version) -> None:
    found = operations(version)
    assert bool(found) is (version >= REST_SINCE), f"python -m tests.rest_paths {version} makes the table"
    for one in found:
        assert one.path.startswith("/")
        assert 5 < len(one.summary) <= 60, one.summary
        assert one.method in {"GET", "POST", "PUT", "PATCH", "DELETE"}


@pytest.mark.parametrize(("version", "same"), [("2.10.4", "2.10.3"), ("3.3.2", "3.3.1"), ("3.3.9", "3.3.1")])
def test_version_without_a_table_has_the_one_of_the_version_before(version: str, same: str) -> None:
    assert operations(Version(*map(int, version.split(".")))) == operations(Version(*map(int, same.split("."))))


@pytest.mark.parametrize(
    ("method", "path", "version", "summary"),
    [
        ("GET", "/dags", "2.10.3", "list DAGs"),
        ("GET", "/dags/x", "3.3.1", "show a DAG"),
        ("POST", "/dags/x/dagRuns", "2.10.3", "create a DAG run"),
        ("POST", "/dags/~/dagRuns/list", "2.10.3", "list DAG runs of any DAG"),
        ("POST", "/dags/~/dagRuns/list", "3.3.1", "list DAG runs of any DAG"),
        ("DELETE", "/variables/x", "3.3.1", "delete a variable"),
        ("PUT", "/backfills/1/cancel", "3.3.1", "cancel a backfill"),
        ("GET", "/assets/events", "3.3.1", "list events"),
        ("GET", "/users/x", "2.10.3", "show a user"),
    ],
)
def test_a_request_has_an_operation_and_a_summary(method: str, path: str, version: str, summary: str) -> None:
    found = operation_of(method, path, Version(*map(int, version.split("."))))
    assert found is not None
    assert found.summary == summary


def test_what_a_version_does_not_have() -> None:
    assert operation_of("GET", "/backfills", Version(2, 10, 3)) is None
    assert operation_of("PATCH", "/variables", Version(2, 10, 3)) is None
    assert operation_of("GET", "/dags//tasks", Version(3, 3, 1)) is None


@pytest.mark.parametrize(
    ("request_", "level"),
    [
        (RestRequest("/dags"), Level.READ),
        (RestRequest("/dags/~/dagRuns/list", {}, {}, "POST"), Level.READ),
        (RestRequest("/backfills/dry_run", {}, {}, "POST"), Level.READ),
        (RestRequest("/dags/x/clearTaskInstances", {}, {"dry_run": True}, "POST"), Level.READ),
        (RestRequest("/dags/x/clearTaskInstances", {}, {}, "POST"), Level.DESTROY),
        (RestRequest("/dags/x/dagRuns/r/clear", {}, None, "POST"), Level.DESTROY),
        (RestRequest("/dags/list", {}, None, "DELETE"), Level.DESTROY),
        (RestRequest("/variables", {}, {"actions": [{"action": "create"}]}, "PATCH"), Level.CHANGE),
        (RestRequest("/variables", {}, {"actions": [1, {"action": "delete"}]}, "PATCH"), Level.DESTROY),
        (RestRequest("/backfills/1/cancel", {}, None, "PUT"), Level.DESTROY),
        (RestRequest("/backfills/1/pause", {}, None, "PUT"), Level.CHANGE),
        (RestRequest("/nobody/knows", {}, None, "POST"), Level.CHANGE),
    ],
)
def test_dangers_go_by_method_and_path(request_: RestRequest, level: Level) -> None:
    assert danger_of_request(request_).level is level


@pytest.mark.parametrize(
    ("path", "shorter"),
    [
        ("/dags/a%20b", "GET /dags -q 'dag_id_pattern=a b'"),
        ("/dags/x/dagRuns/r", """POST /dags/~/dagRuns/list -d '{"dag_ids": ["x"]}'"""),
        ("/dags/x/dagRuns/r/taskInstances/t", f"POST {TASK_INSTANCES} -d {IDS}"),
        ("/dags/x/tasks", ""),
        ("/dags/x/dagRuns/r/taskInstances/t/logs/1", ""),
    ],
)
def test_the_short_form_of_a_path(path: str, shorter: str) -> None:
    assert short_form("GET", path) == shorter
    assert short_form("DELETE", path) == ""
    assert all(len(word) <= LONGEST_PATH for word in shorter.split(" -")[:1])
