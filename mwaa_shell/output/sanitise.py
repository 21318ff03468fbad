"""Makes foreign text safe for a terminal: what the environment prints is shown, never obeyed.

Colour codes (SGR) are dropped; every other control character, C0 or C1, and every bidirectional override becomes a
visible mark. Line ends and tabs stay.
"""

from __future__ import annotations

import re

_SGR = re.compile(r"\x1b\[[0-9;:]*m")
#: C0 but tab and newline, DEL, C1, bidi embeddings, overrides and isolates, line and paragraph separators.
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]"
)


def sanitise(text: str) -> str:
    """The text with nothing in it that a terminal acts on, apart from newlines and tabs."""
    text = _SGR.sub("", text.replace("\r\n", "\n"))
    return _CONTROL.sub(_mark, text)


def _mark(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return "^" + chr(code + 0x40)
    return "^?" if code == 0x7F else f"<U+{code:04X}>"
