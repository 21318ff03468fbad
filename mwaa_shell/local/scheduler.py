"""What runs DAGs in a local environment: Airflow's scheduler, and from Airflow 3 on what it needs beside it.

Each service is the airflow program itself, forked like a command off the process that has imported Airflow, and ended
with it. The database is SQLite, which takes one writer at a time: a log of changes lets readers go on meanwhile,
writers wait for each other, and only one shell has a scheduler on an environment.
"""

from __future__ import annotations

import fcntl
import secrets
import socket
import sqlite3
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from mwaa_shell.airflow.grammar import load
from mwaa_shell.airflow.output_lines import Classifier
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
#: How many lines of a log are told.
LAST_LINES = 3


@dataclass(frozen=True, slots=True)
class SchedulerPlan:
    """What to run, and the settings that every process of the environment then has."""

    services: tuple[tuple[str, ...], ...] = ()  #: airflow commands that do not end
    settings: Mapping[str, str] = field(default_factory=dict)


#: By major version: what makes a run begin within seconds, and one that a shell left running fail within minutes.
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
        "_AIRFLOW__SKIP_DATABASE_EXECUTOR_COMPATIBILITY_CHECK": "1",
    },
    3: {
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "60",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "30",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
    },
}


def plan(version: Version, state: LocalState, port: int) -> SchedulerPlan:
    """The services of a version; those of Airflow 3 meet on a port of this machine."""
    settings = SETTINGS[version.major] | _database(version, state)
    if version >= SEVERAL_AT_ONCE:
        settings |= {
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": str(AT_ONCE),
            "AIRFLOW__SCHEDULER__MAX_TIS_PER_QUERY": str(AT_ONCE),  # of more than that, each command would warn
        }
    command = load(version).named("scheduler")
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


def _database(version: Version, state: LocalState) -> dict[str, str]:
    """The environment's own database, on which a writer waits longer."""
    path = database(state)
    if "?" in str(path):  # no address can say it
        return {}
    section = "CORE" if version < Version(2, 3, 0) else "DATABASE"
    return {f"AIRFLOW__{section}__SQL_ALCHEMY_CONN": f"sqlite:///{path}?timeout={PATIENCE}"}


def database(state: LocalState) -> Path:
    """Where Airflow itself puts it."""
    return state.airflow_home / "airflow.db"


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Scheduler:
    """The services of one environment, from its start to their end; ``note`` hears why they are not there."""

    def __init__(self, airflow: AirflowProcess, services: tuple[tuple[str, ...], ...], note: Callable[[str], None]):
        self._airflow = airflow
        self._services = services
        self._note = note
        self._lock = threading.Lock()
        self._over = False  # it ends, or has been said to have ended
        self._held: IO[str] | None = None

    def start(self) -> None:
        """Begin, behind whatever is done meanwhile."""
        threading.Thread(target=self._begin, name="scheduler", daemon=True).start()

    def _begin(self) -> None:
        try:
            self._held = hold(prepare_folders(self._airflow.state) / "scheduler.lock")
            self._airflow.set_up(lambda line: None)
            keep_readers_going(database(self._airflow.state))
        except (LocalProblem, OSError, sqlite3.Error) as error:
            self._say(f"No scheduler was started for {self._name}: {error}")
            return
        for service in self._services:
            threading.Thread(target=self._attend, args=(service,), name=service[0], daemon=True).start()

    def _attend(self, service: tuple[str, ...]) -> None:
        log = self._airflow.state.folder / f"{service[0]}.log"
        code = self._airflow.serve(list(service), log)
        ended = "was ended" if code is None or code < 0 else f"ended with {code}"
        self._say(f"The {service[0]} of {self._name} {ended}, its DAGs run no more{last_lines(log)}")

    @property
    def _name(self) -> str:
        return f"Airflow {self._airflow.installed.recipe.version}"

    def _say(self, text: str) -> None:
        """Tell it, once: what else ends then ends because of it."""
        with self._lock:
            over, self._over = self._over, True
        if not over:
            self._note(text)

    def close(self) -> None:
        """Before the processes are ended: nothing is to be said about that. Another shell may have its scheduler."""
        with self._lock:
            self._over = True
        if self._held is not None:
            self._held.close()


def hold(lock: Path) -> IO[str]:
    """Hold a lock until the file is closed; raises ``LocalProblem`` if another shell has it."""
    file = lock.open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise LocalProblem("another shell has one; end that shell to run the DAGs here") from None
    return file


def keep_readers_going(path: Path) -> None:
    """Let the database write to a log beside it, which it keeps doing from then on: no reader stops a writer."""
    with sqlite3.connect(path, timeout=PATIENCE) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


def last_lines(log: Path) -> str:
    """The last lines of a log that are no noise, for the end of a sentence; ``?`` for what drives a terminal."""
    try:
        text = log.read_bytes()[-100_000:].decode(errors="replace")
    except OSError:
        text = ""
    written = [line for line in text.splitlines() if line.strip()]
    read = zip(written, Classifier().read(written), strict=True)
    lines = ([line for line, reading in read if not reading.noise] or written)[-LAST_LINES:]
    plain = ["".join(one if one.isprintable() else "?" for one in line)[:500] for line in lines]
    return f" (see {log})" + "".join(f"\n  {line}" for line in plain)
