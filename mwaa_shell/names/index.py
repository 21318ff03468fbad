"""The best of many names for what was typed, from one text of all names in small letters. Pure.

How a name fits, and what is better, stands in ``fit``. Equals: what the user picked stands first, everything else in
the order in which the names were given. With 5,000 names a search takes about a millisecond, with 100,000 up to 40.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType

from mwaa_shell.names.matching import PREFIX, WORD, fits

#: So many names that may fit are compared, in their order; more are only counted as one more.
COMPARED = 3000
#: A list of names that is no longer than this is remembered for the next, longer fragment.
FEW = 400
NO_PICKS: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Found:
    """The best names, and how many others fit: exactly so many, or at least so many."""

    names: tuple[str, ...]
    more: int
    exact: bool = True


class Index:
    """An index of names, each given once, in the order in which equals shall stand; any thread may search."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        lowered = [name.lower().replace("\n", " ") for name in names]
        self._text = "\n".join(["", *lowered, ""])
        self._starts = array("I", [1])
        for name in lowered:
            self._starts.append(self._starts[-1] + len(name) + 1)
        #: A fragment that left few names, and their numbers. Replaced as a whole, so threads need no lock.
        self._left: tuple[str, Sequence[int]] = ("\n", ())

    def search(self, fragment: str, limit: int = 50, picks: Mapping[str, float] = NO_PICKS) -> Found:
        """Return the best names, at most ``limit``; ``picks`` tells how much a name is used: the higher, the more."""
        typed = fragment.lower()
        picked = {number for name in picks if (number := self._number(name)) is not None}
        before, left = self._left
        if typed.startswith(before):
            return self._ranked(typed, left, limit, picks)
        beginning = [*islice(self._beginning(typed), limit + 1)]
        if not typed or len(beginning) > limit:
            found = self._ranked(typed, {*beginning, *picked}, limit, picks)
            count = self._text.count(f"\n{typed}") if typed else len(self.names)
            return Found(found.names, count - len(found.names), exact=not typed)
        candidates = {*beginning, *islice(self._holding(typed), COMPARED)}
        if sum(fits(typed, self.names[number]) in ((PREFIX, 0), (WORD, 0)) for number in candidates) > limit:
            return self._ranked(typed, candidates | picked, limit, picks, exact=False)
        complete = len(candidates) < COMPARED
        scattered = [*islice(self._scattered(typed), COMPARED)]
        complete = complete and len(scattered) < COMPARED
        candidates.update(scattered)
        if complete and len(candidates) <= FEW:
            self._left = (typed, sorted(candidates))
        return self._ranked(typed, candidates | picked, limit, picks, exact=complete)

    def _ranked(
        self, typed: str, numbers: Iterable[int], limit: int, picks: Mapping[str, float], *, exact: bool = True
    ) -> Found:
        unpicked = float("-inf")
        ranked = [
            (fit[0], -picks.get(self.names[number], unpicked), fit[1], number)
            for number in numbers
            if (fit := fits(typed, self.names[number])) is not None
        ]
        ranked.sort()
        shown = tuple(self.names[number] for *_, number in ranked[:limit])
        return Found(shown, len(ranked) - len(shown), exact)

    def _beginning(self, typed: str) -> Iterator[int]:
        """Yield the numbers of the names that begin so."""
        if not typed:
            yield from range(len(self.names))
            return
        at = self._text.find(f"\n{typed}")
        while at >= 0:
            yield self._at(at + 1)
            at = self._text.find(f"\n{typed}", at + 1)

    def _holding(self, typed: str) -> Iterator[int]:
        """Yield the numbers of the names that the text stands in."""
        at = self._text.find(typed)
        while at >= 0:
            number = self._at(at)
            yield number
            at = self._text.find(typed, self._starts[number + 1])

    def _scattered(self, typed: str) -> Iterator[int]:
        """Yield the numbers of the names in which its letters stand in their order."""
        letters = "".join(rf"[^{re.escape(letter)}\n]*+{re.escape(letter)}" for letter in typed)
        for match in re.finditer(rf"^{letters}", self._text, re.MULTILINE):
            yield self._at(match.start())

    def _at(self, position: int) -> int:
        """Return the number of the name that stands at a position of the text."""
        return bisect_right(self._starts, position) - 1

    def _number(self, name: str) -> int | None:
        """Return the number of a name, if there is such a name."""
        wanted = f"\n{name.lower()}\n"
        at = self._text.find(wanted)
        while at >= 0:
            number = self._at(at + 1)
            if self.names[number] == name:
                return number
            at = self._text.find(wanted, at + 1)
        return None
