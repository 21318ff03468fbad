"""``.envs``: environments of one or several regions and profiles, on a double."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mwaa_shell.dot_commands import completion
from mwaa_shell.errors import ExitCode
from mwaa_shell.names import remembered_environments
from mwaa_shell.session import Session
from tests.double import Double, Request, refusal
from tests.sessions import Notes, execute


@pytest.fixture
def session(double: Double, session: Session) -> Session:
    double.names = ("etl-b", "etl-a", "sales")
    double.more = {
        "WebserverAccessMode": "PRIVATE_ONLY",
        "EnvironmentClass": "mw1.small",
        "CreatedAt": 1700000000,
        "LastUpdate": {
            "Status": "FAILED",
            "CreatedAt": 1750000000,
            "Error": {"ErrorCode": "INCORRECT_CONFIGURATION", "ErrorMessage": "no such bucket"},
        },
        "Schedulers": 2,
        "WebserverUrl": "web.example",
        "LoggingConfiguration": {"TaskLogs": {"Enabled": True}, "WebserverLogs": {"Enabled": False}},
    }
    return session


def region_of(request: Request) -> str:
    return request.headers["authorization"].split("/")[2]


def rows(session: Session, line: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(bytes(execute(session, line).stdout))
    return found


def test_envs_lists_facts_sorted_by_name(session: Session) -> None:
    found = rows(session, ".envs -o json")
    assert [one["name"] for one in found] == ["etl-a", "etl-b", "sales"]
    assert found[0] == {
        "name": "etl-a",
        "status": "AVAILABLE",
        "version": "2.10.3",
        "access_mode": "PRIVATE_ONLY",
        "class": "mw1.small",
        "region": "eu-west-1",
    }


def test_envs_l_adds_update_web_server_and_logs(session: Session) -> None:
    found = rows(session, ".envs -l -o json")[0]
    assert found["update_error"] == "INCORRECT_CONFIGURATION: no such bucket"
    assert (found["schedulers"], found["web_server"], found["logs"]) == (2, "web.example", "task")
    assert found["created_at"].startswith("2023-11-14T")


def test_envs_asks_regions_and_reports_those_that_fail(double: Double, session: Session) -> None:
    def aws(request: Request) -> bytes | None:
        if region_of(request) == "us-east-1":
            return refusal(403, "AccessDeniedException", "not you")
        return double.answer_aws(request)

    double.aws.behave = aws
    result = execute(session, ".envs --regions us-east-1,eu-west-1,eu-central-1 -o json")
    assert result.exit_code is ExitCode.NOTHING_RAN
    assert result.message.startswith("us-east-1: ")
    assert result.hint.startswith("Ask for the policy")
    found = json.loads(bytes(result.stdout))
    assert [(one["name"], one["region"]) for one in found][:2] == [("etl-a", "eu-west-1"), ("etl-a", "eu-central-1")]
    offered = [one.text for one in completion.complete(session, ".use ", 5)]
    assert offered[:2] == ["etl-b", "etl-a"]
    assert "etl-a@eu-central-1" in offered


def test_envs_asks_profiles(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config"
    config.write_text("[profile dev]\nregion = us-east-1\n[profile prod]\nregion = us-west-2\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    found = rows(session, ".envs --profiles dev,prod -o json")
    places = {(one["profile"], one["region"]) for one in found}
    assert places == {("dev", "us-east-1"), ("prod", "us-west-2")}


def test_envs_of_all_regions_asks_each(double: Double, session: Session) -> None:
    result = execute(session, ".envs --regions all -o json")
    asked = {region_of(request) for request in double.aws.seen if request.path.startswith("/environments")}
    assert result.ok
    assert {"eu-west-1", "us-east-1"} < asked == {one["region"] for one in json.loads(bytes(result.stdout))}


def test_envs_lists_names_where_nothing_else_is_permitted(double: Double, session: Session, notes: Notes) -> None:
    def aws(request: Request) -> bytes | None:
        if request.path.split("?")[0].count("/") > 1:
            return refusal(403, "AccessDeniedException", "not you")
        return double.answer_aws(request)

    double.aws.behave = aws
    found = rows(session, ".envs -o json")
    assert [(one["name"], one["status"]) for one in found] == [("etl-a", None), ("etl-b", None), ("sales", None)]
    assert len(notes) == 1
    assert notes[0].endswith("(and 2 more such environments)")


def test_envs_keeps_the_names_of_every_region(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
    session.access = session.access._replace(keys=None)  # what is local is not kept
    execute(session, ".envs --regions us-east-1,eu-west-1")
    kept = {(one.name, one.region) for one in remembered_environments()}
    assert kept == {(name, region) for name in ("etl-a", "etl-b", "sales") for region in ("us-east-1", "eu-west-1")}
