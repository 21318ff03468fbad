"""The Airflow behind one private environment: its process, its settings, its database and its DAGs.

``worker.py`` is run by that Airflow's own Python; this file starts it, hands it commands and gives back what the
airflow program wrote. Commands may come from several threads; each runs in a process of its own.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import IO

from mwaa_shell.errors import LocalProblem
from mwaa_shell.local.folders import State, make_private
from mwaa_shell.local.provision import Installed, Progress

FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the airflow program wrote and how it ended."""

    code: int
    stdout: bytes
    stderr: bytes


class WorkerEnded(LocalProblem):
    """The process that runs airflow is gone."""


@dataclass(slots=True)
class _Waiting:
    done: threading.Event = field(default_factory=threading.Event)
    code: int | None = None


class AirflowProcess:
    """One Airflow, imported once, answering commands until it is closed."""

    def __init__(
        self,
        installed: Installed,
        state: State,
        scratch: Path,
        *,
        fresh: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.installed = installed
        self.state = state
        self._scratch = make_private(scratch)
        self._fresh = fresh
        self._settings = settings or {}
        self._lock = threading.Lock()
        self._setting_up = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting: dict[int, _Waiting] = {}
        self._number = 0

    # -- running commands --------------------------------------------------------------------------------------------

    def run(self, arguments: list[str]) -> Answer:
        """Run one airflow command on an Airflow that is set up; blocks until it ends."""
        self.set_up(lambda line: None)
        return self._run(arguments)

    def serve(self, arguments: list[str], log: Path) -> int | None:
        """Run an airflow command that does not end by itself, its words in a log; blocks until it has ended.

        Its exit code, ``None`` if it went with the process of all commands.
        """
        _, waiting = self._send(arguments, log)
        waiting.done.wait()
        return waiting.code

    def _run(self, arguments: list[str]) -> Answer:
        number, waiting = self._send(arguments)
        waiting.done.wait()
        paths = [self._scratch / f"{number}.{name}" for name in ("stdout", "stderr")]
        written = [path.read_bytes() if path.exists() else b"" for path in paths]
        for path in paths:
            path.unlink(missing_ok=True)
        if waiting.code is None:
            raise WorkerEnded(f"The process of Airflow {self.installed.recipe.version} ended: {self._last_words()}")
        return Answer(waiting.code, written[0], written[1])

    def _send(self, arguments: list[str], log: Path | None = None) -> tuple[int, _Waiting]:
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._process = self._start()
            self._number += 1
            waiting = self._waiting[self._number] = _Waiting()  # of this very process
            path = self._scratch / str(self._number)
            stdout, stderr = (str(log), str(log)) if log else (f"{path}.stdout", f"{path}.stderr")
            job = {"id": self._number, "argv": arguments, "stdout": stdout, "stderr": stderr, "service": bool(log)}
            assert self._process.stdin is not None
            try:
                self._process.stdin.write(json.dumps(job).encode() + b"\n")
                self._process.stdin.flush()
            except OSError:
                self._waiting.pop(self._number, None)
                waiting.done.set()
            return self._number, waiting

    def warm_up(self) -> None:
        """Begin to import Airflow, without waiting for it."""
        with self._lock:
            if self._process is None:
                self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        worker = resources.files(__package__).joinpath("worker.py")
        learned = self.installed.venv / "late-imports.json"
        log = (self.state.folder / "worker.log").open("wb")
        arguments = [str(self.installed.airflow), str(self._scratch), str(learned)]
        with log:
            process = subprocess.Popen(
                [self.installed.python, "-I", str(worker), *arguments, *(["fresh"] if self._fresh else [])],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=airflow_environment(self.installed, self.state, os.environ) | dict(self._settings),
                cwd=self.state.folder,
                start_new_session=True,
            )
        assert process.stdout is not None
        self._waiting = {}
        threading.Thread(target=_listen, args=(process, process.stdout, self._waiting), daemon=True).start()
        return process

    def _last_words(self) -> str:
        try:
            lines = (self.state.folder / "worker.log").read_text(errors="replace").strip().splitlines()
        except OSError:
            lines = []
        return lines[-1] if lines else "it left no message"

    def close(self) -> None:
        """End the process and every command that it runs."""
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            end(process)

    # -- setting up --------------------------------------------------------------------------------------------------

    def set_up(self, progress: Progress) -> None:
        """Make the database if there is none, and register the DAGs if a file of them has changed."""
        with self._setting_up, alone(prepare_folders(self.state) / "lock"):
            recipe = self.installed.recipe
            if not self.state.initialised.exists():
                progress(f"Airflow {recipe.version}: making its database")
                self._must(list(recipe.init))
                self.state.initialised.touch()
            seen = fingerprint(self.state.dags)
            mark = self.state.folder / "registered"
            if not mark.exists() or mark.read_text() != seen:
                progress(f"Airflow {recipe.version}: reading the DAGs")
                self._must(list(recipe.register))
                mark.write_text(seen)

    def _must(self, arguments: list[str]) -> None:
        answer = self._run(arguments)
        if answer.code != 0:
            words = (answer.stderr or answer.stdout).decode(errors="replace").strip().splitlines()
            raise LocalProblem(
                f"Airflow {self.installed.recipe.version} could not be set up: airflow {' '.join(arguments)} "
                f"ended with {answer.code}: {words[-1] if words else 'no message'}"
            )


def end(process: subprocess.Popen[bytes]) -> None:
    """Let a process go that ends with its standard input."""
    assert process.stdin is not None
    with suppress(OSError):  # it has ended before it read all that was written
        process.stdin.close()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Hold a lock file against other shells on the same state."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _listen(process: subprocess.Popen[bytes], replies: IO[bytes], waiting: dict[int, _Waiting]) -> None:
    """Hand the exit codes of one process to whoever waits for them; its end ends all waiting."""
    with replies:
        for line in replies:
            message = json.loads(line)
            one = waiting.pop(message.get("id"), None)
            if one is not None:
                one.code = message["rc"]
                one.done.set()
    process.wait()
    for number in list(waiting):
        waiting.pop(number).done.set()


def prepare_folders(state: State) -> Path:
    """Make the folders of a state, private, with our own DAGs in them unless the user brings his; the state's own."""
    make_private(state.folder)
    make_private(state.airflow_home)
    if state.dags != state.folder / "dags":
        return state.folder
    state.dags.mkdir(exist_ok=True)
    for source in resources.files(__package__).joinpath("dags").iterdir():
        target = state.dags / source.name
        if source.name.endswith(".py") and (not target.exists() or target.read_text() != source.read_text()):
            write_whole(target, source.read_bytes())
    return state.folder


def write_whole(path: Path, data: bytes) -> None:
    """Write a private file that is there as a whole or not at all."""
    handle, part = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    os.replace(part, path)


def fingerprint(dags: Path) -> str:
    """Changes whenever a file below the DAG folder does: name, size or time."""
    marks = []
    for folder, names, files in os.walk(dags, followlinks=True):
        names[:] = sorted(name for name in names if name != "__pycache__" and not name.startswith("."))
        for file in sorted(files):
            try:
                status = os.stat(os.path.join(folder, file))
            except OSError:
                continue
            marks.append(f"{os.path.relpath(os.path.join(folder, file), dags)}:{status.st_size}:{status.st_mtime_ns}")
    return "\n".join(marks)


def airflow_environment(installed: Installed, state: State, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that the Airflow processes see: nothing of AWS, of Airflow or of Python from the user's shell."""
    foreign = ("AIRFLOW", "AWS_", "_AIRFLOW", "PYTHON", "MWAA_", "COLUMNS", "LINES", "FORCE_COLOR", "VIRTUAL_ENV")
    kept = {key: value for key, value in environ.items() if not key.startswith(foreign)}
    kept |= {
        "PATH": f"{installed.venv / 'bin'}{os.pathsep}{environ.get('PATH', os.defpath)}",
        "LC_ALL": "C.UTF-8",
        "NO_COLOR": "1",
        "AIRFLOW_HOME": str(state.airflow_home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(state.dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__LOAD_DEFAULT_CONNECTIONS": "False",
        "AIRFLOW__DATABASE__LOAD_DEFAULT_CONNECTIONS": "False",
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        "AIRFLOW__CORE__COLORED_CONSOLE_LOG": "False",
        "AIRFLOW__CORE__FERNET_KEY": _fernet_key(state),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "SCARF_ANALYTICS": "false",
    }
    if installed.recipe.version.major >= 3:
        kept["AIRFLOW__CORE__AUTH_MANAGER"] = FAB
    return kept


def _fernet_key(state: State) -> str:
    """The key that the environment's own database is encrypted with, as an MWAA environment has one."""
    path = state.folder / "fernet-key"
    with alone(state.folder / "key-lock"):
        if not path.exists() or not path.read_bytes():
            write_whole(path, base64.urlsafe_b64encode(secrets.token_bytes(32)))
        return path.read_text()
