"""The folders of local environments: Airflows in the cache, databases as data."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import NamedTuple

from mwaa_shell import paths
from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import LocalProblem
from mwaa_shell.paths import make_folder


def installs() -> Path:
    """Return the folder of installed Airflows, which ``MWAA_SHELL_LOCAL_CACHE`` moves."""
    chosen = os.environ.get("MWAA_SHELL_LOCAL_CACHE")
    return Path(os.path.expanduser(chosen)).absolute() if chosen else paths.cache_folder() / "local"


class LocalState(NamedTuple):
    """The files of one local environment that stay: its database, its DAGs, its logs."""

    folder: Path
    dags: Path  #: the DAG files: the examples, or the user's
    settings: tuple[tuple[str, str], ...] = ()  #: environment variables of the user's own options

    @property
    def airflow_home(self) -> Path:
        return self.folder / "airflow"

    @property
    def account(self) -> str:
        """The account ID: one for each DAG folder of the user. Names and history are kept by account."""
        digest = re.search("-([0-9a-f]{8})$", self.folder.name)
        return f"{int(digest[1], 16) if digest else 0:012}"

    @property
    def initialised(self) -> Path:
        """The file that exists once the database has been made."""
        return self.folder / "initialised"


def state_for(version: Version, dags_folder: Path | None) -> LocalState:
    """Return the state of one version. Each DAG folder of the user has its own database."""
    root = paths.data_folder() / "local"
    if dags_folder is None:
        folder = root / str(version)
        return LocalState(folder, folder / "dags")
    path = Path(os.path.expanduser(dags_folder)).resolve()
    if not path.is_dir():
        raise LocalProblem(f"The DAG folder {path} does not exist")
    digest = hashlib.sha256(str(path).encode()).hexdigest()[:8]
    return LocalState(root / f"{version}-{digest}", path)


def fingerprint(root: Path) -> str:
    """Return a text that changes when a file below a folder does: name, size or time."""
    entries = []
    for folder, names, files in os.walk(root, followlinks=True):
        names[:] = sorted(name for name in names if name != "__pycache__" and not name.startswith("."))
        for file in sorted(files):
            try:
                status = os.stat(os.path.join(folder, file))
            except OSError:
                continue
            entries.append(f"{os.path.relpath(os.path.join(folder, file), root)}:{status.st_size}:{status.st_mtime_ns}")
    return "\n".join(entries)


def make_private(folder: Path) -> Path:
    """Make a folder that only its owner can read, and return it. Raises ``LocalProblem``."""
    try:
        make_folder(folder)
    except OSError as error:
        raise LocalProblem(f"The folder {folder} cannot be created ({error.strerror})") from None
    return folder
