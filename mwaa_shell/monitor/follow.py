"""A DAG run until it ends: polled every few seconds, drawn, and turned into a result."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from mwaa_shell.durations import format_duration
from mwaa_shell.errors import OutcomeUnknown, PermissionMissing, ShellError
from mwaa_shell.monitor import run_view
from mwaa_shell.monitor.run_sources import RunCommandFailed, RunNotFound, RunSource
from mwaa_shell.monitor.runs import Snapshot
from mwaa_shell.monitor.watch import RedrawOnTick, whole_seconds
from mwaa_shell.output.canvas import Canvas
from mwaa_shell.output.tables.cells import label
from mwaa_shell.result import Outcome, Result, failed, from_error, interrupted

#: Where following a run that does not end comes to an end.
SECONDS = 24 * 3600.0
#: Failures in a row after which it is given up: before anything was told, and later on; and after which another source
#: is asked.
FIRST_FAILURES, LATER_FAILURES, CHANGE_AFTER = 3, 20, 3


#: Cells of a table that goes to a file or a pipe: names are kept in one piece there.
PAPER = 10_000


@dataclass(frozen=True, slots=True)
class FollowOptions:
    """How often a run is polled, and for how long."""

    every: float = 3.0  #: seconds from the end of a look to the beginning of the next
    seconds: float = SECONDS
    bell: bool = False


#: Makes the sources, the best first, each asked when the one before it tells nothing; the watcher is called meanwhile.
SourceMaker = Callable[["RedrawOnTick"], Sequence[RunSource]]


class RunFollower:
    """A follower of one DAG run."""

    def __init__(
        self,
        pace: FollowOptions,
        sources: SourceMaker,
        canvas: Canvas,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pace = pace
        self._canvas = canvas
        self._clock = clock
        self._now = now
        self._sources = list(sources(RedrawOnTick(lambda elapsed: self._draw(f"asking {elapsed:.0f} s"))))
        self._snapshot: Snapshot | None = None
        self._in_a_row = 0  #: failures
        self._trouble = ""

    def run(self) -> Result:
        """Follow the run until it ends; return its outcome, with the table of its tasks as standard output."""
        try:
            ended = self._go_on(self._clock())
        except KeyboardInterrupt:
            ended = self._left()
        except ShellError as error:
            ended = from_error(error)
        if self._pace.bell and ended.outcome is not Outcome.INTERRUPTED:
            self._canvas.bell()
        return self._shown(ended)

    def _go_on(self, started: float) -> Result:
        while True:
            self._look()
            if self._snapshot is not None and self._snapshot.over:
                return self._over(self._snapshot)
            if self._clock() - started + self._pace.every >= self._pace.seconds:
                return self._too_long()
            for left in whole_seconds(self._pace.every):
                self._draw(f"next in {left:.0f} s")
                if not self._canvas.wait(min(left, 1.0)):
                    return self._left()

    def _look(self) -> None:
        """Poll once; tell the user of an error and try again in the next round, unless it will last."""
        try:
            snapshot = self._ask()
        except (RunNotFound, RunCommandFailed):
            raise
        except ShellError as error:
            self._in_a_row += 1
            self._trouble = str(error)
            if self._in_a_row >= (LATER_FAILURES if self._snapshot else FIRST_FAILURES):
                raise
            self._canvas.tell(label(f"{error}; asking again"))
            return
        self._in_a_row, self._trouble = 0, ""
        for line in run_view.changes_since(snapshot, self._snapshot):
            self._canvas.tell(line)
        self._snapshot = snapshot

    def _ask(self) -> Snapshot:
        """Return the snapshot of the first source that answers; drop sources that do not."""
        while True:
            try:
                return self._sources[0].ask()
            except ShellError as error:
                lasts = isinstance(error, PermissionMissing) or self._snapshot is None
                if len(self._sources) == 1 or not (lasts or self._in_a_row + 1 >= CHANGE_AFTER):
                    raise
                del self._sources[0]
                self._draw(f"asking {self._sources[0].name}")

    # -- the ends ----------------------------------------------------------------------------------------------------

    def _over(self, snapshot: Snapshot) -> Result:
        said = run_view.summarize_run(snapshot, self._now())
        if snapshot.run.state == "success":
            self._canvas.tell(said)
            return Result()
        return failed(said)

    def _too_long(self) -> Result:
        limit = format_duration(self._pace.seconds)
        stands = run_view.summarize_run(self._snapshot, self._now()) if self._snapshot else self._trouble
        return from_error(OutcomeUnknown(f"Not over after {limit} (--for lets it go on longer): {stands}"))

    def _left(self) -> Result:
        run = self._snapshot.run if self._snapshot else None
        goes_on = f"{label(run.run_id)} goes on without being watched" if run else "nothing was changed"
        return interrupted(f"Stopped following: {goes_on}", remote=False)

    def _shown(self, ended: Result) -> Result:
        """Leave the last picture on the screen; return the result with the table as standard output."""
        snapshot, now = self._snapshot, self._now()
        if snapshot is None:
            self._canvas.end([])
            return ended
        view = self._canvas.view()
        if self._canvas.live:
            stands = run_view.render_full if snapshot.over else run_view.render_fitted
            self._canvas.end(stands(snapshot, view, now))
        table = run_view.render_full(snapshot, replace(view, color=False, width=PAPER), now)
        return replace(ended, stdout="".join(f"{line}\n" for line in table).encode("utf-8", "replace"))

    # -- the picture -------------------------------------------------------------------------------------------------

    def _draw(self, doing: str) -> None:
        if not self._canvas.live:
            return
        view = self._canvas.view()
        tail = f"{doing}  over {self._sources[0].name}  Ctrl-C leaves it, the run goes on"
        trouble = [label(self._trouble)] if self._trouble else []
        if self._snapshot is None:
            self._canvas.draw([*trouble, tail])
            return
        shown = replace(self._snapshot, remarks=(*self._snapshot.remarks, *trouble))
        self._canvas.draw(run_view.render_live(shown, view, self._now(), tail))
