"""The scheduler of a local environment, and the further services of Airflow 3.

Each service is the airflow program itself, forked like a command from the process that has imported Airflow, and ended
with it. The database is SQLite, which takes one writer at a time. A log of changes lets readers continue meanwhile,
writers wait for each other, and only one shell has a scheduler on an environment.
"""

from __future__ import annotations

import fcntl
import secrets
import socket
import sqlite3
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO, NamedTuple

from mwaa_shell.airflow.grammar import load_grammar
from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import LocalProblem
from mwaa_shell.local.airflow_process import AirflowProcess, prepare_folders
from mwaa_shell.local.folders import LocalState

#: Seconds that a writer waits for another; SQLite's own 5 are short where a command reads many DAGs in.
PATIENCE = 60
#: Tasks that run at a time.
AT_ONCE = 4
#: The first version whose executor runs several tasks at a time on SQLite; those before run one.
SEVERAL_AT_ONCE = Version(2, 6, 0)
#: The file that a shell locks while it has a scheduler on an environment.
LOCK = "scheduler.lock"
#: Lines of a log that a message has.
LAST_LINES = 3


class SchedulerPlan(NamedTuple):
    """The services to run, and the settings of every process of the environment."""

    services: tuple[tuple[str, ...], ...] = ()  #: airflow commands that do not end
    settings: Mapping[str, str] = MappingProxyType({})


#: By major version: settings with which a run begins within seconds, and an abandoned run fails within minutes.
SETTINGS = {
    1: {
        "AIRFLOW__SCHEDULER__PROCESSOR_POLL_INTERVAL": "0.1",  # it takes one file of DAGs a turn
        "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "1",
        "AIRFLOW__SCHEDULER__DAG_DIR_LIST_INTERVAL": "10",
        "AIRFLOW__SCHEDULER__SCHEDULER_ZOMBIE_TASK_THRESHOLD": "60",
    },
    2: {
        "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "1",
        "AIRFLOW__SCHEDULER__DAG_DIR_LIST_INTERVAL": "30",
        "AIRFLOW__SCHEDULER__SCHEDULER_ZOMBIE_TASK_THRESHOLD": "60",
        # SQLite locks no rows: a task and the scheduler both schedule the next task, whose first try is then number 2.
        "AIRFLOW__SCHEDULER__SCHEDULE_AFTER_TASK_EXECUTION": "False",
        "_AIRFLOW__SKIP_DATABASE_EXECUTOR_COMPATIBILITY_CHECK": "1",
    },
    3: {
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
    },
}


def plan(version: Version, state: LocalState, port: int) -> SchedulerPlan:
    """Return the services of a version. Those of Airflow 3 meet on a port of this machine."""
    settings = dict(SETTINGS[version.major])
    path = database(state)
    if "?" not in str(path):  # no address can say it
        section = "CORE" if version < Version(2, 3, 0) else "DATABASE"
        settings[f"AIRFLOW__{section}__SQL_ALCHEMY_CONN"] = f"sqlite:///{path}?timeout={PATIENCE}"
    if version >= SEVERAL_AT_ONCE:
        settings |= {
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": str(AT_ONCE),
            "AIRFLOW__SCHEDULER__MAX_TIS_PER_QUERY": str(AT_ONCE),  # of more than that, each command would warn
        }
    command = load_grammar(version).named("scheduler")
    serves_logs = command is not None and command.option("--skip-serve-logs") is not None
    scheduler = ("scheduler", "--skip-serve-logs") if serves_logs else ("scheduler",)  # to the whole network
    if version.major < 3:
        return SchedulerPlan((scheduler,), settings)
    settings |= {
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(64),
    }
    api = ("api-server", "--apps", "execution", "--host", "127.0.0.1", "--port", str(port), "--workers", "1")
    return SchedulerPlan((api, ("dag-processor",), scheduler), settings)


def database(state: LocalState) -> Path:
    """Return the path where Airflow itself puts the database."""
    return state.airflow_home / "airflow.db"


def free_port() -> int:
    """Return a port of this machine that no program listens on now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Scheduler:
    """The services of one environment. ``note`` is called with the reason where they do not run."""

    def __init__(self, airflow: AirflowProcess, services: tuple[tuple[str, ...], ...], note: Callable[[str], None]):
        self._airflow = airflow
        self._services = services
        self._note = note
        self._lock = threading.Lock()
        self._over = False  # it ends, or has been said to have ended
        self._lock_file: IO[str] | None = None
        self._name = f"Airflow {airflow.installed.recipe.version}"

    def start(self) -> None:
        """Start the services on a thread."""
        threading.Thread(target=self._begin, name="scheduler", daemon=True).start()

    def _begin(self) -> None:
        try:
            if not self._take_lock():
                return
            self._airflow.set_up(lambda line: None)
            use_write_ahead_log(database(self._airflow.state))
        except (LocalProblem, OSError, sqlite3.Error) as error:
            self._note_once(f"No scheduler was started for {self._name}: {error}")
            return
        for service in self._services:
            threading.Thread(target=self._wait_for_end, args=(service,), name=service[0], daemon=True).start()

    def _take_lock(self) -> bool:
        """Take the scheduler's lock. Return ``False`` after ``close``."""
        with self._lock:
            if not self._over:
                self._lock_file = try_lock(prepare_folders(self._airflow.state) / LOCK)
            return not self._over

    def _wait_for_end(self, service: tuple[str, ...]) -> None:
        log = self._airflow.state.folder / f"{service[0]}.log"
        code = self._airflow.serve(list(service), log)
        ended = "was ended" if code is None or code < 0 else f"ended with {code}"
        self._note_once(f"The {service[0]} of {self._name} {ended}. Its DAGs no longer run{last_lines(log)}")

    def _note_once(self, text: str) -> None:
        """Note the end of a service, once: others end because of the first."""
        with self._lock:
            over, self._over = self._over, True
        if not over:
            self._note(text)

    def close(self) -> None:
        """Expect the end of the services, without a note; release the scheduler's lock."""
        with self._lock:
            self._over = True
        if self._lock_file is not None:
            self._lock_file.close()


def try_lock(lock: Path) -> IO[str]:
    """Take a lock until the file is closed. Raises ``LocalProblem`` if another shell has it."""
    file = lock.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise LocalProblem("another shell has one. Exit that shell to run the DAGs here") from None
    return file


def is_scheduled(state: LocalState) -> bool:
    """Return whether a shell runs a scheduler on an environment now."""
    try:
        try_lock(state.folder / LOCK).close()
    except LocalProblem:
        return True
    return False


def use_write_ahead_log(path: Path) -> None:
    """Switch the database to a write-ahead log, for good: no reader stops a writer."""
    with sqlite3.connect(path, timeout=PATIENCE) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


def last_lines(log: Path) -> str:
    """Return the last lines of a log for the end of a sentence. ``?`` replaces characters that control a terminal."""
    text = log.read_bytes()[-100_000:].decode(errors="replace") if log.exists() else ""
    lines = [line[:500] for line in text.splitlines() if line.strip()][-LAST_LINES:]
    plain = ("".join(one if one.isprintable() else "?" for one in line) for line in lines)
    return f" (see {log})" + "".join(f"\n  {line}" for line in plain)
