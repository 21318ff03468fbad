"""Ranks of candidates by how well they fit what was typed, for menus and for "did you mean". Pure.

Best first: the typed text begins the candidate; it begins one of its words; it begins some of them one after the other
(``dtr`` finds ``dags trigger``, ``dsi`` ``daily_sales_import``); it stands somewhere in it; its letters stand in it in
that order. Capitals do not count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")

PREFIX, WORD, WORD_STARTS, INSIDE, SCATTERED = range(5)
#: Fewer letters than this stand in almost anything.
ENOUGH = 4
_WORD = re.compile(r"[A-Za-z0-9]+")


def rank(typed: str, candidate: str) -> tuple[int, int] | None:
    """Return how well it fits, smaller is better; ``None`` if it does not."""
    wanted, text = typed.lower(), candidate.lower()
    if text.startswith(wanted):
        return PREFIX, 0
    words = {match.start(): match[0] for match in _WORD.finditer(text)}
    begun = next((place for place in words if text.startswith(wanted, place)), None)
    if begun is not None:
        return WORD, begun
    if _starts_words(_letters(wanted), list(words.values())):
        return WORD_STARTS, len(text)
    place = text.find(wanted)
    if place >= 0:
        return INSIDE, place
    width = _scattered(wanted, text)
    return None if width is None else (SCATTERED, width)


def best(typed: str, candidates: Iterable[T], text: Callable[[T], str]) -> list[T]:
    """Return the candidates that fit, best first; equals stay in the order in which they came."""
    ranked = [(found, one) for one in candidates if (found := rank(typed, text(one))) is not None]
    if len(typed) < ENOUGH or any(found[0] < SCATTERED for found, _ in ranked):  # only where nothing fits better
        ranked = [pair for pair in ranked if pair[0][0] < SCATTERED]
    return [one for _, one in sorted(ranked, key=lambda pair: pair[0])]


def _letters(wanted: str) -> str:
    return "".join(_WORD.findall(wanted))


def _starts_words(wanted: str, words: list[str]) -> bool:
    """Return whether the letters begin the first word and some of the others, in their order."""
    if not wanted or not words or wanted[0] != words[0][0]:
        return False
    reached = {0}  # how many of the typed letters may be used up before the next word
    for word in words:
        following = set(reached)
        for used in reached:
            for common in range(1, len(word) + 1):
                if wanted[used : used + common] != word[:common] or used + common > len(wanted):
                    break
                following.add(used + common)
        reached = following
    return len(wanted) in reached


def _scattered(wanted: str, text: str) -> int | None:
    """Return how far the letters lie apart if they stand in the text in this order."""
    position = text.find(wanted[0]) if wanted else -1
    first = position
    for letter in wanted[1:]:
        if position < 0:
            return None
        position = text.find(letter, position + 1)
    return None if position < 0 else position - first
