"""Safety checks without a terminal: exit code 5 before anything is sent, and what permits a command."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.double import Double
from tests.programs import run_here
from tests.terminal.forked import Forks

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def run(double: Double, environ: dict[str, str]) -> Run:
    double.names = ("my-env", "my-prod")
    return lambda *arguments, environment="my-env": run_here([environment, *arguments], environ)


DELETES = b"deletes all runs, task instances and history of a."


def test_what_destroys_is_refused_before_the_first_line_is_sent(double: Double, run: Run) -> None:
    ended = run("-c", "version", "-c", "dags delete a")
    assert (ended.returncode, double.commands) == (5, [])
    said = b"dags delete a needs confirmation: it " + DELETES + b" Nothing was sent.\nmwaa-shell: hint: Pass --yes.\n"
    assert ended.stderr == b"mwaa-shell: error: " + said


def test_yes_runs_the_command_and_answers_airflows_question(double: Double, run: Run) -> None:
    assert run("--yes", "-c", "dags delete a", "-c", "variables delete b").returncode == 0
    assert double.commands == ["dags delete a -y", "variables delete b"]


def test_yes_of_another_environment_names_the_mismatch(double: Double, run: Run) -> None:
    ended = run("--yes=other-env", "-c", "dags delete a")
    assert (ended.returncode, double.commands) == (5, [])
    assert b"hint: Pass --yes (you passed --yes=other-env)." in ended.stderr


def test_a_plain_yes_does_not_take_the_name_behind_it(
    double: Double, program: list[str], environ: dict[str, str], forks: Forks
) -> None:
    command = [*program, "--yes", "my-env", "-c", "dags delete a -y"]
    assert forks.run(command, environ).returncode == 0
    assert double.commands == ["dags delete a -y"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [((), 5), (("--yes",), 5), (("--yes=my-env",), 5), (("--yes=my-prod",), 0)],
)
@pytest.mark.parametrize("line", ["dags trigger a", "dags delete a -y", ".send my-plugin do"])
def test_a_protected_environment_wants_its_name(
    double: Double, run: Run, arguments: tuple[str, ...], code: int, line: str
) -> None:
    ended = run(*arguments, "-c", line, environment="my-prod")
    assert ended.returncode == code
    assert double.commands == ([line.removeprefix(".send ")] if code == 0 else [])


def test_reads_run_everywhere(double: Double, run: Run) -> None:
    assert run("--read-only", "-c", "dags list", environment="my-prod").returncode == 0
    assert double.commands == ["dags list"]


@pytest.mark.parametrize("line", ["dags trigger a", ".send dags trigger a", ".do start", ".source FILE"])
def test_a_read_only_run_sends_reads_alone_whoever_says_yes(
    double: Double, run: Run, tmp_path: Path, line: str
) -> None:
    (tmp_path / "runbook").write_text("version\ndags trigger a\n")
    line = line.replace("FILE", str(tmp_path / "runbook"))
    ended = run("--read-only", "--yes=my-env", "-c", ".save start 'dags trigger a'", "-c", "version", "-c", line)
    assert (ended.returncode, double.commands) == (5, [])
    assert b"Read-only mode refused dags trigger a: it changes data. Nothing was sent." in ended.stderr


def test_behind_a_use_the_rails_are_those_of_the_other_environment(double: Double, run: Run) -> None:
    ended = run("-c", "version", "-c", ".use my-prod", "-c", "dags trigger a")
    assert (ended.returncode, double.commands) == (5, [])
    assert b"hint: Pass --yes=my-prod: my-prod is protected." in ended.stderr
    assert run("--yes=my-prod", "-c", ".use my-prod", "-c", "dags trigger a").returncode == 0


def test_a_read_only_run_stays_one(double: Double, run: Run) -> None:
    ended = run("--read-only", "-c", ".readonly off")
    assert ended.returncode == 2
    assert b"--read-only holds until the shell ends" in ended.stderr


def test_what_airflow_would_ask_is_asked_here_although_it_destroys_nothing(double: Double, run: Run) -> None:
    line = "dags pause --treat-dag-id-as-regex a.*"
    assert run("-c", line).returncode == 5
    assert run("--yes", "-c", line).returncode == 0
    assert double.commands == [f"{line} -y"]


def test_commands_after_a_failed_use_are_not_sent(double: Double, run: Run) -> None:
    ended = run("--yes", "--keep-going", "-c", ".use nosuch", "-c", "dags delete a")
    assert (ended.returncode, double.commands) == (3, [])


def test_what_airflow_would_ask_is_refused_before_the_first_line_is_sent(double: Double, run: Run) -> None:
    ended = run("-c", "version", "-c", "dags pause --treat-dag-id-as-regex a.*")
    assert (ended.returncode, double.commands) == (5, [])


def test_what_is_added_is_said(double: Double, run: Run) -> None:
    assert run("--yes", "-c", "dags delete a").stderr == b"mwaa-shell: sent with -y\n"


def test_airflow_is_answered_also_where_its_version_is_not_known(double: Double, run: Run) -> None:
    double.aws.behave = double.only_tokens
    assert run("--yes", "-c", "dags delete a").returncode == 0
    assert double.commands == ["dags delete a -y"]


def test_a_yes_without_the_name_that_was_meant_is_none(double: Double, run: Run) -> None:
    assert run("--yes=", "-c", "dags delete a -y").returncode == 2
    assert double.commands == []


def test_a_command_of_a_provider_that_this_airflow_has_not_destroys_all_the_same(double: Double, run: Run) -> None:
    assert run("-c", ".send kubernetes cleanup-pods").returncode == 5
    assert double.commands == []


def test_what_is_set_on_the_way_counts_for_the_lines_behind_it(double: Double, run: Run) -> None:
    ended = run("-c", "version", "-c", ".set protect my-*", "-c", "dags trigger a")
    assert (ended.returncode, double.commands) == (5, [])
    assert b"dags trigger a needs confirmation: it starts a run of a. Nothing was sent." in ended.stderr
    assert b"hint: Pass --yes=my-env: my-env is protected." in ended.stderr
    assert run("-c", ".set protect nothing", "-c", "dags trigger a", environment="my-prod").returncode == 0
    ended = run("-c", "version", "-c", ".readonly on", "-c", "dags trigger a")
    assert (ended.returncode, double.commands) == (5, ["dags trigger a"])
    assert b"Read-only mode refused dags trigger a" in ended.stderr
    assert run("-c", ".readonly on", "-c", ".readonly off", "-c", "dags trigger b").returncode == 0
    assert double.commands == ["dags trigger a", "dags trigger b"]


def test_what_cannot_be_lifted_is_known_ahead(double: Double, run: Run) -> None:
    ended = run("--read-only", "-c", "version", "-c", ".readonly off")
    assert (ended.returncode, double.commands) == (2, [])


def test_what_was_set_for_one_environment_holds_on_the_next(double: Double, run: Run) -> None:
    ended = run("-c", "version", "-c", ".set protect nothing", "-c", ".use my-prod", "-c", "dags trigger a")
    assert (ended.returncode, double.commands) == (0, ["version", "dags trigger a"])
    ended = run("--yes", "-c", "version", "-c", ".use my-prod", "-c", ".use my-env", "-c", "dags delete a -y")
    assert (ended.returncode, double.commands[2:]) == (0, ["version", "dags delete a -y"])


def test_lines_are_checked_for_the_airflow_of_the_environment_that_they_open(double: Double, run: Run) -> None:
    describe = double.describe
    double.describe = lambda name: describe(name) | ({"AirflowVersion": "1.10.12"} if name == "my-prod" else {})  # type: ignore[method-assign]
    ended = run("-c", "version", "-c", ".use my-prod", "-c", "dags list")
    assert (ended.returncode, double.commands) == (2, [])
    assert b"list_dags" in ended.stderr
    assert run("-c", "version", "-c", ".use my-prod", "-c", "list_dags").returncode == 0


def test_an_environment_that_there_is_not_is_known_ahead(double: Double, run: Run) -> None:
    ended = run("-c", "version", "-c", ".use my-prd")
    assert (ended.returncode, double.commands) == (3, [])
    assert b"Did you mean 'my-prod'?" in ended.stderr


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        (".redo 2", 5, b".redo 2: the command changes data. Nothing was sent."),
        (".redo 1-2", 5, b".redo 1,2: the command changes data"),
        (".redo 1,2 --on my-prod", 5, b"the command changes data"),
        (".redo 1 --on my-prd", 3, b"Did you mean 'my-prod'?"),
        (".redo 99", 2, b"The history has no command 99."),
        (".redo x", 2, b"'x' is not the number of a command"),
        (".redo 1 --edit", 2, b".redo --edit requires a prompt"),
        (".redo 1 --failed", 2, b".redo requires numbers"),
        (".redo 3", 2, b"The value of db_password is masked. Nothing was sent."),
        (".do again", 5, b".redo 2: the command changes data"),
        (".source FILE", 5, b"again:1: .redo 2: the command changes data"),
    ],
)
def test_a_rerun_is_looked_at_before_the_first_line_is_sent(
    double: Double, run: Run, tmp_path: Path, line: str, code: int, said: bytes
) -> None:
    (tmp_path / "again").write_text(".redo 2\n")
    before = ["dags list", "dags trigger a", "config get-value a 'postgres://u:hunter2@h/db'"]
    run(*(word for one in before for word in ("-c", one)))
    assert len(double.commands) == 3
    line = line.replace("FILE", str(tmp_path / "again"))
    ended = run("-c", ".save again .redo 2", "-c", "version", "-c", line)
    assert (ended.returncode, len(double.commands)) == (code, 3)
    assert said.replace(b"db_password", b"URI password") in ended.stderr


def test_a_rerun_that_reads_runs_and_what_this_run_has_sent_is_known_by_then(double: Double, run: Run) -> None:
    run("-c", "dags list")
    ended = run("-c", "version", "-c", ".redo 1-2", "-c", ".redo --failed")
    assert (ended.returncode, double.commands[1:]) == (0, ["version", "dags list", "version"])
    ended = run("-c", "dags trigger a", "-c", ".redo 5")
    assert (ended.returncode, double.commands[4:]) == (5, ["dags trigger a"])
    assert b".redo 5: the command changes data" in ended.stderr


def test_on_standard_input_a_line_is_looked_at_when_it_has_come(
    double: Double, program: list[str], environ: dict[str, str], forks: Forks
) -> None:
    lines = b"version\ndags delete a\nversion\n"
    ended = forks.run([*program, "my-env"], environ, lines)
    assert (ended.returncode, double.commands) == (5, ["version"])
    assert b"hint: Pass --yes.\n" in ended.stderr


@pytest.mark.parametrize("line", [".send .send dags list", ".send .use my-prod", ".send exit", ".send help"])
@pytest.mark.parametrize("environment", ["my-env", "my-prod"])
def test_a_dot_command_is_no_command_to_send(double: Double, run: Run, line: str, environment: str) -> None:
    ended = run("-c", "version", "-c", line, environment=environment)
    own = line.split()[1]
    assert (ended.returncode, double.commands) == (2, [])
    said = f"mwaa-shell: error: .send requires an Airflow command, and {own} is a dot-command. Nothing was sent."
    assert ended.stderr.startswith(said.encode())


def test_what_is_sent_as_it_is_is_not_asked_about_for_airflow(double: Double, run: Run) -> None:
    line = "dags pause --treat-dag-id-as-regex a.*"
    assert run("-c", f".send {line}").returncode == 0
    assert double.commands == [line]
