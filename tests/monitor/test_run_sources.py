"""The sources of a run, and their requests; the outputs are those of real Airflows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from mwaa_shell.airflow.command_line import ParsedLine
from mwaa_shell.airflow.grammar import Grammar, load_grammar
from mwaa_shell.airflow.rest import RUNS, TASK_INSTANCES, RestRequest
from mwaa_shell.airflow.versions import Version, parse_version
from mwaa_shell.errors import NothingRan, OutcomeUnknown, PermissionMissing, RestNotFound
from mwaa_shell.monitor.run_sources import AT_LEAST_EVERY, CliRunSource, RestRunSource, RunCommandFailed, RunNotFound
from mwaa_shell.result import Outcome, Result, failed, from_error
from tests.monitor.test_watch_condition import VERSIONS, recorded

TASK = {"task_id": "a", "map_index": -1, "state": "success", "start_date": "2026-01-01T10:00:00Z",
        "end_date": "2026-01-01T10:00:05Z", "try_number": 1}  # fmt: skip


def grammar(version: str) -> Grammar:
    found = parse_version(version)
    assert found is not None
    return load_grammar(found)


class FakeCli:
    """Answers by the beginning of a line; the last of several answers stays."""

    def __init__(self, **answers: list[Result]) -> None:
        self.answers = {name.replace("_", " "): found for name, found in answers.items()}
        self.sent: list[str] = []

    def __call__(self, line: ParsedLine) -> Result:
        self.sent.append(line.command)
        for name, found in self.answers.items():
            if line.command.replace("-", " ").replace("_", " ").startswith(name):
                return found.pop(0) if len(found) > 1 else found[0]
        raise AssertionError(f"nobody answers {line.command}")

    def since(self) -> list[str]:
        """The commands that were sent since this was asked the last time, without their arguments."""
        found = [" ".join(line.split()[:2]) for line in self.sent]
        self.sent.clear()
        return found


def rows(*found: Mapping[str, object]) -> Result:
    return Result(stdout=json.dumps(found).encode())


def run(state: str, run_id: str = "r1", date: str = "2026-01-01T00:00:00+00:00") -> dict[str, object]:
    return {"run_id": run_id, "state": state, "execution_date": date, "start_date": "", "end_date": ""}


@pytest.mark.parametrize("version", VERSIONS[1:])
def test_the_recorded_outputs_of_the_cli(version: str) -> None:
    listed = "dags-list-runs-o-json"
    by_text = recorded(version, "tasks-states-for-dag-run")  # recorded as a table: here it is read as one
    cells = [line.split("|") for line in by_text.stdout.decode().splitlines() if line.startswith("hello_world")]
    tasks = rows(*({"task_id": cell[2].strip(), "state": cell[3].strip(), "start_date": ""} for cell in cells))
    cli = FakeCli(dags_list_runs=[recorded(version, listed)], tasks_states=[tasks])
    snapshot = CliRunSource(cli, grammar(version), "hello_world", "my_run_1").ask()
    assert snapshot.run.run_id == "my_run_1"
    assert snapshot.run.state == ("running" if version == "2.0.2" else "queued")
    assert [task.name for task in snapshot.tasks or ()] == ["extract", "transform", "load"]
    positional = version.startswith("3")
    assert cli.sent[0] == f"dags list-runs {'' if positional else '-d '}hello_world -o json"
    which = "2024-03-01T00:00:00+00:00" if version == "2.0.2" else "my_run_1"
    assert cli.sent[1] == f"tasks states-for-dag-run hello_world {which} -o json"


def test_airflow_1_tells_of_the_run_only() -> None:
    cli = FakeCli(list_dag_runs=[recorded("1.10.12", "dags-list-runs")])
    source = CliRunSource(cli, grammar("1.10.12"), "hello_world", "latest")
    snapshot = source.ask()
    assert (snapshot.run.run_id, snapshot.run.state) == ("manual__2026-11-22T12:54:45+00:00", "running")
    assert snapshot.tasks is None
    assert "on the environment has no command that lists all tasks" in snapshot.remarks[0]
    source.ask()
    assert cli.since() == ["list_dag_runs hello_world"] * 2


def test_the_run_is_asked_for_only_where_it_can_tell_something() -> None:
    busy, done = {**TASK, "state": "running"}, TASK
    cli = FakeCli(
        dags_list_runs=[rows(run("queued")), rows(run("running")), rows(run("running")), rows(run("success"))],
        tasks_states=[rows({"task_id": "a", "state": None}), rows(busy), rows(busy), rows(done)],
    )
    source = CliRunSource(cli, grammar("2.10.3"), "x", "latest")
    states = [(source.ask().run.state, len(cli.since())) for _ in range(5)]
    assert states == [("queued", 2), ("running", 2), ("running", 1), ("running", 2), ("success", 2)]


def test_run_is_listed_now_and_then_for_any_tasks() -> None:
    cli = FakeCli(dags_list_runs=[rows(run("running")), rows(run("failed"))],
                  tasks_states=[rows({"task_id": "a", "state": "scheduled"})])  # fmt: skip
    source = CliRunSource(cli, grammar("2.10.3"), "x", "r1")
    looks = 1
    while source.ask().run.state != "failed":
        looks += 1
        assert looks <= 10
    assert looks == 10


def test_tasks_are_read_again_where_the_run_ended_after_them() -> None:
    begun = rows(TASK, {"task_id": "b", "state": "running"})
    ended = rows(TASK, {"task_id": "b", "state": "skipped"})
    cli = FakeCli(dags_list_runs=[rows(run("running")), rows(run("failed"))],
                  tasks_states=[*[begun] * AT_LEAST_EVERY, ended])  # fmt: skip
    source = CliRunSource(cli, grammar("2.10.3"), "x", "r1")
    *_, last = (source.ask() for _ in range(AT_LEAST_EVERY))
    assert (last.run.state, [task.state for task in last.tasks or ()]) == ("failed", ["success", "skipped"])


def test_the_newest_run_stays_the_one() -> None:
    later = run("queued", "r2", "2026-01-02T00:00:00+00:00")
    begun = rows({"task_id": "a", "state": "scheduled"})
    cli = FakeCli(dags_list_runs=[rows(run("queued")), rows(later, run("running"))], tasks_states=[begun])
    source = CliRunSource(cli, grammar("2.10.3"), "x", "latest")
    assert [source.ask().run.run_id for _ in range(2)] == ["r1", "r1"]


def test_where_the_tasks_are_refused_the_run_is_left() -> None:
    refused = Result(Outcome.NOT_RUN, from_error(NothingRan("")).exit_code, message="HTTP 403: no", http_status=403)
    cli = FakeCli(dags_list_runs=[rows(run("running")), rows(run("success"))], tasks_states=[refused])
    source = CliRunSource(cli, grammar("2.10.3"), "x", "r1")
    first = source.ask()
    assert first.tasks is None
    assert first.remarks == ("The environment refuses tasks states-for-dag-run: HTTP 403: no",)
    cli.since()
    assert source.ask().over
    assert cli.since() == ["dags list-runs"]


def test_a_paused_dag_is_found_out_once_where_a_run_waits() -> None:
    details = [failed("nobody may"), rows()]
    cli = FakeCli(dags_list_runs=[rows(run("queued"))], tasks_states=[rows({"task_id": "a", "state": ""})],
                  dags_details=details, dags_list=[rows({"dag_id": "x", "is_paused": "True"})])  # fmt: skip
    source = CliRunSource(cli, grammar("2.10.3"), "x", "r1")
    assert source.ask().remarks == ()
    for _ in range(3):
        assert source.ask().remarks == ("x is paused. Its runs wait for dags unpause x",)
    assert [line.split()[1] for line in cli.sent].count("details") == 1


def test_missing_scheduler_is_remarked_while_nothing_begins() -> None:
    waits, begun = ({**TASK, "state": state} for state in (None, "running"))
    cli = FakeCli(dags_list_runs=[rows(run("queued")), rows(run("running"))], tasks_states=[rows(waits), rows(begun)],
                  dags_details=[rows()], dags_list=[rows()])  # fmt: skip
    source = CliRunSource(cli, grammar("2.10.3"), "x", "r1")
    source.unscheduled = "no scheduler"
    assert [source.ask().remarks for _ in range(2)] == [("no scheduler",), ()]


@pytest.mark.parametrize(
    ("output", "error"),
    [
        (failed("Dag id x not found"), RunCommandFailed),
        (from_error(OutcomeUnknown("late")), OutcomeUnknown),
        (from_error(NothingRan("busy")), NothingRan),
        (Result(stdout=b"no json"), NothingRan),
        (rows(), RunNotFound),
        (rows(run("running", "other")), RunNotFound),
        (Result(Outcome.INTERRUPTED), KeyboardInterrupt),
    ],
)
def test_what_goes_wrong(output: Result, error: type[BaseException]) -> None:
    with pytest.raises(error):
        CliRunSource(FakeCli(dags_list_runs=[output]), grammar("2.10.3"), "x", "r1").ask()


class FakeRest:
    """Answers by path; keeps the requests."""

    def __init__(self, **answers: object) -> None:
        self.asked: list[RestRequest] = []
        self.outputs: dict[str, object] = dict(answers)

    def __call__(self, request: RestRequest) -> object:
        self.asked.append(request)
        found = self.outputs[request.path]
        if isinstance(found, Exception):
            raise found
        return found(request.body) if callable(found) else found

    @property
    def bodies(self) -> list[Mapping[str, object]]:
        """The bodies since the last look, without the page."""
        found = [dict(request.body or {}) for request in self.asked]
        self.asked.clear()
        return [{name: value for name, value in body.items() if not name.startswith("page")} for body in found]


RUN_ID, LONG = "manual__2026-01-01T00:00:00+00:00", "d" * 250
DATE = "2026-01-01T00:00:00+00:00"
REST_RUN = {"dag_run_id": RUN_ID, "state": "running", "start_date": "2026-01-01T10:00:00Z", "end_date": None,
            "execution_date": DATE, "run_after": DATE}  # fmt: skip


def page_of_tasks(body: Mapping[str, Any]) -> object:
    """150 task instances of the run, in two pages."""
    numbers = range(body["page_offset"], min(150, body["page_offset"] + body["page_limit"]))
    rows = [TASK | {"map_index": number, "dag_run_id": RUN_ID} for number in numbers]
    return {"task_instances": rows, "total_entries": 150}


@pytest.mark.parametrize(
    ("version", "date", "ids"),
    [
        ("2.4.3", "execution_date", {"execution_date_gte": DATE, "execution_date_lte": DATE}),
        ("2.10.3", "execution_date", {"dag_run_ids": [RUN_ID]}),
        ("3.3.1", "run_after", {"dag_run_ids": [RUN_ID]}),
    ],
)
def test_over_rest(version: str, date: str, ids: Mapping[str, object]) -> None:
    rest = FakeRest()
    rest.outputs = {RUNS: {"dag_runs": [REST_RUN], "total_entries": 9}, TASK_INSTANCES: page_of_tasks}
    found = Version(*map(int, version.split(".")))
    source = RestRunSource(rest, found, LONG, "latest")
    snapshot = source.ask()
    assert (rest.asked[0].body or {})["page_limit"] == 1
    newest_first = {"dag_ids": [LONG], "order_by": f"-{date}"}
    tasks = {"dag_ids": [LONG], **ids}
    assert rest.bodies == [newest_first, tasks, tasks]
    assert snapshot.run.run_id == RUN_ID
    assert len(snapshot.tasks or ()) == 150
    assert (snapshot.tasks or ())[149].name == "a[149]"
    assert not snapshot.over
    rest.outputs[RUNS] = {"dag_runs": [REST_RUN | {"state": "success"}], "total_entries": 1}
    assert source.ask().over
    assert rest.bodies == [newest_first | {f"{date}_gte": DATE, f"{date}_lte": DATE}, tasks, tasks]


def runs_page(body: Mapping[str, Any], total: int) -> object:
    """So many runs, newest first; the last of them is the one of the tests."""
    start = body["page_offset"]
    numbers = range(start, min(total, start + body["page_limit"]))
    rows = [REST_RUN | {"dag_run_id": f"r{number}"} if number < total - 1 else REST_RUN for number in numbers]
    return {"dag_runs": rows, "total_entries": total}


def test_a_run_is_looked_for_by_its_id() -> None:
    rest = FakeRest()
    rest.outputs = {RUNS: lambda body: runs_page(body, 150), TASK_INSTANCES: page_of_tasks}
    assert RestRunSource(rest, Version(2, 10, 3), LONG, RUN_ID).ask().run.run_id == RUN_ID
    assert [request.path for request in rest.asked] == [RUNS, RUNS, TASK_INSTANCES, TASK_INSTANCES]
    with pytest.raises(RunNotFound, match="x has no run other") as missing:
        RestRunSource(rest, Version(2, 10, 3), "x", "other").ask()
    assert missing.value.hint == "The newest run is r0."
    rest.outputs[RUNS] = lambda body: runs_page(body, 1001)
    with pytest.raises(NothingRan, match="is not among the newest 1,000 runs of x"):
        RestRunSource(rest, Version(2, 10, 3), "x", RUN_ID).ask()


def test_tasks_of_other_runs_of_that_date_are_left_out() -> None:
    rest = FakeRest()
    rows = [TASK | {"dag_run_id": "other"}, TASK | {"dag_run_id": RUN_ID}]
    rest.outputs = {RUNS: {"dag_runs": [REST_RUN]}, TASK_INSTANCES: {"task_instances": rows, "total_entries": 2}}
    assert len(RestRunSource(rest, Version(2, 4, 3), "x", RUN_ID).ask().tasks or ()) == 1


def test_a_paused_dag_over_rest() -> None:
    rest = FakeRest()
    rest.outputs = {RUNS: {"dag_runs": [REST_RUN | {"state": "queued"}]}, "/dags/x": {"is_paused": True},
                    TASK_INSTANCES: {"task_instances": [], "total_entries": 0}}  # fmt: skip
    source = RestRunSource(rest, Version(2, 10, 3), "x", RUN_ID)
    assert source.ask().remarks == ("x is paused. Its runs wait for dags unpause x",)
    rest.outputs["/dags/x"] = {"is_paused": False}
    assert source.ask().remarks == ()


@pytest.mark.parametrize("output", [None, [], {}, {"dag_runs": 1}])
def test_outputs_of_another_form(output: object) -> None:
    rest = FakeRest()
    rest.outputs = {RUNS: output}
    with pytest.raises(NothingRan):
        RestRunSource(rest, Version(2, 10, 3), "x", "latest").ask()


def test_a_dag_that_never_ran() -> None:
    rest = FakeRest()
    rest.outputs = {RUNS: {"dag_runs": []}, "/dags/x": {"dag_id": "x"}}
    with pytest.raises(RunNotFound, match="x has no run yet"):
        RestRunSource(rest, Version(2, 10, 3), "x", "latest").ask()
    rest.outputs = {RUNS: {"dag_runs": []}, "/dags/x": RestNotFound("refused (HTTP 404)")}
    with pytest.raises(RunNotFound, match="DAG x does not exist"):
        RestRunSource(rest, Version(2, 10, 3), "x", "latest").ask()
    rest.outputs = {RUNS: PermissionMissing("no", "airflow:InvokeRestApi")}
    with pytest.raises(PermissionMissing):
        RestRunSource(rest, Version(2, 10, 3), "x", "latest").ask()
