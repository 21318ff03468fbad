"""What the REST API is asked for, and how the responses of real Airflows (``rest/``) are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.rest import RestRequest
from mwaa_shell.airflow.versions import Version, parse_version
from mwaa_shell.names.fetch import NamesRequest, read_response, requests_for
from mwaa_shell.names.model import KEPT, OF_A_DAG, Name

RESPONSES = Path(__file__).parent / "rest"
V2, V3 = Version(2, 10, 3), Version(3, 3, 1)
RECORDED = [(file.parent.name, Kind(file.stem)) for file in sorted(RESPONSES.glob("*/*.json"))]


def asked(kind: Kind, version: Version, dag: str = "daily_sales") -> NamesRequest:
    request = requests_for(kind, version, dag if kind in OF_A_DAG else "")
    assert request is not None
    return request


def recorded(version: str, kind: Kind) -> tuple[Name, ...]:
    release = parse_version(version)
    assert release is not None
    names, more = read_response(
        asked(kind, release), json.loads((RESPONSES / version / f"{kind.value}.json").read_text())
    )
    assert more is None
    return names


def texts(names: tuple[Name, ...]) -> list[str]:
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
        assert asked(kind, version).rest == RestRequest(path, query)


def test_runs_come_newest_first() -> None:
    page = {"dag_ids": ["daily_sales"], "page_limit": 100, "page_offset": 0}
    path = "/dags/~/dagRuns/list"
    assert asked(Kind.RUN, V2).rest == RestRequest(path, {}, page | {"order_by": "-execution_date"}, "POST")
    assert asked(Kind.RUN, V3).rest == RestRequest(path, {}, page | {"order_by": "-run_after"}, "POST")


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
    assert {kind for kind in Kind if requests_for(kind, release, "d" if kind in OF_A_DAG else "")} == offered


def test_tasks_and_runs_belong_to_a_dag_and_nothing_else_does() -> None:
    assert requests_for(Kind.TASK, V2) is None
    assert requests_for(Kind.RUN, V3) is None
    assert requests_for(Kind.POOL, V3, "daily_sales") is None


def test_tasks_of_a_dag_with_a_long_id_have_no_path() -> None:
    assert asked(Kind.TASK, V3, "d" * 52).rest.path == f"/dags/{'d' * 52}/tasks"
    assert requests_for(Kind.TASK, V3, "d" * 53) is None
    assert asked(Kind.RUN, V3, "d" * 250).rest.path == "/dags/~/dagRuns/list"


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
    request = asked(Kind.TASK, V3, dag)
    assert (request.rest.path, request.dag) == (path, dag)


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


# -- pages -----------------------------------------------------------------------------------------------------------


def page(start: int, count: int, total: object) -> dict[str, Any]:
    return {"variables": [{"key": f"k{number}"} for number in range(start, start + count)], "total_entries": total}


def test_pages_follow_one_another() -> None:
    request: NamesRequest | None = asked(Kind.VARIABLE, V2)
    names: list[str] = []
    offsets = []
    while request is not None:
        offset = request.rest.query["offset"]
        assert isinstance(offset, int)
        offsets.append(offset)
        found, request = read_response(request, page(offset, min(100, 250 - offset), 250))
        names += texts(found)
    assert offsets == [0, 100, 200]
    assert names == [f"k{number}" for number in range(250)]


def test_a_page_is_as_long_as_the_server_likes() -> None:
    _, following = read_response(asked(Kind.VARIABLE, V2), page(0, 20, 250))
    assert following is not None
    assert following.rest == RestRequest("/variables", {"limit": 100, "offset": 20})


@pytest.mark.parametrize("total", [3, 2, 0, -1, None, "250", 1.5])
def test_the_last_page(total: object) -> None:
    assert read_response(asked(Kind.VARIABLE, V2), page(0, 3, total))[1] is None


def test_an_empty_page_is_the_last_whatever_it_says() -> None:
    assert read_response(asked(Kind.VARIABLE, V2), page(0, 0, 250)) == ((), None)


def test_tasks_come_all_at_once() -> None:
    tasks = {"tasks": [{"task_id": "a"}], "total_entries": 50}
    assert read_response(asked(Kind.TASK, V2), tasks)[1] is None


# -- odd responses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("response", [None, [], "text", 5, {}, {"dags": None}, {"dags": {"a": 1}}, {"variables": []}])
def test_a_response_of_another_shape_is_an_error(response: object) -> None:
    with pytest.raises(ValueError, match="the response has no dags"):
        read_response(asked(Kind.DAG, V2), response)


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
    names, _ = read_response(asked(Kind.DAG, V2), {"dags": rows})
    assert [(name.text, dict(name.facts)) for name in names] == [
        ("a", {"owners": "me"}),
        ("b", {"paused": "yes", "owners": "x"}),
    ]


def test_a_fact_that_drives_a_terminal_is_none() -> None:
    names, _ = read_response(asked(Kind.RUN, V2), {"dag_runs": [{"dag_run_id": "r", "state": "\x1b]0;x\x07"}]})
    assert dict(names[0].facts) == {}


def test_values_and_connections_are_not_taken() -> None:
    rows = {"variables": [{"key": "k", "value": "s3cret", "description": "s3cret"}]}
    assert "s3cret" not in repr(read_response(asked(Kind.VARIABLE, V2), rows))
    row = dict.fromkeys(("host", "login", "schema", "password", "extra", "description"), "s3cret")
    connections = {"connections": [{**row, "connection_id": "c", "conn_type": "http", "port": 5432}]}
    (name,), _ = read_response(asked(Kind.CONNECTION, V3), connections)
    assert name == Name("c", {"type": "http"})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["dags", "dag_id", "owners"]), inner),
)


@given(st.sampled_from(KEPT), JSON, st.lists(JSON))
def test_reading_never_raises_anything_else(kind: Kind, response: object, rows: list[object]) -> None:
    version = V2 if requests_for(kind, V2, "d" if kind in OF_A_DAG else "") else V3
    request = asked(kind, version)
    try:
        read_response(request, response)
    except ValueError:
        pass
    names, _ = read_response(request, {request.member: rows, "total_entries": response})
    assert len(names) <= len(rows)
