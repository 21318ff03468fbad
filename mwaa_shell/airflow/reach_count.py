"""Number of runs and tasks that a command reaches, counted by Airflow's REST API. Pure: the caller asks.

Only filters that every version knows are used, and lists with the names in their body: a path of MWAA's
``InvokeRestApi`` has 64 characters at most. Nothing is said of what cannot be counted. Not counted are the tasks that
Airflow adds to ``--task-regex`` for setups and teardowns, and those of other DAGs that an ``ExternalTaskMarker`` names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote as percent

from mwaa_shell.airflow.reach import Reach, Selection, What, counted, listed
from mwaa_shell.airflow.versions import Version

#: The first version whose REST API MWAA offers, and the first whose lists of task instances take IDs of tasks and runs.
SINCE, SINCE_IDS = Version(2, 4, 3), Version(2, 7, 1)
#: Characters of a path that MWAA takes.
LONGEST_PATH = 64
#: DAGs on one page: what Airflow gives at most unless it is configured otherwise.
PAGE = 100
TASK_INSTANCES, RUNS, DATES = "/dags/~/dagRuns/~/taskInstances/list", "/dags/~/dagRuns/list", "/backfills/dry_run"
#: Regular expressions that Python and Airflow's databases read alike; with few repetitions, no name makes them slow.
PLAIN_REGEX = re.compile(r"(?:[\w.^$|()\[\]-]|(?<=[\w.\]])[*+?](?![*+?]))*", re.ASCII)
REPETITIONS = 2
#: Dates that are sure to mean the same to Airflow.
DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")


class RestQuery(NamedTuple):
    """One request to Airflow's REST API that changes nothing."""

    path: str  #: as ``InvokeRestApi`` takes it, without ``/api/v1``
    query: Mapping[str, object]
    body: Mapping[str, object] | None = None  #: of a POST; ``None`` for a GET


class Clock(NamedTuple):
    """What Airflow makes of a date."""

    now: datetime
    naive_is_utc: bool = True  #: ``core.default_timezone`` is the usual one


#: Sends a request; raises where no answer comes.
Ask = Callable[[RestQuery], object]


class _Unclear(Exception):
    """It cannot be counted."""


def count(reach: Reach, version: Version, clock: Clock, ask: Ask, say: Callable[[str], object]) -> None:
    """Ask how much there is; each sentence is handed to ``say`` as soon as it is certain."""
    if version < SINCE or reach.selection is None:
        return
    try:
        _Counting(reach.selection, version, clock, ask, say).count()
    except _Unclear:
        pass


def is_paused(dag: str, version: Version, ask: Ask) -> bool:
    """Return whether the DAG is paused, as far as Airflow says so."""
    path = f"/dags/{percent(dag, safe='')}"
    if version < SINCE or len(path) > LONGEST_PATH:
        return False
    reply = ask(RestQuery(path, {}))
    return isinstance(reply, dict) and reply.get("is_paused") is True


@dataclass(frozen=True, slots=True)
class _Counting:
    """The counting of one selection."""

    wanted: Selection
    version: Version
    clock: Clock
    ask: Ask
    say: Callable[[str], object]

    def count(self) -> None:
        wanted = self.wanted
        dags: Sequence[str] = wanted.dags
        if What.DAGS in wanted.what:
            dags = self._dags()
            which = "" if wanted.paused is None else "paused " if wanted.paused else "unpaused "
            names = f": {listed(dags)}" if dags else ""
            self.say(f"Airflow finds {counted(len(dags), which + What.DAGS.value)}{names}.")
        totals = []
        if What.DATES in wanted.what:
            totals.append(counted(self._dates(), What.RUNS.value))
        if What.RUNS in wanted.what:
            totals.append(counted(self._total(RUNS, self._filter(dags)), What.RUNS.value))
        if What.TASKS in wanted.what and (dags or What.DAGS not in wanted.what):
            number = 0
            tasks = self._tasks(dags)
            if tasks is None or tasks:
                ids = {"task_ids": tasks, "dag_run_ids": list(wanted.runs)}
                number = self._total(TASK_INSTANCES, {**self._filter(dags), **self._state(), **_given(ids)})
            totals.append(counted(number, What.TASKS.value))
        if totals:
            old = f" that started before {wanted.started_before}" if wanted.started_before else ""
            self.say(f"Airflow counts {' and '.join(totals)}{old}.")

    def _filter(self, dags: Sequence[str]) -> dict[str, object]:
        wanted = self.wanted
        until = self.clock.now if wanted.until_now else wanted.until
        date = "execution_date" if self.version.major < 3 else "logical_date"
        dates = {
            f"{date}_gte": self._date(wanted.since),
            f"{date}_lte": self._date(until),
            "start_date_lte": self._date(wanted.started_before),
        }
        return _given({"dag_ids": list(dags), "pool": list(wanted.pools), **dates})

    def _state(self) -> dict[str, object]:
        return _given({"state": list(self.wanted.states)})

    def _date(self, date: str | datetime) -> str:
        """Return a date as the API takes it; nothing for none."""
        if isinstance(date, str):
            if not date:
                return ""
            if not DATE.fullmatch(date):
                raise _Unclear
            try:
                date = datetime.fromisoformat(date)
            except ValueError:
                raise _Unclear from None
        if date.tzinfo is None:
            if not self.clock.naive_is_utc:
                raise _Unclear
            date = date.replace(tzinfo=UTC)
        return date.isoformat()

    def _total(self, path: str, body: Mapping[str, object]) -> int:
        if not self.version >= SINCE_IDS and not {"task_ids", "dag_run_ids"}.isdisjoint(body):
            raise _Unclear  # these would be ignored
        total = _object(self.ask(RestQuery(path, {}, {**body, "page_limit": 1}))).get("total_entries")
        if not isinstance(total, int):
            raise _Unclear
        return total

    def _dates(self) -> int:
        wanted = self.wanted
        body = {
            "dag_id": wanted.dags[0],
            "from_date": self._date(wanted.since),
            "to_date": self._date(wanted.until),
            "reprocess_behavior": wanted.reprocess,
        }
        total = _object(self.ask(RestQuery(DATES, {}, body))).get("total_entries")
        if not isinstance(total, int):
            raise _Unclear
        return total

    def _dags(self) -> list[str]:
        """Return the DAGs that match; Airflow searches in their IDs."""
        regex = _compiled(self.wanted.dag_regex)
        found: list[str] = []
        seen = 0
        while True:
            page = _object(self.ask(RestQuery("/dags", {"limit": PAGE, "offset": seen})))
            rows, total = _rows(page, "dags"), page.get("total_entries")
            seen += len(rows)
            paused = self.wanted.paused
            found += [
                str(row.get("dag_id"))
                for row in rows
                if regex.search(str(row.get("dag_id"))) and (paused is None or row.get("is_paused") is paused)
            ]
            if not rows or not isinstance(total, int) or seen >= total:
                return sorted(found)

    def _tasks(self, dags: Sequence[str]) -> list[str] | None:
        """Return the tasks that match, with those above and below them; ``None`` for all."""
        wanted = self.wanted
        if not wanted.tasks:
            return None
        path = f"/dags/{percent(dags[0], safe='')}/tasks"
        if len(dags) > 1 or len(path) > LONGEST_PATH:
            raise _Unclear
        searches = None if self.version.major >= 3 else _compiled(wanted.tasks).search
        below: dict[str, set[str]] = {}
        for row in _rows(_object(self.ask(RestQuery(path, {}))), "tasks"):
            names = row.get("downstream_task_ids")
            below[str(row.get("task_id"))] = {str(name) for name in names} if isinstance(names, list) else set()
        found = {task for task in below if (searches(task) if searches else wanted.tasks in task)}
        above = {task: {other for other in below if task in below[other]} for task in below}
        related = set(found)
        for wants, neighbors in ((wanted.upstream, above), (wanted.downstream, below)):
            if wants:
                related |= _reachable(found, neighbors)
        return sorted(related)


def _reachable(start: Iterable[str], neighbors: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    todo = list(start)
    while todo:
        new = neighbors.get(todo.pop(), set()) - found
        found |= new
        todo += new
    return found


def _compiled(regex: str) -> re.Pattern[str]:
    if not PLAIN_REGEX.fullmatch(regex) or sum(map(regex.count, "*+?")) > REPETITIONS:
        raise _Unclear
    try:
        return re.compile(regex)
    except re.error:
        raise _Unclear from None


def _given(members: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in members.items() if value}


def _object(reply: object) -> Mapping[str, Any]:
    if not isinstance(reply, dict):
        raise _Unclear
    return reply


def _rows(reply: Mapping[str, Any], member: str) -> list[Mapping[str, Any]]:
    rows = reply.get(member)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _Unclear
    return rows
