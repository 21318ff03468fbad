"""The launcher: what its options mean, what it shows, and what it imports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mwaa_shell import __version__
from mwaa_shell.errors import ExitCode, UsageError
from mwaa_shell.launch import make_plan
from mwaa_shell.options import build_parser, read_options
from tests.docs import EXIT_CODE_MEANINGS
from tests.terminal.emulator import Terminal

HEAVY = ("boto3", "botocore", "requests", "urllib3", "prompt_toolkit", "pygments", "platformdirs", "asyncio", "ssl")


def loaded_by(code: str) -> set[str]:
    """The modules that are loaded at the end of a piece of code in a fresh process."""
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in ended.stderr.split()}


@pytest.mark.parametrize("flag", ["--profile", "--region", "--endpoint-url", "--ca-bundle", "--proxy"])
def test_local_environment_takes_no_option_of_aws(flag: str) -> None:
    options = build_parser().parse_args(["--local", flag, "http://x:1"])
    with pytest.raises(UsageError, match="--local cannot be combined with"):
        make_plan(options, {})


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["--help-all"], ["--version"]])
def test_help_and_version_import_nothing(arguments: list[str]) -> None:
    code = f"from mwaa_shell.cli import main\ntry: main({arguments})\nexcept SystemExit: pass"
    assert loaded_by(code) - loaded_by("") <= {
        *("mwaa_shell", "__future__", "gc", "termios", "fcntl", "struct", "_struct")
    }


#: Runs the program up to a place, and says what is imported then.
UP_TO = """
import sys
from mwaa_shell.cli import main
from mwaa_shell.startup import EarlyPrompt
def tell(*words, **named):
    import os
    print("\\n".join(sys.modules), file=sys.stderr, flush=True)
    {work}
    os._exit(0)
def stands(self):
    from prompt_toolkit.renderer import Renderer
    Renderer.render = tell
EarlyPrompt.{place}
main(["my-env"])
"""
SEEN, DRAWN = "show = tell", "hand_over = stands"


def loaded_at(place: str, environ: dict[str, str], told: Path, work: str = "") -> set[str]:
    """Every module that is loaded in the real program, in a terminal, when it comes to a place."""
    code = UP_TO.format(place=place, work=work)
    alone = {name: value for name, value in environ.items() if name != "PYTHONPATH"}  # it goes nowhere
    with Terminal(["/bin/sh", "-c", f'exec "$0" "$@" 2>{told}', sys.executable, "-c", code], alone) as terminal:
        assert terminal.wait_exit() == 0
    return set(told.read_text().split())


def test_the_prompt_is_seen_before_anything_dear_is_imported(environ: dict[str, str], tmp_path: Path) -> None:
    loaded = loaded_at(SEEN, environ, tmp_path / "told")
    dear = {"dataclasses", "inspect", "typing", "pathlib", "json", "logging", "socket", "threading", "tomllib"}
    assert loaded.isdisjoint({*HEAVY, *dear})
    assert {name for name in loaded if name.startswith("mwaa_shell.")} == {
        "mwaa_shell.cli", "mwaa_shell.faces", "mwaa_shell.mwaa", "mwaa_shell.shell_completion", "mwaa_shell.errors",
        "mwaa_shell.durations",
        "mwaa_shell.prompt_text",
        "mwaa_shell.options", "mwaa_shell.startup", "mwaa_shell.suggestions",
    }  # fmt: skip


def test_the_prompt_stands_before_anything_heavy_is_imported(environ: dict[str, str], tmp_path: Path) -> None:
    loaded = loaded_at(DRAWN, environ, tmp_path / "told")
    heavy = {*HEAVY, "sqlite3", "difflib", "tomllib", "yaml", "email", "ctypes"} - {"prompt_toolkit", "asyncio"}
    bare = subprocess.run(  # an old prompt_toolkit reads its version with email
        [sys.executable, "-c", "import sys, prompt_toolkit; print(*sys.modules)"], capture_output=True, check=True
    )
    others = loaded.difference(bare.stdout.decode().split())
    assert {name.split(".")[0] for name in others}.isdisjoint(heavy)
    of_a_line = {"mwaa_shell.session.executor", "mwaa_shell.dot_commands.table", "mwaa_shell.airflow.knowledge"}
    assert loaded.isdisjoint(of_a_line), "no line has been entered"


def test_asyncio_without_tls_leaves_tls_to_others(environ: dict[str, str], tmp_path: Path) -> None:
    work = "import ssl; ssl.create_default_context(); print('made', file=sys.stderr, flush=True)"
    told = loaded_at(DRAWN, environ, tmp_path / "told", work)
    assert "asyncio" in told
    assert "ssl" not in told
    assert "made" in told


def test_the_prompt_needs_no_aws() -> None:
    loaded = loaded_by("import mwaa_shell.terminal.shell, mwaa_shell.session, mwaa_shell.dot_commands")
    assert loaded.isdisjoint(("boto3", "botocore", "requests", "urllib3", "pygments", "platformdirs", "difflib"))


def test_the_first_drawing_imports_nothing_of_secrets_and_history() -> None:
    draw = """
import asyncio
from prompt_toolkit.document import Document
from mwaa_shell.session import Session
from mwaa_shell.settings import Settings
from mwaa_shell.terminal.style import MaskSecrets
from mwaa_shell.terminal.prompt import Prompt
session = Session(Settings(environment="x"))
prompt = Prompt(session, {}, asyncio.Runner())
assert not MaskSecrets(session)._places("")
"""
    loaded = loaded_by(draw)
    assert loaded.isdisjoint(
        ("sqlite3", "platformdirs", "mwaa_shell.airflow.secrets.redaction", "mwaa_shell.names.refresher")
    )


def test_first_word_imports_nothing_after_completion_is_read() -> None:
    draw = """
from mwaa_shell.session import Session
from mwaa_shell.settings import Settings
from mwaa_shell.terminal.completer import read_for_completion
from mwaa_shell.terminal.style import MaskSecrets
read_for_completion(None)
loaded = set(sys.modules)
MaskSecrets(Session(Settings(environment="x")))._places("dags ")
assert set(sys.modules) == loaded
"""
    assert "mwaa_shell" in loaded_by(draw)


#: Runs a command and says what is imported by the end.
AT_THE_END = """
import sys
from mwaa_shell.cli import main
try:
    main(sys.argv[1:])
finally:
    print("\\n".join(sys.modules), file=sys.stderr)
"""


def test_a_command_imports_no_terminal_and_no_dot_command(environ: dict[str, str]) -> None:
    argv = [sys.executable, "-c", AT_THE_END, "my-env", "-c", "version"]
    loaded = set(subprocess.run(argv, env=environ, capture_output=True, text=True, check=True).stderr.split())
    assert {"boto3", "requests", "sqlite3", "mwaa_shell.history.store"} <= loaded
    foreign = {"prompt_toolkit", "pygments", "asyncio", "difflib", "yaml"}
    assert {name.split(".")[0] for name in loaded}.isdisjoint(foreign)
    assert "mwaa_shell.dot_commands.table" not in loaded


def test_a_command_at_the_prompt_imports_nothing_of_others(environ: dict[str, str], tmp_path: Path) -> None:
    told = tmp_path / "told"
    argv = ["/bin/sh", "-c", f'exec "$0" "$@" 2>{told}', sys.executable, "-c", AT_THE_END, "my-env"]
    with Terminal(argv, environ) as terminal:
        terminal.run("my-env", "version")
        terminal.send("exit\r")
        terminal.wait_exit()
    loaded = set(told.read_text().split())
    assert {"boto3", "requests", "pygments", "mwaa_shell.dot_commands.table"} <= loaded
    of_others = {"logs.reader", "many.run", "monitor.failure", "monitor.watch"}
    assert loaded.isdisjoint({"yaml", *(f"mwaa_shell.{name}" for name in of_others)})


def test_batch_needs_no_terminal() -> None:
    loaded = loaded_by("import mwaa_shell.batch, mwaa_shell.mwaa.aws, mwaa_shell.mwaa.transport")
    assert loaded.isdisjoint(("prompt_toolkit", "pygments"))


@pytest.mark.parametrize("before", [[], ["my-env"]])
def test_help_fits_a_screen_and_says_where_the_rest_is(program: list[str], before: list[str]) -> None:
    text = subprocess.run([*program, *before, "--help"], capture_output=True, text=True, check=True).stdout
    assert len(text.splitlines()) < 24
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "--help-all " in text
    assert "mwaa-shell help " in text


@pytest.mark.parametrize("before", [[], ["my-env"]])
def test_all_of_the_help_shows_options_and_exit_codes(program: list[str], before: list[str]) -> None:
    text = subprocess.run([*program, *before, "--help-all"], capture_output=True, text=True, check=True).stdout
    assert all(name in text for action in build_parser()._actions for name in action.option_strings)
    for code, meaning in EXIT_CODE_MEANINGS.items():
        assert f"{code.value:>5}  {meaning}" in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_version(program: list[str]) -> None:
    text = subprocess.run([*program, "--version"], capture_output=True, text=True, check=True).stdout
    assert text == f"mwaa-shell {__version__}\n"


def test_the_grammar_of_a_version_is_printed(program: list[str]) -> None:
    text = subprocess.run([*program, "--print-grammar", "2.10.3"], capture_output=True, text=True, check=True).stdout
    tree = json.loads(text)
    trigger = tree["commands"]["dags trigger"]
    assert (tree["version"], trigger["positionals"][0]["name"]) == ("2.10.3", "dag_id")
    assert {"flags": ["-c", "--conf"], "nargs": None, "choices": None, "required": False} in trigger["options"]
    refused = subprocess.run([*program, "--print-grammar", "9.9.9"], capture_output=True, text=True, check=False)
    assert (refused.returncode, "3.3.1" in refused.stderr) == (2, True)


def test_a_runbook_is_checked_offline(program: list[str], tmp_path: Path) -> None:
    runbook = tmp_path / "runbook"
    runbook.write_text("# nightly\ndags list -o json | jq .\ndags backfill x\ndags trigger \\\n  x --nope\n.nope\n")
    check = [*program, "--check", "--airflow-version", "3.3.1"]
    said = subprocess.run([*check, "-f", str(runbook)], capture_output=True, text=True, check=False)
    assert said.returncode == 2
    places = [line.split(": ")[0] for line in said.stdout.splitlines()]
    assert places == [f"{runbook}:{number}" for number in (3, 4, 6)]
    fine = subprocess.run([*check, "-c", "dags list"], capture_output=True, text=True, check=False)
    assert (fine.returncode, fine.stdout) == (0, "")
    stdin = subprocess.run(check, input="list_dags\n", capture_output=True, text=True, check=False)
    assert (stdin.returncode, stdin.stdout.startswith("stdin:1: ")) == (2, True)
    assert stdin.stdout.endswith(". Use: dags list\n")
    assert subprocess.run([*program, "--check"], capture_output=True, check=False).returncode == 2


def test_check_looks_into_commands_of_dot_commands(program: list[str], tmp_path: Path) -> None:
    wrong = {
        ".on a,b dags lst": "Did you mean 'dags list'?",
        ".on --jobs 2 a,b dags trigger": "dag_id",
        ".on a,b dags trigger $DAG": "(column 22)",
        ".on a,b": ".on requires an Airflow command",
        ".on a,b users list": "MWAA refuses users list",
        ".watch -n 5 dags list-runs": "dag",
        ".watch --nope dags list": "--nope",
        ".use --nope": "--nope",
    }
    right = (
        ".on a,b dags list | jq .",
        ".on a,b list_dags",
        ".watch -n 5 dags list",
        ".send dags lst",
        ".help dags lst",
        ".export 3 curl",
        "exit",
    )
    runbook = tmp_path / "runbook"
    runbook.write_text("\n".join([*wrong, *right]))
    check = [*program, "--check", "--airflow-version", "3.3.1", "-f", str(runbook)]
    ended = subprocess.run(check, capture_output=True, text=True, check=False)
    lines = ended.stdout.splitlines()
    assert [line.split(": ")[0] for line in lines] == [f"{runbook}:{number + 1}" for number in range(len(wrong))]
    assert [line for line, words in zip(lines, wrong.values(), strict=True) if words not in line] == []


def test_check_names_commands_that_mwaa_refuses(program: list[str], tmp_path: Path) -> None:
    runbook = tmp_path / "runbook"
    runbook.write_text("dags list\ndags details x\n.send users list\nusers list\npools set x 1 text\n")
    check = [*program, "--check", "-f", str(runbook), "--airflow-version"]
    said = subprocess.run([*check, "2.10.3"], capture_output=True, text=True, check=False)
    refused = (
        f"{runbook}:2: MWAA refuses dags details (came back as 403 Forbidden on 2.10.3)\n"
        f"{runbook}:4: MWAA refuses users list"
        " (the CLI runs as admin: with it, anyone with a token could gain rights)\n"
    )
    assert (said.returncode, said.stdout) == (2, refused)
    other_version = subprocess.run([*check, "3.3.1"], capture_output=True, text=True, check=False)
    assert [line.split(": ")[0] for line in other_version.stdout.splitlines()] == [f"{runbook}:4"]
    local = subprocess.run([*check, "2.10.3", "--no-limits"], capture_output=True, text=True, check=False)
    assert (local.returncode, local.stdout) == (0, "")


def test_every_exit_code_has_a_meaning() -> None:
    assert set(EXIT_CODE_MEANINGS) == set(ExitCode)
    assert [code.value for code in ExitCode] == [0, 1, 2, 3, 4, 5, 130, 141]


def test_options_become_settings() -> None:
    arguments = [
        "my-env", "--profile", "p", "--region", "r", "--endpoint-url", "u", "--ca-bundle", "b", "--timeout", "5",
        "--airflow-version", "2.10.3", "--data", "--keep-going", "-c", "x", "-f", "y", "-c", "z",
    ]  # fmt: skip
    order = make_plan(build_parser().parse_args(arguments), {"MWAA_ENVIRONMENT": "other"})
    access = order.settings.access
    assert order.settings.environment == "my-env"
    assert (access.profile, access.region, access.endpoint_url, access.ca_bundle, access.timeout) == (
        "p",
        "r",
        "u",
        "b",
        5,
    )
    assert (order.settings.airflow_version, order.settings.data_only, order.settings.keep_going) == (
        "2.10.3",
        True,
        True,
    )
    options = read_options(arguments)
    assert options.sources == [("COMMAND", "x"), ("FILE", "y"), ("COMMAND", "z")]


def test_the_variable_names_the_environment_unless_local() -> None:
    named = {"MWAA_ENVIRONMENT": "other"}
    assert make_plan(build_parser().parse_args([]), named).settings.environment == "other"
    assert make_plan(build_parser().parse_args(["--local"]), named).settings.environment is None


@pytest.mark.parametrize(
    ("given", "versions"),
    [("--local", ()), ("--local=2.10.3", ("2.10.3",)), ("--local=3.3.1, 2.0.2", ("3.3.1", "2.0.2"))],
)
def test_local_versions(given: str, versions: tuple[str, ...]) -> None:
    order = make_plan(build_parser().parse_args([given]), {})
    assert order.local is not None
    assert order.local.versions == versions
    assert order.local.prompt


def test_who_runs_commands_is_not_told_who_else_is_there() -> None:
    local = make_plan(build_parser().parse_args(["--local", "-c", "version"]), {}).local
    assert local is not None
    assert not local.prompt


def test_options_are_not_abbreviated() -> None:
    with pytest.raises(UsageError):
        build_parser().parse_args(["--prof", "x"])
