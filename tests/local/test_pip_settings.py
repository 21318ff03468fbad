"""Held here: uv is told the index and the certificates that pip itself would use, and its own settings stay."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from mwaa_shell.local import provision
from mwaa_shell.local.provision import config_files, option_value, uv_environment


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Variables under which only files below ``tmp_path`` are read, none of this machine's own."""
    monkeypatch.setattr(
        provision, "config_files", lambda environ: [p for p in config_files(environ) if p.is_relative_to(tmp_path)]
    )
    return {
        "HOME": str(tmp_path / "home"),
        "VIRTUAL_ENV": str(tmp_path / "venv"),
        "XDG_CONFIG_DIRS": f"{tmp_path / 'xdg1'}:{tmp_path / 'xdg2'}",
    }


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


#: pip's files below ``tmp_path``, the weakest first.
FILES = [
    "xdg1/pip/pip.conf",
    "xdg2/pip/pip.conf",
    "home/.pip/pip.conf",
    "home/.config/pip/pip.conf",
    "venv/pip.conf",
]


def test_without_settings_nothing_is_added(environ: dict[str, str]) -> None:
    assert uv_environment(environ) == {}


@pytest.mark.parametrize("strongest", range(len(FILES)))
def test_the_strongest_file_wins(strongest: int, environ: dict[str, str], tmp_path: Path) -> None:
    for number in range(strongest + 1):
        write(tmp_path / FILES[number], f"[global]\nindex-url = https://{number}/simple\n")
    assert option_value("index-url", environ) == f"https://{strongest}/simple"
    assert uv_environment(environ) == {"UV_DEFAULT_INDEX": f"https://{strongest}/simple"}


def test_a_file_of_the_users_own_choice_is_read(environ: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path / "mine.conf", "[global]\nindex-url = https://mine/simple\n")
    environ["PIP_CONFIG_FILE"] = str(tmp_path / "mine.conf")
    assert option_value("index-url", environ) == "https://mine/simple"


def test_xdg_folder_replaces_the_usual_folder(environ: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path / "home/.config/pip/pip.conf", "[global]\nindex-url = https://usual/\n")
    write(tmp_path / "own/pip/pip.conf", "[global]\nindex-url = https://own/\n")
    assert option_value("index-url", environ | {"XDG_CONFIG_HOME": str(tmp_path / "own")}) == "https://own/"


def test_install_comes_before_global_in_one_file(environ: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path / FILES[0], "[install]\nindex-url = https://install/\n[global]\nindex-url = https://global/\n")
    assert option_value("index-url", environ) == "https://install/"


def test_install_comes_before_global_of_a_stronger_file(environ: dict[str, str], tmp_path: Path) -> None:
    """As pip does it: its ``_get_ordered_configuration_items`` merges the files first and orders the sections then."""
    write(tmp_path / FILES[0], "[install]\nindex-url = https://install/\n")
    write(tmp_path / FILES[3], "[global]\nindex-url = https://global/\n")
    assert option_value("index-url", environ) == "https://install/"


@pytest.mark.parametrize("name", ["index-url", "index_url", "Index-URL"])
def test_names_are_written_as_pip_takes_them(name: str, environ: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path / FILES[3], f"[global]\n{name} = https://mine/%7Euser/\n")
    assert option_value("index-url", environ) == "https://mine/%7Euser/"


def test_a_variable_comes_before_every_file(environ: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path / FILES[4], "[install]\nindex-url = https://file/\n")
    environ["PIP_INDEX_URL"] = "https://variable/"
    assert uv_environment(environ) == {"UV_DEFAULT_INDEX": "https://variable/"}


def test_every_option_goes_to_a_variable_of_uv(environ: dict[str, str], tmp_path: Path) -> None:
    write(
        tmp_path / FILES[3],
        "[global]\nindex-url = https://a/\ncert = /etc/ca.pem\nextra-index-url =\n    https://b/\n    https://c/\n"
        "find-links =\n    /wheels\n    https://d/\n",
    )
    assert uv_environment(environ) == {
        "UV_DEFAULT_INDEX": "https://a/",
        "UV_INDEX": "https://b/ https://c/",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/wheels,https://d/",
        "SSL_CERT_FILE": "/etc/ca.pem",
    }


@pytest.mark.parametrize(
    ("option", "variable", "own"),
    [
        ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_DEFAULT_INDEX"),
        ("PIP_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX_URL"),
        ("PIP_EXTRA_INDEX_URL", "UV_INDEX", "UV_INDEX"),
        ("PIP_EXTRA_INDEX_URL", "UV_INDEX_STRATEGY", "UV_INDEX_STRATEGY"),
        ("PIP_FIND_LINKS", "UV_FIND_LINKS", "UV_FIND_LINKS"),
        ("PIP_CERT", "SSL_CERT_FILE", "SSL_CERT_FILE"),
    ],
)
def test_what_the_user_has_set_for_uv_is_left_alone(
    option: str, variable: str, own: str, environ: dict[str, str]
) -> None:
    environ |= {option: "https://pip/"}
    assert variable in uv_environment(environ)
    assert variable not in uv_environment(environ | {own: "first-index"})


@pytest.mark.parametrize("text", ["no section\n", "[global]\nindex-url\n", "[global]\na=1\n[global]\n", "\udcff"])
def test_a_file_that_cannot_be_read_is_passed_over(text: str, environ: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path / FILES[0], "[global]\nindex-url = https://good/\n")
    (tmp_path / "venv").mkdir()
    (tmp_path / FILES[4]).write_bytes(text.encode("utf-8", "surrogateescape"))
    assert option_value("index-url", environ) == "https://good/"


def test_pip_without_configuration_has_no_files() -> None:
    assert config_files({"HOME": "/home/me", "PIP_CONFIG_FILE": os.devnull}) == []
    assert config_files({"HOME": "/home/me"})[-1] == Path(sys.prefix) / "pip.conf"
    assert Path("/etc/pip.conf") in config_files({"HOME": "/home/me"})
    assert Path("/etc/xdg/pip/pip.conf") in config_files({})
