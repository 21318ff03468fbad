"""A failed DAG run and its cause: its tasks, their logs and the DAG's state. Pure."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from mwaa_shell.airflow.command_line import command_text, quote
from mwaa_shell.airflow.reach import describe_paused
from mwaa_shell.airflow.rest import clear_path
from mwaa_shell.airflow.versions import Version
from mwaa_shell.durations import format_duration
from mwaa_shell.monitor.follow import progress
from mwaa_shell.monitor.runs import FINISHED, Run, Snapshot, Task, in_order
from mwaa_shell.output import measure
from mwaa_shell.output.tables import label

#: States that a task has because of other tasks.
WITHOUT_RUN = frozenset({"upstream_failed", "skipped"})
#: Parts of the names of operators that skip the tasks after them.
SKIPPING = ("Branch", "ShortCircuit")
#: Names in one list, and characters of an exception.
MOST, LONGEST = 5, 120


class DagTask(NamedTuple):
    """A task of a DAG, as Airflow's REST API describes it."""

    task_id: str
    operator: str
    downstream: tuple[str, ...]


class FailedTask(NamedTuple):
    """A failed task with the end of its log."""

    task: Task
    log: tuple[str, ...] = ()  #: lines, empty where none was read
    exception: str = ""


class FailedRun(NamedTuple):
    """The facts about a failed run."""

    snapshot: Snapshot
    failed: tuple[FailedTask, ...] = ()  #: those whose logs were looked for come first
    read: int = 0  #: how many these are
    causes: Mapping[str, tuple[str, ...]] | None = None  #: by task that did not run; ``None`` if it is not known
    paused: bool | None = None
    import_errors: tuple[tuple[str, str], ...] | None = None  #: each the file and the traceback
    missing: tuple[str, ...] = ()  #: sentences on what could not be read
    next_lines: tuple[str, ...] = ()  #: to be typed next


def task_of_dag(row: Mapping[str, object]) -> DagTask:
    """Return the task in an object of REST."""
    reference = row.get("class_ref")
    operator = reference.get("class_name") if isinstance(reference, Mapping) else ""
    downstream = row.get("downstream_task_ids")
    names = tuple(map(str, downstream)) if isinstance(downstream, list) else ()
    return DagTask(str(row.get("task_id") or ""), str(operator or ""), names)


def find_causes(tasks: Iterable[Task], dag: Sequence[DagTask]) -> dict[str, tuple[str, ...]]:
    """Return, by task that did not run, the tasks that failed or that skipped it.

    A task that has skipped itself has no cause.
    """
    states: dict[str, set[str]] = {}
    for task in tasks:
        states.setdefault(task.task_id, set()).add(task.state)
    operators = {one.task_id: one.operator for one in dag}
    upstream: dict[str, list[str]] = {}
    for one in dag:
        for name in one.downstream:
            upstream.setdefault(name, []).append(one.task_id)

    def above(name: str, state: str, seen: set[str]) -> Iterator[str]:
        for before in upstream.get(name, ()):
            if before in seen:
                continue
            seen.add(before)
            own = states.get(before, set())
            if state == "upstream_failed" and "failed" in own:
                yield before
            elif state in own:
                roots = list(above(before, state, seen))
                yield from roots or ([before] if state == "skipped" else ())
            elif state == "skipped" and any(part in operators[before] for part in SKIPPING):
                yield before

    return {
        name: tuple(dict.fromkeys(above(name, state, {name})))
        for name, own in states.items()
        for state in WITHOUT_RUN & own
    }


def next_lines(run: Run, failed: Sequence[Task], version: Version | None) -> tuple[str, ...]:
    """Return the next commands to type: the whole log, a rerun, the web page.

    For a run that has not ended and has no failed task, the commands follow it.
    """
    names = (run.dag, run.run_id, *(one.task_id for one in failed[:1]))
    if run.state not in FINISHED and not failed:
        return (command_text(".follow", *names), command_text(".logs", *names, flags="--follow"))
    index = failed[0].map_index if failed else None
    flags = f"--map {index}" if index is not None else ""
    made = (
        command_text(".logs", *names, flags=flags),
        _clear(run, version),
        command_text(".open", *names, flags=flags),
    )
    return tuple(filter(None, made))


def _clear(run: Run, version: Version | None) -> str:
    """Return the command that reruns the failed tasks, or nothing. REST alone selects a run without a date."""
    if version is None:
        return ""
    if run.date in ("", "None"):
        path, selected = clear_path(run.dag), quote(f"dag_run_id={run.run_id}")
        return f".rest POST {quote(path)} -f {selected} -f dry_run=false" if path else ""
    date = quote(run.date)
    if version.major < 2:
        return command_text("clear", run.dag, flags=f"-s {date} -e {date} --only_failed")
    return command_text("tasks clear", run.dag, flags=f"-s {date} -e {date} --only-failed")


# -- as text ---------------------------------------------------------------------------------------------------------


def render_failed_run(failure: FailedRun, zone: tzinfo | None, width: int = sys.maxsize) -> list[str]:
    """Return the lines of one screen. All but logs and commands are wrapped. Times are in ``zone``."""

    def wrapped(*lines: str) -> Iterator[str]:
        return (part for line in lines for part in measure.wrap(line, width))

    lines = [*wrapped(*_about_run(failure.snapshot, zone), *_without_run(failure))]
    for one in failure.failed[: failure.read]:
        lines += ["", *wrapped(f"==> {one_line(one)}"), *one.log]
    rest = failure.failed[failure.read :]
    lines += ["", *wrapped(f"failed too: {_listed([one.task.name for one in rest])}")] if rest else []
    about = [*_about_dag(failure), *failure.missing]
    lines += ["", *wrapped(*about)] if about else []
    return [*lines, "", "next:", *(f"  {line}" for line in failure.next_lines)]


def one_line(one: FailedTask) -> str:
    """Return a failed task in one line: its name, try, duration and exception."""
    task = one.task
    about = [f"try {task.tries}"] if task.tries else []
    about += [format_duration((task.end - task.start).total_seconds())] if task.start and task.end else []
    more = f" ({', '.join(about)})" if about else ""
    said = f": {label(one.exception)[:LONGEST]}" if one.exception else ""
    return f"{label(task.name)} {task.state}{more}{said}"


def _about_run(snapshot: Snapshot, zone: tzinfo | None) -> list[str]:
    run = snapshot.run
    start, end = ((one.astimezone(zone) if one and zone else one) for one in (run.start, run.end))
    took = f" after {format_duration((end - start).total_seconds())}" if start and end else ""
    when = f"{start:%Y-%m-%d %H:%M:%S}" if start else ""
    if start and end:
        when += f" to {end:%H:%M:%S}" if start.date() == end.date() else f" to {end:%Y-%m-%d %H:%M:%S}"
    return [
        f"{label(run.dag)} {run.state}{took}",
        ", ".join(part for part in (label(run.run_id), when) if part),
        progress(snapshot),
    ]


def _without_run(failure: FailedRun) -> list[str]:
    """Return a line for each group of tasks that other tasks kept from running."""
    causes = failure.causes or {}
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for task in in_order(failure.snapshot.tasks or ()):
        if task.state in WITHOUT_RUN:
            groups.setdefault((task.state, causes.get(task.task_id, ())), []).append(task.name)
    return [
        f"{_listed(names)}: {state}{f' because of {_listed(because)}' if because else ''}"
        for (state, because), names in groups.items()
    ]


def _about_dag(failure: FailedRun) -> list[str]:
    dag = label(failure.snapshot.run.dag)
    lines = []
    if failure.paused:
        lines.append(describe_paused(dag))
    for file, trace in failure.import_errors or ():
        lines += [f"{label(file)} cannot be imported:", *trace.rstrip("\n").split("\n")]
    if failure.paused is False and failure.import_errors == ():
        lines.append(f"{dag} is not paused, and its file has no import error")
    return lines


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return ", ".join(map(label, names[:MOST])) + more


# -- for programs ----------------------------------------------------------------------------------------------------


def as_json(failure: FailedRun) -> dict[str, Any]:
    """Return a failed run as a JSON object. Unknown values are null."""
    run = failure.snapshot.run
    causes = failure.causes or {}
    return {
        "dag_id": run.dag,
        "dag_run_id": run.run_id,
        "state": run.state,
        "logical_date": run.date if run.date not in ("", "None") else None,
        "start_date": _date(run.start),
        "end_date": _date(run.end),
        "tasks": None
        if failure.snapshot.tasks is None
        else [
            {**_task(task), "because_of": list(causes.get(task.task_id, ())) if task.state in WITHOUT_RUN else []}
            for task in in_order(failure.snapshot.tasks)
        ],
        "failed": [
            {**_task(one.task), "exception": one.exception or None, "log": list(one.log)} for one in failure.failed
        ],
        "is_paused": failure.paused,
        "import_errors": None
        if failure.import_errors is None
        else [{"filename": file, "stack_trace": trace} for file, trace in failure.import_errors],
        "missing": list(failure.missing),
        "next": list(failure.next_lines),
    }


def _task(task: Task) -> dict[str, Any]:
    return {
        "task_id": task.task_id,
        "map_index": task.map_index,
        "state": task.state,
        "start_date": _date(task.start),
        "end_date": _date(task.end),
        "try_number": task.tries or None,
    }


def _date(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
