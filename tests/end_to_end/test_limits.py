"""A local environment of a real Airflow refuses what MWAA refuses, and its gateway stops waiting as MWAA's does."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable, Iterator

import pytest
import requests

from tests.end_to_end.conftest import FillHome, Served, make_dags, serve, shared, wait_until
from tests.end_to_end.test_aws_api import client
from tests.end_to_end.test_terminal import PATIENCE, PROGRAM

pytestmark = pytest.mark.airflow

Limited = Callable[[str], Served]
#: The Airflow that is asked. tests/local/test_refusals.py has what other versions are refused.
VERSION = "2.10.3"
#: Commands that start servers or change what the web server of MWAA keeps to itself.
REFUSED = ("webserver -p 8080", "-- webserver", "standalone", "users list", "connections list", "db reset -y")
#: A DAG file that is not read to its end while another file exists.
GATE = """
import os, select  # airflow DAG
while os.path.exists({hold!r}):
    select.select([], [], [], 0.05)
"""


@pytest.fixture(scope="session")
def limited(tmp_path_factory: pytest.TempPathFactory, fill_home: FillHome) -> Limited:
    """One local environment a version, as a user starts it."""

    def start(version: str) -> Iterator[Served]:
        home = tmp_path_factory.mktemp(f"limited-{version}")
        dags = make_dags(home / "dags")
        for number in range(4):  # Airflow gives a file 30 seconds
            (dags / f"gate_{number}.py").write_text(GATE.format(hold=str(home / "hold")))
        fill_home(version, home, dags)
        return serve(version, home, dags)

    return shared(start)


def post(served: Served, command: str) -> requests.Response:
    """One command as AWS documents it: a token of boto3, then the CLI endpoint."""
    token = client(served).create_cli_token(Name=served.name)
    return requests.post(
        f"https://{token['WebServerHostname']}/aws_mwaa/cli",
        data=command,
        headers={"Authorization": f"Bearer {token['CliToken']}", "Content-Type": "text/plain"},
        verify=served.environ["SSL_CERT_FILE"],
        timeout=PATIENCE,
    )


def records(served: Served) -> list[str]:
    """The commands that Airflow has run."""
    return [json.loads(path.read_text())["command"] for path in sorted(served.records.glob("*.json"))]


def test_refused_commands_are_403_and_do_not_run(limited: Limited) -> None:
    served = limited(VERSION)
    for command in REFUSED:
        answer = post(served, command)
        assert answer.status_code == 403, command
        assert answer.json()["message"].startswith("Forbidden: ")
        assert command not in records(served)
    good = post(served, "version")
    assert good.status_code == 200
    assert base64.b64decode(good.json()["stdout"]).decode().strip().endswith(VERSION)
    assert post(served, "dags lst").status_code == 400


def test_the_shell_says_that_a_command_is_refused(limited: Limited) -> None:
    served = limited(VERSION)
    argv = [*PROGRAM, "--yes", "-c", "users list"]
    ended = subprocess.run(argv, env=served.environ, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ended.returncode == 3
    assert "HTTP 403" in ended.stderr
    assert "Start with --local --no-limits to run users list (" in ended.stderr


def test_the_gateway_stops_waiting_after_a_minute(limited: Limited) -> None:
    served = limited(VERSION)
    post(served, "version")  # the DAGs are read in
    hold = served.dags.parent / "hold"
    hold.touch()
    try:
        gone = post(served, "dags list")
    finally:
        hold.unlink()
    assert (gone.status_code, gone.headers["Content-Type"]) == (504, "text/html")
    wait_until(lambda: "dags list" in records(served), "the end of the command")
    assert served.last_record()[2] == 0
