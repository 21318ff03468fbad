"""Tab in the real shells: what they offer for a line of the launcher, and that names cannot do anything else."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mwaa_shell.local.recipes import recipes
from tests.conftest import scrubbed
from tests.shell_completion.shells import SHELLS, Fish, Typed

#: Set where a missing shell is a failure and not a skip.
DEMANDED = "MWAA_SHELL_TEST_DEMANDS_SHELLS"
CONFIG = "[default]\n[profile data-prod]\nregion = eu-central-1\n[profile two words]\n[profile a:reader]\n"
SETTINGS = '[environments."prod-*"]\nprotected = true\n[environments.lab]\nregion = "eu-north-1"\n'
#: Those that the shell was on, one that it listed, one that the settings name.
ENVIRONMENTS = ["lab", "sales-dev", "sales-prod", "warehouse"]
EVIL = "$(touch pwned);`touch pwned`'\"*"


def versions_of(start: str) -> list[str]:
    """The versions of local environments that begin so, oldest first."""
    return [version for version in map(str, (recipe.version for recipe in recipes())) if version.startswith(start)]


@pytest.fixture(scope="module", params=SHELLS)
def shell(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Typed | Fish]:
    """A shell with our completion, in a folder with files, on a machine where environments and profiles are known."""
    name = str(request.param).split()[0]
    if shutil.which(name) is None:
        if os.environ.get(DEMANDED):
            pytest.fail(f"{name} is not installed, and {DEMANDED} is set")
        pytest.skip(f"{name} is not installed")
    home = tmp_path_factory.mktemp("home")
    environ = scrubbed(home)
    environ["PATH"] = f"{program(home)}:{environ['PATH']}"
    known_names(home)
    folder = home / "work"
    for made in ("dir one", "logs"):
        (folder / made).mkdir(parents=True)
    (folder / "a file.txt").touch()
    running = SHELLS[request.param](environ, folder)
    yield running
    if isinstance(running, Typed):
        running.terminal.close()
    assert not (folder / "pwned").exists()


def program(home: Path) -> Path:
    """A folder with the program under test under its own name."""
    folder = home / "bin"
    folder.mkdir()
    path = folder / "mwaa-shell"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mwaa_shell "$@"\n')
    path.chmod(0o755)
    return folder


def known_names(home: Path) -> None:
    """What the program has on disk; the names of profiles are the user's own, and can be anything."""
    names = home / ".cache" / "mwaa-shell" / "names"
    names.mkdir(parents=True)
    rows = {
        json.dumps(["sales-dev", "", "", "", ""]): ["1", "eu-west-1", "2.10.3"],
        json.dumps(["sales-prod", "data-prod", "", "", ""]): ["1", "eu-central-1", "2.10.3"],
    }
    (names / "environments.json").write_text(json.dumps(rows))
    listed = {json.dumps(["", "eu-west-1"]): ["sales-dev", "warehouse"]}
    (names / "listed.json").write_text(json.dumps(listed))
    (home / ".config" / "mwaa-shell").mkdir(parents=True)
    (home / ".config" / "mwaa-shell" / "config.toml").write_text(SETTINGS)
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text(f"{CONFIG}[profile {EVIL}]\n")


def offered(words: list[str], line: str) -> list[str]:
    """What came in place of the last word, without what was in front of it."""
    *before, last = line.split(" ")
    front = last.partition("=")[0] + "="
    return sorted(word.removeprefix(front) for word in words[len(before) :])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("mwaa-shell ", ["doctor", "help", *ENVIRONMENTS]),
        ("mwaa-shell sal", ["sales-dev", "sales-prod"]),
        ("~/bin/mwaa-shell sal", ["sales-dev", "sales-prod"]),
        ("mwaa-shell doctor ", ENVIRONMENTS),
        ("mwaa-shell help s", ["safety", "scripts"]),
        ("mwaa-shell --col", ["--color"]),
        ("mwaa-shell --comp", ["--completions"]),
        ("mwaa-shell --color ", ["always", "auto", "never"]),
        ("mwaa-shell --color=a", ["always", "auto"]),
        ("mwaa-shell --completions ", ["bash", "fish", "zsh"]),
        ("mwaa-shell --profile two", ["two words"]),
        ("mwaa-shell --profile a:", ["a:reader"]),
        ("mwaa-shell --profile=a:r", ["a:reader"]),
        ("mwaa-shell --profile ", ["a:reader", "data-prod", "default", "two words", EVIL]),
        ("mwaa-shell --region eu", ["eu-central-1", "eu-west-1"]),
        ("mwaa-shell --profile data-prod sal", ["sales-prod"]),
        ("mwaa-shell --profile=data-prod -e ", ["sales-prod"]),
        ("mwaa-shell --connect-to ::127.0.0.1:8443 sal", ["sales-dev", "sales-prod"]),
        ("mwaa-shell --yes sal", ["sales-dev", "sales-prod"]),
        ("mwaa-shell --yes=", ENVIRONMENTS),
        ("mwaa-shell --local 2.1", versions_of("2.1")),
        ("mwaa-shell --local=2.1", versions_of("2.1")),
        ("mwaa-shell --local 2.10.3,3.", [f"2.10.3,{version}" for version in versions_of("3.")]),
        ("mwaa-shell --local --ser", ["--serve"]),
        ("mwaa-shell --airflow-version 1", ["1.10.12"]),
        ("mwaa-shell --ca-bundle a", ["a file.txt"]),
        ("mwaa-shell --log-file=a", ["a file.txt"]),
        ("mwaa-shell -f a", ["a file.txt"]),
        ("mwaa-shell sales-dev --re", ["--read-only", "--record", "--region", "--requirements"]),
    ],
)
def test_what_is_offered(shell: Typed | Fish, line: str, expected: list[str]) -> None:
    assert offered(shell.complete(line), line) == sorted(expected)


def test_versions_stand_newest_first(shell: Typed | Fish) -> None:
    assert shell.complete("mwaa-shell --local 2.1")[2:] == versions_of("2.1")[::-1]


def test_only_folders_where_a_folder_is_wanted(shell: Typed | Fish) -> None:
    found = [name.rstrip("/") for name in shell.complete("mwaa-shell --dags-folder ")[2:]]
    assert found == ["dir one", "logs"]


def test_nothing_where_nothing_can_be_known(shell: Typed | Fish) -> None:
    assert shell.complete("mwaa-shell --timeout ") == ["mwaa-shell", "--timeout"]
