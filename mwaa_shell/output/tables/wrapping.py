"""How wide text is on a terminal, and text folded into lines that fit: at blanks where there are some, else behind a
slash or a comma, else in the middle of a word. Nothing is cut off, and only blanks at a fold are lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

#: What must stay in one piece if it can: blanks, or a word up to and with what it may be broken behind.
PIECE = re.compile(r"[ \t]+|[^ \t,/;&?]*[,/;&?]+|[^ \t,/;&?]+")
#: Where a word is cut that has to be, if one of these is in the latter half of the line.
JOINTS = "._-"
TAB = "    "
#: Makes the sign before it an emoji, two columns wide.
EMOJI = "\ufe0f"


def wide(text: str) -> int:
    """The columns that one line of text takes; text that a terminal acts on has to be made safe before."""
    if text.isascii():
        return len(text)
    from wcwidth import wcswidth

    width = wcswidth(text)
    return width if width >= 0 else sum(map(_of_one, text))


def _of_one(char: str) -> int:
    from wcwidth import wcwidth

    return 2 if char == EMOJI else max(wcwidth(char), 0)


def cut(line: str, room: int) -> str:
    """A line of at most so many columns; what is cut off is marked. It has no sequences of a terminal in it."""
    if wide(line) <= room:
        return line
    end = used = 0
    for sign in _signs(line):
        used += wide(sign)
        if used > room - 1:
            break
        end += len(sign)
    return f"{line[:end]}…"


def widest(text: str) -> int:
    """The columns of the widest line of text."""
    return max(map(wide, text.split("\n"))) if "\n" in text else wide(text)


def wrap(text: str, room: int) -> list[str]:
    """The lines of a text, none wider than ``room``, which is 2 at least."""
    lines: list[str] = []
    for line in text.split("\n"):
        lines += [line] if wide(line) <= room else _folded(line, room)
    return lines


def _folded(line: str, room: int) -> list[str]:
    lines: list[str] = []
    now, taken = "", 0
    for piece in PIECE.findall(line.replace("\t", TAB)):
        width = wide(piece)
        if taken + width <= room:
            now, taken = now + piece, taken + width
            continue
        if now.strip():
            lines.append(now.rstrip(" "))
        *full, rest = [""] if piece.isspace() else _cut(piece, room)
        lines += full
        now, taken = rest, wide(rest)
    return [*lines, now.rstrip(" ")] if now.strip() or not lines else lines


def _cut(word: str, room: int) -> list[str]:
    """A word in parts that fit; what has no width stays with what it stands on."""
    if word.isascii():
        return _cut_ascii(word, room)
    parts: list[str] = []
    now, taken = "", 0
    for sign in _signs(word):
        width = wide(sign)
        if taken + width > room and now:
            parts.append(now)
            now, taken = "", 0
        now, taken = now + sign, taken + width
    return [*parts, now]


def _signs(word: str) -> Iterator[str]:
    """Each character with those that have no width by themselves: some make the one before them wider."""
    from wcwidth import wcwidth

    sign = ""
    for char in word:
        if sign and wcwidth(char) != 0:
            yield sign
            sign = ""
        sign += char
    yield sign


def _cut_ascii(word: str, room: int) -> list[str]:
    parts: list[str] = []
    start = 0
    while len(word) - start > room:
        joint = max(word.rfind(char, start + room // 2, start + room) for char in JOINTS) + 1
        end = joint or start + room
        parts.append(word[start:end])
        start = end
    return [*parts, word[start:]]
