"""Whether anything that reads foreign text takes more than linear time: each piece over and over, up to 1 MB of it.

    python -m tests.benchmarks.long_lines [SUBJECT ...] [--most BYTES] [--all]

Sizes double while a reading takes less than two seconds. What is printed is the exponent between the last two sizes
that took long enough to be measured: 1.0 is linear, 2.0 is quadratic. Only what is above 1.4 is printed, or ``--all``.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

from mwaa_shell.errors import ShellError
from tests.fuzz.strategies import PIECES
from tests.fuzz.subjects import SUBJECTS, Subject

FIRST, MOST = 4_096, 1_048_576
#: Seconds: what is quicker cannot be measured, what is slower is not doubled again.
LEAST, LONGEST = 0.02, 2.0
STEEP = 1.4
#: Stands before the pieces, so that they are read as what comes behind a command.
BEFORE = ("", "dags trigger one ", "version | ", "dag_id | owner\n=======+======\n")


def seconds(subject: Subject, text: str) -> float:
    """Of this thread alone, so that other programs do not count; the better of two."""
    taken = []
    for _ in range(2):
        began = time.thread_time()
        with suppress(ShellError):
            subject(text)
        taken.append(time.thread_time() - began)
        if taken[-1] > LONGEST:
            break
    return min(taken)


def sizes(subject: Subject, before: str, piece: str, most: int) -> Iterator[tuple[int, float]]:
    """How long each size takes."""
    size = FIRST
    while size <= most:
        taken = seconds(subject, before + piece * (size // len(piece)))
        yield size, taken
        if taken > LONGEST:
            return
        size *= 2


def exponent(measured: list[tuple[int, float]]) -> float:
    """How fast the time grows at the end; 0 where nothing took long enough."""
    told = [one for one in measured if one[1] >= LEAST]
    if len(told) < 3:
        return 0.0
    (small, quick), (large, slow) = told[-3], told[-1]
    return math.log(slow / quick) / math.log(large / small)


def main(arguments: list[str]) -> int:
    """Print what is steep; 1 if anything is."""
    most = int(arguments[arguments.index("--most") + 1]) if "--most" in arguments else MOST
    steep = 0
    for name in [one for one in arguments if one in SUBJECTS] or SUBJECTS:
        worst = 0.0
        for piece in PIECES:
            for before in BEFORE:
                measured = list(sizes(SUBJECTS[name], before, piece, most))
                found = exponent(measured)
                worst = max(worst, found)
                steep += found > STEEP
                if found > STEEP or "--all" in arguments:
                    size, taken = measured[-1]
                    print(f"{name:<26} {found:5.2f}  {size:>8} bytes {taken:7.3f} s  {before + piece!r}", flush=True)
        print(f"{name:<26} {worst:5.2f}  worst", flush=True)
    return int(bool(steep))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
