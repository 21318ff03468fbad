"""Requests to Airflow's REST API: no name makes a path too long, and lists are read page by page."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.rest import (
    LONGEST_PATH,
    RestRequest,
    dag_in,
    dag_request,
    list_all,
    next_page,
    post,
    rows_in,
    runs_request,
    tasks_of_run_request,
    tasks_request,
)
from mwaa_shell.airflow.versions import Version
from mwaa_shell.names.fetch import request_for
from mwaa_shell.names.model import OF_A_DAG

VERSIONS = [Version(2, 4, 3), Version(2, 7, 1), Version(2, 10, 3), Version(3, 0, 6), Version(3, 3, 1)]
NAMES = st.text(min_size=1, max_size=300) | st.text("ab._-", min_size=40, max_size=70)


@given(NAMES, NAMES, st.sampled_from(VERSIONS), st.sampled_from(Kind))
@example("d" * 250, "manual__2026-01-01T00:00:00+00:00", Version(2, 4, 3), Kind.TASK)
@example("é" * 250, "é" * 250, Version(3, 3, 1), Kind.RUN)
def test_no_name_makes_a_path_too_long(dag: str, run: str, version: Version, kind: Kind) -> None:
    requests = [
        dag_request(dag),
        tasks_request(dag),
        runs_request(dag, version),
        tasks_of_run_request(dag, run, "2026-01-01T00:00:00Z", version),
        request_for(kind, version, dag if kind in OF_A_DAG else ""),
    ]
    for request in requests:
        assert request is None or len(request.path) <= LONGEST_PATH


@given(st.text(min_size=1, max_size=30))
def test_a_name_is_one_part_of_a_path(dag: str) -> None:
    request = dag_request(dag)
    assert not set(request.path) & set("?# ")
    if request.query == {}:
        assert request.path.count("/") == 2
        assert unquote(request.path.split("/")[2]) == dag


@pytest.mark.parametrize(
    ("response", "paused"),
    [
        ({"dag_id": "x", "is_paused": True}, True),
        ({"dags": [{"dag_id": "x_2"}, {"dag_id": "x", "is_paused": True}]}, True),
        ({"dags": [{"dag_id": "x_2", "is_paused": True}]}, None),
        ({"dags": [1]}, None),
        ([], None),
        (None, None),
    ],
)
def test_a_dag_in_a_response(response: object, paused: bool | None) -> None:
    assert dag_in(response, "x").get("is_paused") is paused


@pytest.mark.parametrize("request_", [list_all("/dags"), runs_request("x", Version(2, 10, 3))])
def test_pages_follow_one_another(request_: RestRequest) -> None:
    offsets, following = [], next_page(request_, 100, {"total_entries": 250})
    while following is not None:
        place = following.query if following.body is None else following.body
        offsets.append(place["offset" if following.body is None else "page_offset"])
        following = next_page(following, 100, {"total_entries": 250})
    assert offsets == [100, 200]


@pytest.mark.parametrize("response", [None, [], {}, {"total_entries": "9"}, {"total_entries": 2}])
def test_the_last_page(response: object) -> None:
    assert next_page(list_all("/dags"), 2, response) is None
    assert next_page(post("/x", {}), 2, {"total_entries": 9}) is None


def test_a_response_of_another_form_has_no_rows() -> None:
    assert rows_in({"dags": [1]}, "dags") == [1]
    with pytest.raises(ValueError, match="the response has no dags"):
        rows_in({"dags": {}}, "dags")
