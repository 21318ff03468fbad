"""What is offered at a place of a line: dot-commands, their arguments, paths of this machine, Airflow's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from mwaa_shell.airflow.completion import NameMatch
from mwaa_shell.airflow.grammar import versions
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.versions import Version
from mwaa_shell.dot_commands import DOT_COMMANDS, command_in, completion, help_at_cursor
from mwaa_shell.dot_commands.completion import complete
from mwaa_shell.session import Session
from mwaa_shell.settings import Settings
from tests.sessions import execute


@pytest.fixture
def session() -> Session:
    made = Session(Settings(environment="my-env", airflow_version="2.10.3"))
    made.listed_environments = ("prod-eu", "prod-us", "staging")
    made.listed_profiles, made.listed_regions = ("admin", "default"), ("eu-west-1", "us-east-1")
    return made


def offered(session: Session, text: str, cursor: int | None = None) -> list[str]:
    return [one.text for one in complete(session, text, len(text) if cursor is None else cursor)]


def test_every_dot_command_is_offered(session: Session) -> None:
    assert offered(session, ".") == [one.name for one in DOT_COMMANDS]
    assert offered(session, "  .us") == [".use"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (".use ", ["prod-eu", "prod-us", "staging"]),
        (".use pr", ["prod-eu", "prod-us"]),
        (".use pu", ["prod-us"]),
        (".use --pro", ["--profile"]),
        (".use --profile ", ["admin", "default"]),
        (".use --profile admin st", ["staging"]),
        (".use x --region us", ["us-east-1"]),
        (".use staging ", []),
        (".raw -", ["--http"]),
        (".set keys ", ["emacs", "vi"]),
        (".set men", ["menu", "menu-after", "menu-rows"]),
        (".set menu t", ["typing", "tab"]),
        (".translate 3.", [str(one) for one in reversed(versions()) if one.major == 3]),
        (".follow sales ", ["latest"]),
        (".follow -n 3 sales man", []),
        (".logs --component re", ["requirements"]),
        (".nothing ", []),
        (".envs ", []),
        (".help .us", [".use"]),
        (".help dags tri", ["trigger"]),
        (".send dags tri", ["trigger"]),
        (".on st", ["staging"]),
        (".on ", ["all", "prod-eu", "prod-us", "staging"]),
        (".on --jobs 2 ", ["all", "prod-eu", "prod-us", "staging"]),
        (".on staging,", ["staging,all", "staging,prod-eu", "staging,prod-us"]),
        (".watch -n ", []),
        (".on --jobs 4 prod-e", ["prod-eu"]),
        (".on staging,prod-e", ["staging,prod-eu"]),
        (".on --fa", ["--fail-fast"]),
        (".on all dags tri", ["trigger"]),
        (".on all --jobs 2 dags tri", ["trigger"]),
        (".send .us", []),
    ],
)
def test_arguments_of_dot_commands(session: Session, text: str, names: list[str]) -> None:
    assert offered(session, text) == names


def test_tasks_are_those_of_the_first_argument(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def candidates(names: object, kind: Kind, dag: str, *rest: object, **more: object) -> tuple[list[NameMatch], int]:
        return [NameMatch(f"{kind.name}.{dag}")], 0

    monkeypatch.setattr(completion, "name_candidates", candidates)
    assert offered(session, ".logs sales run_1 ") == ["TASK.sales"]


def test_an_airflow_command_keeps_its_place_behind_a_dot_command(session: Session) -> None:
    [one] = complete(session, ".send dags tri x", len(".send dags tri"))
    assert (one.start, one.end) == (len(".send dags "), len(".send dags tri"))


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("dags list", 0),
        (".send dags list", 6),
        (".help dags", 6),
        ("help dags", 5),
        (".use dags", 0),
        (".send", 0),
        (".on all dags list", 8),
        (".on --jobs 2 a,b version", 17),
        (".on all", 7),
    ],
)
def test_where_the_airflow_command_begins(text: str, begins: int) -> None:
    assert command_in(text) == begins


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("runbook.txt", "Runs of May.txt", ".hidden"):
        (tmp_path / name).touch()
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "deep.txt").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        (".source r", ["runbook.txt"]),
        (".source R", ["'Runs of May.txt'"]),
        (".source 'Runs o", ["'Runs of May.txt'"]),
        (".source s", ["sub/"]),
        (".source sub/", ["sub/deep.txt"]),
        (".source ~/sub/d", ["~/sub/deep.txt"]),
        (".source ./ru", ["./runbook.txt"]),
        (".source .h", [".hidden"]),
        (".source none/", []),
        (".source ~nobody-of-this-name/", []),
        (".translate 3.3.1 sub/", ["sub/deep.txt"]),
        ("dags list > ru", ["runbook.txt"]),
        ("dags list >> sub/d", ["sub/deep.txt"]),
        ("dags list >ru", ["runbook.txt"]),
        ("dags list | ru", []),
        ("dags list > runbook.txt ", []),
        ("dags trigger 'a > ru", []),
    ],
)
def test_paths_of_this_machine(session: Session, folder: Path, text: str, paths: list[str]) -> None:
    assert offered(session, text) == paths


def test_hidden_files_are_offered_to_who_types_the_dot(session: Session, folder: Path) -> None:
    assert offered(session, ".source ") == ["runbook.txt", "'Runs of May.txt'", "sub/"]


def test_words_of_airflow_need_a_version(session: Session) -> None:
    assert "trigger" in offered(session, "dags tr")
    session.connection.version = None
    assert offered(session, "dags tr") == []
    session.connection.version = Version(1, 10, 12)
    assert offered(session, "trigger_d") == ["trigger_dag"]


@pytest.mark.parametrize(
    ("text", "found", "place"),
    [
        ("version\ndags tri", "trigger", 13),
        ("dags trigger x \\\n-o js", "json", 20),
        ("dags trigger \\\n--con", "--conf", 15),
        ("# first\n.use stag", "staging", 13),
    ],
)
def test_each_line_of_a_block_is_one(session: Session, text: str, found: str, place: int) -> None:
    [one] = complete(session, text, len(text))
    assert (one.text, one.start, one.end) == (found, place, len(text))


def test_a_line_of_a_block_is_explained(session: Session) -> None:
    block = "version\ndags list -o json\n.send dags trigger"
    assert help_at_cursor(block, 3, session.grammar).startswith("version")
    assert help_at_cursor(block, 20, session.grammar).startswith("dags list: -o, --output")
    assert help_at_cursor(block, len(block), session.grammar).startswith("dags trigger [flags]")


def test_saved_commands_and_their_parameters(session: Session) -> None:
    assert execute(session, """.save nightly "dags trigger {dag} -c '{conf}'" """).ok
    assert offered(session, ".do n") == ["nightly"]
    assert offered(session, ".save --delete ") == ["nightly"]
    assert offered(session, ".do nightly ") == ["dag=", "conf="]
    assert offered(session, ".do nightly dag=x ") == ["conf="]
