"""A DAG run and its tasks at one moment, from any source. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from mwaa_shell.output.tables import label

#: The states that Airflow has had for runs, tasks and jobs, in any version.
STATES = (
    "none", "queued", "scheduled", "running", "success", "failed", "up_for_retry", "up_for_reschedule",
    "upstream_failed", "skipped", "removed", "deferred", "restarting", "shutdown", "sensing", "awaiting_input",
)  # fmt: skip
#: The words for the newest run, and for the newest failed run.
LATEST, LATEST_FAILED = "latest", "latest failed"
#: Columns with the date of a run, the best first: a logical date may be missing in Airflow 3.
DATES = ("run_after", "execution_date", "logical_date")
#: States in which a run has ended.
OVER = frozenset({"success", "failed"})
#: States in which a task has ended.
FINISHED = frozenset({"success", "failed", "upstream_failed", "skipped", "removed"})
BAD = frozenset({"failed", "upstream_failed"})
#: States of a task that has begun and has not ended.
BEGUN = frozenset({"running", "up_for_retry", "up_for_reschedule", "deferred", "restarting", "sensing",
                   "awaiting_input"})  # fmt: skip

#: States in which the next try of a task has not begun: Airflow still shows the times of the try before.
NOT_BEGUN = frozenset({"none", "scheduled", "queued"})


class Run(NamedTuple):
    """A DAG run."""

    dag: str
    run_id: str
    state: str
    start: datetime | None = None
    end: datetime | None = None
    date: str = ""  #: its execution or logical date, as Airflow writes it


class Task(NamedTuple):
    """A task instance of a run; a mapped task has several."""

    name: str  #: with its map index, if it has one
    state: str  #: ``none`` while it waits for others
    start: datetime | None = None
    end: datetime | None = None
    tries: int = 0  #: 0 where it is unknown

    @property
    def task_id(self) -> str:
        """Its name without the map index."""
        return self.name.partition("[")[0]

    @property
    def map_index(self) -> int | None:
        """Its map index; ``None`` if it is not mapped."""
        index = self.name.partition("[")[2].removesuffix("]")
        return int(index) if index else None


class Snapshot(NamedTuple):
    """A run and its tasks at one moment. ``tasks`` is ``None`` if the environment does not show them."""

    run: Run
    tasks: tuple[Task, ...] | None = ()
    remarks: tuple[str, ...] = ()  #: what else there is to know, as sentences

    @property
    def over(self) -> bool:
        return self.run.state in OVER

    @property
    def finished(self) -> int:
        """The number of tasks that are done."""
        return sum(task.state in FINISHED for task in self.tasks or ())


def state(value: object) -> str:
    """Return a state as Airflow writes it, safe for a terminal; ``none`` if empty."""
    text = label(str(value or "").strip().lower())
    return text or "none"


def parse_time(value: object) -> datetime | None:
    """Parse a time as any Airflow writes it, with a zone; ``None`` for anything else."""
    try:
        found = datetime.fromisoformat(str(value or ""))
    except ValueError:
        return None
    if not 1900 < found.year < 9000:  # nearer to the ends of the calendar it has no other zones
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def latest_run(rows: Sequence[Mapping[str, str]]) -> Mapping[str, str] | None:
    """Return the row with the latest date, the first row of equal or unreadable dates."""
    long_ago = datetime.min.replace(tzinfo=UTC)

    def date(row: Mapping[str, str]) -> datetime:
        return next((found for name in DATES if (found := parse_time(row.get(name)))), long_ago)

    return max(rows, key=date, default=None)


def run_of(row: Mapping[str, object], dag: str) -> Run:
    """Return the run in a row of ``list-runs`` or an object of REST."""
    run_id = row.get("run_id") or row.get("dag_run_id") or ""
    date = row.get("execution_date") or row.get("logical_date") or ""
    start, end = parse_time(row.get("start_date")), parse_time(row.get("end_date"))
    return Run(dag, str(run_id), state(row.get("state")), start, end, str(date))


def task_of(row: Mapping[str, object]) -> Task:
    """Return the task in a row of ``states-for-dag-run`` or an object of REST."""
    index = str(row.get("map_index", ""))
    mapped = index.isdigit()  # -1 and nothing: it is not mapped
    name = f"{row.get('task_id') or '?'}{f'[{index}]' if mapped else ''}"
    now, tries = state(row.get("state")), row.get("try_number")
    start, end = (None, None) if now in NOT_BEGUN else (parse_time(row.get(one)) for one in ("start_date", "end_date"))
    return Task(name, now, start, end, tries if isinstance(tries, int) else 0)


def in_order(tasks: Sequence[Task]) -> list[Task]:
    """Sort tasks by start; those that have not started come last, in Airflow's order."""
    never = datetime.max.replace(tzinfo=UTC)
    return sorted(tasks, key=lambda task: task.start or never)


def by_urgency(tasks: Sequence[Task]) -> list[Task]:
    """Sort tasks by urgency: failed, running, waiting, done."""
    return sorted(in_order(tasks), key=lambda task: urgency(task.state))


def urgency(state: str) -> int:
    """Return the place of a state in that order."""
    if state in BAD:
        return 0
    if state in BEGUN:
        return 1
    return 4 if state in FINISHED else 3 if state == "none" else 2
