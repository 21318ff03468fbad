"""Malformed text of AWS, files and variables never causes a bug."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from mwaa_shell.errors import NothingRan
from mwaa_shell.mwaa.aws import MwaaApi
from mwaa_shell.mwaa.environment import facts
from tests.double import Double, command_response
from tests.programs import run_here
from tests.terminal.emulator import Terminal
from tests.terminal.forked import Forks

PROGRAM = [sys.executable, "-m", "mwaa_shell"]
MISTAKE = "bug in mwaa-shell"
READ = "dags list"


def run(environ: Mapping[str, str], *words: str, streams: str = "") -> tuple[int, bytes, str]:
    """Return exit code, standard output and messages, after shell redirections."""
    if not streams:
        here = run_here(words, environ)
        return here.returncode, here.stdout, here.stderr.decode()
    command = ["/bin/sh", "-c", f'"$@" {streams}', "sh", *PROGRAM, *words]
    ended = subprocess.run(command, env=dict(environ), capture_output=True, check=False, timeout=60)
    return ended.returncode, ended.stdout, ended.stderr.decode()


# -- what AWS says ----------------------------------------------------------------------------------------------------

HOSTS = ("127.0.0.1:65536", "127.0.0.1:99999999999", "127.0.0.1:0", "127.0.0.1:٤٤٣", "127.0.0.1:４４３", "127.0.0.1:",
         "127.0.0.1:+1", "127.0.0.1:1:2", "a..b", ".", "a" * 64, "a." * 200, "host\n", "\ud800", "[::1]")  # fmt: skip


@pytest.mark.parametrize("host", HOSTS[:4], ids=ascii)
def test_a_web_server_whose_name_makes_no_sense(host: str, double: Double, environ: dict[str, str]) -> None:
    double.token_host, double.more = host, {"WebserverUrl": host}
    code, stdout, said = run(environ, "my-env", "-c", READ)
    assert (code, stdout, double.web.seen) == (3, b"", [])
    assert "CreateCliToken for my-env holds no token or host. Nothing was sent." in said


def test_no_such_name_is_connected_to(double: Double) -> None:
    environments = MwaaApi(double.access(None))
    for double.token_host in HOSTS:
        with pytest.raises(NothingRan, match="holds no token or host"):
            environments.cli_token("my-env")


DATES: tuple[object, ...] = (
    1e20,
    -1e20,
    1e308,
    10**400,
    253402300800,
    -62135596801,
    "Infinity",
    "x",
    "2026-13-45T99:99:99Z",
    "",
    [],
    {},
)
ODD: tuple[object, ...] = (5, ["x", None], {"a": {"b": 1}}, "\ud800\x1b[2J", "9" * 5000)
TEXTS = ("Name", "Status", "Arn", "AirflowVersion", "WebserverAccessMode", "WebserverUrl", "Tags")
MEMBERS: list[dict[str, object]] = [{"CreatedAt": date} for date in DATES]
MEMBERS += [{"LastUpdate": member} for member in MEMBERS]
MEMBERS += [{name: odd} for name in TEXTS for odd in ODD]


def test_an_environment_that_makes_no_sense(double: Double, environ: dict[str, str]) -> None:
    """A command runs all the same, as it does where GetEnvironment is not permitted."""
    for double.more in MEMBERS[::6]:
        code, stdout, said = run(environ, "my-env", "--keep-going", "-c", ".info", "-c", READ)
        assert MISTAKE not in said
        assert "\x1b" not in said
        assert (code in (0, 3), stdout.endswith(b"done\n")) == (True, True)
    assert double.commands == [READ] * len(MEMBERS[::6])


def test_each_member_is_an_answer_or_a_sentence(double: Double) -> None:
    environments = MwaaApi(double.access(None))
    for double.more in MEMBERS:
        with suppress(NothingRan):
            facts(environments.describe("my-env"))


NAMES = (("\x1b[2J",), ("\ud800",), ("../x",), ("",), (" ",), ("a" * 5000,), ("\x1b]0;x\x07", "b"))


@pytest.mark.parametrize("names", NAMES, ids=ascii)
def test_names_of_environments(names: tuple[str, ...], double: Double, environ: dict[str, str]) -> None:
    double.names = names
    code, _, said = run(environ, "--keep-going", "-c", READ, "-c", ".envs")
    assert MISTAKE not in said
    assert "\x1b" not in said
    assert code in (0, 2, 3)


# -- the user's own files and variables -------------------------------------------------------------------------------

LONG = "/".join("a" * 400)
CONFIGS = (f'zone = "{LONG}"', f"zone = {'[' * 400}{']' * 400}", f"{'.'.join('z' * 400)} = 1", 'zone = "a\\u0000b"',
           'zone = ".."', 'zone = "Europe"', f'region = "{LONG}"', f'connect-to = ["{":" * 400}"]', 'zone = 5',
           "timeout = nan", "timeout = inf", f"timeout = {'9' * 400}", f'protect = "{"[" * 900}"', f'keys = "{LONG}"',
           f'[environments."{"[" * 900}"]\nzone = "{LONG}"', f'airflow-version = "{"9" * 900}.1"')  # fmt: skip


@pytest.mark.parametrize("text", CONFIGS, ids=lambda text: text[:40])
def test_a_file_of_settings(text: str, double: Double, environ: dict[str, str]) -> None:
    file = Path(environ["XDG_CONFIG_HOME"]) / "mwaa-shell" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    code, stdout, said = run(environ, "my-env", "-c", READ)
    assert (code, stdout) == (0, b"done\n"), said
    assert "config.toml" in said or "timeout" not in text


VARIABLES = {
    "TZ": LONG, "COLUMNS": "9" * 30, "LINES": "-1", "COLORFGBG": "\udcff;\udcff", "LC_ALL": "x", "NO_PROXY": LONG,
    "AWS_PROFILE": "\udcff", "AWS_ACCESS_KEY_ID": "\udcff", "AWS_SECRET_ACCESS_KEY": "\udcff",
    "AWS_SESSION_TOKEN": "a\nb", "AWS_DEFAULT_REGION": "\udcff", "AWS_CA_BUNDLE": "\udcff", "AWS_MAX_ATTEMPTS": "x",
    "AWS_ENDPOINT_URL_MWAA": "http://[x", "MWAA_SHELL_SECRET_WORDS": "[" * 900, "HTTPS_PROXY": "http://\udcff:x",
    "XDG_DATA_HOME": "/dev/null", "XDG_CACHE_HOME": "\udcff", "MWAA_ENVIRONMENT": "\udcff",
}  # fmt: skip


@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable(name: str, double: Double, environ: dict[str, str]) -> None:
    code, _, said = run(environ | {name: VARIABLES[name]}, "my-env", "--color", "always", "-c", READ)
    assert MISTAKE not in said
    assert code in (0, 3)


@pytest.mark.parametrize(
    ("streams", "reaches"),
    [(">&-", b""), ("2>&-", b"done\n"), ("<&-", b"done\n"), (">&- 2>&-", b""), ("<&- >&- 2>&-", b"")],
)
@pytest.mark.parametrize("line", [READ, f"{READ} | cat"])
def test_standard_streams_that_are_closed(
    streams: str, reaches: bytes, line: str, double: Double, environ: dict[str, str]
) -> None:
    assert run(environ, "my-env", "-c", line, streams=streams) == (0, reaches, "")
    assert double.commands == [READ]


def test_the_debug_log_is_written_where_nothing_can_be_said(
    double: Double, environ: dict[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "d.log"
    code, _, _ = run(environ, "my-env", "--debug", str(log), "-c", f"{READ} | cat", streams="<&- >&- 2>&-")
    assert (code, "crash" in log.read_text()) == (0, False)


# -- what is typed ----------------------------------------------------------------------------------------------------

EDIT = "\x18\x05"


@pytest.fixture
def at_a_prompt(environ: dict[str, str], forks: Forks) -> Callable[..., Terminal]:
    """The prompt of the double, wide enough for a sentence."""
    return lambda **variables: Terminal([*PROGRAM, "my-env"], environ | variables, 120, begin=forks.begin)


def test_a_byte_that_is_no_text_in_the_editor(
    double: Double, at_a_prompt: Callable[..., Terminal], tmp_path: Path
) -> None:
    with at_a_prompt(VISUAL="false") as terminal:
        terminal.wait_for("AVAILABLE")
        terminal.send("dags \udcff")
        terminal.send(EDIT)
        terminal.wait_for("The editor requires UTF-8 text")
        terminal.key("ctrl-c")
        terminal.run("my-env", READ)
    assert double.commands == [f"{READ} -o json"]


EDITORS = {
    "saves what is no text": ('sh -c \'printf "\\377" > "$0"\'', "The editor requires UTF-8 text"),
    "removes the file": ("rm", "The file for the editor cannot be used"),
    "fails": ("false", "dags"),
}


@pytest.mark.parametrize("name", EDITORS)
def test_an_editor_that(name: str, double: Double, at_a_prompt: Callable[..., Terminal]) -> None:
    editor, words = EDITORS[name]
    with at_a_prompt(VISUAL=editor) as terminal:
        terminal.wait_for("AVAILABLE")
        terminal.send("dags")
        terminal.send(EDIT)
        terminal.wait_for(words)
        terminal.send(" report")
        terminal.wait_for("my-env> dags report")
        assert "restarted because" not in terminal.history_text


def test_quotes_that_do_not_match_name_no_editor(double: Double, at_a_prompt: Callable[..., Terminal]) -> None:
    with at_a_prompt(VISUAL="'", EDITOR="sh -c 'printf version > \"$0\"'") as terminal:
        terminal.wait_for("AVAILABLE")
        terminal.send("dags")
        terminal.send(EDIT)
        terminal.wait_for("my-env> version")


def test_a_folder_for_the_editor_that_is_not_there(double: Double, environ: dict[str, str], tmp_path: Path) -> None:
    code = "import tempfile; tempfile.tempdir = '/nowhere'; from mwaa_shell.cli import main; main(['my-env'])"
    program = [sys.executable, "-c", code]
    with Terminal(program, environ, 120) as terminal:
        terminal.wait_for("AVAILABLE")
        terminal.send(f"dags{EDIT}")
        terminal.wait_for("The file for the editor cannot be used (No such file or directory)")


def test_a_name_with_half_a_character_is_learned(double: Double, at_a_prompt: Callable[..., Terminal]) -> None:
    names = json.dumps([{"dag_id": f"dag_{number}\ud800"} for number in range(5)]).encode()
    double.web.behave = lambda request: command_response(names if request.method == "POST" else b"")
    with at_a_prompt() as terminal:
        terminal.wait_for("AVAILABLE")
        terminal.run("my-env", READ)
        terminal.send("dags pause dag_")
        terminal.wait_for("dags pause dag_")
        terminal.key("ctrl-c")
        terminal.enter("exit")
        assert terminal.wait_exit() == 0
        assert MISTAKE not in terminal.history_text
