"""The program in batch mode on real Airflows: byte for byte what the airflow program wrote, and the right exit code."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mwaa_shell.local import provision
from mwaa_shell.local.airflow_process import Answer, airflow_environment
from mwaa_shell.local.recipes import recipe_for
from mwaa_shell.session import Session
from mwaa_shell.settings import Access, AccessKey, Settings
from tests.end_to_end.conftest import CACHE, VERSIONS, Served, installed, local_environ
from tests.end_to_end.test_scheduler import below
from tests.end_to_end.test_terminal import PROGRAM, words_of
from tests.programs import run_here
from tests.sessions import execute

pytestmark = pytest.mark.airflow


def run(served: Served, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return run_here(["--no-validate", *arguments], served.environ)


#: Commands beyond those of the grammar: what succeeds, what fails in Airflow, what prints a page of help. The samples
#: that ``tests/airflow/test_recorded.py`` reads have hundreds more of each version.
MORE_V1 = "variables -g nope; list_tasks nope; trigger_dag -h; clear nope -c"
MORE = "variables get nope; tasks clear nope -y; dags trigger -h; jobs check"
#: What succeeds in Airflow 2.
MORE_V2 = "; dags pause hello_world; dags list-jobs; info"


def commands(served: Served) -> list[str]:
    grammar = served.grammar
    more = {"1.10.12": MORE_V1, "2.10.3": MORE + MORE_V2}.get(served.version, MORE)
    own = [grammar.list_dags, grammar.list_runs, grammar.missing, grammar.unknown]
    return [*own, *more.split("; ")]


def access_from(environ: dict[str, str]) -> Access:
    """How a session in this process reaches a local environment that another one serves."""
    keys = AccessKey(environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"])
    return Access(
        region=environ["AWS_REGION"],
        endpoint_url=environ["AWS_ENDPOINT_URL_MWAA"],
        ca_bundle=environ["AWS_CA_BUNDLE"],
        keys=keys,
        direct=True,
    )


def test_standard_output_is_byte_for_byte_that_of_the_airflow_program(serving: Callable[[str], Served]) -> None:
    served = serving("2.10.3")
    for command in (served.grammar.list_dags, served.grammar.missing):
        argv = [*PROGRAM, "--no-validate", "-c", command]
        ended = subprocess.run(argv, env=served.environ, capture_output=True, timeout=120, check=False)
        stdout, stderr, code = served.last_record()
        assert ended.stdout == stdout, command
        assert ended.stderr.startswith(stderr), command
        assert b"Traceback" not in ended.stderr[len(stderr) :], command
        assert (ended.returncode == 0) == (code == 0), command


def test_endings_are_those_of_the_airflow_program(
    served: Served, record_property: Callable[[str, object], None]
) -> None:
    wrong: list[str] = []
    asked = commands(served)
    session = Session(Settings(served.name, access_from(served.environ), validate=False, yes=""))
    for command in asked:
        result = execute(session, command)
        stdout, stderr, code = served.last_record()
        assert (result.stdout, result.stderr) == (stdout, stderr), command
        if result.ok != (code == 0):
            wrong.append(f"{command}: exit code {code}, taken for {result.outcome}")
    record_property("endings", f"{len(asked) - len(wrong)} of {len(asked)} right on Airflow {served.version}")
    print(f"\nendings on Airflow {served.version}: {len(asked) - len(wrong)} of {len(asked)} right")
    assert wrong == []


def test_a_conf_with_quotes_arrives_whole(served: Served) -> None:
    run_id = served.grammar.trigger_run("run_conf")
    ended = run(served, "--data", "-c", run_id)
    assert ended.returncode == 0, ended.stderr
    if served.version != "1.10.12":
        assert json.loads(ended.stdout)[0]["conf"] == {"say": 'it is "quoted"', "n": ["1", "2"]}
    runs = run(served, "-c", served.grammar.list_runs)
    assert b"run_conf" in runs.stdout


@pytest.mark.parametrize("version", ["3.3.1"])
def test_data_is_json_whatever_stands_around_it(version: str, serving: Callable[[str], Served]) -> None:
    served = serving(version)
    (served.dags / "noisy.py").write_text('print(\'[{"not": "data"\')  # airflow dag\n')
    ended = run(served, "--data", "-c", "dags list --local -o json", "-c", "dags list -o yaml")
    (served.dags / "noisy.py").unlink()
    first, _, rest = ended.stdout.partition(b"\n")
    assert {"hello_world", "sales_daily"} <= {dag["dag_id"] for dag in json.loads(first)}
    assert rest.startswith(b"- bundle_name: ")
    assert b"[warning" in ended.stderr


def timeless(data: bytes) -> bytes:
    """Without what differs from run to run: numbers, and the blanks that pad a log line to them."""
    return re.sub(rb"[\d.:+\-TZ]+", b"0", re.sub(rb" +", b" ", data))


@pytest.mark.parametrize("version", [*VERSIONS, "2.11.2"])
def test_a_forked_answer_is_that_of_a_fresh_process(
    version: str, serving: Callable[[str], Served], monkeypatch: pytest.MonkeyPatch
) -> None:
    """2.11.2 prints six lines while alembic is imported."""
    monkeypatch.setenv("MWAA_SHELL_LOCAL_CACHE", CACHE)
    if version not in VERSIONS and provision.ready(recipe_for(version)) is None:
        pytest.skip(f"Airflow {version} is not installed")
    served = serving(version)
    command = {"1.10.12": "list_dags", "2.10.3": "jobs check"}.get(version, "dags list -o json")
    run(served, "--keep-going", *["-c", command] * 2)
    stdout, stderr, code = served.last_record()
    fresh = fresh_process(served, command)
    if sys.platform == "linux":  # a recipe says so of each version that prints while its models are imported
        assert [pid for pid in below(os.getpid()) if words_of(pid).endswith(" again ")] == []
    assert as_far_as_it_repeats(Answer(code, stdout, stderr)) == as_far_as_it_repeats(fresh)


def fresh_process(served: Served, command: str) -> Answer:
    """What the airflow program itself does with the same database."""
    found = installed(served.version)
    ended = subprocess.run(
        [found.airflow, *command.split()],
        env=airflow_environment(found, served.state, os.environ),
        cwd=served.state.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return Answer(ended.returncode, ended.stdout, ended.stderr)


def as_far_as_it_repeats(answer: Answer) -> tuple[int, bytes, bytes]:
    return answer.code, timeless(answer.stdout), timeless(answer.stderr)


def test_other_clients_use_a_served_environment(serving: Callable[[str], Served]) -> None:
    served = serving("2.10.3")
    curl, aws = shutil.which("curl"), shutil.which("aws")
    if curl is None or aws is None:
        pytest.skip("curl or the AWS CLI is missing")
    script = """
        set -e
        query='[CliToken,WebServerHostname]'
        set -- $(aws mwaa create-cli-token --name "$MWAA_ENVIRONMENT" --output text --query "$query")
        curl -sSL --fail -X POST "https://$2/aws_mwaa/cli" \
          -H "Authorization: Bearer $1" -H "Content-Type: text/plain" --data-raw version
    """
    environ = served.environ | {"PYTHONPATH": ""}
    ended = subprocess.run(["bash", "-c", script], env=environ, capture_output=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    assert set(json.loads(ended.stdout)) == {"stdout", "stderr"}


def test_local_in_one_line(serving: Callable[[str], Served], tmp_path: Path) -> None:
    serving("2.10.3")  # or the skip that says why not
    argv = [*PROGRAM, "--local", "2.10.3", "--data", "-c", "version", "-c", "dags list -o json"]
    ended = subprocess.run(argv, env=local_environ(tmp_path), capture_output=True, timeout=300, check=False)
    assert ended.returncode == 0, ended.stderr
    version, dags = ended.stdout.splitlines()
    assert version == b"2.10.3"
    assert [dag["dag_id"] for dag in json.loads(dags)] == [
        "hello_world", "inventory_sync", "orders_report", "sales_daily",
    ]  # fmt: skip


def test_no_limits_runs_what_is_refused(serving: Callable[[str], Served]) -> None:
    ended = run(serving("2.10.3"), "--data", "-c", "users list -o json")
    assert (ended.returncode, json.loads(ended.stdout)) == (0, [])


@pytest.mark.parametrize("version", ["2.10.3", "3.3.1"])
def test_the_standard_roles_are_there(version: str, serving: Callable[[str], Served]) -> None:
    served = serving(version)
    ended = run(served, "--data", "-c", "roles list -o json")
    assert {role["name"] for role in json.loads(ended.stdout)} >= {"Admin", "Op", "Public", "User", "Viewer"}
    permissions = run(served, "--data", "-c", "roles list -p -o json")
    assert any("can_read" in str(role) for role in json.loads(permissions.stdout) if role["name"] == "Viewer")
