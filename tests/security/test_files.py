"""Files of the shell are owner-only, and other users cannot redirect them."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mwaa_shell import debug_log, saved_commands
from mwaa_shell.errors import LocalProblem, ShellError, UsageError
from mwaa_shell.history.entries import HistoryEntry
from mwaa_shell.history.recorder import AuditLog
from mwaa_shell.history.store import History
from mwaa_shell.local import provision
from mwaa_shell.local.folders import make_private
from mwaa_shell.local.recipes import recipes
from mwaa_shell.mwaa.connection import Connection, EnvironmentRef
from mwaa_shell.mwaa.environment import EnvironmentInfo
from mwaa_shell.names import cache_files
from mwaa_shell.names.catalogue import NameCatalogue
from mwaa_shell.names.store import NameStore
from mwaa_shell.output.redirect import Transcript
from mwaa_shell.paths import append_to, check_owner, make_folder
from mwaa_shell.settings import Access
from tests.double import Double
from tests.security import stage

#: The ID of an unused account.
STRANGER = 65_531
Plant = Callable[[Path, Path], None]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Plant:
    """Make a link of another user, without root by changing the own user ID."""

    def made(link: Path, target: Path) -> None:
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
        if os.geteuid() == 0:
            os.lchown(link, STRANGER, STRANGER)
        else:
            monkeypatch.setattr(os, "geteuid", lambda: STRANGER)

    return made


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def log() -> Iterator[None]:
    yield
    debug_log.close()


def entry() -> HistoryEntry:
    return HistoryEntry(1.0, "", "eu-west-1", "my-env", "dags list")


# -- a whole run -------------------------------------------------------------------------------------------------------


def test_all_that_a_run_writes_is_for_its_owner(
    double: Double, program: list[str], environ: dict[str, str], tmp_path: Path
) -> None:
    stage.act(double)
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    folders = {"HOME": home, "XDG_CONFIG_HOME": home / ".config", "XDG_DATA_HOME": home / ".local" / "share",
               "XDG_CACHE_HOME": home / ".cache"}  # fmt: skip
    ended = subprocess.run(
        [*program, "my-env", "--keep-going", "--log-file", "log.jsonl", "--debug", "debug.log"],
        input=b".tee talk.txt\ndags list\n.save one dags list\n",
        cwd=home,
        env=stage.variables(environ) | {name: str(path) for name, path in folders.items()},
        capture_output=True,
        check=True,
        umask=0,
    )
    assert ended.stderr.splitlines() == [
        f"mwaa-shell: Commands and their output are appended to {home / 'talk.txt'}.".encode()
    ]
    written = list(home.rglob("*"))
    names = {path.name for path in written if path.is_file()}
    assert {"log.jsonl", "debug.log", "talk.txt", "commands.toml", "environments.json", "history.sqlite"} <= names
    assert {path: oct(mode(path)) for path in written if mode(path) & 0o077} == {}


def test_a_run_writes_nothing_behind_links_of_a_stranger(
    double: Double, program: list[str], environ: dict[str, str], tmp_path: Path
) -> None:
    """Put the folders at links, which without root belong to the user."""
    stage.act(double)
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    folders = {"XDG_CONFIG_HOME": home / ".config", "XDG_DATA_HOME": home / ".local" / "share",
               "XDG_CACHE_HOME": home / ".cache"}  # fmt: skip
    for name, path in folders.items():
        (elsewhere / name).mkdir(parents=True)
        path.mkdir(parents=True)
        (path / "mwaa-shell").symlink_to(elsewhere / name)
        if os.geteuid() == 0:
            os.lchown(path / "mwaa-shell", STRANGER, STRANGER)
    ended = subprocess.run(
        [*program, "my-env", "--keep-going"],
        input=b"dags list\n.save one dags list\n",
        cwd=home,
        env=stage.variables(environ | {"HOME": str(home)}) | {name: str(path) for name, path in folders.items()},
        capture_output=True,
        check=False,
        umask=0,
    )
    written = [path for path in elsewhere.rglob("*") if path.is_file()]
    assert double.commands, "the command runs all the same"
    if os.geteuid() == 0:
        assert b"a symbolic link of another user" in ended.stderr
        assert written == []
    else:
        assert {oct(mode(path)) for path in written} == {"0o600"}


# -- each file ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("open_umask", "log")
def test_a_file_and_its_folders_are_private_whatever_the_umask_is(tmp_path: Path) -> None:
    root = tmp_path / "a"
    with History(root / "data" / "b" / "history.sqlite") as history:
        assert history.begin(entry()) == 1
    assert NameStore(root / "names" / "c", "1", "eu-west-1", "my-env").save(NameCatalogue()) is None
    saved_commands.save(root / "config" / "d" / "commands.toml", "one", "dags list")
    make_private(root / "local" / "2.10.3")
    for name in ("audit", "tee", "debug"):
        make_folder(root / name)
    AuditLog(root / "audit" / "log")
    Transcript(root / "tee" / "log")
    debug_log.start(root / "debug" / "log")
    found = {path: mode(path) for path in (root, *root.rglob("*"))}
    assert len(found) > 15
    assert {path for path, own in found.items() if own & 0o077} == set()


def test_an_old_log_is_closed_to_others(tmp_path: Path, log: None) -> None:
    path = tmp_path / "debug.log"
    path.touch(0o644)
    path.chmod(0o644)
    debug_log.start(path)
    assert mode(path) == 0o600


# -- links -------------------------------------------------------------------------------------------------------------


def test_the_history_follows_no_link_of_a_stranger(tmp_path: Path, plant: Plant) -> None:
    target = tmp_path / "precious"
    target.write_bytes(b"")
    target.chmod(0o644)
    plant(tmp_path / "shared" / "history.sqlite", target)
    with History(tmp_path / "shared" / "history.sqlite") as history:
        assert history.begin(entry()) is None
        assert "a symbolic link of another user" in history.trouble
    assert (target.read_bytes(), mode(target)) == (b"", 0o644)


def test_history_is_not_written_through_a_folder_of_another_user(tmp_path: Path, plant: Plant) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    plant(tmp_path / "shared" / "mwaa-shell", tmp_path / "elsewhere")
    with History(tmp_path / "shared" / "mwaa-shell" / "history.sqlite") as history:
        assert history.begin(entry()) is None
        assert "another user" in history.trouble
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_the_names_go_into_no_folder_behind_a_link_of_a_stranger(tmp_path: Path, plant: Plant) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    plant(tmp_path / "cache" / "names", tmp_path / "elsewhere")
    store = NameStore(tmp_path / "cache" / "names", "1", "eu-west-1", "my-env")
    assert "another user" in (store.save(NameCatalogue()) or "")
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert mode(tmp_path / "elsewhere") == 0o755


def test_names_behind_a_link_of_a_stranger_are_not_read(tmp_path: Path, plant: Plant) -> None:
    own = NameStore(tmp_path / "own", "1", "eu-west-1", "my-env")
    own.save(NameCatalogue())
    store = NameStore(tmp_path / "names", "1", "eu-west-1", "my-env")
    plant(store.path, own.path)
    assert "another user" in (store.load()[1] or "")


def test_where_environments_were_seen_is_not_written_through_a_link(
    tmp_path: Path, plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    plant(tmp_path / "cache" / "names", tmp_path / "elsewhere")
    monkeypatch.setattr(cache_files, "cache_folder", lambda: tmp_path / "cache" / "names")
    connection = Connection(EnvironmentRef("my-env", Access()))
    connection.info = EnvironmentInfo("my-env", arn="arn:aws:airflow:eu-west-1:111122223333:environment/my-env")
    assert cache_files.identify(connection) is not None
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_named_commands_are_not_written_through_a_link_of_a_stranger(tmp_path: Path, plant: Plant) -> None:
    target = tmp_path / "precious"
    target.write_text("")
    plant(tmp_path / "config" / "commands.toml", target)
    with pytest.raises(ShellError, match="another user"):
        saved_commands.save(tmp_path / "config" / "commands.toml", "one", "dags list")
    assert target.read_text() == ""


@pytest.mark.parametrize("begin", [AuditLog, Transcript], ids=["log", "transcript"])
def test_nothing_is_appended_through_a_link_of_a_stranger(
    begin: Callable[[Path], object], tmp_path: Path, plant: Plant
) -> None:
    target = tmp_path / "precious"
    target.write_text("mine\n")
    plant(tmp_path / "shared" / "log", target)
    with pytest.raises(UsageError, match="another user"):
        begin(tmp_path / "shared" / "log")
    plant(tmp_path / "shared" / "new", tmp_path / "made")
    with pytest.raises(UsageError, match="another user"):
        begin(tmp_path / "shared" / "new")
    assert target.read_text() == "mine\n"
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("begin", [AuditLog, Transcript], ids=["log", "transcript"])
def test_nor_in_a_folder_behind_one(begin: Callable[[Path], object], tmp_path: Path, plant: Plant) -> None:
    (tmp_path / "elsewhere" / "below").mkdir(parents=True)
    (tmp_path / "elsewhere" / "below" / "old").write_text("mine\n")
    plant(tmp_path / "shared" / "folder", tmp_path / "elsewhere")
    for name in ("old", "new"):
        with pytest.raises(UsageError, match="a symbolic link of another user"):
            begin(tmp_path / "shared" / "folder" / "below" / name)
    assert [path.read_text() for path in (tmp_path / "elsewhere" / "below").iterdir()] == ["mine\n"]


def test_a_log_below_a_home_that_nobody_knows() -> None:
    with pytest.raises(UsageError, match="No such file or directory"):
        AuditLog(Path("~nobody-of-that-name/log"))


def test_the_debug_log_follows_no_link_at_all(tmp_path: Path, log: None) -> None:
    target = tmp_path / "target"
    target.write_text("mine\n")
    (tmp_path / "debug.log").symlink_to(target)
    with pytest.raises(UsageError, match="it is a symbolic link"):
        debug_log.start(tmp_path / "debug.log")
    assert target.read_text() == "mine\n"


def test_the_debug_log_is_a_plain_file(tmp_path: Path, log: None) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "missing" / "log", Path("/dev/null"), Path("\0")):
        with pytest.raises(UsageError, match="cannot be written"):
            debug_log.start(path)
    assert not debug_log.is_on()


def test_a_local_environment_keeps_nothing_behind_a_link_of_a_stranger(tmp_path: Path, plant: Plant) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    plant(tmp_path / "data" / "2.10.3", tmp_path / "elsewhere")
    with pytest.raises(LocalProblem, match="another user"):
        make_private(tmp_path / "data" / "2.10.3")
    assert mode(tmp_path / "elsewhere") == 0o755


def test_no_airflow_of_a_stranger_is_run(tmp_path: Path, plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = recipes()[-1]
    monkeypatch.setenv("MWAA_SHELL_LOCAL_CACHE", str(tmp_path / "own"))
    venv = provision._folder(recipe, recipe.pythons[0])
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").touch()
    (venv / "complete.json").write_text(json.dumps(provision._contents(recipe)))
    assert provision.ready(recipe) is not None
    monkeypatch.setenv("MWAA_SHELL_LOCAL_CACHE", str(tmp_path / "shared"))
    plant(provision._folder(recipe, recipe.pythons[0]), venv)
    assert provision.ready(recipe) is None


def test_no_lock_is_taken_through_a_link_of_a_stranger(
    tmp_path: Path, plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MWAA_SHELL_LOCAL_CACHE", str(tmp_path / "shared"))
    recipe = recipes()[-1]
    target = tmp_path / "precious"
    target.write_text("mine\n")
    plant(tmp_path / "shared" / f"{recipe.version}-local.lock", target)
    with pytest.raises(LocalProblem, match="another user"):
        provision.provide(recipe, lambda text: None)
    assert target.read_text() == "mine\n"


def test_a_link_of_ones_own_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    os.close(append_to(tmp_path / "link" / "one"))
    (tmp_path / "two").symlink_to(tmp_path / "real" / "two")
    os.close(append_to(tmp_path / "two"))
    assert {path.name: mode(path) for path in (tmp_path / "real").iterdir()} == {"one": 0o600, "two": 0o600}
    check_owner(tmp_path / "link")
    check_owner(tmp_path / "nowhere")
    with pytest.raises(OSError, match="File exists"):
        make_folder(tmp_path / "two")


def test_what_belongs_to_somebody_else_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "log").touch()
    for path in (own, own / "log"):
        os.chown(path, STRANGER if os.geteuid() == 0 else -1, -1)
    monkeypatch.setattr(os, "geteuid", lambda: STRANGER - 1)
    for use in (make_folder, lambda path: append_to(path / "log"), check_owner):
        with pytest.raises(PermissionError, match="belongs to another user"):
            use(own)
