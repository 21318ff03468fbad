"""Held here: ``>`` replaces a file whole or not at all, ``>>`` appends, ``|`` hands over every byte, and what cannot
work is said before anything is sent."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from mwaa_shell.airflow.command_line import Destination
from mwaa_shell.errors import ExitCode, UsageError
from mwaa_shell.output.destination import check, deliver
from mwaa_shell.result import Outcome, Result

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
        check(to(operator, path))
        assert deliver(to(operator, path), OK) == replace(OK, stdout=b"")
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
    assert deliver(to(">", path), OK).ok
    assert (path.read_bytes(), mode(path)) == (DATA, 0o604)
    assert path.stat().st_ino != before
    assert list(tmp_path.iterdir()) == [path]


def test_a_double_arrow_appends(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"old\n")
    for _ in range(2):
        assert deliver(to(">>", path), OK).ok
    assert path.read_bytes() == b"old\n" + DATA + DATA


@pytest.mark.parametrize("operator", [">", ">>"])
def test_a_symbolic_link_stays_one(operator: str, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "out", tmp_path / "link"
    target.write_bytes(b"")
    link.symlink_to(target)
    assert deliver(to(operator, link), OK).ok
    assert link.is_symlink()
    assert target.read_bytes() == DATA


def test_a_home_folder_is_known_by_its_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    check(to(">", "~/out"))
    deliver(to(">", "~/out"), OK)
    assert (tmp_path / "out").read_bytes() == DATA


@pytest.mark.parametrize("operator", [">", ">>"])
def test_a_device_is_written_to_and_not_replaced(operator: str, locked: set[Path]) -> None:
    locked.add(Path("/dev"))  # as it is for everybody but the superuser
    check(to(operator, "/dev/null"))
    assert deliver(to(operator, "/dev/null"), OK) == replace(OK, stdout=b"")
    assert Path("/dev/null").is_char_device()


def test_a_failed_replace_leaves_the_old_file_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(part: str, target: Path) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "out"
    path.write_text("old")
    monkeypatch.setattr(os, "replace", full)
    result = deliver(to(">", path), OK)
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
        (tmp_path, f"{tmp_path} is a folder, nothing was sent"),
        (tmp_path / "none" / "out", f"There is no folder {tmp_path / 'none'}, nothing was sent"),
        (tmp_path / "locked" / "out", f"{tmp_path / 'locked'} cannot be written, nothing was sent"),
    ]:
        with pytest.raises(UsageError) as raised:
            check(to(operator, target))
        assert str(raised.value) == said


def test_a_locked_file_cannot_be_appended_to(tmp_path: Path, locked: set[Path]) -> None:
    path = tmp_path / "file"
    path.touch()
    locked.add(path)
    with pytest.raises(UsageError, match="file cannot be written, nothing was sent"):
        check(to(">>", path))


def test_a_check_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("old")
    for operator in (">", ">>", "|"):
        check(to(operator, path))
    check(to(">", tmp_path / "new"))
    assert (path.read_text(), list(tmp_path.iterdir())) == ("old", [path])


@pytest.mark.parametrize("target", ["~nobody-of-this-name/out", "x" * 300, "dangling", "a\0b"])
def test_a_name_that_cannot_be_used_is_said_before_sending(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dangling").symlink_to(tmp_path / "none" / "out")
    with pytest.raises(UsageError):
        check(to(">", target))


def test_a_link_into_a_locked_folder_is_said_before_sending(tmp_path: Path, locked: set[Path]) -> None:
    (tmp_path / "locked").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "locked" / "out")
    locked.add(tmp_path / "locked")
    with pytest.raises(UsageError):
        check(to(">", tmp_path / "link"))


def test_a_file_name_of_the_full_length_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 255)
    check(to(">", path))
    assert deliver(to(">", path), OK).ok
    assert path.read_bytes() == DATA


def test_a_command_gets_the_bytes_as_they_are(tmp_path: Path) -> None:
    assert deliver(to("|", f"cat > '{tmp_path}/a b'"), OK) == replace(OK, stdout=b"")
    assert (tmp_path / "a b").read_bytes() == DATA


@pytest.mark.parametrize(
    ("command", "message"),
    [("exit 3", "exit ended with exit code 3"), ("cat >/dev/null; false", "cat ended with exit code 1")],
)
def test_a_command_that_fails_makes_the_result_fail(command: str, message: str) -> None:
    result = deliver(to("|", command), OK)
    assert result == replace(OK, stdout=b"", outcome=Outcome.FAILED, exit_code=ExitCode.FAILED, message=message)
    assert deliver(to("|", command), FAILED) == replace(FAILED, stdout=b"", message=f"no; {message}")


@pytest.mark.parametrize("command", ["head -c 1 >/dev/null", "true", "exec <&-"])
def test_a_command_that_stops_reading_is_no_failure(command: str) -> None:
    big = replace(OK, stdout=b"x" * 5_000_000)
    assert deliver(to("|", command), big) == replace(OK, stdout=b"")


@pytest.mark.parametrize("operator", [">", ">>"])
def test_a_failure_without_data_and_leaving_touch_no_file(operator: str, tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("old")
    for result in (replace(FAILED, stdout=b""), Result(leaves=True)):
        assert deliver(to(operator, path), result) == result
    assert path.read_text() == "old"


def test_a_failure_with_data_is_written_and_stays_a_failure(tmp_path: Path) -> None:
    assert deliver(to(">", tmp_path / "out"), FAILED) == replace(FAILED, stdout=b"")
    assert (tmp_path / "out").read_bytes() == DATA
