"""Text on a terminal: colors (SGR), columns, clipping and wrapping.

wcwidth is the measure. Each function measures ASCII text itself, because wcwidth takes some 30 ms to import: most
output never needs it. Text must be safe for a terminal: color codes are the only sequences in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from types import ModuleType

BOLD, DIM, RESET = "\x1b[1m", "\x1b[90m", "\x1b[0m"
REVERSE, NOT_REVERSE = "\x1b[7m", "\x1b[27m"
RED, GREEN, YELLOW = (f"\x1b[{number}m" for number in (31, 32, 33))


def paint(text: str, code: str, *, color: bool = True) -> str:
    """Return the text in a color; unchanged without ``color``, a text or a code."""
    return f"{code}{text}{RESET}" if color and text and code else text


#: A part that stays whole where it can: blanks, or a word up to the characters that it may be broken after.
PART = re.compile(r"[ \t]+|[^ \t,/;&?]*[,/;&?]+|[^ \t,/;&?]+")
#: A word that is too long is cut after one of these, where one is in the latter half of the line.
JOINTS = "._-"
TAB = "    "
ELLIPSIS = "…"


def _wcwidth() -> ModuleType:
    import wcwidth  # heavy: see the module

    return wcwidth


def width(text: str) -> int:
    """Return the columns of one line of text; color codes take none."""
    if text.isascii() and "\x1b" not in text:
        return len(text)
    columns: int = _wcwidth().width(text, control_codes="ignore")
    return columns


def widest(text: str) -> int:
    """Return the columns of the widest line of a text."""
    return max(map(width, text.split("\n"))) if "\n" in text else width(text)


def clip(line: str, room: int) -> str:
    """Return a line of at most ``room`` columns, with colors and perhaps an ellipsis."""
    if width(line) <= room:
        return line
    # The ellipsis also fills the first column of a character that takes two.
    kept: str = _wcwidth().clip(line, 0, room - 1, fillchar=ELLIPSIS, control_codes="ignore")
    end = RESET if kept.endswith(RESET) else ""
    return kept.removesuffix(end).removesuffix(ELLIPSIS) + ELLIPSIS + end


def wrap(text: str, room: int) -> list[str]:
    """Return the lines of a plain text, each of at most ``room`` columns (2 or more).

    Lines break at blanks, else after a slash or a comma, else inside a word. Only blanks at a break are dropped.
    """
    lines: list[str] = []
    for line in text.split("\n"):
        lines += [line] if width(line) <= room else _wrap_line(line, room)
    return lines


def _wrap_line(line: str, room: int) -> list[str]:
    lines: list[str] = []
    now = ""
    for part in PART.findall(line.replace("\t", TAB)):
        if width(now + part) <= room:
            now += part
            continue
        if now.strip():
            lines.append(now.rstrip(" "))
        *full, now = [""] if part.isspace() else _cut_ascii(part, room) if part.isascii() else cut_word(part, room)
        lines += full
    return [*lines, now.rstrip(" ")] if now.strip() or not lines else lines


def cut_word(word: str, room: int) -> list[str]:
    """Return a word in parts of at most ``room`` columns, cut between characters."""
    if width(word) <= room:
        return [word]
    parts = [""]
    for cluster in word if word.isascii() else _wcwidth().iter_graphemes(word):  # a character with its marks
        for character in [cluster] if width(cluster) <= 2 else cluster:  # some chains of consonants are wider
            if parts[-1] and width(parts[-1] + character) > room:
                parts.append("")
            parts[-1] += character
    return parts


def _cut_ascii(word: str, room: int) -> list[str]:
    parts: list[str] = []
    start = 0
    while len(word) - start > room:
        joint = max(word.rfind(char, start + room // 2, start + room) for char in JOINTS) + 1
        end = joint or start + room
        parts.append(word[start:end])
        start = end
    return [*parts, word[start:]]


def screen_columns(line: str) -> Sequence[str]:
    """Return the content of each column. The second column of a wide character is empty.

    A character without a width belongs to the column before, a zero-width space to the one after.
    """
    if line.isascii():
        return line
    made: list[str] = []
    invisible, columns_of = "", _wcwidth().wcwidth
    for character in line:
        columns = columns_of(character)
        if columns == 0 and made and unicodedata.category(character) != "Cf":
            made[-1 if made[-1] else -2] += character
        elif columns == 0:
            invisible += character
        else:
            made += [invisible + character, *[""] * (columns - 1)]
            invisible = ""
    return [*made[:-1], "".join(made[-1:]) + invisible] if invisible else made
