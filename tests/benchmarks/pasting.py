"""Time of a pasted long line and of further keys, beside prompt_toolkit.

python -m tests.benchmarks.pasting [BYTES ...]   (Linux)

Processor time of the program, so that a busy machine changes little.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.programs import OURS, Running
from tests.conftest import scrubbed

BARE = [sys.executable, "-c", "from prompt_toolkit import PromptSession; PromptSession().prompt('my-env> ')"]
SIZES = (2_000, 4_000, 8_000, 20_000)
#: Keys pressed at the end of the line.
KEYS = 10
#: Bytes that a terminal writes at once.
CHUNK = 1_024
#: Seconds without a drawing after which a program has nothing left to do.
QUIET = 1.0


def long_lines(size: int) -> dict[str, str]:
    """Return commands of so many bytes."""
    data = json.dumps({f"member_{number:05}": number for number in range(size // 22)})
    return {
        "JSON": f"variables set big '{data}'",
        "conf": f"dags trigger one --conf {json.dumps(data)}",
        "words": "dags list " + "word " * (size // 5),
    }


def processor_seconds(program: Running) -> float:
    """Return the processor time that a program has taken so far."""
    words = Path(f"/proc/{program.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def wait_until_idle(program: Running) -> None:
    """Read until the program neither draws nor computes."""
    before = -1.0
    while (now := processor_seconds(program)) - before > 0.03:
        before = now
        program.settle(QUIET)


def measure(argv: list[str], environ: Mapping[str, str], ready: str, line: str) -> tuple[float, float]:
    """Return the seconds of a paste without brackets, and those of a later key."""
    with Running(argv, environ) as program:
        program.wait_for(ready)
        wait_until_idle(program)
        program.send("v\x7f")  # what the first key imports is no part of this
        wait_until_idle(program)
        began = processor_seconds(program)
        for start in range(0, len(line), CHUNK):
            program.send(line[start : start + CHUNK])
            while program.read(0.001):
                pass
        wait_until_idle(program)
        pasted = processor_seconds(program)
        for _ in range(KEYS):
            program.send("x")
            program.settle(0.1)
        wait_until_idle(program)
        return pasted - began, (processor_seconds(program) - pasted) / KEYS


def main() -> None:
    """Print seconds and ratios for each size."""
    sizes = [int(word) for word in sys.argv[1:]] or SIZES
    print(f"{'line':<8}{'bytes':>8}{'paste':>9}{'alone':>9}{'ratio':>7}{'key, ms':>10}{'alone':>9}{'ratio':>7}")
    for size in sizes:
        for name, line in long_lines(size).items():
            with tempfile.TemporaryDirectory() as folder:
                environ = scrubbed(Path(folder)) | {"AWS_ENDPOINT_URL_MWAA": "http://127.0.0.1:9"}
                ours = [*OURS, "my-env", "--airflow-version", "2.10.3"]
                (paste, key), (bare_paste, bare_key) = (
                    measure(argv, environ, "my-env>", line) for argv in (ours, BARE)
                )
            print(f"{name:<8}{size:>8}{paste:>9.2f}{bare_paste:>9.2f}{paste / bare_paste:>7.2f}", end="")
            print(f"{key * 1000:>10.1f}{bare_key * 1000:>9.1f}{key / bare_key:>7.2f}", flush=True)


if __name__ == "__main__":
    main()
