"""The color codes (SGR) that the shell writes."""

from __future__ import annotations

BOLD, DIM, RESET = "\x1b[1m", "\x1b[90m", "\x1b[0m"
REVERSE, NOT_REVERSE = "\x1b[7m", "\x1b[27m"
RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN = (f"\x1b[{number}m" for number in range(31, 37))


def paint(text: str, code: str, *, color: bool = True) -> str:
    """Return the text in a color; unchanged without ``color``, for empty text and for an empty code."""
    return f"{code}{text}{RESET}" if color and text and code else text
