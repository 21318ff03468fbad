"""Every command that begins in the history ends there and in the log."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from mwaa_shell.interrupts import ENDING
from tests.double import Double, Request, command_response, never
from tests.faults import behaviours as b
from tests.terminal.emulator import Terminal
from tests.terminal.forked import Forks

pytestmark = pytest.mark.usefixtures("default_signals")

CHANGE = "dags pause daily"
PROGRAM = [sys.executable, "-m", "mwaa_shell", "my-env"]
#: Runs the program with something in it that fails.
BROKEN = """
import sys
import mwaa_shell.{module} as module
from mwaa_shell.cli import main
def fails(self, *given, **more):
    raise KeyError("a mistake")
module.{name} = fails
main(sys.argv[1:])
"""


def history(home: Path) -> list[tuple[str, str | None, bool]]:
    """Line and outcome of each command, and whether its end was written down."""
    file = next(home.rglob("history.sqlite"), None)
    if file is None:
        return []
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT line, outcome, seconds IS NOT NULL FROM commands ORDER BY number")
        return [(line, outcome, bool(ended)) for line, outcome, ended in rows]


def audit(home: Path) -> list[tuple[str, str]]:
    """Line and outcome of each line of the audit trail."""
    found = [json.loads(line) for line in (home / "audit.jsonl").read_text().splitlines()]
    return [(one["line"], one["outcome"]) for one in found]


def log_to(home: Path) -> list[str]:
    return ["--log-file", str(home / "audit.jsonl")]


def run(forks: Forks, home: Path, environ: dict[str, str], *words: str) -> tuple[int, str]:
    """Exit code and messages of the whole program."""
    ended = forks.run([*PROGRAM, *log_to(home), *words], environ, cwd=home)
    return ended.returncode, ended.stderr.decode()


def run_broken(module: str, name: str, home: Path, environ: dict[str, str]) -> tuple[int, str]:
    """Exit code and messages of the whole program, in which a function fails before anything imports it."""
    command = [sys.executable, "-c", BROKEN.format(module=module, name=name), "my-env", *log_to(home), "-c", CHANGE]
    ended = subprocess.run(command, env=environ, cwd=home, capture_output=True, check=False, timeout=120)
    return ended.returncode, ended.stderr.decode()


def bad_bundle(path: Path) -> dict[str, tuple[str, ...]]:
    """Ways to name a bundle that cannot be used."""
    (path / "empty.pem").write_text("")
    (path / "nonsense.pem").write_text("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n")
    return {name: ("--ca-bundle", str(path / name)) for name in ("empty.pem", "nonsense.pem", "missing.pem")}


@pytest.mark.parametrize("name", ["empty.pem", "nonsense.pem", "missing.pem"])
def test_a_bundle_that_cannot_be_used(
    name: str, double: Double, environ: dict[str, str], tmp_path: Path, forks: Forks
) -> None:
    code, said = run(forks, tmp_path, environ, *bad_bundle(tmp_path)[name], "-c", CHANGE)
    assert (code, double.web.seen) == (3, [])
    assert "Nothing ran." in said
    assert history(tmp_path) == [(CHANGE, "not run", True)]
    assert audit(tmp_path) == [(CHANGE, "not run")]


@pytest.mark.parametrize(
    ("variable", "value"), [("HTTPS_PROXY", "nonsense://x"), ("HTTPS_PROXY", "http://h:99999"), ("ALL_PROXY", "http://[")]
)  # fmt: skip
def test_a_proxy_that_makes_no_sense(
    variable: str, value: str, double: Double, environ: dict[str, str], tmp_path: Path, forks: Forks
) -> None:
    code, said = run(forks, tmp_path, environ | {variable: value, "NO_PROXY": ""}, "-c", CHANGE)
    assert (code, double.web.seen) == (3, [])
    assert history(tmp_path) == [(CHANGE, "not run", True)]
    assert audit(tmp_path) == [(CHANGE, "not run")]
    assert "bug in mwaa-shell" not in said


MISTAKES = (
    ("mwaa.cli_client", "CliClient._attempt"),
    ("mwaa.cli_client", "CliClient.run"),
    ("mwaa.transport", "Transport.post"),
    ("mwaa.aws", "MwaaApi.cli_token"),
    ("airflow.outcome", "judge"),
    ("session.send", "run_command"),
    ("session.send", "with_advice"),
    ("session.session", "RunIds.settle"),
    ("airflow.line_rules", "LineRules.secret_values"),
)


@pytest.mark.parametrize(("module", "name"), MISTAKES)
def test_a_mistake_of_the_shell(
    module: str, name: str, double: Double, environ: dict[str, str], tmp_path: Path
) -> None:
    code, said = run_broken(module, name, tmp_path, environ)
    assert (code, "bug in mwaa-shell: KeyError" in said) == (4, True)
    begun = name != "LineRules.secret_values"  # which comes before a command begins
    outcome = "ok" if name in ("with_advice", "RunIds.settle") else "unknown"
    assert audit(tmp_path) == [(CHANGE, outcome)] * begun
    if begun:
        assert history(tmp_path) == [(CHANGE, outcome, True)]


def test_a_mistake_in_the_audit_trail(double: Double, environ: dict[str, str], tmp_path: Path) -> None:
    code, _ = run_broken("history.recorder", "AuditLog.write", tmp_path, environ)
    assert (code, history(tmp_path)) == (4, [(CHANGE, "ok", True)])


@pytest.mark.parametrize("number", ENDING)
@pytest.mark.parametrize("place", ["aws", "web"])
def test_a_signal_in_a_script(
    number: signal.Signals, place: str, double: Double, environ: dict[str, str], tmp_path: Path, forks: Forks
) -> None:
    side = double.aws if place == "aws" else double.web
    usual = side.behave
    side.behave = lambda request: never(request) if _last(request) else usual(request)
    with forks.popen([*PROGRAM, *log_to(tmp_path), "-c", CHANGE], environ, tmp_path) as running:
        while side.arrived.acquire(timeout=120) and not any(map(_last, side.seen)):
            pass
        running.send_signal(number)
        said = running.communicate()[1]
        assert running.wait() == 128 + number
    assert b"The command may still be running on my-env" in said or place == "aws"
    assert double.commands == [CHANGE] * (place == "web")
    begun = place == "web" or bool(history(tmp_path))  # it is written down while AWS is asked
    assert history(tmp_path) == [(CHANGE, "interrupted", True)] * begun
    if place == "web":
        assert audit(tmp_path) == [(CHANGE, "interrupted")]


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_names_each_environment_under_way(
    number: signal.Signals, double: Double, environ: dict[str, str], tmp_path: Path, forks: Forks
) -> None:
    double.names, usual = ("etl-a", "etl-b", "etl-c"), double.web.behave
    double.web.behave = lambda request: never(request) if _last(request) else usual(request)
    command = [*PROGRAM[:-1], *log_to(tmp_path), "--on", "all", "--jobs", "2", "--yes", "-c", CHANGE]
    with forks.popen(command, environ, tmp_path) as running:
        while sum(map(_last, double.web.seen)) < 2 and double.web.arrived.acquire(timeout=120):
            pass
        running.send_signal(number)
        said = running.communicate()[1].decode()
        assert running.wait() == 128 + number
    assert [name for name in double.names if f"The command may still be running on {name}\n" in said] == [
        "etl-a",
        "etl-b",
    ], said
    assert history(tmp_path) == [(CHANGE, "interrupted", True)] * 2


def _last(request: Request) -> bool:
    """Whether this is what the command itself waits for."""
    return request.path.startswith(("/clitoken/", "/aws_mwaa/cli")) and request.method == "POST"


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_at_the_prompt(
    number: signal.Signals, double: Double, environ: dict[str, str], tmp_path: Path, forks: Forks
) -> None:
    with Terminal([*PROGRAM, *log_to(tmp_path)], environ, begin=forks.begin) as terminal:
        terminal.wait_for("AVAILABLE")

        def behave(request: Request) -> bytes | None:
            if request.method != "POST":
                return command_response()
            os.kill(terminal.pid, number)
            return never(request)

        double.web.behave = behave
        terminal.enter(CHANGE)
        assert terminal.wait_exit() == 128 + number
    assert history(tmp_path) == [(CHANGE, "interrupted", True)]
    assert audit(tmp_path) == [(CHANGE, "interrupted")]


def test_several_commands_all_end(double: Double, environ: dict[str, str], tmp_path: Path, forks: Forks) -> None:
    answers = [
        b.reset,
        b.always(command_response(b"ok\n")),
        b.always(b.redirect(304, "")),
        b.always(b"nonsense\r\n\r\n"),
    ]
    done = b.always(command_response())
    double.web.behave = lambda request: (answers.pop(0) if request.method == "POST" else done)(request)
    code, _ = run(forks, tmp_path, environ, "--keep-going", *("-c", CHANGE) * 4)
    assert code == 4
    expected = ["unknown", "ok", "unknown", "unknown"]
    assert history(tmp_path) == [(CHANGE, outcome, True) for outcome in expected]
    assert audit(tmp_path) == [(CHANGE, outcome) for outcome in expected]


# -- core files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
def test_a_crash_leaves_no_core_file(
    number: signal.Signals, double: Double, environ: dict[str, str], tmp_path: Path
) -> None:
    """The token is in the memory of the process when it crashes."""
    double.web.behave = lambda request: never(request) if request.method == "POST" else command_response()
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        pytest.skip("no process writes a core file here")
    command = ["/bin/sh", "-c", 'ulimit -S -c "$(ulimit -H -c)"; exec "$@"', "sh", *PROGRAM, "-c", CHANGE]
    running = subprocess.Popen(command, env=environ, cwd=tmp_path, stderr=subprocess.DEVNULL)
    while double.web.arrived.acquire(timeout=120) and not double.commands:
        pass
    limits = Path(f"/proc/{running.pid}/limits")
    if limits.exists():
        assert re.search(r"Max core file size +0 ", limits.read_text())
    running.send_signal(number)
    _, status = os.waitpid(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    assert running.returncode == -number
    assert not os.WCOREDUMP(status)
