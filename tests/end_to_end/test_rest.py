"""InvokeRestApi of the local environment on real Airflows: its names are those that the commands print."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from subprocess import CompletedProcess
from typing import Any

import pytest

from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.rest import RestRequest, all_rows
from mwaa_shell.airflow.versions import parse_version
from mwaa_shell.errors import NothingRan, PermissionMissing
from mwaa_shell.mwaa.aws import MwaaApi
from mwaa_shell.names.fetch import SOURCES, names_in, request_for
from mwaa_shell.names.model import Name
from tests.end_to_end.conftest import Served
from tests.end_to_end.test_batch import access_from
from tests.programs import run_here

pytestmark = pytest.mark.airflow

Start = Callable[[str], Served]
WITH_REST = ("2.10.3", "3.3.1")
#: What the commands print of each kind, and where in a row its name stands.
LISTS = {
    Kind.DAG: ("dags list -o json", "dag_id"),
    Kind.VARIABLE: ("variables list -o json", "key"),
    Kind.CONNECTION: ("connections list -o json", "conn_id"),
    Kind.POOL: ("pools list -o json", "pool"),
    Kind.ROLE: ("roles list -o json", "name"),
    Kind.USER: ("users list -o json", "username"),
    Kind.ASSET: ("assets list -o json", "name"),
}
#: Something of each kind.
MADE = (
    "variables set rest_key value",
    "pools set rest_pool 3 three",
    "connections add rest_connection --conn-uri http://user:word@host/",
)


def cli(served: Served, *commands: str) -> bytes:
    """What commands print, their data only."""
    lines = [part for command in commands for part in ("-c", command)]
    ended = run_here(["--no-validate", "--yes", "--data", *lines], served.environ)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def rows(served: Served, command: str) -> list[dict[str, Any]]:
    return list(json.loads(cli(served, command)))


def over_rest(served: Served, kind: Kind, dag: str = "") -> tuple[Name, ...] | None:
    """Every name of a kind, page by page; ``None`` where REST does not offer them."""
    version = parse_version(served.version)
    assert version is not None
    environments = MwaaApi(access_from(served.environ))
    request = request_for(kind, version, dag)
    if request is None:
        return None
    rows = all_rows(partial(environments.invoke_rest, served.name), request, SOURCES[kind].member)
    return tuple(names_in(kind, rows))


@pytest.mark.parametrize("version", WITH_REST)
def test_names_are_those_of_the_commands(version: str, serving: Start) -> None:
    served = serving(version)
    warm_up(served)
    cli(served, *MADE)
    compared = set()
    for kind, (command, column) in LISTS.items():
        names = over_rest(served, kind)
        if names is not None:
            compared.add(kind)
            assert sorted(name.text for name in names) == sorted(row[column] for row in rows(served, command)), kind
    assert {Kind.ROLE, Kind.USER} & compared == ({Kind.ROLE, Kind.USER} if version < "3" else set())
    pools = {row["pool"]: row["slots"] for row in rows(served, "pools list -o json")}
    assert {pool.text: pool.facts["slots"] for pool in over_rest(served, Kind.POOL) or ()} == pools
    paused = {row["dag_id"]: row["is_paused"] == "True" for row in rows(served, "dags list -o json")}
    assert {dag.text: dag.facts["paused"] == "yes" for dag in over_rest(served, Kind.DAG) or ()} == paused


@pytest.mark.parametrize("version", WITH_REST)
def test_tasks_and_runs_of_a_dag(version: str, serving: Start) -> None:
    served = serving(version)
    listed = cli(served, "tasks list sales_daily").decode().split()
    assert {task.text for task in over_rest(served, Kind.TASK, "sales_daily") or ()} == {"extract", "transform", "load"}
    assert {"extract", "transform", "load"} <= set(listed)
    date, dag = ("-l", "") if version > "3" else ("-e", "-d ")
    cli(served, *(f"dags trigger inventory_sync -r rest_{day} {date} 2030-01-0{day}" for day in (1, 2)))
    printed = rows(served, f"dags list-runs {dag}inventory_sync -o json")
    runs = over_rest(served, Kind.RUN, "inventory_sync") or ()
    assert {run.text: run.facts["state"] for run in runs} == {row["run_id"]: row["state"] for row in printed}
    assert [run.text for run in runs][:2] == ["rest_2", "rest_1"]


@pytest.mark.parametrize("version", WITH_REST)
def test_a_dag_that_is_new_is_known_without_a_command(version: str, serving: Start) -> None:
    served = serving(version)
    text = (served.dags / "hello_world.py").read_text()
    (served.dags / "newcomer.py").write_text(text.replace("hello_world", "newcomer"))
    assert "newcomer" in [dag.text for dag in over_rest(served, Kind.DAG) or ()]
    (served.dags / "newcomer.py").unlink()
    cli(served, "dags delete newcomer -y")  # no scheduler runs here that would find it missing
    assert "newcomer" not in [dag.text for dag in over_rest(served, Kind.DAG) or ()]


@pytest.mark.parametrize("version", WITH_REST)
def test_what_does_not_exist_is_a_sentence(version: str, serving: Start) -> None:
    served = serving(version)
    environments = MwaaApi(access_from(served.environ))
    for path in ("/dags/nope/tasks", "/nope"):
        with pytest.raises(NothingRan, match=r"\(HTTP 404: "):
            environments.invoke_rest(served.name, RestRequest(path))
    with pytest.raises(NothingRan, match="HTTP 4"):
        environments.invoke_rest(served.name, RestRequest("/dags", {"limit": "many"}))


@pytest.mark.parametrize("version", ["1.10.12"])
def test_an_older_airflow_says_what_aws_says(version: str, serving: Start) -> None:
    served = serving(version)
    with pytest.raises(PermissionMissing, match="until it is updated"):
        MwaaApi(access_from(served.environ)).invoke_rest(served.name, RestRequest("/dags"))


def warm_up(served: Served) -> None:
    """Ask until the process that answers is made: the first request may take longer than it has."""
    for _ in range(3):
        with suppress(NothingRan):
            MwaaApi(access_from(served.environ)).invoke_rest(served.name, RestRequest("/dags", {"limit": 1}))
            return


def scripted(served: Served, *lines: str) -> CompletedProcess[bytes]:
    """Run lines as a script does, without what stands around the data of a command."""
    return run_here(["--yes", "--data", *(part for line in lines for part in ("-c", line))], served.environ)


@pytest.mark.parametrize("version", WITH_REST)
def test_rest_in_a_script(version: str, serving: Start) -> None:
    served = serving(version)
    warm_up(served)
    health = "/health" if version < "3" else "/monitor/health"
    done = scripted(
        served,
        f".rest {health}",
        ".rest POST /pools -f name=scripted -f slots=2",
        ".rest /pools/scripted",
        ".rest POST /dags/~/dagRuns/list -f dag_ids=[]",
        ".rest /pools --all -q limit=1",
        ".rest DELETE /pools/scripted",
    )
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert found[0]["metadatabase"]["status"] == "healthy"
    assert (found[2]["name"], found[2]["slots"]) == ("scripted", 2)
    assert "dag_runs" in found[3]
    assert len(found[4]["pools"]) == found[4]["total_entries"] >= 2
    missing = scripted(served, ".rest /pools/scripted")
    assert missing.returncode == 1
    assert b"HTTP 404" in missing.stderr


@pytest.mark.parametrize("version", ["3.3.1"])
def test_backfills_are_listed_and_controlled(version: str, serving: Start) -> None:
    served = serving(version)
    warm_up(served)
    dates = "--from-date 2024-05-01 --to-date 2024-05-03"
    created = scripted(served, f"backfill create --dag-id sales_daily {dates}")
    assert created.returncode == 0, created.stderr
    (one,) = json.loads(scripted(served, ".backfills sales_daily").stdout)["backfills"]
    assert (one["dag_id"], one["is_paused"], one["completed_at"]) == ("sales_daily", False, None)
    lines = [f".backfills {action} {one['id']}" for action in ("pause", "unpause", "cancel")]
    done = scripted(served, *lines, ".backfills")
    assert done.returncode == 0, done.stderr
    *changes, everything = [json.loads(line) for line in done.stdout.splitlines()]
    assert [change["is_paused"] for change in changes[:2]] == [True, False]
    assert everything["backfills"][0]["completed_at"] is not None
