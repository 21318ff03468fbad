"""How the local environment starts Airflow, and what it says of the DAG files that Airflow has read."""

from __future__ import annotations

from pathlib import Path

import pytest

from mwaa_shell.local.airflow_process import AirflowProcess, about_missing_modules
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
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text('#!/bin/sh\nprintf "%s" "$5" > way\n')
    python.chmod(0o755)
    state = LocalState(tmp_path, tmp_path / "dags")
    airflow = AirflowProcess(Installation(recipe_for(version), tmp_path), state, tmp_path / "scratch", fresh=fresh)
    airflow.warm_up()
    airflow.close()
    assert (tmp_path / "way").read_text() == way
