"""What a local environment with a scheduler runs, with which settings, and what is said when it ends."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from mwaa_shell.airflow.grammar import load_grammar
from mwaa_shell.errors import LocalProblem, UsageError
from mwaa_shell.launch import make_plan
from mwaa_shell.local.airflow_process import AirflowProcess
from mwaa_shell.local.folders import LocalState
from mwaa_shell.local.provision import Installation, Progress
from mwaa_shell.local.recipes import Recipe, recipe_for, recipes
from mwaa_shell.local.scheduler import (
    Scheduler,
    database,
    is_scheduled,
    last_lines,
    plan,
    try_lock,
    use_write_ahead_log,
)
from mwaa_shell.options import build_parser

#: Seconds for a thread to say what it has to.
PATIENCE = 30
STATE = LocalState(Path("/state"), Path("/dags"))


@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: str(recipe.version))
def test_every_service_is_a_command_of_its_version(recipe: Recipe) -> None:
    services = plan(recipe.version, STATE, 4711).services
    assert [words[0] for words in services][-1] == "scheduler"
    for words in services:
        command = load_grammar(recipe.version).named(words[0])
        assert command is not None
        assert all(command.option(word) for word in words if word.startswith("--"))


@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: str(recipe.version))
def test_no_more_tasks_are_looked_at_than_run(recipe: Recipe) -> None:
    """Else each command warns, from Airflow 2.7 on."""
    settings = plan(recipe.version, STATE, 4711).settings
    assert settings.get("AIRFLOW__SCHEDULER__MAX_TIS_PER_QUERY") == settings.get("AIRFLOW__CORE__PARALLELISM")


def test_logs_are_not_served_to_the_network() -> None:
    for text in ("2.2.2", "2.10.3", "3.0.6", "3.3.1"):
        assert "--skip-serve-logs" in plan(recipe_for(text).version, STATE, 4711).services[-1]


def test_airflow_3_meets_on_loopback_with_a_secret_of_the_start() -> None:
    version = recipe_for("3.3.1").version
    first, second = plan(version, STATE, 4711), plan(version, STATE, 4711)
    api = first.services[0]
    assert (api[api.index("--host") + 1], api[api.index("--port") + 1]) == ("127.0.0.1", "4711")
    assert first.settings["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:4711/execution/"
    secret = "AIRFLOW__API_AUTH__JWT_SECRET"
    assert len(first.settings[secret]) >= 64
    assert first.settings[secret] != second.settings[secret]


@pytest.mark.parametrize(
    ("text", "section", "several"),
    [("1.10.12", "CORE", False), ("2.2.2", "CORE", False), ("2.5.1", "DATABASE", False), ("2.6.3", "DATABASE", True)],
)
def test_the_database_and_the_executor_of_a_version(text: str, section: str, several: bool) -> None:
    settings = plan(recipe_for(text).version, STATE, 4711).settings
    address = settings[f"AIRFLOW__{section}__SQL_ALCHEMY_CONN"]
    assert address.startswith("sqlite:////state/airflow/airflow.db?timeout=")
    assert (settings.get("AIRFLOW__CORE__EXECUTOR") == "LocalExecutor") is several


def test_a_path_that_no_address_can_say_is_left_to_airflow() -> None:
    settings = plan(recipe_for("2.10.3").version, LocalState(Path("/what?"), Path("/dags")), 4711).settings
    assert not any("SQL_ALCHEMY_CONN" in name for name in settings)


def test_a_second_shell_is_told_of_the_first(tmp_path: Path) -> None:
    held = try_lock(tmp_path / "scheduler.lock")
    with pytest.raises(LocalProblem, match="another shell"):
        try_lock(tmp_path / "scheduler.lock")
    state = LocalState(tmp_path, tmp_path / "dags")
    assert is_scheduled(state)
    held.close()
    assert not is_scheduled(state)


def test_readers_go_on_while_something_is_written(tmp_path: Path) -> None:
    path = tmp_path / "airflow.db"
    use_write_ahead_log(path)
    writer, reader = (sqlite3.connect(path, timeout=0, isolation_level=None) for _ in range(2))
    writer.execute("create table runs (id)")
    reader.execute("begin")
    assert reader.execute("select count(*) from runs").fetchone() == (0,)
    writer.execute("insert into runs values (1)")  # before: locked, as long as somebody reads
    writer.close()
    reader.close()


def test_last_lines_cannot_drive_a_terminal(tmp_path: Path) -> None:
    log = tmp_path / "scheduler.log"
    log.write_bytes(b"one\ntwo\n\n\x1b]0;title\x07three\xff\nfour" + b"x" * 1000 + b"\n\n")
    told = last_lines(log).split("\n")
    assert told[0] == f" (see {log})"
    assert told[1:3] == ["  two", "  ?]0;title?three\N{REPLACEMENT CHARACTER}"]
    assert len(told[3]) == 502
    assert last_lines(tmp_path / "none") == f" (see {tmp_path / 'none'})"


class Services(AirflowProcess):
    """Services that end when a test lets them; no Airflow is needed."""

    def __init__(self, folder: Path, trouble: LocalProblem | None = None) -> None:
        super().__init__(
            Installation(recipe_for("3.3.1"), folder), LocalState(folder, folder / "dags"), folder / "scratch"
        )
        self.trouble = trouble
        self.codes: dict[str, int | None] = {}
        self.ending = threading.Event()
        self.begun = threading.Semaphore(0)

    def set_up(self, progress: Progress | None = None) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.state.airflow_home.mkdir(exist_ok=True)

    def serve(self, arguments: list[str], log: Path) -> int | None:
        log.write_text(f"last words of the {arguments[0]}\n")
        self.begun.release()
        self.ending.wait(PATIENCE)
        return self.codes.get(arguments[0])


class Heard:
    """What was said, and the wait for it."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._any = threading.Event()

    def __call__(self, text: str) -> None:
        self.texts.append(text)
        self._any.set()

    def wait(self) -> None:
        assert self._any.wait(PATIENCE)


def join_all() -> None:
    """Until what the scheduler's threads have to do is done."""
    for thread in threading.enumerate():
        if thread.name in ("api-server", "dag-processor", "scheduler"):
            thread.join(PATIENCE)


def test_end_of_services_is_reported_once_with_last_words(tmp_path: Path) -> None:
    services, heard = Services(tmp_path), Heard()
    services.codes = {"scheduler": 3, "api-server": 3, "dag-processor": 3}
    scheduler = Scheduler(services, (("api-server",), ("dag-processor",), ("scheduler",)), heard)
    scheduler.start()
    services.ending.set()
    heard.wait()
    join_all()
    (told,) = heard.texts
    first, last = told.split("\n")
    name = last.split()[-1]
    assert first == f"The {name} of Airflow 3.3.1 ended with 3. Its DAGs no longer run (see {tmp_path / name}.log)"
    assert last == f"  last words of the {name}"
    scheduler.close()


def test_nothing_is_said_of_an_end_that_was_meant(tmp_path: Path) -> None:
    services, heard = Services(tmp_path), Heard()
    scheduler = Scheduler(services, (("scheduler",),), heard)
    scheduler.start()
    assert services.begun.acquire(timeout=PATIENCE)
    scheduler.close()
    services.ending.set()
    join_all()
    assert heard.texts == []
    try_lock(database(services.state).parent.parent / "scheduler.lock").close()  # another shell may begin


def test_scheduler_that_is_closed_first_takes_no_lock(tmp_path: Path) -> None:
    scheduler = Scheduler(Services(tmp_path), (("scheduler",),), Heard())
    scheduler.close()
    scheduler.start()
    join_all()
    assert not is_scheduled(LocalState(tmp_path, tmp_path / "dags"))


def test_an_airflow_that_cannot_be_set_up_has_no_scheduler(tmp_path: Path) -> None:
    heard = Heard()
    scheduler = Scheduler(Services(tmp_path, LocalProblem("no space")), (("scheduler",),), heard)
    scheduler.start()
    heard.wait()
    assert heard.texts == ["No scheduler was started for Airflow 3.3.1: no space"]
    scheduler.close()


def test_the_option_goes_with_local() -> None:
    with pytest.raises(UsageError, match="--scheduler requires --local"):
        make_plan(build_parser().parse_args(["--scheduler"]), {})
    order = make_plan(build_parser().parse_args(["--local", "--scheduler"]), {})
    assert order.local is not None
    assert order.local.scheduler
