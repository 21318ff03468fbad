"""The oldest and the newest real Airflow in one local environment, asked side by side and one after the other.

A command on both gets to each in its own words, and one list comes back.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.conftest import FillHome, local_environ
from tests.end_to_end.test_terminal import PROGRAM

pytestmark = pytest.mark.airflow

VERSIONS = ("1.10.12", "3.3.1")
NAMES = [f"local-{version.replace('.', '-')}" for version in VERSIONS]


def test_two_airflows_are_one_local_environment(tmp_path: Path, fill_home: FillHome) -> None:
    for version in VERSIONS:
        fill_home(version, tmp_path, None)
    both = [".on all dags pause hello_world", ".on all dags list -o json", ".envs -o json"]
    each = ["version", ".use local-3-3-1", "version"]
    arguments = ["--local", ",".join(VERSIONS), "--yes", *(word for line in both + each for word in ("-c", line))]
    done = subprocess.run(
        [*PROGRAM, *arguments], env=local_environ(tmp_path), capture_output=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    blocks, _, listed = done.stdout.decode().partition("\n[\n")
    assert [f"== {name} ==" in blocks for name in NAMES] == [True] * 2
    decoder, rest = json.JSONDecoder(), f"[{listed}"
    rows, end = decoder.raw_decode(rest)
    rest = rest[end:].lstrip()
    environments, end = decoder.raw_decode(rest)
    assert {row["environment"] for row in rows if row["dag_id"] == "hello_world"} == set(NAMES)
    assert [(one["name"], one["version"], one["status"]) for one in environments] == [
        (name, version, "AVAILABLE") for name, version in zip(NAMES, VERSIONS, strict=True)
    ]
    assert rest[end:].split() == list(VERSIONS)
    told = done.stderr.decode()
    assert all(told.count(f"mwaa-shell: {name}: ok") == 2 for name in NAMES)
