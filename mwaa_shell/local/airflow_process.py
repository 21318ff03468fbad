"""The Airflow behind one local environment: its process, its settings, its database and its DAGs.

``worker.py`` is run by that Airflow's own Python; this file starts it, hands it commands and gives back what the
airflow program wrote. Commands may come from several threads; each runs in a process of its own.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import re
import secrets
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import IO

from mwaa_shell.errors import LocalProblem
from mwaa_shell.local.folders import LocalState, fingerprint, make_private
from mwaa_shell.local.provision import Installation, Progress

#: So many DAG files are read with progress, before a command waits for them.
MANY = 100
#: How the step ends that reads them.
READING = ": reading the DAGs"
PLUGINS = "AIRFLOW__CORE__PLUGINS_FOLDER"
#: The module that every Python of a virtualenv imports at its start.
LOOPBACK_MODULE = "mwaa_shell_only_loopback"
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
    progress: Progress | None = None


class AirflowProcess:
    """One Airflow, imported once, answering commands until it is closed."""

    def __init__(
        self,
        installed: Installation,
        state: LocalState,
        scratch: Path,
        *,
        fresh: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        #: Hears what the user has to know beside the commands.
        self.note: Callable[[str], None] = lambda text: None
        self.installed = installed
        self.state = state
        self._scratch = make_private(scratch)
        self._fresh = fresh
        self._advised = ""
        self._settings = dict(settings or {})
        self._lock = threading.Lock()
        self._setting_up = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting: dict[int, _Waiting] = {}
        self._number = 0

    # -- running commands --------------------------------------------------------------------------------------------

    def run(self, arguments: list[str]) -> Answer:
        """Run one airflow command on an Airflow that is set up; blocks until it ends."""
        self.set_up()
        return self._run(arguments)

    def run_prepared(self, arguments: list[str]) -> Answer:
        """Run one airflow command after ``set_up``; blocks until the command ends."""
        return self._run(arguments)

    def serve(self, arguments: list[str], log: Path) -> int | None:
        """Run an airflow command that does not end by itself, its words in a log; blocks until it has ended.

        Its exit code, ``None`` if it went with the process of all commands.
        """
        _, waiting = self._send(arguments, log)
        waiting.done.wait()
        return waiting.code

    def _run(self, arguments: list[str], progress: Progress | None = None) -> Answer:
        number, waiting = self._send(arguments, progress=progress)
        waiting.done.wait()
        paths = [self._scratch / f"{number}.{name}" for name in ("stdout", "stderr")]
        written = [path.read_bytes() if path.exists() else b"" for path in paths]
        for path in paths:
            path.unlink(missing_ok=True)
        if waiting.code is None:
            raise WorkerEnded(f"The process of Airflow {self.installed.recipe.version} ended: {self._last_words()}")
        return Answer(waiting.code, written[0], written[1])

    def _send(
        self, arguments: list[str], log: Path | None = None, progress: Progress | None = None
    ) -> tuple[int, _Waiting]:
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._process = self._start()
            self._number += 1
            waiting = self._waiting[self._number] = _Waiting(progress=progress)  # of this very process
            path = self._scratch / str(self._number)
            stdout, stderr = (str(log), str(log)) if log else (f"{path}.stdout", f"{path}.stderr")
            job = {"id": self._number, "argv": arguments, "stdout": stdout, "stderr": stderr, "service": bool(log)}
            job["counts"] = progress is not None
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
        own = self.state.folder if self.state.settings else self.installed.venv  # they may make more imports print
        learned = own / "late-imports.json"
        log = (self.state.folder / "worker.log").open("wb")
        arguments = [str(self.installed.airflow), str(self._scratch), str(learned)]
        with log:
            process = subprocess.Popen(
                [self.installed.python, "-I", str(worker), *arguments, *(["fresh"] if self._fresh else [])],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=airflow_environment(self.installed, self.state, os.environ)
                | self._settings
                | dict(self.state.settings),
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

    def is_set_up(self) -> bool:
        """Whether there is a database with roles in it, and no more DAG files to read than a command waits for."""
        made = self.state.initialised.exists() and self._roles.exists()
        return made and (self._registered() or _files(self.state.dags) < MANY)

    def set_up(self, progress: Progress | None = None) -> None:
        """Make the database if there is none, and register the DAGs if a file of them has changed.

        Without ``progress`` only what takes long is told, as a note.
        """
        if progress is None:
            progress = self._tell_of_many
        with self._setting_up, alone(prepare_folders(self.state) / "lock"):
            recipe = self.installed.recipe
            if not self.state.initialised.exists():
                progress(f"Airflow {recipe.version}: making its database")
                self._must(list(recipe.init))
                self.state.initialised.touch()
            if not self._roles.exists():
                progress(f"Airflow {recipe.version}: making its roles")
                self._must(list(recipe.roles))
                self._roles.touch()
            if not self._registered():
                self._register(f"Airflow {recipe.version}{READING}", progress)
            self._advise()

    def _tell_of_many(self, text: str) -> None:
        files = _files(self.state.dags)
        if text.endswith(READING) and files >= MANY:
            self.note(f"{text} again, {files:,} files, because some have changed")

    @property
    def _roles(self) -> Path:
        """Exists once the standard roles have been made."""
        return self.state.folder / "roles-made"

    @property
    def _mark(self) -> Path:
        return self.state.folder / "registered"

    def _registered(self) -> bool:
        """Whether the database has the DAGs as they are now."""
        return self._mark.exists() and self._mark.read_text() == self._seen()

    def _seen(self) -> str:
        """All that may change what is read from the DAG files."""
        seen, settings = [fingerprint(self.state.dags)], dict(self.state.settings)
        if settings or self.installed.venv.name.count("-with-"):
            seen += [self.installed.venv.name, *(hashlib.sha256(repr(settings).encode()).hexdigest(),)]
        plugins = settings.get(PLUGINS)
        return "\n".join([*seen, *([fingerprint(Path(plugins))] if plugins else [])])

    def _register(self, what: str, progress: Progress) -> None:
        seen = self._seen()
        progress(what)
        answer = self._must(list(self.installed.recipe.register), lambda text: progress(f"{what}: {text}"))
        self._mark.write_text(seen)
        self._missing.write_text(about_missing_modules(answer.stdout + b"\n" + answer.stderr))

    @property
    def _missing(self) -> Path:
        """What to say of modules that DAG files could not import."""
        return self.state.folder / "missing-modules"

    def _advise(self) -> None:
        """Say it, once."""
        advice = self._missing.read_text() if self._missing.exists() else ""
        if advice and advice != self._advised:
            self.note(f"Airflow {self.installed.recipe.version}: {advice}")
        self._advised = advice

    def _must(self, arguments: list[str], progress: Progress | None = None) -> Answer:
        answer = self._run(arguments, progress)
        if answer.code != 0:
            words = (answer.stderr or answer.stdout).decode(errors="replace").strip().splitlines()
            raise LocalProblem(
                f"Airflow {self.installed.recipe.version} could not be set up: airflow {' '.join(arguments)} "
                f"ended with {answer.code}: {words[-1] if words else 'no message'}"
            )
        return answer


def about_missing_modules(printed: bytes) -> str:
    """What installs the modules that DAG files could not import, from what Airflow printed while it read them."""
    found = re.findall(r"No module named '([\w.]+)'", printed.decode(errors="replace"))
    names = list(dict.fromkeys(".".join(name.split(".")[: 3 if name.startswith("airflow.") else 1]) for name in found))
    if not names:
        return ""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"DAG files import what is not installed: {', '.join(names[:5])}{more}. --requirements FILE installs it"


def _files(dags: Path) -> int:
    """How many DAG files there are, at most."""
    return sum(name.endswith(".py") for _, _, names in os.walk(dags, followlinks=True) for name in names)


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
            if "progress" in message:
                counting = waiting.get(message["id"])
                if counting is not None and counting.progress is not None:
                    counting.progress(message["progress"])
                continue
            one = waiting.pop(message.get("id"), None)
            if one is not None:
                one.code = message["rc"]
                one.done.set()
    process.wait()
    for number in list(waiting):
        waiting.pop(number).done.set()


def prepare_folders(state: LocalState) -> Path:
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


def airflow_environment(installed: Installation, state: LocalState, environ: Mapping[str, str]) -> dict[str, str]:
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
    return kept | dict(state.settings)


def _fernet_key(state: LocalState) -> str:
    """The key that the environment's own database is encrypted with, as an MWAA environment has one."""
    path = state.folder / "fernet-key"
    with alone(state.folder / "key-lock"):
        if not path.exists() or not path.read_bytes():
            write_whole(path, base64.urlsafe_b64encode(secrets.token_bytes(32)))
        return path.read_text()


def keep_on_loopback(venv: Path) -> None:
    """Put what keeps Python on loopback into a virtualenv; raise ``LocalProblem`` where that fails."""
    code = resources.files(__package__).joinpath("only_loopback.py").read_bytes()
    folders = list(venv.glob("lib/python*/site-packages"))
    if not folders:
        raise LocalProblem(f"{venv} is not a virtualenv. Remove it to install its Airflow again.")
    try:
        for folder in folders:
            for name, data in (
                (f"{LOOPBACK_MODULE}.py", code),
                (f"{LOOPBACK_MODULE}.pth", f"import {LOOPBACK_MODULE}\n".encode()),
            ):
                path = folder / name
                if not path.exists() or path.read_bytes() != data:
                    write_whole(path, data)
    except OSError as error:
        raise LocalProblem(f"{venv} cannot be kept on loopback: {error.strerror}") from None
