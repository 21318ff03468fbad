"""The best of many names for what was typed, at once: an index over up to 100,000 names. Pure.

How a name fits, and what is better, stands in ``fit``. Equals: what the user picked stands first, everything else in
the order in which the names were given.

How it is fast: names that begin as typed stand together in alphabetical order. Of the others, ``bits`` leaves those
that may fit, and these are looked at in their order until there are enough. Once few names are left, a fragment that
goes on where the last one stopped looks at those alone.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import nsmallest
from itertools import chain, islice, pairwise
from types import MappingProxyType

from mwaa_shell.catalog.bits import Pace, Rows
from mwaa_shell.catalog.fit import (
    INSIDE,
    PREFIX,
    SCATTERED,
    WORD,
    WORDS,
    begins_word,
    begins_words,
    fits,
    spread,
    stands_in,
)
from mwaa_shell.catalog.packed import Texts

#: So few names are looked at one by one.
FEW = 400
#: So many of those that are not shown are counted, where counting means looking at them.
COUNTED = 100
#: So many scattered matches, the first in order, are compared by how close their letters stand.
COMPARED = 1000
#: So many of the names that may fit are looked at for each way to fit, in their order: some 5 ms together. It matters
#: only where most of them do not fit after all, as in long names that are a jumble.
LOOKED_AT = {WORD: 2000, WORDS: 500, INSIDE: 3000, SCATTERED: 3000}
NO_PICKS: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Found:
    """The best names, and how many others fit: exactly so many, or at least so many."""

    names: tuple[str, ...]
    more: int
    exact: bool = True
    numbers: tuple[int, ...] = field(default=(), compare=False)  #: their places among all names


class Index:
    """An index of names, each given once, in the order in which equals shall stand.

    Making one takes 10 to 20 us a name, so a long one belongs on a thread, where ``pace`` may wait between names;
    ``search`` may be called from any thread.
    """

    def __init__(self, names: Sequence[str], pace: Pace = iter) -> None:
        self.names = names if isinstance(names, tuple | Texts) else tuple(names)
        self._order = _alphabetical(self.names, pace)
        self._rows = Rows(self.names, pace) if len(self.names) > FEW else None
        #: A fragment that left few names, and their numbers. Replaced as a whole, so threads need no lock.
        self._left: tuple[str, Sequence[int]] = ("\n", ())

    def search(self, fragment: str, limit: int = 50, picks: Mapping[str, float] = NO_PICKS) -> Found:
        """The best names, at most ``limit``; ``picks`` tells how much a name is used: the higher, the more."""
        typed = fragment.lower()
        before, left = self._left
        if self._rows is None:
            return self._one_by_one(typed, range(len(self.names)), limit, picks)
        if typed.startswith(before):
            return self._one_by_one(typed, left, limit, picks, narrows=True)
        return self._by_rows(self._rows, typed, limit, self._picked(typed, picks))

    def _one_by_one(
        self, typed: str, numbers: Iterable[int], limit: int, picks: Mapping[str, float], *, narrows: bool = False
    ) -> Found:
        unpicked = float("-inf")
        ranked = []
        for number in numbers:
            name = self.names[number]
            if (fit := fits(typed, name)) is not None:
                ranked.append((fit[0], -picks.get(name, unpicked), fit[1], number))
        ranked.sort()
        fitting = [number for *_, number in ranked]
        if narrows:
            self._left = (typed, sorted(fitting))
        return self._found(fitting, limit)

    def _found(self, numbers: Sequence[int], limit: int, *, exact: bool = True) -> Found:
        shown = tuple(numbers[:limit])
        return Found(tuple([self.names[number] for number in shown]), len(numbers) - len(shown), exact, shown)

    def _by_rows(self, rows: Rows, typed: str, limit: int, picked: Mapping[int, int]) -> Found:
        beginning = self._beginning(typed)
        first = _fitting(picked, PREFIX)
        everything = len(beginning) == len(self.names)
        if everything or len(beginning) > limit:
            numbers = [*dict.fromkeys(chain(first, self._smallest(beginning, limit + len(first))))]
            found = self._found(numbers, limit)
            return replace(found, more=len(beginning) - len(found.names), exact=everything)
        search = _Search(self.names, rows, typed, picked, dict.fromkeys(chain(first, self._smallest(beginning, limit))))
        if search.enough(limit):
            return self._found([*search.taken], limit, exact=False)
        search.scatter()
        numbers = [*search.taken]
        if search.all and len(numbers) <= FEW:
            self._left = (typed, sorted(numbers))
        return self._found(numbers, limit, exact=search.all)

    def _beginning(self, typed: str) -> Sequence[int]:
        """The numbers of the names that begin so."""
        low = self._place(typed)
        end = bisect_right(self._order, typed, low, key=lambda number: self.names[number].lower()[: len(typed)])
        return self._order[low:end]

    @staticmethod
    def _smallest(numbers: Sequence[int], count: int) -> Sequence[int]:
        return numbers[:count] if isinstance(numbers, range) else nsmallest(count, numbers)

    def _place(self, lowered: str) -> int:
        return bisect_left(self._order, lowered, key=lambda number: self.names[number].lower())

    def _picked(self, typed: str, picks: Mapping[str, float]) -> dict[int, int]:
        """The numbers of the picked names that fit and how they fit, the most used first."""
        found = {}
        for name in sorted(picks, key=lambda name: -picks[name]):
            fit = fits(typed, name)
            if fit is not None and (number := self._number(name)) is not None:
                found[number] = fit[0]
        return found

    def _number(self, name: str) -> int | None:
        for at in range(self._place(name.lower()), len(self._order)):
            number = self._order[at]
            if self.names[number] == name:
                return number
            if self.names[number].lower() != name.lower():
                break
        return None


@dataclass(slots=True)
class _Search:
    """One search among many names, after those that begin as typed."""

    names: Sequence[str]
    rows: Rows
    typed: str
    picked: Mapping[int, int]  #: how the picked names fit, the most used first
    taken: dict[int, None]  #: what fits, best first
    all: bool = True  #: whether nothing that fits was left out

    def enough(self, limit: int) -> bool:
        """Take what fits better than scattered, until there are more than enough."""
        ways = (
            (WORD, self.rows.word, begins_word),
            (WORDS, self.rows.words, begins_words),
            (INSIDE, self.rows.inside, stands_in),
        )
        for way, candidates, test in ways:
            self.taken.update(dict.fromkeys(_fitting(self.picked, way)))
            hits = self._hits(self._looked_at(way, candidates(self.typed)), test)
            self.taken.update(dict.fromkeys(islice(hits, limit + COUNTED - len(self.taken))))
            if len(self.taken) > limit:
                return True
        return False

    def scatter(self) -> None:
        """Take what is scattered; whatever fits better has been taken."""
        widths: list[tuple[int, int]] = []
        for number in self._looked_at(SCATTERED, self.rows.scattered(self.typed)):
            if number in self.taken or (width := spread(self.typed, self.names[number].lower())) is None:
                continue
            if len(widths) == COMPARED:
                self.all = False
                break
            widths.append((width, number))
        self.taken.update(dict.fromkeys(_fitting(self.picked, SCATTERED)))
        self.taken.update(dict.fromkeys(number for _, number in sorted(widths)))

    def _hits(self, numbers: Iterable[int], test: Callable[[str, str], bool]) -> Iterator[int]:
        return (n for n in numbers if n not in self.taken and n not in self.picked and test(self.typed, self.names[n]))

    def _looked_at(self, way: int, bits: int) -> Iterator[int]:
        for count, number in enumerate(self.rows.numbers(bits)):
            if count == LOOKED_AT[way]:
                self.all = False
                break
            yield number


def _fitting(picked: Mapping[int, int], way: int) -> list[int]:
    return [number for number, fit in picked.items() if fit == way]


def _alphabetical(names: Sequence[str], pace: Pace) -> Sequence[int]:
    """The numbers in alphabetical order; nothing to keep where the names stand in that order anyway."""
    if all(one <= other for one, other in pairwise(map(str.lower, pace(names)))):
        return range(len(names))
    lowered = [name.lower() for name in names]
    return array("I", sorted(range(len(names)), key=lowered.__getitem__))
