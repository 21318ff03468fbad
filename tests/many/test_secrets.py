"""Secrets by the settings of each environment in ``config.toml``: in no file that the shell writes."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from mwaa_shell import debug_log
from mwaa_shell.config import parse_config
from mwaa_shell.session import Session
from mwaa_shell.settings import Settings
from tests.double import HEAD_RESPONSE, WEB_NAME, Double, Request, command_response
from tests.faults.behaviours import closed_port
from tests.many.conftest import Many
from tests.security.canaries import core, left_in_files, secret
from tests.sessions import execute
from tests.terminal.forked import Forks

#: Two environments whose lines have secrets by their own words, and two behind proxies with passwords.
CONFIG = """
[environments."etl-[ab]"]
connect-to = ["{host}:{port}:127.0.0.1:{port}"]
[environments."etl-a"]
secret-words = "pin"
[environments."etl-b"]
secret-words = "*_code"
[environments."etl-c"]
proxy = "http://me:{first}@{closed}"
[environments."etl-d"]
proxy = "http://me:{second}@{closed}"
"""
CANARIES = ("pin", "code", "first", "second")


def config_text(port: int, closed: str) -> str:
    first, second = (quote(secret(name), safe="") for name in ("first", "second"))
    return CONFIG.format(host=WEB_NAME, port=port, closed=closed, first=first, second=second)


def test_secrets_of_every_environment_are_in_no_file(
    double: Double, program: list[str], environ: dict[str, str], tmp_path: Path, forks: Forks
) -> None:
    def echo(request: Request) -> bytes:
        return HEAD_RESPONSE if request.method == "HEAD" else command_response(b"got " + request.body + b"\n")

    double.names, double.host_name, double.web.behave = ("etl-a", "etl-b", "etl-c", "etl-d"), WEB_NAME, echo
    config, script, tee, debug, log = (tmp_path / name for name in ("config.toml", "script", "tee", "debug", "log"))
    folder = Path(environ["XDG_CONFIG_HOME"]) / "mwaa-shell"
    folder.mkdir(parents=True)
    (folder / "config.toml").symlink_to(config)
    script.write_text(
        f".tee {tee}\n.on all variables set pin '{secret('pin')}'\n.on all variables set door_code '{secret('code')}'\n"
    )
    arguments = ["--debug", str(debug), "--log-file", str(log), "--log-output", "--keep-going", "-f", str(script)]
    with closed_port() as closed:
        config.write_text(config_text(double.web.port, closed))
        done = forks.run([*program, *arguments], environ)
    for name in ("pin", "code"):
        assert sum(core(name) in command for command in double.commands) == 2, done.stderr
    assert list(left_in_files(tmp_path, CANARIES, but=[config, script, folder / "config.toml"])) == []
    assert [core(name) for name in CANARIES if core(name) in done.stderr.decode()] == []
    for file in (debug, log):
        assert "etl-b" in file.read_text()
    assert "== etl-b ==\ngot variables set door_code '***'" in tee.read_text()


@pytest.mark.parametrize("name", ["etl-c", "etl-d"])
def test_debug_log_masks_passwords_of_proxies_of_the_file(name: str, many: Many, bundle: str, tmp_path: Path) -> None:
    config = parse_config(config_text(1, "127.0.0.1:9"), Path("config.toml"))
    assert not config.problems
    debug_log.start(tmp_path / "debug")
    access = many.double.access(bundle)._replace(direct=False)  # by the settings of the file
    session = Session(Settings(access=access, config=config))
    execute(session, f".on {name} version")
    debug_log.event("anything", text=secret("first" if name == "etl-c" else "second"))
    assert list(left_in_files(tmp_path, CANARIES)) == []
    assert "anything text=***" in (tmp_path / "debug").read_text()
