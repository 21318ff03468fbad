"""Where something that goes on is shown: a picture that is drawn anew in its place, or lines one after the other.

Here are what every such place can do and the plain one, which draws nothing: it is for files, pipes and terminals that
cannot move the cursor. The one that draws is in ``terminal``.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol

from mwaa_shell.output.display import DisplayOptions, view_of
from mwaa_shell.preferences import Preferences
from mwaa_shell.result import Result
from mwaa_shell.streams import Streams


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
