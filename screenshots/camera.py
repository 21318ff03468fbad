"""A camera on a terminal: types as somebody would, and keeps what is seen meanwhile as the frames of a film."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from functools import partial

from film import Frame
from shot import shot

from tests.terminal.emulator import Terminal

#: Seconds between two letters, in the film.
TYPING = 0.07
#: Seconds in which nothing more is written where all is drawn.
QUIET = 0.25


class Camera:
    """The frames so far, and the number of the one that says most."""

    def __init__(self, terminal: Terminal, begun: datetime) -> None:
        self.terminal = terminal
        self.frames: list[Frame] = []
        self.still = 0
        self._begun = begun

    def hold(self, seconds: float) -> None:
        """Look for so long at what is there once it stands still."""
        self._settle()
        self.frames.append(Frame(shot(self.terminal.screen, self._begun), seconds))

    def type(self, text: str, pause: float) -> None:
        """Type letter by letter, then look at it."""
        for letter in text:
            self.terminal.send(letter)
            self.hold(TYPING)
        self.hold(pause)

    def key(self, name: str, pause: float) -> None:
        """Press a key, and look at what it does."""
        self.terminal.key(name)
        self.hold(pause)

    def enter(self, environment: str, pause: float) -> None:
        """Run the line to its end, and look at what came."""
        self.terminal.key("enter")
        self.terminal.wait_for_prompt(environment, 120)
        self.hold(pause)

    def _settle(self) -> None:
        """Until nothing is written any more."""
        written = -1
        while written != len(self.terminal.raw):
            written = len(self.terminal.raw)
            with suppress(AssertionError):
                self.terminal.wait_for(partial(self._more_than, written), QUIET)

    def _more_than(self, written: int, _: str) -> bool:
        return len(self.terminal.raw) > written
