"""The outcome that the shell reads from recorded output is the true exit code of the recorded command."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mwaa_shell.airflow.outcome import judge
from mwaa_shell.airflow.versions import parse_version
from tests.airflow.test_real_output import BANNER, HARMLESS

MORE = Path(__file__).parents[1] / "samples" / "more"
FILES = sorted(MORE.glob("*/*.json"))


def recorded(path: Path) -> dict[str, dict[str, Any]]:
    """Return what was recorded of one version, by setting and command."""
    outputs: dict[str, dict[str, Any]] = json.loads(path.read_text())
    return outputs


def misses(path: Path, printed: str = "", before: str = "", after: str = "") -> list[str]:
    """Return the commands of one file whose outcome is not the true one.

    What is ``printed`` stands at the head of standard output, the others around standard error.
    """
    version = parse_version(path.stem)
    wrong = []
    for name, sample in recorded(path).items():
        stdout, stderr = f"{printed}{sample['stdout']}", f"{before}{sample['stderr']}{after}"
        ending = judge(tuple(sample["argv"]), stdout, stderr, version)
        if ending.ok is not (sample["code"] == 0):
            wrong.append(name)
    return wrong


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_outcome_is_the_true_exit_code(path: Path, record_property: Callable[[str, object], None]) -> None:
    outputs = recorded(path)
    wrong = misses(path)
    figure = f"{len(outputs) - len(wrong)} of {len(outputs)}"
    print(f"{path.parent.name} {path.stem}: {figure} right")
    record_property(f"{path.parent.name}-{path.stem}", figure)
    assert wrong == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_outcome_is_the_true_one_whatever_a_plugin_writes(path: Path) -> None:
    noise = "".join(HARMLESS.values())
    assert misses(path, printed=BANNER) == []
    assert misses(path, before=noise) == []
    assert misses(path, after=noise) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_recorded_output_names_no_machine(path: Path) -> None:
    text = path.read_text()
    assert not [name for name in ("/root/", "/tmp/mwaa-", "/home/") if name in text]
    assert len(text) < 1_500_000
