"""The wheel and the source archive: all that belongs to them, nothing else, and a program that runs from the wheel."""

from __future__ import annotations

import email.message
import email.parser
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mwaa_shell import __version__

ROOT = Path(__file__).parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
NAME = f"mwaa_shell-{__version__}"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with both archives, built without a network."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    """What is installed."""
    return zipfile.ZipFile(built / f"{NAME}-py3-none-any.whl")


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> email.message.Message:
    """What installers read."""
    return email.parser.Parser().parsestr(wheel.read(f"{NAME}.dist-info/METADATA").decode())


def files(*folders: str) -> set[str]:
    """The files of the repository in some folders, but for what tools write there."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    relative = (path.relative_to(ROOT) for path in found)
    return {str(path) for path in relative if not any(part.startswith((".", "__pycache__")) for part in path.parts)}


def test_the_wheel_holds_the_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    about = {
        f"{NAME}.dist-info/{name}" for name in ("METADATA", "WHEEL", "entry_points.txt", "licenses/LICENSE", "RECORD")
    }
    man_page = f"{NAME}.data/data/share/man/man1/mwaa-shell.1"
    assert set(wheel.namelist()) == files("mwaa_shell") | about | {man_page}
    assert "mwaa_shell/py.typed" in wheel.namelist()


def test_the_source_archive_holds_what_the_tests_need(built: Path) -> None:
    with tarfile.open(built / f"{NAME}.tar.gz") as archive:
        names = {name.removeprefix(f"{NAME}/") for name in archive.getnames()}
    documents = {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE"}
    assert names == files("mwaa_shell", "tests", "screenshots") | documents | {
        "pyproject.toml",
        "PKG-INFO",
        ".gitignore",
    }


def test_what_installers_are_told(metadata: email.message.Message) -> None:
    assert (metadata["Name"], metadata["Version"]) == ("mwaa-shell", __version__)
    assert (metadata["License-Expression"], metadata["Requires-Python"]) == ("Apache-2.0", ">=3.11")
    assert metadata.get_all("Provides-Extra") == ["local", "socks", "test"]
    assert "Typing :: Typed" in metadata.get_all("Classifier", [])
    assert metadata.get_payload() == (ROOT / "README.md").read_text()


@pytest.mark.parametrize("where", ["dependencies", *PROJECT["project"]["optional-dependencies"]])
def test_every_dependency_has_a_lower_bound_and_no_upper_one(where: str) -> None:
    project = PROJECT["project"]
    wanted = project["dependencies"] if where == "dependencies" else project["optional-dependencies"][where]
    for requirement in wanted:
        assert re.fullmatch(r"[\w.-]+>=[\d.]+|mwaa-shell\[[\w,]+\]", requirement), requirement


def test_the_program_runs_from_the_wheel(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path / "installed")
    environ = {**os.environ, "PYTHONPATH": str(tmp_path / "installed")}

    def run(*arguments: str) -> str:
        command = [sys.executable, "-P", "-m", "mwaa_shell", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=environ, check=True, capture_output=True, text=True).stdout

    where = [sys.executable, "-P", "-c", "import mwaa_shell; print(mwaa_shell.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, env=environ, check=True, capture_output=True, text=True).stdout
    assert Path(found).is_relative_to(tmp_path / "installed")
    _data_files_are_found(run)


def _data_files_are_found(run: Callable[..., str]) -> None:
    assert run("--version") == f"mwaa-shell {__version__}\n"
    assert "--completions" in run("--help-all")
    assert '"dags list"' in run("--print-grammar", "3.3.1")
    assert run("--check", "--airflow-version", "2.10.3", "-c", "dags list") == ""
    assert run("help", "scripts").startswith("Scripts\n")
    assert "#compdef" in run("--completions", "zsh")
