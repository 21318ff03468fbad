"""The names on disk: what is kept, how, and what is made of a file that is no good."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import pytest

from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.names import cache_files
from mwaa_shell.names import store as module
from mwaa_shell.names.cache_files import cache_folder
from mwaa_shell.names.catalogue import NameCatalogue
from mwaa_shell.names.model import KEPT, OF_A_DAG, Change, Name, NameRemoved, NamesFound
from mwaa_shell.names.store import FORMAT, NameStore


@pytest.fixture
def store(tmp_path: Path) -> NameStore:
    return NameStore(tmp_path / "names", "123456789012", "eu-west-1", "my-env")


def catalogue_of(*changes: Change, now: float = 1000.5) -> NameCatalogue:
    catalogue = NameCatalogue()
    catalogue.apply(changes, "REST", now)
    return catalogue


def filled() -> NameCatalogue:
    """Something of every kind, with every fact and a fact that must not be kept."""
    facts = ("paused", "owners", "last_state", "state", "date", "operator", "slots", "type", "value", "uri", "extra")
    named = {fact: f"the {fact} of it" for fact in facts}
    names = {kind: (Name(f"{kind.value} ünö", named), Name(f"{kind.value}_2")) for kind in KEPT}
    return catalogue_of(
        *[NamesFound(kind, names[kind], "sales" if kind in OF_A_DAG else "", all=True) for kind in KEPT]
    )


def seen(*texts: str, whole: bool = True) -> NamesFound:
    return NamesFound(Kind.DAG, tuple(map(Name, texts)), all=whole)


def texts(catalogue: NameCatalogue) -> list[str]:
    return [name.text for name in catalogue.names(Kind.DAG)]


def test_nothing_was_kept_yet(store: NameStore) -> None:
    catalogue, reason = store.load()
    assert (catalogue.summary(0), reason) == ([], None)
    assert store.delete() is None


def test_what_is_kept_comes_back(store: NameStore) -> None:
    before = filled()
    before.record_use(Kind.DAG, "", "dag_2", 1000)
    before.record_use(Kind.TASK, "sales", "task_2", 1000)
    assert store.save(before) is None
    after, reason = store.load()
    assert reason is None
    assert after.summary(2000) == before.summary(2000)
    assert after.picks() == before.picks()
    assert after.names(Kind.RUN, "sales")[0] == Name("run ünö", {"state": "the state of it", "date": "the date of it"})
    assert {kind: [name.text for name in after.names(kind)] for kind in KEPT} == {
        kind: [name.text for name in before.names(kind)] for kind in KEPT
    }


def test_names_only(store: NameStore) -> None:
    store.save(filled())
    written = store.path.read_text()
    for secret in ("the value of it", "the uri of it", "the extra of it"):
        assert secret not in written
    after, _ = store.load()
    assert after.names(Kind.VARIABLE)[0].facts == {}
    assert after.names(Kind.CONNECTION)[0].facts == {"type": "the type of it"}


def test_a_fact_that_was_put_into_the_file_does_not_come_back(store: NameStore) -> None:
    store.save(catalogue_of(NamesFound(Kind.POOL, (Name("p", {"slots": "5"}),))))
    store.path.write_text(store.path.read_text().replace('"slots": "5"', '"slots": "6", "uri": "x"'))
    assert store.load()[0].names(Kind.POOL) == [Name("p", {"slots": "6"})]


def test_only_the_owner_can_read(store: NameStore) -> None:
    old = os.umask(0)
    try:
        store.save(filled())
    finally:
        os.umask(old)
    assert store.path.stat().st_mode & 0o777 == 0o600
    assert store.path.parent.stat().st_mode & 0o777 == 0o700
    store.path.parent.chmod(0o755)
    store.save(filled())
    assert store.path.parent.stat().st_mode & 0o777 == 0o700


def test_the_file_is_0600_before_anything_is_in_it(store: NameStore, monkeypatch: pytest.MonkeyPatch) -> None:
    modes: list[int] = []
    real = os.fdopen

    def spied(handle: int, mode: str) -> IO[bytes]:
        modes.append(os.fstat(handle).st_mode & 0o777)
        return real(handle, mode)

    monkeypatch.setattr(os, "fdopen", spied)
    store.save(filled())
    assert modes == [0o600]
    assert list(store.path.parent.iterdir()) == [store.path], "nothing else is left"


def test_each_environment_has_a_file_of_its_own(tmp_path: Path) -> None:
    environments = ["a-b", "a_b", "a/b", "../../etc", "x" * 500, "x" * 501, ""]
    owners = [("1", "eu", environment) for environment in environments]
    owners += [("1", "eu-a", "b"), ("1eu", "", "a-b"), ("2", "eu", "a-b"), ("1", "us", "a-b")]
    paths = [NameStore(tmp_path, *owner).path for owner in owners]
    assert len(set(paths)) == len(owners)
    assert all(path.parent == tmp_path and len(path.name) < 100 for path in paths)


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "half": lambda data: data[: len(data) // 2],
    "no lists": lambda data: data.replace(b'"lists"', b'"list"'),
    "binary": lambda data: b"\x00\xff\xfe" * 100,
    "another JSON": lambda data: b"[1, 2]",
    "a list for names": lambda data: data.replace(b'"names": {', b'"names": [], "others": {'),
    "endless": lambda data: data.replace(b"1000.5", b"1" + b"0" * 400),
    "unknown kind": lambda data: data.replace(b'"kind": "pool"', b'"kind": "secret"'),
    "a kind that is not kept": lambda data: data.replace(b'"kind": "pool"', b'"kind": "json"'),
    "a pool of a DAG": lambda data: data.replace(b'"kind": "pool", "dag": ""', b'"kind": "pool", "dag": "x"'),
    "deep": lambda data: b"[" * 200_000,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_no_names(store: NameStore, damage: str) -> None:
    before = filled()
    store.save(before)
    data = DAMAGE[damage](store.path.read_bytes())
    assert data != store.path.read_bytes()
    store.path.write_bytes(data)
    catalogue, reason = store.load()
    assert catalogue.summary(0) == []
    assert reason is None
    assert store.save(before) is None
    assert store.load()[0].summary(0) == before.summary(0)


def test_a_name_with_control_characters_is_left_out(store: NameStore) -> None:
    store.save(catalogue_of(seen("a", "b")))
    store.path.write_text(store.path.read_text().replace('"b"', '"\\u001b[2J"'))
    assert texts(store.load()[0]) == ["a"]


def test_another_version_and_another_environment(store: NameStore, tmp_path: Path) -> None:
    store.save(filled())
    text = store.path.read_text()
    store.path.write_text(json.dumps({**json.loads(text), "format": FORMAT + 1}))
    assert store.load()[0].summary(0) == []
    other = NameStore(tmp_path / "names", "123456789012", "eu-west-1", "other")
    other.path.write_text(text)
    assert other.load()[0].summary(0) == []


def test_what_cannot_be_read_is_a_reason(store: NameStore) -> None:
    store.path.mkdir(parents=True)
    catalogue, reason = store.load()
    assert catalogue.summary(0) == []
    assert reason == "The cached names cannot be read: Is a directory"
    assert str(store.save(filled())).startswith("The names cannot be cached: ")
    assert [path.name for path in store.path.parent.iterdir()] == [store.path.name], "nothing half written is left"
    assert str(store.delete()).startswith("The cached names cannot be deleted: ")


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert (
        NameStore(tmp_path / "file" / "names", "1", "r", "e").save(filled())
        == "The names cannot be cached: Not a directory"
    )


def test_a_full_disk_leaves_what_was_there(store: NameStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.save(catalogue_of(seen("kept")))

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        assert store.save(filled()) == "The names cannot be cached: No space left on device"
    assert list(store.path.parent.iterdir()) == [store.path]
    assert texts(store.load()[0]) == ["kept"]


def test_a_large_file_is_not_read(store: NameStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.save(filled())
    monkeypatch.setattr(module, "LARGEST", 100)
    assert store.load()[0].summary(0) == []


def test_a_read_only_disk(store: NameStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: object, **options: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.mkstemp", refused)
    assert store.save(filled()) == "The names cannot be cached: Read-only file system"


def test_two_shells_keep_the_names_of_both(store: NameStore, tmp_path: Path) -> None:
    other = NameStore(tmp_path / "names", "123456789012", "eu-west-1", "my-env")
    runs = [NamesFound(Kind.RUN, (Name(run),), "sales") for run in ("run_1", "run_2")]
    store.save(catalogue_of(seen("old", "gone"), NamesFound(Kind.POOL, (Name("p"),), all=True)))
    mine, theirs = store.load()[0], other.load()[0]
    mine.apply([NameRemoved(Kind.DAG, "gone"), runs[0]], "output", 1002)
    theirs.apply([seen("new"), runs[1]], "REST", 1003)
    theirs.record_use(Kind.DAG, "", "new", 1003)
    assert (store.save(mine), other.save(theirs), store.save(mine)) == (None, None, None)
    for kept in (mine, other.load()[0]):
        assert texts(kept) == ["new"], "the complete list that changed last"
        assert {run.text for run in kept.names(Kind.RUN, "sales")} == {"run_1", "run_2"}
        assert [pool.text for pool in kept.names(Kind.POOL)] == ["p"]
        assert kept.picks() == theirs.picks()


def test_two_saves_at_once_keep_the_names_of_both(
    store: NameStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = NameStore(tmp_path / "names", "123456789012", "eu-west-1", "my-env")
    writing, second = threading.Event(), threading.Event()
    write, lock = cache_files.replace_file, fcntl.flock

    def write_late(path: Path, data: bytes) -> None:
        if not writing.is_set():
            writing.set()
            assert second.wait(60)
        write(path, data)

    def watched(handle: int, operation: int) -> None:
        try:
            lock(handle, operation)
        except BlockingIOError:
            second.set()
            raise

    monkeypatch.setattr(module, "replace_file", write_late)
    monkeypatch.setattr(fcntl, "flock", watched)
    with ThreadPoolExecutor(1) as threads:
        saved = threads.submit(store.save, catalogue_of(NamesFound(Kind.POOL, (Name("p"),), all=True)))
        assert writing.wait(60)
        assert other.save(catalogue_of(seen("dag"))) is None
        second.set()
        assert saved.result(60) is None
    kept = store.load()[0]
    assert (texts(kept), [pool.text for pool in kept.names(Kind.POOL)]) == (["dag"], ["p"])


def test_save_does_not_wait_long_for_a_stopped_shell(store: NameStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.save(catalogue_of(seen("before")))
    stopped = os.open(store.path.parent, os.O_RDONLY)
    fcntl.flock(stopped, fcntl.LOCK_EX)
    monkeypatch.setattr(cache_files, "LOCK_PATIENCE", 0.0)
    try:
        assert store.save(catalogue_of(seen("dag"))) is None
    finally:
        os.close(stopped)
    assert texts(store.load()[0]) == ["dag"]


def test_a_list_that_one_shell_has_dropped_stays_dropped(store: NameStore, tmp_path: Path) -> None:
    other = NameStore(tmp_path / "names", "123456789012", "eu-west-1", "my-env")
    store.save(catalogue_of(seen("sales"), NamesFound(Kind.RUN, (Name("run_1"),), "sales")))
    mine, theirs = store.load()[0], other.load()[0]
    theirs.apply([NamesFound(Kind.POOL, (Name("p"),))], "output", 1003)
    other.save(theirs)
    mine.apply([NameRemoved(Kind.DAG, "sales")], "output", 1004)
    store.save(mine)
    saved = store.load()[0]
    assert (texts(saved), saved.names(Kind.RUN, "sales")) == ([], [])
    assert [pool.text for pool in saved.names(Kind.POOL)] == ["p"]


def test_what_is_gone_stays_gone_while_nobody_else_saves(store: NameStore) -> None:
    catalogue = catalogue_of(seen("a", "b", whole=False))
    store.save(catalogue)
    catalogue.apply([NameRemoved(Kind.DAG, "b")], "output", 1001)
    store.save(catalogue)
    assert texts(store.load()[0]) == ["a"]


def test_deleting_takes_what_was_left_half_written_too(store: NameStore) -> None:
    store.save(filled())
    half = store.path.parent / f".{store.path.stem}.abc"
    half.write_text("half")
    other = store.path.parent / "other.names"
    other.write_text("of another environment")
    assert store.delete() is None
    assert list(store.path.parent.iterdir()) == [other]
    assert store.load()[0].summary(0) == []


def test_the_folder_is_in_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder().name == "names"
    assert "mwaa-shell" in cache_folder().parts
