"""How much a command reaches: what Airflow's REST API is asked, and what is said of its answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from mwaa_shell.airflow.command_line import parse
from mwaa_shell.airflow.grammar import load_grammar, nearest
from mwaa_shell.airflow.reach import reach_of
from mwaa_shell.airflow.reach_count import Clock, count, is_paused
from mwaa_shell.airflow.rest import LONGEST_PATH, RestRequest
from mwaa_shell.airflow.versions import Version

TWO, THREE = Version(2, 10, 3), Version(3, 3, 1)
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
TASKS, RUNS = "/dags/~/dagRuns/~/taskInstances/list", "/dags/~/dagRuns/list"
DAGS = [("alpha", True), ("beta", False), ("gamma", True)]
CHAIN = {"tasks": [{"task_id": "extract", "downstream_task_ids": ["transform"]},
                   {"task_id": "transform", "downstream_task_ids": ["load"]},
                   {"task_id": "load", "downstream_task_ids": []}]}  # fmt: skip


class Airflow:
    """Answers as the API does, and keeps what was asked."""

    def __init__(self, **totals: Any) -> None:
        self.totals = {TASKS: 12, RUNS: 1, "/backfills/dry_run": 3} | totals
        self.asked: list[RestRequest] = []

    def __call__(self, call: RestRequest) -> object:
        self.asked.append(call)
        assert len(call.path) <= LONGEST_PATH
        if call.path == "/dags":
            start = call.query["offset"]
            assert isinstance(start, int)
            rows = [{"dag_id": dag, "is_paused": paused} for dag, paused in DAGS[start : start + 2]]
            return {"dags": rows, "total_entries": len(DAGS)}
        if call.path.endswith("/tasks"):
            return CHAIN
        return {"task_instances": [], "total_entries": self.totals[call.path]}

    @property
    def body(self) -> Mapping[str, object]:
        """What was posted last, without the size of a page."""
        body = dict(self.asked[-1].body or {})
        assert body.pop("page_limit") == 1
        return body


def told(line: str, version: Version, airflow: Airflow, clock: Clock | None = None) -> list[str]:
    tree = nearest(version)
    assert tree is not None
    reach = reach_of(parse(line), load_grammar(tree))
    assert reach is not None
    said: list[str] = []
    count(reach, version, clock or Clock(NOW), airflow, said.append)
    return said


@pytest.mark.parametrize(
    ("line", "version", "body"),
    [
        ("tasks clear a", THREE, {"dag_ids": ["a"]}),
        ("tasks clear a", TWO, {"dag_ids": ["a"], "execution_date_lte": NOW.isoformat()}),
        ("tasks clear a -f", THREE, {"dag_ids": ["a"], "state": ["failed", "upstream_failed"]}),
        ("tasks clear a -r", THREE, {"dag_ids": ["a"], "state": ["running"]}),
        (
            "tasks clear a -s 2024-05-01 -e 2024-05-02T06:00:00+02:00",
            THREE,
            {
                "dag_ids": ["a"],
                "logical_date_gte": "2024-05-01T00:00:00+00:00",
                "logical_date_lte": "2024-05-02T06:00:00+02:00",
            },
        ),
        (
            "tasks clear a -e '2024-05-02 06:00'",
            TWO,
            {"dag_ids": ["a"], "execution_date_lte": "2024-05-02T06:00:00+00:00"},
        ),
        ("tasks clear a -t tra", THREE, {"dag_ids": ["a"], "task_ids": ["extract", "transform"]}),
        (
            "tasks clear a -t trans -ud",
            TWO,
            {"dag_ids": ["a"], "execution_date_lte": NOW.isoformat(), "task_ids": ["extract", "load", "transform"]},
        ),
        ("tasks clear a -t trans -d", THREE, {"dag_ids": ["a"], "task_ids": ["load", "transform"]}),
        ("tasks clear a -t trans -u", THREE, {"dag_ids": ["a"], "task_ids": ["extract", "transform"]}),
        ("dags clear a --run-id r", THREE, {"dag_ids": ["a"], "dag_run_ids": ["r"]}),
        (
            "dags backfill a -s 2024-05-01 --reset-dagruns",
            TWO,
            {
                "dag_ids": ["a"],
                "execution_date_gte": "2024-05-01T00:00:00+00:00",
                "execution_date_lte": "2024-05-01T00:00:00+00:00",
            },
        ),
    ],
)
def test_task_instances_are_counted_by_the_filters_of_the_command(
    line: str, version: Version, body: Mapping[str, object]
) -> None:
    airflow = Airflow()
    assert told(line, version, airflow) == ["Airflow counts 12 task instances."]
    assert (airflow.asked[-1].path, airflow.body) == (TASKS, body)


def test_a_pattern_is_a_regular_expression_before_airflow_3() -> None:
    airflow = Airflow()
    assert told("tasks clear a -t ^tr", TWO, airflow) == ["Airflow counts 12 task instances."]
    assert airflow.body["task_ids"] == ["transform"]
    assert told("tasks clear a -t ^tr", THREE, Airflow()) == ["Airflow counts 0 task instances."]


def test_runs_and_task_instances_are_counted_together() -> None:
    airflow = Airflow(**{TASKS: 1204})
    assert told("dags delete a", TWO, airflow) == ["Airflow counts 1 run and 1,204 task instances."]
    assert [call.body for call in airflow.asked] == [{"dag_ids": ["a"], "page_limit": 1}] * 2


def test_old_rows_are_counted_by_their_start() -> None:
    airflow = Airflow()
    said = told("db clean --clean-before-timestamp 2026-01-01 --dag-ids a,b", THREE, airflow)
    assert said == ["Airflow counts 1 run and 12 task instances that started before 2026-01-01."]
    assert airflow.body == {"dag_ids": ["a", "b"], "start_date_lte": "2026-01-01T00:00:00+00:00"}
    assert told("db clean --clean-before-timestamp 2026-01-01 -t dag_run,xcom", TWO, airflow) == [
        "Airflow counts 1 run that started before 2026-01-01."
    ]
    for more in ("-t xcom", "--exclude-dag-ids a"):
        assert told(f"db clean --clean-before-timestamp 2026-01-01 {more}", THREE, airflow) == []


def test_dags_that_match_are_named() -> None:
    airflow = Airflow()
    assert told("tasks clear -R '(al|mm)'", THREE, airflow) == [
        "Airflow finds 2 DAGs: alpha and gamma.",
        "Airflow counts 12 task instances.",
    ]
    assert airflow.body == {"dag_ids": ["alpha", "gamma"]}
    assert told("tasks clear -R ^z", THREE, airflow) == ["Airflow finds 0 DAGs."]
    assert told("dags unpause --treat-dag-id-as-regex a", TWO, airflow) == [
        "Airflow finds 2 paused DAGs: alpha and gamma."
    ]
    assert told("dags pause --treat-dag-id-as-regex a", TWO, airflow) == ["Airflow finds 1 unpaused DAG: beta."]


def test_a_backfill_is_counted_by_the_dry_run_of_the_api() -> None:
    airflow = Airflow()
    line = "backfill create --dag-id a --from-date 2026-01-01 --to-date 2026-01-03 --reprocess-behavior failed"
    assert told(line, THREE, airflow) == ["Airflow counts 3 runs."]
    assert airflow.asked[-1].body == {
        "dag_id": "a",
        "from_date": "2026-01-01T00:00:00+00:00",
        "to_date": "2026-01-03T00:00:00+00:00",
        "reprocess_behavior": "failed",
    }


@pytest.mark.parametrize(
    ("line", "version", "asked"),
    [
        ("tasks clear a", Version(2, 2, 2), 0),  # MWAA has no REST API there
        ("tasks clear a -t load", Version(2, 6, 3), 1),  # the list does not know tasks there
        ("tasks clear a -s 20240501", TWO, 0),
        ("tasks clear a -s 2024-02-31", TWO, 0),
        ("tasks clear a -t '(a+)+$'", TWO, 0),
        ("tasks clear a -t 'a(?=b)'", TWO, 0),
        ("tasks clear a -t '[' ", TWO, 0),
        ("tasks clear a -t '.*.*.*x'", TWO, 0),
        ("tasks clear -R a -S /dags", TWO, 0),
        ("tasks clear -R a -t load", TWO, 2),  # tasks of several DAGs
        (f"tasks clear {'a' * 60} -t load", TWO, 0),
        ("dags clear a --partition-key k", THREE, 0),
    ],
)
def test_what_is_not_certain_is_not_counted(line: str, version: Version, asked: int) -> None:
    airflow = Airflow()
    said = told(line, version, airflow)
    assert [one for one in said if "counts" in one] == []
    assert len(airflow.asked) == asked


def test_a_date_without_zone_is_counted_only_where_its_zone_is_known() -> None:
    airflow, elsewhere = Airflow(), Clock(NOW, naive_is_utc=False)
    assert told("tasks clear a -s 2024-05-01", THREE, airflow, elsewhere) == []
    assert told("tasks clear a -s 2024-05-01T00:00Z", THREE, airflow, elsewhere) != []


@pytest.mark.parametrize(
    "response", [None, [], "?", {}, {"total_entries": "12"}, {"dags": [1]}, {"dags": 1, "tasks": 1}]
)
def test_a_response_of_another_shape_is_no_number(response: object) -> None:
    for line in ("tasks clear a", "tasks clear -R a", "tasks clear a -t b", "dags delete a"):
        reach = reach_of(parse(line), load_grammar(THREE))
        assert reach is not None
        said: list[str] = []
        count(reach, THREE, Clock(NOW), lambda call: response, said.append)
        assert said == []
    assert not is_paused("a", THREE, lambda call: response)


def test_whether_a_dag_is_paused() -> None:
    def answer(request: RestRequest) -> object:
        if request == RestRequest("/dags/a%20b"):
            return {"dag_id": "a b", "is_paused": True}
        assert request == RestRequest("/dags", {"dag_id_pattern": "a" * 250})
        return {"dags": [{"dag_id": "b" + "a" * 250}, {"dag_id": "a" * 250, "is_paused": True}]}

    assert is_paused("a b", TWO, answer)
    assert is_paused("a" * 250, TWO, answer)
    assert not is_paused("a" * 250, TWO, lambda request: {"dags": [{"dag_id": "b" + "a" * 250, "is_paused": True}]})
    assert not is_paused("a b", Version(2, 2, 2), answer)
