"""Files of lines, through a session on a double."""

from __future__ import annotations

from pathlib import Path

import pytest

from mwaa_shell.errors import ExitCode, UsageError
from mwaa_shell.session import Session, script
from mwaa_shell.settings import Settings
from tests.double import Double, command_reply
from tests.sessions import check_lines, run_lines


@pytest.fixture
def session(double: Double, bundle: str) -> Session:
    return Session(Settings(environment="my-env", access=double.access(bundle)))


def run(session: Session, *lines: str) -> tuple[list[ExitCode], list[str]]:
    told: list[str] = []
    codes = []
    for step in run_lines(session, [script.Line(line) for line in lines], lambda line, depth: told.append(line)):
        codes.append(step.result.exit_code)
        if not step.result.ok:
            break
    return codes, told


def test_a_file_runs_in_the_place_of_its_line(double: Double, session: Session, tmp_path: Path) -> None:
    file = tmp_path / "the runbook.txt"
    file.write_text("# first look\ndags \\\n  list\n\nversion\n")
    codes, told = run(session, f".source '{file}'", "dags pause x")
    assert double.commands == ["dags     list", "version", "dags pause x"]
    assert told == [f".source '{file}'", "dags     list", "version", "dags pause x"]
    assert set(codes) == {ExitCode.OK}


def test_the_whole_file_is_checked_first(double: Double, session: Session, tmp_path: Path) -> None:
    file = tmp_path / "runbook.txt"
    file.write_text("version\ndags trigger\n")
    codes, _ = run(session, f".source {file}")
    assert codes == [ExitCode.USAGE]
    assert double.commands == []


def test_the_first_failure_ends_it(double: Double, session: Session, tmp_path: Path) -> None:
    double.web.behave = lambda request: command_reply(b"", b"airflow.exceptions.DagNotFound: x\n")
    file = tmp_path / "runbook.txt"
    file.write_text("dags pause x\nversion\n")
    codes, _ = run(session, f".source {file}", "dags list")
    assert codes == [ExitCode.OK, ExitCode.FAILED]
    assert double.commands == ["dags pause x"]


def test_a_file_that_brings_itself_ends(double: Double, session: Session, tmp_path: Path) -> None:
    file = tmp_path / "runbook.txt"
    file.write_text(f"version\n.source {file}\n")
    codes, _ = run(session, f".source {file}")
    assert codes[-1] is ExitCode.USAGE
    assert len(double.commands) == script.DEEPEST


@pytest.mark.parametrize("name", ["none.txt", "", "~nobody-of-this-name/x"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name if not name.startswith("~") else Path(name)
    with pytest.raises(UsageError, match="cannot be read"):
        script.read(path)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not UTF-8"):
        script.read(tmp_path / "x")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (".frob", "There is no directive .frob"),
        (".set menu nope", "menu can be"),
        (".source nofile", "nofile cannot be read"),
        ("dags lst", "book:2: dags lst is no command"),
        (".use other\ndags 'x", "book:3: "),
        (".use other\ndags lst", "book:3: dags lst is no command"),
        (".use", "book:2: .use: name an environment"),
        (".send .send dags list", r"book:2: .send takes an Airflow command, and .send is one of the shell's own; noth"),
        (".send .use other", "book:2: .send takes an Airflow command, and .use is one"),
        ("connections add x --conn-password '***'", "book:2: --conn-password is masked and kept nowhere"),
        (".source inner", "inner:1: dags lst is no command"),
    ],
)
def test_all_is_looked_at_before_anything_runs(
    double: Double, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    double.names = ("my-env", "other")
    Path("inner").write_text("dags lst\n")
    Path("book").write_text(f"version\n{line}\n")
    with pytest.raises(UsageError, match=said):
        check_lines(session, script.lines_in(Path("book")))
    assert double.commands == []


def test_what_is_left_is_counted(session: Session) -> None:
    lines = [script.Line(text) for text in ("version", "# x", "", "version")]
    assert [step.left for step in run_lines(session, lines)] == [1, 1, 1, 0]
