"""Held here: an Airflow is installed once and whole, or not at all, and what went wrong is said in a sentence."""

from __future__ import annotations

import json
import os
import sys
import sysconfig
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mwaa_shell.errors import LocalProblem
from mwaa_shell.local import provision, recipes
from mwaa_shell.local.provision import Installation, Requirements, find_uv, provide, provide_with, ready
from mwaa_shell.local.recipes import Interpreter, recipe_for
from tests.local.fake_uv import RECIPE, FakeUv

PYTHON = Interpreter("3.12", Path("/opt/python3.12"))
#: Seconds after which a test that hangs fails instead.
PATIENCE = 30.0
#: What uv really prints.
UNREACHABLE = (
    "error: Failed to fetch: `https://index.example/apache-airflow/`\n  Caused by: error sending request for url\n"
    "  Caused by: client error (Connect)\n  Caused by: dns error: failed to lookup address information"
)
FULL = "error: failed to copy file from /a to /b: No space left on device (os error 28)"


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeUv:
    fake = FakeUv(tmp_path)
    fake.does()
    monkeypatch.setenv("MWAA_SHELL_LOCAL_CACHE", str(fake.cache))
    monkeypatch.setattr(provision, "find_uv", lambda: tmp_path / "uv")
    monkeypatch.setattr(recipes, "find_interpreter", lambda versions: PYTHON)
    monkeypatch.setattr(provision, "uv_environment", lambda: {"UV_DEFAULT_INDEX": "https://own/"})
    return fake


def test_an_install_is_made_once_and_used_again(uv: FakeUv) -> None:
    assert ready(RECIPE) is None
    installed = uv.provide()
    assert installed == Installation(RECIPE, uv.venv) == ready(RECIPE)
    assert installed.python == uv.venv / "bin" / "python"
    assert installed.airflow == uv.venv / "bin" / "airflow"
    assert len(uv.calls) == 2
    assert uv.provide() == installed
    assert len(uv.calls) == 2


def test_what_uv_is_told(uv: FakeUv, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    uv.provide()
    venv, install = uv.calls
    assert venv == f"venv --no-project --python /opt/python3.12 {uv.venv}"
    assert install.startswith("pip install --config-file ")
    assert install.endswith(
        f" --python {uv.venv}/bin/python --compile-bytecode --exclude-newer 2026-08-13 "
        "apache-airflow[celery,fab,statsd]==3.3.1"
    )
    variables = (uv.folder / "calls.env").read_text().splitlines()
    assert "UV_DEFAULT_INDEX=https://own/" in variables
    assert not [line for line in variables if line.startswith("PYTHONDONTWRITEBYTECODE=")]
    assert (uv.folder / "calls.toml").read_text() == ""


def test_progress_is_told_in_sentences(uv: FakeUv) -> None:
    uv.provide()
    making, installing = "Airflow 3.3.1: creating a virtualenv", "Airflow 3.3.1: installing"
    assert uv.told == [making, f"{making}: made", installing, f"{installing}: installed"]


def test_metadata_of_our_own_is_handed_over(uv: FakeUv) -> None:
    provide(recipe_for("1.10.12"), uv.told.append)
    config = (uv.folder / "calls.toml").read_text()
    assert config.startswith('[[dependency-metadata]]\nname = "apache-airflow"\nversion = "1.10.12"\n')
    assert 'provides-extras = ["celery", "crypto", "statsd"]\n' in config


def test_a_profile_has_a_folder_of_its_own(uv: FakeUv) -> None:
    uv.provide()
    recipe = RECIPE._replace(profile="grammar")
    assert ready(recipe) is None
    assert provide(recipe, uv.told.append).venv.name == "3.3.1-py3.12-grammar"
    assert uv.calls[-1].endswith(" apache-airflow[amazon,celery,fab,postgres,standard,statsd]==3.3.1")
    assert uv.left == ["3.3.1-py3.12", "3.3.1-py3.12-grammar"]


@pytest.mark.parametrize("said", [UNREACHABLE, FULL])
@pytest.mark.parametrize("step", ["creating a virtualenv", "installing"])
def test_what_uv_could_not_do_is_said_and_nothing_is_left(said: str, step: str, uv: FakeUv) -> None:
    fail = f"cat >&2 <<'END'\n{said}\nEND\nexit 2\n"
    uv.does(first=fail) if step != "installing" else uv.does(last=fail)
    with pytest.raises(LocalProblem) as raised:
        uv.provide()
    before = "" if step != "installing" else "installed "
    words = " ".join(line.strip() for line in said.splitlines())
    assert str(raised.value) == f"Airflow 3.3.1: {step} failed: {before}{words}"
    assert (uv.left, ready(RECIPE)) == ([], None)


def test_installation_is_tried_again_after_a_failure(uv: FakeUv) -> None:
    uv.does(last="exit 1")
    with pytest.raises(LocalProblem):
        uv.provide()
    uv.does()
    assert uv.provide() == ready(RECIPE)


@pytest.mark.parametrize("last", ["kill -9 $$", "kill -15 $$", "mkdir '{venv}/complete.json'"])
def test_killed_uv_and_unwritable_mark_leave_nothing(last: str, uv: FakeUv) -> None:
    uv.does(last=last.format(venv=uv.venv))
    with pytest.raises(LocalProblem, match=r"^Airflow 3\.3\.1"):
        uv.provide()
    assert (uv.left, ready(RECIPE)) == ([], None)


@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_an_interrupt_leaves_nothing_and_ends_uv(call: int, uv: FakeUv) -> None:
    uv.does(first=f'echo $$ > "{uv.folder}/pid"', last="exec sleep 60")

    def interrupt(line: str) -> None:
        uv.told.append(line)
        if len(uv.told) == call:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        provide(RECIPE, interrupt)
    assert (uv.left, ready(RECIPE)) == ([], None)
    if call > 1:
        with pytest.raises(ProcessLookupError):
            os.kill(int((uv.folder / "pid").read_text()), 0)


def test_a_half_made_folder_is_made_anew(uv: FakeUv) -> None:
    (uv.venv / "bin").mkdir(parents=True)
    (uv.venv / "bin" / "python").touch()
    (uv.venv / "half").touch()
    assert ready(RECIPE) is None
    uv.provide()
    assert not (uv.venv / "half").exists()
    assert ready(RECIPE) == Installation(RECIPE, uv.venv)


@pytest.mark.parametrize("mark", [b"", b"{", b"[]", b"null", b"\xff", b'{"requirements": [], "cutoff": ""}'])
def test_a_mark_that_is_none_is_not_believed(mark: bytes, uv: FakeUv) -> None:
    uv.provide()
    whole = json.loads((uv.venv / "complete.json").read_text())
    assert whole["cutoff"] == "2026-08-13"
    (uv.venv / "complete.json").write_bytes(mark)
    assert ready(RECIPE) is None
    assert uv.provide() == ready(RECIPE)


def test_an_environment_without_its_python_is_not_whole(uv: FakeUv) -> None:
    uv.provide().python.unlink()
    assert ready(RECIPE) is None


@pytest.mark.parametrize(
    "change",
    [{"pins": ("setuptools",)}, {"cutoff": date(2026, 8, 14)}, {"local": ("celery",)}, {"metadata": ("flask<2",)}],
    ids=lambda change: next(iter(change)),
)
def test_a_changed_recipe_is_installed_again(change: dict[str, Any], uv: FakeUv) -> None:
    uv.provide()
    uv.provide(**change)
    assert [call.split()[0] for call in uv.calls] == ["venv", "pip", "venv", "pip"]


def test_a_python_that_is_missing_is_left_to_uv(uv: FakeUv, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipes, "find_interpreter", lambda versions: None)
    uv.provide()
    assert uv.calls[0] == f"venv --no-project --managed-python --python 3.12 {uv.venv}"
    assert uv.told[0] == "Airflow 3.3.1: looking for a Python 3.12 or 3.11 or 3.10 or 3.13 to download"


def test_a_python_that_uv_cannot_download_is_said(uv: FakeUv, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipes, "find_interpreter", lambda versions: None)
    uv.does(first="echo 'error: error sending request' >&2; exit 2")
    with pytest.raises(LocalProblem) as raised:
        uv.provide()
    assert str(raised.value) == (
        "Airflow 3.3.1 runs on Python 3.12 or 3.11 or 3.10 or 3.13. This machine has none, and uv could not download "
        "one: Airflow 3.3.1: creating a virtualenv failed: "
        "error: error sending request"
    )


def test_two_that_want_the_same_version_install_it_once(uv: FakeUv) -> None:
    waited, installed = threading.Event(), []

    def first(line: str) -> None:
        if line == "Airflow 3.3.1: installing":
            second_thread.start()
            assert waited.wait(PATIENCE)

    def second(line: str) -> None:
        uv.told.append(line)
        waited.set()

    def install(progress: Callable[[str], None]) -> None:
        installed.append(provide(RECIPE, progress))

    second_thread = threading.Thread(target=install, args=(second,))
    install(first)
    second_thread.join(PATIENCE)
    assert installed == [Installation(RECIPE, uv.venv)] * 2
    assert uv.told == ["Airflow 3.3.1: another shell is installing it"]
    assert [call.split()[0] for call in uv.calls] == ["venv", "pip"]


def test_a_cache_that_cannot_be_used_is_said(uv: FakeUv) -> None:
    uv.cache.touch()
    with pytest.raises(LocalProblem) as raised:
        uv.provide()
    assert str(raised.value) == f"The cache folder {uv.cache} cannot be used: File exists"


def test_uv_is_found_beside_python_and_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("scripts", "python", "path"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "uv").touch(0o755)
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path / name))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python" / "python3"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    for folder in ("scripts", "python", "path"):
        assert find_uv() == tmp_path / folder / "uv"
        (tmp_path / folder / "uv").unlink()
    with pytest.raises(LocalProblem) as raised:
        find_uv()
    assert (raised.value.message, "mwaa-shell[local]" in raised.value.hint) == ("uv is missing", True)


NO_SOLUTION = """case "$*" in *exclude-newer*wanted.txt*|*wanted.txt*exclude-newer*)
echo "  x No solution found when resolving dependencies:" >&2; exit 1;; esac"""


def wanting(folder: Path, *constraints: str) -> Requirements:
    return Requirements(folder / "requirements.txt", ("pandas==2.0",), constraints)


def test_requirements_have_a_virtualenv_of_their_own(uv: FakeUv) -> None:
    asked = wanting(uv.folder)
    found = provide_with(asked, RECIPE, uv.told.append)
    assert found == Installation(RECIPE, uv.cache / f"3.3.1-py3.12-with-{asked.key}")
    assert ready(RECIPE) == Installation(RECIPE, uv.venv)
    freeze, venv, base, added = uv.calls[2:]
    assert freeze == f"pip freeze --python {uv.venv}/bin/python"
    assert venv.endswith(f" {found.venv}")
    assert "--no-deps -r " in base
    assert f" --python {found.venv}/bin/python --compile-bytecode -r " in added
    assert added.endswith("held.txt --exclude-newer 2026-08-13")
    assert provide_with(asked, RECIPE, uv.told.append) == found
    assert len(uv.calls) == 6


def test_newer_packages_are_taken_where_no_old_one_fits(uv: FakeUv) -> None:
    uv.does(last=NO_SOLUTION)
    found = provide_with(wanting(uv.folder), RECIPE, uv.told.append)
    assert (found.venv / "complete.json").exists()
    assert uv.calls[-1].endswith("held.txt")


def test_requirements_that_cannot_be_installed_leave_the_base(uv: FakeUv) -> None:
    uv.does(last='case "$*" in *wanted.txt*) echo "no pandas" >&2; exit 1;; esac')
    with pytest.raises(
        LocalProblem, match=r"Airflow 3\.3\.1: installing requirements\.txt failed: installed no pandas"
    ):
        provide_with(wanting(uv.folder), RECIPE, uv.told.append)
    assert uv.left == ["3.3.1-py3.12"]


@pytest.mark.parametrize(
    ("constraints", "held"),
    [((), "celery==5.5\napache-airflow==3.3.1"), (("pandas==1.5",), "pandas==1.5\napache-airflow==3.3.1")],
)
def test_requirements_are_held_to_the_base_or_their_own_pins(
    constraints: tuple[str, ...], held: str, uv: FakeUv
) -> None:
    keep = f"""case "$*" in *freeze*) echo celery==5.5;; *held.txt*) for one; do case "$one" in
    *held.txt) cp "$one" {uv.folder}/kept;; esac; done;; esac"""
    uv.does(first=keep, last='case "$*" in *freeze*) exit 0;; esac')
    provide_with(wanting(uv.folder, *constraints), RECIPE, uv.told.append)
    assert (uv.folder / "kept").read_text() == held
