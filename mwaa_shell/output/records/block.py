"""A table among the lines of a reply: what it holds and where it stands, so that the rest can be told from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Block:
    """The lines from ``first`` up to but not including ``end`` are the table, its heading and its rules."""

    names: tuple[str, ...]
    rows: list[list[str]]  #: each with one text for each name
    first: int
    end: int

    @property
    def records(self) -> list[dict[str, str]]:
        """The rows by the names of their columns."""
        return [dict(zip(self.names, row, strict=True)) for row in self.rows]
