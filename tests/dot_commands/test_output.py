"""The last reply as it came, on the clipboard, and all of them in a transcript: on a double."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mwaa_shell.errors import ExitCode
from mwaa_shell.output.clipboard import LIMIT
from mwaa_shell.result import Outcome
from mwaa_shell.session import Session
from tests.double import Double, command_response, response
from tests.sessions import Notes, execute

NOISY = b"[2024-01-01] {x.py:1} INFO - hi\n"
RECORDS = b'[{"dag_id": "a"}]\n'


@pytest.fixture
def session(session: Session, monkeypatch: pytest.MonkeyPatch) -> Session:
    """As at a prompt, whose standard output is a terminal."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("TMUX", raising=False)
    session.ui.draws_tables = True
    return session


def answer(double: Double, stdout: bytes, stderr: bytes = b"") -> None:
    double.web.behave = lambda request: command_response(stdout, stderr)


# -- .raw --------------------------------------------------------------------------------------------------------------


def test_raw_hands_over_every_byte(double: Double, session: Session, tmp_path: Path) -> None:
    answer(double, NOISY + b"\xff\x00\r" + RECORDS, b"said")
    execute(session, "dags list -o json")
    for line in (f".raw > {tmp_path}/out", f".raw | cat > {tmp_path}/out"):
        assert execute(session, line).ok
        assert (tmp_path / "out").read_bytes() == NOISY + b"\xff\x00\r" + RECORDS
    execute(session, f".raw --http > {tmp_path}/out")
    assert set(json.loads((tmp_path / "out").read_bytes())) == {"stdout", "stderr"}


@pytest.mark.parametrize("line", [".raw", ".raw --http"])
def test_passwords_are_not_for_a_screen(double: Double, session: Session, tmp_path: Path, line: str) -> None:
    answer(double, b"password\nhunter2\n")
    execute(session, "connections list")
    refused = execute(session, line)
    assert (refused.exit_code, refused.stdout) == (ExitCode.REFUSED, b"")
    assert ".set reveal on" in refused.hint
    assert ".raw > FILE" in refused.hint
    assert execute(session, f"{line} > {tmp_path}/out").ok
    assert (tmp_path / "out").read_bytes()
    execute(session, ".set reveal on")
    assert execute(session, line).stdout == (tmp_path / "out").read_bytes()
    execute(session, ".set reveal off")
    assert execute(session, ".copy").exit_code is ExitCode.REFUSED
    session.ui.draws_tables = False  # a script
    assert execute(session, line).ok


def test_raw_of_what_was_no_output_of_a_command(double: Double, session: Session) -> None:
    double.web.behave = lambda request: response(504, b"<title>late</title>", {"Content-Type": "text/html"})
    execute(session, "version")
    assert "See .raw --http." in execute(session, ".raw").hint
    assert execute(session, ".raw --http").stdout == b"<title>late</title>"

    def hang_up(request: object) -> None:
        return None

    double.web.behave = hang_up
    assert execute(session, "version").outcome is Outcome.UNKNOWN
    told = execute(session, ".raw --http")
    assert told.exit_code is ExitCode.USAGE
    assert "has no output" in told.message


@pytest.mark.parametrize("line", [".raw", ".copy"])
def test_there_is_no_output_yet(session: Session, line: str) -> None:
    assert execute(session, line).message == "There is no output yet"


# -- .copy -------------------------------------------------------------------------------------------------------------


def test_copy_takes_what_a_pipe_would_get(double: Double, session: Session) -> None:
    answer(double, NOISY + RECORDS)
    execute(session, "dags list -o json")
    copied = execute(session, ".copy")
    assert copied.clipboard == RECORDS
    assert copied.stdout == b"18 bytes are sent to the clipboard of the terminal.\n"
    execute(session, ".set pipe raw")
    assert execute(session, ".copy").clipboard == NOISY + RECORDS


def test_copy_takes_text_without_control_characters(double: Double, session: Session) -> None:
    answer(double, b"\x1b[31mred\x1b[0m\x1b[201~\xff\n")
    execute(session, "dags list")
    assert execute(session, ".copy").clipboard == "red^[[201~�\n".encode()


def test_a_output_without_the_data_that_was_asked_for_is_copied_whole(double: Double, session: Session) -> None:
    answer(double, b"nothing of the kind\n")
    execute(session, "dags list -o json")
    assert execute(session, ".copy").clipboard == b"nothing of the kind\n"


def test_what_is_too_long_for_a_terminal_is_said(double: Double, session: Session) -> None:
    answer(double, b"x" * LIMIT)
    execute(session, "dags list")
    assert len(execute(session, ".copy").clipboard) == LIMIT
    answer(double, b"x" * LIMIT + b"\n")
    execute(session, "dags list")
    told = execute(session, ".copy")
    assert (told.exit_code, told.clipboard) == (ExitCode.USAGE, b"")
    assert "not 74,995" in told.message
    assert ".raw > FILE" in told.hint


def test_copy_wants_a_terminal_and_something_to_copy(
    double: Double, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(double, b"")
    execute(session, "dags list")
    assert "nothing on standard output" in execute(session, ".copy").message
    answer(double, b"x\n")
    execute(session, "dags list")
    assert "requires a terminal" in execute(session, f".copy > {tmp_path}/out").message
    monkeypatch.setenv("TERM", "dumb")
    assert "requires a terminal" in execute(session, ".copy").message
    monkeypatch.setenv("TERM", "xterm")
    assert execute(session, ".copy").ok
    session.ui.draws_tables = False
    assert "requires a terminal" in execute(session, ".copy").message


def test_tmux_is_spoken_of(double: Double, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMUX", "/tmp/tmux,1,0")
    execute(session, "version")
    assert "set-clipboard" in execute(session, ".copy").remark


# -- .tee --------------------------------------------------------------------------------------------------------------


def lines(path: Path) -> list[str]:
    """A transcript without its times."""
    return [line[:2] + line[28:] if line.startswith("# 2") else line for line in path.read_text().splitlines()]


def test_tee_says_where_output_goes(session: Session, notes: Notes, tmp_path: Path) -> None:
    execute(session, f".tee {tmp_path}/log")
    execute(session, ".tee off")
    assert notes == [f"Commands and their output are appended to {tmp_path}/log.", ".tee is off."]


def test_a_transcript(double: Double, session: Session, tmp_path: Path) -> None:
    path = tmp_path / "log"
    assert execute(session, ".tee").stdout == b"off\n"
    assert execute(session, f".tee {path}").ok
    answer(double, NOISY + RECORDS)
    execute(session, "dags list -o json")
    execute(session, "dags list -o json | cat > /dev/null")
    listed = bytes(execute(session, ".history -n 1").stdout).decode().splitlines()
    execute(session, " dags list")  # not to be written down
    execute(session, ".tee off")
    execute(session, "dags list")
    noisy = NOISY.decode().strip()
    assert lines(path) == [
        "# my-env> dags list -o json", noisy, RECORDS.decode().strip(), "# my-env> dags list -o json | cat > /dev/null",
        "# my-env> .history -n 1", *listed,
    ]  # fmt: skip


def test_no_secret_that_was_typed_is_in_it(double: Double, session: Session, tmp_path: Path) -> None:
    execute(session, f".tee {tmp_path}/log")
    answer(double, b"", b"Traceback (most recent call last):\nValueError: no\n")
    execute(session, "connections add x --conn-password hunter2")
    execute(session, ".send users create -p hunter2")
    text = (tmp_path / "log").read_text()
    assert "hunter2" not in text
    assert "> connections add x --conn-password ***" in text
    assert "\n# failed: ValueError: no.\n" in text


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_said_once_and_stops_nobody(double: Double, session: Session, notes: Notes) -> None:
    execute(session, ".tee /dev/full")
    notes.clear()
    for _ in range(2):
        assert execute(session, "version").ok
    assert notes == ["/dev/full cannot be written: No space left on device. .tee is off."]
    assert execute(session, ".tee").stdout == b"off\n"


def test_a_file_that_cannot_be_written_is_said_at_once(session: Session, tmp_path: Path) -> None:
    assert execute(session, f".tee {tmp_path}/none/log").exit_code is ExitCode.USAGE
    assert session.transcript is None


# -- > -----------------------------------------------------------------------------------------------------------------


def test_a_file_is_not_replaced_without_leave_and_nothing_is_sent(
    double: Double, session: Session, tmp_path: Path
) -> None:
    path = tmp_path / "out"
    path.write_text("old")
    session.ui.ask = lambda question: False
    refused = execute(session, f"dags list > {path}")
    assert (refused.exit_code, refused.outcome) == (ExitCode.REFUSED, Outcome.NOT_RUN)
    assert refused.message == f"{path} stays as it is"
    assert (double.commands, path.read_text()) == ([], "old")
    session.ui.ask = lambda question: True
    answer(double, RECORDS)
    assert execute(session, f"dags list > {path}").ok
    assert path.read_bytes() == RECORDS


def test_data_alone_goes_to_a_file(double: Double, session: Session, tmp_path: Path) -> None:
    answer(double, NOISY + RECORDS, b"said\n")
    left = execute(session, f"dags list -o json > {tmp_path}/out")
    assert (tmp_path / "out").read_bytes() == RECORDS
    assert (left.stdout, left.stderr) == (b"", NOISY + b"said\n")
    execute(session, ".set pipe raw")
    left = execute(session, f"dags list -o json | cat > {tmp_path}/out")
    assert (tmp_path / "out").read_bytes() == NOISY + RECORDS
    assert left.stderr == b"said\n"
