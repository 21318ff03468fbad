"""Foreign text made safe for a terminal: escape sequences are shown, never obeyed.

Color codes (SGR) are dropped, ``CR LF`` is a line end, newlines and tabs stay. Every other control character becomes a
visible mark, so that an escape sequence without an end swallows nothing: C0, DEL, C1, and what misleads a terminal or a
reader in Unicode:

- bidirectional controls, line and paragraph separators;
- invisible characters: zero-width spaces and joiners, invisible operators, tag characters, fillers. The two
  joiners stay between characters beyond ASCII, where emoji, Persian and Indic scripts need them;
- surrogates, which no terminal can be sent.

Combining marks stay, as many languages need them. At the start of a line, a dotted circle precedes them, because a
terminal would draw them over the end of the line before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

#: Parameters of a color code. Longer codes are not colors.
_SGR_REST = r"(?<=\x1b)\[[0-9;:]{0,256}m"
_C0 = "\x00-\x08\x0b-\x1f\x7f"
_HIDDEN = (
    "\x80-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb"
    "\U000e0000-\U000e0fff"
)
_JOINERS = "\u200c\u200d"
#: A character, or a color code or line end that begins with it. A set comes first because it is fast.
_SUSPECT_ASCII = re.compile(f"[{_C0}](?:{_SGR_REST}|(?<=\r)\n)?")
_SUSPECT = re.compile(f"[{_C0}{_HIDDEN}](?:{_SGR_REST}|(?<=\r)\n)?")
#: An end of text whose meaning depends on the next character.
_OPEN_END = re.compile(rf"(?:\r|[{_JOINERS}]|\x1b(?:\[[0-9;:]{{0,256}})?)\Z")
_LONGEST_OPEN_END = 258
_COMBINING = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u0e31\u0e34-\u0e3a"
    "\u0e47-\u0e4e\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u302a-\u302f\u3099\u309a\ufe00-\ufe0f\ufe20-\ufe2f"
)
_LOST_MARK = re.compile(f"\n(?=[{_COMBINING}])")
_STARTS_WITH_MARK = re.compile(f"[{_COMBINING}]")
DOTTED_CIRCLE = "\u25cc"


def sanitise(text: str) -> str:
    """Return text without control characters, apart from newlines and tabs."""
    return _safe(text, "\n", "\n")


def sanitise_chunks(chunks: Iterable[str]) -> Iterator[str]:
    """Yield the chunks of a text, made safe wherever they are cut."""
    held, before, shown = "", "\n", "\n"
    for chunk in chunks:
        text = held + chunk
        found = _OPEN_END.search(text, max(len(text) - _LONGEST_OPEN_END, 0))
        held = text[found.start() :] if found else ""
        text = text[: found.start()] if found else text
        if text:
            safe = _safe(text, before, shown)
            before, shown = text[-1], safe[-1:] or shown
            if safe:
                yield safe
    if held:
        yield _safe(held, before, shown)


def _safe(text: str, before: str, shown: str) -> str:
    """Return safe text. ``before`` is the character before it, ``shown`` the last shown one."""
    if text.isascii():
        return _SUSPECT_ASCII.sub(_mark, text)
    safe = _SUSPECT.sub(_marker(before), text)
    safe = _LOST_MARK.sub("\n" + DOTTED_CIRCLE, safe)
    if shown == "\n" and _STARTS_WITH_MARK.match(safe):
        safe = DOTTED_CIRCLE + safe
    return safe


def _marker(before: str) -> Callable[[re.Match[str]], str]:
    def mark(match: re.Match[str]) -> str:
        if match[0] in _JOINERS:
            text, at = match.string, match.start()
            if _joined(text[at - 1] if at else before) and _joined(text[at + 1 : at + 2]):
                return match[0]
        return _mark(match)

    return mark


def _joined(neighbour: str) -> bool:
    """Return whether a joiner has a character beyond ASCII to join here."""
    return neighbour > "\x7f" and neighbour not in _JOINERS


def _mark(match: re.Match[str]) -> str:
    text = match[0]
    if len(text) > 1:
        return "\n" if text == "\r\n" else ""
    code = ord(text)
    if code < 0x20:
        return "^" + chr(code + 0x40)
    return "^?" if code == 0x7F else f"<U+{code:04X}>"
