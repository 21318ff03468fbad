"""The pygments styles of the shell, for a dark, a light and an unknown background, and the choice among all styles.

Ours use only the sixteen colors whose shades the terminal's user has chosen, and the default, which is the text; never
black, white or a background. By contrast with black and with white, in the palettes of xterm, VGA, GNOME and macOS:

- on white, yellow is hardly there (1.7 to 3 in most), green and cyan are weak (1.9 to 3.4);
- on black, blue is hardly there (1.2 to 2.4), and red weak in some;
- magenta, bright blue and bright black can be read on both.

So the light style has blue for cyan, magenta for yellow, bold for green, and no color for what there is much of. Where
the background is unknown (few terminals set ``COLORFGBG``), the style has no yellow and no blue, and green and cyan,
which are fair on most.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from pygments.style import Style
from pygments.styles import get_style_by_name
from pygments.token import (
    Comment,
    Error,
    Generic,
    Keyword,
    Literal,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    _TokenType,
)
from pygments.util import ClassNotFound

#: ``None`` and ``null``; a style without this token has the color of other constants.
NULL = Keyword.Constant.Null
#: The look of each token where the sixteen colors have enough contrast.
LOOKS: Mapping[_TokenType, str] = {
    Comment: "ansibrightblack",  # where a log line comes from, notes, states that wait
    Punctuation: "ansibrightblack",
    Generic.Heading: "bold",
    Generic.Error: "bold ansired",
    Generic.Traceback: "ansibrightblack",
    Generic.Inserted: "ansigreen",  # success
    Error: "ansired",  # an unknown word of a command
    Keyword: "ansicyan",  # commands, running
    Keyword.Constant: "ansimagenta",
    NULL: "ansibrightblack",
    Keyword.Pseudo: "ansimagenta",  # dot-commands
    Name.Attribute: "ansibrightblue",  # flags
    Name.Tag: "ansibrightblue",  # keys
    Name.Variable: "ansiyellow",  # warnings
    Name.Builtin: "ansicyan",  # files of a traceback
    Name.Function: "ansiblue",
    Operator: "ansibrightblue",
    Number: "ansimagenta",
    Literal.Date: "ansicyan",
    String: "ansigreen",
    String.Backtick: "noinherit",  # the local command behind a pipe
    String.Other: "noinherit",  # the file behind an arrow
}


def _looks(by_token: Mapping[_TokenType, str], **by_color: str) -> dict[_TokenType, str]:
    """Return the looks with others for some tokens, or for all tokens of a color."""
    return {
        token: by_token.get(token) or " ".join(by_color.get(word, word) for word in look.split())
        for token, look in {**LOOKS, **by_token}.items()
    }


class DarkStyle(Style):
    """Colors with enough contrast on a dark background."""

    name = "mwaa-shell-dark"
    styles = _looks({}, ansiblue="ansibrightblue")


class LightStyle(Style):
    """Colors with enough contrast on a light background."""

    name = "mwaa-shell-light"
    styles = _looks(
        {Keyword: "bold ansiblue", Keyword.Constant: "nobold ansimagenta", Keyword.Pseudo: "nobold ansimagenta",
         NULL: "nobold ansibrightblack", String.Double: "noinherit", String.Single: "noinherit"},
        ansiyellow="bold ansimagenta", ansicyan="ansiblue", ansigreen="bold ansigreen", ansibrightblue="ansiblue",
    )  # fmt: skip


class NeutralStyle(Style):
    """Colors that can be read on most backgrounds."""

    name = "mwaa-shell-neutral"
    styles = _looks({}, ansiyellow="bold ansimagenta", ansiblue="ansibrightblue")


@lru_cache(maxsize=16)
def style_class(name: str = "auto", theme: str = "auto", colorfgbg: str = "") -> type[Style]:
    """Return the pygments style of a name; for ``auto``, or a name that is not installed, the one for the background.

    ``theme`` is ``dark``, ``light`` or ``auto``; ``auto`` reads ``colorfgbg``, the value of ``COLORFGBG``, such as
    ``15;0``.
    """
    if name != "auto":
        try:
            return get_style_by_name(name)
        except ClassNotFound:
            pass
    if theme != "auto":
        return LightStyle if theme == "light" else DarkStyle
    background = colorfgbg.rpartition(";")[2]
    if not background.isdecimal() or int(background) > 15:
        return NeutralStyle
    return LightStyle if int(background) in (7, *range(9, 16)) else DarkStyle
