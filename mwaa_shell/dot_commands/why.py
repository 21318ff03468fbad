"""The dot-command that says why a DAG run failed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from mwaa_shell import logs, monitor
from mwaa_shell.airflow.command_line import command_text
from mwaa_shell.airflow.logs import TASKS, is_around_task, last_exception, readable_event
from mwaa_shell.airflow.rest import REST_SINCE, all_rows, dag_in, dag_request, list_all, tasks_request
from mwaa_shell.dot_commands.help import terminal_width
from mwaa_shell.dot_commands.registry import Argument, ArgumentKind, DotCommand, DotCommandCall, Group
from mwaa_shell.dot_commands.run_reader import ask_rest, dag_of, read_run
from mwaa_shell.errors import PermissionMissing, ShellError, sentence
from mwaa_shell.output import sanitise, zone
from mwaa_shell.output.tables import mask_output
from mwaa_shell.result import Result, failed
from mwaa_shell.session import RunRef, Session, require_environment_info

if TYPE_CHECKING:
    from argparse import Namespace

    from mwaa_shell.airflow.rest import RestRequest

T = TypeVar("T")
#: Lines of the log of a task that are shown and that are read, and lines that a folded traceback has.
LINES, READ, FOLDED = 30, 300, 5
#: Failed tasks with a log in ``.why``, and failed tasks at the end of ``.follow``.
MOST_LOGS, MOST_NAMED = 5, 3
#: Seconds to wait for the logs.
LIMIT = 120.0
#: Import errors to read, at most.
MOST_ERRORS = 1000
LEFT_OUT = "causes of skipped tasks, import errors and whether the DAG is paused"


def why(call: DotCommandCall, given: Namespace) -> Result:
    """Show why a run failed; it reads only."""
    session = call.session
    require_environment_info(session)
    snapshot = _run(call, given)
    run = snapshot.run
    if run.state != "failed" and not logs.failed_tasks(snapshot) and not given.run:
        hint = "" if run.state in monitor.FINISHED else f"Follow it with {command_text('.follow', run.dag)}."
        return failed(f"{run.dag} has no failed run. The newest run is {run.run_id} ({run.state})", hint=hint)
    found = _found(session, snapshot)
    if given.json:
        lines = shown = [json.dumps(monitor.as_json(found), ensure_ascii=False, indent=2)]
    else:
        where, width = zone(session.preferences["zone"]), terminal_width()
        lines = shown = monitor.render_failed_run(found, where)
        shown = monitor.render_failed_run(found, where, width) if width else shown
    result = Result(stdout=_bytes(lines), shown=_bytes(shown), log=True)
    session.last_result = result
    return result


def _bytes(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def short_reasons(session: Session, snapshot: monitor.Snapshot) -> list[str]:
    """Return a line for each failed task with an exception in a readable log."""
    failures, _ = _read_logs(session, snapshot, MOST_NAMED)
    return [monitor.one_line(one) for one in failures if one.exception]


def _run(call: DotCommandCall, given: Namespace) -> monitor.Snapshot:
    """Return the given run, this session's failed run, or the newest failed run."""
    session = call.session
    recent, dag = session.recent, dag_of(session, given, ".why DAG")
    if not given.dag and recent is not None and recent.run:
        snapshot = read_run(call, dag, recent.run)
        if snapshot.run.state == "failed" or logs.failed_tasks(snapshot):
            return snapshot
    snapshot = logs.run_to_read(lambda run: read_run(call, dag, run), given.run)
    session.recent = RunRef(dag, snapshot.run.run_id)
    return snapshot


def _found(session: Session, snapshot: monitor.Snapshot) -> monitor.FailedRun:
    """Return all that is known of a run."""
    failures, missing = _read_logs(session, snapshot, MOST_LOGS)
    about = _AboutDag(session, snapshot)
    return monitor.FailedRun(
        snapshot,
        tuple(failures),
        min(len({one.task.task_id for one in failures}), MOST_LOGS),
        about.causes,
        about.paused,
        about.import_errors,
        (*snapshot.remarks, *missing, *about.missing),
        monitor.next_lines(snapshot.run, [one.task for one in failures], session.connection.version),
    )


# -- the logs ----------------------------------------------------------------------------------------------------------


def _read_logs(session: Session, snapshot: monitor.Snapshot, most: int) -> tuple[list[monitor.FailedTask], list[str]]:
    """Return the failed tasks, first those with logs, and sentences on missing logs."""
    tasks = monitor.in_order(logs.failed_tasks(snapshot))
    if not tasks:
        return [], []
    by_id: dict[str, monitor.Task] = {}
    for task in tasks:
        by_id.setdefault(task.task_id, task)
    firsts = list(by_id.values())[:most]
    rest = [monitor.FailedTask(task) for task in tasks if task not in firsts]
    try:
        group = logs.log_group(session.connection.info, TASKS)
        read = session.wait_for("reading logs", LIMIT, lambda: [_log(session, group, snapshot, one) for one in firsts])
    except ShellError as error:
        return [*map(monitor.FailedTask, firsts), *rest], [_left_out(error, "the logs of tasks")]
    unread = [one.task.name for one in read if not one.log]
    late = group.gap or "Events can arrive 10 seconds late"
    missing = [f"{group.name} has no log of {', '.join(unread)}. {late}"] if unread else []
    return [*read, *rest], missing


def _log(
    session: Session, group: logs.LogGroupInfo, snapshot: monitor.Snapshot, task: monitor.Task
) -> monitor.FailedTask:
    """Return a task with the end of the log of its last try."""
    api, version = session.connection.logs, session.connection.version
    tries = logs.find_logs(api, group.name, snapshot.run, task, version)
    if not tries:
        return monitor.FailedTask(task)
    streams = tries[max(tries, key=lambda one: one[1])]
    where = zone(session.preferences["zone"])
    events = logs.read_log(api, group.name, streams, logs.LogRange(READ))
    texts = [_safe(session, readable_event(event, where)).rstrip("\n") for event in events]
    lines = _end_of([text.split("\n") for text in texts if text and not is_around_task(text)])
    return monitor.FailedTask(task, tuple(lines), last_exception(lines))


def _safe(session: Session, text: str) -> str:
    """Return a text with masks and without control characters, also for programs."""
    text = sanitise(text)
    return text if session.preferences["reveal"] == "on" else mask_output(text, ())


def _end_of(events: Sequence[list[str]]) -> list[str]:
    """Return the lines of the last events that fill ``LINES`` folded lines."""
    shown, first = 0, len(events)
    while first and shown < LINES:
        first -= 1
        shown += min(len(events[first]), FOLDED)
    return [line for event in _without_repeats(events[first:]) for line in event]


def _without_repeats(events: Sequence[list[str]]) -> Iterator[list[str]]:
    """Yield events without a repeated exception: Airflow 2 logs it twice."""
    exceptions = set()
    for event in events:
        exception = last_exception(event)
        if not exception or exception not in exceptions:
            yield event
        exceptions.add(exception)


# -- the DAG -----------------------------------------------------------------------------------------------------------


class _AboutDag:
    """The facts about a DAG from Airflow's REST API, as far as it is permitted."""

    def __init__(self, session: Session, snapshot: monitor.Snapshot) -> None:
        self.causes: Mapping[str, tuple[str, ...]] | None = None
        self.paused: bool | None = None
        self.import_errors: tuple[tuple[str, str], ...] | None = None
        self.missing: list[str] = []
        self._session = session
        self._snapshot = snapshot
        self._dag = snapshot.run.dag
        self._file = ""
        version = session.connection.version
        if version is not None and version < REST_SINCE:
            self.missing.append(f"Airflow {version} has no REST API on MWAA: {LEFT_OUT} are left out")
            return
        for what, step in (
            ("Left out: whether the DAG is paused", self._read_dag),
            ("Left out: causes of skipped tasks", self._read_causes),
            ("Left out: import errors", self._read_import_errors),
        ):
            try:
                step()
            except PermissionMissing as error:
                self.missing.append(_left_out(error, LEFT_OUT))
                return
            except (ShellError, ValueError) as error:  # ValueError: a response of another form
                text = str(error)
                self.missing.append(f"{sentence(text[:1].upper() + text[1:])} {what}")

    def _read_dag(self) -> None:
        row = dag_in(self._ask(dag_request(self._dag)), self._dag)
        paused = row.get("is_paused")
        self.paused = paused if isinstance(paused, bool) else None
        self._file = str(row.get("fileloc") or "")

    def _read_causes(self) -> None:
        request = tasks_request(self._dag)
        if request is None:
            self.missing.append(f"The name {self._dag} is too long for InvokeRestApi: causes are left out")
            return
        tasks = [monitor.task_of_dag(row) for row in all_rows(self._ask, request, "tasks")]
        self.causes = monitor.find_causes(self._snapshot.tasks or (), tasks)

    def _read_import_errors(self) -> None:
        rows = islice(all_rows(self._ask, list_all("/importErrors"), "import_errors"), MOST_ERRORS)
        self.import_errors = tuple(
            (str(row.get("filename")), _safe(self._session, str(row.get("stack_trace") or "")))
            for row in rows
            if _is_file(self._file, str(row.get("filename")))
        )

    def _ask(self, request: RestRequest) -> object:
        return ask_rest(self._session, request)


def _is_file(file: str, name: str) -> bool:
    """Return whether both names are of one file: Airflow 3 cuts off the bundle."""
    return file == name or file.endswith(f"/{name}")


def _left_out(error: ShellError, what: str) -> str:
    if isinstance(error, PermissionMissing):
        return f"{error.action} is not permitted: {what} are left out"
    return f"{sentence(str(error))} Left out: {what}"


DOT_COMMANDS = (
    DotCommand(
        ".why",
        Group.RUNS,
        "[DAG [RUN]] [--json]",
        "show why a DAG run failed",
        why,
        (
            Argument(
                "[DAG]", "the newest failed run of DAG (default: the DAG triggered or followed last)", ArgumentKind.DAG
            ),
            Argument("[RUN]", "run ID, or latest", ArgumentKind.RUN),
            Argument("--json", "print a JSON object"),
        ),
        details="Show the failed tasks of a run with the ends of their logs, what did not run because of them, and the "
        "state of the DAG. Secrets are masked, also in scripts.",
        examples=(".why", ".why sales_daily", ".why sales_daily --json | jq .failed"),
        see=(".logs", ".follow"),
    ),
)
