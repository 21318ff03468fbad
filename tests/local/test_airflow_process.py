"""How the local environment starts Airflow, and what it says of the DAG files that Airflow has read."""

from __future__ import annotations

from pathlib import Path

import pytest

from mwaa_shell.local.airflow_process import AirflowProcess, WorkerEnded, about_missing_modules
from mwaa_shell.local.folders import LocalState
from mwaa_shell.local.provision import Installation
from mwaa_shell.local.recipes import recipe_for

SAID = "DAG files import missing modules: "


@pytest.mark.parametrize(
    ("modules", "named"),
    [
        (["pandas"], "pandas"),
        (["pandas.io", "pandas", "numpy"], "pandas, numpy"),
        (["airflow.providers.amazon.aws", "airflow.providers.amazon"], "airflow.providers.amazon"),
        (list("abcdefg"), "a, b, c, d, e and 2 more"),
    ],
)
def test_missing_modules_are_named_once(modules: list[str], named: str) -> None:
    printed = "\n".join(f"ModuleNotFoundError: No module named '{name}'" for name in modules).encode()
    assert about_missing_modules(printed) == f"{SAID}{named}. Install them with --requirements FILE"


@pytest.mark.parametrize("printed", [b"", b"ImportError: cannot import name 'x'", b"\xff No module named x"])
def test_other_errors_say_nothing_of_requirements(printed: bytes) -> None:
    assert about_missing_modules(printed) == ""


@pytest.mark.parametrize(
    ("version", "fresh", "way"), [("3.3.1", False, ""), ("3.2.1", False, "lean"), ("3.2.1", True, "fresh")]
)
def test_versions_that_print_import_no_models_before(tmp_path: Path, version: str, fresh: bool, way: str) -> None:
    airflow = airflow_of(version, 'printf "%s" "$5" > way', tmp_path, fresh=fresh)
    airflow.warm_up()
    airflow.close()
    assert (tmp_path / "way").read_text() == way


def test_commands_after_closing_start_no_process(tmp_path: Path) -> None:
    airflow = airflow_of("3.3.1", "echo started >> starts", tmp_path)
    airflow.warm_up()
    airflow.close()
    with pytest.raises(WorkerEnded):
        airflow.run(["version"])
    assert airflow.serve(["scheduler"], tmp_path / "log") is None
    airflow.warm_up()
    airflow.close()
    assert (tmp_path / "starts").read_text() == "started\n"


def airflow_of(version: str, script: str, folder: Path, *, fresh: bool = False) -> AirflowProcess:
    """Return an Airflow whose Python is a shell script."""
    python = folder / "bin" / "python"
    python.parent.mkdir()
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)
    state = LocalState(folder, folder / "dags")
    return AirflowProcess(Installation(recipe_for(version), folder), state, folder / "scratch", fresh=fresh)
