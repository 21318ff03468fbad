"""Which Pythons this machine has: on PATH, among uv's own and in pyenv's versions folder.

Each one found is asked who it is: a version manager's shim is on PATH but fails for a version that is not selected.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

#: Seconds that an interpreter may take to say who it is.
ASK_TIMEOUT = 20


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python that runs: its version such as ``3.11`` and its program."""

    version: str
    path: Path


def find(versions: Iterable[str], environ: Mapping[str, str] | None = None) -> Interpreter | None:
    """The first of ``versions`` that this machine can run, ``None`` where it has none of them."""
    environ = os.environ if environ is None else environ
    for version in versions:
        for path in candidates(version, environ):
            if answers(path, version):
                return Interpreter(version, path)
    return None


def candidates(version: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """Where a Python of this version may be, pyenv's own folder before its shims."""
    name = f"python{version}"
    if version == f"{sys.version_info[0]}.{sys.version_info[1]}":
        yield Path(sys.base_prefix) / "bin" / name
    for folder in (_pyenv_versions(environ), _uv_pythons(environ)):
        for found in sorted(folder.glob(f"*{version}.*"), key=_by_patch, reverse=True) if folder.is_dir() else ():
            program = found / "bin" / name
            if program.is_file():
                yield program
    for entry in environ.get("PATH", os.defpath).split(os.pathsep):
        program = Path(entry or ".") / name
        if program.is_file() and os.access(program, os.X_OK):
            yield program


def _by_patch(folder: Path) -> tuple[bool, list[int]]:
    """CPython before any other, and the newest patch first: 3.8.20 before 3.8.9."""
    return folder.name.startswith(("cpython", "3")), [int(number) for number in re.findall(r"\d+", folder.name)]


def answers(path: Path, version: str) -> bool:
    """Whether the program runs, is that Python, and can make virtual environments."""
    ask = "import sys, ssl, sqlite3, zlib; print('%d.%d' % sys.version_info[:2])"
    try:
        said = subprocess.run(
            [path, "-I", "-c", ask], capture_output=True, timeout=ASK_TIMEOUT, stdin=subprocess.DEVNULL, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.returncode == 0 and said.stdout.decode(errors="replace").strip() == version


def _pyenv_versions(environ: Mapping[str, str]) -> Path:
    return (
        Path(environ.get("PYENV_ROOT") or Path(environ.get("HOME") or os.path.expanduser("~")) / ".pyenv") / "versions"
    )


def _uv_pythons(environ: Mapping[str, str]) -> Path:
    if environ.get("UV_PYTHON_INSTALL_DIR"):
        return Path(environ["UV_PYTHON_INSTALL_DIR"])
    home = Path(environ.get("HOME") or os.path.expanduser("~"))
    return Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "uv" / "python"
