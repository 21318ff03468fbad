"""The ids that the shell gives to runs that it triggers: one for each line, decided when the line is entered.

A line whose end is not known keeps its id: entered once more, it cannot start a second run.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, datetime

#: How a line ended after which its run may be there although nobody has seen it, in the words of the outcomes.
OPEN = ("unknown", "interrupted")


def new_run_id() -> str:
    """One that nobody has, and that a person can read: who made it, when, and six random characters."""
    return f"mwaa-shell__{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}+00:00__{secrets.token_hex(3)}"


class RunIds:
    """The ids of lines that have not ended, by environment and arguments."""

    def __init__(self, make: Callable[[], str] = new_run_id) -> None:
        self._make = make
        self._open: dict[tuple[str, tuple[str, ...]], str] = {}

    def of(self, environment: str, words: tuple[str, ...]) -> str:
        """The id of a line, the same until it has ended."""
        return self._open.setdefault((environment, words), self._make())

    def settle(self, environment: str, words: tuple[str, ...], outcome: str) -> None:
        """A line has ended in this way: the next one that reads the same is another one, if that is certain."""
        if outcome not in OPEN:
            self._open.pop((environment, words), None)
