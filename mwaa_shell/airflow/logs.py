"""Airflow's logs on MWAA: the streams in CloudWatch Logs and their events. Pure.

Names of streams are Airflow's ``log_filename_template`` with ``_`` for each ``:``, read in Airflow 1.10.12, 2.2.2,
2.4.3, 2.10.3 and 3.3.1. Those of the services come from AWS's public images of MWAA (2.10.3, 3.0.6). Airflow 2 writes
lines of text with a time of their own, Airflow 3 JSON objects, whose time is that of the event.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from mwaa_shell.airflow.output_lines import BETWEEN_TRACEBACKS, TRACEBACK_START, LineKind, classify, is_message
from mwaa_shell.airflow.versions import Version

#: The first Airflow whose names of streams have the run ID. It names the streams of runs that it has created.
NAMED_SINCE = Version(2, 3, 0)
#: By component: the member of LoggingConfiguration with its log group, and the start of its streams.
COMPONENTS = {
    "scheduler": ("SchedulerLogs", "scheduler_"),
    "worker": ("WorkerLogs", "worker_"),
    "webserver": ("WebserverLogs", "webserver_"),
    "dag-processing": ("DagProcessingLogs", ""),
}
#: Streams of a start of an environment's containers, which each component writes to its own log group.
STARTS = {"requirements": "requirements_install_", "startup": "startup_script_execution_"}
#: The member of LoggingConfiguration for the logs of tasks.
TASKS = "TaskLogs"
#: Members of an event that its line shows in another way, or that its place in the log says.
SHOWN = frozenset({
    "timestamp", "level", "event", "logger", "logger_name", "filename", "lineno", "loc", "func_name", "error_detail",
    "exception", "exc_info", "dag_id", "run_id", "task_id", "ti_id", "try_number", "map_index", "logical_date",
})  # fmt: skip
QUIET = ("info", "debug")
BY_CAUSE, BY_CONTEXT = BETWEEN_TRACEBACKS[1], BETWEEN_TRACEBACKS[0]

#: A log line of Airflow 1.10 to 3.0, and one of structlog.
_TEXT = re.compile(
    r"\[(\d{4}-\d\d-\d\d[T ]\d\d:[^\]]*)\] \{+([^}:]*)[^}]*\}+ ([A-Z]+) - "
    r"|(\d{4}-\d\d-\d\d[T ]\d\d:\S*) \[([a-z]+ *)\] "
)
#: Files and loggers around a task, and their lines. Source: logs of 1.10.12, 2.4.3, 2.10.3 and 3.3.1.
_PLACES = re.compile(
    r"(?:taskinstance|local_task_job(?:_runner)?|(?:standard|base|cgroup)_task_runner|task_command|task_runner|manager|"
    r"dagbag)\.py$|task$"
)
_AROUND = re.compile(
    r"::(?:end)?group::|\s*(?:-{20,}\s*)?$|Dependencies all met for |Starting attempt \d|Executing <|"
    r"Started process \d|Running(?::| <)|Job \d+: Subtask |Exporting (?:the following )?env vars:|Marking task as |"
    r"Task exited with return code |\d+ downstream tasks |DAG bundles loaded: |Filling up the DagBag from |"
    r"Worker startup parse complete|Pushing xcom"
)
_AROUND_LINE = re.compile(r"\S+ \S+ \[(?:info|debug)\] \{[\w.]+\} ")
#: The logger and the place in the code at the end of a line of structlog.
_LOGGER = re.compile(r" +\[[A-Za-z_][\w.]*\](?=(?: [\w.]+=.*)?$)| loc=\S+")
_ATTEMPT = re.compile(
    r"(?:map_index=(?P<index>\d{1,9})/)?(?:attempt=)?(?P<attempt>\d{1,9})\.log(?P<part>\.trigger\.\d+\.log)?"
)


class LogEvent(NamedTuple):
    """One event of a log stream."""

    time: int  #: milliseconds since 1970 (UTC)
    message: str  #: as it was written, perhaps of several lines


class TaskStream(NamedTuple):
    """A task instance, as the name of its log stream has it."""

    map_index: int | None  #: ``None`` if the task is not mapped
    attempt: int
    part: str = ""  #: the end of the name of a triggerer's log


def stream_name(path: str) -> str:
    """Return the name of the log stream for a path of Airflow's."""
    return path.replace(":", "_")


def stream_prefixes(dag: str, run: str, task: str, date: datetime | None, version: Version | None) -> tuple[str, ...]:
    """Return the beginnings of the streams of one task of a run, the likeliest first.

    Runs from before an upgrade to ``NAMED_SINCE`` keep the names of streams that they had. ``date`` is the logical date
    of the run, which these names have.
    """
    by_run = run_prefix(dag, run) + stream_name(f"task_id={task}/")
    by_date = [stream_name(f"{dag}/{task}/{date.isoformat()}/")] if date is not None else []
    if version is not None and version < NAMED_SINCE:
        return tuple(by_date)
    return (by_run, *by_date)


def run_prefix(dag: str, run: str) -> str:
    """Return the common prefix of the streams of a run, since ``NAMED_SINCE``."""
    return stream_name(f"dag_id={dag}/run_id={run}/")


def task_in(name: str, prefix: str) -> str:
    """Return the task ID and map index of a stream, such as ``load[2]``; else empty."""
    found = re.match(r"task_id=([^/]+)/", name[len(prefix) :]) if name.startswith(prefix) else None
    known = task_stream(name, prefix + found[0]) if found else None
    if found is None or known is None:
        return ""
    return found[1] if known.map_index is None else f"{found[1]}[{known.map_index}]"


def task_stream(name: str, prefix: str) -> TaskStream | None:
    """Return the parts of the name of a stream; ``None`` for any other name."""
    found = _ATTEMPT.fullmatch(name, len(prefix)) if name.startswith(prefix) else None
    if found is None:
        return None
    index = int(found["index"]) if found["index"] else None
    return TaskStream(index, int(found["attempt"]), found["part"] or "")


def readable_event(event: LogEvent, zone: tzinfo | None = UTC) -> str:
    """Return an event as lines: time in a zone, level, event, and then the exception.

    The place in Airflow's code is left out, but for what Airflow logs of its own work around a task: such lines are
    those that ``is_around_task`` finds. A message of an unknown form stays.
    """
    members = members_of(event.message)
    if members is not None:
        moment = datetime.fromtimestamp(event.time / 1000, UTC)
        more = "".join(f" {name}={_value(value)}" for name, value in members.items() if name not in SHOWN)
        place = str(members.get("filename") or members.get("logger") or "task")
        level = str(members.get("level") or "info").lower()
        line = _line(moment, level, place, f"{members['event']}{more}", zone)
        return "\n".join([line, *_exception(members)])
    found = _TEXT.match(event.message)
    written = _moment(found[1] or found[4]) if found else None
    if found is None or written is None:
        return event.message
    inner = _TEXT.match(event.message, found.end())  # of a program whose output is logged line by line
    found = inner or found
    level, text = (found[3] or found[5]).strip().lower(), event.message[found.end() :]
    if found[4]:
        first, end, others = text.partition("\n")
        text = f"{_LOGGER.sub('', first)}{end}{others}"
    return _line(written, level, found[2] or "", text, zone)


def _line(moment: datetime, level: str, place: str, text: str, zone: tzinfo | None) -> str:
    head = f"{moment.astimezone(zone or UTC):%Y-%m-%d %H:%M:%S} [{level}] "
    if level in QUIET and _PLACES.match(place) and _AROUND.match(text):
        return f"{head}{{{place}}} {' '.join(text.split())}"
    return f"{head}{text}"


def is_around_task(line: str) -> bool:
    """Return whether a readable line is about Airflow's own work around a task."""
    return _AROUND_LINE.match(line) is not None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.replace(",", "."))
    except ValueError:
        return None
    if not 1900 < moment.year < 9000:  # nearer to the ends of the calendar it has no other zones
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def last_exception(lines: Sequence[str]) -> str:
    """Return the message of the last exception in the lines of a log; else empty."""
    said = [one.text for one in classify("\n".join(lines)) if one.kind is LineKind.TRACEBACK and is_message(one.text)]
    return said[-1].strip() if said else ""


def members_of(message: str) -> Mapping[str, object] | None:
    """Return the JSON object that a message is; ``None`` for any other text."""
    if not message.startswith("{"):
        return None
    try:
        found = json.loads(message)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and "event" in found else None


def _value(value: object) -> str:
    if isinstance(value, str):
        return value if re.fullmatch(r"[^\s=\"']+", value) else repr(value)
    return json.dumps(value, ensure_ascii=False)


def _exception(members: Mapping[str, object]) -> Iterator[str]:
    """Yield the lines of an exception as Python prints it, the first cause first."""
    details = members.get("error_detail")
    if isinstance(details, list):
        yield from _chain([one for one in details if isinstance(one, dict)])
    text = members.get("exception")
    if isinstance(text, str) and text:
        yield from text.rstrip("\n").split("\n")


def _chain(stacks: Sequence[Mapping[str, object]]) -> Iterator[str]:
    """Yield exceptions of structlog's ``ExceptionDictTransformer``, the last first."""
    for number in reversed(range(len(stacks))):
        stack = stacks[number]
        yield TRACEBACK_START
        frames = stack.get("frames")
        for frame in frames if isinstance(frames, list) else ():
            if isinstance(frame, dict):
                yield f'  File "{frame.get("filename")}", line {frame.get("lineno")}, in {frame.get("name")}'
        said = str(stack.get("exc_value") or "")
        yield f"{stack.get('exc_type')}: {said}" if said else str(stack.get("exc_type"))
        notes = stack.get("exc_notes")
        yield from (str(note) for note in (notes if isinstance(notes, list) else ()))
        if number:
            yield from ("", BY_CAUSE if stack.get("is_cause") else BY_CONTEXT, "")
