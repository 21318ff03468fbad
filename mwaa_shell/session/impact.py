"""What one command would do to its environment, for the question before it: in words, and in numbers if time allows.

The words need nobody. The numbers come from Airflow's REST API, which takes none of the few CLI requests of a web
server, and from the cached names; where that is not permitted, too slow or not offered, nothing is said of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mwaa_shell.airflow.command_line import ParsedLine, parse, quote
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.reach import Reach, reach_of
from mwaa_shell.airflow.reach_count import SINCE, Clock, RestQuery, count, is_paused
from mwaa_shell.errors import NothingRan, PermissionMissing, ShellError
from mwaa_shell.job import Job, PhaseTimeout

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Grammar
    from mwaa_shell.job import ProgressListener
    from mwaa_shell.mwaa.connection import Connection
    from mwaa_shell.names.refresher import NameRefresher

#: Seconds for all that is asked before a question.
PATIENCE = 1.0
COUNTING = "counting"
#: Seconds for which the cached names are believed about what is paused.
FRESH = 3600.0


@dataclass(frozen=True, slots=True)
class Where:
    """The environment of a command, what is known of it, and who waits."""

    link: Connection | None = None
    live: NameRefresher | None = None
    watcher: ProgressListener | None = None

    @property
    def has_rest(self) -> bool:
        """Whether REST may be asked, as far as is known."""
        version = self.link.version if self.link is not None else None
        return version is not None and version >= SINCE and not (self.live is not None and self.live.rest_denied)

    def is_paused(self, dag: str) -> bool | None:
        """Whether the DAG is paused, as the cached names have it; ``None`` where they do not tell."""
        known = self.live.catalogue.known().get((Kind.DAG, "")) if self.live is not None and dag else None
        if known is None or time.time() - known.learned > FRESH:
            return None
        told = known.facts.get(dag, {}).get("paused")
        return None if told is None else told == "yes"


class Impact:
    """The impact of one command."""

    def __init__(self, line: ParsedLine, shown: str, grammar: Grammar | None, where: Where | None = None) -> None:
        """``shown`` is the command with masks: all words are made of it. Without ``where``, nothing is counted."""
        self._reach = reach_of(parse(shown), grammar)
        self._where = where or Where()
        self._masked = shown != line.command  # the masks would be counted

    @property
    def words(self) -> str:
        """Sentences that start with a verb; nothing where only the danger of the command is known."""
        return self._reach.effect if self._reach else ""

    def in_full(self) -> str:
        """The words with numbers, and how to see more beforehand; takes a second at most, and Ctrl-C ends it."""
        reach = self._reach
        if reach is None:
            return ""
        paused = self._where.is_paused(reach.starts_in)
        sentences: list[str] = []
        asks = not self._masked and (reach.selection is not None or (reach.starts_in and paused is None))
        if asks and self._where.has_rest:
            sentences, told = _asked(reach, self._where)
            paused = told if paused is None else paused
        if paused:
            sentences.append(waits(reach.starts_in))
        return " ".join(one for one in (reach.effect, *sentences, reach.hint) if one)

    def tell_paused(self, note: Callable[[str], None]) -> None:
        """Note that the DAG is paused where the command starts something in it and nobody is asked about that."""
        dag = self._reach.starts_in if self._reach else ""
        if self._where.is_paused(dag):
            note(waits(dag))


def waits(dag: str) -> str:
    """That nothing of a DAG starts."""
    return f"{quote(dag)} is paused: nothing of it starts until it is unpaused."


def _asked(reach: Reach, where: Where) -> tuple[list[str], bool]:
    """What REST tells in time, and whether the DAG is paused."""
    link, end = where.link, time.monotonic() + PATIENCE
    version = link.version if link is not None else None
    assert link is not None  # else there is no REST API to ask
    assert version is not None
    sentences: list[str] = []
    paused: list[bool] = []

    def work(job: Job[None]) -> None:
        def ask(call: RestQuery) -> object:
            if not job.begin_phase(COUNTING, end - time.monotonic()):
                raise NothingRan("Given up")
            return link.api.invoke_rest(link.target.name, call.path, call.query, call.body)

        job.begin_phase(COUNTING, PATIENCE)
        count(reach, version, _clock(link), ask, sentences.append)
        if reach.starts_in and where.is_paused(reach.starts_in) is None:
            paused.append(is_paused(reach.starts_in, version, ask))

    try:
        Job(work, COUNTING).wait(where.watcher)
    except PermissionMissing:
        if where.live is not None:
            where.live.rest_denied = True
    except (PhaseTimeout, ShellError):
        pass  # what has come is all that is said
    return list(sentences), any(paused)


def _clock(link: Connection) -> Clock:
    options = link.known.details.get("AirflowConfigurationOptions")
    zone = options.get("core.default_timezone") if isinstance(options, dict) else None
    return Clock(datetime.now(UTC), zone is None or str(zone).lower() == "utc")
