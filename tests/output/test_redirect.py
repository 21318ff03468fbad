"""Held here: ``>`` replaces a file whole or not at all, ``>>`` appends, ``|`` lends the terminal too, and what
cannot work, or is not wanted, is said before anything is sent."""

from __future__ import annotations

import os
import signal
import stat
import sys
from pathlib import Path

import pytest

from mwaa_shell.airflow.command_line import Destination
from mwaa_shell.errors import ExitCode, RefusedByRule, State, UsageError
from mwaa_shell.output.redirect import check_writable, select_output, write_output
from mwaa_shell.preferences import Preferences
from mwaa_shell.result import Outcome, Result
from tests.conftest import scrubbed
from tests.terminal.emulator import Terminal

DATA = b"one \xff\x00\r\ntwo"
OK = Result(stdout=DATA, stderr=b"said\n", remote=True)
FAILED = Result(Outcome.FAILED, ExitCode.FAILED, DATA, b"said\n", "no", remote=True)


def to(operator: str, target: Path | str) -> Destination:
    return Destination(operator, str(target))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> set[Path]:
    """Folders and files that may not be written; the superuser, who may be running this, could write them all."""
    paths: set[Path] = set()

    def access(path: str | Path, how: int) -> bool:
        return Path(path) not in paths or how != os.W_OK

    monkeypatch.setattr(os, "access", access)
    return paths


@pytest.mark.parametrize("operator", [">", ">>"])
def test_a_new_file_holds_the_bytes_and_the_result_keeps_the_rest(operator: str, tmp_path: Path) -> None:
    path = tmp_path / "out put.json"
    mask = os.umask(0o027)
    try:
        check_writable(to(operator, path))
        assert write_output(to(operator, path), OK) == OK._replace(stdout=b"")
    finally:
        os.umask(mask)
    assert path.read_bytes() == DATA
    assert mode(path) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_an_arrow_replaces_the_file_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("old")
    path.chmod(0o604)
    before = path.stat().st_ino
    assert write_output(to(">", path), OK).ok
    assert (path.read_bytes(), mode(path)) == (DATA, 0o604)
    assert path.stat().st_ino != before
    assert list(tmp_path.iterdir()) == [path]


def test_a_double_arrow_appends(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"old\n")
    for _ in range(2):
        assert write_output(to(">>", path), OK).ok
    assert path.read_bytes() == b"old\n" + DATA + DATA


@pytest.mark.parametrize("operator", [">", ">>"])
def test_a_symbolic_link_stays_one(operator: str, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "out", tmp_path / "link"
    target.write_bytes(b"")
    link.symlink_to(target)
    assert write_output(to(operator, link), OK).ok
    assert link.is_symlink()
    assert target.read_bytes() == DATA


def test_a_home_folder_is_known_by_its_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    check_writable(to(">", "~/out"))
    write_output(to(">", "~/out"), OK)
    assert (tmp_path / "out").read_bytes() == DATA


@pytest.mark.parametrize("operator", [">", ">>"])
def test_a_device_is_written_to_and_not_replaced(operator: str, locked: set[Path]) -> None:
    locked.add(Path("/dev"))  # as it is for everybody but the superuser
    check_writable(to(operator, "/dev/null"))
    assert write_output(to(operator, "/dev/null"), OK) == OK._replace(stdout=b"")
    assert Path("/dev/null").is_char_device()


def test_a_failed_replace_leaves_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(part: str, target: Path) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "out"
    path.write_text("old")
    monkeypatch.setattr(os, "replace", full)
    result = write_output(to(">", path), OK)
    assert (result.outcome, result.exit_code) == (Outcome.FAILED, ExitCode.FAILED)
    assert result.message == f"{path} could not be written: No space left on device"
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("operator", [">", ">>"])
def test_what_cannot_be_written_is_said_before_sending(operator: str, tmp_path: Path, locked: set[Path]) -> None:
    locked |= {tmp_path / "locked", tmp_path / "file"}
    (tmp_path / "locked").mkdir()
    (tmp_path / "file").touch()
    for target, said in [
        (tmp_path, f"{tmp_path} is a folder"),
        (tmp_path / "none" / "out", f"The folder {tmp_path / 'none'} does not exist"),
        (tmp_path / "locked" / "out", f"{tmp_path}/locked cannot be written: Permission denied"),
    ]:
        with pytest.raises(UsageError) as raised:
            check_writable(to(operator, target))
        assert str(raised.value) == said


def test_a_locked_file_cannot_be_appended_to(tmp_path: Path, locked: set[Path]) -> None:
    path = tmp_path / "file"
    path.touch()
    locked.add(path)
    with pytest.raises(UsageError, match="file cannot be written: Permission denied"):
        check_writable(to(">>", path))


def test_a_check_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("old")
    for operator in (">", ">>", "|"):
        check_writable(to(operator, path))
    check_writable(to(">", tmp_path / "new"))
    assert (path.read_text(), list(tmp_path.iterdir())) == ("old", [path])


@pytest.mark.parametrize("target", ["~nobody-of-this-name/out", "x" * 300, "dangling", "a\0b"])
def test_a_name_that_cannot_be_used_is_said_before_sending(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dangling").symlink_to(tmp_path / "none" / "out")
    with pytest.raises(UsageError):
        check_writable(to(">", target))


def test_a_link_into_a_locked_folder_is_said_before_sending(tmp_path: Path, locked: set[Path]) -> None:
    (tmp_path / "locked").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "locked" / "out")
    locked.add(tmp_path / "locked")
    with pytest.raises(UsageError):
        check_writable(to(">", tmp_path / "link"))


def test_a_file_name_of_the_full_length_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    check_writable(to(">", path))
    assert write_output(to(">", path), OK).ok
    assert path.read_bytes() == DATA


def test_a_command_gets_the_bytes_as_they_are(tmp_path: Path) -> None:
    assert write_output(to("|", f"cat > '{tmp_path}/a b'"), OK) == OK._replace(stdout=b"")
    assert (tmp_path / "a b").read_bytes() == DATA


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("exit 3", "exit ended with exit code 3"),
        ("cat >/dev/null; false", "cat ended with exit code 1"),
        ("no-such-command-at-all 2>/dev/null", "no-such-command-at-all ended with exit code 127 (not found)"),
        ("kill -TERM $$", "kill was ended by SIGTERM"),
        ("TOKEN='a b' OTHER=c false", "false ended with exit code 1"),
        ("exit 3; 'x", "the local command ended with exit code 2"),
    ],
)
def test_a_command_that_fails_makes_the_result_fail(command: str, message: str) -> None:
    """The exit code is the shell's own, as README has it; that of the command is said."""
    failed = OK._replace(stdout=b"", outcome=Outcome.FAILED, exit_code=ExitCode.FAILED)
    assert write_output(to("|", command), OK) == failed._replace(message=message, state=State.RAN)
    assert write_output(to("|", command), OK._replace(remote=False)) == failed._replace(message=message, remote=False)
    assert write_output(to("|", command), FAILED) == FAILED._replace(stdout=b"", message=f"no. {message}")


@pytest.mark.parametrize("command", ["head -c 1 >/dev/null", "true", "exec <&-"])
def test_a_command_that_stops_reading_is_no_failure(command: str) -> None:
    big = OK._replace(stdout=b"x" * 5_000_000)
    assert write_output(to("|", command), big) == OK._replace(stdout=b"")


@pytest.mark.parametrize("operator", [">", ">>"])
def test_a_failure_without_data_and_leaving_touch_no_file(operator: str, tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("old")
    for result in (FAILED._replace(stdout=b""), Result(leaves=True)):
        assert write_output(to(operator, path), result) == result
    assert path.read_text() == "old"


def test_a_failure_with_data_is_written_and_stays_a_failure(tmp_path: Path) -> None:
    assert write_output(to(">", tmp_path / "out"), FAILED) == FAILED._replace(stdout=b"")
    assert (tmp_path / "out").read_bytes() == DATA


# -- a question first --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [True, False])
def test_a_file_is_replaced_only_with_leave(answer: bool, tmp_path: Path) -> None:
    path, asked = tmp_path / "out", list[str]()

    def ask(question: str) -> bool:
        asked.append(question)
        return answer

    path.write_text("old")
    if answer:
        check_writable(to(">", path), ask)
    else:
        with pytest.raises(RefusedByRule) as raised:
            check_writable(to(">", path), ask)
        assert str(raised.value) == f"{path} stays as it is"
    assert asked == [f"{path} exists, replace it?"]
    assert path.read_text() == "old"


def test_nothing_is_asked_where_nothing_is_lost(tmp_path: Path) -> None:
    def ask(question: str) -> bool:
        raise AssertionError(question)

    (tmp_path / "full").write_text("old")
    (tmp_path / "empty").touch()
    for destination in (to(">>", tmp_path / "full"), to(">", tmp_path / "empty"), to(">", tmp_path / "new")):
        check_writable(destination, ask)
    for destination in (to("|", "cat"), to(">", "/dev/null")):
        check_writable(destination, ask)
    with pytest.raises(UsageError):
        check_writable(to(">", tmp_path), ask)


# -- what goes there ---------------------------------------------------------------------------------------------------

RECORDS = b'[{"dag_id": "a\xff"}]\n'
JSON = Result(stdout=b"[2024-01-01] {x.py:1} INFO - hi\n" + RECORDS, stderr=b"said\n", remote=True,
              words=("dags", "list", "-o", "json"))  # fmt: skip


def test_the_data_of_a_output_goes_there_and_the_rest_is_not_lost() -> None:
    left = select_output(JSON, Preferences())
    assert left == JSON._replace(stdout=RECORDS, stderr=b"[2024-01-01] {x.py:1} INFO - hi\nsaid\n")


def test_every_byte_where_the_user_wants_it() -> None:
    assert select_output(JSON, Preferences({"pipe": "raw", "output": "csv"})) == JSON


@pytest.mark.parametrize("words", [("dags", "list"), ("dags", "list", "-o", "plain"), ()])
def test_what_is_no_json_goes_there_whole(words: tuple[str, ...]) -> None:
    assert select_output(JSON._replace(words=words), Preferences()) == JSON._replace(words=words)
    own = Result(stdout=JSON.stdout, raw=True)
    assert select_output(own, Preferences({"output": "csv"})) == own


def test_a_format_holds_for_files_too_unless_the_line_has_its_own() -> None:
    chosen = Preferences({"output": "csv"})
    table = JSON._replace(stdout=b"dag_id | owner\n=======+======\na      | b\n", words=("dags", "list"))
    assert select_output(table, chosen).stdout == b"dag_id,owner\na,b\n"
    assert select_output(JSON, chosen).stdout == RECORDS
    assert select_output(JSON._replace(format="csv", remote=False), Preferences()).stdout == b"dag_id\na\xff\n"


def test_a_output_without_the_data_is_a_failure_with_all_of_it_on_standard_error() -> None:
    result = select_output(JSON._replace(stdout=b"no data\n"), Preferences())
    assert (result.stdout, result.stderr, result.ok) == (b"", b"no data\nsaid\n", False)


# -- the terminal ------------------------------------------------------------------------------------------------------

PROGRAM = """
import signal, subprocess, sys
from mwaa_shell.airflow.command_line import Destination
from mwaa_shell.output.redirect import write_output
from mwaa_shell.result import Result

subprocess.run(["stty", "-echo", "-icanon"], check=True)
result = write_output(Destination("|", sys.argv[1]), Result(stdout=b"x" * 1000000))
modes = subprocess.run(["stty", "-a"], capture_output=True, text=True, check=True).stdout.split()
print("after", "-echo" in modes, "-icanon" in modes, signal.getsignal(signal.SIGINT) is signal.default_int_handler)
print(int(result.exit_code), result.message, flush=True)
sys.stdin.readline()
"""


def running(command: str, tmp_path: Path) -> Terminal:
    environ = scrubbed(tmp_path)
    environ["PYTHONPATH"] += f":{Path(__file__).parents[2]}"
    return Terminal([sys.executable, "-c", PROGRAM, command], environ)


@pytest.mark.parametrize(
    ("command", "ended"),
    [
        ("cat >/dev/null; sh -c 'echo up; read line < /dev/tty'", "130 cat was stopped"),
        ("cat >/dev/null; sh -c 'trap \"exit 0\" INT; echo up; read line < /dev/tty'", "0"),  # as less goes on
        ("sh -c 'echo up; read line < /dev/tty'", "130 sh was stopped"),  # without having read any of it
    ],
)
def test_ctrl_c_is_the_commands(command: str, ended: str, tmp_path: Path) -> None:
    with running(command, tmp_path) as terminal:
        terminal.wait_for("up")
        terminal.key("ctrl-c")
        terminal.enter()  # for a shell that had not begun to read
        terminal.wait_for(f"after True True True\n{ended}")


def test_the_terminal_is_the_commands(tmp_path: Path) -> None:
    command = "stty -a < /dev/tty | grep -ow -e '-*icanon' -e '-*echo'; read line < /dev/tty; echo got $line; stty raw"
    with running(f"{command} < /dev/tty", tmp_path) as terminal:
        terminal.wait_for("icanon\necho")
        terminal.enter("typed")
        terminal.wait_for("got typed")
        terminal.wait_for("after True True True\n0")


def test_a_handler_of_somebody_else_comes_back(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        result = write_output(to("|", f"cat > {tmp_path}/out; sh -c 'kill -INT $$'; echo $? > {tmp_path}/told"), OK)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    assert (result.ok, (tmp_path / "out").read_bytes()) == (True, DATA)
    assert (tmp_path / "told").read_text() == "130\n"  # it did not inherit the ignoring


def test_a_missing_program_that_saves_hints_at_the_operator() -> None:
    assert write_output(to("|", "save dags.json 2>/dev/null"), OK).hint == "Write > FILE to save the output."
