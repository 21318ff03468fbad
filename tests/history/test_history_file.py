"""What becomes of a history whose file is no good: the shell goes on, and says why once."""

from __future__ import annotations

import os
import random
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from mwaa_shell.history import store
from mwaa_shell.history.entries import CommandOutcome, EnvironmentKey, HistoryEntry, Search
from mwaa_shell.history.store import History
from mwaa_shell.result import Outcome

HERE = EnvironmentKey("1", "eu-west-1", "my-env")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "history.sqlite"


def typed(history: History, line: str) -> int | None:
    return history.begin(HistoryEntry(0.0, HERE.account, HERE.region, HERE.environment, line))


def use_all(history: History) -> int | None:
    """Every call there is; what ``begin`` says."""
    number = typed(history, "dags list")
    history.finish(number, CommandOutcome(Outcome.OK))
    history.finish(1, CommandOutcome(Outcome.OK))
    history.correct(HERE, "2")
    history.correct(EnvironmentKey("2", HERE.region, HERE.environment), HERE.account)
    for answer in (history.find(), history.find(Search("x", HERE, True, True, 0.0)), history.lines(HERE)):
        assert isinstance(answer, list)
    for one in (history.get(1), history.last(HERE)):
        assert one is None or one
    suggested = history.suggest("d", HERE)
    assert suggested is None or isinstance(suggested, str)
    return number


def filled(path: Path, rows: int = 300) -> bytes:
    """The bytes of a history that has been in use."""
    with History(path) as history:
        for number in range(rows):
            typed(history, f"dags trigger dag_{number}")
    return path.read_bytes()


def asides(path: Path) -> list[Path]:
    return [one for one in path.parent.glob("*.corrupt-*") if not one.name.endswith(("-wal", "-shm"))]


# -- damaged files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"dags list\npools list\n" * 100,
        lambda data: b"SQLite format 3\0",
        lambda data: data[:50],
        lambda data: data[:1000],
        lambda data: data[:100] + bytes(len(data) - 100),
        lambda data: data[:100] + b"\xff" * (len(data) - 100),
    ],
)
def test_a_damaged_file_is_moved_aside(path: Path, damage: Callable[[bytes], bytes]) -> None:
    damaged = damage(filled(path))
    path.write_bytes(damaged)
    with History(path) as history:
        assert use_all(history) == 1
        assert [entry.line for entry in history.find()] == ["dags list"]
        (aside,) = asides(path)
        assert aside.read_bytes() == damaged
        assert history.trouble == f"The history was damaged. It is now {aside}, and the shell began a new one."
    with History(path) as history:
        assert [entry.outcome for entry in history.find()] == [Outcome.OK]
        assert history.trouble == ""


@pytest.mark.parametrize("pages", [2, 3, 5, 8])
def test_a_file_that_was_cut_short(path: Path, pages: int) -> None:
    path.write_bytes(filled(path)[: pages * 4096])
    with History(path) as history:
        use_all(history)
        assert typed(history, "dags report")
        assert history.lines(HERE)[0] == "dags report"


def test_damage_that_shows_later(path: Path) -> None:
    with History(path) as history:
        data = filled(path)
        assert typed(history, "dags list") == 301
        history.close()
        path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
        assert typed(history, "dags report") == 1
        assert len(asides(path)) == 1
        assert "damaged" in history.trouble


def test_bytes_that_change_anywhere_raise_nothing(path: Path) -> None:
    data = filled(path)
    chance = random.Random(1)
    for _ in range(60):
        damaged = bytearray(data)
        for _ in range(chance.choice([1, 5, 50, 500])):
            damaged[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(damaged)
        with History(path) as history:
            use_all(history)


@pytest.mark.parametrize("content", [b"", b"x"])  # SQLite takes the second for an empty one, too
def test_an_empty_file_is_a_fresh_one(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with History(path) as history:
        assert use_all(history) == 1
        assert history.trouble == ""
    assert asides(path) == []


def test_a_damaged_file_that_cannot_be_moved(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database at all" * 100)

    def refuse(*names: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("mwaa_shell.history.store.os.replace", refuse)
    with History(path) as history:
        assert use_all(history) is None
        assert history.trouble == (
            f"The history in {path} cannot be used: Permission denied. Commands are not remembered."
        )


def test_two_shells_find_the_same_damage(path: Path) -> None:
    data = filled(path)
    with History(path) as one, History(path) as other:
        assert (len(one.find()), len(other.find())) == (50, 50)
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * (len(data) - 4096))
        for history in (one, other):
            history._do(lambda connection: connection.execute("PRAGMA shrink_memory"), None)
        assert typed(one, "one") == 1
        assert typed(other, "other") == 2
        assert len(asides(path)) == 1
        assert one.lines(HERE) == ["other", "one"]


def test_names_of_files_that_were_moved_aside_differ(path: Path) -> None:
    for _ in range(3):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x" * 10)
        with History(path) as history:
            assert use_all(history) == 1
    assert len(asides(path)) == 3


# -- other people's files ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        ("CREATE TABLE bookmarks (url)", "it belongs to another program"),
        ("PRAGMA application_id = 42", "it belongs to another program"),
        ("PRAGMA user_version = 7", "it belongs to another program"),
        (
            "PRAGMA application_id = 0x6D776173; PRAGMA user_version = 2; CREATE TABLE new (x)",
            "a later version of the shell wrote it",
        ),
    ],
)
def test_a_file_of_others_is_left_alone(path: Path, statements: str, reason: str) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(statements)
    before = path.read_bytes()
    with History(path) as history:
        assert use_all(history) is None
        assert reason in history.trouble
    assert path.read_bytes() == before
    assert os.listdir(path.parent) == [path.name]


# -- files that cannot be used -----------------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with History(tmp_path / "data" / "history.sqlite") as history:
        assert use_all(history) is None
        assert "cannot be used" in history.trouble
        assert history.trouble.endswith("Commands are not remembered.")


def test_a_folder_in_the_place_of_the_file(path: Path) -> None:
    path.mkdir(parents=True)
    with History(path) as history:
        assert use_all(history) is None
        assert "cannot be used" in history.trouble


def test_a_file_system_without_writing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("mwaa_shell.history.store.os.open", refuse)
    with History(path) as history:
        assert use_all(history) is None
        assert "cannot be used: Read-only file system." in history.trouble


def test_a_disk_that_is_full(path: Path) -> None:
    with History(path) as history:
        assert typed(history, "dags list") == 1
        history._do(lambda connection: connection.execute("PRAGMA max_page_count = 1"), None)
        assert typed(history, "x" * 100_000) is None
        assert "database or disk is full" in history.trouble
        before = history.trouble
        assert history.lines(HERE) == ["dags list"]
        history._do(lambda connection: connection.execute("PRAGMA max_page_count = 100000"), None)
        assert typed(history, "x" * 100_000) == 2  # there is room again
        assert history.trouble == before


def test_a_file_that_may_only_be_read(path: Path) -> None:
    with History(path) as history:
        assert typed(history, "dags list") == 1
        history._do(lambda connection: connection.execute("PRAGMA query_only = ON"), None)
        assert typed(history, "dags report") is None
        assert "readonly" in history.trouble
        assert history.suggest("d", HERE) == "dags list"


def test_a_file_that_somebody_has_locked(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PATIENCE", 0.01)
    filled(path, 1)
    with History(path) as history, closing(sqlite3.connect(path, isolation_level=None)) as other:
        assert history.lines(HERE) == ["dags trigger dag_0"]
        other.execute("BEGIN IMMEDIATE")
        assert typed(history, "dags report") is None
        assert "database is locked" in history.trouble
        assert history.suggest("d", HERE) == "dags trigger dag_0"  # reading does not wait for writing
        other.execute("COMMIT")
        assert typed(history, "dags report") == 2


def test_a_python_without_sqlite(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlite3", None)
    with History(path) as history:
        assert use_all(history) is None
        assert "this Python has no sqlite3" in history.trouble


def test_a_file_that_was_deleted_meanwhile(path: Path) -> None:
    with History(path) as history:
        number = typed(history, "before")
        path.unlink()
        assert typed(history, "after") == 1
        history.finish(number, CommandOutcome(Outcome.OK))
        assert history.lines(HERE) == ["after"]
        assert history.trouble == ""


def test_a_link_to_a_file_elsewhere(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.sqlite"
    link.symlink_to(path)
    with History(link) as history:
        assert use_all(history) == 1
        assert history.trouble == ""
    assert path.exists()
    assert link.is_symlink()


def test_closed_history_opens_again(path: Path) -> None:
    history = History(path)
    typed(history, "dags list")
    history.close()
    history.close()
    assert os.listdir(path.parent) == [path.name]
    assert history.lines(HERE) == ["dags list"]
    history.close()
