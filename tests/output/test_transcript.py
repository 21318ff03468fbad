"""Held here: a transcript gets every byte that was shown, for its owner alone, and says when it cannot."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mwaa_shell.errors import ExitCode, UsageError
from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.redirect import Transcript
from mwaa_shell.result import Outcome, Result

NOW = datetime(2024, 1, 31, 12, 0, 5, tzinfo=UTC)
HEAD = b"# 2024-01-31T12:00:05+00:00 my-env> "


def test_a_command_and_its_bytes(tmp_path: Path) -> None:
    tee = Transcript(tmp_path / "log")
    tee.add("my-env", "dags list", Result(stdout=b"\x1b[31mone\xff\r\ntwo", stderr=b"talk", remote=True), NOW, None)
    tee.add("my-env", "version", Result(stdout=b"2.10.3\n", added="-o json"), NOW, None)
    assert (tmp_path / "log").read_bytes() == (
        HEAD + b"dags list\n\x1b[31mone\xff\r\ntwo\n" + HEAD + b"version -o json\n2.10.3\n"
    )


def test_output_as_a_terminal_shows_it(tmp_path: Path) -> None:
    tee = Transcript(tmp_path / "log")
    words = ("connections", "list", "-o", "json")
    records = b'[{"conn_id": "wh", "password": "hunter2"}]\n'
    result = Result(stdout=records, stderr=b"\x1b[31mcareful\xff", words=words, added="-o json", remote=True)
    tee.add("my-env", "connections list", result, NOW, DisplayOptions(color=True))
    assert (tmp_path / "log").read_text() == (
        f"{HEAD.decode()}connections list -o json\n"
        "conn_id  password\n───────  ────────\nwh       ***\n"
        "*** masks secrets (.set reveal on)\n│ careful\ufffd\n"
    )


def test_what_was_not_shown_and_what_failed(tmp_path: Path) -> None:
    tee = Transcript(tmp_path / "log")
    tee.add("my-env", "dags list \\\n | jq .", Result(), NOW, None)
    failed = Result(Outcome.FAILED, ExitCode.FAILED, b"", message="no\nsuch \x1b[2Jdag")
    tee.add("my-env", "dags pause x", failed, NOW, None)
    assert (tmp_path / "log").read_bytes() == (
        HEAD + b"dags list \\\n#  | jq .\n" + HEAD + b"dags pause x\n# failed: no\n# such ^[[2Jdag\n"
    )


def test_transcript_is_appended_to_a_file_of_the_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    mask = os.umask(0)
    try:
        tee = Transcript(Path("~/log"))
    finally:
        os.umask(mask)
    path = tmp_path / "log"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("old\n")
    tee.add("my-env", "version", Result(), NOW, None)
    assert path.read_bytes() == b"old\n" + HEAD + b"version\n"


def test_transcript_stays_in_the_folder_of_its_opening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Transcript(Path("log")).path == tmp_path / "log"


def test_what_cannot_be_written_is_said_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name in ("", "none/log", "fifo", "a\0b", "x" * 300):
        with pytest.raises(UsageError):
            Transcript(tmp_path / name)
    with pytest.raises(UsageError):
        Transcript(Path("~nobody-of-this-name/log"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_said(tmp_path: Path) -> None:
    tee = Transcript(Path("/dev/full"))
    with pytest.raises(UsageError, match="/dev/full cannot be written: No space left on device"):
        tee.add("my-env", "version", Result(), NOW, None)
