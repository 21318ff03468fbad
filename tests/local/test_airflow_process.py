"""What the local environment says of the DAG files that Airflow has read. Pure."""

from __future__ import annotations

import pytest

from mwaa_shell.local.airflow_process import about_missing_modules

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
