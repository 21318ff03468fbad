"""Logs in CloudWatch: of the tasks of a run, and of an environment's components."""

from __future__ import annotations

import heapq
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from mwaa_shell.airflow.command_line import command_text
from mwaa_shell.airflow.logs import (
    COMPONENTS,
    STARTS,
    TASKS,
    LogEvent,
    readable_event,
    run_prefix,
    stream_prefixes,
    task_in,
    task_stream,
)
from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import LogMissing, NothingRan, ShellError
from mwaa_shell.monitor import FINISHED, LATEST, LATEST_FAILED, Run, RunNotFound, Snapshot, Task, parse_time
from mwaa_shell.mwaa import EnvironmentInfo, EventPage, LogsApi, LogStream
from mwaa_shell.result import Result, SpoolWriter
from mwaa_shell.suggestions import did_you_mean, listed


class LogRange(NamedTuple):
    """The part of a log that the user selected."""

    lines: int | None = 100  #: the last lines, ``None`` for all
    grep: str = ""  #: a text that each event has
    since: int | None = None  #: milliseconds since 1970 (UTC)

    def takes(self, event: LogEvent) -> bool:
        """Return whether an event has the text."""
        return self.grep in event.message


def find_logs(
    api: LogsApi, group: str, run: Run, task: Task, version: Version | None
) -> dict[tuple[int | None, int], list[LogStream]]:
    """Return the streams of a task by map index and try."""
    found: dict[tuple[int | None, int], list[LogStream]] = {}
    for prefix in stream_prefixes(run.dag, run.run_id, task.task_id, parse_time(run.date), version):
        mapped = "" if task.map_index is None else f"map_index={task.map_index}/"
        for stream in api.streams(group, prefix + mapped):
            known = task_stream(stream.name, prefix)
            every_index = not task.state and task.map_index is None  # of a task that no source shows
            if known is not None and (every_index or known.map_index == task.map_index):
                found.setdefault((known.map_index, known.attempt), []).append(stream)
        if found:
            break
    return found


def tasks_with_logs(api: LogsApi, group: str, run: Run) -> tuple[Task, ...] | None:
    """Return the tasks of a run that have a log, without states; ``None`` without any."""
    prefix = run_prefix(run.dag, run.run_id)
    names = dict.fromkeys(task_in(stream.name, prefix) for stream in api.streams(group, prefix))
    return tuple(Task(name, "") for name in names if name) or None


def read_log(api: LogsApi, group: str, streams: Sequence[LogStream], selection: LogRange) -> Iterable[LogEvent]:
    """Return the selected events of streams, in the order of their times."""
    if selection.lines is None:
        every = [api.events(group, one.name, _start(one, selection)) for one in streams]
        return filter(selection.takes, heapq.merge(*every, key=lambda event: event.time))
    ends = [end_of(api.last_pages(group, one.name, _start(one, selection)), selection) for one in streams]
    return last_lines(heapq.merge(*ends, key=lambda event: event.time), selection.lines)


def _start(stream: LogStream, selection: LogRange) -> int | None:
    """Return where reading begins. An old stream has many empty pages before its first event."""
    return selection.since if selection.since is not None else stream.first


def end_of(pages: Iterable[EventPage], selection: LogRange) -> list[LogEvent]:
    """Return the last selected events of a stream, of at least ``lines`` lines. The last page comes first."""
    found: deque[LogEvent] = deque()
    lines = 0
    for page in pages:
        for event in reversed(page.events):
            if selection.takes(event):
                found.appendleft(event)
                lines += _lines_in(event)
                if selection.lines is not None and lines >= selection.lines:
                    return list(found)
    return list(found)


def last_lines(events: Iterable[LogEvent], count: int) -> list[LogEvent]:
    """Return the last events that have at least so many lines together."""
    kept: deque[LogEvent] = deque()
    lines = 0
    for event in events:
        kept.append(event)
        lines += _lines_in(event)
        while lines - _lines_in(kept[0]) >= count:
            lines -= _lines_in(kept.popleft())
    return list(kept)


def _lines_in(event: LogEvent) -> int:
    return event.message.rstrip("\n").count("\n") + 1


def log_result(parts: Iterable[tuple[str, Iterable[LogEvent]]], zone: tzinfo | None) -> Result:
    """Return the result with the messages of events, exact and for a terminal. Each part may have a heading."""
    exact, shown = SpoolWriter(), SpoolWriter()
    for line, text in _log_lines(parts, zone):
        exact.add(line.encode("utf-8", "replace"))
        shown.add(text.encode("utf-8", "replace"))
    return Result(stdout=exact.body(), shown=shown.body(), log=True)


def _log_lines(parts: Iterable[tuple[str, Iterable[LogEvent]]], zone: tzinfo | None) -> Iterator[tuple[str, str]]:
    for heading, events in parts:
        if heading:
            yield f"==> {heading} <==\n", f"==> {heading} <==\n"
        for event in events:
            end = "" if event.message.endswith("\n") else "\n"
            yield f"{event.message}{end}", f"{readable_event(event, zone)}{end}"


#: States of a task whose last try failed.
FAILED = frozenset({"failed", "up_for_retry"})
#: States of a task that has most likely written no log.
NO_LOG = frozenset({"none", "scheduled", "upstream_failed", "skipped", "removed"})

#: Returns a snapshot of a run: of its ID, of ``LATEST`` or of ``LATEST_FAILED``.
Look = Callable[[str], Snapshot]


class NoLog(ShellError):
    """The run or the task has no log."""


def run_to_read(look: Look, run: str) -> Snapshot:
    """Return the run of this ID, or without an ID the newest run with a failure.

    A run with a failed task counts while it is the newest. Without any failed run, it is the newest run.
    """
    newest = look(run or LATEST)
    if run or newest.run.state == "failed" or failed_tasks(newest):
        return newest
    try:
        return look(LATEST_FAILED)
    except RunNotFound:
        return newest


def failed_tasks(snapshot: Snapshot) -> list[Task]:
    """Return the tasks whose last try failed."""
    return [task for task in snapshot.tasks or () if task.state in FAILED]


def tasks_to_read(snapshot: Snapshot, task: str, map_index: int | None) -> list[Task]:
    """Return the failed tasks of a run, or all that have begun. Raises ``NoLog`` without any.

    A ``task`` and a ``map_index`` restrict them: these are taken in any state. If the environment shows no tasks, the
    named task is taken.
    """
    rows = _named(snapshot, task, map_index)
    begun = rows if task else [one for one in rows if one.state not in NO_LOG]
    if not begun:
        follow = command_text(".follow", snapshot.run.dag)
        raise NoLog(f"No task of {snapshot.run.run_id} has begun", hint=f"Follow the run with {follow}.")
    return [one for one in begun if one.state in FAILED] or begun


def tasks_to_follow(snapshot: Snapshot, task: str, map_index: int | None) -> list[Task]:
    """Return the running tasks of a run, else those that have not ended, else all. Raises ``NoLog`` for no task.

    A ``task`` and a ``map_index`` restrict them.
    """
    rows = _named(snapshot, task, map_index)
    left = [one for one in rows if one.state not in FINISHED]
    return [one for one in left if one.state == "running"] or left or rows


def _named(snapshot: Snapshot, task: str, map_index: int | None) -> list[Task]:
    """Return the tasks of a run, or those of a name and a map index. Raises ``NoLog`` without any."""
    if snapshot.tasks is None:
        if not task:
            raise NoLog(f"The tasks of {snapshot.run.run_id} are unknown", hint="Name one: .logs DAG RUN TASK")
        return [Task(task if map_index is None else f"{task}[{map_index}]", "")]
    rows = [one for one in snapshot.tasks if not task or one.task_id == task]
    if task and not rows:
        there = sorted({one.task_id for one in snapshot.tasks})
        mapped = re.fullmatch(r"(.+)\[(\d+)\]", task)
        if mapped and mapped[1] in there:
            raise NoLog(f"'{task}' is no task ID", hint=f"Write {mapped[1]} --map {mapped[2]}.")
        message = f"{snapshot.run.run_id} has no task '{task}'{did_you_mean(task, there)}"
        raise NoLog(message, hint=f"Its tasks: {listed(there)}." if there else "")
    if map_index is not None:
        rows = [one for one in rows if one.map_index == map_index]
        if not rows:
            raise NoLog(f"{task} of {snapshot.run.run_id} has no map index {map_index}")
    return rows


#: Milliseconds of the log of a running component that are read by default.
WINDOW = 3_600_000


class ComponentLog(NamedTuple):
    """The events of one component."""

    where: str  #: the log group, or the stream
    events: list[LogEvent]
    gap: str = ""  #: what the log does not have


def component_log(
    api: LogsApi, environment: EnvironmentInfo, component: str, selection: LogRange, now: int
) -> ComponentLog:
    """Return the selected events of a component. ``now`` is in milliseconds since 1970 (UTC)."""
    if component in STARTS:
        return _last_start(api, environment, STARTS[component], selection)
    member, prefix = COMPONENTS[component]
    group = log_group(environment, member)
    try:
        streams = [one.name for one in api.newest_streams(group.name) if one.name.startswith(prefix)]
    except LogMissing:
        streams = []
    since = selection.since if selection.since is not None else now - WINDOW
    events = api.events_of_streams(group.name, streams, since) if streams else iter(())
    kept = (event for event in events if selection.takes(event))
    return ComponentLog(
        group.name, list(kept) if selection.lines is None else last_lines(kept, selection.lines), group.gap
    )


def _last_start(api: LogsApi, environment: EnvironmentInfo, prefix: str, selection: LogRange) -> ComponentLog:
    """Return the log of the newest container, in whichever log group it is."""
    found = [(stream, group) for group, stream in _starts(api, environment, prefix)]
    if not found:
        return ComponentLog(f"{prefix}*", [])
    stream, group = max(found, key=lambda one: one[0].created)
    return ComponentLog(f"{group}: {stream.name}", list(read_log(api, group, [stream], selection)))


def _starts(api: LogsApi, environment: EnvironmentInfo, prefix: str) -> Iterator[tuple[str, LogStream]]:
    for member in dict.fromkeys(member for member, _ in COMPONENTS.values()):
        try:
            group = log_group(environment, member).name
            yield from ((group, stream) for stream in api.streams(group, prefix))
        except LogMissing:
            continue  # its logging has never been on


def list_log_groups(api: LogsApi, environment: EnvironmentInfo) -> list[dict[str, object]]:
    """Return a row for each log group: component, state, level and newest event."""
    members = {"task": TASKS, **{name: member for name, (member, _) in COMPONENTS.items()}}
    return [_row(api, name, log_group(environment, member)) for name, member in members.items()]


def _row(api: LogsApi, component: str, group: LogGroupInfo) -> dict[str, object]:
    try:
        newest = next(iter(api.newest_streams(group.name, 1)), None)
    except LogMissing:
        newest = None
    last = newest.last if newest is not None else None
    return {
        "component": component,
        "enabled": group.enabled,
        "level": group.level,
        "newest_event": None if last is None else datetime.fromtimestamp(last // 1000, UTC).isoformat(),
        "log_group": group.name,
    }


#: Levels with which no event of a DAG is missing.
WHOLE = ("DEBUG", "INFO")


class LogGroupInfo(NamedTuple):
    """One log group."""

    name: str
    enabled: bool
    level: str  #: events below it are not in the log

    @property
    def gap(self) -> str:
        """Return a sentence on the events that the group does not get, or nothing."""
        if not self.enabled:
            return f"The log group {self.name} is off"
        return "" if self.level in WHOLE else f"{self.name} has events of level {self.level} and above only"


def log_group(environment: EnvironmentInfo, member: str) -> LogGroupInfo:
    """Return a log group by its member of LoggingConfiguration.

    Raises ``NothingRan`` if the configuration is unknown, ``LogMissing`` if it has no such group.
    """
    groups = environment.details.get("LoggingConfiguration")
    if not isinstance(groups, Mapping):
        raise NothingRan(
            f"The log groups of {environment.name} are unknown", hint="Ask for the permission airflow:GetEnvironment."
        )
    found = groups.get(member)
    found = found if isinstance(found, Mapping) else {}
    name = str(found.get("CloudWatchLogGroupArn") or "").partition(":log-group:")[2].removesuffix(":*")
    if not name:
        raise LogMissing(f"{environment.name} has no log group for {member}", hint="Turn its logging on in MWAA.")
    return LogGroupInfo(name, found.get("Enabled") is True, str(found.get("LogLevel") or ""))
