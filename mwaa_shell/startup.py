"""Tricks for a quick start, each with its effect.

The figures are milliseconds on a slow machine where ``PromptSession().prompt()`` alone takes keys after some 150. Only
``cli`` and ``launch`` import this module, which has no slow imports.
"""

from __future__ import annotations

import fcntl
import gc
import os
import struct
import sys
import termios

from mwaa_shell.prompt_text import COLORS, is_dumb, mark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

#: New objects between two collections while a script runs. Imports make a quarter of these.
SELDOM = 400_000

KEYBOARD, SCREEN, OTHER_SCREEN = 0, 1, 2
#: Pastes come in brackets from now on, as prompt_toolkit asks for them too.
PASTES, NO_PASTES = "\x1b[?2004h", "\x1b[?2004l"
ERASE = "\r\x1b[K"
#: The styles of the prompt as parameters of SGR: bold or reverse, then a color.
STYLES = {
    "class:environment": "1;32",
    **{f"class:environment.{color}": f"1;{code}" for code, color in enumerate(COLORS, 31)},
    "class:environment.protected": "1;31",
    "class:warning": "7;31",
}


def help_text(*, whole: bool) -> str:
    """Return the text of ``--help`` or ``--help-all`` from a file. argparse takes as long as the start of Python."""
    with open(os.path.join(os.path.dirname(__file__), "help.txt"), encoding="utf-8") as file:
        short, _, text = file.read().partition("\f\n")
    return text if whole else short


def stop_collecting_garbage() -> None:
    """Turn the garbage collector off until the prompt is shown, which saves 11 of 193."""
    gc.disable()


def collect_seldom() -> None:
    """Turn the garbage collector on for a script, with few collections."""
    gc.enable()
    gc.set_threshold(SELDOM)


def leave_garbage() -> None:
    """Let the process end without a last collection, a tenth of a script of 370."""
    gc.freeze()


def import_asyncio() -> None:
    """Import asyncio without ssl, which saves 25 of 167.

    asyncio accepts a Python without ssl, and the prompt does not use TLS.
    """
    if "ssl" in sys.modules:
        return
    sys.modules["ssl"] = None  # type: ignore[assignment]
    try:
        import asyncio  # noqa: F401  (while there is no ssl)
    finally:
        del sys.modules["ssl"]


class EarlyPrompt:
    """The prompt before prompt_toolkit is imported, visible after 29 instead of 167.

    Nothing is read here. Keys typed meanwhile stay with the kernel, not echoed and in order, until prompt_toolkit reads
    them. Keys typed before, which the kernel has echoed, are erased, and prompt_toolkit draws them again.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._before: list[Any] | None = None  # how the terminal was
        self._screen: int | None = None  # where the prompt is drawn

    @property
    def shown(self) -> bool:
        return self._before is not None

    def show(self, name: str, *, protected: bool, read_only: bool, color: str = "auto") -> None:
        """Draw the prompt of an environment, if there are a keyboard and a screen."""
        screen = next((one for one in (SCREEN, OTHER_SCREEN) if os.isatty(one)), None)
        if self.shown or screen is None or not os.isatty(KEYBOARD):
            return
        pieces = mark(name, protected=protected, read_only=read_only, color=color)
        if self._fits("".join(text for _, text in pieces), screen) and self._take():
            self._screen = screen
            drawn = "".join(self._styled(style, text) for style, text in pieces)
            self._write((ERASE if _typed() else "") + PASTES + drawn)

    def _fits(self, text: str, screen: int) -> bool:
        """Return whether the prompt fits in one row; a dumb terminal cannot erase it."""
        if is_dumb(self._environ):
            return False
        return text.isascii() and text.isprintable() and len(text) < os.get_terminal_size(screen).columns

    def _styled(self, style: str, text: str) -> str:
        parameters = STYLES.get(style, "")
        if self._environ.get("NO_COLOR"):
            parameters = parameters.partition(";")[0]
        return f"\x1b[0;{parameters}m{text}\x1b[0m" if parameters else text

    def _take(self) -> bool:
        """Turn off echo, line mode and signals, as prompt_toolkit does. Returns whether that worked."""
        try:
            before = termios.tcgetattr(KEYBOARD)
            quiet = [*before[:6], list(before[6])]
            quiet[0] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR | termios.IXON)
            quiet[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
            quiet[6][termios.VMIN], quiet[6][termios.VTIME] = 1, 0
            termios.tcsetattr(KEYBOARD, termios.TCSANOW, quiet)
        except termios.error:
            return False
        self._before = before
        return True

    def _write(self, text: str) -> None:
        if self._screen is not None:
            os.write(self._screen, text.encode())

    def hand_over(self) -> list[Any] | None:
        """Give the terminal to prompt_toolkit. Return its former attributes, if changed."""
        self._write("\r")
        before, self._before, self._screen = self._before, None, None
        return before

    def over(self) -> None:
        """Erase the prompt and restore the terminal, for messages before the prompt."""
        self._write(ERASE + NO_PASTES)
        if self._before is not None:
            termios.tcsetattr(KEYBOARD, termios.TCSANOW, self._before)
        self._before = self._screen = None


def _typed() -> bool:
    """Return whether keys that the kernel has echoed wait to be read."""
    waiting = fcntl.ioctl(KEYBOARD, termios.FIONREAD, struct.pack("i", 0))
    return bool(struct.unpack("i", waiting)[0])
