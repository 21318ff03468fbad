"""A local environment with what a team brings: requirements, plugins, configuration options, a folder of DAGs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.end_to_end.conftest import CACHE, FillHome, installed, local_environ, state_of

pytestmark = pytest.mark.airflow
PROGRAM = [sys.executable, "-m", "mwaa_shell"]
PATIENCE = 300
WHEEL = "team_lib-1.0-py3-none-any.whl"
DAG = """
from datetime import datetime
from airflow import DAG
{imports}
with DAG("{name}", start_date=datetime(2024, 1, 1), schedule=None):
    pass
"""
PLUGIN = "from airflow.plugins_manager import AirflowPlugin\nclass Own(AirflowPlugin):\n    name = 'own_plugin'\n"


@dataclass(frozen=True)
class Team:
    """What a team has in its bucket, and a home for the program."""

    folder: Path
    home: Path

    def run(self, *arguments: str) -> tuple[str, str, int]:
        """Standard output, what a terminal shows of standard error, and the exit code."""
        shown: list[bytes] = []
        ours, theirs = os.openpty()
        process = subprocess.Popen(
            [*PROGRAM, "--local", "2.10.3", *arguments],
            env=local_environ(self.home),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=theirs,
        )
        os.close(theirs)
        reading = threading.Thread(target=lambda: shown.extend(_read(ours)))
        reading.start()
        stdout, _ = process.communicate(timeout=PATIENCE)
        reading.join()
        os.close(ours)
        return stdout.decode(), b"".join(shown).decode(errors="replace"), process.returncode


def _read(file: int) -> Iterator[bytes]:
    while True:
        try:
            data = os.read(file, 65536)
        except OSError:  # Linux says so where nobody has the other end any more
            return
        if not data:
            return
        yield data


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    installed("2.10.3")
    folder = tmp_path / "bucket"
    for name in ("dags", "plugins"):
        (folder / name).mkdir(parents=True)
    (folder / "dags" / "own.py").write_text(DAG.format(name="uses_team_lib", imports="import team_lib.tasks"))
    (folder / "plugins" / "own.py").write_text(PLUGIN)
    with zipfile.ZipFile(folder / "plugins" / WHEEL, "w") as wheel:
        wheel.writestr("team_lib/__init__.py", "")
        wheel.writestr("team_lib/tasks.py", "")
        wheel.writestr("team_lib-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: team-lib\nVersion: 1.0\n")
        wheel.writestr("team_lib-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("team_lib-1.0.dist-info/RECORD", "")
    (folder / "requirements.txt").write_text(f"/usr/local/airflow/plugins/{WHEEL}\n")
    before = set(Path(CACHE).iterdir())
    yield Team(folder, tmp_path / "home")
    for made in set(Path(CACHE).glob("2.10.3-*-with-*")) - before:
        shutil.rmtree(made)


def test_what_a_team_brings(team: Team, fill_home: FillHome) -> None:
    dags = team.folder / "dags"
    fill_home("2.10.3", team.home, dags)
    (state_of("2.10.3", team.home, dags).folder / "roles-made").unlink()  # progress is shown while something is made
    brought = ["--dags-folder", str(team.folder / "dags"), "--plugins-folder", str(team.folder / "plugins")]
    brought += ["--airflow-config", "core.default_task_retries=7"]
    asked = [
        "--no-limits",
        "-c",
        "config get-value core default_task_retries",
        "-c",
        "plugins -o json",
        "-c",
        "dags list -o json",
    ]
    stdout, shown, _ = team.run(*brought, *asked)
    retries, plugins, *_ = stdout.splitlines()
    assert retries == "7"
    assert [one["name"] for one in json.loads(plugins)] == ["own_plugin"]
    assert "uses_team_lib" not in stdout
    assert "reading the DAGs: 1 of 1" in shown
    advice = "DAG files import missing modules: team_lib. Install them with --requirements FILE"
    assert shown.replace("\r\n", " ").count(advice) == 1

    brought += ["--requirements", str(team.folder / "requirements.txt")]
    stdout, shown, code = team.run("--data", *brought, "-c", "dags list -o json")
    assert (code, [dag["dag_id"] for dag in json.loads(stdout)]) == (0, ["uses_team_lib"])
    assert "--requirements" not in shown
