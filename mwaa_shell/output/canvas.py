"""The place where ``.watch`` and ``.follow`` show their progress: a picture that is redrawn, or lines.

``Canvas`` is the protocol. ``PlainCanvas`` writes lines, for files, pipes and terminals that cannot move the cursor.
The canvas that draws is in ``terminal``.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol

from mwaa_shell.output.display import DisplayOptions, view_of
from mwaa_shell.output.show import show
from mwaa_shell.preferences import Preferences
from mwaa_shell.result import Result
from mwaa_shell.streams import Streams


class Canvas(Protocol):
    """A display of something that is still running."""

    live: bool  #: draws pictures instead of lines

    def view(self) -> DisplayOptions:
        """Return the current size of the terminal and the display settings."""

    def draw(self, lines: Sequence[str]) -> None:
        """Replace the picture by these lines, which are safe for a terminal. A plain canvas does nothing."""

    def end(self, lines: Sequence[str]) -> None:
        """Draw the last picture, whole, and leave it. A plain canvas does nothing."""

    def tell(self, text: str) -> None:
        """Write one line on an event. A canvas that draws does nothing."""

    def put(self, result: Result) -> None:
        """Show a result. A canvas that draws does nothing."""

    def bell(self) -> None:
        """Ring the bell of the terminal."""

    def wait(self, seconds: float) -> bool:
        """Wait; return ``False`` as soon as Ctrl-C ends the wait."""


class PlainCanvas:
    """A canvas that writes lines to standard error and results to standard output."""

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
        data = Result(stdout=result.stdout, words=result.words, added=result.added)
        show(data, self._streams, self.view())

    def bell(self) -> None:
        if self._streams.stderr_tty:
            self._streams.talk(b"\a")

    def wait(self, seconds: float) -> bool:
        return let_pass(seconds)


def let_pass(seconds: float) -> bool:
    """Wait; return ``False`` if Ctrl-C ended the wait."""
    try:
        threading.Event().wait(seconds)
    except KeyboardInterrupt:
        return False
    return True
