"""Names in output, whatever printed it; nothing else is read, and no secret ever."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mwaa_shell.airflow import grammar
from mwaa_shell.airflow.arguments import ParsedCommand, understand
from mwaa_shell.airflow.command_line import parse, quote
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.outcome import judge
from mwaa_shell.airflow.versions import Version
from mwaa_shell.names.extract import learn
from mwaa_shell.names.model import Change, Name, NameRemoved, NamesFound
from tests.counting import calls

SAMPLES = Path(__file__).parents[1] / "samples"
ROWS = Path(__file__).parents[1] / "output" / "rows"
LONG = "warehouse_ingest_customer_orders_from_the_north_region_and_reconcile_with_the_ledger_every_day_at_noon_v2"
DOTTED = "team-a.sales-report-for-the-quarter.europe-west-and-central-and-northern-parts.daily-with-a-long-name"
WIDE = "w" * 180
VARIABLE = "a_variable_with_a_key_that_is_much_longer_than_eighty_columns_so_that_it_has_to_be_folded_somewhere"
TASKS = ("extract", "load", "quality.check-1",
         "transform_the_rows_of_the_orders_table_into_the_shape_that_the_ledger_wants_before_noon")  # fmt: skip
V1, V2, V3 = Version(1, 10, 12), Version(2, 10, 3), Version(3, 3, 1)


def line(text: str, version: Version = V3) -> ParsedCommand:
    return understand(parse(text), grammar.load_grammar(version))


def told(text: str, stdout: str = "", stderr: str = "", ok: bool = True, version: Version = V3) -> tuple[Change, ...]:
    return learn(line(text, version), stdout, stderr, ok)


def recorded(folder: Path, version: str, name: str) -> tuple[Change, ...]:
    case = json.loads((folder / f"{version}.json").read_text())[name]
    return from_case(case, Version(*map(int, version.split("."))))


def from_case(case: Mapping[str, Any], version: Version) -> tuple[Change, ...]:
    ok = judge(tuple(case["argv"]), case["stdout"], case["stderr"], version).ok
    return told(" ".join(map(quote, case["argv"])), case["stdout"], case["stderr"], ok, version)


def names(changes: tuple[Change, ...], kind: Kind) -> list[str]:
    return [
        name.text
        for change in changes
        if isinstance(change, NamesFound) and change.kind is kind
        for name in change.names
    ]


def seen(changes: tuple[Change, ...], kind: Kind) -> NamesFound:
    (found,) = [change for change in changes if isinstance(change, NamesFound) and change.kind is kind]
    return found


# ---- Lists.


@pytest.mark.parametrize("version", ["1.10.12", "2.0.2", "2.2.2", "2.10.3", "3.3.1"])
def test_the_dags_of_a_list(version: str) -> None:
    case = "list_dags" if version == "1.10.12" else "dags-list"
    found = seen(recorded(ROWS, version, case), Kind.DAG)
    ids = [name.text for name in found.names if name.text != "uses_assets"]
    assert ids == ["sales_daily", DOTTED, LONG, WIDE]
    assert found.all is (version in {"1.10.12", "2.0.2", "2.2.2"})  # the later ones say that a file could not be read
    if version != "1.10.12":
        facts = {name.text: dict(name.facts) for name in found.names}
        assert facts[DOTTED] == {"paused": "yes", "owners": "analytics"}


@pytest.mark.parametrize("form", ["", "-json", "-yaml"])
@pytest.mark.parametrize("version", ["2.0.2", "2.10.3", "3.3.1"])
def test_owners_and_pauses_are_the_same_in_every_format(version: str, form: str) -> None:
    found = seen(recorded(ROWS, version, f"dags-list{form}"), Kind.DAG)
    facts = {name.text: dict(name.facts) for name in found.names}
    assert facts["sales_daily"]["owners"] == "ops"
    assert facts[LONG]["owners"] == "data engineering"
    assert facts[WIDE] == {"paused": "yes", "owners": "x"}


@pytest.mark.parametrize("form", ["", "-json", "-yaml"])
@pytest.mark.parametrize("version", ["1.10.12", "2.0.2", "2.10.3", "3.3.1"])
def test_the_runs_of_a_dag_newest_first(version: str, form: str) -> None:
    if version == "1.10.12" and form:
        return
    case = "list_dag_runs-2" if version == "1.10.12" else f"dags-list-runs{form}-2"
    changes = recorded(ROWS, version, case)
    found = seen(changes, Kind.RUN)
    assert (found.dag, found.all) == (LONG, True)
    assert "repair-17" in names(changes, Kind.RUN)
    assert found.names[0].text.startswith("manual__2026-11-22T18:")
    assert found.names[0].facts["state"] in {"running", "queued"}
    dates = {name.text: name.facts.get("date") for name in found.names}
    assert dates["repair-17"] == "2024-03-01T00:00:00+00:00"
    (dag,) = seen(changes, Kind.DAG).names
    assert dag == Name(LONG, {"last_state": found.names[0].facts["state"]})


@pytest.mark.parametrize(("text", "version"), [
    ("dags list-runs a --state failed", V3), ("dags list-runs -d a --no-backfill", V2),
    ("dags list-runs a -s 2024", V3),
    ("list_dag_runs a --state failed", V1), ("list_dag_runs a --no_backfill", V1),
])  # fmt: skip
def test_a_filtered_list_is_not_all(text: str, version: Version) -> None:
    output = "dag_id | run_id | state \n=======+========+=======\na      | r1     | failed\n"
    changes = told(text, output, version=version)
    assert seen(changes, Kind.RUN) == NamesFound(Kind.RUN, (Name("r1", {"state": "failed"}),), "a")
    assert seen(changes, Kind.DAG) == NamesFound(Kind.DAG, (Name("a"),))


def test_a_list_of_nothing_says_that_there_is_nothing() -> None:
    assert NamesFound(Kind.RUN, (), "a", True) in told("dags list-runs a", "No data found\n")
    assert told("variables list", "No data found\n") == (NamesFound(Kind.VARIABLE, (), all=True),)
    assert told("connections list -o json", "[]\n") == (NamesFound(Kind.CONNECTION, (), all=True),)
    assert told("dags list-runs --state failed a", "No data found\n") == ()
    assert told("variables", "\n", version=V1) == (NamesFound(Kind.VARIABLE, (), all=True),)


@pytest.mark.parametrize("text", ["dags list -B other", "dags list --local", "connections list --conn-id wh"])
def test_part_of_a_list_is_not_all(text: str) -> None:
    version = V2 if "conn" in text else V3
    for change in told(text, "dag_id | conn_id\n=======+========\na      | wh     \n", version=version):
        assert isinstance(change, NamesFound)
        assert not change.all


@pytest.mark.parametrize(("version", "case"), [
    ("1.10.12", "list_tasks"), ("2.0.2", "tasks-list"), ("2.10.3", "tasks-list"), ("3.3.1", "tasks-list"),
])  # fmt: skip
def test_the_tasks_of_a_dag(version: str, case: str) -> None:
    changes = recorded(ROWS, version, case)
    assert seen(changes, Kind.TASK) == NamesFound(Kind.TASK, tuple(map(Name, TASKS)), "sales_daily", True)


@pytest.mark.parametrize(("version", "case"), [("1.10.12", "list_tasks-tree"), ("2.10.3", "tasks-list-tree")])
def test_the_tasks_of_a_tree(version: str, case: str) -> None:
    found = seen(recorded(ROWS, version, case), Kind.TASK)
    assert sorted(name.text for name in found.names) == sorted(TASKS)
    assert {name.facts["operator"] for name in found.names} == {"BashOperator"}
    assert found.all


def test_what_a_dag_file_prints_is_no_task() -> None:
    changes = told("tasks list a", "loading the settings\nzebra\nextract\nload\n")
    assert names(changes, Kind.TASK) == ["extract", "load"]


@pytest.mark.parametrize("version", ["2.0.2", "2.10.3", "3.3.1"])
def test_the_tasks_of_a_run(version: str) -> None:
    found = seen(recorded(ROWS, version, "tasks-states-2"), Kind.TASK)
    assert (found.dag, found.all) == (LONG, False)
    assert sorted(name.text for name in found.names) == sorted(TASKS)


@pytest.mark.parametrize(("version", "case"), [
    ("1.10.12", "variables"), ("2.0.2", "variables-list"), ("2.10.3", "variables-list"),
    ("3.3.1", "variables-list-json"),
])  # fmt: skip
def test_the_variables(version: str, case: str) -> None:
    found = seen(recorded(ROWS, version, case), Kind.VARIABLE)
    assert {"region", VARIABLE, "two words"} <= {name.text for name in found.names}
    assert found.all
    assert not any(name.facts for name in found.names)


@pytest.mark.parametrize(("version", "case", "whole"), [
    ("1.10.12", "conn-list", False), ("2.0.2", "conn-list", True), ("2.10.3", "conn-list-yaml", True),
    ("3.3.1", "conn-list", True), ("3.3.1", "conn-list-values", True),
])  # fmt: skip
def test_connections_are_a_name_and_a_type(version: str, case: str, whole: bool) -> None:
    """1.10 shortens long names, which are no names then."""
    found = seen(recorded(ROWS, version, case), Kind.CONNECTION)
    assert [name.text for name in found.names] == (["wh", VARIABLE, "s3_reports"] if whole else ["wh"])
    assert found.all is whole
    assert found.names[0] == Name("wh", {"type": "postgres"})
    assert all(set(name.facts) == {"type"} for name in found.names)


def test_pools_roles_users_and_assets() -> None:
    for version, case in (("1.10.12", "pool-2"), ("2.0.2", "pools-list-2"), ("3.3.1", "pools-list-2")):
        found = seen(recorded(ROWS, version, case), Kind.POOL)
        assert [(name.text, name.facts["slots"]) for name in found.names] == [
            ("default_pool", "128"), ("etl", "5"), (VARIABLE, "3"),
        ]  # fmt: skip
    assert names(recorded(ROWS, "2.10.3", "roles-list"), Kind.ROLE) == ["A second role", "Admin", "Analyst"]
    assert names(recorded(ROWS, "2.0.2", "users-list"), Kind.USER)[0] == "ann"
    assert names(recorded(ROWS, "2.0.2", "users-list"), Kind.USER)[1].endswith("@department.example.com")
    assert names(recorded(ROWS, "3.3.1", "assets-list"), Kind.ASSET) == ["daily_orders", "plain_asset"]
    assert told("assets list --alias", "name\n====\nx   \n    \n") == ()


def test_the_old_list_of_users() -> None:
    output = "╒══════╤══════╕\n│   Id │ Username   │\n╞══════╪══════╡\n│    1 │ ann        │\n╘══════╧══════╛\n"
    assert told("list_users", output, version=V1) == (NamesFound(Kind.USER, (Name("ann"),), all=True),)


@pytest.mark.parametrize("form", ["", "-json"])
@pytest.mark.parametrize("version", ["2.10.3", "3.3.1"])
def test_the_details_of_a_dag(version: str, form: str) -> None:
    found = seen(recorded(ROWS, version, f"dags-details{form}"), Kind.DAG)
    assert found.names[0].text == LONG
    assert found.names[0].facts["paused"] == "yes"
    assert not found.all


def test_a_job_without_a_dag_has_no_name() -> None:
    rows = [{"dag_id": None, "job_type": "SchedulerJob"}, {"dag_id": "sales", "job_type": "LocalTaskJob"}]
    table = "dag_id | job_type    \n=======+=============\nNone   | SchedulerJob\nsales  | LocalTaskJob\n       \n"
    for options, stdout in (("-o json", json.dumps(rows)), ("", table)):
        assert names(told(f"dags list-jobs {options}", stdout, version=V2), Kind.DAG) == ["sales"]


def test_the_dags_of_a_report_may_have_any_letters() -> None:
    rows = json.dumps([{"file": "/many.py", "dags": ["größe", "日次", "a.b-c"]}])
    assert names(told("dags report -o json", rows, version=V2), Kind.DAG) == ["größe", "日次", "a.b-c"]


@pytest.mark.parametrize("form", ["", "-json", "-yaml"])
def test_the_dags_of_a_report(form: str) -> None:
    assert set(names(recorded(ROWS, "2.10.3", f"dags-report{form}"), Kind.DAG)) == {"sales_daily", DOTTED, LONG, WIDE}


# ---- Effects.


@pytest.mark.parametrize("version", ["2.10.3", "3.3.1"])
@pytest.mark.parametrize("form", ["", "-json", "-yaml"])
def test_a_triggered_run(version: str, form: str) -> None:
    found = seen(recorded(ROWS, version, f"trigger{form}"), Kind.RUN)
    assert found.dag == "sales_daily"
    assert found.names[0].text.startswith("manual__2026-11-22T18:0")
    assert found.names[0].facts["state"] == "queued"


@pytest.mark.parametrize(("more", "version", "state"), [
    ("externally triggered: True>", V1, "running"),
    ("externally triggered: True>", Version(2, 2, 2), "queued"),
    ("state:queued, queued_at: 2024. externally triggered: True>", Version(2, 4, 3), "queued"),
])  # fmt: skip
def test_a_triggered_run_in_a_sentence(more: str, version: Version, state: str) -> None:
    output = f"Created <DagRun a @ 2024-03-01T00:00:00+00:00: repair-17, {more}\n"
    found = seen(told("trigger_dag a" if version == V1 else "dags trigger a", output, version=version), Kind.RUN)
    assert found == NamesFound(
        Kind.RUN, (Name("repair-17", {"state": state, "date": "2024-03-01T00:00:00+00:00"}),), "a"
    )


PAUSED = "dag_id | is_paused\n=======+==========\na      | False    \n"


@pytest.mark.parametrize(("text", "output", "version", "paused"), [
    ("dags pause a", PAUSED, V3, "yes"), ("dags unpause a", PAUSED.replace("False", "True "), V3, "no"),
    ("dags pause a", "Dag: a, paused: True\n", Version(2, 0, 2), "yes"),
    ("unpause a", "Dag: a, paused: False\n", V1, "no"),
])  # fmt: skip
def test_a_pause_is_what_the_command_did(text: str, output: str, version: Version, paused: str) -> None:
    """3.x prints what was before."""
    assert told(text, output, version=version) == (NamesFound(Kind.DAG, (Name("a", {"paused": paused}),)),)


def test_a_pause_that_found_nothing_says_nothing() -> None:
    assert told("dags pause a", "No unpaused DAGs were found\n") == ()


@pytest.mark.parametrize(("text", "output", "version", "change"), [
    ("dags delete -y a", "Removed 3 record(s)\n", V3, NameRemoved(Kind.DAG, "a")),
    ("delete_dag -y a", "Removed 2 record(s)\n", V1, NameRemoved(Kind.DAG, "a")),
    ("variables set k secret", "Variable k created\n", V3, NamesFound(Kind.VARIABLE, (Name("k"),))),
    ("variables delete k", "Variable k deleted\n", V3, NameRemoved(Kind.VARIABLE, "k")),
    ("variables -s k secret", "", V1, NamesFound(Kind.VARIABLE, (Name("k"),))),
    ("variables --set k secret", "", V1, NamesFound(Kind.VARIABLE, (Name("k"),))),
    ("variables -x k", "", V1, NameRemoved(Kind.VARIABLE, "k")),
    ("connections add wh --conn-uri db://user:pw@h/d", "Successfully added `conn_id`=wh : db://u:p@h/d\n", V3,
     NamesFound(Kind.CONNECTION, (Name("wh"),))),
    ("connections delete wh", "Successfully deleted connection with `conn_id`=wh\n", V3,
     NameRemoved(Kind.CONNECTION, "wh")),
    ("connections -a --conn_id wh --conn_uri x://u:p@h", "\n\tSuccessfully added `conn_id`=wh : x://u:p@h\n\n", V1,
     NamesFound(Kind.CONNECTION, (Name("wh"),))),
    ("connections -d --conn_id wh", "\n\tSuccessfully deleted `conn_id`=wh\n\n", V1,
     NameRemoved(Kind.CONNECTION, "wh")),
    ("pools set etl 5 'for loads'", "Pool etl created\n", V3, NamesFound(Kind.POOL, (Name("etl", {"slots": "5"}),))),
    ("pools delete etl", "Pool etl deleted\n", V3, NameRemoved(Kind.POOL, "etl")),
    ("roles delete Analyst", "Deleted 1 role(s)\n", V3, NameRemoved(Kind.ROLE, "Analyst")),
    ("roles create A B", "Added 2 role(s)\n", V3, NamesFound(Kind.ROLE, (Name("A"), Name("B")))),
    ("users create -u ann -e a@example.com -f A -l L -r Op -p pw", 'User "ann" created with role "Op"\n', V3,
     NamesFound(Kind.USER, (Name("ann"),))),
    ("users delete -e a@example.com", 'User "ann" deleted\n', V3, NameRemoved(Kind.USER, "ann")),
    ("delete_user -u ann", "User ann deleted.\n", V1, NameRemoved(Kind.USER, "ann")),
])  # fmt: skip
def test_what_a_command_did(text: str, output: str, version: Version, change: Change) -> None:
    assert told(text, output, version=version) == (change,)
    assert told(text, output, ok=False, version=version) == ()


def test_the_old_pools() -> None:
    assert recorded(ROWS, "1.10.12", "pool-set") == (NamesFound(Kind.POOL, (Name("etl", {"slots": "5"}),)),)
    assert recorded(ROWS, "1.10.12", "pool-delete") == (NameRemoved(Kind.POOL, "etl"),)


@pytest.mark.parametrize(("text", "output", "version"), [
    ("dags delete a", "This will drop all existing records\nCancelled\n", V3),
    ("connections -a --conn_uri x://u:p@h",
     "\n\tThe following args are required to add a connection: ['conn_id']\n", V1),
    ("variables import /vars.json", "2 of 2 variables successfully updated.\n", V3),
    ("variables set --help k v", "usage: airflow variables set\n", V3),
    ("dags list-import-errors", "filepath | error\n=========+======\n/a.py    | x    \n", V3),
    ("teams list", "name\n====\nblue\n    \n", V3),
    ("nonsense", "dag_id | x\n=======+==\na      | b\n", V3),
])  # fmt: skip
def test_what_says_nothing_of_names(text: str, output: str, version: Version) -> None:
    assert told(text, output, version=version) == ()


# ---- What does not exist.


RAISED = (
    "Traceback (most recent call last):\n"
    '  File "x.py", line 1, in f\n    raise X\n'
    "airflow.exceptions.AirflowException: "
)


@pytest.mark.parametrize(("text", "stderr", "version", "gone"), [
    ("dags trigger a", RAISED + "Dag id a not found in DagModel\n", V3, NameRemoved(Kind.DAG, "a")),
    ("dags delete -y a", "airflow.exceptions.DagNotFound: Dag id a not found\n", V2, NameRemoved(Kind.DAG, "a")),
    ("list_tasks a", RAISED + "dag_id could not be found: a. Either the dag did not exist or it failed to parse.\n", V1,
     NameRemoved(Kind.DAG, "a")),
    ("tasks list a", RAISED + "Dag 'a' could not be found; either it does not exist or it failed to parse.\n", V2,
     NameRemoved(Kind.DAG, "a")),
    ("dags state a 2024-01-01", "DAG: a does not exist in 'dag' table\n", V3, NameRemoved(Kind.DAG, "a")),
    ("dags show a", "Can not find dag 'a' in database\n", V3, NameRemoved(Kind.DAG, "a")),
    ("tasks state a t r1", RAISED + "Task t not found\n", V3, NameRemoved(Kind.TASK, "t", "a")),
    ("tasks state a t r1", RAISED + "DagRun for a with run_id or logical_date of 'r1' not found\n", V3,
     NameRemoved(Kind.RUN, "r1", "a")),
    ("tasks state a t r1", RAISED + "DagRun for a with run_id or execution_date of 'r1' not found\n", V2,
     NameRemoved(Kind.RUN, "r1", "a")),
    ("variables get k", "Variable k does not exist\n", V2, NameRemoved(Kind.VARIABLE, "k")),
    ("variables get k", "Variable k does not exist.\n", V3, NameRemoved(Kind.VARIABLE, "k")),
    ("connections get wh", "Connection not found.\n", V3, NameRemoved(Kind.CONNECTION, "wh")),
    ("connections delete wh", "Did not find a connection with `conn_id`=wh\n", V3, NameRemoved(Kind.CONNECTION, "wh")),
    ("pools get etl", "Pool etl does not exist\n", V3, NameRemoved(Kind.POOL, "etl")),
    ("users add-role -u ann -r X", '"X" is not a valid role. Valid roles are: [Admin, Op]\n', V3,
     NameRemoved(Kind.ROLE, "X")),
    ("users delete -u ann", 'User "ann" does not exist\n', V3, NameRemoved(Kind.USER, "ann")),
    ("assets details --name x", "Asset with name x does not exist.\n", V3, NameRemoved(Kind.ASSET, "x")),
])  # fmt: skip
def test_a_name_that_does_not_exist(text: str, stderr: str, version: Version, gone: NameRemoved) -> None:
    assert told(text, "", stderr, False, version) == (gone,)


@pytest.mark.parametrize(("text", "stdout", "gone"), [
    ("pool -g etl", "Pool 'etl' doesn't exist\n", NameRemoved(Kind.POOL, "etl")),
    ("connections -d --conn_id wh", "\n\tDid not find a connection with `conn_id`=wh\n\n",
     NameRemoved(Kind.CONNECTION, "wh")),
])  # fmt: skip
def test_what_the_old_airflow_says_without_failing(text: str, stdout: str, gone: NameRemoved) -> None:
    assert told(text, stdout, version=V1) == (gone,)


@pytest.mark.parametrize(("text", "stdout", "stderr", "ok"), [
    ("dags trigger a", "", "airflow.exceptions.DagNotFound: Dag id b not found in DagModel\n", False),
    ("dags trigger a", "", "the sensor said: Dag id a not found in DagModel, so I stop\n", False),
    ("tasks test a t", "starting\nTask t not found\nDag id a not found\n", "", True),
    ("variables set k v", "", "Variable v does not exist.\n", False),
    ("dags trigger a", "", "AttributeError: 'NoneType' object has no attribute 'x'\n", False),
    ("tasks list -B other a", "", "Dag 'a' could not be found; either it does not exist or it failed to parse.\n",
     False),
])  # fmt: skip
def test_nothing_is_dropped_for_less(text: str, stdout: str, stderr: str, ok: bool) -> None:
    assert not any(isinstance(change, NameRemoved) for change in told(text, stdout, stderr, ok))


# ---- All outputs.


def everything() -> list[tuple[str, Version, Mapping[str, Any]]]:
    paths = [*sorted(SAMPLES.glob("*.json")), *sorted(ROWS.glob("*.json"))]
    return [
        (name, Version(*map(int, path.stem.split("."))), case)
        for path in paths
        for name, case in json.loads(path.read_text()).items()
    ]


def test_no_output_teaches_a_secret() -> None:
    """Values, passwords and addresses of the recorded environments, and what is no name of theirs."""
    secrets = {"pw", "user", "db.example.com", "eu-west-1", "postgres://user:pw@db.example.com:5432/wh", "Lee", "{}"}
    for name, version, case in everything():
        for change in from_case(case, version):
            texts = [one.text for one in change.names] if isinstance(change, NamesFound) else [change.text]
            facts = (
                [text for one in change.names for text in one.facts.values()] if isinstance(change, NamesFound) else []
            )
            assert not secrets & {*texts, *facts}, name
            assert not any("://" in text for text in (*texts, *facts)), name


def test_what_succeeded_drops_nothing_but_what_was_deleted() -> None:
    for name, version, case in everything():
        if case["code"] == 0 and "delete" not in name and "missing" not in name:
            assert not any(isinstance(change, NameRemoved) for change in from_case(case, version)), name


def test_missing_dags_of_the_samples_are_dropped() -> None:
    for path in SAMPLES.glob("*.json"):
        for name in ("dags-trigger-missing-dag", "tasks-list-missing-dag"):
            assert recorded(SAMPLES, path.stem, name) == (NameRemoved(Kind.DAG, "no_such_dag"),), path.stem


@pytest.mark.parametrize("bad", ["", " ", "x" * 251, "a\x1b[31m", "a\tb", "a\nb", "\ud800"])
def test_what_cannot_be_a_name_is_skipped(bad: str) -> None:
    output = json.dumps([{"key": bad}, {"key": "good"}])
    assert names(told("variables list -o json", output), Kind.VARIABLE) == ["good"]


def test_ten_thousand_dags_are_learned_at_once() -> None:
    output = json.dumps([
        {"dag_id": f"dag_number_{n}", "fileloc": f"/usr/local/airflow/dags/{n}.py", "owners": ["ops"],
         "is_paused": "True"}
        for n in range(10_000)
    ])  # fmt: skip
    understanding = line("dags list -o json")
    found = learn(understanding, output + "\n", "", True)
    assert len(seen(found, Kind.DAG).names) == 10_000
    assert calls(lambda: learn(understanding, output + "\n", "", True)) < 50 * 10_000


LINES = [
    "dags list", "dags list -o json", "dags list -o yaml", "dags list -o plain", "dags trigger a", "tasks list a",
    "tasks list", "connections get", "variables set k", "pools set", "users delete", "dags details a", "dags report",
    "dags pause", "roles create", "tasks states-for-dag-run a b", "dags list-runs", "dags", "", "assets list",
]  # fmt: skip
V1_LINES = [
    "list_dags",
    "list_dag_runs a",
    "variables",
    "variables -s",
    "pool",
    "pool -x",
    "connections -l",
    "list_tasks a",
]
TEXTS = st.text() | st.sampled_from(
    [PAUSED, "[{}]", '[{"dag_id": 1}]', "- dag_id: a\n", "╒\n│ Conn Id │\n╞\n│ '\\x' │\n"]
)


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(LINES) | st.text(max_size=20), st.sampled_from(V1_LINES), TEXTS, TEXTS, st.booleans())
def test_learning_never_raises(text: str, old: str, stdout: str, stderr: str, ok: bool) -> None:
    told(text, stdout, stderr, ok)
    told(old, stdout, stderr, ok, V1)
