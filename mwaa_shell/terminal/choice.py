"""Chooses one of several rows, each with a short name and what is told of it."""

from __future__ import annotations

from collections.abc import Sequence

from mwaa_shell.output.sanitise import sanitise
from mwaa_shell.terminal.choosing import choose


class Rows:
    """The rows that hold what was typed, in the name or in what is told."""

    asks = "which one"
    refuses = "No row, or more than one, has that in it"

    def __init__(self, rows: Sequence[tuple[str, str]]) -> None:
        self._rows = rows
        self.tells = f"{len(rows)} rows"

    def names(self) -> Sequence[str]:
        """The short ones."""
        return [name for name, _ in self._rows]

    def matching(self, typed: str) -> list[int]:
        """The places of the rows that fit; only the one of this very name, if there is one."""
        typed = typed.strip().lower()
        fit = [place for place, row in enumerate(self._rows) if typed in "  ".join(row).lower()]
        return [place for place in fit if self._rows[place][0] == typed] or fit

    def about(self, place: int) -> str:
        """The rest of the row."""
        return sanitise(self._rows[place][1])


def pick(rows: Sequence[tuple[str, str]]) -> int | None:
    """Let the user choose; the place of the row, ``None`` if they would rather not."""
    return choose(Rows(rows))
