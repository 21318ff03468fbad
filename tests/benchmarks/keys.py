"""Time from a key to its last repaint with an open menu, by number of names.

python -m tests.benchmarks.keys [ROUNDS]

Names are asked for over REST all the while, a page of 100 at a time: no key waits for that. The second table is for
keys from the first moment on, while boto3 is imported and AWS is called in the background.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.names.catalogue import NameCatalogue
from mwaa_shell.names.model import Name, NamesFound
from mwaa_shell.names.store import NameStore
from tests.benchmarks.names import dag_ids
from tests.benchmarks.programs import OURS, Running, installed, table
from tests.double import Double, Request, rest_response

BARE = [sys.executable, "-c", "from prompt_toolkit import PromptSession; PromptSession().prompt('my-env> ')"]
COMMAND = "dags trigger "
TYPED = "team_07_sales_load"
COUNTS = (1_000, 20_000, 100_000)
#: Seconds between two keys while AWS is called, as of a fast user.
APART = 0.025
#: Keys that are pressed then.
FIRST_KEYS = "dags list-runs --dag-id team_07_sales_load"


def names_of(count: int) -> list[str]:
    """So many ids of DAGs, the same each time."""
    return dag_ids(count, random.Random(1))


@contextmanager
def environment(environ: Mapping[str, str], folder: Path, count: int) -> Iterator[dict[str, str]]:
    """A double with so many DAGs, whose names are cached and loaded again."""
    names = names_of(count)
    double = Double()

    def page(request: Request) -> bytes:
        if not request.path.startswith("/restapi/"):
            return double.answer_aws(request)
        start = int((json.loads(request.body).get("QueryParameters") or {}).get("offset", 0))
        dags = [{"dag_id": name, "is_paused": False, "owners": ["data"]} for name in names[start : start + 100]]
        return rest_response({"dags": dags, "total_entries": count})

    double.aws.behave = page
    catalogue = NameCatalogue()
    catalogue.apply([NamesFound(Kind.DAG, tuple(map(Name, names)), all=True)], "REST", time.time() - 86_400)
    home = folder / f"home-{count}"
    NameStore(home / ".cache" / "mwaa-shell" / "names", "123456789012", "eu-west-1", "my-env").save(catalogue)
    try:
        yield dict(environ) | {
            "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache"), "XDG_DATA_HOME": str(home / "data"),
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "not-a-secret",
            "AWS_ENDPOINT_URL_MWAA": f"http://127.0.0.1:{double.aws.port}",
        }  # fmt: skip
    finally:
        double.close()


def key_times(
    argv: list[str],
    environ: Mapping[str, str],
    ready: str,
    rounds: int,
    command: str = COMMAND,
    quiet: float = 0.03,
) -> list[float]:
    """Return the milliseconds from each key after a command to its last repaint.

    It was the last when nothing else has come for ``quiet`` seconds.
    """
    times = []
    with Running(argv, environ) as program:
        program.wait_for(ready)
        program.settle(0.3)
        for _ in range(rounds):
            program.send(command)
            program.settle(0.1)
            for key in TYPED:
                pressed = program.send(key)
                program.read(5)
                times.append((program.settle(quiet) - pressed) * 1000)
            program.send("\x15")
            program.settle(0.1)
    return times


def first_keys(argv: list[str], environ: Mapping[str, str]) -> list[float]:
    """Return the milliseconds from keys to their first drawing.

    Keys are pressed ``APART`` seconds apart from the first prompt on.
    """
    times = []
    with Running(argv, environ) as program:
        program.wait_for("my-env>")
        program.send("#")  # the prompt takes keys from here on
        program.wait_for("#")
        for key in FIRST_KEYS:
            pressed = program.send(key)
            while not program.raw:
                program.read(5)
            times.append((program.at - pressed) * 1000)
            while (left := pressed + APART - time.perf_counter()) > 0:
                program.read(left)
    return times


def main() -> None:
    """Take turns, and print both tables."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 6
    keys: dict[str, list[float]] = {"floor: prompt_toolkit alone": [], **{f"{count:,} names": [] for count in COUNTS}}
    first: dict[str, list[float]] = {"floor: prompt_toolkit alone": [], "while AWS is warmed up": []}
    worst: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environ = installed(folder)
        with ExitStack() as doubles:
            homes = {count: doubles.enter_context(environment(environ, folder, count)) for count in COUNTS}
            for _ in range(rounds):
                keys["floor: prompt_toolkit alone"] += key_times(BARE, environ, "my-env>", 1)
                for count, variables in homes.items():
                    keys[f"{count:,} names"] += key_times([*OURS, "my-env"], variables, "AVAILABLE", 1)
                first["floor: prompt_toolkit alone"] += first_keys(BARE, environ)
                times = first_keys([*OURS, "my-env"], homes[COUNTS[0]])
                first["while AWS is warmed up"] += times
                worst.append(max(times))
    table(keys, "floor: prompt_toolkit alone", "key to last repaint, ms")
    table(first, "floor: prompt_toolkit alone", "key to first repaint, ms")
    print(f"worst key of a start: median {median(worst):.1f} ms")


if __name__ == "__main__":
    main()
