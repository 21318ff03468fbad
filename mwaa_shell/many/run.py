"""One command on several environments: select, confirm, run and merge."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mwaa_shell import debug_log
from mwaa_shell.addresses import MASK
from mwaa_shell.airflow.command_line import output_format
from mwaa_shell.airflow.knowledge import reads
from mwaa_shell.errors import ExitCode, RefusedByRule, State
from mwaa_shell.history import new_batch
from mwaa_shell.interrupts import INTERRUPTS
from mwaa_shell.many.merge import Ended, counted, ending, merge
from mwaa_shell.many.plan import Secrets, Step, confirm_all, make_step, make_steps
from mwaa_shell.many.selection import Target, select
from mwaa_shell.many.side_by_side import MOST, Work, side_by_side
from mwaa_shell.output import DIM, GREEN, RED, YELLOW, in_one, paint, sanitise
from mwaa_shell.result import Outcome, Result, from_error, interrupted
from mwaa_shell.session import Batch, Executor, LineContext, Session, UserInterface

if TYPE_CHECKING:
    from mwaa_shell.airflow.command_line import ParsedLine
    from mwaa_shell.output import Canvas

#: Values of ``-o`` in which the records of several environments are one list.
FORMATS = ("json", "yaml", "table")
#: Outcomes of a command that may have run, and states in which it certainly did not.
OPEN, CERTAIN = (Outcome.UNKNOWN, Outcome.INTERRUPTED), (State.NOT_SENT, State.NOT_RUN)
NOT_BEGUN = "Nothing was sent after the first environment that was not ok."


@dataclass(frozen=True, slots=True)
class ManyOptions:
    """The options of a command on several environments."""

    which: str  #: names, patterns, a group or all
    jobs: int = MOST  #: environments at the same time
    fail_fast: bool = False
    by_environment: bool = False

    @property
    def text(self) -> str:
        """The options of ``.on``, each with a space after it."""
        jobs = f"--jobs={self.jobs} " if self.jobs != MOST else ""
        apart = "--by-environment " if self.by_environment else ""
        return f"{jobs}{'--fail-fast ' if self.fail_fast else ''}{apart}"


def run_on(executor: Executor, context: LineContext, options: ManyOptions, line: ParsedLine) -> Result:
    """Run a command on several environments and return their outputs as one Result."""
    session, canvas = executor.session, executor.session.ui.canvas
    began = time.time()
    sender = _Sender(executor, context, Secrets(session.ui.ask_secret))
    try:
        targets = select(session, options.which)
        if reads(line, None) and MASK not in line.text:  # read-only in every Airflow, so no confirmation is due
            works = [sender.read(target, line) for target in targets]
        else:
            steps = make_steps(session, targets, line)
            confirm_all(session, steps, options.which)
            sender.secrets.ask_for(steps)
            works = [sender.send(step) for step in steps]
    except KeyboardInterrupt:  # while AWS was asked about the environments
        return _stopped()
    progress = WorkDisplay(works, canvas)
    with INTERRUPTS.defer() as pressed:
        try:
            side_by_side(works, options.jobs, progress.look, lambda work: options.fail_fast and not work.result().ok)
        except BaseException:  # a signal that ends the program
            with suppress(OSError, ValueError):  # the terminal may have gone with the signal
                for label in (work.label for work in works if _may_be_running(work)):
                    session.ui.note(f"The command may still be running on {label}")
            raise
        ended = [Ended(work.label, _result(work, stopped=pressed.is_set())) for work in works]
        progress.over([one.result for one in ended])
        for note in dict.fromkeys(sender.notes):
            session.ui.note(note)
        live = canvas is not None and canvas.live
        asked = output_format(line.values)  # as typed: a translation may lack the flag
        usual = session.preferences["output"]
        form = asked if asked in FORMATS else {"auto": "table", "raw": ""}.get(usual, usual)
        reported = canvas is not None and not live
        result = merge(ended, by_environment=options.by_environment, format=form, reported=reported)
    if pressed.is_set():  # even after the last result, no line follows
        state = State.RAN if result.ok else result.state
        result = result._replace(outcome=Outcome.INTERRUPTED, exit_code=ExitCode.INTERRUPTED, state=state)
    if result.ok and live:
        seconds = max(work.seconds for work in works)
        ok = f"ok on {counted(len(works))}, {seconds:.1f} s"
        result = result._replace(remark=f"{result.remark}\n{ok}".lstrip("\n"))
    session.last_result = in_one(result)
    if not context.private:
        kept = {target.label: target.text for target in targets if _keeps_history(session, target)}
        bad = {kept[one.label]: one.result for one in ended if not one.result.ok and one.label in kept}
        unknown = [text for text, one in bad.items() if one.outcome in OPEN and one.state not in CERTAIN]
        typed, shown = (session.rules().mask(one.text.strip()) for one in (context.line, line))
        session.last_batch = (
            Batch(sender.batch, began, typed, options.text, shown, tuple(bad), tuple(unknown)) if kept else None
        )
    return result


def _keeps_history(session: Session, target: Target) -> bool:
    """Return whether the history is on for an environment."""
    there = session if target.connection is None else session.beside(target.connection.target, session.ui)
    return there.preferences["history"] == "on"


@dataclass(frozen=True, slots=True)
class _Sender:
    """The maker of the work on each environment, which the executor runs."""

    executor: Executor
    context: LineContext
    secrets: Secrets
    batch: str = field(default_factory=new_batch)  #: the origin of all commands, for the history
    notes: list[str] = field(default_factory=list)  #: notices, each with its environment

    def read(self, target: Target, line: ParsedLine) -> Work[Result]:
        """Return the work for a read-only command, in the words of each Airflow."""

        def do(work: Work[Result]) -> Result:
            ui = self._ui(work)
            step = make_step(self.executor.session, target, line, ui)
            if step.error is None and not step.reads:
                error = RefusedByRule("The command changes data in this Airflow version")
                step = replace(step, error=error)
            return self._run(step, ui)

        return Work(target.label, lambda work: _guarded(do, work))

    def send(self, step: Step) -> Work[Result]:
        """Return the work for a step that is confirmed."""
        return Work(step.label, lambda work: _guarded(lambda work: self._run(step, self._ui(work)), work))

    def _ui(self, work: Work[Result]) -> UserInterface:
        def note(text: str) -> None:
            self.notes.append(f"{work.label}: {text}")

        return UserInterface(note, work, ask_secret=self.secrets.in_order(), draws_tables=True)

    def _run(self, step: Step, ui: UserInterface) -> Result:
        if step.error is not None:
            return from_error(step.error)
        step.there.ui = ui
        context = LineContext(step.line, self.batch, self.context.private, confirmed=True)
        return Executor(step.there, self.executor.dot_commands).run(context)


def _guarded(do: Callable[[Work[Result]], Result], work: Work[Result]) -> Result:
    """Return a Result even for a bug, which stops no other environment."""
    try:
        return do(work)
    except KeyboardInterrupt:  # while AWS was asked for the version
        return _stopped()
    except Exception as error:
        return Result(Outcome.UNKNOWN, ExitCode.UNKNOWN, message=debug_log.crash(error))


def _may_be_running(work: Work[Result]) -> bool:
    """Return whether work may still be running when a signal ends the program."""
    if work.began is None:
        return False
    return work.ended is None or (work.result().outcome in OPEN and work.result().state not in CERTAIN)


def _stopped() -> Result:
    return interrupted(remote=False, state=State.NOT_SENT)


def _result(work: Work[Result], *, stopped: bool) -> Result:
    if work.began is not None:
        return work.result()
    return _stopped() if stopped else Result(Outcome.NOT_RUN, ExitCode.NOTHING_RAN, message=NOT_BEGUN)


COLORS = {Outcome.OK: GREEN, Outcome.FAILED: RED, Outcome.NOT_RUN: DIM}
#: Columns of a name, and of a state.
WIDEST, STATE = 40, 34


class WorkDisplay:
    """The display of works while they run."""

    def __init__(self, works: Sequence[Work[Result]], canvas: Canvas | None) -> None:
        self._works = works
        self._canvas = canvas
        self._told: set[int] = set()

    def look(self) -> None:
        """Draw the table, or write a line for each work that has just ended."""
        if self._canvas is None:
            return
        if self._canvas.live:
            view = self._canvas.view()
            self._canvas.draw(self._table(view.height - 2, color=view.color))
            return
        for number, work in enumerate(self._works):
            if work.ended is not None and number not in self._told:
                self._told.add(number)
                self._canvas.notice(f"{work.label}: {ending(work.result(), work.seconds)}")

    def over(self, results: Sequence[Result]) -> None:
        """Remove the table, or write a line for each work that never began."""
        if self._canvas is None:
            return
        if self._canvas.live:
            self._canvas.finish([])
            return
        for work, result in zip(self._works, results, strict=True):
            if work.began is None:
                self._canvas.notice(f"{work.label}: {ending(result)}")

    def _table(self, rows: int, *, color: bool) -> list[str]:
        works = list(self._works)
        ended = sum(work.ended is not None for work in works)
        if len(works) > rows:  # running ones stay in sight
            works.sort(key=lambda work: (work.ended is not None, work.began is None))
        width = min(max(len(work.label) for work in works), WIDEST)
        lines = [_row(work, width, color=color) for work in works]
        return [f"{ended} of {counted(len(works))} (Ctrl-C stops waiting)", *lines]


def _row(work: Work[Result], width: int, *, color: bool) -> str:
    seconds = f"{work.seconds:6.1f} s" if work.began is not None else ""
    if work.ended is None:
        state, shade = (work.phase or "starting") if work.began is not None else "waiting", ""
    else:
        result = work.result()
        state, shade = result.outcome.value, COLORS.get(result.outcome, YELLOW)
    text = f"{state[:STATE]:<{STATE}}"
    return f"{sanitise(work.label[:width]):<{width}}  {paint(text, shade, color=color and bool(shade))}{seconds}"
