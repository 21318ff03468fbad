"""The Airflow of one local environment: its process, settings, database and DAGs.

That Airflow's own Python runs ``worker.py``. This module starts it, sends it commands and returns what the airflow
program wrote. Commands may come from several threads. Each runs in its own process.
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
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path
from typing import IO, NamedTuple

from mwaa_shell.errors import LocalProblem, UsageError
from mwaa_shell.local.folders import LocalState, fingerprint, make_private
from mwaa_shell.local.provision import Installation, Progress

#: DAG files that take long to read.
MANY = 100
#: How the step ends that reads them.
READING = ": reading the DAGs"
PLUGINS = "AIRFLOW__CORE__PLUGINS_FOLDER"
#: The module that every Python of a virtualenv imports at its start.
LOOPBACK_MODULE = "mwaa_shell_only_loopback"
FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"


class Answer(NamedTuple):
    """The output and the exit code of one airflow command."""

    code: int
    stdout: bytes
    stderr: bytes


class WorkerEnded(LocalProblem):
    """The end of the process that runs airflow."""


#: By command: its exit code, ``None`` if it ended with the process, and what is called with its progress.
_Waiting = dict[int, tuple["Future[int | None]", "Progress | None"]]


class AirflowProcess:
    """One Airflow, imported once, which runs commands until it is closed."""

    def __init__(
        self,
        installed: Installation,
        state: LocalState,
        scratch: Path,
        *,
        fresh: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        #: Called with what the user has to know beside the output of commands.
        self.note: Callable[[str], None] = lambda text: None
        self.installed = installed
        self.state = state
        self._scratch = make_private(scratch)
        self._way = "fresh" if fresh else "lean" if installed.recipe.lean else ""
        self._advised = ""
        self._settings = dict(settings or {})
        self._lock = threading.Lock()
        self._setting_up = threading.Lock()
        self._is_closed = False
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting: _Waiting = {}
        self._number = 0
        self._roles = state.folder / "roles-made"  #: exists once the standard roles have been made
        self._registration = state.folder / "registered"  #: what the database has read in
        self._missing = state.folder / "missing-modules"  #: advice on modules that DAG files could not import

    # -- running commands --------------------------------------------------------------------------------------------

    def serve(self, arguments: list[str], log: Path) -> int | None:
        """Run an airflow command that does not end, with its output in a log; blocks.

        Return its exit code, ``None`` if it ended with the process of all commands.
        """
        return self._send(arguments, log, log).result()

    def run(self, arguments: list[str], progress: Progress | None = None) -> Answer:
        """Run one airflow command on what ``set_up`` has made; blocks until its end."""
        with tempfile.TemporaryDirectory(dir=self._scratch, ignore_cleanup_errors=True) as folder:
            stdout, stderr = Path(folder) / "stdout", Path(folder) / "stderr"
            for path in (stdout, stderr):
                path.touch()
            code = self._send(arguments, stdout, stderr, progress).result()
            if code is None:
                words = _last_line((self.state.folder / "worker.log").read_bytes())
                raise WorkerEnded(f"The process of Airflow {self.installed.recipe.version} ended: {words}")
            return Answer(code, stdout.read_bytes(), stderr.read_bytes())

    def _send(
        self, arguments: list[str], stdout: Path, stderr: Path, progress: Progress | None = None
    ) -> Future[int | None]:
        ended: Future[int | None] = Future()
        with self._lock:
            process = self._running_process()
            if process is None:
                ended.set_result(None)
                return ended
            self._number += 1
            self._waiting[self._number] = ended, progress
            job = {"id": self._number, "argv": arguments, "stdout": str(stdout), "stderr": str(stderr)}
            job["counts"] = progress is not None
            assert process.stdin is not None
            try:
                process.stdin.write(json.dumps(job).encode() + b"\n")
                process.stdin.flush()
            except OSError:  # it has just ended
                if self._waiting.pop(self._number, None) is not None:
                    ended.set_result(None)
        return ended

    def warm_up(self) -> None:
        """Begin to import Airflow, without waiting for it."""
        with self._lock:
            self._running_process()

    def _running_process(self) -> subprocess.Popen[bytes] | None:
        """Return the process, a new one if it has ended; ``None`` after ``close``. The lock is held."""
        if self._is_closed:
            return None
        if self._process is not None and self._process.poll() is not None:
            end_process(self._process)
            self._process = None
        self._process = self._process or self._start()
        return self._process

    def _start(self) -> subprocess.Popen[bytes]:
        arguments = ["worker.py", str(self.installed.airflow), str(self._scratch), self._way]
        settings = {**self._settings, **dict(self.state.settings)}
        process = start_script(self.installed, self.state, arguments, "worker.log", settings)
        assert process.stdout is not None
        self._waiting = {}
        threading.Thread(target=_listen, args=(process, process.stdout, self._waiting), daemon=True).start()
        return process

    def close(self) -> None:
        """End the process and every command that it runs. Later commands end as those do."""
        with self._lock:
            self._is_closed = True
            process, self._process = self._process, None
        if process is not None:
            end_process(process)

    # -- setting up --------------------------------------------------------------------------------------------------

    def set_up(self, progress: Progress | None = None) -> None:
        """Make the database unless it exists; register the DAGs if a file has changed.

        Without ``progress``, only slow steps are reported, as a note.
        """
        if progress is None:
            progress = self._note_many_files
        with self._setting_up, locked(prepare_folders(self.state) / "lock"):
            recipe, name = self.installed.recipe, f"Airflow {self.installed.recipe.version}"
            steps = (
                (self.state.initialised, recipe.init, "creating its database"),
                (self._roles, recipe.roles, "creating its roles"),
            )
            for done, arguments, step in steps:
                if not done.exists():
                    progress(f"{name}: {step}")
                    self._run_or_raise(list(arguments))
                    done.touch()
            dags = self._fingerprint()
            if not self._registration.exists() or self._registration.read_text() != dags:
                progress(f"{name}{READING}")
                answer = self._run_or_raise(list(recipe.register), lambda text: progress(f"{name}{READING}: {text}"))
                self._registration.write_text(dags)
                self._missing.write_text(about_missing_modules(answer.stdout + b"\n" + answer.stderr))
            advice = self._missing.read_text() if self._missing.exists() else ""
            if advice and advice != self._advised:
                self.note(f"{name}: {advice}")
            self._advised = advice

    def _note_many_files(self, text: str) -> None:
        files = _files(self.state.dags)
        if text.endswith(READING) and files >= MANY:
            self.note(f"{text} again, {files:,} files, because some have changed")

    def _fingerprint(self) -> str:
        """Return a text that changes with the DAG files, the plugins and the settings."""
        plugins = dict(self.state.settings).get(PLUGINS)
        parts = [self.installed.venv.name, repr(self.state.settings), fingerprint(self.state.dags)]
        parts += [fingerprint(Path(plugins))] if plugins else []
        return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()

    def _run_or_raise(self, arguments: list[str], progress: Progress | None = None) -> Answer:
        answer = self.run(arguments, progress)
        if answer.code != 0:
            raise LocalProblem(
                f"Airflow {self.installed.recipe.version} could not be set up: airflow {' '.join(arguments)} "
                f"ended with {answer.code}: {_last_line(answer.stderr or answer.stdout)}"
            )
        return answer


def _last_line(printed: bytes) -> str:
    lines = printed.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "no message"


def about_missing_modules(printed: bytes) -> str:
    """Return advice on the modules that DAG files could not import. Airflow ``printed`` their names."""
    found = re.findall(r"No module named '([\w.]+)'", printed.decode(errors="replace"))
    names = list(dict.fromkeys(".".join(name.split(".")[: 3 if name.startswith("airflow.") else 1]) for name in found))
    if not names:
        return ""
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return f"DAG files import missing modules: {', '.join(names[:5])}{more}. Install them with --requirements FILE"


def _files(dags: Path) -> int:
    """Return the number of Python files in a DAG folder."""
    return sum(name.endswith(".py") for _, _, names in os.walk(dags, followlinks=True) for name in names)


def start_script(
    installed: Installation, state: LocalState, arguments: list[str], log: str, settings: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start a file of this folder in the Airflow's own Python. A log in the state's folder has what it prints."""
    script = resources.files(__package__).joinpath(arguments[0])
    with open(state.folder / log, "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as stderr:
        return subprocess.Popen(
            [installed.python, "-I", str(script), *arguments[1:]],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={**airflow_environment(installed, state, os.environ), **settings},
            cwd=state.folder,
            start_new_session=True,
            umask=0o077,
        )


def end_process(process: subprocess.Popen[bytes]) -> None:
    """End a process that ends with its standard input."""
    assert process.stdin is not None
    with suppress(OSError):  # it has ended before it read all that was written
        process.stdin.close()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def locked(lock: Path) -> Iterator[None]:
    """Hold a lock file against other shells on the same state."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _listen(process: subprocess.Popen[bytes], responses: IO[bytes], waiting: _Waiting) -> None:
    """Hand the exit codes of one process to the threads that wait. Its end ends all waiting."""
    with responses:
        for line in responses:
            message = json.loads(line)
            number = message.get("id", 0)
            ended, progress = waiting.get(number, (None, None))
            if "progress" in message:
                if progress is not None:
                    progress(message["progress"])
            elif ended is not None:
                del waiting[number]
                ended.set_result(message["rc"])
    process.wait()
    for number in list(waiting):
        waiting.pop(number)[0].set_result(None)


def prepare_folders(state: LocalState) -> Path:
    """Make the private folders of a state, and the example DAGs if they are its DAGs. Return its folder."""
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
    """Return the variables of the Airflow processes. The user's of AWS, Airflow and Python are left out."""
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
    """Return the key for secrets in the environment's database; make a missing one."""
    path = state.folder / "fernet-key"
    with locked(state.folder / "key-lock"):
        if not path.exists() or not path.read_bytes():
            write_whole(path, base64.urlsafe_b64encode(secrets.token_bytes(32)))
        return path.read_text()


def keep_on_loopback(venv: Path) -> None:
    """Put the module that keeps Python on loopback into a virtualenv. Raises ``LocalProblem``."""
    code = resources.files(__package__).joinpath("only_loopback.py").read_bytes()
    folders = list(venv.glob("lib/python*/site-packages"))
    if not folders:
        raise LocalProblem(f"{venv} is not a virtualenv", hint="Remove it to install its Airflow again.")
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


#: What the local environment needs for itself.
RESERVED = frozenset({
    "api_auth.jwt_secret", "core.auth_manager", "core.dags_folder", "core.execution_api_server_url", "core.executor",
    "core.fernet_key", "core.plugins_folder", "core.sql_alchemy_conn", "database.sql_alchemy_conn",
})  # fmt: skip
#: The option of the shell for a setting.
INSTEAD = {"core.dags_folder": "--dags-folder", "core.plugins_folder": "--plugins-folder"}


def variables(options: Iterable[str], plugins: Path | None) -> dict[str, str]:
    """Return the variables for each ``section.option=value`` and for a plugins folder. Raises ``UsageError``."""
    made = {}
    for text in options:
        name, equals, value = text.partition("=")
        section, _, option = name.strip().rpartition(".")
        if not equals or not re.fullmatch(r"\w[\w.-]*", section) or not re.fullmatch(r"\w+", option):
            raise UsageError(f"--airflow-config requires section.option=value, not '{name}'")
        known = f"{section}.{option}".lower()
        if known in RESERVED:
            hint = f"Use {INSTEAD[known]}." if known in INSTEAD else "Leave it out."
            raise UsageError(f"The local environment sets {known} itself", hint=hint)
        made[f"AIRFLOW__{section.replace('.', '_').upper()}__{option.upper()}"] = value
    if plugins is not None:
        path = Path(os.path.expanduser(plugins)).resolve()
        if not path.is_dir():
            raise LocalProblem(f"The plugins folder {path} does not exist")
        made["AIRFLOW__CORE__PLUGINS_FOLDER"] = str(path)
    return made


def options_in(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the options that variables set, as GetEnvironment names them. The plugins folder is not among them."""
    named = {name: name.removeprefix("AIRFLOW__").lower().replace("__", ".", 1) for name in variables}
    return {option: variables[name] for name, option in named.items() if option not in RESERVED}
