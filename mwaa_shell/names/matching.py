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
#: A word of small letters and digits, and what stands behind it.
_PLAIN = re.compile(r"(?:[a-z]+|[0-9]+)[^a-z0-9]*")


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
    length = len(typed)
    reached = {0}  # how many letters may be used up before the next word
    for word in _words(name):
        used = typed.rfind(word[0])
        while used >= 0:  # from behind: what this word adds lies behind what it goes on from
            if used in reached:
                reached.update(range(used + 1, used + 1 + _common(word, typed, used)))
            used = typed.rfind(word[0], 0, used)
        if length in reached:
            return True
    return not typed


def _words(name: str) -> list[str]:
    """The words of a name in small letters, each with what stands between it and the next."""
    lowered = name.lower()
    if lowered == name and name.isascii():
        return _PLAIN.findall(name)
    starts = [match.start() for match in START.finditer(source(name, lowered))]
    return [lowered[start:end] for start, end in pairwise([*starts, len(lowered)])]


def _common(word: str, typed: str, used: int) -> int:
    """With how many of its letters, the first of which is the same, the text goes on there."""
    length = 1
    while typed.startswith(word[: length + 1], used) and length < len(word):
        length += 1
    return length


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
