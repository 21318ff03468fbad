"""A search for readers of foreign text that take more than linear time.

    python -m tests.benchmarks.long_lines [SUBJECT ...] [--most BYTES]

Two rounds. In the first each text grows fourfold up to 16 KB, while a reading is quick; what is steepest or slowest in
it is in the second, where it doubles up to ``--most`` while a reading takes less than two seconds. What is printed is
the exponent of the last two doublings: 1.0 is linear, 2.0 is quadratic. Above 1.4 it counts as a mistake.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

from mwaa_shell.errors import ShellError
from tests.fuzz.strategies import PIECES
from tests.fuzz.subjects import SUBJECTS, Subject

FIRST, ENOUGH, MOST = 1_024, 16_384, 1_048_576
#: Seconds: what is quicker cannot be measured, what is slower is not made longer.
LEAST, QUICK, LONGEST = 0.002, 0.01, 2.0
STEEP = 1.4
#: How many texts of a subject are in the second round: the steepest, and the slowest.
STEEPEST, SLOWEST = 5, 3
#: What reads lines that are typed; all others read what is printed.
TYPED = ("command line", "understanding", "suggestions", "checks", "safety", "redaction", "translation", "explanation",
         "history expansion", "history changes", "saved lines", "scripts", "addresses", "settings")  # fmt: skip
#: Beginnings of the text: a command or a table.
LINES, TABLES = ("", "dags trigger one ", "dags delete -", "version | "), ("", "dag_id | owner\n=======+======\n")


class Text(NamedTuple):
    """Something that can be made in any length."""

    before: str
    piece: str
    numbered: bool

    def of(self, size: int) -> str:
        """The text with so many characters of pieces."""
        count = max(size // (len(self.piece) + 6 * self.numbered), 1)
        pieces = (f"{self.piece}{number:06}" for number in range(count)) if self.numbered else [self.piece] * count
        return self.before + "".join(pieces)

    def __str__(self) -> str:
        return f"{self.before + self.piece!r}{'NUMBER' * self.numbered}"


def texts(name: str) -> Iterator[Text]:
    """What a subject is given."""
    befores = LINES if name.partition(",")[0] in TYPED else TABLES
    for piece in PIECES:
        yield from (Text(before, piece, numbered=False) for before in befores)
        yield Text(befores[1], piece, numbered=True)


def seconds(subject: Subject, text: str) -> float:
    """Of this thread alone, so that other programs do not count."""
    began = time.thread_time()
    with suppress(ShellError):
        subject(text)
    return time.thread_time() - began


def growing(subject: Subject, text: Text, most: int, times: int, longest: float) -> Iterator[tuple[int, float]]:
    """How long each size takes, up to the first that takes long."""
    size, taken = FIRST, 0.0
    while size <= most and taken < longest:
        taken = seconds(subject, text.of(size))
        yield size, taken
        size *= times


def exponent(measured: Iterable[tuple[int, float]], back: int) -> float:
    """How fast the time grows over the last sizes; 0 where nothing took long enough."""
    told = [one for one in measured if one[1] >= LEAST]
    if len(told) <= back:
        return 0.0
    (small, quick), (large, slow) = told[-1 - back], told[-1]
    return math.log(slow / quick) / math.log(large / small)


def chosen(name: str, most: int) -> list[Text]:
    """The texts that are worth a closer look."""
    found: list[tuple[float, float, Text]] = []
    for text in texts(name):
        measured = list(growing(SUBJECTS[name], text, min(most, ENOUGH), 4, QUICK))
        size, taken = measured[-1]
        found.append((exponent(measured, 1), taken / size, text))
    steepest = sorted(found, key=lambda one: -one[0])[:STEEPEST]
    slowest = sorted(found, key=lambda one: -one[1])[:SLOWEST]
    return list(dict.fromkeys(text for *_, text in (*steepest, *slowest)))


def main(arguments: list[str]) -> int:
    """Print what each subject makes of its worst texts; 1 if anything is steep."""
    most = int(arguments[arguments.index("--most") + 1]) if "--most" in arguments else MOST
    steep = 0
    for name in [one for one in arguments if one in SUBJECTS] or SUBJECTS:
        rows: list[tuple[float, int, float, Text]] = []
        for text in chosen(name, most):
            measured = list(growing(SUBJECTS[name], text, most, 2, LONGEST))
            rows.append((exponent(measured, 2), *measured[-1], text))
        rows.sort(key=lambda row: (-row[0], -row[2]))
        steep += sum(row[0] > STEEP for row in rows)
        for found, size, taken, text in [row for row in rows if row[0] > STEEP] or rows[:1]:
            print(f"{name:<26} {found:5.2f}  {size:>8} bytes {taken:7.3f} s  {text}", flush=True)
    return int(bool(steep))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
