"""A command in rounds: what each of them brought, what is new in it, and when to stop.

One round ends before the next one begins. Who sends, who shows and what the time is are handed in.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mwaa_shell.airflow.output_lines import data_lines
from mwaa_shell.durations import span
from mwaa_shell.errors import ExitCode
from mwaa_shell.job import Job
from mwaa_shell.monitor.diff import marked
from mwaa_shell.monitor.watch_condition import NOTHING, WatchCondition
from mwaa_shell.output.canvas import BOLD, DIM, GREEN, RED, YELLOW, Canvas, painted
from mwaa_shell.output.sanitise import sanitise
from mwaa_shell.result import Outcome, Result, failed, interrupted

if TYPE_CHECKING:
    from mwaa_shell.output.display import DisplayOptions

#: Where a watch that nobody ends comes to an end: each round mints a token and starts an Airflow on the web server.
ROUNDS, SECONDS = 1000, 12 * 3600.0
#: Failures in a row after which a watch is given up: while none has succeeded yet, and later on.
FIRST_FAILURES, LATER_FAILURES = 3, 20
#: Characters of a drawn reply above which the rest of it is not compared and shown any more.
LIMIT = 500_000


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """How often, until when."""

    every: float = 5.0  #: seconds from the end of a round to the beginning of the next
    until: WatchCondition = NOTHING
    rounds: int = ROUNDS
    seconds: float = SECONDS
    bell: bool = False


#: Sends the command of round 1, 2, ...; the watcher is called while it is on its way.
Send = Callable[[int, "RedrawOnTick"], Result]


class RedrawOnTick:
    """A ``ProgressListener`` that has the picture drawn anew while a request is on its way."""

    def __init__(self, draw: Callable[[float], None]) -> None:
        self._draw = draw

    def tick(self, job: Job[Any]) -> None:
        self._draw(job.elapsed)

    def over(self) -> None:
        """The picture stays."""


class Watch:
    """One watch."""

    def __init__(
        self, plan: WatchOptions, send: Send, canvas: Canvas, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._plan = plan
        self._send = send
        self._canvas = canvas
        self._clock = clock
        self._number = 0
        self._in_a_row = 0  #: failures
        self._succeeded = False
        self._last: Result | None = None  #: of the last round
        self._shown: Result | None = None  #: the last one that has something to show
        self._lines: list[str] = []  #: what is drawn of it
        self._before: list[str] | None = None  #: and of the one before it
        self._at = ""
        self._reached = ""  #: what was waited for, and how long that took

    def run(self) -> tuple[Result, Result | None]:
        """Until it ends: how it ended, and the last reply that holds something."""
        started = self._clock()
        self._draw("")
        try:
            ended = self._go_on(started)
        except KeyboardInterrupt:
            ended = self._stopped()
        finally:
            self._canvas.end([self._header(), *self._body()])
        if self._plan.bell and ended.outcome is not Outcome.INTERRUPTED:
            self._canvas.bell()
        return ended, self._shown

    def _go_on(self, started: float) -> Result:
        while True:
            ended = self._round(started)
            if ended is not None:
                return ended
            for left in whole_seconds(self._plan.every):
                self._draw(f"next in {left:.0f} s")
                if not self._canvas.wait(min(left, 1.0)):
                    return self._stopped()

    def _round(self, started: float) -> Result | None:
        """Ask once; how the watch ended, if it did."""
        self._number += 1
        result = self._send(self._number, RedrawOnTick(lambda elapsed: self._draw(f"asking {elapsed:.0f} s   ")))
        if result.outcome is Outcome.INTERRUPTED:
            return replace(result, message=f"{result.message} (round {self._number})")
        before = self._last
        self._take_in(result)
        self._tell(result, before)
        return self._end_of(result, self._clock() - started)

    def _take_in(self, result: Result) -> None:
        self._last, self._at = result, datetime.now().strftime("%H:%M:%S")
        self._in_a_row = 0 if result.ok else self._in_a_row + 1
        self._succeeded = self._succeeded or result.ok
        if result.stdout or self._shown is None or result.ok:
            first = self._shown is None or not self._shown.stdout
            self._shown = result
            self._before = None if first else self._lines
            self._lines = _drawn(result, self._canvas.view()) if self._canvas.live else []

    def _tell(self, result: Result, before: Result | None) -> None:
        """For those who see no picture: what is new."""
        if not self._canvas.live and (before is None or _said(before) != _said(result)):
            self._canvas.tell(f"round {self._number} at {self._at}: {verdict(result)}")
            self._canvas.put(result)

    def _end_of(self, result: Result, spent: float) -> Result | None:
        plan = self._plan
        if plan.until and plan.until.met(result):
            self._reached = f"reached {plan.until} after {span(spent)}"
            self._canvas.tell(self._reached)
            return Result()
        most = LATER_FAILURES if self._succeeded else FIRST_FAILURES
        if self._in_a_row >= most or result.exit_code is ExitCode.USAGE:
            return replace(_ended_like(result), message=f"{result.message} (round {self._number}, the watch ends)")
        if self._number >= plan.rounds:
            return self._enough(result, _many(plan.rounds, "round"), "--times", plan.rounds == ROUNDS)
        if spent + plan.every >= plan.seconds:
            return self._enough(result, span(plan.seconds), "--for", plan.seconds == SECONDS)
        return None

    def _enough(self, result: Result, limit: str, flag: str, usual: bool) -> Result:
        """The end of a watch that may not go on: a failure if something was waited for."""
        more = f"; {flag} lets it go on longer" if usual else ""
        if self._plan.until:
            return failed(f"{self._plan.until} did not come within {limit}{more}")
        if usual:
            self._canvas.tell(f"a watch ends after {limit}{more}")
        return Result() if result.ok else _ended_like(result)

    def _stopped(self) -> Result:
        return interrupted(f"Stopped after {_many(self._number, 'round')}", remote=False)

    # -- the picture -------------------------------------------------------------------------------------------------

    def _draw(self, doing: str) -> None:
        if self._canvas.live:
            self._canvas.draw([self._header(doing), *self._body()])

    def _header(self, doing: str = "") -> str:
        """In the order in which it is wanted: a narrow screen cuts off what stands last."""
        color = self._canvas.view().color
        number = f"round {self._number or 1}" + (f" at {self._at}" if self._at else "")
        told = "" if self._last is None else verdict(self._last)
        until = f"until {self._plan.until}" if self._plan.until and not self._reached else self._reached
        parts = [painted(number, BOLD, color=color), painted(told, _color(self._last), color=color), doing, until]
        parts += [painted("Ctrl-C ends it", DIM, color=color)] if doing or not self._number else []
        return "  ".join(part for part in parts if part)

    def _body(self) -> list[str]:
        if self._shown is None:
            return []
        return marked(self._lines, self._before, color=self._canvas.view().color)


def verdict(result: Result) -> str:
    """How a round ended, in one line that is safe for a terminal."""
    words = {Outcome.UNKNOWN: "outcome unknown", Outcome.REFUSED: "nothing ran"}.get(result.outcome, result.outcome)
    seconds = f" {result.seconds:.1f} s" if result.seconds else ""
    said = f": {' '.join(sanitise(result.message).split())}" if result.message else ""
    return f"{words}{seconds}{said}"


def whole_seconds(seconds: float) -> Iterator[float]:
    """The seconds that are left, down to the last one."""
    while seconds > 0:
        yield seconds
        seconds -= 1.0


def _color(result: Result | None) -> str:
    if result is None:
        return ""
    return GREEN if result.ok else RED if result.outcome is Outcome.FAILED else YELLOW


def _drawn(result: Result, view: DisplayOptions) -> list[str]:
    """The lines of a reply; dates without a hint how long ago they were, which would be another one each time."""
    from mwaa_shell.output.render import render_lines

    view = replace(view, width=view.width if view.color else view.width - 2, now=None)
    made, size = [], 0
    for piece in render_lines(result, result.words, view):
        made.append(piece)
        size += len(piece)
        if size > LIMIT:
            made.append("\n… this reply is too long to be watched; .raw shows the rest\n")
            break
    return "".join(made).replace("\t", "    ").rstrip(" \n").split("\n")  # a tab is as wide as the terminal likes


def _said(result: Result) -> tuple[object, ...]:
    """What makes a reply another one than that before it; not the log lines, which have the time in them."""
    return result.outcome, result.message, data_lines(result.stdout.decode("utf-8", "replace"))


def _ended_like(result: Result) -> Result:
    return Result(result.outcome, result.exit_code, message=result.message)


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"
