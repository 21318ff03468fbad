"""A command in rounds: what is new in each, and when to stop.

One round ends before the next one begins. The caller provides the sender, the canvas and the clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mwaa_shell.airflow.command_line import output_format
from mwaa_shell.airflow.output_lines import data_lines
from mwaa_shell.airflow.versions import Version
from mwaa_shell.durations import format_duration
from mwaa_shell.errors import ExitCode, UsageError
from mwaa_shell.job import Job
from mwaa_shell.monitor.diff import highlight_changes
from mwaa_shell.monitor.runs import STATES, latest_run, state
from mwaa_shell.output.ansi import BOLD, DIM, GREEN, RED, YELLOW, paint
from mwaa_shell.output.canvas import Canvas
from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.records import Row, read_rows
from mwaa_shell.output.render import render_lines
from mwaa_shell.output.sanitise import sanitise
from mwaa_shell.result import Outcome, Result, failed, interrupted

# -- which states a command can show -----------------------------------------------------------------------------------

#: States that not every Airflow has: from which version on, and up to which one (of its ``airflow.utils.state``).
ALWAYS, NEVER = Version(0, 0, 0), Version(99, 0, 0)
SPANS = {
    "deferred": (Version(2, 2, 0), NEVER),
    "restarting": (Version(2, 2, 0), NEVER),
    "sensing": (Version(2, 0, 0), Version(2, 4, 0)),
    "shutdown": (ALWAYS, Version(3, 0, 0)),
    "awaiting_input": (Version(3, 3, 0), NEVER),
}
#: The states of a run; ``none`` is what ``dags state`` says where there is no run.
OF_RUNS = ("none", "queued", "running", "success", "failed")
#: Commands whose replies tell of states, in the words of any Airflow.
TELLING = {
    "dags list-runs": OF_RUNS,
    "list_dag_runs": OF_RUNS,
    "dags state": OF_RUNS,
    "dag_state": OF_RUNS,
    "dags list-jobs": STATES,
    "tasks state": STATES,
    "task_state": STATES,
    "tasks states-for-dag-run": STATES,
    "dags next-execution": ("none",),
    "next_execution": ("none",),
}
#: Commands that print a text of the user's, which may be the word of a state.
ANYTHING = ("variables get", "variables", "config get-value", "tasks render", "render")


def unreachable_states(states: Collection[str], command: str, version: Version) -> tuple[str, ...]:
    """Return those of the states that the output of a command never shows."""
    if command in ANYTHING:
        return ()
    told = _states_of(command, version)
    return tuple(state for state in states if state not in told)


def explain_unreachable(states: Collection[str], command: str, version: Version) -> str:
    """Return a sentence on why a command never shows these states."""
    told = _states_of(command, version)
    if not told:
        return f"the replies of {command} tell of no state; --until waits for a text"
    return f"{command} of Airflow {version} never tells of {' or '.join(states)}, but of {', '.join(told)}"


def _states_of(command: str, version: Version) -> tuple[str, ...]:
    return tuple(state for state in TELLING.get(command, ()) if _has(version, state))


def _has(version: Version, state: str) -> bool:
    since, until = SPANS.get(state, (ALWAYS, NEVER))
    return since <= version < until


# -- conditions --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WatchCondition:
    """What a watch waits for: a text, one of some states, either of both, or nothing."""

    text: str = ""
    states: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.text or self.states)

    def __str__(self) -> str:
        wanted = [f"state {' or '.join(self.states)}"] if self.states else []
        return " or ".join([*wanted, *([repr(sanitise(self.text))] if self.text else [])])

    def met(self, result: Result) -> bool:
        """Return whether a result meets the condition."""
        text = result.stdout.decode("utf-8", "replace")
        wanted = output_format(result.words)
        rows = read_rows(text, wanted)
        if self.text and (any(self.text in line for line in data_lines(text)) or _in_cells(self.text, rows)):
            return True
        return bool(self.states) and result.ok and shown_state(text, rows) in self.states


#: Nothing is waited for.
NOTHING = WatchCondition()


def parse_states(text: str) -> tuple[str, ...]:
    """Return the states of ``success`` or ``success,failed``; raise ``UsageError`` for an unknown one."""
    states = tuple(word.strip().lower() for word in text.split(","))
    unknown = next((state for state in states if state not in STATES), None)
    if unknown is not None:
        raise UsageError(f"{unknown or 'An empty text'} is no state of Airflow's; there are {', '.join(STATES)}")
    return states


def _in_cells(text: str, rows: list[Row] | None) -> bool:
    return any(text in value for row in rows or () for value in row.values())


def shown_state(text: str, rows: list[Row] | None) -> str | None:
    """Return the state that an output is about, ``None`` if there is none.

    Of a list of runs that of the newest one, of another list that which all rows have, and of a reply that is no list
    (``dags state``, ``tasks state``) the word that it ends with.
    """
    if rows is None:
        return _last_word(text)
    stateful = [row for row in rows if "state" in row]
    if any("run_id" in row for row in stateful):
        latest = latest_run(stateful)
        stateful = [row for row in stateful if row is latest]
    found = {state(row["state"]) for row in stateful}
    return found.pop() if len(found) == 1 else None


def _last_word(text: str) -> str | None:
    """Return the state at the end of an output: of ``running, {"conf": 1}`` the part before the comma."""
    lines = [line for line in data_lines(text) if line.strip()]
    word = lines[-1].partition(",")[0].strip().lower() if lines else ""
    return word if word in STATES else None


# -- the watch ---------------------------------------------------------------------------------------------------------

#: Where a watch that nobody ends comes to an end: each round mints a token and starts an Airflow on the web server.
ROUNDS, SECONDS = 1000, 12 * 3600.0
#: Failures in a row after which a watch is given up: while none has succeeded yet, and later on.
FIRST_FAILURES, LATER_FAILURES = 3, 20
#: Characters of a drawn reply above which the rest of it is not compared and shown any more.
LIMIT = 500_000


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """How often a command is sent, and until when."""

    every: float = 5.0  #: seconds from the end of a round to the beginning of the next
    until: WatchCondition = NOTHING
    rounds: int = ROUNDS
    seconds: float = SECONDS
    bell: bool = False


#: Sends the command of round 1, 2, ...; the watcher is called while it is on its way.
Send = Callable[[int, "RedrawOnTick"], Result]


class RedrawOnTick:
    """A ``ProgressListener`` that redraws the picture while a request runs."""

    def __init__(self, draw: Callable[[float], None]) -> None:
        self._draw = draw

    def tick(self, job: Job[Any]) -> None:
        self._draw(job.elapsed)

    def over(self) -> None:
        """Leave the picture on the screen."""


class Watch:
    """A watch of one command."""

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
        """Run rounds until the end; return how the watch ended, and the last result with output."""
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
        """Run one round; return how the watch ended, ``None`` if it goes on."""
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
        """Print what is new, for output that cannot be redrawn."""
        if not self._canvas.live and (before is None or _said(before) != _said(result)):
            self._canvas.tell(f"round {self._number} at {self._at}: {summarize_round(result)}")
            self._canvas.put(result)

    def _end_of(self, result: Result, spent: float) -> Result | None:
        plan = self._plan
        if plan.until and plan.until.met(result):
            self._reached = f"reached {plan.until} after {format_duration(spent)}"
            self._canvas.tell(self._reached)
            return Result()
        most = LATER_FAILURES if self._succeeded else FIRST_FAILURES
        if self._in_a_row >= most or result.exit_code is ExitCode.USAGE:
            return replace(_ended_like(result), message=f"{result.message} (round {self._number}, the watch ends)")
        if self._number >= plan.rounds:
            return self._enough(result, _many(plan.rounds, "round"), "--times", plan.rounds == ROUNDS)
        if spent + plan.every >= plan.seconds:
            return self._enough(result, format_duration(plan.seconds), "--for", plan.seconds == SECONDS)
        return None

    def _enough(self, result: Result, limit: str, flag: str, usual: bool) -> Result:
        """End a watch at its limit: a failure if its condition was not met."""
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
        """Return the first line of the picture, the most important parts first: a narrow screen clips the rest."""
        color = self._canvas.view().color
        number = f"round {self._number or 1}" + (f" at {self._at}" if self._at else "")
        told = "" if self._last is None else summarize_round(self._last)
        until = f"until {self._plan.until}" if self._plan.until and not self._reached else self._reached
        parts = [paint(number, BOLD, color=color), paint(told, _color(self._last), color=color), doing, until]
        parts += [paint("Ctrl-C ends it", DIM, color=color)] if doing or not self._number else []
        return "  ".join(part for part in parts if part)

    def _body(self) -> list[str]:
        if self._shown is None:
            return []
        return highlight_changes(self._lines, self._before, color=self._canvas.view().color)


def summarize_round(result: Result) -> str:
    """Summarize a round in one line that is safe for a terminal."""
    words = {Outcome.UNKNOWN: "outcome unknown", Outcome.REFUSED: "nothing ran"}.get(result.outcome, result.outcome)
    seconds = f" {result.seconds:.1f} s" if result.seconds else ""
    said = f": {' '.join(sanitise(result.message).split())}" if result.message else ""
    return f"{words}{seconds}{said}"


def whole_seconds(seconds: float) -> Iterator[float]:
    """Yield the remaining seconds, one less each time."""
    while seconds > 0:
        yield seconds
        seconds -= 1.0


def _color(result: Result | None) -> str:
    if result is None:
        return ""
    return GREEN if result.ok else RED if result.outcome is Outcome.FAILED else YELLOW


def _drawn(result: Result, view: DisplayOptions) -> list[str]:
    """Return the drawn lines of a result, without the ages of dates, which change in each round."""
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
    """Return what is compared between rounds: not log lines, which have the time in them."""
    return result.outcome, result.message, data_lines(result.stdout.decode("utf-8", "replace"))


def _ended_like(result: Result) -> Result:
    return Result(result.outcome, result.exit_code, message=result.message)


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"
