""".rest in a session, on a double: requests, responses, safety checks, history and completion."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.versions import Version
from mwaa_shell.dot_commands.completion import complete
from mwaa_shell.errors import ExitCode, RefusedByRule, UsageError
from mwaa_shell.history.entries import Search
from mwaa_shell.names.model import Name, NamesFound
from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.presenter import shown_text
from mwaa_shell.output.render import render_lines
from mwaa_shell.result import Outcome, Result
from mwaa_shell.session import Session
from mwaa_shell.session.script import ScriptLine
from mwaa_shell.settings import Settings
from tests.double import Double, cut_off, rest_response
from tests.sessions import check_lines, execute

POOLS = {"pools": [{"name": "default_pool", "slots": 128}, {"name": "p", "slots": 3}], "total_entries": 2}


@pytest.fixture
def session(double: Double, bundle: str) -> Iterator[Session]:
    made = Session(Settings(environment="my-env", access=double.access(bundle)))
    made.ui.ask, made.ui.ask_name = (lambda question: True), (lambda question: "my-env")
    yield made
    made.close()


def sent(double: Double) -> dict[str, object]:
    return double.rest_calls[-1]


def written(session: Session) -> list[str]:
    return [one.line for one in session.recorder.history.find(Search())]


def test_a_get_returns_the_response_as_json(double: Double, session: Session) -> None:
    double.rest["/pools"] = POOLS
    result = execute(session, ".rest /pools")
    assert result.ok
    assert json.loads(bytes(result.stdout)) == POOLS
    assert sent(double) == {"Path": "/pools", "Method": "GET", "QueryParameters": {}}
    assert session.last_result == result
    assert written(session) == [".rest /pools"]
    assert double.tokens == []


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        (".rest get pools", {"Path": "/pools", "Method": "GET", "QueryParameters": {}}),
        (
            ".rest GET '/api/v1/pools?limit=5' -q tags=a -q tags=b",
            {"Path": "/pools", "Method": "GET", "QueryParameters": {"limit": "5", "tags": ["a", "b"]}},
        ),
        (
            ".rest POST /pools -f name=3 -f slots=3 -f note=x",
            {"Path": "/pools", "Method": "POST", "QueryParameters": {},
             "Body": {"name": "3", "slots": 3, "note": "x"}},
        ),
        (
            """.rest PATCH /pools -d '{"slots": 1}' -f description=a=b""",
            {"Path": "/pools", "Method": "PATCH", "QueryParameters": {}, "Body": {"slots": 1, "description": "a=b"}},
        ),
    ],
)  # fmt: skip
def test_words_make_a_request(double: Double, session: Session, line: str, request_: dict[str, object]) -> None:
    double.rest["/pools"] = {}
    assert execute(session, line).ok
    assert sent(double) == request_


def test_a_body_comes_from_a_file(double: Double, session: Session, tmp_path: Path) -> None:
    double.rest["/pools"] = {}
    (tmp_path / "pool.json").write_text('{"name": "é"}')
    assert execute(session, f".rest POST /pools -d @{tmp_path / 'pool.json'}").ok
    assert sent(double)["Body"] == {"name": "é"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (".rest", ".rest requires PATH"),
        (".rest POST", ".rest requires PATH"),
        (".rest PUST /pools", "PATCH or DELETE, not 'PUST'"),
        (".rest GET POST /pools", "Unexpected argument '/pools'"),
        (".rest /pools -q limit", "-q requires NAME=VALUE"),
        (".rest /pools -f a=b", "A GET request has no body"),
        (".rest POST /pools -d [1]", "must be a JSON object"),
        (".rest POST /pools -d {", "-d requires JSON"),
        (".rest POST /pools -d @/none", "/none cannot be read (No such file"),
        (f".rest /dags/{'d' * 60}", f"Shorter: .rest GET /dags -q dag_id_pattern={'d' * 60}"),
        (f".rest /dags/{'d' * 60}/dagRuns", 'Shorter: .rest POST /dags/~/dagRuns/list -d \'{"dag_ids":'),
        (f".rest /dags/{'d' * 60}/tasks", "The path must be at most 64 characters long, not 72"),
    ],
)
def test_a_request_that_makes_no_sense_is_not_sent(double: Double, session: Session, line: str, words: str) -> None:
    result = execute(session, line)
    assert result.exit_code is ExitCode.USAGE
    assert words in f"{result.message} {result.hint}"
    assert double.rest_calls == []
    with pytest.raises(UsageError):
        check_lines(session, [ScriptLine(line)])


def test_an_error_of_airflow_shows_status_and_body(double: Double, session: Session) -> None:
    result = execute(session, ".rest /nope")
    assert (result.outcome, result.exit_code) == (Outcome.FAILED, ExitCode.FAILED)
    assert result.message == "HTTP 404: Not Found"
    assert json.loads(bytes(result.stderr)) == {"detail": "Not Found"}
    assert result.stdout == b""


def paged(double: Double, total: int) -> None:
    """A list of so many pools, at most 100 on a page."""

    def answer(request: Any) -> bytes:
        asked = json.loads(request.body)
        place = asked.get("Body") or asked["QueryParameters"]
        start = place.get("offset", place.get("page_offset"))
        rows = [{"name": f"p{number}"} for number in range(start, min(total, start + 100))]
        return rest_response({"pools": rows, "total_entries": total})

    double.aws.behave = lambda request: (
        answer(request) if request.path.startswith("/restapi/") else double.answer_aws(request)
    )


@pytest.mark.parametrize("line", [".rest /pools --all", ".rest POST /dags/~/dagRuns/list -f dag_ids=[] --all"])
def test_all_pages_are_one_list(double: Double, session: Session, line: str) -> None:
    paged(double, 250)
    pools = json.loads(bytes(execute(session, line).stdout))
    assert [pool["name"] for pool in pools["pools"]] == [f"p{number}" for number in range(250)]
    assert len(double.rest_calls) == 3


@pytest.mark.parametrize(
    ("line", "question"),
    [
        (".rest /pools", None),
        (".rest POST /dags/~/dagRuns/list -f dag_ids=[]", None),
        (".rest POST /backfills/dry_run -f dag_id=x", None),
        (".rest POST /dags/x/clearTaskInstances -f dry_run=true", None),
        (".rest POST /pools -f name=p", None),
        (".rest DELETE /pools/p", "Deletes /pools/p."),
        (".rest POST /dags/x/clearTaskInstances -f dry_run=false", "start over"),
        (""".rest PATCH /pools -d '{"actions": [{"action": "delete"}]}'""", "Deletes what its actions name."),
    ],
)
def test_requests_that_destroy_are_confirmed(double: Double, session: Session, line: str, question: str | None) -> None:
    asked: list[str] = []

    def refuse(text: str) -> bool:
        asked.append(text)
        return False

    session.ui.ask = refuse
    result = execute(session, line)
    assert [question in one for one in asked if question] == [True] * (question is not None)
    assert (result.exit_code is ExitCode.REFUSED) is (question is not None)
    assert bool(double.rest_calls) is (question is None)


def test_a_read_only_session_sends_reads_only(double: Double, session: Session) -> None:
    session.read_only = True
    double.rest["/pools"] = POOLS
    assert execute(session, ".rest /pools").ok
    assert execute(session, ".rest POST /pools -f name=p").exit_code is ExitCode.REFUSED


def test_scripts_are_checked_before_they_run(double: Double, session: Session) -> None:
    session.ui.ask = session.ui.ask_name = None
    with pytest.raises(RefusedByRule, match="needs confirmation"):
        check_lines(session, [ScriptLine(".rest /pools"), ScriptLine(".rest DELETE /pools/p")])
    assert double.rest_calls == []


@pytest.mark.parametrize("flag", ["-f 'extra=s3cret s3cret'", """-d '{"extra": "s3cret s3cret"}'"""])
def test_a_refused_request_shows_no_secret(session: Session, flag: str) -> None:
    session.ui.ask = session.ui.ask_name = None
    session.read_only = True
    with pytest.raises(RefusedByRule) as caught:
        check_lines(session, [ScriptLine(f".rest POST /connections -f connection_id=c {flag}")])
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        (".rest POST /pools -f name=x", ".rest POST /pools -f name=x"),
        (".rest POST /users -f password=s3cret", ".rest POST /users -f password=***"),
        (".rest POST /variables -f key=db_password -f value=s3cret", "-f key=db_password -f value=***"),
        (".rest POST variables -f key=db_password -f value=s3cret", "-f key=db_password -f value=***"),
        (".rest POST /api/v2/variables -f key=db_password -f value=s3cret", "-f key=db_password -f value=***"),
        (".rest POST //connections -f connection_id=c -f extra=s3cret", "-f connection_id=c -f extra=***"),
        (".rest PATCH variables/db%5Fpassword -f value=s3cret", ".rest PATCH variables/db%5Fpassword -f value=***"),
        (".rest PATCH /variables/db_password -f value=s3cret", ".rest PATCH /variables/db_password -f value=***"),
        (""".rest POST /variables -d '{"key": "api_token", "value": "s3cret"}'""", ".rest POST /variables -d"),
        (""".rest POST /connections -d '{"connection_id": "c", "extra": "s3cret"}'""", ".rest POST /connections -d"),
        (""".rest POST /connections -f connection_id=c -f 'extra={"x": "s3cret"}'""", "-f connection_id=c -f"),
        (""".rest POST /dags/x/dagRuns -d '{"conf": {"api_token": "s3cret"}}'""", '"conf"'),
    ],
)
def test_bodies_are_masked_in_the_history(double: Double, session: Session, line: str, masked: str) -> None:
    session.ui.ask = lambda question: True
    execute(session, line)
    (shown,) = written(session)
    assert masked in shown
    assert "s3cret" not in shown
    assert "s3cret" in json.dumps(sent(double)) or "s3cret" not in line


def test_a_mask_is_asked_for(double: Double, session: Session) -> None:
    double.rest["/variables"] = {}
    asked: list[str] = []
    session.ui.ask_secret = lambda name: asked.append(name) or "s3cret"  # type: ignore[func-returns-value]
    assert execute(session, ".rest POST /variables -f key=db_password -f value=***").ok
    assert sent(double)["Body"] == {"key": "db_password", "value": "s3cret"}
    assert asked == ["value"]
    assert written(session) == [".rest POST /variables -f key=db_password -f value=***"]


@pytest.mark.parametrize(
    ("line", "code"), [(".rest /pools", ExitCode.NOTHING_RAN), (".rest DELETE /pools/p", ExitCode.UNKNOWN)]
)
def test_a_lost_connection_leaves_a_change_unknown(double: Double, session: Session, line: str, code: ExitCode) -> None:
    double.aws.behave = lambda request: (
        cut_off(b"", 0)(request) if request.path.startswith("/restapi/") else double.answer_aws(request)
    )
    assert execute(session, line).exit_code is code
    assert len(double.rest_calls) == 1


@pytest.mark.parametrize(
    ("status", "line", "code"),
    [
        (504, ".rest DELETE /pools/p", ExitCode.UNKNOWN),
        (504, ".rest /pools", ExitCode.FAILED),
        (500, ".rest DELETE /pools/p", ExitCode.FAILED),
    ],
)
def test_a_gateway_leaves_a_change_unknown(
    double: Double, session: Session, status: int, line: str, code: ExitCode
) -> None:
    double.aws.behave = lambda request: (
        rest_response({}, status) if request.path.startswith("/restapi/") else double.answer_aws(request)
    )
    assert execute(session, line).exit_code is code


@pytest.mark.parametrize(
    "line",
    [
        ".rest POST /variables -f key=a -f value=s3cret",
        ".rest POST /pools -f password=s3cret",
        """.rest PATCH /connections -d '{"actions": [{"entities": [{"extra": "s3cret"}]}]}'""",
    ],
)
def test_a_secret_that_airflow_quotes_is_masked(double: Double, session: Session, line: str) -> None:
    double.aws.behave = lambda request: (
        rest_response({"detail": "'s3cret' is too short"}, 400)
        if request.path.startswith("/restapi/")
        else double.answer_aws(request)
    )
    result = execute(session, line)
    assert result.message == "HTTP 400: '***' is too short"
    assert result.hidden == ("s3cret",)


def test_a_secret_that_airflow_quotes_with_escapes_is_masked(double: Double, session: Session, tmp_path: Path) -> None:
    body = {"connection_id": "c", "password": "s3c", "extra": json.dumps({"key": "s3cret 'a'\nb", "more": "s3cret\\"})}
    (tmp_path / "c.json").write_text(json.dumps(body))
    double.aws.behave = lambda request: (
        rest_response({"detail": [{"type": "missing", "input": body}]}, 422)
        if request.path.startswith("/restapi/")
        else double.answer_aws(request)
    )
    result = execute(session, f".rest POST connections -d @{tmp_path / 'c.json'}")
    assert "s3cret" not in result.message
    assert "s3cret" not in "".join(shown_text(result, DisplayOptions()))


def test_mistakes_in_a_body_are_named_by_place(double: Double, session: Session) -> None:
    missing = {"type": "missing", "loc": ["body"], "msg": "Field required", "input": None}
    wrong = {"type": "dict_type", "loc": ["body", "conf"], "msg": "Input should be a valid dictionary"}
    double.aws.behave = lambda request: (
        rest_response({"detail": [missing, wrong]}, 422)
        if request.path.startswith("/restapi/")
        else double.answer_aws(request)
    )
    message = execute(session, ".rest POST /dags/a/dagRuns").message
    assert message == "HTTP 422: body: Field required, body.conf: Input should be a valid dictionary"


def test_a_list_that_shrinks_keeps_the_pages_before(double: Double, session: Session) -> None:
    pages = iter([{"pools": [{"name": "p"}], "total_entries": 2}, {"pools": [], "total_entries": 2}])
    double.aws.behave = lambda request: (
        rest_response(next(pages)) if request.path.startswith("/restapi/") else double.answer_aws(request)
    )
    result = execute(session, ".rest /pools --all")
    assert json.loads(bytes(result.stdout))["pools"] == [{"name": "p"}]


def drawn(result: Result) -> str:
    return "".join(render_lines(result, DisplayOptions(own_tables=True, width=80)))


def test_a_list_is_drawn_as_a_table(double: Double, session: Session) -> None:
    double.rest["/pools"] = POOLS
    assert drawn(execute(session, ".rest /pools")).splitlines()[:3] == [
        "name          slots", "────────────  ─────", "default_pool    128",
    ]  # fmt: skip


def test_passwords_in_a_response_are_masked(double: Double, session: Session) -> None:
    row = {"connection_id": "c", "password": "s3cret", "extra": '{"x": "s3cret"}'}
    double.rest["/connections"] = {"connections": [row], "total_entries": 1}
    double.rest["/variables"] = {"variables": [{"key": "api_token", "value": "s3cret"}], "total_entries": 1}
    for path in ("/connections", "/variables"):
        result = execute(session, f".rest {path}")
        assert "s3cret" not in drawn(result)
        assert b"s3cret" in bytes(result.stdout)


# -- completion --------------------------------------------------------------------------------------------------------


@pytest.fixture
def offer(session: Session) -> Callable[[str], list[str]]:
    session.connection.version = Version(3, 3, 1)
    session.ui.keeps_names = True
    assert session.cached_names is not None
    found = NamesFound(Kind.DAG, (Name("sales daily"), Name("hello")), all=True)
    session.cached_names.catalogue.apply([found], "REST", 0.0)
    session.cached_names.catalogue.prepare()
    session.cached_names.rest_denied = True
    return lambda text: [one.text for one in complete(session, text, len(text))]


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        (".rest ", ["GET", "POST", "/dags", "/monitor/health"], ["/backfills/dry_run"]),
        (".rest POST /back", ["/backfills", "/backfills/dry_run"], []),
        (".rest /dags/", ["/dags/hello", "/dags/sales%20daily"], []),
        (".rest /dags/hello/", ["/dags/hello/dagRuns", "/dags/hello/tasks"], []),
        (".rest POST /pools -f ", ["name=", "slots="], ["limit="]),
        (".rest /pools -q ", ["limit=", "offset="], ["name="]),
        (".rest /pools --", ["--all"], ["-q"]),
    ],
)
def test_requests_complete(
    offer: Callable[[str], list[str]], text: str, wanted: list[str], unwanted: list[str]
) -> None:
    found = offer(text)
    assert set(wanted) <= set(found)
    assert not set(unwanted) & set(found)
