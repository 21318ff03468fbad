"""The live region below the entered line.

It has the status line of a job, or a picture that is redrawn in place. The picture never takes more rows than the
screen has, no line is wider than the screen, and only this file moves the cursor. Lines must be safe before they get
here. The cursor rests below the picture, which stays readable when the program ends.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mwaa_shell import output  # what draws: the prompt is shown before
from mwaa_shell.mwaa import programs
from mwaa_shell.preferences import Preferences
from mwaa_shell.result import Result
from mwaa_shell.session import UserInterface
from mwaa_shell.streams import StatusLine, Streams, can_draw

if TYPE_CHECKING:
    from mwaa_shell.job import Job

#: Seconds after which a wait is shown.
QUIET = 0.5
#: Seconds after which a wait is shown on a terminal that cannot erase.
LONG = 3.0

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
UP = "\x1b[{}A"
ERASE_LINE, ERASE_BELOW, ERASE_ALL = "\x1b[K", "\x1b[J", "\x1b[H\x1b[2J"


class Progress(StatusLine):
    """The status line of the jobs of one session, with elapsed seconds and phase.

    A quick job shows nothing. The line is erased when a wait ends. A terminal that cannot erase gets one plain line for
    a slow job.
    """

    def __init__(self, streams: Streams) -> None:
        super().__init__(streams)
        self._noted = False

    def tick(self, job: Job[Any]) -> None:
        """Draw the line again, unless a credentials program may ask at the terminal."""
        if programs.TERMINAL.asking:
            return
        self.stop_echo()
        if self.draws and job.elapsed >= QUIET:
            self.draw(f"{job.elapsed:5.1f} s  {job.phase}  (Ctrl-C stops waiting)")
        elif self._streams.stderr_tty and not self.draws and not self._noted and job.elapsed >= LONG:
            self._noted = True
            self._streams.note(f"{job.phase} (Ctrl-C stops waiting)")

    def over(self) -> None:
        """Erase the line and let the terminal echo again."""
        self.erase()
        self._noted = False
        self.echo()


def canvas_for(streams: Streams, progress: Progress, preferences: Preferences) -> output.Canvas:
    """Return a canvas that draws, or only writes where nothing can be drawn."""
    if streams.stdout_tty and can_draw():
        return TerminalCanvas(streams, progress, preferences)
    return output.PlainCanvas(streams, preferences)


@contextmanager
def drawing(ui: UserInterface, streams: Streams, preferences: Preferences) -> Iterator[None]:
    """Provide a canvas for commands without a prompt, and a bar on a terminal."""
    progress = Progress(streams)
    ui.canvas = canvas_for(streams, progress, preferences)
    ui.bar = progress if streams.stdout_tty else None
    try:
        yield
    finally:
        progress.over()


class TerminalCanvas:
    """A canvas on standard output. Keys typed meanwhile are kept and not echoed."""

    live = True

    def __init__(self, streams: Streams, progress: Progress, preferences: Preferences) -> None:
        self._streams = streams
        self._progress = progress
        self._preferences = preferences
        self._drawn: list[str] = []  #: the lines that are above the cursor
        self._size = (0, 0)
        signal.signal(signal.SIGCONT, lambda number, frame: self._leave())

    def _leave(self) -> None:
        """Leave the picture on the screen. After Ctrl-Z the user's shell writes below it."""
        self._drawn = []

    def view(self) -> output.DisplayOptions:
        """Return the view with one column less. Terminals differ in where a full line ends."""
        view = output.view_of(self._streams, self._preferences)
        return replace(view, width=view.width - 1)

    def draw(self, lines: Sequence[str]) -> None:
        self._progress.stop_echo()
        size = shutil.get_terminal_size()
        shown = [output.measure.clip(line, max(size.columns - 1, 1)) for line in fitting(lines, max(size.lines - 1, 1))]
        if shown != self._drawn or size != self._size:
            self._write(shown, size)

    def finish(self, lines: Sequence[str]) -> None:
        self._write(list(lines), shutil.get_terminal_size())
        self._drawn = []

    def _write(self, lines: list[str], size: os.terminal_size) -> None:
        """Write over the last picture line by line, so that nothing flickers.

        The cursor is hidden no longer than that, so that Ctrl-Z or a signal leaves a visible cursor.
        """
        text = HIDE + self._to_the_top(size)
        text += "".join(
            f"{line}{ERASE_LINE}\r\n" if output.measure.width(line) < size.columns else f"{ERASE_BELOW}{line}\r\n"
            for line in lines
        )
        text += ERASE_BELOW + SHOW
        self._drawn, self._size = lines, (size.columns, size.lines)
        self._streams.write_out(text.encode("utf-8", "replace"))

    def _to_the_top(self, size: os.terminal_size) -> str:
        """Return the codes that move to the start of the picture.

        In a window that has become too small the start is unknown: some terminals break lines, some cut them off. Then
        the screen is erased.
        """
        if not self._drawn:
            return "\r"
        if len(self._drawn) >= size.lines or any(output.measure.width(line) >= size.columns for line in self._drawn):
            return ERASE_ALL
        return "\r" + UP.format(len(self._drawn))

    def notice(self, text: str) -> None:
        pass

    def write_result(self, result: Result) -> None:
        self.finish([])
        output.show(
            Result(stdout=result.stdout, shown=result.shown, log=result.log, words=result.words),
            self._streams,
            self.view(),
        )

    def bell(self) -> None:
        self._streams.write_err(b"\a")

    def sleep(self, seconds: float) -> bool:
        self._progress.stop_echo()
        return output.let_pass(seconds)


def fitting(lines: Sequence[str], rows: int) -> list[str]:
    """Return at most ``rows`` first lines. The last one counts the lines left out."""
    if len(lines) <= rows:
        return list(lines)
    left = len(lines) - rows + 1
    return [*lines[: rows - 1], f"… {left} more lines (all are printed at the end)"][:rows]
