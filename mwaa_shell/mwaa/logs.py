"""CloudWatch Logs: the streams of a log group and their events.

Pages may be empty before the last one. The last page of a stream is known only by its token: that of the page before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from mwaa_shell.airflow.logs import LogEvent
from mwaa_shell.errors import ShellError, State

#: Calls AWS with an operation and the name of the environment, for messages.
Call = Callable[[str, str, Callable[[Any], Any]], Any]
#: Streams on one page of DescribeLogStreams, and streams of one FilterLogEvents, at most.
STREAMS, FILTERED = 50, 100


class LogStream(NamedTuple):
    """One log stream. Times are milliseconds since 1970 (UTC); AWS may report the last one an hour late."""

    name: str
    created: int = 0
    first: int | None = None  #: time of the first event
    last: int | None = None  #: of the last one


class EventPage(NamedTuple):
    """Events of a stream in their order, and the tokens of its other pages."""

    events: tuple[LogEvent, ...]
    before: str
    after: str


class LogsApi:
    """CloudWatch Logs of one environment. Raises ``LogMissing`` for a group or a stream that does not exist."""

    def __init__(self, environment: str, call: Call) -> None:
        self._environment = environment
        self._call = call

    def streams(self, group: str, prefix: str) -> list[LogStream]:
        """Return all streams whose names begin with ``prefix``. Requires ``logs:DescribeLogStreams``."""
        more = {"logStreamNamePrefix": prefix} if prefix else {}
        pages = self._pages("DescribeLogStreams", "describe_log_streams", logGroupName=group, **more)
        return [stream for page in pages for stream in _streams_in(page)]

    def newest_streams(self, group: str, count: int = STREAMS) -> list[LogStream]:
        """Return the streams with the newest events first, as far as AWS reports it."""
        newest = {"orderBy": "LastEventTime", "descending": True, "limit": min(count, STREAMS)}
        return _streams_in(self._ask("DescribeLogStreams", "describe_log_streams", logGroupName=group, **newest))

    def events(self, group: str, stream: str, since: int | None = None) -> Iterator[LogEvent]:
        """Yield the events of a stream from a time on. Requires ``logs:GetLogEvents``."""
        page = self._page(group, stream, since, startFromHead=True)
        while True:
            yield from page.events
            following = self.page_after(group, stream, page.after, since)
            if following.after == page.after:
                yield from following.events
                return
            page = following

    def last_pages(self, group: str, stream: str, since: int | None = None) -> Iterator[EventPage]:
        """Yield the pages of a stream, the last one first, down to a time. Requires ``logs:GetLogEvents``."""
        page = self._page(group, stream, since, startFromHead=False)
        while True:
            yield page
            before = self._page(group, stream, since, startFromHead=False, nextToken=page.before)
            if before.before == page.before:
                return
            page = before

    def page_after(self, group: str, stream: str, token: str, since: int | None = None) -> EventPage:
        """Return the page of a token. If the page has this token too, there are no further events yet."""
        return self._page(group, stream, since, startFromHead=True, nextToken=token)

    def events_of_streams(self, group: str, streams: Sequence[str], since: int) -> Iterator[LogEvent]:
        """Yield the events of up to ``FILTERED`` streams from a time on. Requires ``logs:FilterLogEvents``."""
        asked = {"logGroupName": group, "logStreamNames": list(streams), "startTime": since}
        for page in self._pages("FilterLogEvents", "filter_log_events", **asked):
            yield from _events_in(page)

    def _page(self, group: str, stream: str, since: int | None, **more: Any) -> EventPage:
        more |= {} if since is None else {"startTime": since}
        page = self._ask("GetLogEvents", "get_log_events", logGroupName=group, logStreamName=stream, **more)
        before, after = page.get("nextBackwardToken"), page.get("nextForwardToken")
        return EventPage(_events_in(page), str(before or ""), str(after or ""))

    def _pages(self, operation: str, method: str, **asked: Any) -> Iterator[Any]:
        while True:
            page = self._ask(operation, method, **asked)
            yield page
            if not page.get("nextToken"):
                return
            asked["nextToken"] = page["nextToken"]

    def _ask(self, operation: str, method: str, **asked: Any) -> Any:
        try:
            return self._call(operation, self._environment, lambda client: getattr(client, method)(**asked))
        except ShellError as error:
            error.state = State.NONE  # a log is read: the state is about commands
            raise


def _streams_in(response: Any) -> list[LogStream]:
    return [
        LogStream(
            str(one["logStreamName"]),
            int(one.get("creationTime") or 0),
            one.get("firstEventTimestamp"),
            one.get("lastEventTimestamp"),
        )
        for one in response.get("logStreams", ())
        if one.get("logStreamName")
    ]


def _events_in(response: Any) -> tuple[LogEvent, ...]:
    return tuple(LogEvent(int(one.get("timestamp") or 0), str(one.get("message") or "")) for one in response["events"])
