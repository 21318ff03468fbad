"""What is written down of a command, and under which account: on a real history, with a link that nobody answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mwaa_shell.airflow.command_line import parse
from mwaa_shell.errors import UsageError
from mwaa_shell.history.entries import TYPED
from mwaa_shell.history.recorder import HistoryRecorder, environment_key
from mwaa_shell.mwaa.connection import Connection, EnvironmentRef
from mwaa_shell.names.cache_files import identify
from mwaa_shell.result import Outcome, Result
from mwaa_shell.settings import Access

HERE, OTHER = "123456789012", "210987654321"


@pytest.fixture
def connection() -> Connection:
    return Connection(EnvironmentRef("my-env", Access(region="eu-west-1")), "2.10.3")


@pytest.fixture
def record() -> Iterator[HistoryRecorder]:
    made = HistoryRecorder(secret_words=lambda: ("pin",))
    yield made
    assert made.history.trouble == ""
    made.history.close()


def told(connection: Connection, account: str) -> None:
    """AWS says whose the environment is."""
    connection.info = connection.info._replace(arn=f"arn:aws:airflow:eu-west-1:{account}:environment/my-env")


def sent(record: HistoryRecorder, connection: Connection, line: str, result: Result | None = None) -> int:
    number = record.begin(connection, parse(line), TYPED)
    record.finish(number, connection, parse(line), result or Result(remote=True, stdout=b"done\n"))
    assert number is not None
    return number


def accounts(record: HistoryRecorder) -> list[str]:
    return [entry.account for entry in record.history.find()[::-1]]


def test_what_aws_says_corrects_what_was_not_known(record: HistoryRecorder, connection: Connection) -> None:
    sent(record, connection, "dags list")
    told(connection, HERE)
    sent(record, connection, "version")
    assert accounts(record) == [HERE, HERE]
    assert record.history.lines(environment_key(connection)) == ["version", "dags list"]


def test_what_aws_says_while_a_command_runs_holds_for_it(record: HistoryRecorder, connection: Connection) -> None:
    number = record.begin(connection, parse("dags list"), TYPED)
    told(connection, HERE)
    record.finish(number, connection, parse("dags list"), Result())
    assert accounts(record) == [HERE]


def test_what_was_seen_last_is_corrected(record: HistoryRecorder, connection: Connection) -> None:
    told(connection, OTHER)
    identify(connection)
    sent(record, connection, "dags list")  # another shell, an account of before
    before = HistoryRecorder()
    later = Connection(connection.target, "2.10.3")
    assert environment_key(later).account == OTHER, "nobody waits for AWS"
    sent(before, later, "version")
    told(later, HERE)
    sent(before, later, "version")
    assert accounts(before) == [OTHER, HERE, HERE], "what others wrote stays"
    before.history.close()


def test_secrets_of_the_users_own_names(record: HistoryRecorder, connection: Connection, tmp_path: Path) -> None:
    record.log_to(tmp_path / "log", output=True)
    number = sent(record, connection, "variables set pin_code 4711")
    entry = record.history.get(number)
    assert entry is not None
    assert (entry.line, entry.masked) == ("variables set pin_code ***", True)
    assert b"4711" not in (tmp_path / "log").read_bytes()


# -- the audit trail ---------------------------------------------------------------------------------------------------


def logged(
    record: HistoryRecorder, connection: Connection, tmp_path: Path, line: str, stdout: bytes, *, output: bool
) -> dict[str, object]:
    record.log_to(tmp_path / "log", output=output)
    sent(record, connection, line, Result(Outcome.OK, stdout=stdout, stderr=b"warn\n", remote=True))
    found = json.loads((tmp_path / "log").read_text().splitlines()[-1])
    assert isinstance(found, dict)
    return found


def test_what_was_printed_is_logged_only_if_asked_for(
    record: HistoryRecorder, connection: Connection, tmp_path: Path
) -> None:
    quiet = logged(record, connection, tmp_path, "dags list", b"one\n", output=False)
    assert set(quiet) == {"time", "environment", "line", "outcome", "seconds", "http_status"}
    whole = logged(record, connection, tmp_path, "dags list", "ä\xff\n".encode("latin-1"), output=True)
    assert (whole["stdout"], whole["stderr"]) == ("\ufffd\ufffd\n", "warn\n")


@pytest.mark.parametrize(
    "line",
    [
        "connections list -o json",
        "airflow connections get x",
        "connections export - ",
        "variables get day",
        "variables list | cat",
        "config get-value core x",
        "tasks render a b 2024-01-01",
        "users create -u me -p geheim",
        'dags trigger x -c \'{"token": "geheim"}\'',
        ".send connections list",
    ],
)
def test_outputs_that_may_hold_passwords_are_never_logged(
    record: HistoryRecorder, connection: Connection, tmp_path: Path, line: str
) -> None:
    found = logged(record, connection, tmp_path, line, b"geheim", output=True)
    assert str(found["output"]).startswith("left out: ")
    assert "geheim" not in (tmp_path / "log").read_text()


def test_a_secret_of_a_local_command_hides_no_output(
    record: HistoryRecorder, connection: Connection, tmp_path: Path
) -> None:
    found = logged(record, connection, tmp_path, "dags list | curl -u me:geheim h", b"one\n", output=True)
    assert (found["line"], found["stdout"]) == ("dags list | curl -u me:*** h", "one\n")


@pytest.mark.parametrize(
    ("printed", "kept"),
    [
        (
            '[{"dag_id": "x", "conf": {"token": "geheim", "n": 1}}]',
            '[{"dag_id": "x", "conf": {"token": "***", "n": 1}}]',
        ),
        ("can't reach pg://u:geheim@h/d", "can't reach pg://u:***@h/d"),
        ("success, {'pin_code': 'geheim'}\n\n", "success, {'pin_code': '***'}\n\n"),
        ("it isn't so: password: geheim", "it isn't so: password: ***"),
        ("sent Authorization: Bearer geheim api_key=geheim&n=1", "sent Authorization: *** *** api_key=***"),
        (
            '{"token": null, "max_tokens": 4096, "use_token": true}',
            '{"token": null, "max_tokens": 4096, "use_token": true}',
        ),
        ("http://h:8080/a, 12:30:00, {'a': 1}", "http://h:8080/a, 12:30:00, {'a': 1}"),
    ],
)
def test_secrets_in_other_outputs_are_covered(
    record: HistoryRecorder, connection: Connection, tmp_path: Path, printed: str, kept: str
) -> None:
    assert logged(record, connection, tmp_path, "dags state x", printed.encode(), output=True)["stdout"] == kept


def test_a_log_that_cannot_be_written_is_said(record: HistoryRecorder, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        record.log_to(tmp_path / "none" / "log")
