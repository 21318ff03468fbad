"""The longest DAG ID that Airflow takes, on real Airflows within the limits of InvokeRestApi."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from mwaa_shell.airflow.command_line import parse
from mwaa_shell.airflow.grammar import load_grammar
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.reach import reach_of
from mwaa_shell.airflow.reach_count import Clock, count, is_paused
from mwaa_shell.airflow.rest import RestRequest, all_rows, is_too_long
from mwaa_shell.airflow.versions import Version, parse_version
from mwaa_shell.monitor.run_sources import RestRunSource, RunNotFound
from mwaa_shell.mwaa.aws import MwaaApi
from mwaa_shell.names.fetch import names_in, request_for
from tests.end_to_end.conftest import Served
from tests.end_to_end.test_batch import access_from
from tests.end_to_end.test_rest import warm_up
from tests.programs import run_here

pytestmark = pytest.mark.airflow

DAG = "a_name_as_long_as_airflow_takes." + "d" * 218
#: IDs as Airflow makes them.
RUNS = ("manual__2024-05-02T00:00:00+00:00", "manual__2024-05-01T00:00:00+00:00")


@pytest.fixture(params=["2.4.3", "3.3.1"], scope="module")
def served(request: pytest.FixtureRequest, serving: Callable[[str], Served]) -> Served:
    """A local environment with a paused DAG and two runs of it."""
    served = serving(request.param)
    text = (served.dags / "hello_world.py").read_text()
    (served.dags / "long.py").write_text(text.replace('"hello_world"', f'"{DAG}"'))
    date = "-l" if served.version > "3" else "-e"
    lines = [f"dags trigger {DAG} -r {run} {date} {run.partition('__')[2]}" for run in RUNS]
    done = run_here([word for line in lines for word in ("-c", line)], served.environ)
    assert done.returncode == 0, done.stderr
    warm_up(served)
    return served


@pytest.fixture
def ask(served: Served) -> Callable[[RestRequest], object]:
    """Ask as AWS lets: this environment has no limits."""
    api = MwaaApi(access_from(served.environ))

    def invoke(request: RestRequest) -> object:
        assert not is_too_long(request.path)
        return api.invoke_rest(served.name, request)

    return invoke


@pytest.fixture
def version(served: Served) -> Version:
    found = parse_version(served.version)
    assert found is not None
    return found


def test_runs_are_followed(ask: Callable[[RestRequest], object], version: Version) -> None:
    for run, found in (("latest", None), (RUNS[0], RUNS[0]), (RUNS[1], RUNS[1])):
        source = RestRunSource(ask, version, DAG, run)
        for _ in range(2):  # the second time, the run is selected by its date
            snapshot = source.ask()
            assert snapshot.run.run_id == (found or snapshot.run.run_id)
            assert snapshot.run.run_id in RUNS
            assert [task.name for task in snapshot.tasks or ()] == ["say_hello"]
            assert f"{DAG} is paused" in snapshot.remarks[0]
    with pytest.raises(RunNotFound, match="has no run no_such_run"):
        RestRunSource(ask, version, DAG, "no_such_run").ask()


def test_runs_complete_and_tasks_have_no_path(ask: Callable[[RestRequest], object], version: Version) -> None:
    request = request_for(Kind.RUN, version, DAG)
    assert request is not None
    names = names_in(Kind.RUN, all_rows(ask, request, "dag_runs"))
    assert sorted(name.text for name in names) == sorted(RUNS)
    assert request_for(Kind.TASK, version, DAG) is None


def test_the_reach_of_a_command_is_counted(ask: Callable[[RestRequest], object], version: Version) -> None:
    reach = reach_of(parse(f"tasks clear {DAG}"), load_grammar(version))
    assert reach is not None
    sentences: list[str] = []
    count(reach, version, Clock(datetime.now(UTC)), ask, sentences.append)
    assert sentences == ["Airflow counts 2 task instances."]
    assert is_paused(DAG, version, ask)
