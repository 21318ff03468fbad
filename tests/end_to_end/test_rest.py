"""InvokeRestApi of the private MWAA on real Airflows: the names that it tells are those that the commands print."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.versions import parse_version
from mwaa_shell.errors import NothingRan, PermissionMissing
from mwaa_shell.mwaa.aws import MwaaApi
from mwaa_shell.names.fetch import read, requests_for
from mwaa_shell.names.model import Name
from tests.end_to_end.conftest import Served
from tests.end_to_end.test_batch import access_from

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
    program = [sys.executable, "-m", "mwaa_shell", "--no-validate", "--yes", "--data", *lines]
    ended = subprocess.run(program, env=served.environ, capture_output=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def rows(served: Served, command: str) -> list[dict[str, Any]]:
    return list(json.loads(cli(served, command)))


def over_rest(served: Served, kind: Kind, dag: str = "") -> tuple[Name, ...] | None:
    """Every name of a kind, page by page; ``None`` where REST does not offer them."""
    version = parse_version(served.version)
    assert version is not None
    environments = MwaaApi(access_from(served.environ))
    names: tuple[Name, ...] = ()
    request = requests_for(kind, version, dag)
    if request is None:
        return None
    while request is not None:
        found, request = read(request, environments.invoke_rest(served.name, request.path, request.query))
        names += found
    return names


@pytest.mark.parametrize("version", WITH_REST)
def test_names_are_those_of_the_commands(version: str, serving: Start) -> None:
    served = serving(version)
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
        with pytest.raises(NothingRan, match="answered HTTP 404: "):
            environments.invoke_rest(served.name, path, {})
    with pytest.raises(NothingRan, match="HTTP 4"):
        environments.invoke_rest(served.name, "/dags", {"limit": "many"})


@pytest.mark.parametrize("version", ["1.10.12"])
def test_an_older_airflow_says_what_aws_says(version: str, serving: Start) -> None:
    served = serving(version)
    with pytest.raises(PermissionMissing, match="Update your environment to use InvokeRestApi"):
        MwaaApi(access_from(served.environ)).invoke_rest(served.name, "/dags", {})
