"""The plan for several environments: a command for each, and one confirmation."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mwaa_shell.addresses import MASK
from mwaa_shell.airflow.additions import with_yes_flag
from mwaa_shell.airflow.command_line import ParsedLine, parse
from mwaa_shell.airflow.knowledge import danger_of, reads
from mwaa_shell.airflow.translation import translated_line
from mwaa_shell.errors import CANCELED, RefusedByRule, ShellError, UsageError
from mwaa_shell.many.selection import Target
from mwaa_shell.many.side_by_side import ask_all
from mwaa_shell.output import measure, sanitise
from mwaa_shell.session import (
    Confirmation,
    Impact,
    Session,
    UserInterface,
    confirmation_for,
    fill_secrets,
    is_no,
    load_environment_info,
)

if TYPE_CHECKING:
    from mwaa_shell.airflow.knowledge import Danger
    from mwaa_shell.settings import Protection

#: Rows of the screen for the question and the typed command.
ROOM = 6
#: Columns of a command beside the names, at least.
LEAST = 20
#: Columns of a name in a table; a longer one is cut off.
WIDEST = 40


@dataclass(frozen=True, slots=True)
class Step:
    """The command of a plan for one environment, or the error instead."""

    label: str
    session: Session | None  #: ``None`` for an environment that cannot be reached
    line: ParsedLine  #: in the words of its Airflow
    error: ShellError | None = None  #: why it is left out

    @property
    def there(self) -> Session:
        """The session on an environment that can be reached."""
        assert self.session is not None
        return self.session

    @property
    def reads(self) -> bool:
        """Whether the command certainly changes nothing there."""
        return reads(self.line, self.there.grammar)

    @property
    def danger(self) -> Danger:
        return danger_of(self.line, self.there.grammar)

    @property
    def shown(self) -> str:
        """The command with its secrets masked."""
        return self.there.rules().mask(self.line.command)

    @property
    def asks(self) -> bool:
        """Whether Airflow would ask a question, which has no answer on the web server."""
        return with_yes_flag(self.line, self.there.grammar) is not None

    @property
    def place(self) -> Protection:
        """The confirmations that the environment requires."""
        return self.there.protection()


def make_step(session: Session, target: Target, line: ParsedLine, ui: UserInterface) -> Step:
    """Return the step for one environment; may wait for AWS, on any thread.

    It never raises ``ShellError``: the step has the error.
    """
    if target.connection is None:
        return Step(target.label, None, line, target.error)
    own = session.beside(target.connection.target, ui)
    try:
        load_environment_info(own)
        line = parse(translated_line(line.text, own.rules().checked_by))
        problem = own.rules().problem_in(line.text)
        if problem is not None:
            raise UsageError(problem.message, hint=problem.hint)
        step = Step(target.label, own, line)
        confirmation_for(step.danger, step.place, step.shown)
    except ShellError as error:
        return Step(target.label, own, line, error)
    return step


def make_steps(session: Session, targets: Sequence[Target], line: ParsedLine) -> list[Step]:
    """Return the steps for all targets; waits for AWS."""

    ui = UserInterface(draws_tables=True)
    phase = "asking AWS for the Airflow versions"
    return _each_once(ask_all(session, phase, targets, lambda target: make_step(session, target, line, ui)))


def _each_once(steps: Sequence[Step]) -> list[Step]:
    """Leave out an environment that another step has under a different name.

    Without an ARN of AWS, the name and the region decide.
    """
    made: list[Step] = []
    for step in steps:
        twin = next((other for other in made if other.error is None and _may_be_one(step, other)), None)
        error = step.error
        if twin is not None and error is None:
            same = "is" if _arn(step) and _arn(twin) else "may be"
            error = UsageError(f"{step.label} {same} the same environment as {twin.label}.")
        made.append(replace(step, error=error))
    return made


def _may_be_one(step: Step, other: Step) -> bool:
    if step.session is None or other.session is None:
        return False
    if _arn(step) and _arn(other):
        return _arn(step) == _arn(other)
    here, there = step.session.connection, other.session.connection
    return (here.target.name, here.region) == (there.target.name, there.region)


def _arn(step: Step) -> str:
    return step.session.connection.info.arn if step.session is not None else ""


def confirm_all(session: Session, steps: Sequence[Step], which: str) -> None:
    """Ask once for the changes of a plan; raise ``RefusedByRule`` for a no."""
    runs = [step for step in steps if step.error is None]
    changes = [step for step in runs if not step.reads or step.asks]
    if not changes:
        return
    if session.ui.ask is None or session.ui.ask_name is None:
        _require_yes(session, steps, changes, which)
        return
    protected = [step for step in changes if step.place.protected]
    first = changes[0]
    effect = Impact(parse(first.line.command), first.shown, first.there.grammar).words or f"{first.shown} changes data."
    _show(session, steps)
    where = f"{len(changes)} environments" if len(changes) > 1 else first.label
    if not protected:
        if not session.ui.ask(f"{effect} Run it on {where}?"):
            raise RefusedByRule(CANCELED)
        return
    names = [step.label for step in protected]
    group = f"{which} or " if which.startswith("@") else ""
    many = "their names with commas" if len(names) > 1 else "its name"
    are = "are" if len(names) > 1 else "is"
    typed = session.ui.ask_name(
        f"{effect} It runs on {where}. {', '.join(names)} {are} protected: type {group}{many} to run it"
    )
    confirmed = {part.strip() for part in (typed or "").split(",") if part.strip()}
    if confirmed != set(names) and not (group and (typed or "").strip() == which):
        raise RefusedByRule(CANCELED if is_no(typed) else f"The typed names are not {', '.join(names)}")


def _require_yes(session: Session, steps: Sequence[Step], changes: Sequence[Step], which: str) -> None:
    """Raise where ``--yes`` lacks a required confirmation.

    A selection that begins with a group is confirmed by its own words, as at a prompt. With ``--on``, every name has to
    be one of its environments. Without, the lines of a script may run on others.
    """
    yes = session.settings.yes
    if which.startswith("@") and yes == which:
        return
    names = {part.strip() for part in (yes or "").split(",")}
    wanted = [
        step for step in changes if step.asks or confirmation_for(step.danger, step.place) is not Confirmation.NOTHING
    ]
    of_a_name = Counter(step.place.name for step in changes)
    flags = {step.label: step.place.name if of_a_name[step.place.name] == 1 else step.label for step in changes}
    left = [
        step
        for step in wanted
        if names.isdisjoint((flags[step.label], step.label)) and (yes != "" or step.place.protected)
    ]
    there = {step.label for step in steps} | {step.session.protection().name for step in steps if step.session}
    others = ", ".join(sorted(names - there - {""})) if session.settings.on else ""
    if not left and not others:
        return
    protected = any(step.place.protected for step in left)
    flag = f"--yes={','.join(dict.fromkeys(flags[step.label] for step in wanted))}" if protected or yes else "--yes"
    if others:
        hint = f"Pass {flag}." if wanted else "Leave out --yes."
        raise RefusedByRule(f"--yes names environments that --on does not: {others}", hint=hint)
    where = ", ".join(step.label for step in left)
    raise RefusedByRule(f"{left[0].shown} needs confirmation on {where}", hint=f"Pass {flag}.")


def _show(session: Session, steps: Sequence[Step]) -> None:
    """Show each environment with its version and command, or why it is left out."""
    canvas = session.ui.canvas
    live = canvas is not None and canvas.live
    rows = [(step.label, *_cells(step)) for step in steps]
    if canvas is not None and live and len(rows) > canvas.view().height - ROOM:  # the screen would not show all rows
        rows = [(f"{count} x", *cells) for cells, count in Counter(map(_cells, steps)).items()]
    width = min(max(len(label) for label, *_ in rows), WIDEST)
    protected = any(protection for _, _, protection, _ in rows)
    heads = [
        sanitise(f"{label[:width]:<{width}}  {version:<8}{f'  {protection:<9}' if protected else ''}  ")
        for label, version, protection, _ in rows
    ]
    room = max(canvas.view().width - len(heads[0]), LEAST) if canvas is not None and live else sys.maxsize
    lines = []
    for head, (*_, text) in zip(heads, rows, strict=True):
        first, *more = measure.wrap(sanitise(text), room)
        lines += [head + first, *(" " * len(head) + line for line in more)]
    if canvas is not None and live:
        canvas.finish(lines)
    else:
        session.ui.note("\n".join(lines))


def _cells(step: Step) -> tuple[str, str, str]:
    """Return the version, the word ``protected``, and the command or its problem."""
    if step.session is None:
        return "", "", f"left out: {step.error}"
    protection = "protected" if step.place.protected else ""
    text = f"left out: {step.error}" if step.error is not None else step.shown
    return str(step.session.connection.version or ""), protection, text


class Secrets:
    """The secrets of a masked command, asked for once and sent to every environment."""

    def __init__(self, ask: Callable[[str], str | None] | None) -> None:
        self._ask = ask
        self._given: list[str | None] = []

    def ask_for(self, steps: Sequence[Step]) -> None:
        """Ask for all secrets; raise ``UsageError`` for a missing one."""
        for step in steps:
            if step.error is None and MASK in step.line.text:
                fill_secrets(step.line, step.there.grammar, self.in_order(), step.there.secret_words)

    def in_order(self) -> Callable[[str], str | None]:
        """Return a function that returns the secrets of a line in order."""
        number = -1

        def answer(name: str) -> str | None:
            nonlocal number
            number += 1
            if number == len(self._given):
                self._given.append(self._ask(name) if self._ask is not None else None)
            return self._given[number]

        return answer
