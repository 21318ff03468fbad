"""Where a command came from, in the words of the history."""

from __future__ import annotations

TYPED = "typed"
COMMAND = "-c"
FILE = "file"
RERUN = "rerun of #"


def rerun_of(number: int) -> str:
    """The origin of a command that repeats an entry."""
    return f"{RERUN}{number}"
