"""Where the user's folders are, also for a user whom nobody has given a home."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest

from mwaa_shell import paths

FOLDERS = [
    (paths.cache_folder, "XDG_CACHE_HOME", "user_cache_dir"),
    (paths.data_folder, "XDG_DATA_HOME", "user_data_dir"),
    (paths.config_folder, "XDG_CONFIG_HOME", "user_config_dir"),
]
#: Runs the program as a user without a home and without a name.
HOMELESS = """
import os, pwd, sys

def nobody(_):
    raise KeyError
pwd.getpwuid = pwd.getpwnam = nobody
from mwaa_shell.cli import main
main(sys.argv[1:])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="these variables are those of Linux")
@pytest.mark.parametrize(("folder", "variable"), [one[:2] for one in FOLDERS])
def test_variables_of_the_platform_move_folders(
    folder: Callable[[], Path], variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "own"))
    assert folder() == tmp_path / "own" / "mwaa-shell"


@pytest.mark.parametrize(("folder", "asked"), [(one[0], one[2]) for one in FOLDERS])
@pytest.mark.parametrize("answer", ["~/.cache/mwaa-shell", None])
def test_folders_without_a_home_are_nowhere(
    folder: Callable[[], Path], asked: str, answer: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(_: str) -> str:  # as older and newer versions answer
        if answer is None:
            raise RuntimeError
        return answer

    monkeypatch.setattr(platformdirs, asked, told)
    found = folder()
    assert found.is_absolute()
    with pytest.raises(NotADirectoryError):
        found.mkdir(parents=True)


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("version", 3, "HOME-is-not-set/mwaa-shell/history.sqlite cannot be used: Not a directory"),
        (".settings", 0, "There is no config.toml"),
        (".save x = dags list", 2, "HOME-is-not-set/mwaa-shell/commands.toml cannot be"),
        (".doctor", 3, "set XDG_DATA_HOME to a folder that is"),
    ],
)
def test_a_user_without_a_home(line: str, code: int, said: str, environ: dict[str, str], tmp_path: Path) -> None:
    homeless = {name: value for name, value in environ.items() if name != "HOME" and not name.startswith("XDG_")}
    homeless |= {"AWS_ENDPOINT_URL_MWAA": "http://127.0.0.1:9", "PYTHONPATH": os.pathsep.join(sys.path)}
    argv = [sys.executable, "-c", HOMELESS, "my-env", "-c", line]
    here = tmp_path / "here"
    here.mkdir()
    done = subprocess.run(argv, env=homeless, cwd=here, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, done.stderr
    assert said in done.stdout + done.stderr
    assert "bug in mwaa-shell" not in done.stderr
    assert list(here.iterdir()) == []  # no folder that is named ~
