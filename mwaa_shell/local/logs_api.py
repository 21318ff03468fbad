"""CloudWatch Logs of local environments: operations that read, on Airflow logs.

Names, limits and errors are those of the public service model (logs, 2014-03-28). The tokens are this module's own. The
path of a file below Airflow's log folder is the name of its stream, as on MWAA. The services write to other files,
whose streams are named as on MWAA.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from mwaa_shell.airflow.logs import LogEvent, members_of, stream_name
from mwaa_shell.local.http_server import AwsError

T = TypeVar("T")

#: How the header begins that names an operation.
TARGET = "Logs_20140328."
#: Streams, groups and events on one page, at most.
STREAMS, GROUPS, EVENTS = 50, 50, 10_000
#: Bytes of the events on one page of GetLogEvents, each counted with the bytes that AWS adds.
PAGE_BYTES, EVENT_BYTES = 1_048_576, 26

#: The streams of a log group with their files, as they are now.
Streams = Callable[[], Mapping[str, Path]]


class LogGroup(NamedTuple):
    """One log group."""

    arn: str  #: without the ``:*`` at its end
    streams: Streams


class LocalLogs:
    """The log groups of all local environments."""

    def __init__(self, groups: Mapping[str, LogGroup]) -> None:
        self._groups = groups

    def operate(self, operation: str, body: bytes) -> dict[str, Any]:
        """Return the response to a request. Raises ``AwsError``."""
        try:
            given = json.loads(body or b"{}")
        except ValueError:
            raise AwsError(400, "SerializationException", "The body is not JSON") from None
        operations = {
            "DescribeLogGroups": self._describe_groups,
            "DescribeLogStreams": self._describe_streams,
            "GetLogEvents": self._get_events,
            "FilterLogEvents": self._filter_events,
        }
        if operation not in operations:
            raise AwsError(400, "UnknownOperationException", f"{operation} is not an operation of this endpoint")
        return operations[operation](given)

    def _describe_groups(self, given: Mapping[str, Any]) -> dict[str, Any]:
        prefix, pattern = given.get("logGroupNamePrefix", ""), given.get("logGroupNamePattern", "")
        names = [name for name in sorted(self._groups) if name.startswith(prefix) and pattern in name]
        page, more = _page(names, given, GROUPS)
        groups = [{"logGroupName": name, "arn": f"{self._groups[name].arn}:*", "storedBytes": 0} for name in page]
        return {"logGroups": groups, **more}

    def _describe_streams(self, given: Mapping[str, Any]) -> dict[str, Any]:
        group = self._group(given)
        streams = group.streams()
        prefix, by_time = given.get("logStreamNamePrefix", ""), given.get("orderBy") == "LastEventTime"
        if prefix and by_time:
            raise _invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
        names = sorted(name for name in streams if name.startswith(prefix))
        if by_time:
            names.sort(key=lambda name: streams[name].stat().st_mtime)
        if given.get("descending"):
            names.reverse()
        page, more = _page(names, given, STREAMS)
        return {"logStreams": [_stream(group, name, streams[name]) for name in page], **more}

    def _get_events(self, given: Mapping[str, Any]) -> dict[str, Any]:
        streams = self._group(given).streams()
        name = given.get("logStreamName", "")
        if name not in streams:
            raise AwsError(400, "ResourceNotFoundException", "The specified log stream does not exist.")
        events = [one for one in read_events(streams[name]) if _is_within(one, given)]
        most = _limit(given, EVENTS)
        direction, _, place = str(given.get("nextToken") or "").partition("/")
        if direction not in ("f", "b", "") or (direction and not place.isdecimal()):
            raise _invalid("The specified nextToken is invalid.")
        if direction == "f" or (not direction and given.get("startFromHead")):
            start = end = min(int(place or 0), len(events))
            end = start + _fitting(events[start:], most)
        else:
            end = min(int(place), len(events)) if direction else len(events)
            start = end - _fitting(events[:end][::-1], most)
        found = [
            {"timestamp": one.time, "message": one.message, "ingestionTime": one.time} for one in events[start:end]
        ]
        return {"events": found, "nextForwardToken": f"f/{end}", "nextBackwardToken": f"b/{start}"}

    def _filter_events(self, given: Mapping[str, Any]) -> dict[str, Any]:
        streams = self._group(given).streams()
        prefix, names = given.get("logStreamNamePrefix", ""), given.get("logStreamNames")
        if prefix and names:
            raise _invalid("logStreamNames and logStreamNamePrefix exclude each other.")
        if not streams.keys() >= set(names or ()):
            raise AwsError(400, "ResourceNotFoundException", "The specified log stream does not exist.")
        pattern = str(given.get("filterPattern") or "").strip()
        if pattern.startswith(("{", "[", "%", "?", "-")):
            raise _invalid("Invalid filter pattern: here only terms are known.")
        term = pattern.strip('"')
        chosen = names or [name for name in streams if name.startswith(prefix)]
        found = sorted(
            (one.time, name, one.message)
            for name in chosen
            for one in read_events(streams[name])
            if _is_within(one, given) and term in one.message
        )
        page, more = _page(list(enumerate(found)), given, EVENTS)
        events = [
            {"logStreamName": name, "timestamp": time, "message": message, "eventId": f"{index}"}
            for index, (time, name, message) in page
        ]
        return {"events": events, "searchedLogStreams": [], **more}

    def _group(self, given: Mapping[str, Any]) -> LogGroup:
        identifier = str(given.get("logGroupIdentifier") or "")
        name = str(given.get("logGroupName") or identifier.partition(":log-group:")[2] or identifier)
        if name not in self._groups:
            raise AwsError(400, "ResourceNotFoundException", "The specified log group does not exist.")
        return self._groups[name]


def _invalid(message: str) -> AwsError:
    return AwsError(400, "InvalidParameterException", message)


def _stream(group: LogGroup, name: str, path: Path) -> dict[str, Any]:
    events = read_events(path)
    created = events[0].time if events else int(path.stat().st_mtime * 1000)
    about = {"logStreamName": name, "creationTime": created, "arn": f"{group.arn}:log-stream:{name}"}
    if events:
        about |= {"firstEventTimestamp": created, "lastEventTimestamp": events[-1].time}
    return about


def _is_within(event: LogEvent, given: Mapping[str, Any]) -> bool:
    return int(given.get("startTime") or 0) <= event.time < int(given.get("endTime") or event.time + 1)


def _fitting(events: list[LogEvent], most: int) -> int:
    """Return how many of the first events fit on one page, at least one if any."""
    size = 0
    for number, event in enumerate(events[:most]):
        size += len(event.message.encode()) + EVENT_BYTES
        if size > PAGE_BYTES and number:
            return number
    return min(len(events), most)


def _limit(given: Mapping[str, Any], most: int) -> int:
    limit = given.get("limit", most)
    if not isinstance(limit, int) or not 1 <= limit <= most:
        raise _invalid(f"limit must be 1 to {most}.")
    return limit


def _page(items: list[T], given: Mapping[str, Any], most: int) -> tuple[list[T], dict[str, str]]:
    """Return one page of a list, and the token of the next one if there is one."""
    place = str(given.get("nextToken") or "0")
    if not place.isdecimal():
        raise _invalid("The specified nextToken is invalid.")
    end = int(place) + _limit(given, most)
    return items[int(place) : end], {"nextToken": str(end)} if end < len(items) else {}


#: Folders of Airflow's log folder that hold the logs of files of DAGs, not of tasks.
PROCESSING = ("scheduler", "dag_processor", "dag_processor_manager")
#: How an event begins that has a time; further lines belong to it. ``[INFO]``-like text of a program does not.
_START = re.compile(r"\[(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[^\]\s]*)\]|(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S*) \[")


class LogFiles(NamedTuple):
    """The files that the processes of one environment write their logs to."""

    folder: Path  #: Airflow's log folder
    services: Path  #: the folder with the output of the services

    def groups(self, *, scheduled: bool) -> dict[str, Callable[[], dict[str, Path]]]:
        """Return the active log groups. A key is the beginning of a member of LoggingConfiguration."""
        return {"Task": self.tasks} | (
            {"DagProcessing": self.processing, "Scheduler": self.scheduler} if scheduled else {}
        )

    def tasks(self) -> dict[str, Path]:
        """Return the streams of tasks with their files."""
        files = {path.relative_to(self.folder): path for path in self.folder.rglob("*.log")}
        return {stream_name(str(name)): path for name, path in files.items() if name.parts[0] not in PROCESSING}

    def processing(self) -> dict[str, Path]:
        """Return the streams of the DAG processor, each with the file of the newest day."""
        found = {}
        for path in sorted(path for top in PROCESSING for path in self.folder.glob(f"{top}/**/*.log")):
            if path.parent.name == "dag_processor_manager":
                found[path.name] = path
            else:
                found[f"scheduler_{path.name}"] = path
        service = self.services / "dag-processor.log"
        return found | ({"dag-processor-manager.log": service} if service.is_file() else {})

    def scheduler(self) -> dict[str, Path]:
        """Return the stream of the scheduler's own output."""
        path = self.services / "scheduler.log"
        return {f"scheduler_localhost_{path.stat().st_ino}.log": path} if path.is_file() else {}


def read_events(path: Path) -> list[LogEvent]:
    """Return the events of a log file; a file that is gone has none."""
    try:
        text = path.read_bytes().decode("utf-8", "replace")
        last = int(path.stat().st_mtime * 1000)
    except OSError:
        return []
    events: list[LogEvent] = []
    for entry in _log_entries(text):
        time = events[-1].time if events else last
        events.append(_log_event(entry, time))
    return events


def _log_entries(text: str) -> Iterator[str]:
    """Yield the entries of a file without their ends. An unfinished last line is left out."""
    lines: list[str] = []
    for line in text[: text.rfind("\n") + 1].split("\n")[:-1]:
        if lines and (line.startswith("{") or _START.match(line)):
            yield "\n".join(lines)
            lines = []
        lines.append(line)
    if lines:
        yield "\n".join(lines)


def _log_event(entry: str, before: int) -> LogEvent:
    """Return an entry as MWAA sends it. The time of a JSON object is the event's, not a member."""
    members = members_of(entry)
    if members is not None:
        kept = {name: value for name, value in members.items() if name != "timestamp"}
        return LogEvent(_milliseconds(members.get("timestamp"), before), json.dumps(kept))
    found = _START.match(entry)
    return LogEvent(_milliseconds(found[1] or found[2], before) if found else before, entry)


def _milliseconds(text: object, before: int) -> int:
    try:
        moment = datetime.fromisoformat(str(text).replace(",", "."))
    except ValueError:
        return before
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
