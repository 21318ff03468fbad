"""The shell's own commands, on a double."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mwaa_shell.airflow.grammar import load, versions
from mwaa_shell.airflow.help import explain
from mwaa_shell.dot_commands import DIRECTIVES
from mwaa_shell.dot_commands.overview import GROUPS
from mwaa_shell.errors import ExitCode
from mwaa_shell.session import Session
from mwaa_shell.settings import Settings
from tests.double import Double, command_reply
from tests.sessions import execute


@pytest.fixture
def session(double: Double, bundle: str) -> Session:
    double.names = ("my-env", "my-other", "staging")
    return Session(Settings(environment="my-env", access=double.access(bundle)))


def shown(session: Session, line: str) -> str:
    result = execute(session, line)
    assert result.ok, result.message
    return result.stdout.decode()


@pytest.mark.parametrize("word", ["help", ".help"])
def test_help_names_every_directive_once_and_fits_a_screen(session: Session, word: str) -> None:
    text = shown(session, word)
    grouped = [name for _, names in GROUPS for name in names]
    assert sorted(grouped) == sorted(directive.name for directive in DIRECTIVES)
    assert all(f" {name} " in text.replace("\n", " ") for name in grouped)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert len(text.splitlines()) < 24


def test_help_for_all_says_what_each_is_for(session: Session) -> None:
    text = shown(session, ".help all")
    for directive in DIRECTIVES:
        assert f"\n{directive.name} " in f"\n{text}"
        assert directive.summary in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_help_for_one(session: Session) -> None:
    assert shown(session, ".help .use").startswith(".use [ENV[@REGION]]")
    assert shown(session, ".help use") == shown(session, ".help .use")
    assert execute(session, ".help nothing").exit_code is ExitCode.USAGE


def test_help_for_a_command_of_this_airflow(session: Session) -> None:
    page = shown(session, ".help dags trigger")
    assert page.startswith("dags trigger [flags] DAG_ID\n")
    for words in ("-c, --conf CONF", "on MWAA: ", "in Airflow ", "examples:\n  dags trigger "):
        assert words in page
    assert "dags list-runs" in shown(session, ".help dags")


def test_every_command_of_every_version_has_a_page() -> None:
    for version in versions():
        grammar = load(version)
        for name in (*grammar.names, *grammar.groups):
            page = explain(tuple(name.split()), grammar)
            assert page is not None
            told = page.split("\nexamples:")[0]
            assert max(len(line) for line in told.splitlines()) <= 80, name


@pytest.mark.parametrize("word", ["exit", "quit", ".exit"])
def test_leaving(session: Session, word: str) -> None:
    assert execute(session, word).leaves


def test_envs_marks_the_open_one(session: Session) -> None:
    assert shown(session, ".envs") == "* my-env\n  my-other\n  staging\n"


def test_use_goes_elsewhere_and_back(double: Double, session: Session) -> None:
    for name in ("staging", "my-env", "staging"):
        shown(session, f".use {name}")
        execute(session, "version")
    tokens = [request.path for request in double.aws.seen if request.path.startswith("/clitoken")]
    assert tokens == ["/clitoken/staging", "/clitoken/my-env", "/clitoken/staging"]


def test_use_of_a_name_that_does_not_exist_stays(session: Session) -> None:
    result = execute(session, ".use stagin")
    assert (result.exit_code, result.message) == (
        ExitCode.NOTHING_RAN,
        "There is no environment stagin in eu-west-1; did you mean staging?",
    )
    assert session.link.target.name == "my-env"


def test_use_with_a_region_and_a_profile(session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(session, ".use staging@eu-central-1")
    assert session.link.target.access.region == "eu-central-1"
    config = tmp_path / "config"
    config.write_text("[profile other]\nregion = us-east-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    shown(session, ".use staging --profile other")
    assert (session.link.target.access.profile, session.link.region) == ("other", "us-east-1")


@pytest.mark.parametrize("line", [".use", ".use a b", ".use a@b --region c", ".use --nope", ".envs x", ".info x"])
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
    rows = dict(line.split(None, 1) for line in shown(session, ".info").splitlines())
    assert rows["MaxWorkers"] == "5"
    assert rows["LoggingConfiguration.TaskLogs.LogLevel"] == "INFO"
    assert rows["NetworkConfiguration.SubnetIds"] == "subnet-1, subnet-2"
    assert rows["AirflowConfigurationOptions.core.parallelism"] == "32"
    assert rows["AirflowConfigurationOptions.smtp.smtp_password"] == "***"


def test_raw_shows_the_last_reply_as_it_came(double: Double, session: Session) -> None:
    double.web.behave = lambda request: command_reply(b"\x1b[31mred\xff\n", b"warned\n")
    execute(session, "version")
    result = execute(session, ".raw")
    assert (result.stdout, result.stderr) == (b"\x1b[31mred\xff\n", b"warned\n")
    assert set(json.loads(bytes(execute(session, ".raw --reply").stdout))) == {"stdout", "stderr"}


def test_directives_take_a_destination(session: Session, tmp_path: Path) -> None:
    assert execute(session, f".envs > {tmp_path}/names").ok
    assert (tmp_path / "names").read_text() == "* my-env\n  my-other\n  staging\n"


def test_a_runbook_is_translated_and_what_needs_a_look_is_said(session: Session, tmp_path: Path) -> None:
    book = tmp_path / "book"
    book.write_text("# nightly\nairflow trigger_dag x | jq .\nserve_logs\ndags triger x\n")
    result = execute(session, f".translate 3.3.1 {book}")
    assert result.exit_code is ExitCode.FAILED
    assert result.message == "2 lines need a closer look"
    lines = result.stdout.decode().splitlines()
    assert lines[0] == "# nightly"
    assert "airflow dags trigger x | jq ." in lines
    assert "# serve_logs" in lines
    assert lines[-1] == "dags triger x"
    said = result.stderr.decode().splitlines()
    assert [line.split(": ")[0] for line in said] == [f"{book}:3", f"{book}:4"]
    book.write_text("dags list\n")
    assert execute(session, f".translate 2.9 {book}").ok


@pytest.mark.parametrize("version", ["9.9", "x"])
def test_a_version_that_is_none(session: Session, tmp_path: Path, version: str) -> None:
    result = execute(session, f".translate {version} {tmp_path}/x")
    assert "those are 1.10.12, 2.0.2" in result.message


def test_what_is_set_is_shown(session: Session) -> None:
    assert "menu typing" in shown(session, ".set")
    assert execute(session, ".set menu tab").ok
    assert shown(session, ".set menu").startswith("menu tab  when the menu opens")
    assert "Ctrl-R" in shown(session, ".keys")


def test_help_for_another_airflows_words(session: Session) -> None:
    page = shown(session, ".help trigger_dag")
    assert "called dags trigger" in page.splitlines()[0]
    assert "-c, --conf CONF" in page
