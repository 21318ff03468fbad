"""The dot-command for logs in CloudWatch: of tasks and of components."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from mwaa_shell import logs, monitor
from mwaa_shell.airflow.logs import COMPONENTS, STARTS, TASKS, LogEvent
from mwaa_shell.dot_commands.registry import Argument, ArgumentKind, DotCommand, DotCommandCall, Group, number_from
from mwaa_shell.dot_commands.run_reader import canvas_of, dag_of, read_run
from mwaa_shell.durations import parse_duration
from mwaa_shell.errors import LogMissing, UsageError, sentence
from mwaa_shell.output import zone
from mwaa_shell.result import Result, failed, interrupted
from mwaa_shell.session import RunRef, Session, require_environment_info
from mwaa_shell.suggestions import listed, unknown

if TYPE_CHECKING:
    from argparse import Namespace

    from mwaa_shell.mwaa import LogStream

T = TypeVar("T")
#: Seconds to wait for a log: it may have many pages.
LIMIT = 600.0
#: Components by name, for ``--component``.
NAMES = (*COMPONENTS, *STARTS)


def show_logs(call: DotCommandCall, given: Namespace) -> Result:
    """Show the log of a task or a component, or list the log groups."""
    _refuse(given)
    if given.follow and call.context.destination is not None:
        raise UsageError(".logs --follow and | or > cannot be combined")
    require_environment_info(call.session)
    if given.component is not None:
        return _component_log(call.session, given)
    return _TaskLogs(call, given).result()


def _refuse(given: Namespace) -> None:
    """Raise ``UsageError`` for contradicting arguments."""
    if given.n is not None and given.all:
        raise UsageError("-n and --all cannot be combined")
    if given.map is not None and not given.task:
        raise UsageError("--map requires a task", hint="Write .logs DAG RUN TASK --map INDEX.")
    if given.component == "task":
        raise UsageError("The component 'task' has a log for each task", hint="Write .logs DAG RUN TASK.")
    if given.component and given.component not in NAMES:
        raise unknown("component", given.component, NAMES)
    if given.component is not None and (given.dag or given.follow):
        raise UsageError("--component and a DAG or --follow cannot be combined")


def _range(given: Namespace) -> logs.LogRange:
    since = None if given.since is None else int((time.time() - parse_duration(given.since)) * 1000)
    usual = None if given.all or given.since else logs.LogRange().lines
    return logs.LogRange(given.n or usual, given.grep, since)


#: States in which the newest log is of the previous try.
BEFORE_A_LOG = ("scheduled", "queued")
#: States in which a task without a log has not started.
NOT_STARTED = ("none", *BEFORE_A_LOG)


@dataclass(frozen=True, slots=True)
class _Log:
    """One try of a task instance that has a log."""

    task: monitor.Task
    map_index: int | None
    attempt: int
    streams: Sequence[LogStream]

    @property
    def name(self) -> str:
        index = "" if self.map_index is None else f"[{self.map_index}]"
        return f"{self.task.task_id}{index}"

    @property
    def about(self) -> str:
        """Return the try and the state of the task, which may be that of a later try."""
        later = self.attempt < self.task.tries or self.task.state in BEFORE_A_LOG
        return f"try {self.attempt}, {'now ' * later}{self.task.state or 'state unknown'}"


class _TaskLogs:
    """One call of ``.logs`` for a task."""

    def __init__(self, call: DotCommandCall, given: Namespace) -> None:
        self._call = call
        self._session = call.session
        self._given = given
        self._wanted = _range(given)
        self._dag = dag_of(call.session, given, ".logs DAG")
        self._session.recent = RunRef(self._dag, given.run)
        self._api = call.session.connection.logs
        self._group = logs.log_group(call.session.connection.info, TASKS)

    def result(self) -> Result:
        given = self._given
        if given.follow:
            snapshot = self._look(given.run or monitor.LATEST)
            return self._follow(snapshot.run, logs.tasks_to_follow(snapshot, given.task, given.map))
        snapshot = logs.run_to_read(self._look, given.run)
        run = snapshot.run
        if snapshot.tasks is None and not given.task:  # no source shows tasks, but log streams name some
            tasks = self._wait(
                "looking for log streams", lambda: logs.tasks_with_logs(self._api, self._group.name, run)
            )
            snapshot = snapshot._replace(tasks=tasks)
        chosen = self._choose(logs.tasks_to_read(snapshot, given.task, given.map))
        if not chosen:
            return interrupted("No task was chosen", remote=False)
        found = self._find(run, chosen)
        if found:
            return self._shown(run, found)
        if not given.attempt and all(task.state in NOT_STARTED for task in chosen):
            names = ", ".join(f"{task.name} ({task.state})" for task in chosen[:5])
            return failed(f"Not started in {run.run_id}: {names}", hint="Wait for the log with --follow.")
        return failed(self._why_none(run, chosen))

    def _look(self, run: str) -> monitor.Snapshot:
        try:
            return read_run(self._call, self._dag, run)
        except monitor.RunNotFound as error:
            if self._dag in NAMES and not self._given.run:
                error.hint = f"Write .logs --component {self._dag} for the log of the component."
            raise

    def _choose(self, tasks: list[monitor.Task]) -> list[monitor.Task]:
        """Return the only task, the user's choice, or all tasks without a menu."""
        pick = self._session.ui.pick
        if len(tasks) == 1 or pick is None or self._call.context.destination is not None:
            return tasks
        picked = pick([(task.name, _state_of(task)) for task in tasks])
        return [] if picked is None else [tasks[picked]]

    def _find(self, run: monitor.Run, tasks: Sequence[monitor.Task]) -> list[_Log]:
        """Return the wanted try, or the last one, of each task that has a log."""

        def ask() -> list[_Log]:
            made = []
            for task in tasks:
                tries: dict[int | None, dict[int, list[LogStream]]] = {}
                for (index, attempt), streams in self._streams(run, task).items():
                    tries.setdefault(index, {})[attempt] = streams
                for index, by_attempt in sorted(tries.items(), key=lambda one: -1 if one[0] is None else one[0]):
                    attempt = self._given.attempt or max(by_attempt)
                    if attempt in by_attempt:
                        made.append(_Log(task, index, attempt, by_attempt[attempt]))
            return made

        try:
            return self._wait("looking for log streams", ask)
        except LogMissing as error:
            gap = self._group.gap
            raise LogMissing(f"{sentence(str(error))} {gap}" if gap else str(error)) from None

    def _streams(self, run: monitor.Run, task: monitor.Task) -> dict[tuple[int | None, int], list[LogStream]]:
        return logs.find_logs(self._api, self._group.name, run, task, self._session.connection.version)

    def _shown(self, run: monitor.Run, chosen: list[_Log]) -> Result:
        def parts() -> Iterator[tuple[str, Iterable[LogEvent]]]:
            for one in chosen:
                heading = f"{run.dag} {run.run_id} {one.name} try {one.attempt}" if len(chosen) > 1 else ""
                yield heading, logs.read_log(self._api, self._group.name, one.streams, self._wanted)

        where = zone(self._session.preferences["zone"])
        result = self._wait("reading the log", lambda: logs.log_result(parts(), where))
        if not result.stdout:
            names = ", ".join(f"{one.name} ({one.about})" for one in chosen[:5])
            return failed(f"The log of {names} has no event{_conditions(self._given)}")
        for one in chosen:
            self._session.ui.note(f"{run.dag} {run.run_id} {one.name}: {one.about}")
        self._note_gap()
        self._session.last_result = result
        return result

    def _note_gap(self) -> None:
        if self._group.gap:
            self._session.ui.note(self._group.gap)

    def _why_none(self, run: monitor.Run, tasks: Sequence[monitor.Task]) -> str:
        attempt = f" with try {self._given.attempt}" if self._given.attempt else ""
        names = ", ".join(f"{task.name} ({task.state or 'state unknown'})" for task in tasks[:5])
        late = "" if all(task.state in monitor.FINISHED for task in tasks) else "Events can arrive 10 seconds late"
        why = self._group.gap or late
        return f"{self._group.name} has no log of {names}{attempt} of {run.run_id}{f'. {why}' if why else ''}"

    def _follow(self, run: monitor.Run, tasks: list[monitor.Task]) -> Result:
        canvas = canvas_of(self._session)
        chosen = self._choose(tasks)
        if not chosen:
            return interrupted("No task was chosen", remote=False)
        if len(chosen) > 1:
            names = listed([task.name for task in chosen])
            raise UsageError(f"The run has {len(chosen)} tasks to follow", hint=f"Name one as TASK: {names}.")
        self._note_gap()
        task, first = chosen[0], self._given.attempt or 0
        quiet = monitor.RedrawOnTick(lambda elapsed: None)  # the canvas shows the progress

        def streams() -> dict[int, list[LogStream]]:
            nonlocal first
            found = self._session.wait_for("looking for log streams", LIMIT, lambda: self._streams(run, task), quiet)
            first = first or max((attempt for _, attempt in found), default=0)
            return {attempt: one for (_, attempt), one in found.items() if attempt >= first}

        def now() -> monitor.Task | None:
            snapshot = read_run(self._call, self._dag, run.run_id, quiet)
            if snapshot.tasks is None:  # no source shows tasks
                return monitor.Task(task.name, snapshot.run.state)
            return next((one for one in snapshot.tasks if one.name == task.name), None)

        followed = logs.FollowedLog(task.name, f"{run.dag} {run.run_id}", self._group.name, streams, now)
        follower = logs.LogFollower(self._api, followed, self._wanted, canvas)
        result = follower.run()
        self._session.last_result = follower.log()
        return result

    def _wait(self, phase: str, ask: Callable[[], T]) -> T:
        return self._session.wait_for(phase, LIMIT, ask)


def _state_of(task: monitor.Task) -> str:
    return f"{task.state or 'state unknown'}{f', try {task.tries}' if task.tries else ''}"


def _conditions(given: Namespace) -> str:
    grep = f" with '{given.grep}'" if given.grep else ""
    return f"{grep}{f' of the last {given.since}' if given.since else ''}"


def _component_log(session: Session, given: Namespace) -> Result:
    """Return the log of a component, or without a name a table of log groups."""
    api, info, wanted = session.connection.logs, session.connection.info, _range(given)
    if not given.component:
        rows = session.wait_for("asking for the log groups", LIMIT, lambda: logs.list_log_groups(api, info))
        session.last_result = Result(stdout=f"{json.dumps(rows)}\n".encode(), words=("logs", ".rest"))
        return session.last_result
    found = session.wait_for(
        f"reading the log of {given.component}",
        LIMIT,
        lambda: logs.component_log(api, info, given.component, wanted, int(time.time() * 1000)),
    )
    if not found.events:
        return failed(_why_no_event(found.where, found.gap, given))
    for note in filter(None, (found.where, found.gap)):
        session.ui.note(note)
    session.last_result = logs.log_result([("", found.events)], zone(session.preferences["zone"]))
    return session.last_result


def _why_no_event(where: str, gap: str, given: Namespace) -> str:
    """Return a sentence on a component without a wanted event."""
    if given.component in STARTS:
        return f"No log group has an event{_conditions(given)} in a stream {where}"
    usual = "" if given.since else " of the last hour"
    more = gap or ("" if given.since else "Use --since 1d to read more")
    return f"{where} has no event{_conditions(given)}{usual}{f'. {more}' if more else ''}"


DOT_COMMANDS = (
    DotCommand(
        ".logs",
        Group.RUNS,
        "[DAG [RUN [TASK [TRY]]]] [-n LINES|--all] [--map INDEX] [--follow] [--grep TEXT] [--since TIME]"
        " | --component [NAME]",
        "show the log of a task from CloudWatch",
        show_logs,
        (
            Argument("[DAG]", "DAG ID (default: triggered or followed last)", ArgumentKind.DAG),
            Argument("[RUN]", "run ID, or latest (default: the newest failed run)", ArgumentKind.RUN),
            Argument("[TASK]", "task ID (default: the failed tasks)", ArgumentKind.TASK),
            Argument(
                "[TRY]", "number of the try (default: the last)", ArgumentKind.TRY, type=number_from(1), dest="attempt"
            ),
            Argument(
                "-n LINES",
                "number of lines (default: 100, or all with --since)",
                ArgumentKind.NUMBER,
                type=number_from(1),
            ),
            Argument("--all", "show all lines"),
            Argument("--map INDEX", "map index of a mapped task", ArgumentKind.MAP_INDEX, type=int),
            Argument("--follow", "show new lines until the task ends"),
            Argument("--grep TEXT", "show only events with TEXT", ArgumentKind.TEXT, default=""),
            Argument("--since TIME", "show only events of the last TIME, such as 2h", ArgumentKind.TIME),
            Argument(
                "--component [NAME]",
                "list log groups, or show one: " + ", ".join(NAMES[:3]) + " …",
                ArgumentKind.COMPONENT,
                nargs="?",
                const="",
            ),
        ),
        lambda plan, given: _refuse(given),
        details="Show the last lines of the log of the task that failed last. "
        "Of several tasks, the prompt shows a menu. In scripts, the exit code is 1 without a log.",
        examples=(
            ".logs",
            ".logs sales_daily",
            ".logs sales_daily latest load --follow",
            ".logs --component requirements",
        ),
        see=(".follow", ".why"),
    ),
)
