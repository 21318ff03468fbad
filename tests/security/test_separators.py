"""``--`` in a command bypasses no safety check and reveals no secret."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.double import Double, Request, command_response
from tests.programs import run_here
from tests.terminal.emulator import Terminal
from tests.terminal.forked import Forks

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
SECRET = "canary-4be1"
CONNECTIONS = f"""[{{"conn_id": "wh", "conn_type": "postgres", "password": "{SECRET}"}}]\n""".encode()

DESTROYING = [
    "-- dags delete x -y",
    "dags -- delete x -y",
    "-- dags -- delete -- x",
    "variables -- delete k",
    "-- variables -- delete -- k",
    "dags -- delete --y x",
    "db -- clean --clean-before-timestamp 2026-01-01 -y",
]


@pytest.fixture
def run(double: Double, environ: dict[str, str]) -> Run:
    double.names = ("my-env", "my-prod")
    return lambda *arguments, environment="my-env": run_here([environment, *arguments], environ)


@pytest.fixture(params=["known", "unknown"])
def version(request: pytest.FixtureRequest, double: Double) -> str:
    """Whether the shell may learn the version of the environment."""
    if request.param == "unknown":
        double.aws.behave = double.only_tokens
    return str(request.param)


@pytest.mark.parametrize("line", DESTROYING)
def test_separators_pass_no_guard(double: Double, run: Run, version: str, line: str) -> None:
    assert run("--read-only", "-c", line).returncode == 5
    assert run("-c", line).returncode == 5
    assert run("--yes", "-c", line, environment="my-prod").returncode == 5
    assert double.commands == []
    assert run("--yes=my-prod", "-c", line, environment="my-prod").returncode == 0
    assert len(double.commands) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("--airflow-version", "1.10.12", "-c", ".send variables delete k"),
        ("--airflow-version", "1.10.12", "-c", ".send -- dags delete k"),
        ("--airflow-version", "1.10.12", "--no-validate", "-c", "pools delete p"),
        ("--airflow-version", "3.3.1", "-c", ".send delete_dag d"),
        ("-c", ".send dags list surplus"),
    ],
)
def test_a_command_of_another_version_is_no_read(double: Double, run: Run, arguments: tuple[str, ...]) -> None:
    assert run("--read-only", *arguments).returncode == 5
    assert double.commands == []


@pytest.mark.parametrize(
    "line", ["-- dags list", "dags -- list -o json", "variables -- get k", "-- dags -- details x", "-- version"]
)
def test_reads_with_separators_are_sent(double: Double, run: Run, version: str, line: str) -> None:
    assert run("--read-only", "-c", line, environment="my-prod").returncode == 0
    assert double.commands == [line]


def test_the_added_yes_stands_before_the_separator(double: Double, run: Run, version: str) -> None:
    assert run("--yes", "-c", "-- dags delete -- x", "-c", "dags -- delete x").returncode == 0
    assert double.commands == ["-- dags delete -y -- x", "dags -- delete x -y"]


SECRETS = [
    f"-- variables set db_password {SECRET}",
    f"variables -- set -- db_password {SECRET}",
    f"users -- create -u a -e b -f c -l d -r Admin -p {SECRET}",
    f"-- connections add c --conn-type http --conn-pass {SECRET}",
    f"""dags trigger a -c'{{"password": "{SECRET}"}}'""",
    f"""-- dags -- trigger a -c'{{"password": "{SECRET}"}}'""",
]


@pytest.mark.parametrize("line", SECRETS)
def test_secrets_behind_separators_are_written_nowhere(
    double: Double, run: Run, version: str, tmp_path: Path, line: str
) -> None:
    log, debug = tmp_path / "log.jsonl", tmp_path / "debug.log"
    ended = run("--log-file", str(log), "--log-output", "--debug", str(debug), "-c", line, "-c", ".history")
    assert [SECRET in command for command in double.commands] == [True]
    kept = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert [path for path, data in kept.items() if SECRET.encode() in data] == []
    assert b"***" in kept[log]
    assert SECRET.encode() not in ended.stdout + ended.stderr


@pytest.mark.parametrize("line", ["-- connections list -o json", "connections -- get wh -o json"])
def test_stored_passwords_stay_out_of_the_log(
    double: Double, run: Run, version: str, tmp_path: Path, line: str
) -> None:
    double.web.behave = lambda request: command_response(CONNECTIONS)
    log = tmp_path / "log.jsonl"
    assert SECRET.encode() in run("--log-file", str(log), "--log-output", "-c", line).stdout  # into a pipe as it came
    assert SECRET not in log.read_text()
    assert "left out: connections may print passwords" in log.read_text()


# -- a terminal ----------------------------------------------------------------------------------------------------


@pytest.fixture
def at_terminal(program: list[str], environ: dict[str, str], forks: Forks) -> Callable[..., str]:
    """Run commands at a terminal; what the terminal got."""

    def start(*lines: str) -> str:
        given = [word for line in lines for word in ("-c", line)]
        with Terminal([*program, "my-env", *given], environ, 200, begin=forks.begin) as terminal:
            terminal.wait_exit()
            return terminal.raw.decode()

    return start


@pytest.mark.parametrize(
    "line",
    [
        "-- connections list",
        "connections -- list -o json",
        "-- connections get wh -o yaml",
        "connections -- export /dev/stdout --file-format json",
        "connections list",
    ],
)
def test_stored_passwords_are_masked_at_a_terminal(
    double: Double, at_terminal: Callable[..., str], version: str, line: str
) -> None:
    double.web.behave = lambda request: command_response(
        CONNECTIONS, b"read from postgres://u:" + SECRET.encode() + b"@h\n"
    )
    seen = at_terminal(line)
    assert len(double.commands) == 1
    assert SECRET not in seen
    assert "read from postgres://u:***@h" in seen


#: Commands, and what they print beside their data.
BESIDE = [
    ("connections list -o json", f"loaded postgres://u:{SECRET}@h/db"),
    ("connections add c --conn-type http", f'{{"password": "{SECRET}"}}'),
    ("config list", f"fernet_key = {SECRET}"),
    ("config get-value core fernet_key", f"sql_alchemy_conn = postgres://u:{SECRET}@h/db"),
    ("connections get wh -o json", f"hook refused password={SECRET} of wh"),
    ("connections import all.json", f"entry wh: login=u, token = {SECRET}"),
    ("users list -o json", f"asked ldap://cn:{SECRET}@h"),
    ("variables export /dev/stderr", f'{{"db_password": "{SECRET}"}}'),
]


@pytest.mark.parametrize(("line", "printed"), BESIDE)
def test_passwords_on_standard_error_are_masked(
    double: Double, at_terminal: Callable[..., str], line: str, printed: str
) -> None:
    double.web.behave = lambda request: command_response(b"[]\n", f"{printed}\n".encode())
    seen = at_terminal(line, ".raw")
    assert SECRET not in seen
    assert "***" in seen


@pytest.mark.parametrize("line", ["connections list -o json", "-- connections list -o json", "users list -o json"])
def test_what_a_pipe_leaves_over_is_masked(double: Double, at_terminal: Callable[..., str], line: str) -> None:
    noise = f"plugin: postgres://u:{SECRET}@h\n".encode()
    double.web.behave = lambda request: command_response(noise + b'[{"conn_id": "wh"}]\n', noise)
    seen = at_terminal(f"{line} | cat")
    assert '[{"conn_id": "wh"}]' in seen
    assert seen.count("plugin: postgres://u:***@h") == 2
    assert SECRET not in seen


def test_the_prompt_asks_and_masks_behind_separators(
    double: Double, program: list[str], environ: dict[str, str], forks: Forks, tmp_path: Path
) -> None:
    double.web.behave = lambda request: command_response(CONNECTIONS, CONNECTIONS)
    terminal = Terminal([*program, "my-env"], environ, 120, 40, cwd=tmp_path, begin=forks.begin)
    try:
        terminal.wait_for("AVAILABLE")
        terminal.enter("-- dags -- delete x")
        terminal.wait_for("Run it on my-env? [y/N]")
        terminal.enter("n")
        terminal.wait_for_prompt("my-env")
        assert double.commands == []
        terminal.enter("-- connections -- list")
        terminal.wait_for("*** masks secrets")
        terminal.wait_for_prompt("my-env")
        terminal.enter(f"-- variables set db_password {SECRET}")
        terminal.wait_for("db_password ***********")
        terminal.wait_for_prompt("my-env")
        assert SECRET not in terminal.text
    finally:
        terminal.close()


def test_a_file_gets_every_byte(double: Double, run: Run, tmp_path: Path) -> None:
    def web(request: Request) -> bytes:
        return command_response(CONNECTIONS)

    double.web.behave = web
    assert run("-c", f"-- connections list -o json > {tmp_path / 'all.json'}").returncode == 0
    assert (tmp_path / "all.json").read_bytes() == CONNECTIONS


@pytest.mark.parametrize("quoted", [f"postgres://u:{SECRET}@h/db", f"password={SECRET}", f"host=h password: {SECRET}"])
def test_the_reason_of_a_failure_shows_no_password(
    double: Double, at_terminal: Callable[..., str], quoted: str
) -> None:
    said = f"""Traceback (most recent call last):
  File "x.py", line 1, in <module>
sqlalchemy.exc.ArgumentError: Could not parse {quoted}
"""
    double.web.behave = lambda request: command_response(b"", said.encode())
    seen = at_terminal("connections get wh")
    assert "Could not parse" in seen
    assert SECRET not in seen
