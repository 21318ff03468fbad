"""What the REST API is asked for, and how the responses of real Airflows (``rest/``) are read."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.rest import RestRequest, all_rows
from mwaa_shell.airflow.versions import Version, parse_version
from mwaa_shell.names.fetch import SOURCES, names_in, request_for
from mwaa_shell.names.model import KEPT, OF_A_DAG, Name

RESPONSES = Path(__file__).parent / "rest"
V2, V3 = Version(2, 10, 3), Version(3, 3, 1)
RECORDED = [(file.parent.name, Kind(file.stem)) for file in sorted(RESPONSES.glob("*/*.json"))]


def asked(kind: Kind, version: Version, dag: str = "daily_sales") -> RestRequest:
    request = request_for(kind, version, dag if kind in OF_A_DAG else "")
    assert request is not None
    return request


def read(kind: Kind, response: object) -> list[Name]:
    return list(names_in(kind, all_rows(lambda request: response, RestRequest(""), SOURCES[kind].member)))


def recorded(version: str, kind: Kind) -> list[Name]:
    return read(kind, json.loads((RESPONSES / version / f"{kind.value}.json").read_text()))


def texts(names: list[Name]) -> list[str]:
    return [name.text for name in names]


# -- what is asked ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "path", "query"),
    [
        (Kind.DAG, "/dags", {"limit": 100, "offset": 0}),
        (Kind.TASK, "/dags/daily_sales/tasks", {}),
        (Kind.VARIABLE, "/variables", {"limit": 100, "offset": 0}),
        (Kind.CONNECTION, "/connections", {"limit": 100, "offset": 0}),
        (Kind.POOL, "/pools", {"limit": 100, "offset": 0}),
    ],
)
def test_what_both_apis_are_asked(kind: Kind, path: str, query: dict[str, object]) -> None:
    for version in (Version(2, 4, 3), V2, V3):
        assert asked(kind, version) == RestRequest(path, query)


def test_runs_come_newest_first() -> None:
    page = {"dag_ids": ["daily_sales"], "page_limit": 100, "page_offset": 0}
    path = "/dags/~/dagRuns/list"
    assert asked(Kind.RUN, V2) == RestRequest(path, {}, page | {"order_by": "-execution_date"}, "POST")
    assert asked(Kind.RUN, V3) == RestRequest(path, {}, page | {"order_by": "-run_after"}, "POST")


@pytest.mark.parametrize(
    ("version", "offered"),
    [
        ("1.10.12", set()),
        ("2.2.2", set()),
        ("2.4.2", set()),
        ("2.4.3", set(KEPT) - {Kind.ASSET}),
        ("2.11.2", set(KEPT) - {Kind.ASSET}),
        ("3.0.6", set(KEPT) - {Kind.ROLE, Kind.USER}),
        ("3.3.1", set(KEPT) - {Kind.ROLE, Kind.USER}),
        ("4.0.0", set(KEPT) - {Kind.ROLE, Kind.USER}),
    ],
)
def test_kinds_that_the_api_of_a_version_offers(version: str, offered: set[Kind]) -> None:
    release = parse_version(version)
    assert release is not None
    assert {kind for kind in Kind if request_for(kind, release, "d" if kind in OF_A_DAG else "")} == offered


def test_tasks_and_runs_belong_to_a_dag_and_nothing_else_does() -> None:
    assert request_for(Kind.TASK, V2) is None
    assert request_for(Kind.RUN, V3) is None
    assert request_for(Kind.POOL, V3, "daily_sales") is None


def test_tasks_of_a_dag_with_a_long_id_have_no_path() -> None:
    assert asked(Kind.TASK, V3, "d" * 52).path == f"/dags/{'d' * 52}/tasks"
    assert request_for(Kind.TASK, V3, "d" * 53) is None
    assert asked(Kind.RUN, V3, "d" * 250).path == "/dags/~/dagRuns/list"


@pytest.mark.parametrize(
    ("dag", "path"),
    [
        ("on.demand-1_x", "/dags/on.demand-1_x/tasks"),
        ("a/b c?d#e%f", "/dags/a%2Fb%20c%3Fd%23e%25f/tasks"),
        ("café", "/dags/caf%C3%A9/tasks"),
        ("{dag}", "/dags/%7Bdag%7D/tasks"),
    ],
)
def test_a_dag_id_is_encoded_in_the_path(dag: str, path: str) -> None:
    assert asked(Kind.TASK, V3, dag).path == path


# -- real responses ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "kind"), RECORDED, ids=lambda value: getattr(value, "value", value))
def test_real_output_are_read(version: str, kind: Kind) -> None:
    expected = {
        Kind.DAG: ["daily_sales", "on.demand-1"],
        Kind.TASK: ["extract", "load"],
        Kind.VARIABLE: ["bucket", "region"],
        Kind.CONNECTION: ["warehouse", "mail"],
        Kind.POOL: ["default_pool", "slow"],
        Kind.ROLE: ["Admin", "Op", "Public", "User", "Viewer"],
        Kind.USER: ["ann"],
        Kind.ASSET: ["orders"],
        Kind.RUN: ["third", "second", "first"] if version < "3" else ["undated", "second", "third", "first"],
    }
    assert texts(recorded(version, kind)) == expected[kind]


@pytest.mark.parametrize("version", ["2.4.3", "2.10.3", "3.0.6", "3.3.1"])
def test_facts_of_real_responses(version: str) -> None:
    daily, on_demand = recorded(version, Kind.DAG)
    assert (daily.facts["paused"], sorted(daily.facts["owners"].split(", "))) == ("yes", ["analytics", "warehouse"])
    assert dict(on_demand.facts) == {"paused": "no", "owners": "airflow"}
    assert [dict(task.facts) for task in recorded(version, Kind.TASK)] == [
        {"operator": "BashOperator"},
        {"operator": "EmptyOperator"},
    ]
    assert [pool.facts["slots"] for pool in recorded(version, Kind.POOL)] == ["128", "2"]
    assert dict(recorded(version, Kind.CONNECTION)[0].facts) == {"type": "postgres"}
    assert [dict(variable.facts) for variable in recorded(version, Kind.VARIABLE)] == [{}, {}]


def test_runs_have_a_state_and_their_date_as_airflow_wrote_it() -> None:
    assert dict(recorded("2.4.3", Kind.RUN)[0].facts) == {"state": "queued", "date": "2024-05-03T00:00:00+00:00"}
    undated, second, *_ = recorded("3.3.1", Kind.RUN)
    assert undated.facts["state"] == "queued"
    assert undated.facts["after"].startswith("2026-")
    assert "date" not in undated.facts
    assert (second.facts["state"], second.facts["date"]) == ("queued", "2024-05-02T00:00:00Z")


# -- odd responses -----------------------------------------------------------------------------------------------------


def test_what_is_readable_is_read() -> None:
    rows: list[object] = [
        None,
        5,
        {},
        {"dag_id": None},
        {"dag_id": ""},
        {"dag_id": "a\x1b[2J"},
        {"dag_id": "two\nlines"},
    ]
    rows += [{"dag_id": "a", "is_paused": None, "owners": "me"}, {"dag_id": "b", "is_paused": True, "owners": [1, "x"]}]
    names = read(Kind.DAG, {"dags": rows})
    assert [(name.text, dict(name.facts)) for name in names] == [
        ("a", {"owners": "me"}),
        ("b", {"paused": "yes", "owners": "x"}),
    ]


def test_a_fact_that_drives_a_terminal_is_none() -> None:
    names = read(Kind.RUN, {"dag_runs": [{"dag_run_id": "r", "state": "\x1b]0;x\x07"}]})
    assert dict(names[0].facts) == {}


def test_values_and_connections_are_not_taken() -> None:
    rows = {"variables": [{"key": "k", "value": "s3cret", "description": "s3cret"}]}
    assert "s3cret" not in repr(read(Kind.VARIABLE, rows))
    row = dict.fromkeys(("host", "login", "schema", "password", "extra", "description"), "s3cret")
    connections = {"connections": [{**row, "connection_id": "c", "conn_type": "http", "port": 5432}]}
    (name,) = read(Kind.CONNECTION, connections)
    assert name == Name("c", {"type": "http"})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["dags", "dag_id", "owners"]), inner),
)


@given(st.sampled_from(KEPT), JSON, st.lists(JSON))
def test_reading_never_raises_anything_else(kind: Kind, response: object, rows: list[object]) -> None:
    with suppress(ValueError):
        read(kind, response)
    assert len(read(kind, {SOURCES[kind].member: rows, "total_entries": response})) <= len(rows)
