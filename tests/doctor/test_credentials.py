"""The examination of machines whose credentials come from a missing program or file: it continues."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.double import Double
from tests.programs import run_here

GONE = "/nonexistent/source"
PROFILE = f"[profile helper]\nregion = eu-west-1\ncredential_process = {GONE}\n"
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@pytest.fixture(params=["credential_process", "web_identity"])
def variables(request: pytest.FixtureRequest, environ: dict[str, str], tmp_path: Path) -> dict[str, str]:
    config = tmp_path / "aws"
    config.write_text(PROFILE)
    kept = {name: value for name, value in environ.items() if name not in KEYS} | {"AWS_CONFIG_FILE": str(config)}
    if request.param == "credential_process":
        return kept | {"AWS_PROFILE": "helper"}
    role = {"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/etl", "AWS_WEB_IDENTITY_TOKEN_FILE": GONE}
    return kept | role | {"AWS_DEFAULT_REGION": "eu-west-1"}


def run(variables: dict[str, str], *arguments: str) -> tuple[int, str, str]:
    ended = run_here(arguments, variables)
    return ended.returncode, ended.stdout.decode(), ended.stderr.decode()


def test_doctor_goes_on(variables: dict[str, str], double: Double) -> None:
    code, said, errors = run(variables, "doctor", "my-env")
    assert code == 3
    assert errors == ""
    assert f"No AWS credentials ({GONE}: No such file or directory)" in said
    assert "-> Correct " in said
    assert "CreateCliToken" in said  # skipped, and said to be
    assert "failed" in said.splitlines()[-1]


def test_doctor_prints_json(variables: dict[str, str], double: Double) -> None:
    code, said, _ = run(variables, "doctor", "my-env", "--json")
    assert code == 3
    assert GONE in json.dumps(json.loads(said))


@pytest.mark.parametrize("more", [(), ("--debug", "debug.log")], ids=["plain", "debug"])
def test_a_command_is_told_what_to_do(more: tuple[str, ...], variables: dict[str, str], tmp_path: Path) -> None:
    more = tuple(str(tmp_path / one) if one.endswith(".log") else one for one in more)
    code, said, errors = run(variables, "my-env", *more, "-c", "dags list")
    assert (code, said) == (3, "")
    assert f"No AWS credentials ({GONE}: No such file or directory). Nothing was sent." in errors
