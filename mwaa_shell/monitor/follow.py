"""A DAG run until it ends: polled every few seconds, shown, and made a result."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from mwaa_shell.durations import format_duration
from mwaa_shell.errors import OutcomeUnknown, PermissionMissing, ShellError, State, sentence, with_hint
from mwaa_shell.monitor.run_sources import RunCommandFailed, RunNotFound, RunSource
from mwaa_shell.monitor.runs import BAD, Run, Snapshot, Task, by_urgency, in_order, urgency
from mwaa_shell.monitor.watch import RedrawOnTick, count_down
from mwaa_shell.output import BOLD, DIM, GREEN, YELLOW, Canvas, DisplayOptions, measure, paint, style
from mwaa_shell.output.tables import label
from mwaa_shell.result import Outcome, Result, failed, from_error, interrupted

#: Seconds after which following ends before the run.
SECONDS = 24 * 3600.0
#: Failures in a row after which following ends, without a snapshot and with one, and after which the source changes.
FIRST_FAILURES, LATER_FAILURES, CHANGE_AFTER = 3, 20, 3


#: Cells of a table for a file or a pipe, where names are not cut.
PAPER = 10_000


class FollowOptions(NamedTuple):
    """The interval and the limits of polling a run."""

    every: float = 3.0  #: seconds from the end of a look to the beginning of the next
    seconds: float = SECONDS
    bell: bool = False


#: Makes the sources, the best first. A source is used if those before it fail. The watcher is called meanwhile.
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

    @property
    def snapshot(self) -> Snapshot | None:
        """The last snapshot, if there is one."""
        return self._snapshot

    def run(self) -> Result:
        """Follow the run until it ends; return its result, with its tasks as output."""
        try:
            ended = self._poll_until_end(self._clock())
        except KeyboardInterrupt:
            ended = self._stopped()
        except ShellError as error:
            ended = from_error(error)
        if self._pace.bell and ended.outcome is not Outcome.INTERRUPTED:
            self._canvas.bell()
        return self._shown(ended)

    def _poll_until_end(self, started: float) -> Result:
        while True:
            self._poll()
            if self._snapshot is not None and self._snapshot.over:
                return self._over(self._snapshot)
            if self._clock() - started + self._pace.every >= self._pace.seconds:
                return self._too_long()
            if not count_down(self._pace.every, self._canvas, self._draw):
                return self._stopped()

    def _poll(self) -> None:
        """Poll once. Show an error and try again in the next round, unless the error will last."""
        try:
            snapshot = self._ask()
        except (RunNotFound, RunCommandFailed):
            raise
        except ShellError as error:
            self._in_a_row += 1
            self._trouble = with_hint(str(error), error.hint)
            if self._in_a_row >= (LATER_FAILURES if self._snapshot else FIRST_FAILURES):
                raise
            self._canvas.notice(label(f"{sentence(self._trouble)} Asking again."))
            return
        self._in_a_row, self._trouble = 0, ""
        for line in changes_since(snapshot, self._snapshot):
            self._canvas.notice(line)
        self._snapshot = snapshot

    def _ask(self) -> Snapshot:
        """Return the snapshot of the first source that has one; drop sources that fail."""
        while True:
            try:
                return self._sources[0].ask()
            except (RunNotFound, RunCommandFailed):
                raise
            except ShellError as error:
                lasts = isinstance(error, PermissionMissing) or self._snapshot is None
                if len(self._sources) == 1 or not (lasts or self._in_a_row + 1 >= CHANGE_AFTER):
                    raise
                del self._sources[0]
                self._draw(f"asking {self._sources[0].name}")

    # -- the ends ----------------------------------------------------------------------------------------------------

    def _over(self, snapshot: Snapshot) -> Result:
        summary = summarize_run(snapshot, self._now())
        if snapshot.run.state != "success":
            return failed(summary)
        self._canvas.notice(summary)
        return Result(message=summary)

    def _too_long(self) -> Result:
        limit = format_duration(self._pace.seconds)
        stands = summarize_run(self._snapshot, self._now()) if self._snapshot else self._trouble
        return from_error(
            OutcomeUnknown(
                f"The run has not ended after {limit}: {stands}",
                state=State.NONE,
                hint="Wait longer with --for.",
            )
        )

    def _stopped(self) -> Result:
        run = self._snapshot.run if self._snapshot else None
        goes_on = f"{label(run.run_id)} continues without being watched" if run else "no run is affected"
        return interrupted(f"Stopped following: {goes_on}", remote=False)

    def _shown(self, ended: Result) -> Result:
        """Leave the last picture on the screen; return the result with tasks as output."""
        snapshot, now = self._snapshot, self._now()
        if snapshot is None:
            self._canvas.finish([])
            return ended
        view = self._canvas.view()
        if self._canvas.live:
            lines = (render_end if snapshot.over else render_fitted)(snapshot, view, now)
            if ended.ok:  # all else is said below it
                lines += [paint(line, GREEN, color=view.color) for line in measure.wrap(ended.message, view.width)]
            self._canvas.finish(lines)
        table = render_full(snapshot, replace(view, color=False, width=PAPER), now)
        return ended._replace(stdout="".join(f"{line}\n" for line in table).encode("utf-8", "replace"))

    # -- the picture -------------------------------------------------------------------------------------------------

    def _draw(self, doing: str) -> None:
        if not self._canvas.live:
            return
        view = self._canvas.view()
        tail = f"{doing} · {self._sources[0].name} · Ctrl-C stops watching, not the run"
        trouble = [label(self._trouble)] if self._trouble else []
        if self._snapshot is None:
            self._canvas.draw([*trouble, tail])
            return
        shown = self._snapshot._replace(remarks=(*self._snapshot.remarks, *trouble))
        self._canvas.draw(render_live(shown, view, self._now(), tail))


# -- the run as lines of text ------------------------------------------------------------------------------------------


#: Cells of the bar.
BAR = 24
#: Rows that are kept for the heads of the table, the tail, and the cursor below it.
AROUND = 3
HEADS = ("task", "state", "start", "duration", "try")
#: Texts as wide as the narrowest columns while the run continues, so that columns do not jump.
LEAST = ("", "up_for_retry", "00:00:00", "10 min 10 s", "")
#: The state of a task that waits for other tasks, for which Airflow has no word.
WAITING = "waiting"
#: Fewest cells for the name of a task, however narrow the screen is.
NAME = 12

Row = tuple[str, str, str, str, str]


def render_live(snapshot: Snapshot, view: DisplayOptions, now: datetime, tail: str) -> list[str]:
    """Render the picture of a running DAG run; ``tail`` is the last line."""
    return [*render_fitted(snapshot, view, now), paint(tail, DIM, color=view.color)]


def render_fitted(snapshot: Snapshot, view: DisplayOptions, now: datetime) -> list[str]:
    """Render what fits the screen: the most urgent tasks, and a count of the others."""
    top = _top(snapshot, view, now)
    remarks = _remarks(snapshot, view)
    rows = view.height - AROUND - len(top) - len(remarks)
    tasks, more = in_order(snapshot.tasks or ()), []
    if len(tasks) > rows:
        urgent, room = by_urgency(tasks), max(rows - 1, 1)
        tasks, others = in_order(urgent[:room]), urgent[room:]
        text = f"and {len(others)} more: {', '.join(_counts(task.state for task in others))}"
        more = [paint(text, DIM, color=view.color)]
    table = _table(tasks, view, now, narrow=True)
    return [*top, *table, *more, *remarks]


def render_full(snapshot: Snapshot, view: DisplayOptions, now: datetime) -> list[str]:
    """Render all tasks by start, with full names."""
    table = _table(in_order(snapshot.tasks or ()), view, now, narrow=False)
    return [*_top(snapshot, view, now), *table, *_remarks(snapshot, view)]


def render_end(snapshot: Snapshot, view: DisplayOptions, now: datetime) -> list[str]:
    """Render the picture that stays of an ended run. A short screen gets its top once more at the end."""
    lines = render_full(snapshot, view, now)
    if len(lines) + AROUND > view.height:
        lines += _top(snapshot, view, now)
    return lines


def summarize_run(snapshot: Snapshot, now: datetime) -> str:
    """Summarize a run in one line that is safe for a terminal."""
    run = snapshot.run
    took = _took(run, now)
    bad = [label(task.name) for task in in_order(snapshot.tasks or ()) if task.state == "failed"]
    which = f": {', '.join(bad[:5])}{f' and {len(bad) - 5} more' if len(bad) > 5 else ''} failed" if bad else ""
    return f"{label(run.dag)} {label(run.run_id)} {run.state}{f' after {took}' if took else ''}{which}"


def changes_since(snapshot: Snapshot, before: Snapshot | None) -> list[str]:
    """Return state changes since the previous snapshot, one a line. They are for output that cannot be redrawn."""
    if before is None:
        return [f"{label(snapshot.run.run_id)} is {snapshot.run.state}, {progress(snapshot)}", *snapshot.remarks]
    was = {task.name: task.state for task in before.tasks or ()}
    lines = [
        f"{label(task.name)} {task.state}"
        for task in in_order(snapshot.tasks or ())
        if was.get(task.name, "none") != task.state
    ]
    if before.run.state != snapshot.run.state:
        lines.append(f"{label(snapshot.run.run_id)} is {snapshot.run.state}, {progress(snapshot)}")
    return [*lines, *(remark for remark in snapshot.remarks if remark not in before.remarks)]


def progress(snapshot: Snapshot) -> str:
    """Return how many tasks are done, and the states of the others."""
    if snapshot.tasks is None:
        return "its tasks are unknown"
    if not snapshot.tasks:
        return "no tasks yet"
    others = _counts(task.state for task in snapshot.tasks if task.state not in ("success", "none"))
    tasks = "task" if len(snapshot.tasks) == 1 else "tasks"
    return ", ".join([f"{snapshot.finished} of {len(snapshot.tasks)} {tasks} done", *others])


def _shown(state: str) -> str:
    return WAITING if state == "none" else state


def _top(snapshot: Snapshot, view: DisplayOptions, now: datetime) -> list[str]:
    """Return the lines above the table: the run and its progress."""
    run, color = snapshot.run, view.color
    name = paint(f"{label(run.dag)}  {label(run.run_id)}", BOLD, color=color)
    head = [name, paint(run.state, style.state_code(run.state, view)), _took(run, now)]
    lines = ["  ".join(part for part in head if part)]
    if measure.width(lines[0]) > view.width:  # what continues must not be cut off by a long name
        lines = [label(run.dag) + "  " + "  ".join(part for part in head[1:] if part), label(run.run_id)]
    text = progress(snapshot)
    if BAR + 2 + measure.width(text) > view.width:
        return [*lines, *measure.wrap(text, view.width)]
    return [*lines, f"{_bar(snapshot, view)}{text}"]


def _remarks(snapshot: Snapshot, view: DisplayOptions) -> list[str]:
    lines = [line for one in snapshot.remarks for line in measure.wrap(label(one), view.width)]
    return [paint(line, YELLOW, color=view.color) for line in lines]


def _bar(snapshot: Snapshot, view: DisplayOptions) -> str:
    total = len(snapshot.tasks or ())
    if not total:
        return ""
    bad = sum(task.state in BAD for task in snapshot.tasks or ())
    done = snapshot.finished * BAR // total
    red = min(-(-bad * BAR // total), done) if bad else 0  # a failed task shows among many
    made = paint("█" * (done - red), style.state_code("success", view)) + paint(
        "█" * red, style.state_code("failed", view)
    )
    return f"{made}{paint('░' * (BAR - done), DIM, color=view.color)}  "


def _table(tasks: Sequence[Task], view: DisplayOptions, now: datetime, *, narrow: bool) -> list[str]:
    """Return a row for each task; ``narrow`` clips long names, else they wrap."""
    if not tasks:
        return []
    rows = [_row(task, view, now) for task in tasks]
    least = LEAST if narrow else HEADS
    widths = [max(measure.width(cell) for cell in column) for column in zip(HEADS, least, *rows, strict=True)]
    others = sum(widths[1:]) + 2 * (len(HEADS) - 1)
    widths[0] = min(widths[0], max(view.width - others, NAME))
    tries = any(row[-1] for row in rows)
    lines = [paint(_line(HEADS, widths, view, tries=tries), DIM, color=view.color)]
    for row in rows:
        first, *rest = [measure.clip(row[0], widths[0])] if narrow else measure.cut_word(row[0], widths[0])
        lines += [_line((first, *row[1:]), widths, view, tries=tries), *rest]
    return lines


def _row(task: Task, view: DisplayOptions, now: datetime) -> Row:
    tries = str(task.tries) if task.tries else ""
    return label(task.name), _shown(task.state), _clock(task.start, view.zone, now), _lasted(task, now), tries


def _lasted(task: Task, now: datetime) -> str:
    """Return the duration of a task. For a task that waits for a retry, it is that of the last try."""
    end = now if task.state == "running" else task.end
    return format_duration((end - task.start).total_seconds()) if task.start and end else ""


def _line(row: Sequence[str], widths: Sequence[int], view: DisplayOptions, *, tries: bool) -> str:
    name, state, start, took, number = row
    cells = [
        _padded(name, widths[0]),
        paint(state, style.state_code("none" if state == WAITING else state, view))
        + " " * (widths[1] - measure.width(state)),
        _padded(start, widths[2]),
        " " * (widths[3] - len(took)) + took,
        *([number.rjust(widths[4])] if tries else []),
    ]
    return "  ".join(cells).rstrip()


def _padded(text: str, width: int) -> str:
    return text + " " * (width - measure.width(text))


def _clock(moment: datetime | None, zone: tzinfo | None, now: datetime) -> str:
    """Return a time, with its date unless it is today."""
    if moment is None:
        return ""
    local, today = moment.astimezone(zone or moment.tzinfo), now.astimezone(zone or moment.tzinfo)
    return local.strftime("%H:%M:%S" if local.date() == today.date() else "%Y-%m-%d %H:%M:%S")


def _took(run: Run, now: datetime) -> str:
    if run.start is None:
        return ""
    end = run.end or (now if run.state == "running" else None)
    return format_duration((end - run.start).total_seconds()) if end else ""


def _counts(states: Iterable[str]) -> list[str]:
    """Return how often each state occurs, the most urgent first."""
    counts = Counter(states)
    return [f"{counts[state]} {_shown(state)}" for state in sorted(sorted(counts), key=urgency)]
