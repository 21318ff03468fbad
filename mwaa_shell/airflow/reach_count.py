"""Number of runs and tasks that a command reaches, counted by Airflow's REST API. Pure: the caller asks.

Only filters that every version takes are used. What cannot be counted is left out. Not counted are the tasks that
Airflow adds to ``--task-regex`` for setups and teardowns, and those of other DAGs that an ``ExternalTaskMarker`` names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from mwaa_shell.airflow.reach import Reach, Selection, What, join_names, with_noun
from mwaa_shell.airflow.rest import (
    IDS_SINCE,
    REST_SINCE,
    RUNS,
    TASK_INSTANCES,
    RestRequest,
    dag_in,
    dag_request,
    list_all,
    next_page,
    post,
    rows_in,
    tasks_request,
)
from mwaa_shell.airflow.versions import Version

DATES = "/backfills/dry_run"
#: Regular expressions that Python and Airflow's databases read alike; with few repetitions, no name makes them slow.
PLAIN_REGEX = re.compile(r"(?:[\w.^$|()\[\]-]|(?<=[\w.\]])[*+?](?![*+?]))*", re.ASCII)
REPETITIONS = 2
#: Dates that are sure to mean the same to Airflow.
DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?")


class Clock(NamedTuple):
    """The clock and time zone by which Airflow reads a date."""

    now: datetime
    naive_is_utc: bool = True  #: ``core.default_timezone`` is the usual one


#: Sends a request; raises where no answer comes.
Ask = Callable[[RestRequest], object]


def count(reach: Reach, version: Version, clock: Clock, ask: Ask, say: Callable[[str], object]) -> None:
    """Count the objects, and pass each sentence to ``say`` once it is certain."""
    if version < REST_SINCE or reach.selection is None:
        return
    try:
        _Counting(reach.selection, version, clock, ask, say).count()
    except (ValueError, re.error):
        pass  # it cannot be counted


def is_paused(dag: str, version: Version, ask: Ask) -> bool:
    """Return whether the DAG is paused, as far as Airflow says so."""
    return version >= REST_SINCE and dag_in(ask(dag_request(dag)), dag).get("is_paused") is True


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
            names = f": {join_names(dags)}" if dags else ""
            self.say(f"Airflow finds {with_noun(len(dags), which + What.DAGS.value)}{names}.")
        totals = []
        if What.DATES in wanted.what:
            totals.append(with_noun(self._dates(), What.RUNS.value))
        if What.RUNS in wanted.what:
            totals.append(with_noun(self._total(RUNS, self._filter(dags)), What.RUNS.value))
        if What.TASKS in wanted.what and (dags or What.DAGS not in wanted.what):
            totals.append(with_noun(self._task_instances(dags), What.TASKS.value))
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
        return _given({"dag_ids": list(dags), "page_limit": 1, **dates})

    def _date(self, date: str | datetime) -> str:
        """Return a date as the API takes it; empty for an empty one."""
        if isinstance(date, str):
            if not date:
                return ""
            if not DATE.fullmatch(date):
                raise ValueError(date)
            date = datetime.fromisoformat(date)
        if date.tzinfo is None:
            if not self.clock.naive_is_utc:
                raise ValueError(date)
            date = date.replace(tzinfo=UTC)
        return date.isoformat()

    def _task_instances(self, dags: Sequence[str]) -> int:
        tasks = self._tasks(dags)
        if tasks == []:
            return 0
        ids = _given({"task_ids": tasks, "dag_run_ids": list(self.wanted.runs)})
        if ids and not self.version >= IDS_SINCE:
            raise ValueError(ids)  # these would be ignored
        return self._total(TASK_INSTANCES, {**self._filter(dags), **_given({"state": list(self.wanted.states)}), **ids})

    def _dates(self) -> int:
        wanted = self.wanted
        body = {
            "dag_id": wanted.dags[0],
            "from_date": self._date(wanted.since),
            "to_date": self._date(wanted.until),
            "reprocess_behavior": wanted.reprocess,
        }
        return self._total(DATES, body)

    def _total(self, path: str, body: Mapping[str, object]) -> int:
        response = self.ask(post(path, body))
        total = response.get("total_entries") if isinstance(response, dict) else None
        if not isinstance(total, int):
            raise ValueError(response)
        return total

    def _dags(self) -> list[str]:
        """Return the DAGs that match; Airflow searches in their IDs."""
        regex = _compiled(self.wanted.dag_regex)
        found: list[str] = []
        request: RestRequest | None = list_all("/dags")
        while request is not None:
            page, paused = self.ask(request), self.wanted.paused
            rows = _rows(page, "dags")
            request = next_page(request, len(rows), page)
            found += [
                str(row.get("dag_id"))
                for row in rows
                if regex.search(str(row.get("dag_id"))) and (paused is None or row.get("is_paused") is paused)
            ]
        return sorted(found)

    def _tasks(self, dags: Sequence[str]) -> list[str] | None:
        """Return the tasks that match, with those above and below them; ``None`` for all."""
        wanted = self.wanted
        if not wanted.tasks:
            return None
        request = tasks_request(dags[0])
        if len(dags) > 1 or request is None:
            raise ValueError(dags)
        searches = None if self.version.major >= 3 else _compiled(wanted.tasks).search
        below: dict[str, set[str]] = {}
        for row in _rows(self.ask(request), "tasks"):
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
        raise ValueError(regex)
    return re.compile(regex)


def _given(members: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in members.items() if value}


def _rows(response: object, member: str) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = [row for row in rows_in(response, member) if isinstance(row, dict)]
    if len(rows) != len(rows_in(response, member)):
        raise ValueError(response)
    return rows
