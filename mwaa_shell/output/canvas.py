"""Where something that goes on is shown: a picture that is drawn anew in its place, or lines one after the other.

Here are what every such place can do and the plain one, which draws nothing: it is for files, pipes and terminals that
cannot move the cursor. The one that draws is in ``terminal``.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from typing import Protocol

from mwaa_shell.output.display import DisplayOptions, view_of
from mwaa_shell.output.tables import wrapping
from mwaa_shell.preferences import Preferences
from mwaa_shell.result import Result
from mwaa_shell.streams import Streams

SGR = re.compile(r"\x1b\[[0-9;:]*m")
BOLD, DIM, PLAIN = "\x1b[1m", "\x1b[90m", "\x1b[0m"
RED, GREEN, YELLOW, CYAN = "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[36m"


class Canvas(Protocol):
    """What somebody sees of something that goes on."""

    live: bool  #: pictures are drawn; otherwise there are lines

    def view(self) -> DisplayOptions:
        """The room that there is now, and the wishes of whoever looks."""

    def draw(self, lines: Sequence[str]) -> None:
        """The whole picture, safe for a terminal, in place of the one before; nothing where none can be drawn."""

    def end(self, lines: Sequence[str]) -> None:
        """The last picture, whole however long it is; it stays. Nothing where none can be drawn."""

    def tell(self, text: str) -> None:
        """What has happened, in one line; nothing where a picture shows it."""

    def put(self, result: Result) -> None:
        """Hand out what came; nothing where a picture shows it."""

    def bell(self) -> None:
        """Call whoever has gone for a coffee."""

    def wait(self, seconds: float) -> bool:
        """Let time pass; ``False`` as soon as somebody wants it to end (Ctrl-C)."""


class PlainCanvas:
    """Lines on standard error, and what came on standard output."""

    live = False

    def __init__(self, streams: Streams, preferences: Preferences) -> None:
        self._streams = streams
        self._preferences = preferences

    def view(self) -> DisplayOptions:
        return view_of(self._streams, self._preferences)

    def draw(self, lines: Sequence[str]) -> None:
        pass

    def end(self, lines: Sequence[str]) -> None:
        pass

    def tell(self, text: str) -> None:
        self._streams.note(text)

    def put(self, result: Result) -> None:
        from mwaa_shell.output.show import show

        data = Result(stdout=result.stdout, words=result.words, added=result.added)
        show(data, self._streams, self.view())

    def bell(self) -> None:
        if self._streams.stderr_tty:
            self._streams.talk(b"\a")

    def wait(self, seconds: float) -> bool:
        return let_pass(seconds)


def let_pass(seconds: float) -> bool:
    """Wait; ``False`` if Ctrl-C ended it."""
    try:
        threading.Event().wait(seconds)
    except KeyboardInterrupt:
        return False
    return True


def painted(text: str, code: str, *, color: bool) -> str:
    """The text in a colour, where there is one."""
    return f"{code}{text}{PLAIN}" if color and text and code else text


def wide(text: str) -> int:
    """How many cells of a terminal one line takes, without its colour codes."""
    return wrapping.wide(SGR.sub("", text) if "\x1b" in text else text)


def clipped(line: str, width: int) -> str:
    """A line of at most so many cells, its colour codes kept; what is cut off is marked."""
    if wide(line) <= width:
        return line
    made, left = [], width - 1
    position = 0
    while position < len(line):
        code = SGR.match(line, position)
        if code is not None:
            made.append(code[0])
            position = code.end()
            continue
        left -= 1 if line[position] == wrapping.EMOJI else wide(line[position])
        if left < 0:
            break
        made.append(line[position])
        position += 1
    return "".join(made) + "…" + (PLAIN if "\x1b" in line else "")


def pieces(text: str, width: int) -> list[str]:
    """A text without colour codes in pieces of at most so many cells."""
    made, room = [""], width
    for char in text:
        taken = wide(char)
        if taken > room and made[-1]:
            made.append("")
            room = width
        made[-1] += char
        room -= taken
    return made
