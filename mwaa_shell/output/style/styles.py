"""The pygments styles for dark, light and unknown backgrounds, and their colors.

The built-in ones use only the sixteen colors whose shades the terminal's user has chosen, and the default, which is the
text; never black, white or a background. By contrast with black and with white, in the palettes of xterm, VGA, GNOME
and macOS:

- on white, yellow is hardly there (1.7 to 3 in most), green and cyan are weak (1.9 to 3.4);
- on black, blue is hardly there (1.2 to 2.4), and red weak in some;
- magenta, bright blue and bright black can be read on both.

So the light style has blue for cyan, magenta for yellow, bold for green, and no color for what there is much of. Where
the background is unknown (few terminals set ``COLORFGBG``), the style has no yellow and no blue, and green and cyan,
which are fair on most.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from pygments.formatters.terminal256 import Terminal256Formatter, TerminalTrueColorFormatter
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

from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.measure import RESET

#: ``None`` and ``null``; a style without this token has the color of other constants.
NULL = Keyword.Constant.Null
#: The token of each state, whose color is that of Airflow's own pages, or the nearest that terminals have.
STATE_TOKENS: Mapping[str, _TokenType] = {
    "success": Generic.Inserted,
    "running": Keyword,  # Airflow's is a bright green, too similar to the other
    "failed": Generic.Error,
    "upstream_failed": Name.Variable,
    "up_for_retry": Name.Variable,
    "up_for_reschedule": Keyword,
    "queued": Comment,
    "scheduled": Comment,
    "skipped": Keyword.Constant,
    "deferred": Keyword.Constant,
    "restarting": Keyword.Constant,
    "shutdown": Name.Function,
    "removed": Comment,
    "none": Comment,
}
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
    String.Backtick: "noinherit",  # the local command after a pipe
    String.Other: "noinherit",  # the file after an arrow
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
    """Return the pygments style of a name; for ``auto`` and others, of the background.

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


#: Characters that are put together before they are handed on; a screen has about two thousand.
TOGETHER = 2048


class SgrFormatter:
    """A formatter for a pygments style. Each piece and each line resets its colors."""

    def __init__(self, style: type[Style], colors: int) -> None:
        """Take a style and the terminal's number of ``colors``, 256 or more."""
        self._style = style
        is_own = style in (DarkStyle, LightStyle, NeutralStyle)
        library = Terminal256Formatter if is_own or colors <= 256 else TerminalTrueColorFormatter
        self._by_name: dict[str, tuple[str, str]] = library(style=style).style_string
        self._codes: dict[_TokenType, str] = {}

    def code(self, kind: _TokenType) -> str:
        """Return the escape sequence of a token; empty for the terminal's own color."""
        code = self._codes.get(kind)
        if code is None:
            styled = kind
            while styled.parent is not None and not self._style.styles_token(styled):
                styled = styled.parent
            code = self._codes[kind] = self._by_name[str(styled)][0]
        return code

    def pieces(self, tokens: Iterable[tuple[_TokenType, str]]) -> Iterator[str]:
        """Yield tokens in colors, some of them together. No token is read ahead."""
        made, size = "", 0
        for kind, text in tokens:
            made += _painted(self.code(kind), text)
            size += len(text)
            if size > TOGETHER:
                yield made
                made, size = "", 0
        if made:
            yield made


def _painted(code: str, text: str) -> str:
    """Return text with each of its lines in a color; blanks have none."""
    if not code:
        return text
    return "\n".join([f"{code}{line}{RESET}" if line.strip() else line for line in text.split("\n")])


_formatter = lru_cache(maxsize=8)(SgrFormatter)


def formatter_for(view: DisplayOptions) -> SgrFormatter:
    """Return the formatter for a style, a background and a number of colors."""
    return _formatter(style_class(view.style if view.colors > 16 else "auto", view.theme, view.background), view.colors)


def state_code(state: str, view: DisplayOptions) -> str:
    """Return the color code of a state; empty for other text and without color."""
    kind = STATE_TOKENS.get(state)
    return formatter_for(view).code(kind) if kind is not None and view.color else ""
