"""Fuzzes what reads foreign text, guided by coverage, for as long as one likes. Run by hand; needs ``atheris``.

    python -m tests.fuzz.run                       # all subjects, in turn
    python -m tests.fuzz.run drawing -max_total_time=600
    python -m tests.fuzz.run --list

Words that begin with a dash are for libFuzzer. A crash or a hang leaves the text in a file that it names; a file's name
among the arguments runs that text alone.
"""

from __future__ import annotations

import importlib
import sys
from contextlib import suppress
from typing import Any

from mwaa_shell.errors import ShellError


def main(arguments: list[str]) -> None:
    """Run until something breaks, or as libFuzzer is told."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["mwaa_shell"]):
        from tests.fuzz.subjects import SUBJECTS
    if "--list" in arguments:
        print("\n".join(SUBJECTS))
        return
    chosen = [SUBJECTS[name] for name in arguments if name in SUBJECTS] or list(SUBJECTS.values())

    def one(data: bytes) -> None:
        first, text = data[:1], data[1:].decode("utf-8", "surrogateescape")
        subject = chosen[first[0] % len(chosen)] if first else chosen[0]
        with suppress(ShellError):
            subject(text)

    rest = [word for word in arguments if word not in SUBJECTS]
    atheris.Setup([sys.argv[0], "-max_len=4096", "-timeout=10", *rest], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
