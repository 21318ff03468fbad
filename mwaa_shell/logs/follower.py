"""The log of a task as it is written, until the task has ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import tzinfo
from itertools import chain
from typing import NamedTuple

from mwaa_shell.airflow.logs import LogEvent
from mwaa_shell.errors import LogMissing, NothingRan, PermissionMissing, ShellError, with_hint
from mwaa_shell.logs.reader import LogRange, end_of, log_result
from mwaa_shell.monitor import FINISHED, Task, count_down
from mwaa_shell.mwaa import LogsApi, LogStream
from mwaa_shell.output import Canvas
from mwaa_shell.output.tables import label
from mwaa_shell.result import Result, failed, interrupted

#: Seconds between two requests, and requests without a new event after which the log of an ended task has ended.
#: MWAA sends the last events of a task when it ends.
EVERY, QUIET = 3.0, 3
#: Failures in a row after which following ends.
FAILURES = 20


class FollowedLog(NamedTuple):
    """A task whose log is followed, as functions that ask for it."""

    name: str  #: of the task
    run: str  #: the DAG and the run ID
    group: str
    streams: Callable[[], dict[int, list[LogStream]]]  #: by try, from the first wanted one on
    task: Callable[[], Task | None]  #: its state now


class LogFollower:
    """The display of the events of a log on a canvas as they arrive."""

    def __init__(self, api: LogsApi, followed: FollowedLog, selection: LogRange, canvas: Canvas) -> None:
        self._api = api
        self._followed = followed
        self._selection = selection
        self._canvas = canvas
        self._tokens: dict[str, str] = {}  #: of the next page, by stream
        self._attempt = 0
        self._shown: list[LogEvent] = []
        self._quiet = 0  #: looks without a new event, since the task has ended
        self._failed = 0  #: looks in a row
        self._state = ""

    def run(self) -> Result:
        """Follow until the task has ended; return whether there was a log."""
        try:
            while self._quiet < QUIET:
                self._poll()
                if self._quiet < QUIET and not count_down(EVERY, self._canvas, self._draw):
                    return self._stopped()
        except KeyboardInterrupt:
            return self._stopped()
        finally:
            self._canvas.finish([])
        end = f"{self._followed.name} of {self._followed.run} is {self._state or 'gone'}"
        if not self._shown:
            return failed(f"{end}. {self._followed.group} has no event of it")
        self._canvas.notice(end)
        return Result(remark=end if self._canvas.live else "")

    def log(self) -> Result:
        """Return all that was shown."""
        return log_result([("", self._shown)], self._zone)

    def _poll(self) -> None:
        """Show new events. Show an error and try again, unless a permission is missing."""
        try:
            task = self._followed.task()
            events = self._new_events()
        except (PermissionMissing, LogMissing):
            raise
        except ShellError as error:
            self._failed += 1
            if self._failed >= FAILURES or not isinstance(error, NothingRan):
                raise
            self._draw(with_hint(str(error), error.hint))
            return
        self._failed = 0
        self._state = task.state if task is not None else self._state
        self._show(events)
        over = task is None or task.state in FINISHED
        self._quiet = self._quiet + 1 if over and not events else 0

    def _new_events(self) -> list[LogEvent]:
        found: list[LogEvent] = []
        for attempt, streams in sorted(self._followed.streams().items()):
            if attempt > self._attempt and self._attempt:
                self._canvas.notice(f"try {attempt} began")
            self._attempt = max(self._attempt, attempt)
            for stream in streams:
                found += self._first_events(stream) if stream.name not in self._tokens else self._new_events_of(stream)
        return sorted(found, key=lambda event: event.time)

    def _first_events(self, stream: LogStream) -> Iterable[LogEvent]:
        """Return the selected end of a stream, and keep the token of the next page."""
        pages = self._api.last_pages(self._followed.group, stream.name, self._selection.since)
        newest = next(pages)
        self._tokens[stream.name] = newest.after
        selection = self._selection._replace(lines=None) if self._shown else self._selection
        return end_of(chain([newest], pages), selection)

    def _new_events_of(self, stream: LogStream) -> Iterable[LogEvent]:
        """Return the new events of a stream. Pages without events may precede them."""
        found: list[LogEvent] = []
        while True:
            token = self._tokens[stream.name]
            page = self._api.page_after(self._followed.group, stream.name, token, self._selection.since)
            found += filter(self._selection.takes, page.events)
            self._tokens[stream.name] = page.after
            if page.after == token:
                return found

    def _show(self, events: Sequence[LogEvent]) -> None:
        if events:
            self._shown += events
            self._canvas.write_result(log_result([("", events)], self._zone))

    @property
    def _zone(self) -> tzinfo | None:
        return self._canvas.view().zone

    def _draw(self, doing: str) -> None:
        if self._canvas.live:
            state = f" {self._state}" if self._state else ""
            name = f"{label(self._followed.name)}{state}"
            self._canvas.draw([f"{name} · {label(doing)} · Ctrl-C stops watching, not the task"])

    def _stopped(self) -> Result:
        return interrupted(f"Stopped following the log of {self._followed.name}", remote=False)
