"""The functions between a key and its drawing, with an open menu.

python -m tests.benchmarks.key_profile [NAMES] [ROWS]

The profiler itself makes calls three times as dear: only its shares count. The first line is without it.
"""

from __future__ import annotations

import asyncio
import cProfile
import os
import pstats
import random
import sys
import tempfile
import time
from statistics import median
from unittest.mock import patch

from prompt_toolkit.application import create_app_session
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output.vt100 import Vt100_Output

import mwaa_shell.dot_commands.completion  # noqa: F401  (what the warm-up imports)
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.names.model import Name, NamesFound
from mwaa_shell.session import Session
from mwaa_shell.session.session import UserInterface
from mwaa_shell.settings import Settings
from mwaa_shell.terminal.preload import Preloader
from mwaa_shell.terminal.prompt import Prompt, Proposal
from tests.benchmarks.keys import COMMAND, TYPED
from tests.benchmarks.names import dag_ids

ROUNDS = 10


class Nowhere:
    """A terminal that takes everything."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1


def session(count: int) -> Session:
    """Return a session with so many cached DAGs and no requests."""
    made = Session(Settings(environment="my-env", airflow_version="2.10.3"), UserInterface(keeps_names=True))
    live = made.cached_names
    assert live is not None
    names = tuple(map(Name, dag_ids(count, random.Random(1))))
    live.catalogue.apply([NamesFound(Kind.DAG, names, all=True)], "REST", time.time())
    live.catalogue.prepare()
    return made


async def drive(keyboard: PipeInput, times: list[float], profile: cProfile.Profile) -> None:
    """Type the same again and again, the second half under the profiler, and leave."""
    for turn in range(2 * ROUNDS):
        if turn == ROUNDS:
            profile.enable()
        keyboard.send_text(COMMAND)
        await asyncio.sleep(0.1)
        for key in TYPED:
            began = time.process_time()
            keyboard.send_text(key)
            await asyncio.sleep(0.03)
            times.append((time.process_time() - began) * 1000)
        keyboard.send_text("\x15")
        await asyncio.sleep(0.05)
    profile.disable()
    keyboard.send_text("\x04")


def main() -> None:
    """Print the cost of a key and the dearest functions."""
    count, rows = (int(word) for word in (sys.argv[1:] + ["100000", "45"][len(sys.argv) - 1 :])[:2])
    times: list[float] = []
    profile, tasks = cProfile.Profile(), []
    output = Vt100_Output(Nowhere(), lambda: Size(24, 80), term="xterm-256color")  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as home, create_pipe_input() as keyboard:
        os.environ |= {"HOME": home, "XDG_CACHE_HOME": home, "XDG_DATA_HOME": home}
        begin = Prompt._begin

        def begin_typing(self: Prompt) -> None:
            begin(self)
            tasks.append(asyncio.get_running_loop().create_task(drive(keyboard, times, profile)))

        with (
            create_app_session(input=keyboard, output=output),
            patch.object(Preloader, "start", lambda self: None),
            patch.object(Prompt, "_begin", begin_typing),
        ):
            try:
                with asyncio.Runner() as runner:
                    Prompt(session(count), {}, runner).read(Proposal())
            except EOFError:
                pass
    plain = times[: len(times) // 2]
    print(
        f"{count:,} names: {median(plain):.1f} ms of processor a key, p95 {sorted(plain)[int(len(plain) * 0.95)]:.1f}"
    )
    pstats.Stats(profile).strip_dirs().sort_stats("cumtime").print_stats(rows)


if __name__ == "__main__":
    main()
