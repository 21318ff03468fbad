"""Which of many names may fit what was typed, by a few operations on big integers. Pure.

For each letter, and each word of a name (the first, the second ...), there is the set of the names that have the letter
in that word, as the bits of one integer. What is left of them may fit; nothing that fits is ever left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from itertools import chain
from operator import and_, or_

from mwaa_shell.catalog.fit import RUN, START, source

#: So many words of a name are told apart; the last of them stands for all that follow. The most are taken that need no
#: more memory than this, in bytes a name: in names that are a jumble every letter is everywhere.
PLACES, MEMORY = (8, 6, 4, 3, 2), 75
#: So many names tell how much of a jumble they are.
SAMPLE = 1000
#: So many different words are kept in mind while the rows are made: most names are made of few.
WORDS_KEPT = 10_000
FIRST, SECOND, THIRD, ANYWHERE, TWICE, JOINED, INNER = range(7)
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_FOREIGN = "\N{REPLACEMENT CHARACTER}"  #: stands for all that is not ASCII

Word = tuple[str, int, bool]  #: capitals kept; its place, -1 for what is between words; whether the last touches it
#: Hands names over, and may wait between them.
Pace = Callable[[Iterable[str]], Iterable[str]]
Key = tuple[str, int, int]  #: a letter (none for JOINED and INNER), a place, and what there is of it


class Rows:
    """The sets, as integers in which the highest bit is the first name."""

    def __init__(self, names: Sequence[str], pace: Pace = iter) -> None:
        self._size = (len(names) + 7) // 8
        self._all = ((1 << len(names)) - 1) << (self._size * 8 - len(names))
        self._places = self._affordable(names)
        rows = self._filled(pace(names))
        self._nowhere = [0] * self._places
        self._others = {letter: bits for (letter, place, _), bits in rows.items() if place < 0}
        self._rows: tuple[dict[str, list[int]], ...] = tuple({} for _ in range(7))
        for (letter, place, which), bits in rows.items():
            if place >= 0:
                self._rows[which].setdefault(letter, [0] * self._places)[place] = bits

    def _affordable(self, names: Sequence[str]) -> int:
        sample = names[:: max(1, len(names) // SAMPLE)]
        for self._places in PLACES:
            keys = {key for name in sample for word in self._words_of(name) for key in self._keys(*word)}
            if len(keys) <= MEMORY * 8:
                break
        return self._places

    def _filled(self, names: Iterable[str]) -> dict[Key, int]:
        rows: dict[Key, bytearray] = {}
        seen: dict[Word, list[bytearray]] = {}  # the rows of a word
        for number, name in enumerate(names):
            at, bit = number >> 3, 128 >> (number & 7)
            if len(seen) > WORDS_KEPT:
                seen.clear()
            for word in self._words_of(name):
                if (its_rows := seen.get(word)) is None:
                    its_rows = seen[word] = [rows.setdefault(key, bytearray(self._size)) for key in self._keys(*word)]
                for row in its_rows:
                    row[at] |= bit
        seen.clear()  # else all rows would be there twice for a moment
        return {key: int.from_bytes(rows.pop(key), "big") for key in list(rows)}

    def _words_of(self, name: str) -> list[Word]:
        words, end, last = [], -1, self._places - 1
        spelt = source(name, name.lower())
        for place, match in enumerate(RUN.finditer(spelt)):
            start = match.start()
            words.append((match[0], min(place, last), start == end))
            end = match.end()
        words.append((RUN.sub("", spelt), -1, False))
        return words

    def _keys(self, word: str, place: int, joined: bool) -> set[Key]:
        """The rows that a word belongs to. In the last place, a letter that is there may be there in two words."""
        if place < 0:
            return {(_class(char), -1, 0) for char in word.lower()}
        lowered = word.lower()
        starts = [match.start() for match in START.finditer(word)]
        keys = {(char, place, ANYWHERE) for char in lowered}
        keys |= {(char, place, TWICE) for char in lowered if place == self._places - 1 or lowered.count(char) > 1}
        for which in (FIRST, SECOND, THIRD):
            keys |= {(lowered[at + which], place, which) for at in starts if at + which < len(lowered)}
        keys = {key if key[0] in _LETTERS else (_FOREIGN, -1, 0) for key in keys}
        if joined:
            keys.add(("", place, JOINED))
        if len(starts) > 1 or place == self._places - 1:
            keys.add(("", place, INNER))
        return keys

    def numbers(self, bits: int) -> Iterator[int]:
        """Whose bits are set, in the order of the names."""
        digits = bin(bits)
        shift = self._size * 8 - len(digits)
        at = digits.find("1", 2)
        while at >= 0:
            yield at + shift
            at = digits.find("1", at + 1)

    def word(self, typed: str) -> int:
        """Those of which the text may begin a word."""
        if not typed[0].isalnum():
            return 0
        return self._inside(typed, begins=True)

    def inside(self, typed: str) -> int:
        """Those that may contain the text."""
        return self._inside(typed, begins=False)

    def _inside(self, typed: str, *, begins: bool) -> int:
        """What is one word, or the end of one, must stand in one word, and what follows in the next."""
        runs = self._runs(typed, begins=begins)
        bits = 0
        for place in range(self._places):
            here = self._all
            for step, run in enumerate(runs):
                at = min(place + step, self._places - 1)
                here = reduce(and_, (row[at] for row in run), here)
            bits |= here
        return bits & self._other(typed)

    def _runs(self, typed: str, *, begins: bool) -> list[list[list[int]]]:
        """For each word that was typed the rows that it needs."""
        runs: list[list[list[int]]] = []
        for word, _, joined in self._words_of(typed)[:-1]:
            needed = {(letter, TWICE if word.count(letter) > 1 else ANYWHERE) for letter in word}
            if begins or runs:
                needed |= {(letter, which) for which, letter in enumerate(word[:3])}
            rows = [self._of(letter, which) for letter, which in needed if letter in _LETTERS]
            runs.append([*rows, self._of("", JOINED)] if joined else rows)
        return runs

    def words(self, typed: str) -> int:
        """Those of which the letters may begin some of the words, one after the other.

        A single letter begins a word or nothing: that is another way to fit.
        """
        if len(typed) == 1 or not typed[0].isalnum():
            return 0
        one, two, three = self._nowhere, self._nowhere, self._nowhere  # so many letters of this word so far
        earlier = self._all  # all typed letters so far are in words before this one
        for letter in filter(_LETTERS.__contains__, typed):
            states = []
            inner = self._of("", INNER)  # a word begins in a word: at a capital, or because the last place has many
            for place, (begun, second, third) in enumerate(zip(one, two, three, strict=True)):
                now = begun | second | third
                states.append((
                    (earlier | (now & inner[place])) & self._of(letter, FIRST)[place],
                    begun & self._of(letter, SECOND)[place],
                    (second & self._of(letter, THIRD)[place]) | (third & self._of(letter, ANYWHERE)[place]),
                ))  # fmt: skip
                earlier |= now
            one, two, three = (list(state) for state in zip(*states, strict=True))
            earlier = 0
        return reduce(or_, chain(one, two, three), earlier) & self._other(typed)

    def scattered(self, typed: str) -> int:
        """Those in which the letters may stand in this order: each in the word of the last one or in a later one."""
        here, earlier, last = self._nowhere, self._all, ""
        for letter in filter(_LETTERS.__contains__, typed):
            now = []
            same = self._of(letter, TWICE if letter == last else ANYWHERE)
            for old, has, again in zip(here, self._of(letter, ANYWHERE), same, strict=True):
                now.append((earlier & has) | (old & again))
                earlier |= old
            here, earlier, last = now, 0, letter
        return reduce(or_, here, earlier) & self._other(typed)

    def _of(self, letter: str, which: int) -> list[int]:
        return self._rows[which].get(letter, self._nowhere)

    def _other(self, typed: str) -> int:
        """Those that have what was typed besides letters and digits, anywhere."""
        return reduce(and_, (self._others.get(_class(char), 0) for char in typed if char not in _LETTERS), self._all)


def _class(char: str) -> str:
    return char if char.isascii() else _FOREIGN
