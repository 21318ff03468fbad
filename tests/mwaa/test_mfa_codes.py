"""Roles that require an MFA code: real botocore, a profile, and an STS on loopback that keeps its requests."""

from __future__ import annotations

import json
import os
import pwd
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from botocore.session import Session
from botocore.utils import JSONFileCache

from mwaa_shell.errors import CredentialsProblem
from mwaa_shell.mwaa.aws import MwaaApi
from mwaa_shell.settings import Access, AccessKey
from tests.double import Double, Request, Side, refusal, response
from tests.terminal.emulator import Terminal
from tests.terminal.forked import Forks

PROFILES = """
[profile careful]
region = eu-west-1
role_arn = arn:aws:iam::123456789012:role/etl
mfa_serial = arn:aws:iam::123456789012:mfa/me
source_profile = me
[profile plain]
region = eu-west-1
role_arn = arn:aws:iam::123456789012:role/etl
source_profile = me
[profile me]
aws_access_key_id = AKIDME
aws_secret_access_key = not-a-secret
"""
REMEDY = "The role of profile careful requires an MFA code"


def lent(request: Request) -> bytes:
    """What STS answers to AssumeRole."""
    over = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    key = "<AccessKeyId>AKIDLENT</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
    who = "<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/etl/s</Arn></AssumedRoleUser>"
    result = f"<Credentials>{key}<Expiration>{over}</Expiration></Credentials>{who}"
    said = f"<AssumeRoleResponse><AssumeRoleResult>{result}</AssumeRoleResult></AssumeRoleResponse>"
    return response(200, said.encode(), {"Content-Type": "text/xml"})


@pytest.fixture
def sts() -> Iterator[Side]:
    side = Side(lent)
    yield side
    side.close()


@pytest.fixture
def variables(sts: Side, double: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(PROFILES)
    made = {
        "AWS_ENDPOINT_URL_STS": f"http://127.0.0.1:{sts.port}",
        "AWS_ENDPOINT_URL_MWAA": f"http://127.0.0.1:{double.aws.port}",
        "AWS_CONFIG_FILE": str(tmp_path / ".aws" / "config"),
    }
    for name, value in made.items():
        monkeypatch.setenv(name, value)
    return made


def careful(profile: str = "careful") -> MwaaApi:
    return MwaaApi(Access(profile=profile, direct=True))


def log_in(folder: Path) -> str:
    """What the AWS CLI does: it asks for the code, and keeps what it gets in a file of its own; the file's name."""
    session = Session(profile="careful")
    provider = session.get_component("credential_provider").get_provider("assume-role")
    provider.cache = JSONFileCache(str(folder))
    provider._prompter = lambda question: "123456"
    session.get_credentials().get_frozen_credentials()
    (kept,) = folder.iterdir()
    return kept.name


@pytest.mark.usefixtures("variables")
def test_nobody_is_asked_for_a_code(sts: Side, double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getpass", pytest.fail)
    environments = careful()
    for _ in range(3):
        with pytest.raises(CredentialsProblem, match=REMEDY):
            environments.describe("my-env")
    with pytest.raises(CredentialsProblem, match=REMEDY):
        environments.credentials()
    assert REMEDY in str(environments.caller().error)
    assert (sts.seen, double.aws.seen) == ([], [])


@pytest.mark.usefixtures("variables")
def test_what_the_aws_cli_was_told_a_code_for_is_used_at_once(sts: Side, double: Double, tmp_path: Path) -> None:
    environments = careful()
    with pytest.raises(CredentialsProblem):
        environments.describe("my-env")
    folder = tmp_path / ".aws" / "cli" / "cache"
    name = log_in(folder)
    before = (folder / name).read_bytes()
    assert [parse_qs(one.body.decode())["TokenCode"] for one in sts.seen] == [["123456"]]
    assert environments.describe("my-env").status == "AVAILABLE"
    assert "AKIDLENT" in double.aws.seen[-1].headers["authorization"]
    assert len(sts.seen) == 1
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {name: before}


@pytest.mark.usefixtures("variables")
def test_what_is_over_is_asked_for_again(double: Double, tmp_path: Path) -> None:
    folder = tmp_path / ".aws" / "cli" / "cache"
    log_in(folder)
    environments = careful()
    assert environments.describe("my-env").status == "AVAILABLE"
    double.aws.behave = lambda request: refusal(403, "ExpiredTokenException", "over")
    for kept in folder.iterdir():
        kept.unlink()
    with pytest.raises(CredentialsProblem, match="have expired"):
        environments.describe("my-env")
    with pytest.raises(CredentialsProblem, match=REMEDY):
        environments.describe("my-env")
    double.aws.behave = double.answer_aws
    log_in(folder)
    assert environments.describe("my-env").status == "AVAILABLE"


@pytest.mark.usefixtures("variables")
@pytest.mark.parametrize(
    "kept",
    [
        b"", b"{", b"[]", b"[" * 100_000, b'{"Credentials": []}', b'{"Credentials": {"AccessKeyId": "a"}}', b"\xff",
        b'{"Credentials":{"AccessKeyId":"a","SecretAccessKey":"b","SessionToken":"c","Expiration":"never"}}',
        b'{"Credentials":{"AccessKeyId":"a","SecretAccessKey":"b","SessionToken":"c","Expiration":"2099-01-01"}}',
        b'{"Credentials":{"AccessKeyId":"a","SecretAccessKey":"b","SessionToken":"c","Expiration":"2020-01-01T00:00Z"}}',
    ],
)  # fmt: skip
def test_what_is_kept_and_makes_no_sense_is_none(kept: bytes, tmp_path: Path) -> None:
    folder = tmp_path / ".aws" / "cli" / "cache"
    name = log_in(folder)
    (folder / name).write_bytes(kept)
    with pytest.raises(CredentialsProblem, match=REMEDY):
        careful().describe("my-env")


@pytest.mark.usefixtures("variables")
def test_a_role_without_a_code_is_taken_and_kept_in_memory_alone(sts: Side, tmp_path: Path) -> None:
    environments = careful("plain")
    assert environments.describe("my-env").status == "AVAILABLE"
    environments.names()
    assert len(sts.seen) == 1
    assert sorted(path.name for path in (tmp_path / ".aws").rglob("*")) == ["config"]


def test_the_prompt_stays_the_users(
    variables: dict[str, str], environ: dict[str, str], double: Double, forks: Forks
) -> None:
    kept = {name: value for name, value in environ.items() if "KEY" not in name} | variables
    program = [sys.executable, "-m", "mwaa_shell", "my-env", "--profile", "careful"]
    with Terminal(program, kept, 160, 24, begin=forks.begin) as terminal:
        terminal.wait_for("Run aws sts get-caller-identity --profile careful")
        terminal.wait_for_prompt("my-env")
        terminal.send("dags lis")
        terminal.wait_for("my-env> dags lis")
        terminal.send("t\r")
        terminal.wait_for(lambda text: text.count("my-env> dags list") == 2)  # what is pressed before is dropped
        log_in(Path(environ["HOME"]) / ".aws" / "cli" / "cache")
        terminal.key("enter")
        terminal.wait_for(lambda text: bool(double.commands) and text.rstrip().endswith("AVAILABLE"))
        assert b"Enter MFA" not in bytes(terminal.raw)
    assert double.commands[0].startswith("dags list")
    assert json.loads(next((Path(os.environ["HOME"]) / ".aws" / "cli" / "cache").iterdir()).read_text())


def test_a_user_without_a_name_and_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(_: int) -> None:
        raise KeyError

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    MwaaApi(Access(region="eu-west-1", keys=AccessKey("AKIDEXAMPLE", "not-a-secret"))).client()
