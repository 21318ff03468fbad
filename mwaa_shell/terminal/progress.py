"""The status line of a job: elapsed seconds and phase on standard error, erased when the wait ends.

Nothing is shown for a quick job. A terminal that cannot erase gets one plain line for a slow job, and the line stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mwaa_shell.mwaa.programs import is_at_terminal
from mwaa_shell.status_line import StatusLine
from mwaa_shell.streams import Streams

if TYPE_CHECKING:
    from mwaa_shell.job import Job

#: Seconds after which a wait is shown.
QUIET = 0.5
#: Seconds after which a wait is shown on a terminal that cannot erase.
LONG = 3.0


class Progress(StatusLine):
    """A ``ProgressListener`` of the jobs of one session."""

    def __init__(self, streams: Streams) -> None:
        super().__init__(streams)
        self._noted = False

    def tick(self, job: Job[Any]) -> None:
        """Draw the line again, except while a program that gives credentials may be asking at the terminal."""
        if is_at_terminal():
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
