"""The outcome that the shell reads from recorded output is the true exit code of the recorded command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mwaa_shell.airflow.outcome import judge
from mwaa_shell.airflow.versions import parse_version

MORE = Path(__file__).parents[1] / "samples" / "more"
FILES = sorted(MORE.glob("*/*.json"))


def recorded(path: Path) -> dict[str, dict[str, Any]]:
    """Return what was recorded of one version, by setting and command."""
    replies: dict[str, dict[str, Any]] = json.loads(path.read_text())
    return replies


def misses(path: Path) -> list[str]:
    """Return the commands of one file whose outcome is not the true one."""
    version = parse_version(path.stem)
    wrong = []
    for name, reply in recorded(path).items():
        verdict = judge(tuple(reply["argv"]), reply["stdout"], reply["stderr"], version)
        if verdict.ok is not (reply["code"] == 0):
            wrong.append(name)
    return wrong


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_outcome_is_the_true_exit_code(path: Path, record_property: Callable[[str, object], None]) -> None:
    replies = recorded(path)
    wrong = misses(path)
    figure = f"{len(replies) - len(wrong)} of {len(replies)}"
    print(f"{path.parent.name} {path.stem}: {figure} right")
    record_property(f"{path.parent.name}-{path.stem}", figure)
    assert wrong == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_recorded_output_names_no_machine(path: Path) -> None:
    text = path.read_text()
    assert not [name for name in ("/root/", "/tmp/mwaa-", "/home/") if name in text]
    assert len(text) < 700_000
