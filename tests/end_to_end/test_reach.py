"""What a question counts over REST is what a real Airflow lists before it asks, in its own words."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from subprocess import CompletedProcess

import pytest

from mwaa_shell.airflow.command_line import parse
from mwaa_shell.airflow.grammar import load_grammar
from mwaa_shell.airflow.reach import reach_of
from mwaa_shell.airflow.reach_count import Clock, count, is_paused
from mwaa_shell.airflow.rest import RestRequest
from mwaa_shell.airflow.versions import parse_version
from mwaa_shell.mwaa.aws import MwaaApi
from tests.end_to_end.conftest import Served
from tests.end_to_end.test_batch import access_from
from tests.end_to_end.test_rest import warm_up
from tests.programs import run_here
from tests.terminal.emulator import Terminal
from tests.terminal.forked import Forks

pytestmark = pytest.mark.airflow

Start = Callable[[str], Served]
WITH_REST = ("2.10.3", "3.3.1")
PROGRAM = [sys.executable, "-m", "mwaa_shell"]
#: A DAG of the test's own, so that other tests have no runs of it.
DAG = """
from datetime import datetime
try:
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG
except ImportError:
    from airflow.operators.bash import BashOperator
    from airflow import DAG
with DAG("{name}", start_date=datetime(2024, 5, 1), schedule="@daily", catchup=False):
    first, second, third = (BashOperator(task_id=name, bash_command="true") for name in ("pull", "pull_more", "push"))
    first >> second >> third
"""
YES = ("--yes",)
NAMES = ("reached_one", "reached_two")
#: The DAG that is deleted.
DELETED = "deleted_one"
RUNS = (("reached_one", 1), ("reached_one", 2), ("reached_one", 3), ("reached_two", 1), (DELETED, 1), (DELETED, 2))
LINES = (
    "tasks clear reached_one",
    "tasks clear reached_one -s 2024-05-02",
    "tasks clear reached_one -s 2024-05-02 -e 2024-05-02",
    "tasks clear reached_one -e 2024-05-02T01:00:00+00:00",
    "tasks clear reached_one -f",
    "tasks clear reached_one -fr",
    "tasks clear reached_one -t pull",
    "tasks clear reached_one -t ^pull$",
    "tasks clear reached_one -t pull_more -d",
    "tasks clear reached_one -t pull_more -u",
    "tasks clear reached_one -t pull_more -ud -s 2024-05-03",
    "tasks clear -R ^reached_",
    "tasks clear -R ^reached_ -e 2024-05-01",
    "tasks clear -- reached_two",
)
#: Airflow's own questions: so many task instances, DAGs, runs.
OWN = re.compile(r"You are about to (?:delete these|unpause|pause|clear) (\d+) ")


@pytest.fixture(params=WITH_REST, scope="module")
def reached(request: pytest.FixtureRequest, serving: Start) -> Served:
    """An environment with DAGs of three tasks and some runs, one of a day ahead; made once for all tests."""
    served = serving(request.param)
    date = "-l" if served.version > "3" else "-e"
    for name in (*NAMES, DELETED):
        (served.dags / f"{name}.py").write_text(DAG.format(name=name))
    triggers = [f"dags trigger {name} -r day_{day} {date} 2024-05-0{day}" for name, day in RUNS]
    assert run(served, "dags reserialize", *triggers, options=YES).returncode == 0
    warm_up(served)
    return served


def run(served: Served, *lines: str, options: tuple[str, ...] = ()) -> CompletedProcess[bytes]:
    """Run commands as they are."""
    commands = (word for line in lines for word in ("-c", line))
    return run_here(["--airflow-version", served.version, *options, *commands], served.environ)


def send(served: Served, line: str) -> CompletedProcess[bytes]:
    """Send a command without the ``-y`` that the shell adds."""
    return run(served, f".send {line}", options=YES)


def counts(served: Served, line: str) -> list[str]:
    """What the question before a line counts, however long that takes."""
    environments, version = MwaaApi(access_from(served.environ)), parse_version(served.version)
    assert version is not None
    reach = reach_of(parse(line), load_grammar(version))
    assert reach is not None

    def ask(request: RestRequest) -> object:
        return environments.invoke_rest(served.name, request)

    said: list[str] = []
    count(reach, version, Clock(datetime.now(UTC)), ask, said.append)
    if reach.starts_in:
        assert is_paused(reach.starts_in, version, ask)
    return said


def numbers(sentences: list[str]) -> list[int]:
    return [int(one) for one in re.findall(r"\d+", " ".join(sentences).partition("counts")[2])]


def test_as_many_task_instances_are_counted_as_airflow_lists(reached: Served) -> None:
    told = {}
    for line in LINES:
        if "-R" in line and reached.version > "3":  # 3.3.1 fails before it lists: 'DAG' object has no attribute 'clear'
            continue
        ended = send(reached, line)  # without -y: Airflow lists, asks, and nobody answers
        listed = OWN.search((ended.stdout + ended.stderr).decode())
        assert listed or ended.returncode == 0, ended.stderr
        told[line] = (numbers(counts(reached, line)), [int(listed[1]) if listed else 0])
    assert {line: mine for line, (mine, _) in told.items()} == {line: its for line, (_, its) in told.items()}
    assert told["tasks clear reached_one"][0] == [9]
    assert numbers(counts(reached, "tasks clear -R ^reached_")) == [12]


def test_as_many_dags_are_found_as_airflow_lists(reached: Served) -> None:
    line = "dags unpause --treat-dag-id-as-regex ^reached_"
    assert counts(reached, line) == ["Airflow finds 2 paused DAGs: reached_one and reached_two."]
    listed = OWN.search(send(reached, line).stdout.decode())
    assert listed is not None
    assert listed[1] == "2"


def test_what_a_dag_has_is_counted_before_it_is_deleted(reached: Served) -> None:
    assert counts(reached, f"dags delete {DELETED}") == ["Airflow counts 2 runs and 6 task instances."]
    (reached.dags / f"{DELETED}.py").unlink()  # or what reads the files adds the DAG again
    assert run(reached, f"dags delete {DELETED}", options=YES).returncode == 0
    assert counts(reached, f"dags delete {DELETED}") == ["Airflow counts 0 runs and 0 task instances."]


@pytest.mark.parametrize("version", ["3.3.1"])
def test_a_backfill_is_counted_as_its_dry_run_lists(version: str, serving: Start) -> None:
    served = serving(version)
    line = "backfill create --dag-id sales_daily --from-date 2026-01-01 --to-date 2026-01-05"
    assert counts(served, line) == ["Airflow counts 5 runs."]
    listed = run(served, f"{line} --dry-run").stdout.decode().partition("Runs to be attempted")[2]
    assert len(re.findall(r"2026-01-0\d", listed)) >= 5


def test_runs_of_one_id_are_counted_as_airflow_clears_them(serving: Start, reached: Served) -> None:
    if reached.version < "3.3":
        pytest.skip("this Airflow has no dags clear")
    line = "dags clear reached_one --run-id day_2"
    assert counts(reached, line) == ["Airflow counts 3 task instances."]
    assert b"Cleared 3 task instance(s) across 1 Dag run(s)." in run(reached, line, options=YES).stdout


def test_the_number_stands_in_the_question_at_a_terminal(reached: Served, forks: Forks) -> None:
    counts(reached, "tasks clear reached_one")  # the first request of a local environment takes longer than a question
    with Terminal([*PROGRAM, reached.name], reached.environ, columns=400, rows=40, begin=forks.begin) as terminal:
        terminal.wait_for_prompt(reached.name, 120)
        terminal.wait_for("DAGs cached", 120)
        for _ in range(30):  # a busy machine may take longer than the second that the question waits
            terminal.key("ctrl-l")
            terminal.wait_for(lambda text: text.startswith(f"{reached.name}>") and "Canceled" not in text)
            terminal.enter("tasks clear reached_one -s 2024-05-02")
            terminal.wait_for(f"Run it on {reached.name}? [y/N]", 120)
            asked = terminal.text
            terminal.enter("n")
            terminal.wait_for("Nothing was sent.")
            terminal.wait_for_prompt(reached.name)
            if "counts" in asked:
                break
        assert (
            "Clears all task instances of the runs of reached_one from 2024-05-02 on, failed or not. They run again. "
            "Airflow counts 6 task instances. "
        ) in asked
