"""A command that is repeated: what is new in each repetition, and when to stop.

One repetition ends before the next one begins. The caller provides the sender, the canvas and the clock.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from mwaa_shell.airflow.command_line import output_format
from mwaa_shell.airflow.output_lines import SGR, data_lines
from mwaa_shell.durations import format_duration
from mwaa_shell.errors import ExitCode, sentence
from mwaa_shell.job import Job
from mwaa_shell.monitor.runs import STATES, latest_run, state
from mwaa_shell.output import (
    BOLD,
    DIM,
    GREEN,
    NOT_REVERSE,
    RED,
    REVERSE,
    YELLOW,
    Canvas,
    DisplayOptions,
    paint,
    render_lines,
    sanitise,
)
from mwaa_shell.output.records import Row, read_rows
from mwaa_shell.result import Outcome, Result, failed, interrupted
from mwaa_shell.suggestions import unknown

#: The states of a run; ``none`` is what ``dags state`` says where there is no run.
OF_RUNS = ("none", "queued", "running", "success", "failed")
#: Commands whose outputs show states, of any Airflow version, with these states.
STATES_SHOWN = {
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
#: Commands that print a text of the user, which may be a state.
PRINTS_ANY_TEXT = ("variables get", "variables", "config get-value", "tasks render", "render")


def unreachable_states(states: Collection[str], command: str) -> tuple[tuple[str, ...], str]:
    """Return the states that the output of a command never shows, and a sentence."""
    shown = states if command in PRINTS_ANY_TEXT else STATES_SHOWN.get(command, ())
    never = tuple(state for state in states if state not in shown)
    if not shown:
        return never, f"{command} reports no states"
    return never, f"{command} never reports {' or '.join(never)}, only {', '.join(shown)}"


# -- conditions --------------------------------------------------------------------------------------------------------


class WatchCondition(NamedTuple):
    """The condition that ends a watch: a text, one of some states, either, or neither."""

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
        cells = (value for row in rows or () for value in row.values())
        if self.text and any(self.text in one for one in chain(data_lines(text), cells)):
            return True
        return bool(self.states) and result.ok and shown_state(text, rows) in self.states


#: No condition.
NOTHING = WatchCondition()


def parse_states(text: str) -> tuple[str, ...]:
    """Return the states of ``success`` or ``success,failed``. Raises ``UsageError`` for an unknown state."""
    states = tuple(word.strip().lower() for word in text.split(","))
    for word in states:
        if word not in STATES:
            raise unknown("state", word, STATES, ".help .watch")
    return states


def shown_state(text: str, rows: list[Row] | None) -> str | None:
    """Return the state that an output is about, or ``None``.

    For a list of runs, it is the state of the newest run. For another list, it is the state of all rows. For output
    that is not a list (``dags state``, ``tasks state``), it is the last word.
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
    """Return the state at the end of an output, such as ``running, {"conf": 1}``."""
    lines = [line for line in data_lines(text) if line.strip()]
    word = lines[-1].partition(",")[0].strip().lower() if lines else ""
    return word if word in STATES else None


# -- the watch ---------------------------------------------------------------------------------------------------------

#: The limits of a watch without options: each repetition mints a token and starts an Airflow on the web server.
TIMES, SECONDS = 1000, 12 * 3600.0
#: Failures in a row after which a watch ends: before the first success, and later.
FIRST_FAILURES, LATER_FAILURES = 3, 20
#: Characters of an output that are compared and shown.
LIMIT = 500_000


class WatchOptions(NamedTuple):
    """The interval and the end of a watch."""

    every: float = 5.0  #: seconds from the end of a repetition to the next
    until: WatchCondition = NOTHING
    times: int = TIMES
    seconds: float = SECONDS
    bell: bool = False


#: Sends the command of repetition 1, 2, ...; the watcher is called while it is on its way.
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
        self._last: Result | None = None  #: of the last repetition
        self._shown: Result | None = None  #: the last one with something to show
        self._lines: list[str] = []  #: what is drawn of it
        self._before: list[str] | None = None  #: and of the one before it
        self._at = ""
        self._reached = ""  #: the condition that was met, and how long that took

    def run(self) -> tuple[Result, Result | None]:
        """Repeat the command until the end; return the result and the last output."""
        started = self._clock()
        self._draw("")
        try:
            ended = self._repeat(started)
        except KeyboardInterrupt:
            ended = self._stopped()
        finally:
            lines = [self._header(), *self._body()] if self._last is not None else []
            above = len(lines) >= self._canvas.view().height  # how it ended would be out of sight
            self._canvas.finish([*lines, self._header()] if above else lines)
        if self._plan.bell and ended.outcome is not Outcome.INTERRUPTED:
            self._canvas.bell()
        return ended, self._shown

    def _repeat(self, started: float) -> Result:
        watcher = RedrawOnTick(lambda elapsed: self._draw(f"asking {elapsed:.0f} s   "))
        while True:
            self._number += 1
            result = self._send(self._number, watcher)
            if result.outcome is Outcome.INTERRUPTED:
                return result._replace(message=f"{result.message or 'Stopped'} (repetition {self._number})")
            self._take_in(result)
            ended = self._end_of(result, self._clock() - started)
            if ended is not None:
                return ended
            if not count_down(self._plan.every, self._canvas, self._draw):
                return self._stopped()

    def _take_in(self, result: Result) -> None:
        """Keep a result; print what is new for output that cannot be redrawn."""
        before, self._last = self._last, result
        self._at = datetime.now().strftime("%H:%M:%S")
        self._in_a_row = 0 if result.ok else self._in_a_row + 1
        self._succeeded = self._succeeded or result.ok
        if result.stdout or self._shown is None or result.ok:
            first = self._shown is None or not self._shown.stdout
            self._shown = result
            self._before = None if first else self._lines
            self._lines = _lines_of(result, self._canvas.view()) if self._canvas.live else []
        if not self._canvas.live and (before is None or _compared(before) != _compared(result)):
            self._canvas.notice(f"repetition {self._number} at {self._at}: {summarize(result)}")
            self._canvas.write_result(result)

    def _end_of(self, result: Result, spent: float) -> Result | None:
        plan = self._plan
        if plan.until and plan.until.met(result):
            self._reached = f"reached {plan.until} after {format_duration(spent)}"
            self._canvas.notice(self._reached)
            return Result()
        most = LATER_FAILURES if self._succeeded else FIRST_FAILURES
        if self._in_a_row >= most or result.exit_code is ExitCode.USAGE:
            return _ended_like(result)._replace(message=f"{result.message} (repetition {self._number}, the watch ends)")
        if self._number >= plan.times:
            return self._enough(result, _repetitions(plan.times), "--times", plan.times == TIMES)
        if spent + plan.every >= plan.seconds:
            return self._enough(result, format_duration(plan.seconds), "--for", plan.seconds == SECONDS)
        return None

    def _enough(self, result: Result, limit: str, flag: str, usual: bool) -> Result:
        """End a watch at its limit: a failure if its condition was not met."""
        longer = f"Watch longer with {flag}." if usual else ""
        if self._plan.until:
            return failed(f"{self._plan.until} did not appear within {limit}", hint=longer)
        if usual:
            self._canvas.notice(f"Stopped after {limit}. {longer}")
        return Result() if result.ok else _ended_like(result)

    def _stopped(self) -> Result:
        return interrupted(f"Stopped after {_repetitions(self._number)}", remote=False)

    # -- the picture -------------------------------------------------------------------------------------------------

    def _draw(self, doing: str) -> None:
        if self._canvas.live:
            self._canvas.draw([self._header(doing), *self._body()])

    def _header(self, doing: str = "") -> str:
        """Return the first line of the picture. A narrow screen clips its less important end."""
        color = self._canvas.view().color
        number = f"repetition {self._number or 1}" + (f" at {self._at}" if self._at else "")
        summary = "" if self._last is None else summarize(self._last)
        until = f"until {self._plan.until}" if self._plan.until and not self._reached else self._reached
        shades = {Outcome.OK: GREEN, Outcome.FAILED: RED}
        shade = shades.get(self._last.outcome, YELLOW) if self._last is not None else ""
        parts = [paint(number, BOLD, color=color), paint(summary, shade, color=color), doing, until]
        parts += [paint("Ctrl-C stops", DIM, color=color)] if doing or not self._number else []
        return " · ".join(part for part in parts if part)

    def _body(self) -> list[str]:
        if self._shown is None:
            return []
        return highlight_changes(self._lines, self._before, color=self._canvas.view().color)


def summarize(result: Result) -> str:
    """Summarize a result in one line that is safe for a terminal."""
    seconds = f" {result.seconds:.1f} s" if result.seconds else ""
    said = " ".join(sanitise(sentence(result.message, result.state)).split()) if result.message else ""
    return f"{result.outcome.value}{seconds}{f': {said}' if said else ''}"


def count_down(seconds: float, canvas: Canvas, draw: Callable[[str], None]) -> bool:
    """Wait, and draw the time left each second. Return ``False`` as soon as the user stops it."""
    while seconds > 0:
        draw(f"next in {seconds:.0f} s")
        if not canvas.sleep(min(seconds, 1.0)):
            return False
        seconds -= 1.0
    return True


def _lines_of(result: Result, view: DisplayOptions) -> list[str]:
    """Return the lines to draw of a result, without the ages of dates. Ages change in each repetition."""
    view = replace(view, width=view.width if view.color else view.width - 2, now=None)
    made, size = [], 0
    for piece in render_lines(result, view):
        made.append(piece)
        size += len(piece)
        if size > LIMIT:
            made.append("\n… the output is too long to show here (.raw shows the rest)\n")
            break
    return "".join(made).replace("\t", "    ").rstrip(" \n").split("\n")  # a tab is as wide as the terminal likes


def _compared(result: Result) -> tuple[object, ...]:
    """Return what is compared between repetitions: no log lines, which have times."""
    return result.outcome, result.message, data_lines(result.stdout.decode("utf-8", "replace"))


def _ended_like(result: Result) -> Result:
    return Result(result.outcome, result.exit_code, message=result.message, state=result.state, hint=result.hint)


def _repetitions(count: int) -> str:
    return f"{count:,} repetition{'s' * (count != 1)}"


# -- changes between two outputs ---------------------------------------------------------------------------------------


#: A cell of a drawn table or a piece of text: words with one blank between them.
CELL = re.compile(r"[^\s│|]+(?: [^\s│|]+)*")
#: Lines and crossings of a table, which say nothing.
RULE = re.compile(r"[=+\-─━═╒╤╕╞╪╡╘╧╛├┼┤┌┬┐└┴┘|│\s]*")
#: Precedes each line where there is no color.
CHANGED, SAME = "* ", "  "
#: Most lines of the output before that are compared for each cell of a line.
CANDIDATES = 8

Cells = tuple[str, ...]


def highlight_changes(lines: Sequence[str], before: Sequence[str] | None, *, color: bool) -> list[str]:
    """Return the lines with changed cells in reverse video.

    Without color, a star precedes changed lines. ``before`` is ``None`` at first, when nothing is highlighted.
    """
    if before is None:
        return list(lines) if color else [SAME + line for line in lines]
    changes = _changes([_cells(line) for line in lines], [_cells(line) for line in before])
    if not color:
        return [(CHANGED if new else SAME) + line for line, new in zip(lines, changes, strict=True)]
    return [_reversed(line, new) if new else line for line, new in zip(lines, changes, strict=True)]


def _cells(line: str) -> Cells:
    plain = SGR.sub("", line)
    return () if RULE.fullmatch(plain) else tuple(CELL.findall(plain))


def _changes(lines: Sequence[Cells], before: Sequence[Cells]) -> list[set[int]]:
    """Return the numbers of the new cells of each line."""
    same = Counter(before)
    fresh: list[int] = []
    for number, cells in enumerate(lines):
        if same[cells] > 0:
            same[cells] -= 1
        elif cells:
            fresh.append(number)
    gone: dict[str, list[Cells]] = {}  #: lines of before that are no more, by each of their cells
    for was in (one for one, count in same.items() if count):
        for cell in set(was):
            gone.setdefault(cell, []).append(was)
    found: list[set[int]] = [set() for _ in lines]
    for number in fresh:
        longest_first = sorted(set(lines[number]), key=lambda cell: (-len(cell), cell))
        alike = (was for cell in longest_first for was in gone.get(cell, ())[:CANDIDATES] if same[was])
        previous = next(alike, None)
        found[number] = _differ(lines[number], previous)
        if previous is not None:
            same[previous] -= 1
    return found


def _differ(cells: Cells, was: Cells | None) -> set[int]:
    if was is None:
        return set(range(len(cells)))
    if len(was) == len(cells):
        return {number for number, cell in enumerate(cells) if cell != was[number]}
    old = Counter(was)  # a cell has come or gone, in an unknown column
    new = set()
    for number, cell in enumerate(cells):
        if old[cell] > 0:
            old[cell] -= 1
        else:
            new.add(number)
    return new


def _reversed(line: str, cells: set[int]) -> str:
    """Return a line with some cells in reverse video, among any color codes."""
    spans = [found.span() for number, found in enumerate(CELL.finditer(SGR.sub("", line))) if number in cells]
    starts, ends = {start for start, _ in spans}, {end for _, end in spans}
    made: list[str] = []
    place, position, inside = 0, 0, False
    while position < len(line):
        code = SGR.match(line, position)
        if code is not None:
            made.append(code[0] + (REVERSE if inside else ""))  # it may have taken the mark away
            position = code.end()
            continue
        if place in ends:
            made.append(NOT_REVERSE)
            inside = False
        if place in starts:
            made.append(REVERSE)
            inside = True
        made.append(line[position])
        place, position = place + 1, position + 1
    return "".join(made) + (NOT_REVERSE if inside else "")
