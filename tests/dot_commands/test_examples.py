"""The examples of dot-commands and of two pages: each is checked, and runs on a double that answers all requests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mwaa_shell.airflow.command_line import parse
from mwaa_shell.dot_commands import DOT_COMMANDS
from mwaa_shell.dot_commands.registry import DotCommand
from mwaa_shell.session import Session
from mwaa_shell.session.script import ScriptLine
from mwaa_shell.settings import Settings
from tests.docs import PAGES
from tests.double import Double, Request, command_response, rest_response
from tests.sessions import check_lines, execute

OF_PAGES = [
    line
    for page in ("rest", "bulk")
    for line in re.findall(r"^    (\.\S.*)$", (PAGES / f"{page}.md").read_text(), re.MULTILINE)
]
OF_TABLE = [(one, example) for one in DOT_COMMANDS for example in one.examples]
#: Examples that need a terminal, a browser, a run, or AWS itself. The tests of these dot-commands run them.
NOT_RUN = {".copy", ".doctor", ".follow", ".logs", ".open", ".refresh", ".watch", ".why"}
#: Commands that ran before an example: the number of one of them stands in some examples.
BEFORE = 44


def answered(call: dict[str, Any]) -> dict[str, object]:
    """An empty list for a read, and what was sent for a change."""
    member = call["Path"].strip("/").split("/")[0]
    if call["Method"] == "GET" or call["Path"].endswith("/list"):
        return {member: [], "total_entries": 0}
    return dict(call.get("Body") or {})


@pytest.fixture
def session(double: Double, bundle: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session that has run commands, beside the files that the examples name."""

    def behave(request: Request) -> bytes:
        if request.path.startswith("/restapi/"):
            return rest_response(answered(json.loads(request.body)))
        return double.answer_aws(request)

    double.version, double.names, double.aws.behave = "3.3.1", ("my-env", "staging"), behave
    double.web.behave = lambda request: command_response(b'[{"dag_id": "sales_daily"}]')
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prod.json").write_text('{"a": "b"}')
    (tmp_path / "runbook.txt").write_text("dags list\n")
    session = Session(Settings(environment="my-env", access=double.access(bundle), yes=""))
    yield session
    session.close()


@pytest.mark.parametrize("line", OF_PAGES)
def test_an_example_of_a_page_runs(session: Session, line: str) -> None:
    line = line.partition(" | ")[0]
    check_lines(session, [ScriptLine(line)])
    result = execute(session, line)
    assert result.ok, result.message


@pytest.mark.parametrize("one", DOT_COMMANDS, ids=lambda one: one.name)
def test_every_dot_command_is_explained(one: DotCommand) -> None:
    assert one.details.endswith(".")
    assert one.details.count(". ") < 3
    assert one.examples
    assert set(one.see) <= {other.name for other in DOT_COMMANDS} - {one.name}
    for example in one.examples:
        parsed = parse(example)
        assert parsed.problem is None
        assert parsed.values[0] == one.name


@pytest.mark.parametrize("line", [line for one, line in OF_TABLE if one.name not in NOT_RUN])
def test_an_example_runs(session: Session, line: str) -> None:
    for before in (".use staging", ".use my-env", "dags list -o json", '.save nightly "dags details {dag}"'):
        assert execute(session, before).ok
    for _ in range(BEFORE - 1):
        session.recorder.begin(session.connection, parse("dags list"), "typed")
    line = line.partition(" | ")[0]
    check_lines(session, [ScriptLine(line)])
    result = execute(session, line)
    assert result.ok, result.message


@pytest.mark.parametrize("line", [line for one, line in OF_TABLE if one.name in NOT_RUN])
def test_an_example_is_accepted(double: Double, session: Session, line: str) -> None:
    double.version = "2.10.3"
    check_lines(session, [ScriptLine(line)])
