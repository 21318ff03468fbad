"""The folders of local environments: installed Airflows in the cache, their databases in the data folder."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from mwaa_shell import paths
from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import LocalProblem
from mwaa_shell.paths import make_folder


def installs() -> Path:
    """The folder of installed Airflows; ``MWAA_SHELL_LOCAL_CACHE`` puts it elsewhere."""
    chosen = os.environ.get("MWAA_SHELL_LOCAL_CACHE")
    return Path(os.path.expanduser(chosen)).absolute() if chosen else paths.cache_folder() / "local"


@dataclass(frozen=True, slots=True)
class LocalState:
    """What belongs to one local environment between two starts: its database, its DAGs, its logs."""

    folder: Path
    dags: Path  #: the DAG files: our own, or the user's
    settings: tuple[tuple[str, str], ...] = ()  #: environment variables of the user's own options

    @property
    def airflow_home(self) -> Path:
        return self.folder / "airflow"

    @property
    def account(self) -> str:
        """The account ID under which AWS's side knows the environment: one for each DAG folder of the user's.

        Names and history are kept by account.
        """
        mark = self.folder.name.rpartition("-")[2] if self.folder.name.count("-") else ""
        return f"{int(mark or '0', 16):012}" if re.fullmatch("[0-9a-f]{8}|", mark) else "0" * 12

    @property
    def initialised(self) -> Path:
        """Exists once the database has been made."""
        return self.folder / "initialised"


def state_for(version: Version, dags_folder: Path | None) -> LocalState:
    """The state of one version; a DAG folder of the user's has a database of its own."""
    root = paths.data_folder() / "local"
    if dags_folder is None:
        folder = root / str(version)
        return LocalState(folder, folder / "dags")
    path = Path(os.path.expanduser(dags_folder)).resolve()
    if not path.is_dir():
        raise LocalProblem(f"There is no DAG folder {path}")
    mark = hashlib.sha256(str(path).encode()).hexdigest()[:8]
    return LocalState(root / f"{version}-{mark}", path)


def fingerprint(root: Path) -> str:
    """Changes whenever a file below a folder does: name, size or time."""
    marks = []
    for folder, names, files in os.walk(root, followlinks=True):
        names[:] = sorted(name for name in names if name != "__pycache__" and not name.startswith("."))
        for file in sorted(files):
            try:
                status = os.stat(os.path.join(folder, file))
            except OSError:
                continue
            marks.append(f"{os.path.relpath(os.path.join(folder, file), root)}:{status.st_size}:{status.st_mtime_ns}")
    return "\n".join(marks)


def make_private(folder: Path) -> Path:
    """Make a folder that only its owner can look into."""
    try:
        make_folder(folder)
    except OSError as error:
        raise LocalProblem(f"The folder {folder} cannot be made: {error.strerror}") from None
    return folder
