"""Tokens as text with SGR, the escape sequences for colors: one pygments style, for what the terminal can draw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from pygments.formatters.terminal256 import Terminal256Formatter, TerminalTrueColorFormatter
from pygments.style import Style
from pygments.token import _TokenType

from mwaa_shell.output.ansi import RESET
from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.style.styles import style_class

#: Characters that are put together before they are handed on; a screen has about two thousand.
TOGETHER = 2048
#: The sixteen colors of xterm, in the order of their SGR parameters: 30 to 37, then 90 to 97.
SIXTEEN = (
    0x000000, 0xCD0000, 0x00CD00, 0xCDCD00, 0x0000EE, 0xCD00CD, 0x00CDCD, 0xE5E5E5,
    0x7F7F7F, 0xFF0000, 0x00FF00, 0xFFFF00, 0x5C5CFF, 0xFF00FF, 0x00FFFF, 0xFFFFFF,
)  # fmt: skip
#: Their names in pygments.
ANSI = [f"ansi{name}" for name in (
    "black", "red", "green", "yellow", "blue", "magenta", "cyan", "gray", "brightblack", "brightred", "brightgreen",
    "brightyellow", "brightblue", "brightmagenta", "brightcyan", "white",
)]  # fmt: skip


class SgrFormatter:
    """Writes tokens in the colors of a pygments style; each piece, and each line of one, begins and ends plain."""

    def __init__(self, style: type[Style], colors: int) -> None:
        """``colors`` is how many the terminal has: 16, 256 or more."""
        self._style = style
        self._colors = colors
        library = TerminalTrueColorFormatter if colors > 256 else Terminal256Formatter
        self._by_name: dict[str, tuple[str, str]] = library(style=style).style_string if colors > 16 else {}
        self._codes: dict[_TokenType, str] = {}

    def code(self, kind: _TokenType) -> str:
        """Return the escape sequence of a token; empty for the terminal's own color."""
        code = self._codes.get(kind)
        if code is None:
            styled = kind
            while styled.parent is not None and not self._style.styles_token(styled):
                styled = styled.parent
            is_own = not self._by_name or self._style.style_for_token(styled)["ansicolor"]
            code = _sixteen(self._style, styled) if is_own else self._by_name[str(styled)][0]
            self._codes[kind] = code
        return code

    def pieces(self, tokens: Iterable[tuple[_TokenType, str]]) -> Iterator[str]:
        """Yield the text of tokens in pieces of whole lines where lines are short; no token is read ahead."""
        made, run, current, size = "", "", "", 0
        for kind, text in tokens:
            code = self.code(kind) if not text.isspace() else "" if "\n" in text else current
            if code != current:
                made, run, current = made + _painted(current, run), "", code
            run += text
            size += len(text)
            if size > TOGETHER and ("\n" in text or size > 4 * TOGETHER):
                end = run.rfind("\n") + 1 or len(run)
                yield made + _painted(current, run[:end])
                made, run, size = "", run[end:], 0
        if made or run:
            yield made + _painted(current, run)


def _painted(code: str, text: str) -> str:
    """Return text with each of its lines in a color; blanks have none."""
    if not code:
        return text
    return "\n".join([f"{code}{line}{RESET}" if line.strip() else line for line in text.split("\n")])


def _sixteen(style: type[Style], kind: _TokenType) -> str:
    """Return the escape sequence in the terminal's own sixteen colors, without a background."""
    look = style.style_for_token(kind)
    written = (look["bold"], "1"), (look["italic"], "3"), (look["underline"], "4")
    parameters = [number for is_written, number in written if is_written]
    color, ansi = look["color"], look["ansicolor"]
    if ansi or color:
        place = ANSI.index(ansi) if ansi else _nearest(int(color or "0", 16))
        parameters.append(str(30 + place if place < 8 else 82 + place))
    return f"\x1b[{';'.join(parameters)}m" if parameters else ""


def _nearest(color: int) -> int:
    """Return the place of the nearest of the sixteen colors."""

    def distance(other: int) -> int:
        return sum(((color >> shift & 255) - (other >> shift & 255)) ** 2 for shift in (16, 8, 0))

    return min(range(16), key=lambda place: distance(SIXTEEN[place]))


@lru_cache(maxsize=8)
def _formatter(style: type[Style], colors: int) -> SgrFormatter:
    return SgrFormatter(style, colors)


def formatter_for(view: DisplayOptions) -> SgrFormatter:
    """Return the formatter for a view's style, background and number of colors."""
    return _formatter(style_class(view.style, view.theme, view.background), view.colors)
