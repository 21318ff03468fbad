"""Recipes from ``recipes.toml``: how each Airflow of MWAA installs. And the Pythons of this machine.

Pythons are on PATH, among uv's own and in pyenv's versions folder. Each has to print its version: the shim of a version
manager is on PATH and fails for a version that is not selected.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

from mwaa_shell.airflow.versions import Version, parse_version, unknown_version

#: Seconds that an interpreter may take to print its version.
ASK_TIMEOUT = 20


class Recipe(NamedTuple):
    """The way that one Airflow version installs and starts."""

    version: Version
    python: str  #: the Python that MWAA runs it on, such as ``3.11``
    accepts: tuple[str, ...]  #: other Pythons that it runs on, in order of preference
    cutoff: date  #: the package index as it stood before this day
    pins: tuple[str, ...]
    on_mwaa: bool  #: MWAA has offered it: a default of ``--local``
    local: tuple[str, ...]  #: extras for a local environment
    grammar: tuple[str, ...]  #: extras for reading the command tree
    init: tuple[str, ...]  #: the airflow command that makes the database
    register: tuple[str, ...]  #: the airflow command that makes the DAGs known
    roles: tuple[str, ...]  #: the airflow command that makes the standard roles
    metadata: tuple[str, ...]  #: its requirements, where its own metadata cannot be read
    lean: bool = False  #: it prints while its models are imported, so that each command imports them itself
    profile: str = "local"  #: which extras are installed: ``local`` or ``grammar``

    @property
    def pythons(self) -> tuple[str, ...]:
        """Every Python that will do, best first."""
        return (self.python, *self.accepts)

    @property
    def requirements(self) -> list[str]:
        """What to install, as requirement lines."""
        extras = self.grammar if self.profile == "grammar" else self.local
        return [f"apache-airflow[{','.join(extras)}]=={self.version}", *self.pins]


@cache
def recipes() -> tuple[Recipe, ...]:
    """Return all recipes, the oldest version first."""
    data = tomllib.loads(resources.files(__package__).joinpath("recipes.toml").read_text())
    since = sorted((parse_version(start) or Version(0), table) for start, table in data["since"].items())
    made = []
    for text, line in data["versions"].items():
        version = parse_version(text) or Version(0)
        holds = [table for start, table in since if start <= version][-1]
        usual = {"pins": [], "on_mwaa": True, "metadata": data["metadata"].get(text, [])}
        fields: dict[str, Any] = {**usual, **holds, **line}
        fields = {name: tuple(one) if isinstance(one, list) else one for name, one in fields.items()}
        made.append(Recipe(version, **fields))
    return tuple(sorted(made, key=lambda recipe: recipe.version))


def recipe_for(text: str) -> Recipe:
    """Return the recipe of a version. Raises ``UsageError`` with the list of versions."""
    for recipe in recipes():
        if str(recipe.version) == text.strip():
            return recipe
    raise unknown_version(text, [recipe.version for recipe in recipes()])


class Interpreter(NamedTuple):
    """A Python that runs: its version such as ``3.11`` and its program."""

    version: str
    path: Path


def find_interpreter(versions: Iterable[str], environ: Mapping[str, str] | None = None) -> Interpreter | None:
    """Return the first of ``versions`` that this machine can run, or ``None``."""
    environ = os.environ if environ is None else environ
    for version in versions:
        for path in interpreter_paths(version, environ):
            if is_python(path, version):
                return Interpreter(version, path)
    return None


def interpreter_paths(version: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield paths where a Python of this version may be. pyenv's own folder precedes its shims."""
    name = f"python{version}"
    if version == f"{sys.version_info[0]}.{sys.version_info[1]}":
        yield Path(sys.base_prefix) / "bin" / name
    home = Path(environ.get("HOME") or os.path.expanduser("~"))
    uv = environ.get("UV_PYTHON_INSTALL_DIR")
    data = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    pyenv = Path(environ.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    for folder in (pyenv, Path(uv) if uv else data / "uv" / "python"):
        for found in sorted(folder.glob(f"*{version}.*"), key=_by_patch, reverse=True) if folder.is_dir() else ():
            program = found / "bin" / name
            if program.is_file():
                yield program
    for entry in environ.get("PATH", os.defpath).split(os.pathsep):
        program = Path(entry or ".") / name
        if program.is_file() and os.access(program, os.X_OK):
            yield program


def _by_patch(folder: Path) -> tuple[bool, list[int]]:
    """Return a sort key: CPython before any other, then the newest patch first. 3.8.20 comes before 3.8.9."""
    return folder.name.startswith(("cpython", "3")), [int(number) for number in re.findall(r"\d+", folder.name)]


def is_python(path: Path, version: str) -> bool:
    """Return whether the program runs, is that Python, and can make virtualenvs."""
    ask = "import sys, ssl, sqlite3, zlib; print('%d.%d' % sys.version_info[:2])"
    try:
        said = subprocess.run(
            [path, "-I", "-c", ask], capture_output=True, timeout=ASK_TIMEOUT, stdin=subprocess.DEVNULL, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.returncode == 0 and said.stdout.decode(errors="replace").strip() == version
