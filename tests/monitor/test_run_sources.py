"""Who tells of a run, and what is asked when; the replies are those of real Airflows."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from mwaa_shell.airflow.command_line import ParsedLine
from mwaa_shell.airflow.grammar import Grammar, load
from mwaa_shell.airflow.versions import Version, parse_version
from mwaa_shell.errors import NothingRan, OutcomeUnknown, PermissionMissing
from mwaa_shell.monitor.run_sources import CliRunSource, RestRunSource, RunCommandFailed, RunNotFound, WithoutScheduler
from mwaa_shell.result import Outcome, Result, failed, from_error
from tests.monitor.test_watch_condition import VERSIONS, recorded

TASK = {"task_id": "a", "map_index": -1, "state": "success", "start_date": "2026-01-01T10:00:00Z",
        "end_date": "2026-01-01T10:00:05Z", "try_number": 1}  # fmt: skip


def grammar(version: str) -> Grammar:
    found = parse_version(version)
    assert found is not None
    return load(found)


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
def test_the_recorded_replies_of_the_cli(version: str) -> None:
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
    assert "on the environment has no command that tells of all tasks" in snapshot.remarks[0]
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


def test_the_run_is_asked_for_now_and_then_whatever_its_tasks_look_like() -> None:
    cli = FakeCli(dags_list_runs=[rows(run("running")), rows(run("failed"))],
                  tasks_states=[rows({"task_id": "a", "state": "scheduled"})])  # fmt: skip
    source = CliRunSource(cli, grammar("2.10.3"), "x", "r1")
    looks = 1
    while source.ask().run.state != "failed":
        looks += 1
        assert looks <= 10
    assert looks == 10


def test_the_newest_run_stays_the_one() -> None:
    later = run("queued", "r2", "2026-01-02T00:00:00+00:00")
    begun = rows({"task_id": "a", "state": "scheduled"})
    cli = FakeCli(dags_list_runs=[rows(run("queued")), rows(later, run("running"))], tasks_states=[begun])
    source = CliRunSource(cli, grammar("2.10.3"), "x", "latest")
    assert [source.ask().run.run_id for _ in range(2)] == ["r1", "r1"]


def test_where_the_tasks_are_refused_the_run_is_left() -> None:
    refused = Result(Outcome.REFUSED, from_error(NothingRan("")).exit_code, message="HTTP 403: no", http_status=403)
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
        assert source.ask().remarks == ("x is paused: nothing of it begins until dags unpause x",)
    assert [line.split()[1] for line in cli.sent].count("details") == 1


def test_where_nothing_runs_dags_that_is_said_while_nothing_begins() -> None:
    waits, begun = ({**TASK, "state": state} for state in (None, "running"))
    cli = FakeCli(dags_list_runs=[rows(run("queued")), rows(run("running"))], tasks_states=[rows(waits), rows(begun)],
                  dags_details=[rows()], dags_list=[rows()])  # fmt: skip
    source = WithoutScheduler(CliRunSource(cli, grammar("2.10.3"), "x", "r1"), "no scheduler")
    assert source.name == "the CLI"
    assert [source.ask().remarks for _ in range(2)] == [("no scheduler",), ()]


@pytest.mark.parametrize(
    ("reply", "error"),
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
def test_what_goes_wrong(reply: Result, error: type[BaseException]) -> None:
    with pytest.raises(error):
        CliRunSource(FakeCli(dags_list_runs=[reply]), grammar("2.10.3"), "x", "r1").ask()


class FakeRest:
    """Answers by path; keeps what it was asked."""

    def __init__(self, **answers: object) -> None:
        self.asked: list[tuple[str, Mapping[str, object]]] = []
        self.replies: dict[str, object] = dict(answers)

    def __call__(self, path: str, query: Mapping[str, object]) -> object:
        self.asked.append((path, query))
        found = self.replies[path]
        if isinstance(found, Exception):
            raise found
        return found(query) if callable(found) else found


@pytest.mark.parametrize(("version", "order"), [("2.10.3", "-execution_date"), ("3.3.1", "-run_after")])
def test_over_rest(version: str, order: str) -> None:
    rest = FakeRest()
    run_id = "manual__2026-01-01T00:00:00+00:00"
    path = "/dags/a%20b/dagRuns/manual__2026-01-01T00%3A00%3A00%2B00%3A00"
    row = {"dag_run_id": run_id, "state": "running", "start_date": "2026-01-01T10:00:00Z", "end_date": None}
    rest.replies = {
        "/dags/a%20b/dagRuns": {"dag_runs": [row], "total_entries": 9},
        path: row | {"state": "success"},
        f"{path}/taskInstances": lambda query: {
            "task_instances": [TASK | {"map_index": number} for number in range(int(query["offset"]), 150)][:100],
            "total_entries": 150,
        },
    }
    found = Version(*map(int, version.split(".")))
    source = RestRunSource(rest, found, "a b", "latest")
    snapshot = source.ask()
    assert rest.asked[0] == ("/dags/a%20b/dagRuns", {"limit": 1, "order_by": order})
    assert snapshot.run.run_id == run_id
    assert len(snapshot.tasks or ()) == 150
    assert (snapshot.tasks or ())[149].name == "a[149]"
    assert not snapshot.over
    rest.asked.clear()
    assert source.ask().over
    assert [asked[0] for asked in rest.asked] == [path, f"{path}/taskInstances", f"{path}/taskInstances"]


def test_a_paused_dag_over_rest() -> None:
    row = {"dag_run_id": "r", "state": "queued"}
    rest = FakeRest()
    rest.replies = {"/dags/x/dagRuns/r": row, "/dags/x": {"is_paused": True},
                    "/dags/x/dagRuns/r/taskInstances": {"task_instances": [], "total_entries": 0}}  # fmt: skip
    source = RestRunSource(rest, Version(2, 10, 3), "x", "r")
    assert source.ask().remarks == ("x is paused: nothing of it begins until dags unpause x",)
    rest.replies["/dags/x"] = {"is_paused": False}
    assert source.ask().remarks == ()


@pytest.mark.parametrize("reply", [None, [], {}, {"dag_runs": 1}, {"dag_runs": ["x"]}])
def test_replies_of_another_form(reply: object) -> None:
    rest = FakeRest()
    rest.replies = {"/dags/x/dagRuns": reply}
    with pytest.raises(NothingRan):
        RestRunSource(rest, Version(2, 10, 3), "x", "latest").ask()


def test_a_dag_that_never_ran() -> None:
    rest = FakeRest()
    rest.replies = {"/dags/x/dagRuns": {"dag_runs": []}}
    with pytest.raises(RunNotFound, match="x has no run yet"):
        RestRunSource(rest, Version(2, 10, 3), "x", "latest").ask()
    rest.replies = {"/dags/x/dagRuns": PermissionMissing("no", "airflow:InvokeRestApi")}
    with pytest.raises(PermissionMissing):
        RestRunSource(rest, Version(2, 10, 3), "x", "latest").ask()
