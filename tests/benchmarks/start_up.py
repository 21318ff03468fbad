"""How long until the prompt stands, beside a bare prompt_toolkit prompt started at the same moments.

python -m tests.benchmarks.start_up [RUNS]
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tests.conftest import scrubbed
from tests.terminal.emulator import Terminal

BARE = "from prompt_toolkit import PromptSession; PromptSession().prompt('my-env> ')"
OURS = [sys.executable, "-m", "mwaa_shell", "my-env"]


def seconds_to_prompt(argv: list[str], environ: dict[str, str]) -> float:
    """From the start of a program until its prompt is on the screen."""
    began = time.perf_counter()
    with Terminal(argv, environ) as terminal:
        terminal.wait_for_prompt("my-env")
        return time.perf_counter() - began


def main() -> None:
    """Take turns, and print medians and the median of the ratios pair by pair."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    with tempfile.TemporaryDirectory() as home:
        # An endpoint where nobody listens: the prompt must not wait for it.
        environ = scrubbed(Path(home)) | {
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ENDPOINT_URL_MWAA": "http://127.0.0.1:9",
        }
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        environ["PYTHONPATH"] = os.getcwd()
        pairs = [
            (seconds_to_prompt(OURS, environ), seconds_to_prompt([sys.executable, "-c", BARE], environ))
            for _ in range(runs)
        ]
    ours, bare = (median(one[side] for one in pairs) for side in (0, 1))
    ratio = median(our / floor for our, floor in pairs)
    print(
        f"prompt after {ours * 1000:.0f} ms, a bare prompt after {bare * 1000:.0f} ms: ratio {ratio:.2f} ({runs} runs)"
    )


if __name__ == "__main__":
    main()
