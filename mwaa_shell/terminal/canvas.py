"""The live region: a picture below the line that was entered, drawn anew in its place with a few escape sequences.

It never takes more rows than the screen has, no line is wider than it, and only this file moves the cursor. What it
is given has been made safe before. The cursor rests below the picture, so that whatever ends the program leaves it
readable.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from mwaa_shell.output.canvas import Canvas, PlainCanvas, let_pass
from mwaa_shell.output.display import DisplayOptions, view_of
from mwaa_shell.output.measure import clip, width
from mwaa_shell.preferences import Preferences
from mwaa_shell.result import Result
from mwaa_shell.session.interface import UserInterface
from mwaa_shell.status_line import can_draw
from mwaa_shell.streams import Streams
from mwaa_shell.terminal.progress import Progress

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
UP = "\x1b[{}A"
ERASE_LINE, ERASE_BELOW, ERASE_ALL = "\x1b[K", "\x1b[J", "\x1b[H\x1b[2J"


def canvas_for(streams: Streams, progress: Progress, preferences: Preferences) -> Canvas:
    """The one that draws, where standard output is a terminal that can."""
    if streams.stdout_tty and can_draw():
        return TerminalCanvas(streams, progress, preferences)
    return PlainCanvas(streams, preferences)


@contextmanager
def drawing(ui: UserInterface, streams: Streams, preferences: Preferences) -> Iterator[None]:
    """A canvas for lines that run without a prompt, while somebody looks on; the terminal is as before afterwards."""
    progress = Progress(streams)
    ui.canvas = canvas_for(streams, progress, preferences)
    try:
        yield
    finally:
        progress.over()


class TerminalCanvas:
    """Draws on standard output; keys that are typed meanwhile are kept and not shown."""

    live = True

    def __init__(self, streams: Streams, progress: Progress, preferences: Preferences) -> None:
        self._streams = streams
        self._progress = progress
        self._preferences = preferences
        self._drawn: list[str] = []  #: the lines that stand above the cursor
        self._size = (0, 0)

    def view(self) -> DisplayOptions:
        """One column less than there is: a line that fills the last one ends in different places on terminals."""
        view = view_of(self._streams, self._preferences)
        return replace(view, width=view.width - 1)

    def draw(self, lines: Sequence[str]) -> None:
        self._progress.stop_echo()
        size = shutil.get_terminal_size()
        shown = [clip(line, max(size.columns - 1, 1)) for line in fitting(lines, max(size.lines - 1, 1))]
        if shown != self._drawn or size != self._size:
            self._write(shown, size)

    def end(self, lines: Sequence[str]) -> None:
        self._write(list(lines), shutil.get_terminal_size())
        self._drawn = []

    def _write(self, lines: list[str], size: os.terminal_size) -> None:
        """Over what stands there, line by line, so that nothing flickers.

        The cursor is hidden no longer than that: whoever stops the program with Ctrl-Z or kills it has one.
        """
        text = HIDE + self._to_the_top(size)
        text += "".join(f"{line}{ERASE_LINE}\r\n" if width(line) < size.columns else f"{line}\r\n" for line in lines)
        text += ERASE_BELOW + SHOW
        self._drawn, self._size = lines, (size.columns, size.lines)
        self._streams.data(text.encode("utf-8", "replace"))

    def _to_the_top(self, size: os.terminal_size) -> str:
        """To where the picture begins. Where the window has become too small for it, nobody knows where that is now:
        some terminals break its lines, some cut them off. Then all is drawn anew on an empty screen."""
        if not self._drawn:
            return "\r"
        if len(self._drawn) >= size.lines or any(width(line) >= size.columns for line in self._drawn):
            return ERASE_ALL
        return "\r" + UP.format(len(self._drawn))

    def tell(self, text: str) -> None:
        pass

    def put(self, result: Result) -> None:
        pass

    def bell(self) -> None:
        self._streams.talk(b"\a")

    def wait(self, seconds: float) -> bool:
        self._progress.stop_echo()
        return let_pass(seconds)


def fitting(lines: Sequence[str], rows: int) -> list[str]:
    """As many lines as there are rows; the last one says how many more there are."""
    if len(lines) <= rows:
        return list(lines)
    left = len(lines) - rows + 1
    return [*lines[: rows - 1], f"… {left} more lines, all of them stand here at the end"][:rows]
