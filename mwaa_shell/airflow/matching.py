"""Ranks of names by their fit to a typed fragment, for menus and suggestions. Pure.

Capitals do not count. Best first:

1. the fragment begins the name;
2. it begins one of its words (``sal`` finds ``daily_sales_import``): words end at anything that is neither letter nor
   digit, between letters and digits, and before a capital (``DailySales``, ``DAGRun``);
3. its letters begin some of the words, one after the other (``dsi``, ``saim``, ``dtr`` for ``dags trigger``);
4. it is somewhere in the name;
5. its letters are in the name in this order, the closer together the better.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")

PREFIX, WORD, WORDS, INSIDE, SCATTERED = range(5)
#: Fewer letters than this are in almost anything.
ENOUGH = 4
#: Matches where a word begins.
START = re.compile(r"(?<![^\W\d_])[^\W\d_]|(?<!\d)\d|(?<=[a-z])[A-Z]|(?<=[A-Z])[A-Z](?=[a-z])")


def fits(typed: str, name: str) -> tuple[int, int] | None:
    """Return the fit of a name to a lowercase fragment, or ``None``. Smaller is better."""
    lowered = name.lower()
    if lowered.startswith(typed):
        return PREFIX, 0
    width = _spread(typed, lowered)
    if width is None:
        return None
    spelt = name if len(name) == len(lowered) else lowered  # lowering a rare letter changes the length
    starts = [match.start() for match in START.finditer(spelt)]
    if any(lowered.startswith(typed, start) for start in starts):
        return WORD, 0
    if _begins_words(typed, [lowered[start:end] for start, end in pairwise([*starts, len(lowered)])]):
        return WORDS, 0
    return (INSIDE, 0) if typed in lowered else (SCATTERED, width)


def _begins_words(typed: str, words: Iterable[str]) -> bool:
    """Return whether the fragment consists of beginnings of words, in order."""
    reached = {0}  # how many letters may be used up before the next word
    for word in words:
        for used in tuple(reached):
            length = 0
            while length < len(word) and typed.startswith(word[: length + 1], used):
                length += 1
                reached.add(used + length)
    return len(typed) in reached


def _spread(typed: str, lowered: str) -> int | None:
    """Return the distance of the letters that appear in this order; else ``None``."""
    at = first = lowered.find(typed[0])
    for letter in typed[1:]:
        if at < 0:
            return None
        at = lowered.find(letter, at + 1)
    return None if at < 0 else at - first


def rank(typed: str, candidate: str) -> tuple[int, int] | None:
    """Return the rank of a candidate: earlier, closer and shorter is smaller."""
    typed = typed.lower()
    fit = fits(typed, candidate)
    if fit is None or fit[0] in (PREFIX, SCATTERED):
        return fit
    return fit[0], len(candidate) if fit[0] == WORDS else candidate.lower().find(typed)


def best(typed: str, candidates: Iterable[T], text: Callable[[T], str]) -> list[T]:
    """Return the candidates that fit, best first. Equals keep their order."""
    ranked = [(found, one) for one in candidates if (found := rank(typed, text(one))) is not None]
    if len(typed) < ENOUGH or any(found[0] < SCATTERED for found, _ in ranked):  # only where nothing fits better
        ranked = [pair for pair in ranked if pair[0][0] < SCATTERED]
    return [one for _, one in sorted(ranked, key=lambda pair: pair[0])]
