"""A DAG run as lines of text: the picture while it runs, and the table that stays. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from mwaa_shell.durations import format_duration
from mwaa_shell.monitor.runs import BAD, BEGUN, FINISHED, Run, Snapshot, Task, by_urgency, in_order
from mwaa_shell.output import measure
from mwaa_shell.output.ansi import BOLD, DIM, GREEN, RED, YELLOW, paint
from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.style.states import CODES, STATES
from mwaa_shell.output.tables.cells import label

#: Cells of the bar.
BAR = 24
#: Rows that are kept for what stands around the table.
AROUND = 5
HEADS = ("task", "state", "start", "duration", "try")
#: As wide as columns are at least while the run goes on, so that they do not jump to and fro.
LEAST = ("", "up_for_retry", "00:00:00", "10 min 10 s", "")
#: What Airflow has no word for: others have to be done first.
WAITING = "waiting"
#: Fewest cells for the name of a task, however narrow the screen is.
NAME = 12

Row = tuple[str, str, str, str, str]


def render_live(snapshot: Snapshot, view: DisplayOptions, now: datetime, tail: str) -> list[str]:
    """Render the picture of a running DAG run; ``tail`` is the last line."""
    return [*render_fitted(snapshot, view, now), paint(tail, DIM, color=view.color)]


def render_fitted(snapshot: Snapshot, view: DisplayOptions, now: datetime) -> list[str]:
    """Render what fits the screen: the most urgent tasks, and a count of the others."""
    rows = view.height - AROUND - len(snapshot.remarks)
    tasks = in_order(snapshot.tasks or ())
    folded: list[Task] = []
    if len(tasks) > rows:
        urgent = by_urgency(tasks)
        room = max(rows - 1, 1)
        tasks, folded = in_order(urgent[:room]), urgent[room:]
    more = [paint(f"and {_counted(folded)}", DIM, color=view.color)] if folded else []
    table = _table(tasks, view, now, narrow=True)
    return [*_top(snapshot, view, now), *table, *more, *_remarks(snapshot, view)]


def render_full(snapshot: Snapshot, view: DisplayOptions, now: datetime) -> list[str]:
    """Render all tasks by start, with full names."""
    table = _table(in_order(snapshot.tasks or ()), view, now, narrow=False)
    return [*_top(snapshot, view, now), *table, *_remarks(snapshot, view)]


def summarize_run(snapshot: Snapshot, now: datetime) -> str:
    """Summarize a run in one line that is safe for a terminal."""
    run = snapshot.run
    took = _took(run, now)
    bad = [label(task.name) for task in in_order(snapshot.tasks or ()) if task.state == "failed"]
    which = f": {', '.join(bad[:5])}{f' and {len(bad) - 5} more' if len(bad) > 5 else ''} failed" if bad else ""
    return f"{label(run.dag)} {label(run.run_id)} {run.state}{f' after {took}' if took else ''}{which}"


def changes_since(snapshot: Snapshot, before: Snapshot | None) -> list[str]:
    """Return state changes since the previous snapshot, one a line, for output that cannot be redrawn."""
    if before is None:
        return [f"{label(snapshot.run.run_id)} is {snapshot.run.state}; {progress(snapshot)}", *snapshot.remarks]
    was = {task.name: task.state for task in before.tasks or ()}
    told = [
        f"{label(task.name)} {task.state}"
        for task in in_order(snapshot.tasks or ())
        if was.get(task.name, "none") != task.state
    ]
    if before.run.state != snapshot.run.state:
        told.append(f"{label(snapshot.run.run_id)} is {snapshot.run.state}; {progress(snapshot)}")
    return [*told, *(remark for remark in snapshot.remarks if remark not in before.remarks)]


def progress(snapshot: Snapshot) -> str:
    """Return how many tasks are done, and the states of the others."""
    if snapshot.tasks is None:
        return "its tasks cannot be seen"
    if not snapshot.tasks:
        return "no tasks yet"
    counts = dict(snapshot.counts)
    told = [f"{counts[state]} {state}" for state in sorted(counts, key=_rank) if state not in ("success", "none")]
    return ", ".join([f"{snapshot.finished} of {len(snapshot.tasks)} tasks done", *told])


def state_color(state: str) -> str:
    """Return the color code of a state, as in tables."""
    return CODES.get(STATES.get(state, ""), "")


def _shown(state: str) -> str:
    return WAITING if state == "none" else state


def _rank(state: str) -> tuple[int, str]:
    return (0 if state in BAD else 1 if state in BEGUN else 3 if state in FINISHED else 2, state)


def _top(snapshot: Snapshot, view: DisplayOptions, now: datetime) -> list[str]:
    """Return the lines above the table: the run and its progress."""
    run, color = snapshot.run, view.color
    name = paint(f"{label(run.dag)}  {label(run.run_id)}", BOLD, color=color)
    head = [name, paint(run.state, state_color(run.state), color=color), _took(run, now)]
    lines = ["  ".join(part for part in head if part)]
    if measure.width(lines[0]) > view.width:  # what goes on must not be cut off by a long name
        lines = [label(run.dag) + "  " + "  ".join(part for part in head[1:] if part), label(run.run_id)]
    return [*lines, f"{_bar(snapshot, color=color)}{progress(snapshot)}"]


def _remarks(snapshot: Snapshot, view: DisplayOptions) -> list[str]:
    return [paint(label(one), YELLOW, color=view.color) for one in snapshot.remarks]


def _bar(snapshot: Snapshot, *, color: bool) -> str:
    total = len(snapshot.tasks or ())
    if not total:
        return ""
    bad = sum(task.state in BAD for task in snapshot.tasks or ())
    done = snapshot.finished * BAR // total
    red = min(-(-bad * BAR // total), done) if bad else 0  # one that failed is seen, however many there are
    made = paint("█" * (done - red), GREEN, color=color) + paint("█" * red, RED, color=color)
    return f"{made}{paint('░' * (BAR - done), DIM, color=color)}  "


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
    lines = [paint(_line(HEADS, widths, tries=tries), DIM, color=view.color)]
    for row in rows:
        first, *rest = [measure.clip(row[0], widths[0])] if narrow else measure.cut(row[0], widths[0])
        lines += [_line((first, *row[1:]), widths, tries=tries, color=view.color), *rest]
    return lines


def _row(task: Task, view: DisplayOptions, now: datetime) -> Row:
    tries = str(task.tries) if task.tries else ""
    return label(task.name), _shown(task.state), _clock(task.start, view.zone, now), _lasted(task, now), tries


def _lasted(task: Task, now: datetime) -> str:
    """Return how long a task took or has been running; of a retry that waits, how long the last try took."""
    end = now if task.state == "running" else task.end
    return format_duration((end - task.start).total_seconds()) if task.start and end else ""


def _line(row: Sequence[str], widths: Sequence[int], *, tries: bool, color: bool = False) -> str:
    name, state, start, took, number = row
    cells = [
        _left(name, widths[0]),
        paint(state, state_color("none" if state == WAITING else state), color=color)
        + " " * (widths[1] - measure.width(state)),
        _left(start, widths[2]),
        " " * (widths[3] - len(took)) + took,
        *([number.rjust(widths[4])] if tries else []),
    ]
    return "  ".join(cells).rstrip()


def _left(text: str, width: int) -> str:
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


def _counted(tasks: Sequence[Task]) -> str:
    counts: dict[str, int] = {}
    for task in tasks:
        counts[task.state] = counts.get(task.state, 0) + 1
    told = ", ".join(f"{counts[state]} {_shown(state)}" for state in sorted(counts, key=_rank))
    return f"{len(tasks)} more: {told}"
