""".backfills in a session, on a double."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from mwaa_shell.errors import ExitCode, RefusedByRule
from mwaa_shell.session import Session
from mwaa_shell.session.script import ScriptLine
from mwaa_shell.settings import Settings
from tests.double import Double, Request, rest_response
from tests.sessions import check_lines, execute


@pytest.fixture
def session(double: Double, bundle: str) -> Iterator[Session]:
    double.version = "3.3.1"
    double.rest["/dags"] = {"dags": [{"dag_id": "a"}, {"dag_id": "b"}], "total_entries": 2}
    made = Session(Settings(environment="my-env", access=double.access(bundle)))
    yield made
    made.close()


def of_each_dag(double: Double) -> None:
    """Each DAG has one backfill."""

    def behave(request: Request) -> bytes:
        asked = json.loads(request.body) if request.path.startswith("/restapi/") else {}
        if asked.get("Path") != "/backfills":
            return double.answer_aws(request)
        dag = asked["QueryParameters"]["dag_id"]
        return rest_response({"backfills": [{"id": 1, "dag_id": dag}], "total_entries": 1})

    double.aws.behave = behave


@pytest.mark.parametrize(
    ("line", "dags", "calls"),
    [
        (".backfills a", ["a"], ["/backfills"]),
        (".backfills latest", ["latest"], ["/backfills"]),
        (".backfills", ["a", "b"], ["/dags"]),
    ],
)
def test_backfills_are_listed(double: Double, session: Session, line: str, dags: list[str], calls: list[str]) -> None:
    of_each_dag(double)
    found = json.loads(bytes(execute(session, line).stdout))
    assert [one["dag_id"] for one in found["backfills"]] == dags
    assert [call["Path"] for call in double.rest_calls][: len(calls)] == calls
    assert double.tokens == []


@pytest.mark.parametrize("action", ["pause", "unpause", "cancel"])
def test_a_backfill_is_controlled(double: Double, session: Session, action: str) -> None:
    double.rest[f"/backfills/12/{action}"] = {"id": 12}
    asked: list[str] = []

    def agree(question: str) -> bool:
        asked.append(question)
        return True

    session.ui.ask, session.ui.ask_name = agree, lambda question: "my-env"
    assert execute(session, f".backfills {action} 12").ok
    assert double.rest_calls == [{"Path": f"/backfills/12/{action}", "Method": "PUT", "QueryParameters": {}}]
    assert bool(asked) is (action == "cancel")


def test_a_script_needs_yes_to_cancel(session: Session) -> None:
    with pytest.raises(RefusedByRule, match="it cancels the runs that have not started"):
        check_lines(session, [ScriptLine(".backfills cancel 12")])


@pytest.mark.parametrize("words", ["stop 12", "pause twelve", "pause 1 2", "pause ../1"])
def test_what_makes_no_sense_is_not_sent(double: Double, session: Session, words: str) -> None:
    assert execute(session, f".backfills {words}").exit_code is ExitCode.USAGE
    assert double.rest_calls == []


@pytest.mark.parametrize("action", ["pause", "unpause", "cancel"])
def test_action_without_an_id_says_what_is_missing(double: Double, session: Session, action: str) -> None:
    result = execute(session, f".backfills {action}")
    assert result.message == f".backfills {action} requires the ID of a backfill"
    assert result.hint == "List backfills and their IDs with .backfills."
    assert double.rest_calls == []


def test_airflow_2_has_no_backfills(double: Double, session: Session) -> None:
    double.version = "2.10.3"
    result = execute(session, ".backfills")
    assert result.exit_code is ExitCode.USAGE
    assert "requires Airflow 3" in result.message
