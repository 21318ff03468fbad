"""Safety checks: what must be confirmed before a command that changes data is sent. Pure but for the asking.

What only reads always passes. On most environments a change runs and what destroys is asked about; on a protected one
a change is asked about and what destroys wants the name of the environment typed. A read-only session sends nothing
but reads. Where nobody can be asked, the answer has to be given beforehand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from mwaa_shell.airflow.knowledge import Danger, Level
from mwaa_shell.errors import RefusedByRule
from mwaa_shell.settings import Protection


class Need(Enum):
    """What is wanted before a line is sent."""

    NOTHING = "nothing"
    YES = "yes"
    NAME = "name"  #: the name of the environment, typed


@dataclass(frozen=True, slots=True)
class Answers:
    """Who says yes: somebody at a prompt, or ``--yes`` on the command line. Nobody by default."""

    beforehand: str | None = None  #: of ``--yes``: empty for a plain one, or the name of an environment
    ask: Callable[[str], bool] | None = None
    ask_name: Callable[[str], str | None] | None = None


class Effect(Protocol):
    """What a command does, in sentences that start with a verb; none where only its danger is known."""

    @property
    def words(self) -> str: ...

    def in_full(self) -> str:
        """Return the words with what can be found out in a second."""


def need(danger: Danger, place: Protection, line: str = "the line") -> Need:
    """What a line of this danger wants on this environment; raises for what a read-only session does not send."""
    if danger.level is Level.READ:
        return Need.NOTHING
    if place.read_only:
        why = f", {place.why}" if place.why else ""
        raise RefusedByRule(f"This session only reads{why}: {line} {_does(danger)}; the line was not sent")
    if danger.level is Level.DESTROY:
        return Need.NAME if place.protected else Need.YES
    return Need.YES if place.protected else Need.NOTHING


def pass_rails(  # noqa: PLR0913 - what is asked about, of whom, and in which words
    line: str, danger: Danger, place: Protection, answers: Answers, *, asks: bool = False, effect: Effect | None = None
) -> bool:
    """Ask what has to be asked about a line, as it may be shown; whether a yes was wanted. Raises for a no.

    ``asks`` is for a line about which Airflow would ask: nobody can answer there, so it is asked here. ``effect`` is
    what the question says in the place of the danger.
    """
    wanted = need(danger, place, line)
    if asks and wanted is Need.NOTHING:
        wanted = Need.YES
    if wanted is Need.NOTHING:
        return False
    if answers.ask is None or answers.ask_name is None:
        words = effect.words if effect is not None else ""
        does = f"{words[0].lower()}{words[1:]}" if words else f"{_does(danger)}."
        _answered_beforehand(line, does, place, answers.beforehand)
        return True
    says = (effect.in_full() if effect is not None else "") or f"{line} {_does(danger)}."
    if wanted is Need.NAME:
        _typed_name(says, place, answers.ask_name)
    elif not answers.ask(f"{says} Run it on {place.name}?"):
        raise RefusedByRule("Not confirmed, the line was not sent")
    return True


def _typed_name(says: str, place: Protection, ask_name: Callable[[str], str | None]) -> None:
    typed = ask_name(f"{says} {place.name} is protected: type its name to run it")
    if typed is None or typed.strip() != place.name:
        why = "Not confirmed" if not (typed or "").strip() else f"That is not {place.name}"
        raise RefusedByRule(f"{why}, the line was not sent")


def _answered_beforehand(line: str, does: str, place: Protection, said: str | None) -> None:
    if said == place.name or (said == "" and not place.protected):
        return
    flag = f"--yes={place.name}" if place.protected else "--yes"
    where = f"{place.name}, which is protected" if place.protected else place.name
    raise RefusedByRule(f"{line} was not confirmed on {where}. It {does} {flag} lets it run; the line was not sent")


def _does(danger: Danger) -> str:
    word = "destroys something" if danger.level is Level.DESTROY else "changes something"
    return f"{word}: {danger.reason}" if danger.reason else word
