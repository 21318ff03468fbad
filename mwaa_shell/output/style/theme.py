"""Which of the terminal's own colours each part of a reply has, on a dark and on a light background.

Only the sixteen colours are used whose shades the terminal's user has chosen, and the default, which is the text; never
black, white or a background. By contrast with black and with white, in the palettes of xterm, VGA, GNOME and macOS:

- on white, yellow is hardly there (1.7 to 3 in most), green and cyan are weak (1.9 to 3.4);
- on black, blue is hardly there (1.2 to 2.4), and red weak in some;
- magenta, bright blue and bright black can be read on both.

So the light theme has blue for cyan, magenta for yellow, bold for green, and no colour for what there is much of. Where
nobody says what the background is (few terminals set ``COLORFGBG``), the theme has no yellow and no blue, and green and
cyan, which are fair on most.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mwaa_shell.output.style.states import STATES

PLAIN = "\x1b[0m"
#: What each role looks like, in the names of pygments and prompt_toolkit.
ROLES: Mapping[str, str] = {
    **STATES,
    "border": "ansibrightblack",
    "origin": "ansibrightblack",  # where a log line comes from
    "note": "ansibrightblack",
    "frame": "ansibrightblack",
    "nothing": "ansibrightblack",  # None, null
    "heading": "bold",
    "message": "bold ansired",  # what an exception, or argparse, says
    "error": "bold ansired",
    "warning": "ansiyellow",
    "key": "ansibrightblue",
    "flag": "ansicyan",
    "string": "ansigreen",
    "number": "ansimagenta",
    "constant": "ansimagenta",
    "date": "ansicyan",
}
#: The parameters of SGR.
_CODES = {
    "bold": "1", "ansired": "31", "ansigreen": "32", "ansiyellow": "33", "ansiblue": "34", "ansimagenta": "35",
    "ansicyan": "36", "ansibrightblack": "90", "ansibrightblue": "94", "none": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Theme:
    """A colour for each role that a part of a reply can have; a role without one is plain."""

    name: str
    codes: Mapping[str, str]  #: by role: the whole escape sequence

    def paint(self, role: str, text: str) -> str:
        """The text in the colour of its role."""
        code = self.codes.get(role)
        return f"{code}{text}{PLAIN}" if code else text


def _theme(name: str, **instead: str) -> Theme:
    """The roles with other looks ``instead``, by role or by look."""
    codes = {}
    for role, look in ROLES.items():
        words = instead.get(role, instead.get(look, look)).split()
        if numbers := ";".join(filter(None, (_CODES[word] for word in words))):
            codes[role] = f"\x1b[{numbers}m"
    return Theme(name, MappingProxyType(codes))


DARK = _theme("dark", ansiblue="ansibrightblue")
LIGHT = _theme(
    "light", ansiyellow="bold ansimagenta", ansicyan="ansiblue", ansigreen="bold ansigreen", ansibrightblue="ansiblue",
    string="none",
)  # fmt: skip
EITHER = _theme("either", ansiyellow="bold ansimagenta", ansiblue="ansibrightblue")


def chosen(wish: str = "auto", colorfgbg: str = "") -> Theme:
    """The theme for ``dark``, ``light`` or ``auto``; the last looks at the value of ``COLORFGBG``, such as ``15;0``."""
    if wish != "auto":
        return LIGHT if wish == "light" else DARK
    background = colorfgbg.rpartition(";")[2]
    if not background.isdecimal() or int(background) > 15:
        return EITHER
    return LIGHT if int(background) in (7, *range(9, 16)) else DARK
