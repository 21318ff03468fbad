"""The password of a proxy is masked everywhere, also in malformed addresses."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mwaa_shell.addresses import hide_login, password_pieces
from mwaa_shell.mwaa.route import hide_credentials
from tests.double import Double
from tests.programs import run_here

FIRST, SECOND = "qcanaryq", "zcanaryz"
BETWEEN = ["/", "@", " ", "#", "@/", "//", "\\", "?"]


def run_all(environ: dict[str, str], folder: Path, *options: str) -> tuple[bytes, dict[str, bytes]]:
    """Run what may show a proxy; what the program printed, and what it wrote to files."""
    log, debug = folder / "log.jsonl", folder / "debug.log"
    lines = ["-c", "version", "-c", ".doctor", "-c", ".settings"]
    words = ["my-env", "--keep-going", "--debug", str(debug), "--log-file", str(log), *options, *lines]
    ended = run_here(words, environ)
    config = folder / ".config" / "mwaa-shell" / "config.toml"
    files = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and path != config}
    return ended.stdout + ended.stderr, files


@pytest.mark.parametrize("variable", ["http_proxy", "HTTPS_PROXY"])
@pytest.mark.parametrize("between", BETWEEN)
def test_a_password_in_a_variable_is_shown_nowhere(
    double: Double, environ: dict[str, str], tmp_path: Path, between: str, variable: str
) -> None:
    address = f"http://me:{FIRST}{between}{SECOND}@127.0.0.1:1"
    said, files = run_all(environ | {variable: address}, tmp_path)
    assert b"prox" in said
    for name, data in {"screen": said, **files}.items():
        assert FIRST.encode() not in data, name
        assert SECOND.encode() not in data, name


@pytest.mark.parametrize("between", ["/", " ", "@"])
@pytest.mark.parametrize("way", ["option", "file"])
def test_a_password_in_a_setting_is_shown_nowhere(
    double: Double, environ: dict[str, str], tmp_path: Path, between: str, way: str
) -> None:
    address = f"http://me:{FIRST}{between}{SECOND}@127.0.0.1:1"
    config = tmp_path / ".config" / "mwaa-shell" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(f"proxy = {json.dumps(address)}\n" if way == "file" else "")
    said, files = run_all(environ, tmp_path, *(("--proxy", address) if way == "option" else ()))
    assert b"proxy" in said
    for name, data in {"screen": said, **files}.items():
        assert FIRST.encode() not in data, name
        assert SECOND.encode() not in data, name


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://me:a/b c@d@proxy:80", "http://***@proxy:80"),
        ("me:a//b@proxy", "***@proxy"),
        ("http://proxy:80", "http://proxy:80"),
        ("socks5h://me@proxy", "socks5h://***@proxy"),
    ],
)
def test_an_address_without_its_login(address: str, shown: str) -> None:
    assert hide_login(address) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no way to http://me:a/b@proxy:80", "no way to http://***@proxy:80"),
        ("no way to 'http://me:a b@proxy:80', ask me", "no way to 'http://***@proxy:80', ask me"),
        ("https://proxy:8080/a for me@example.com", "https://proxy:8080/a for me@example.com"),
        ("Failed to parse: 'me:ab' is not a valid host or port", "Failed to parse: *** is not a valid host or port"),
        ("Failed to parse: http://me:ab", "Failed to parse: ***"),
    ],
)
def test_a_text_without_logins(text: str, shown: str) -> None:
    assert hide_credentials(text) == shown


def test_logins_of_variables_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "HTTPS_PROXY", "me:one%2Ftwo three@proxy")
    assert set(password_pieces(os.environ["HTTPS_PROXY"])) == {"one%2Ftwo three", "one%2Ftwo", "one/two three", "three"}
    assert hide_credentials("'one/two three' and one%2Ftwo and three") == "'***' and *** and ***"
