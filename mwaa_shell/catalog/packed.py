"""Many names and what is known of each, in little memory: 40 bytes a name where a dict of strings takes 200. Pure.

Frozen like what it stands for: who changes something makes another one.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import overload

Facts = Mapping[str, str]
#: So many facts that are nobody's any more are kept beside one for each name, until all are packed anew.
PILE = 100


class Texts(Sequence[str]):
    """Texts that stand in one piece of UTF-8; each is made when it is asked for."""

    __slots__ = ("_bytes", "_ends")

    def __init__(self, pieces: bytes, ends: array[int]) -> None:
        self._bytes = pieces
        self._ends = ends  #: where each of them ends, behind a zero

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[str, ...]: ...
    def __getitem__(self, at: int | slice) -> str | tuple[str, ...]:
        if isinstance(at, slice):
            return tuple([self[number] for number in range(*at.indices(len(self)))])
        if at < 0:
            at += len(self)
        if at < 0:
            raise IndexError(at)
        return self._bytes[self._ends[at] : self._ends[at + 1]].decode("utf-8", "surrogatepass")

    def __iter__(self) -> Iterator[str]:
        for start, end in pairwise(self._ends):
            yield self._bytes[start:end].decode("utf-8", "surrogatepass")

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Texts):
            return self is other or (self._bytes == other._bytes and self._ends == other._ends)
        return isinstance(other, tuple) and tuple(self) == other

    __hash__ = None  # type: ignore[assignment]


class Packed(Mapping[str, Facts]):
    """The facts of names that stand in alphabetical order. What many have in common is kept once."""

    __slots__ = ("_tables", "_which", "texts")

    def __init__(self, texts: Texts, tables: Sequence[Facts], which: array[int]) -> None:
        self.texts = texts
        self._tables = tables
        self._which = which  #: of each name, the place of its facts among them

    def __len__(self) -> int:
        return len(self.texts)

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def __getitem__(self, text: str) -> Facts:
        number = self._number(text)
        if number is None:
            raise KeyError(text)
        return self.at(number)

    def at(self, number: int) -> Facts:
        """The facts of a name by its place."""
        return self._tables[self._which[number]]

    def pairs(self) -> Iterator[tuple[str, Facts]]:
        """All names in their order, with their facts; takes a step for each, where ``items`` looks each up."""
        return zip(self.texts, map(self._tables.__getitem__, self._which), strict=True)

    def with_facts(self, news: Mapping[str, Facts]) -> Packed:
        """The same names, with other facts of some of them."""
        which, tables = self._which[:], [*self._tables]
        for text, facts in news.items():
            if (number := self._number(text)) is not None:
                which[number] = len(tables)
                tables.append(facts)
        if len(tables) <= len(which) + PILE:
            return Packed(self.texts, tables, which)
        packing = Packing()
        for text, facts in zip(self.texts, map(tables.__getitem__, which), strict=True):
            packing.add(text, facts)
        return packing.packed()

    def _number(self, text: str) -> int | None:
        at = bisect_left(self.texts, order(text), key=order)
        return at if at < len(self.texts) and self.texts[at] == text else None


class Packing:
    """Packs names that come in their order."""

    def __init__(self) -> None:
        self._bytes, self._ends, self._which = bytearray(), array("I", [0]), array("I")
        self._tables: list[Facts] = []
        self._places: dict[tuple[tuple[str, str], ...], int] = {}
        self._last = ("", "")

    def __len__(self) -> int:
        return len(self._which)

    def add(self, text: str, facts: Facts) -> bool:
        """One more; False where it does not come behind all that have come."""
        place = order(text)
        if place <= self._last:
            return False
        self._last = place
        self._bytes += text.encode("utf-8", "surrogatepass")
        self._ends.append(len(self._bytes))
        items = tuple(facts.items())
        number = self._places.setdefault(items, len(self._tables))
        if number == len(self._tables):
            self._tables.append(facts)
        self._which.append(number)
        return True

    def packed(self) -> Packed:
        """What has come."""
        return Packed(Texts(bytes(self._bytes), self._ends[:]), tuple(self._tables), self._which[:])


def order(text: str) -> tuple[str, str]:
    """Where a name stands among others: capitals make no difference but between equals."""
    return text.lower(), text


def pairs(facts: Mapping[str, Facts]) -> Iterable[tuple[str, Facts]]:
    """Names with their facts, packed or not."""
    return facts.pairs() if isinstance(facts, Packed) else facts.items()


def with_facts(facts: Mapping[str, Facts], news: Mapping[str, Facts]) -> Mapping[str, Facts]:
    """The same names, packed or not, with other facts of some of them."""
    return facts.with_facts(news) if isinstance(facts, Packed) else {**facts, **news}
