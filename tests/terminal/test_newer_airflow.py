"""An environment with a newer Airflow than any that has a command tree here: at the prompt, and in a script."""

from __future__ import annotations

import sys

from mwaa_shell.airflow.grammar import versions
from tests.double import Double
from tests.programs import run_here
from tests.terminal.emulator import Terminal
from tests.terminal.forked import Forks

NEWEST = versions()[-1]
NEWER = f"{NEWEST.major}.{NEWEST.minor + 1}.0"


def test_what_the_nearest_tree_lacks_is_sent_with_a_note(double: Double, environ: dict[str, str], forks: Forks) -> None:
    double.version = NEWER
    with Terminal([sys.executable, "-m", "mwaa_shell", "my-env"], environ, 100, 24, begin=forks.begin) as terminal:
        terminal.wait_for(f"Airflow {NEWER} (completed as {NEWEST})")
        shown = terminal.run("my-env", "dags freeze one").replace("\n", "")
        assert (
            f"Unknown command 'dags freeze' in Airflow {NEWEST}. Sent as typed: the environment runs {NEWER}" in shown
        )
        terminal.run("my-env", "dags list --frozen -o json")
        terminal.send("dags trigger one --conf {")
        terminal.wait_for("--conf {")
        terminal.key("enter")
        terminal.wait_for("The JSON of --conf is malformed")
    assert double.commands == ["dags freeze one", "dags list --frozen -o json"]


def test_the_rest_of_a_file_goes_on(double: Double, environ: dict[str, str]) -> None:
    double.version = NEWER
    ended = run_here(["my-env", "-f", "-"], environ, b"dags freeze one\ndags list --frozen\nversion\n")
    assert ended.returncode == 0
    assert double.commands == ["dags freeze one", "dags list --frozen", "version"]
    assert ended.stderr.count(f"Sent as typed: the environment runs {NEWER}".encode()) == 2


def test_messages_name_the_version_of_the_environment(double: Double, environ: dict[str, str]) -> None:
    double.version = NEWER
    ended = run_here(["my-env", "-c", "tasks run one two three"], environ)
    assert ended.returncode == 2
    assert f"tasks run is not in Airflow {NEWER}".encode() in ended.stderr
    assert double.commands == []
