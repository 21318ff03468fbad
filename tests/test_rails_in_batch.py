"""The rails where nobody can be asked: what is refused with exit code 5 before anything is sent, and what lets it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.double import Double

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.fixture
def run(double: Double, program: list[str], environ: dict[str, str]) -> Run:
    double.names = ("my-env", "my-prod")

    def start(*arguments: str, environment: str = "my-env") -> subprocess.CompletedProcess[bytes]:
        command = [*program, environment, *arguments]
        return subprocess.run(command, env=environ, capture_output=True, timeout=60, check=False, input=b"")

    return start


DESTROYS = b"dags delete a destroys something: all runs, task states and history of the DAG are gone"


def test_what_destroys_is_refused_before_the_first_line_is_sent(double: Double, run: Run) -> None:
    ended = run("-c", "version", "-c", "dags delete a")
    assert (ended.returncode, double.commands) == (5, [])
    said = DESTROYS + b" (on my-env): --yes lets it run; nothing was sent\n"
    assert ended.stderr == b"mwaa-shell: " + said


def test_a_yes_lets_it_run_and_answers_airflow_where_it_would_ask(double: Double, run: Run) -> None:
    assert run("--yes", "-c", "dags delete a", "-c", "variables delete b").returncode == 0
    assert double.commands == ["dags delete a -y", "variables delete b"]


def test_a_plain_yes_does_not_take_the_name_behind_it(
    double: Double, program: list[str], environ: dict[str, str]
) -> None:
    command = [*program, "--yes", "my-env", "-c", "dags delete a -y"]
    assert subprocess.run(command, env=environ, timeout=60, check=False, input=b"").returncode == 0
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
    assert b"This session only reads" in ended.stderr


def test_behind_a_use_the_rails_are_those_of_the_other_environment(double: Double, run: Run) -> None:
    ended = run("-c", "version", "-c", ".use my-prod", "-c", "dags trigger a")
    assert (ended.returncode, double.commands) == (5, [])
    assert b"(my-prod is protected): --yes=my-prod lets it run" in ended.stderr
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


def test_where_no_other_environment_was_opened_nothing_behind_it_is_sent_to_this_one(double: Double, run: Run) -> None:
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
