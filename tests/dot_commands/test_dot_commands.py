"""The shell's own commands, on a double."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mwaa_shell.airflow.grammar import load_grammar, versions
from mwaa_shell.airflow.help import explain
from mwaa_shell.docs import TOPICS
from mwaa_shell.dot_commands import DOT_COMMANDS
from mwaa_shell.dot_commands.help import in_columns
from mwaa_shell.dot_commands.history import SCRIPT_USAGE
from mwaa_shell.errors import ExitCode, UsageError
from mwaa_shell.session import Session
from mwaa_shell.session.script import ScriptLine
from tests.double import Double, command_response, refusal
from tests.sessions import check_lines, execute


@pytest.fixture
def session(double: Double, session: Session) -> Session:
    double.names = ("my-env", "my-other", "staging")
    return session


def shown(session: Session, line: str) -> str:
    result = execute(session, line)
    assert result.ok, result.message
    return result.stdout.decode()


@pytest.mark.parametrize("word", ["help", ".help"])
def test_first_screen_of_help_fits_and_names_dot_commands(session: Session, word: str) -> None:
    text = shown(session, word)
    named = set(re.findall(r"(?<![\w/])\.[a-z]+", text))
    assert len(named) > 15
    assert named <= {one.name for one in DOT_COMMANDS}
    assert max(len(line) for line in text.splitlines()) <= 80
    assert len(text.splitlines()) < 22


def test_help_all_has_a_row_for_each_dot_command(session: Session) -> None:
    lines = shown(session, ".help all").splitlines()
    for one in DOT_COMMANDS:
        (row,) = (line for line in lines if line.startswith(f"  {one.name} "))
        assert row.endswith(one.summary)
    assert set(TOPICS) <= {line.split()[0] for line in lines if line}
    assert max(map(len, lines)) <= 80


def test_help_for_one(session: Session) -> None:
    assert shown(session, ".help .use").startswith(".use [ENV[@REGION]|-]")
    assert shown(session, ".help use") == shown(session, ".help .use")
    assert execute(session, ".help nothing").exit_code is ExitCode.USAGE
    for typed, meant in ((".folow", ".follow"), ("histroy", "history"), ("dags triger", "dags trigger")):
        assert execute(session, f".help {typed}").message.endswith(f" is named '{typed}'. Did you mean '{meant}'?")


def test_help_for_a_topic_is_its_page(session: Session) -> None:
    assert shown(session, ".help history").startswith("History and saved commands\n")
    assert shown(session, "help runs") == shown(session, ".help runs")
    assert shown(session, ".help .history").startswith(".history [TEXT]")


def test_help_for_a_command_of_this_airflow(session: Session) -> None:
    page = shown(session, ".help dags trigger")
    assert page.startswith("dags trigger [flags] DAG_ID\n")
    for words in ("-c, --conf CONF", "on MWAA: ", "in Airflow ", "examples:\n  dags trigger "):
        assert words in page
    assert "dags list-runs" in shown(session, ".help dags")


@pytest.mark.parametrize("kind", ["variables", "connections", "pools"])
def test_help_for_files_of_the_web_server_names_the_dot_command(session: Session, kind: str) -> None:
    assert ".export writes such a file on this machine" in shown(session, f".help {kind} export")
    assert ".import reads such a file on this machine" in shown(session, f".help {kind} import")


def test_every_command_of_every_version_has_a_page() -> None:
    for version in versions():
        grammar = load_grammar(version)
        for name in (*grammar.names, *grammar.groups):
            page = explain(tuple(name.split()), grammar)
            assert page is not None
            told = page.split("\nexamples:")[0]
            assert max(len(line) for line in told.splitlines()) <= 80, name


@pytest.mark.parametrize("word", ["exit", "quit", ".exit"])
def test_leaving(session: Session, word: str) -> None:
    assert execute(session, word).leaves


def test_use_goes_elsewhere_and_back(double: Double, session: Session) -> None:
    for name in ("staging", "my-env", "staging"):
        shown(session, f".use {name}")
        execute(session, "version")
    tokens = [request.path for request in double.aws.seen if request.path.startswith("/clitoken")]
    assert tokens == ["/clitoken/staging", "/clitoken/my-env", "/clitoken/staging"]


def test_use_goes_back_with_the_access_of_before(double: Double, session: Session) -> None:
    shown(session, ".use staging@eu-central-1")
    shown(session, ".use staging@eu-central-1")
    shown(session, ".use -")
    assert session.target is not None
    assert (session.target.name, session.target.access.region) == ("my-env", "eu-west-1")
    shown(session, ".use -")
    assert (session.target.name, session.target.access.region) == ("staging", "eu-central-1")


def test_a_script_is_checked_where_use_goes_back_to(double: Double, session: Session) -> None:
    describe = double.describe
    double.describe = lambda name: describe(name) | ({"AirflowVersion": "1.10.12"} if name == "staging" else {})  # type: ignore[method-assign]
    check_lines(
        session, [ScriptLine(".use staging"), ScriptLine("list_dags"), ScriptLine(".use -"), ScriptLine("dags list")]
    )
    check_lines(
        session, [ScriptLine(".use staging"), ScriptLine(".use -"), ScriptLine(".use -"), ScriptLine("list_dags")]
    )
    with pytest.raises(UsageError, match="list_dags"):
        check_lines(session, [ScriptLine(".use staging"), ScriptLine(".use -"), ScriptLine("list_dags")])


def test_use_of_a_name_that_does_not_exist_stays(session: Session) -> None:
    result = execute(session, ".use stagin")
    assert (result.exit_code, result.message) == (
        ExitCode.NOTHING_RAN,
        "No environment 'stagin' in eu-west-1. Did you mean 'staging'?",
    )
    assert session.connection.target.name == "my-env"


def test_use_with_a_region_and_a_profile(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(session, ".use staging@eu-central-1")
    assert session.connection.target.access.region == "eu-central-1"
    config = tmp_path / "config"
    config.write_text("[profile other]\nregion = us-east-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    shown(session, ".use staging --profile other")
    assert (session.connection.target.access.profile, session.connection.region) == ("other", "us-east-1")


@pytest.mark.parametrize(
    "line", [".use", ".use -", ".use a b", ".use a@b --region c", ".use --nope", ".envs x", ".info x"]
)
def test_words_that_make_no_sense(session: Session, line: str) -> None:
    assert execute(session, line).exit_code is ExitCode.USAGE


def test_info_shows_all_but_secrets(double: Double, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    details = {
        **double.describe("my-env"),
        "MaxWorkers": 5,
        "LoggingConfiguration": {"TaskLogs": {"Enabled": True, "LogLevel": "INFO"}},
        "AirflowConfigurationOptions": {"smtp.smtp_password": "hunter2", "core.parallelism": "32"},
        "NetworkConfiguration": {"SubnetIds": ["subnet-1", "subnet-2"]},
    }
    monkeypatch.setattr(double, "describe", lambda name: details)
    lines = shown(session, ".info").splitlines()
    assert len(lines[0]) < 60  # wide names of options move no other value
    rows = dict(line.split(None, 1) for line in lines)
    assert rows["MaxWorkers"] == "5"
    assert rows["LoggingConfiguration.TaskLogs.LogLevel"] == "INFO"
    assert rows["NetworkConfiguration.SubnetIds"] == "subnet-1, subnet-2"
    assert rows["AirflowConfigurationOptions.core.parallelism"] == "32"
    assert rows["AirflowConfigurationOptions.smtp.smtp_password"] == "***"


def test_raw_shows_the_last_output_as_it_came(double: Double, session: Session) -> None:
    double.web.behave = lambda request: command_response(b"\x1b[31mred\xff\n", b"warned\n")
    execute(session, "version")
    result = execute(session, ".raw")
    assert (result.stdout, result.stderr) == (b"\x1b[31mred\xff\n", b"warned\n")
    assert set(json.loads(bytes(execute(session, ".raw --http").stdout))) == {"stdout", "stderr"}


def test_dot_commands_take_a_destination(session: Session, tmp_path: Path) -> None:
    assert execute(session, f".envs -o csv > {tmp_path}/names").ok
    lines = (tmp_path / "names").read_text().splitlines()
    assert lines[0] == "name,status,version,access_mode,class,region"
    assert [line.partition(",")[0] for line in lines[1:]] == ["my-env", "my-other", "staging"]


def test_a_runbook_is_translated_and_what_needs_a_look_is_said(session: Session, tmp_path: Path) -> None:
    book = tmp_path / "book"
    book.write_text("# nightly\nairflow trigger_dag x | jq .\nserve_logs\ndags triger x\ndags list || true\n")
    result = execute(session, f".translate 3.3.1 {book}")
    assert result.exit_code is ExitCode.FAILED
    assert result.message == "3 lines need a closer look"
    lines = result.stdout.decode().splitlines()
    assert lines[0] == "# nightly"
    assert "airflow dags trigger x | jq ." in lines
    assert "# serve_logs" in lines
    assert lines[-2:] == ["dags triger x", "dags list || true"]
    said = result.stderr.decode().splitlines()
    assert [line.split(": ")[0] for line in said] == [f"{book}:3", f"{book}:4", f"{book}:5"]
    assert said[2].endswith(": A command cannot contain ||. Write one command a line.")
    book.write_text("dags list\n")
    assert execute(session, f".translate 2.9 {book}").ok


@pytest.mark.parametrize("version", ["9.9", "x"])
def test_a_version_that_is_none(session: Session, tmp_path: Path, version: str) -> None:
    result = execute(session, f".translate {version} {tmp_path}/x")
    assert "3.3.1" in result.hint


def test_what_is_set_is_shown(session: Session) -> None:
    lines = shown(session, ".set").splitlines()
    assert lines[0].split()[:3] == ["menu", "typing", "when"]
    assert max(map(len, lines)) < 80
    assert execute(session, ".set menu tab").ok
    assert shown(session, ".set menu").startswith("menu tab  when the menu opens")
    assert "Ctrl-R" in shown(session, ".keys")


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        (".set timeout 5", ".set does not change timeout", "Set it in config.toml, or use --timeout."),
        (".set read-only", ".set does not change read-only", "Set it in config.toml, or use .readonly."),
        (".script 999", "The history has no command 999", "List them with .history."),
        (".script dags list", SCRIPT_USAGE, "Write it as in .script 42 curl."),
        (".script bash dags list", SCRIPT_USAGE, "Write bash last, as in .script dags list bash."),
        (".tee on", ".tee requires FILE or off, not 'on'", "Write .tee ./on for a file of that name."),
        (".follow latest", ".follow requires a DAG before latest", "Write .follow DAG latest."),
        (".why latest", ".why requires a DAG before latest", "Write .why DAG latest."),
        (".logs latest --all", ".logs requires a DAG before latest", "Write .logs DAG latest."),
        (".open latest", ".open requires a DAG before latest", "Write .open DAG latest."),
        (".script dags list bsh", "Unknown kind of script 'bsh'. Did you mean 'bash'", "Use one of: curl, bash, "),
    ],
)
def test_mistakes_name_the_right_form(session: Session, line: str, message: str, hint: str) -> None:
    result = execute(session, line)
    assert (result.exit_code, result.message.rstrip("?")) == (ExitCode.USAGE, message)
    assert result.hint.startswith(hint)


def test_dag_named_latest_is_found_by_a_run_id(session: Session) -> None:
    result = execute(session, ".open latest manual__1")
    assert (result.ok, b"/dags/latest/" in bytes(result.stdout)) == (True, True)


def test_readonly_says_how_to_leave(session: Session) -> None:
    assert shown(session, ".readonly on") == "Read-only mode is on. Run .readonly off to change data.\n"


def test_help_for_another_airflows_words(session: Session) -> None:
    page = shown(session, ".help trigger_dag")
    assert "called dags trigger" in page.splitlines()[0]
    assert "-c, --conf CONF" in page


@pytest.mark.parametrize("width", [40, 60, 79])
def test_rows_with_labels_are_wrapped_at_words(width: int) -> None:
    rows = [("a", "some words " * 9), ("long" * 8, "more words " * 5), ("arn", "arn:aws:" + "x" * 90)]
    lines = in_columns(rows, width, indent="  ").splitlines()
    assert "".join("".join(lines).split()) == "".join("".join(left + right for left, right in rows).split())
    assert all(len(line) <= width for line in lines if "arn:aws" not in line)
    assert all(line.startswith("  ") for line in lines)
    assert {word for line in lines for word in line.split()} >= {"some", "words", "long" * 8, rows[2][1]}


def test_info_asks_aws_each_time_and_reports_a_denial(double: Double, session: Session) -> None:
    assert shown(session, ".info") == shown(session, ".info")
    assert [request.path for request in double.aws.seen] == ["/environments/my-env"] * 2
    double.aws.behave = lambda request: refusal(403, "AccessDeniedException", "no")
    denied = execute(session, ".info")
    assert denied.exit_code is ExitCode.NOTHING_RAN
    assert "airflow:GetEnvironment" in denied.message
