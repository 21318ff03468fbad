"""The folders of local environments, which other users cannot read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import platformdirs
import pytest

from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import LocalProblem
from mwaa_shell.local.folders import LocalState, installs, make_private, state_for

VERSION = Version(2, 10, 3)


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test touches the user's own cache or data."""
    monkeypatch.delenv("MWAA_SHELL_LOCAL_CACHE", raising=False)
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda app: str(tmp_path / "cache" / app))
    monkeypatch.setattr(platformdirs, "user_data_dir", lambda app: str(tmp_path / "data" / app))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_airflows_are_installed_into_the_cache(tmp_path: Path) -> None:
    assert installs() == tmp_path / "cache" / "mwaa-shell" / "local"


def test_variable_moves_the_installations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MWAA_SHELL_LOCAL_CACHE", str(tmp_path / "own"))
    assert installs() == tmp_path / "own"
    monkeypatch.setenv("MWAA_SHELL_LOCAL_CACHE", "")
    assert installs() == tmp_path / "cache" / "mwaa-shell" / "local"


def test_a_relative_folder_is_the_same_one_from_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The installed Python is started in another folder than this one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MWAA_SHELL_LOCAL_CACHE", "own")
    assert installs() == tmp_path / "own"


def test_a_version_has_a_state_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "mwaa-shell" / "local" / "2.10.3"
    state = state_for(VERSION, None)
    assert state == LocalState(folder, folder / "dags")
    assert state.airflow_home == folder / "airflow"
    assert state.initialised == folder / "initialised"
    assert not folder.exists()


def test_a_dag_folder_of_the_users_has_a_state_of_its_own(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    first, second = state_for(VERSION, tmp_path / "one"), state_for(VERSION, tmp_path / "two")
    assert (first.dags, second.dags) == (tmp_path / "one", tmp_path / "two")
    assert len({first.folder, second.folder, state_for(VERSION, None).folder}) == 3
    assert first.folder.parent == tmp_path / "data" / "mwaa-shell" / "local"
    assert first.folder.name.startswith("2.10.3-")


def test_one_dag_folder_is_one_however_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dags").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "dags")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    written = [tmp_path / "dags", Path("dags"), Path("~/dags"), Path("link"), Path("dags/../dags")]
    assert {state_for(VERSION, path) for path in written} == {state_for(VERSION, tmp_path / "dags")}
    assert state_for(Version(3, 3, 1), tmp_path / "dags") != state_for(VERSION, tmp_path / "dags")


def test_a_database_has_an_account_of_its_own(tmp_path: Path) -> None:
    states = [state_for(VERSION, None)]
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        states.append(state_for(VERSION, tmp_path / name))
    accounts = [state.account for state in states]
    assert accounts[0] == "000000000000"
    assert len(set(accounts)) == 3
    assert all(len(account) == 12 and account.isdigit() for account in accounts)
    assert state_for(VERSION, tmp_path / "one").account == accounts[1]


@pytest.mark.parametrize("name", ["none", "file"])
def test_a_dag_folder_that_is_none_is_said(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalProblem) as raised:
        state_for(VERSION, tmp_path / name)
    assert str(raised.value) == f"The DAG folder {tmp_path / name} does not exist"


def test_a_private_folder_is_its_owners_alone(tmp_path: Path) -> None:
    mask = os.umask(0)
    try:
        assert make_private(tmp_path / "a" / "b") == tmp_path / "a" / "b"
        (tmp_path / "open").mkdir(0o777)
        make_private(tmp_path / "open")
    finally:
        os.umask(mask)
    assert mode(tmp_path / "a" / "b") == 0o700
    assert mode(tmp_path / "open") == 0o700


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalProblem) as raised:
        make_private(tmp_path / "file" / "a")
    assert str(raised.value) == f"The folder {tmp_path / 'file' / 'a'} cannot be created (Not a directory)"
