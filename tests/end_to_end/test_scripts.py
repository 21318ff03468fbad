"""Every script that the shell prints, run with the real AWS CLI, curl, jq, bash and Python against real Airflows.

What a script writes is what the airflow program wrote, byte for byte, and what the shell itself writes for the line.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest

from mwaa_shell.airflow.command_line import quote
from mwaa_shell.airflow.versions import Version, parse_version
from mwaa_shell.export import KINDS, ScriptTarget, script
from tests.end_to_end.conftest import Served
from tests.end_to_end.test_batch import run, timeless
from tests.export.asked import run_asked

pytestmark = pytest.mark.airflow

Start = Callable[[str], Served]

_OTHER_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
#: What each kind is run with, and what it needs beside that.
INTERPRETERS = {"curl": "bash", "bash": "bash", "python": sys.executable, "aws": "bash"}
#: The kinds that run a command.
RUN = tuple(kind for kind in KINDS if kind != "aws")
TOOLS = {"curl": ("aws", "curl", "jq", "base64"), "bash": ("aws", "curl", "jq", "base64"), "aws": ("aws",)}
VALUE = quote("""{"say": "it's  \\"quoted\\" — schön 🎉", "path": "C:\\\\dir", "n": [1, "$HOME `x` !! %s"]}""")
LINES = (f"variables set conf {VALUE}", "variables get conf")
#: The Airflow that is asked with every line. Scripts differ by version in the path of the endpoint alone.
MOST = "2.10.3"
#: The Airflow with the other path.
OTHER = "3.3.1"


def run_script(
    kind: str, line: str, served: Served, version: Version | None, tmp_path: Path, interpreter: str = "", name: str = ""
) -> subprocess.CompletedProcess[bytes]:
    """Write the script and run it; ``AWS_CA_BUNDLE`` alone says what to trust."""
    missing = [tool for tool in (*TOOLS.get(kind, ()), interpreter or INTERPRETERS[kind]) if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"{' and '.join(missing)} must be installed to run this script")
    path = tmp_path / f"script-{kind}"
    path.write_text(script(kind, line, ScriptTarget(name or served.name, served.environ["AWS_REGION"], None, version)))
    command = [interpreter or INTERPRETERS[kind], str(path)]
    return subprocess.run(command, env=environ_for(kind, served), capture_output=True, timeout=120, check=False)


_SEEN: dict[str, bytes] = {}


def by_the_shell(served: Served, line: str) -> bytes:
    """What the shell writes for a line; asked once for all kinds of script."""
    if line not in _SEEN:
        _SEEN[line] = run(served, "-c", line).stdout
    return _SEEN[line]


def environ_for(kind: str, served: Served) -> dict[str, str]:
    """What a script finds."""
    environ = {name: value for name, value in served.environ.items() if name not in _OTHER_BUNDLES}
    return environ if kind == "python" else environ | {"PYTHONPATH": ""}  # the AWS CLI has a Python of its own


@pytest.mark.parametrize("kind", RUN)
def test_a_script_does_what_the_shell_does(kind: str, serving: Start, tmp_path: Path) -> None:
    """What succeeds, what fails in Airflow, what argparse refuses."""
    served = serving(MOST)
    for line in (*LINES, served.grammar.missing, served.grammar.unknown):
        known = parse_version(MOST) if line != served.grammar.missing else None
        ended = run_script(kind, line, served, known, tmp_path)
        stdout, stderr, code = served.last_record()
        assert (ended.stdout, ended.stderr) == (stdout, stderr), line
        assert ended.returncode == (1 if code == 2 else 0), line
        assert timeless(ended.stdout) == timeless(by_the_shell(served, line)), line
        if line.endswith(" conf"):
            assert json.loads(ended.stdout.splitlines()[-1])["path"] == "C:\\dir"


@pytest.mark.parametrize("version", [OTHER])
@pytest.mark.parametrize("kind", RUN)
def test_a_script_finds_the_other_path(kind: str, version: str, serving: Start, tmp_path: Path) -> None:
    served = serving(version)
    for known in (None, parse_version(version)):
        ended = run_script(kind, "version", served, known, tmp_path)
        assert (ended.returncode, ended.stdout) == (0, served.last_record()[0]), ended.stderr


def test_the_form_to_paste_needs_no_bash(serving: Start, tmp_path: Path) -> None:
    served = serving(MOST)
    for interpreter in filter(shutil.which, ("dash", "zsh")):
        ended = run_script("curl", LINES[0], served, parse_version(MOST), tmp_path, interpreter)
        assert (ended.returncode, ended.stdout, ended.stderr) == (0, *served.last_record()[:2]), interpreter


def test_the_call_for_the_token_gives_one(serving: Start, tmp_path: Path) -> None:
    ended = run_script("aws", "version", serving(MOST), None, tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert set(json.loads(ended.stdout)) == {"CliToken", "WebServerHostname"}


@pytest.mark.parametrize("kind", RUN)
def test_an_environment_that_does_not_exist(kind: str, serving: Start, tmp_path: Path) -> None:
    ended = run_script(kind, "version", serving("2.10.3"), None, tmp_path, name="no-such-environment")
    assert ended.returncode != 0
    assert ended.stdout == b""
    assert b"ResourceNotFoundException" in ended.stderr


PASSWORD = """it's "a" \\ $HOME `x` !! é漢 %41%"""
MASKED = """variables set conf '{"token": "***", "url": "pg://me:***@h/d"}'"""


@pytest.mark.parametrize("interpreter", ["bash", "dash", "zsh", "python"])
def test_a_script_asks_for_what_is_masked_and_airflow_gets_it(interpreter: str, serving: Start, tmp_path: Path) -> None:
    """As ``.script`` hands it over from a history that keeps no secrets: through a pipe into the interpreter."""
    served = serving(MOST)
    kinds = {"bash": ("curl", "bash"), "python": ("python",)}.get(interpreter, ("curl",))
    for kind in kinds:
        missing = [tool for tool in (*TOOLS.get(kind, ()), interpreter) if shutil.which(tool) is None]
        if missing and kind != "python":
            pytest.skip(f"{' and '.join(missing)} must be installed to run this script")
        made = run(served, "-c", f".script {quote(MASKED)} {kind}")
        assert made.returncode == 0, made.stderr
        (tmp_path / kind).write_bytes(made.stdout)
        command = [INTERPRETERS.get(interpreter, interpreter), str(tmp_path / kind)]
        ended, screen = run_asked(command, [PASSWORD, PASSWORD], environ_for(kind, served))
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout == served.last_record()[0]
        assert "HOME" not in screen, "nothing of what was typed is to be seen"
        kept = json.loads(run(served, "-c", "variables get conf").stdout.splitlines()[-1])
        assert kept["token"] == PASSWORD
        assert unquote(kept["url"]) == f"pg://me:{unquote(PASSWORD)}@h/d"
