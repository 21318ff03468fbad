"""Held here: a Python is taken only if it runs and is what it says, wherever version managers keep theirs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from mwaa_shell.local.recipes import Interpreter, find_interpreter, interpreter_paths, is_python

#: A version that is not the one that runs the tests.
VERSION = "3.8"
SHIM = 'echo "pyenv: python3.8: command not found" >&2\nexit 127'


def python(folder: Path, says: str = f"echo {VERSION}", version: str = VERSION) -> Path:
    """A program ``python3.8`` in ``folder`` that does no more than this."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / f"python{version}"
    program.write_text(f"#!/bin/sh\n{says}\n")
    program.chmod(0o755)
    return program


def path_of(*folders: Path) -> str:
    return os.pathsep.join(map(str, folders))


def test_the_first_one_on_the_path_that_runs(tmp_path: Path) -> None:
    python(tmp_path / "shims", SHIM)
    working = python(tmp_path / "bin")
    environ = {"HOME": str(tmp_path), "PATH": path_of(tmp_path / "none", tmp_path / "shims", tmp_path / "bin")}
    assert find_interpreter([VERSION], environ) == Interpreter(VERSION, working)


def test_a_shim_alone_is_no_python(tmp_path: Path) -> None:
    python(tmp_path / "shims", SHIM)
    assert find_interpreter([VERSION], {"HOME": str(tmp_path), "PATH": str(tmp_path / "shims")}) is None


def test_versions_are_tried_in_their_order(tmp_path: Path) -> None:
    python(tmp_path, "echo 3.7", "3.7")
    python(tmp_path)
    environ = {"HOME": str(tmp_path), "PATH": str(tmp_path)}
    found = [
        find_interpreter(versions, environ) for versions in (["3.7", "3.8"], ["3.8", "3.7"], ["3.6", "3.7"], ["3.6"])
    ]
    assert [one.version if one else None for one in found] == ["3.7", "3.8", "3.7", None]


@pytest.mark.parametrize(
    ("folder", "variables"),
    [
        (".pyenv/versions/3.8.18", {}),
        ("root/versions/3.8.18", {"PYENV_ROOT": "root"}),
        (".local/share/uv/python/cpython-3.8.20-linux-x86_64-gnu", {}),
        ("data/uv/python/cpython-3.8.20-macos-aarch64-none", {"XDG_DATA_HOME": "data"}),
        ("uv/cpython-3.8.20-linux-x86_64-gnu", {"UV_PYTHON_INSTALL_DIR": "uv"}),
    ],
)
def test_the_folders_of_version_managers_come_before_the_path(
    folder: str, variables: dict[str, str], tmp_path: Path
) -> None:
    on_path, managed = python(tmp_path / "bin"), python(tmp_path / folder / "bin")
    environ = {"HOME": str(tmp_path), "PATH": str(tmp_path / "bin")}
    environ |= {key: str(tmp_path / value) for key, value in variables.items()}
    assert list(interpreter_paths(VERSION, environ)) == [managed, on_path]
    assert find_interpreter([VERSION], environ) == Interpreter(VERSION, managed)


def managed_order(folders: Sequence[str], tmp_path: Path) -> list[str]:
    """The folders in the order in which uv's Pythons in them are tried."""
    for folder in folders:
        python(tmp_path / folder / "bin")
    environ = {"HOME": str(tmp_path), "PATH": "", "UV_PYTHON_INSTALL_DIR": str(tmp_path)}
    return [path.parents[1].name for path in interpreter_paths(VERSION, environ)]


def test_other_versions_are_no_candidates(tmp_path: Path) -> None:
    folders = ["cpython-3.8.20-linux", "cpython-3.18.2-linux", "cpython-3.9.8-linux"]
    assert managed_order(folders, tmp_path) == ["cpython-3.8.20-linux"]


def test_the_newest_patch_comes_first(tmp_path: Path) -> None:
    folders = ["cpython-3.8.9-linux", "cpython-3.8.20-linux", "cpython-3.8.18-linux"]
    assert managed_order(folders, tmp_path) == ["cpython-3.8.20-linux", "cpython-3.8.18-linux", "cpython-3.8.9-linux"]


def test_another_implementation_comes_last_if_at_all(tmp_path: Path) -> None:
    assert managed_order(["pypy-3.8.16-linux", "cpython-3.8.20-linux"], tmp_path)[0] == "cpython-3.8.20-linux"


def test_the_python_that_runs_this_is_tried_first() -> None:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert next(interpreter_paths(version, {})) == Path(sys.base_prefix) / "bin" / f"python{version}"
    found = find_interpreter([version])
    assert found is not None
    assert is_python(found.path, version)


def test_what_cannot_be_run_is_no_candidate(tmp_path: Path) -> None:
    python(tmp_path / "plain").chmod(0o644)
    (tmp_path / "folder" / f"python{VERSION}").mkdir(parents=True)
    environ = {"HOME": str(tmp_path), "PATH": path_of(tmp_path / "plain", tmp_path / "folder")}
    assert list(interpreter_paths(VERSION, environ)) == []


@pytest.mark.parametrize(
    ("says", "good"),
    [
        ("echo 3.8", True),
        ("echo 3.9", False),
        ("echo 3.8; exit 1", False),
        ("echo 3.8 >&2", False),
        ("printf '\\377'", False),
        ("exit 0", False),
        ('test "$1" = -I && test "$2" = -c && echo 3.8', True),
    ],
)
def test_interpreter_is_asked_for_its_version(says: str, good: bool, tmp_path: Path) -> None:
    assert is_python(python(tmp_path, says), VERSION) is good


def test_what_is_no_program_does_not_answer(tmp_path: Path) -> None:
    broken = python(tmp_path)
    broken.write_text("#!/no/such/interpreter\n")
    assert is_python(broken, VERSION) is False
    assert is_python(tmp_path / "none", VERSION) is False


def test_what_hangs_does_not_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def hang(command: Sequence[object], *, timeout: float, **options: object) -> None:
        raise subprocess.TimeoutExpired("python", timeout)

    monkeypatch.setattr(subprocess, "run", hang)
    assert is_python(python(tmp_path), VERSION) is False
