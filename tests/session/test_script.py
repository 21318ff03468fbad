"""Files of lines, through a session on a double."""

from __future__ import annotations

from pathlib import Path

import pytest

from mwaa_shell.errors import ExitCode, UsageError
from mwaa_shell.session import Session, script
from tests.double import Double, command_response
from tests.sessions import check_lines, run_lines


def run(session: Session, *lines: str) -> tuple[list[ExitCode], list[str]]:
    told: list[str] = []
    codes = []
    for step in run_lines(session, [script.ScriptLine(line) for line in lines], lambda line, depth: told.append(line)):
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


def test_first_failure_ends_the_script(double: Double, session: Session, tmp_path: Path) -> None:
    double.web.behave = lambda request: command_response(b"", b"airflow.exceptions.DagNotFound: x\n")
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
        script.read_script(path)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="not UTF-8"):
        script.read_script(tmp_path / "x")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (".frob", "Unknown dot-command '.frob'"),
        (".set menu nope", "menu must be"),
        (".source nofile", "nofile cannot be read"),
        ("dags lst", "book:2: Unknown command 'dags lst'"),
        (".use other\ndags 'x", "book:3: "),
        (".use other\ndags lst", "book:3: Unknown command 'dags lst'"),
        (".use", "book:2: .use requires the name"),
        (".send .send dags list", "book:2: .send requires an Airflow command, and .send is"),
        (".send .use other", "book:2: .send requires an Airflow command, and .use is"),
        ("connections add x --conn-password '***'", "book:2: The value of --conn-password is masked"),
        (".source inner", "inner:1: Unknown command 'dags lst'"),
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
        check_lines(session, script.load_script(Path("book")))
    assert double.commands == []


def test_what_is_left_is_counted(session: Session) -> None:
    lines = [script.ScriptLine(text) for text in ("version", "# x", "", "version")]
    assert [step.left for step in run_lines(session, lines)] == [1, 1, 1, 0]


def test_what_is_left_counts_the_file_of_a_source(session: Session, tmp_path: Path) -> None:
    (tmp_path / "book").write_text("version\nversion")
    lines = [script.ScriptLine(text, "outer:1") for text in (f".source {tmp_path}/book", "version", "version")]
    assert [step.left for step in run_lines(session, lines)] == [2, 3, 2, 1, 0]
    assert {step.where for step in run_lines(session, lines)} == {"outer:1"}
