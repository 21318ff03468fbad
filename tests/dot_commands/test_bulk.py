""".export and .import in a session, on a double."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from mwaa_shell.dot_commands import bulk
from mwaa_shell.errors import ExitCode, RefusedByRule, State, UsageError
from mwaa_shell.history.entries import Search
from mwaa_shell.result import Outcome
from mwaa_shell.session import Session
from mwaa_shell.session.script import ScriptLine
from mwaa_shell.settings import Settings
from tests.double import Double, Request, command_response, refusal, response, rest_response
from tests.sessions import check_lines, execute


@pytest.fixture
def session(double: Double, bundle: str) -> Iterator[Session]:
    double.version = "3.3.1"
    double.rest["/variables"] = {"variables": [{"key": "a", "value": "1"}], "total_entries": 1}
    made = Session(Settings(environment="my-env", access=double.access(bundle)))
    yield made
    made.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "variables.json"
    path.write_text(json.dumps({"a": "1", "b": "s3cret", "c": {"x": 1}}))
    return path


def sent(double: Double) -> list[dict[str, Any]]:
    return [call for call in double.rest_calls if call["Method"] != "GET"]


def test_new_entries_are_sent_and_no_value_is_shown(double: Double, session: Session, file: Path) -> None:
    result = execute(session, f".import variables {file}")
    assert result.ok, result.message
    assert bytes(result.stdout).decode() == "new 2: b and c\nsame 1: a\n2 of 2 variables sent.\n"
    (call,) = sent(double)
    (action,) = call["Body"]["actions"]
    assert action["entities"] == [{"key": "b", "value": "s3cret"}, {"key": "c", "value": '{"x": 1}'}]
    (entry,) = session.recorder.history.find(Search())
    assert (entry.line, entry.outcome) == (f".import variables {file}", Outcome.OK)


def test_a_dry_run_sends_nothing(double: Double, session: Session, file: Path) -> None:
    assert execute(session, f".import variables {file} --dry-run").ok
    assert sent(double) == []


def test_different_entries_are_a_conflict(double: Double, session: Session, file: Path) -> None:
    file.write_text('{"a": "2", "b": "x"}')
    result = execute(session, f".import variables {file}")
    assert result.exit_code is ExitCode.FAILED
    assert result.message == "my-env has other values for 1 variable"
    assert b"different 1: a" in bytes(result.stdout)
    assert sent(double) == []


@pytest.mark.parametrize(("choice", "keys"), [("skip", ["b"]), ("overwrite", ["b", "a"])])
def test_a_conflict_is_skipped_or_overwritten(
    double: Double, session: Session, file: Path, choice: str, keys: list[str]
) -> None:
    file.write_text('{"a": "2", "b": "x"}')
    asked: list[str] = []

    def agree(question: str) -> bool:
        asked.append(question)
        return True

    session.ui.ask, session.ui.ask_name = agree, lambda question: "my-env"
    assert execute(session, f".import variables {file} --on-conflict {choice}").ok
    entities = [one for call in sent(double) for action in call["Body"]["actions"] for one in action["entities"]]
    assert [one["key"] for one in entities] == keys
    question = "Adds 1 variable and overwrites 1 variable: a. Run it on my-env?"
    assert asked == [question] * (choice == "overwrite")


def test_a_failure_says_what_was_done(double: Double, session: Session, file: Path) -> None:
    file.write_text(json.dumps({f"k{number}": "s3cret" for number in range(150)}))

    def behave(request: Request) -> bytes:
        changes = request.path.startswith("/restapi/") and json.loads(request.body)["Method"] == "PATCH"
        return (
            rest_response({"detail": "no room for s3cret"}, 500)
            if changes and len(sent(double)) == 2
            else double.answer_aws(request)
        )

    double.aws.behave = behave
    result = execute(session, f".import variables {file}")
    assert result.exit_code is ExitCode.FAILED
    names = "k100, k101, k102, k103, k104 and 45 more"
    assert result.message == f"100 of 150 variables sent. {names}: HTTP 500: no room for ***"
    assert (result.stderr, result.response) == (b"", b"")
    assert result.hint == "Run the command again for the rest."


@pytest.mark.parametrize(("status", "code"), [(500, ExitCode.FAILED), (504, ExitCode.UNKNOWN)])
def test_a_gateway_leaves_an_import_unknown(
    double: Double, session: Session, file: Path, status: int, code: ExitCode
) -> None:
    double.aws.behave = lambda request: (
        rest_response({}, status) if b'"PATCH"' in request.body else double.answer_aws(request)
    )
    result = execute(session, f".import variables {file}")
    assert result.exit_code is code
    assert result.message == f"0 of 2 variables sent. b and c: HTTP {status}"
    assert (result.state is State.MAY_HAVE_RUN) == (code is ExitCode.UNKNOWN)
    (entry,) = session.recorder.history.find(Search())
    assert entry.outcome == result.outcome


def test_a_mistake_in_an_import_leaves_it_unknown_in_the_history(
    double: Double, session: Session, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ArithmeticError

    monkeypatch.setattr(bulk, "requests_for", fail)
    with pytest.raises(ArithmeticError):
        execute(session, f".import variables {file}")
    (entry,) = session.recorder.history.find(Search())
    assert entry.outcome is Outcome.UNKNOWN


def test_ctrl_c_between_commands_says_what_was_sent(double: Double, session: Session, file: Path) -> None:
    double.version = "2.2.2"
    through_cli(double, variables_list=b"[]\n")
    answer = double.web.behave

    def press(request: Request) -> bytes | None:
        if b"variables set" in request.body:
            os.kill(os.getpid(), signal.SIGINT)
        return answer(request)

    double.web.behave = press
    result = execute(session, f".import variables {file}")
    assert result.outcome is Outcome.INTERRUPTED
    assert result.message.startswith(("0 of 3 variables sent. a", "1 of 3 variables sent. b"))
    (entry,) = session.recorder.history.find(Search())
    assert entry.outcome is Outcome.INTERRUPTED


def test_ctrl_c_while_entries_are_read_stops_an_import(double: Double, session: Session, file: Path) -> None:
    double.version = "2.2.2"
    through_cli(double, variables_list=b"[]\n")
    pressed = Event()

    def press(request: Request) -> bytes:
        os.kill(os.getpid(), signal.SIGINT)
        pressed.wait(60)
        return b""

    double.web.behave = press
    result = execute(session, f".import variables {file}")
    pressed.set()
    assert result.outcome is Outcome.INTERRUPTED
    assert session.recorder.history.find(Search()) == []


def test_scripts_need_yes_to_overwrite(session: Session, file: Path) -> None:
    check_lines(session, [ScriptLine(f".import variables {file}")])
    check_lines(session, [ScriptLine(f".import variables {file} --on-conflict overwrite --dry-run")])
    with pytest.raises(RefusedByRule, match="may overwrite variables"):
        check_lines(session, [ScriptLine(f".import variables {file} --on-conflict overwrite")])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (".import variables /nowhere.json", "cannot be read (No such file"),
        (".import things {file}", "Unknown kind 'things'"),
        (".import variables {folder}/bad.json", "no JSON at line 1"),
        (".import variables {folder}/x.yaml", "must be JSON"),
        (".export variables {folder}", "is a folder"),
        (".export pools {folder}/pools.env", "must be JSON"),
    ],
)
def test_what_makes_no_sense_is_not_sent(double: Double, session: Session, file: Path, line: str, words: str) -> None:
    (file.parent / "bad.json").write_text("{s3cret")
    (file.parent / "x.yaml").write_text("a: 1")
    result = execute(session, line.format(file=file, folder=file.parent))
    assert result.exit_code is ExitCode.USAGE
    assert words in result.message
    assert double.rest_calls == []


def test_an_export_is_for_its_owner_alone(double: Double, session: Session, tmp_path: Path) -> None:
    double.rest["/variables"] = {
        "variables": [{"key": "a", "value": '{"x": 1}'}, {"key": "api_token", "value": "***"}], "total_entries": 2,
    }  # fmt: skip
    path = tmp_path / "out.json"
    path.write_text("before")
    path.chmod(0o644)
    session.ui.ask = lambda question: True
    result = execute(session, f".export variables {path}")
    assert result.ok
    assert b"Wrote 1 variable to" in bytes(result.stdout)
    assert b"api_token" in bytes(result.stdout)
    assert json.loads(path.read_text()) == {"a": {"x": 1}}
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("ending", ["yaml", "env", "json"])
def test_connections_go_to_a_file_and_back(double: Double, session: Session, tmp_path: Path, ending: str) -> None:
    row = {"connection_id": "c", "conn_type": "http", "host": "h", "password": "***", "extra": None}
    double.rest["/connections"] = {"connections": [row], "total_entries": 1}
    path = tmp_path / f"connections.{ending}"
    wrote, withheld = bytes(execute(session, f".export connections {path}").stdout).decode().splitlines()
    assert wrote.startswith("Wrote 1 connection to ")
    assert "no passwords" in withheld
    assert len(withheld) <= 80
    result = execute(session, f".import connections {path}")
    assert bytes(result.stdout) == b"same 1: c\nNothing to send.\n"


def through_cli(double: Double, **answers: bytes) -> None:
    """The CLI answers by the first two words of a command; the REST API is not permitted."""

    def web(request: Request) -> bytes:
        words = request.body.decode().split()
        return command_response(answers.get("_".join(words[:2]), b"done\n"))

    def aws(request: Request) -> bytes:
        if request.path.startswith("/restapi/"):
            return refusal(403, "AccessDeniedException", "not you")
        return double.answer_aws(request)

    double.web.behave, double.aws.behave = web, aws


@pytest.mark.parametrize("version", ["2.2.2", "2.10.3"])
def test_without_rest_each_variable_is_a_command(double: Double, session: Session, file: Path, version: str) -> None:
    double.version = version
    through_cli(double, variables_list=b'[{"key": "a"}]\n', variables_get=b"a log line\n1\n")
    result = execute(session, f".import variables {file}")
    assert result.ok, result.message
    assert bytes(result.stdout) == b"new 2: b and c\nsame 1: a\n2 of 2 variables sent.\n"
    assert double.commands == [
        "variables export /dev/stdout", "variables list -o json", "variables get -- a",
        "variables set -- b s3cret", """variables set -- c '{"x": 1}'""",
    ]  # fmt: skip
    assert len(set(double.tokens)) == 5
    assert [one.line for one in session.recorder.history.find(Search())] == [f".import variables {file}"]


def test_a_command_that_fails_ends_an_import(double: Double, session: Session, file: Path) -> None:
    double.version = "2.2.2"
    through_cli(double, variables_list=b"[]\n")
    file.write_text('{"a": "s3cret"}')
    answer = double.web.behave
    failure = command_response(b"", b"airflow.exceptions.AirflowException: s3cret is odd\n", 400)
    double.web.behave = lambda request: failure if b"variables set" in request.body else answer(request)
    result = execute(session, f".import variables {file}")
    assert result.exit_code is ExitCode.FAILED
    assert result.message.startswith("0 of 1 variable sent. a: ")
    assert "s3cret" not in result.message


def test_pools_and_connections_through_the_cli(double: Double, session: Session, tmp_path: Path) -> None:
    double.version = "2.2.2"
    through_cli(double, pools_list=b'[{"pool": "p", "slots": "3", "description": "x"}]\n', connections_list=b"[]\n")
    (tmp_path / "pools.json").write_text('{"p": {"slots": 3, "description": "x"}, "q": {"slots": 1}}')
    (tmp_path / "c.json").write_text('{"c": {"conn_type": "http", "password": "a b", "port": 80}}')
    assert execute(session, f".import pools {tmp_path / 'pools.json'}").ok
    assert execute(session, f".import connections {tmp_path / 'c.json'}").ok
    assert [one for one in double.commands if " list " not in one and " export " not in one] == [
        "pools set -- q 1 ''", "connections add --conn-type=http '--conn-password=a b' --conn-port=80 -- c",
    ]  # fmt: skip


def test_connections_are_not_overwritten_through_the_cli(double: Double, session: Session, tmp_path: Path) -> None:
    double.version = "2.2.2"
    through_cli(double, connections_list=b'[{"conn_id": "c"}]\n')
    (tmp_path / "c.json").write_text('{"c": {"conn_type": "http"}}')
    result = execute(session, f".import connections {tmp_path / 'c.json'} --on-conflict overwrite")
    assert result.exit_code is ExitCode.USAGE
    assert "connections delete c" in result.hint
    assert double.commands == ["connections export -", "connections list -o json"]


@pytest.mark.parametrize("choice", ["skip", "fail"])
def test_connections_that_no_list_showed_are_kept(
    double: Double, session: Session, tmp_path: Path, choice: str
) -> None:
    double.version = "2.2.2"
    through_cli(double, connections_list=b"[]\n")
    answer = double.web.behave
    exists = command_response(b"", b"A connection with `conn_id`=c already exists.\n", 400)
    double.web.behave = lambda request: exists if request.body.endswith(b" c") else answer(request)
    (tmp_path / "c.json").write_text('{"b": {"conn_type": "x"}, "c": {"conn_type": "x"}, "d": {"conn_type": "x"}}')
    result = execute(session, f".import connections {tmp_path / 'c.json'} --on-conflict {choice}")
    if choice == "skip":
        assert bytes(result.stdout).endswith(b"2 of 3 connections sent. Unchanged: c.\n")
    else:
        assert result.message.startswith("1 of 3 connections sent. c: A connection with `conn_id`=c already exists")
        assert result.hint.endswith("or delete it with connections delete c.")


#: What prints all entries, and the output of it.
PRINTED = {
    "1.10.12": ("variables --export /dev/stdout", '{"a": "x", "b": {"value": 1}}3 variables successfully exported'),
    "2.2.2": ("variables export /dev/stdout", '{"event": 1}\n{\n "a": "x",\n "b": {"value": 1}\n}3 variables'),
    "3.3.1": ("variables export /dev/stdout", '{"a": {"value": "x", "description": "why"}, "b": {"value": 1}}'),
}


@pytest.mark.parametrize("version", PRINTED)
def test_one_command_exports_all_without_rest(double: Double, session: Session, tmp_path: Path, version: str) -> None:
    double.version = version
    command, output = PRINTED[version]
    through_cli(double, **{"_".join(command.split()[:2]): f"a log line\n{output}\n".encode()})
    path = tmp_path / "out.json"
    result = execute(session, f".export variables {path}")
    assert bytes(result.stdout) == f"Wrote 2 variables to {path}.\n".encode(), result.message
    described = {"value": "x", "description": "why"} if version == "3.3.1" else "x"
    assert json.loads(path.read_text()) == {"a": described, "b": '{"value": 1}'}
    assert path.stat().st_mode & 0o777 == 0o600
    assert double.commands == [command]
    result = execute(session, f".import variables {path}")
    assert bytes(result.stdout) == b"same 2: a and b\nNothing to send.\n"


def test_variables_are_exported_one_by_one_where_mwaa_refuses_more(
    double: Double, session: Session, tmp_path: Path
) -> None:
    double.version = "2.2.2"
    log = b"[2021-11-16 10:00:00,000] {settings.py:1} INFO - hello\n"
    through_cli(double, variables_list=b'[{"key": "a"}, {"key": "b"}]\n', variables_get=log + b"two\n\nlines\n\n")
    path = tmp_path / "out.json"
    assert execute(session, f".export variables {path}").ok
    assert json.loads(path.read_text()) == {"a": "two\n\nlines\n", "b": "two\n\nlines\n"}


def test_an_import_reads_what_the_cli_printed_as_json(double: Double, session: Session, file: Path) -> None:
    double.version = "2.2.2"
    through_cli(double, variables_export=b'{"a": 1.1, "b": "x", "c": {"y": 2}}\n')
    file.write_text(json.dumps({"a": "1.10", "b": '"x"', "c": '{"y":3}'}))
    result = execute(session, f".import variables {file} --dry-run")
    assert bytes(result.stdout) == b"different 1: c\nsame 2: a and b\n"


def test_what_the_cli_does_not_export_is_said(double: Double, session: Session, tmp_path: Path) -> None:
    double.version = "2.2.2"
    through_cli(double)
    result = execute(session, f".export connections {tmp_path / 'out.json'}")
    assert result.message == "connections export - printed no JSON on my-env"
    double.version = "1.10.12"
    fresh = Session(session.settings)
    assert "require Airflow 2" in execute(fresh, f".export connections {tmp_path / 'out.json'}").message
    assert not (tmp_path / "out.json").exists()


def test_a_check_reads_the_file_unless_it_is_exported_before(session: Session, tmp_path: Path) -> None:
    file = tmp_path / "new.json"
    check_lines(session, [ScriptLine(f".export pools {file}"), ScriptLine(f".import pools {file}")])
    with pytest.raises(UsageError, match="cannot be read"):
        check_lines(session, [ScriptLine(".import pools /nowhere.json")])


def test_imports_of_airflow_1_are_caught_too(double: Double, session: Session, file: Path) -> None:
    double.version = "1.10.12"
    old = Session(session.settings)
    assert execute(old, f"variables --import {file}").proposal == f".import variables {file}"
    assert execute(old, f"pool -i {file}").proposal == f".import pools {file}"
    assert double.commands == []


@pytest.mark.parametrize("name", ["v a.json", "{folder}/v a.json"])
def test_an_import_of_airflow_with_a_file_of_this_machine_is_caught(
    double: Double, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "v a.json").write_text("{}")
    file = name.format(folder=tmp_path)
    result = execute(session, f"variables import '{file}'")
    assert result.exit_code is ExitCode.USAGE
    assert result.proposal == f".import variables '{file}'"
    assert double.commands == []
    assert result.hint == f"Use {result.proposal}"
    with pytest.raises(UsageError, match="this file is on this machine"):
        check_lines(session, [ScriptLine(f"variables import '{file}'")])
    assert execute(session, "variables import /on/the/server.json").ok
    session.ui.ask = lambda question: True
    assert execute(session, f".send variables import '{file}'").ok


def test_refused_export_of_the_cli_names_the_environment_once(double: Double, session: Session, tmp_path: Path) -> None:
    double.version = "2.2.2"
    double.web.behave = lambda request: response(403, b"Forbidden", {"Content-Type": "text/html"})
    result = execute(session, f".export connections {tmp_path / 'out.json'}")
    assert result.message == "connections export - failed: my-env refused the command (HTTP 403)"
    assert result.hint.startswith("MWAA blocks some commands")


def test_import_refused_after_a_first_request_has_failed(double: Double, session: Session, file: Path) -> None:
    file.write_text(json.dumps({f"k{number}": "x" for number in range(150)}))

    def behave(request: Request) -> bytes:
        changes = request.path.startswith("/restapi/") and json.loads(request.body)["Method"] == "PATCH"
        denied = refusal(403, "AccessDeniedException", "no")
        return denied if changes and len(sent(double)) == 2 else double.answer_aws(request)

    double.aws.behave = behave
    result = execute(session, f".import variables {file}")
    assert (result.exit_code, result.hint) == (ExitCode.FAILED, "Run the command again for the rest.")
    assert result.message.startswith("100 of 150 variables sent. k100, ")


def test_ctrl_c_between_requests_says_what_was_sent(double: Double, session: Session, file: Path) -> None:
    file.write_text(json.dumps({f"k{number}": "x" for number in range(150)}))

    def press(request: Request) -> bytes:
        answer = double.answer_aws(request)
        if b'"PATCH"' in request.body:
            os.kill(os.getpid(), signal.SIGINT)
        return answer

    double.aws.behave = press
    result = execute(session, f".import variables {file}")
    assert (result.outcome, result.state) == (Outcome.INTERRUPTED, State.MAY_BE_RUNNING)
    assert re.match(r"(0|100) of 150 variables sent. k(0|100)\b", result.message)
    assert len(sent(double)) <= 2
