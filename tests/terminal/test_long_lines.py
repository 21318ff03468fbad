"""Long lines that are typed, or pasted without brackets, at the prompt in a real pseudo-terminal."""

from __future__ import annotations

import json
import sys

from mwaa_shell.airflow.completion import suggest
from tests.double import Double
from tests.terminal.emulator import Terminal
from tests.terminal.forked import Forks

LONG = json.dumps({f"member_{number:05}": number for number in range(900)})  # 20 kB
#: Runs the program and prints how often candidates were looked for.
COUNTS = f"""
import sys
from {suggest.__module__} import suggest
from mwaa_shell.dot_commands import completion
asked = []
def counted(*given):
    asked.append(given)
    return suggest(*given)
completion.suggest = counted
from mwaa_shell.cli import main
try:
    main()
finally:
    print("looked", len(asked), "times")
"""


def test_20_kb_without_brackets_arrive_and_run(double: Double, environ: dict[str, str], forks: Forks) -> None:
    command = f"variables set big '{LONG}'"
    with Terminal([sys.executable, "-m", "mwaa_shell", "my-env"], environ, begin=forks.begin) as terminal:
        terminal.wait_for("AVAILABLE")
        terminal.send(command)
        terminal.wait_for("899}'")
        terminal.key("enter")
        terminal.wait_for("ok ")
    assert double.commands == [command]


def test_keys_that_arrive_at_once_look_for_candidates_once(environ: dict[str, str]) -> None:
    with Terminal([sys.executable, "-c", COUNTS, "my-env"], environ) as terminal:
        terminal.wait_for("AVAILABLE")
        terminal.send(f"variables set big '{LONG[:1000]}")
        terminal.wait_for(LONG[995:1000])
        terminal.key("ctrl-c")
        terminal.wait_for_prompt("my-env")
        terminal.key("ctrl-d")
        terminal.wait_exit()
        count = int(terminal.history_text.partition("looked ")[2].partition(" times")[0])
    assert count < 50
