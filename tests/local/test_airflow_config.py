"""The user's own configuration options and plugins, as the variables that Airflow reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from mwaa_shell.errors import LocalProblem, UsageError
from mwaa_shell.local.airflow_process import RESERVED, options_in, variables


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("core.default_task_retries=3", {"AIRFLOW__CORE__DEFAULT_TASK_RETRIES": "3"}),
        ("Core.Parallelism=", {"AIRFLOW__CORE__PARALLELISM": ""}),
        ('secrets.backend_kwargs={"a": "b=c.d"}', {"AIRFLOW__SECRETS__BACKEND_KWARGS": '{"a": "b=c.d"}'}),
        ("celery.broker.transport=x", {"AIRFLOW__CELERY_BROKER__TRANSPORT": "x"}),
    ],
)
def test_an_option_is_a_variable(text: str, made: dict[str, str]) -> None:
    assert variables([text], None) == made


@pytest.mark.parametrize("text", ["", "core", "core=1", "core.option", ".option=1", "core.=1", "a b.c=1"])
def test_what_is_no_option_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"--airflow-config requires section\.option=value"):
        variables([text], None)


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_options_of_the_local_environment_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"The local environment sets {name} itself"):
        variables([f"{name.upper()}=x"], None)


def test_a_plugins_folder_is_there(tmp_path: Path) -> None:
    assert variables([], tmp_path) == {"AIRFLOW__CORE__PLUGINS_FOLDER": str(tmp_path)}
    with pytest.raises(LocalProblem, match=f"The plugins folder {tmp_path}/none does not exist"):
        variables([], tmp_path / "none")


def test_options_are_named_as_aws_names_them(tmp_path: Path) -> None:
    made = variables(["core.default_task_retries=7", "Celery.Sync__x=a=b"], tmp_path)
    assert options_in(made) == {"core.default_task_retries": "7", "celery.sync__x": "a=b"}
