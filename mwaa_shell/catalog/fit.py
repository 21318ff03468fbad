"""How a name fits what was typed, and which way to fit is better. Pure; capitals do not count.

Best first:

1. the typed text begins the name;
2. it begins one of its words (``sal`` finds ``daily_sales_import``): words end at anything that is neither letter nor
   digit, between letters and digits, and before a capital (``DailySales``, ``DAGRun``);
3. its letters begin some of the words, one after the other (``dsi``, ``saim``);
4. it stands somewhere in the name;
5. its letters stand in the name in this order, the closer together the better.
"""

from __future__ import annotations

import re
from itertools import pairwise

PREFIX, WORD, WORDS, INSIDE, SCATTERED = range(5)
#: Letters or digits without anything between them.
RUN = re.compile(r"[^\W\d_]+|\d+")
#: Matches where a word begins.
START = re.compile(r"(?<![^\W\d_])[^\W\d_]|(?<!\d)\d|(?<=[a-z])[A-Z]|(?<=[A-Z])[A-Z](?=[a-z])")


def fits(typed: str, name: str) -> tuple[int, int] | None:
    """How a name fits what was typed in small letters, smaller is better; ``None`` if it does not."""
    lowered = name.lower()
    if lowered.startswith(typed):
        return PREFIX, 0
    width = spread(typed, lowered)
    if width is None:
        return None
    for way, test in ((WORD, begins_word), (WORDS, begins_words), (INSIDE, stands_in)):
        if test(typed, name):
            return way, 0
    return SCATTERED, width


def stands_in(typed: str, name: str) -> bool:
    """Whether the text stands somewhere in the name."""
    return typed in name.lower()


def begins_word(typed: str, name: str) -> bool:
    """Whether the text begins a word of the name, and perhaps goes on behind its end."""
    lowered = name.lower()
    spelt = source(name, lowered)
    at = lowered.find(typed)
    while at >= 0:
        if START.match(spelt, at):
            return True
        at = lowered.find(typed, at + 1)
    return False


def begins_words(typed: str, name: str) -> bool:
    """Whether the text can be cut into beginnings of some of the words, in their order."""
    lowered = name.lower()
    starts = [match.start() for match in START.finditer(source(name, lowered))]
    reached = {0}  # how many letters may be used up before the next word
    for start, end in pairwise([*starts, len(lowered)]):
        if lowered[start] not in typed:
            continue
        for used in tuple(reached):
            for common, (wanted, there) in enumerate(zip(typed[used:], lowered[start:end], strict=False), 1):
                if wanted != there:
                    break
                reached.add(used + common)
    return len(typed) in reached


def spread(typed: str, lowered: str) -> int | None:
    """How far the letters lie apart if they stand in the text in this order, from the first place of the first."""
    at = first = lowered.find(typed[0]) if typed else 0
    for letter in typed[1:]:
        if at < 0:
            return None
        at = lowered.find(letter, at + 1)
    return None if at < 0 else at - first


def source(name: str, lowered: str) -> str:
    """Where to look for the beginnings of words: rare letters change their length with their size."""
    return name if len(name) == len(lowered) else lowered
