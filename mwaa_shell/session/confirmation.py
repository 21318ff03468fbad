"""Safety checks: the confirmation of a command, and what its question says.

A read-only command requires none. A destructive command requires a yes. On a protected environment, a change requires a
yes and a destructive command the typed name of the environment. A read-only session sends only read-only commands.
Without a prompt, ``--yes`` is the confirmation. Numbers in a question come from the cached names and from Airflow's
REST API, which takes no CLI request of the web server. They are left out where REST is not permitted, too slow or not
offered.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING

from mwaa_shell.airflow.command_line import ParsedLine, parse
from mwaa_shell.airflow.knowledge import Danger, Kind, Level
from mwaa_shell.airflow.reach import Reach, What, describe_paused, reach_of
from mwaa_shell.airflow.reach_count import Clock, count, is_paused
from mwaa_shell.airflow.rest import REST_SINCE, RestRequest
from mwaa_shell.errors import CANCELED, NothingRan, PermissionMissing, RefusedByRule, ShellError
from mwaa_shell.job import Job, PhaseTimeout
from mwaa_shell.settings import Protection

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Grammar
    from mwaa_shell.mwaa import Connection
    from mwaa_shell.session.session import Session

#: Seconds for all requests before a question.
PATIENCE = 1.0
COUNTING = "counting"
#: Seconds for which the cached state of a DAG, paused or not, is trusted.
FRESH = 3600.0


class Confirmation(Enum):
    """The confirmation that a command requires before it is sent."""

    NOTHING = "nothing"
    YES = "yes"
    NAME = "name"  #: the name of the environment, typed


@dataclass(frozen=True, slots=True)
class Confirmer:
    """The source of confirmations: questions at a prompt, or ``--yes``."""

    beforehand: str | None = None  #: the value of ``--yes``, empty for a plain one
    ask: Callable[[str], bool] | None = None
    ask_name: Callable[[str], str | None] | None = None


def confirmation_for(danger: Danger, place: Protection, line: str = "the line") -> Confirmation:
    """Return what a danger requires; raise ``RefusedByRule`` in read-only mode."""
    if danger.level is Level.READ:
        return Confirmation.NOTHING
    if place.read_only:
        does = "is destructive" if danger.level is Level.DESTROY else "changes data"
        raise RefusedByRule(f"Read-only mode refused {line}: it {does}", hint=place.hint)
    if danger.level is Level.DESTROY:
        return Confirmation.NAME if place.protected else Confirmation.YES
    return Confirmation.YES if place.protected else Confirmation.NOTHING


def confirm(  # noqa: PLR0913 - subject, user and words of the question
    line: str, danger: Danger, place: Protection, answers: Confirmer, *, asks: bool = False, effect: Impact | str = ""
) -> bool:
    """Ask for a confirmation if one is required; return whether one was.

    Raises ``RefusedByRule`` for a no.

    ``line`` is the command as it may be shown. ``asks`` says that Airflow would ask a question that cannot be answered
    on the web server. ``effect`` describes the command in place of its danger, in sentences that start with a verb.
    """
    wanted = confirmation_for(danger, place, line)
    if asks and wanted is Confirmation.NOTHING:
        wanted = Confirmation.YES
    if wanted is Confirmation.NOTHING:
        return False
    if answers.ask is None or answers.ask_name is None:
        words = effect if isinstance(effect, str) else effect.words
        does = f"{words[0].lower()}{words[1:]}" if words else _does(danger)
        _answered_beforehand(line, does, place, answers.beforehand)
        return True
    usual = f"{danger.reason[0].upper()}{danger.reason[1:]}." if danger.reason else f"{line} {_does(danger)}."
    says = (effect if isinstance(effect, str) else effect.in_full()) or usual
    if wanted is Confirmation.NAME:
        _typed_name(says, place, answers.ask_name)
    elif not answers.ask(f"{says} Run it on {place.name}?"):
        raise RefusedByRule(CANCELED)
    return True


def _typed_name(says: str, place: Protection, ask_name: Callable[[str], str | None]) -> None:
    typed = ask_name(f"{says} {place.name} is protected: type its name to run it")
    if typed is None or typed.strip() != place.name:
        raise RefusedByRule(CANCELED if is_no(typed) else f"The typed name is not {place.name}")


def is_no(typed: str | None) -> bool:
    """Return whether a typed answer is a no: empty, or ``n`` as for ``[y/N]``."""
    return (typed or "").strip().lower() in ("", "n", "no")


def _answered_beforehand(line: str, does: str, place: Protection, yes: str | None) -> None:
    if yes == place.name or (yes == "" and not place.protected):
        return
    flag = f"--yes={place.name}" if place.protected else "--yes"
    passed = f" (you passed --yes{'=' * bool(yes)}{yes})" if yes is not None else ""
    hint = f"Pass {flag}{passed}." if passed or not place.protected else f"Pass {flag}: {place.name} is protected."
    raise RefusedByRule(f"{line} needs confirmation: it {does}", hint=hint)


def _does(danger: Danger) -> str:
    return danger.reason or ("deletes data" if danger.level is Level.DESTROY else "changes data")


class Impact:
    """The impact of one command on its environment, in words and numbers."""

    def __init__(self, line: ParsedLine, shown: str, grammar: Grammar | None, session: Session | None = None) -> None:
        """Take the masked command for all words; count nothing without ``session``."""
        self._reach = reach_of(parse(shown), grammar)
        self._unpause = "unpause" if grammar is not None and grammar.version.major < 2 else "dags unpause"
        self._connection = session.connection if session is not None else None
        self._names = session.cached_names if session is not None else None
        self._watcher = session.ui.watcher if session is not None else None
        self._masked = shown != line.command  # numbers would be those of the masks

    @property
    def words(self) -> str:
        """Sentences that start with a verb; empty where only the danger is known."""
        return self._reach.effect if self._reach else ""

    @property
    def creates_runs(self) -> bool:
        """Whether the command creates a run for each date of a range."""
        selection = self._reach.selection if self._reach else None
        return selection is not None and What.DATES in selection.what

    def in_full(self) -> str:
        """Return the words with numbers and a hint, in one second or up to Ctrl-C."""
        reach = self._reach
        if reach is None:
            return ""
        paused = self._is_paused(reach.starts_in)
        sentences: list[str] = []
        if not self._masked and (reach.selection is not None or (reach.starts_in and paused is None)):
            sentences, asked = self._ask(reach, knows_paused=paused is not None)
            paused = paused or asked
        if paused:
            sentences.append(self._waits(reach.starts_in))
        return " ".join(one for one in (reach.effect, *sentences, reach.hint) if one)

    def note_if_paused(self, note: Callable[[str], None]) -> None:
        """Show that the DAG is paused in which an unconfirmed command starts something."""
        dag = self._reach.starts_in if self._reach else ""
        if self._is_paused(dag):
            note(self._waits(dag))

    def _waits(self, dag: str) -> str:
        """Return the sentence that nothing of a paused DAG starts."""
        return f"{describe_paused(dag, self._unpause)}."

    def _is_paused(self, dag: str) -> bool | None:
        """Return whether the cached names say that a DAG is paused; else ``None``."""
        names = self._names.catalogue.snapshot().get((Kind.DAG, "")) if self._names is not None and dag else None
        if names is None or time.time() - names.learned > FRESH:
            return None
        paused = names.facts.get(dag, {}).get("paused")
        return None if paused is None else paused == "yes"

    def _ask(self, reach: Reach, *, knows_paused: bool) -> tuple[list[str], bool]:
        """Return sentences with numbers over REST, and whether the DAG is paused."""
        connection, cached_names = self._connection, self._names
        version = connection.version if connection is not None else None
        denied = cached_names is not None and cached_names.rest_denied
        if connection is None or version is None or version < REST_SINCE or denied:
            return [], False
        end = time.monotonic() + PATIENCE
        sentences: list[str] = []
        paused: list[bool] = []

        def work(job: Job[None]) -> None:
            def ask(request: RestRequest) -> object:
                if not job.begin_phase(COUNTING, end - time.monotonic()):
                    raise NothingRan("Canceled")
                return connection.api.invoke_rest(connection.target.name, request)

            job.begin_phase(COUNTING, PATIENCE)
            count(reach, version, _clock(connection), ask, sentences.append)
            if reach.starts_in and not knows_paused:
                paused.append(is_paused(reach.starts_in, version, ask))

        try:
            Job(work, COUNTING).wait(self._watcher)
        except PermissionMissing:
            if cached_names is not None:
                cached_names.rest_denied = True
        except (PhaseTimeout, ShellError):
            pass  # the question has the numbers so far
        return list(sentences), any(paused)


def _clock(connection: Connection) -> Clock:
    options = connection.info.details.get("AirflowConfigurationOptions")
    zone = options.get("core.default_timezone") if isinstance(options, dict) else None
    return Clock(datetime.now(UTC), zone is None or str(zone).lower() == "utc")
