"""The cached names of one environment: learned from output, requested over REST, refreshed through the CLI on demand.

One thread learns and saves, another one requests, so a slow response does not delay what is cached. Neither prints.
The CLI is used only when the user asks for a refresh.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from mwaa_shell.airflow.command_line import ParsedLine
from mwaa_shell.airflow.completion import NameMatch
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.durations import format_age
from mwaa_shell.errors import ShellError
from mwaa_shell.mwaa.connection import Connection
from mwaa_shell.names import fetch
from mwaa_shell.names.cache_files import EnvironmentIdentity, cache_folder, identify
from mwaa_shell.names.catalogue import NameCatalogue
from mwaa_shell.names.model import KEPT, OF_A_DAG, Change, ListKey, Name
from mwaa_shell.names.store import NameStore
from mwaa_shell.names.task_queue import TaskQueue
from mwaa_shell.preferences import Preferences
from mwaa_shell.result import Result

#: Seconds without a key after which what the cursor stands at is asked for.
PAUSE = 0.3
#: Seconds after which names are asked for again, when they are wanted.
STALE = {Kind.RUN: 20.0}
STALE_ELSE = 300.0
#: Seconds to leave an environment alone after a refresh that failed.
RESPITE = 60.0
#: Seconds after a change until names are written to disk, and to wait at the end for what is being learned.
SAVE_AFTER, LAST_WAIT = 2.0, 2.0
NOT_ALLOWED = "airflow:InvokeRestApi is not allowed: names are learned, .refresh asks"


class NameRefresher:
    """The cached names of one connection. ``changed`` is called on a thread when the toolbar has something new."""

    def __init__(self, link: Connection, preferences: Preferences, folder: Path | None = None) -> None:
        self.catalogue = NameCatalogue()
        self.notice = ""  #: why names are missing, for the toolbar
        self.pressing = False  #: the notice answers what the user asked for
        self.doing = ""  #: what is being refreshed, in words
        self.changed: Callable[[], None] = lambda: None
        self.rest_denied = False  #: for as long as the session lasts
        self._link = link
        self._preferences = preferences
        self._folder = folder
        self._store: NameStore | None = None
        self._confirmed = False  #: AWS has said whose environment it is, or that it will not say
        self._forgotten = 0  #: how often: what was asked for before is not taken in after
        self._asked: set[ListKey] = set()  #: the user wants these, and they have not come yet
        self._told: dict[ListKey, float] = {}  #: when a refresh succeeded
        self._failed: dict[ListKey, float] = {}
        self._desk = TaskQueue("names", self._note, self._learned_once)
        self._asker = TaskQueue("refresh", self._note, self._asked_once)

    @property
    def mode(self) -> str:
        """The preference ``names``: auto, learn or off."""
        return self._preferences["names"]

    @property
    def is_asking(self) -> bool:
        """Whether a request for names runs or waits."""
        return bool(self.doing or self._asked)

    def summary(self) -> str:
        """Return how many DAGs are cached, and the age of the list; empty if there is none."""
        dags = self.catalogue.known().get((Kind.DAG, ""))
        if self.mode == "off" or dags is None:
            return ""
        return f"{len(dags.texts):,} DAG{'s' * (len(dags.texts) != 1)}, {format_age(time.time() - dags.learned)}"

    # -- what others tell and ask ------------------------------------------------------------------------------------

    def learn(self, line: ParsedLine, result: Result) -> None:
        """Learn the names in a result, on a thread."""
        self.notice, self.pressing = "", False
        if self.mode != "off":
            self._desk.do(lambda: self._learn(line, result))

    def settle(self) -> None:
        """Load the cached names from disk: those of the account of the last session until AWS names the account."""
        if self.mode == "off" or self._confirmed:
            return
        seen = identify(self._link)
        self._confirmed = seen is not None and seen.confirmed
        self._link.last_version = seen.version if seen else None
        if seen is not None and (self._store is None or self._store.owner != seen.owner):
            self._load(seen)

    def _load(self, seen: EnvironmentIdentity) -> None:

        if self._store is not None:  # the account is another than the last time: so are the names
            self.catalogue.forget()
        self._store = NameStore(self._folder or cache_folder(), seen.account, seen.region, self._link.target.name)
        kept, trouble = self._store.load()
        self.catalogue.merge(kept.known(), kept.picks())
        self.catalogue.prepare()
        self.notice = trouble or self.notice

    def want(self, kind: Kind, dag: str = "") -> None:
        """Request the names for the cursor over REST after a pause in typing, unless they are fresh."""
        if self.mode == "auto" and self.can_rest(kind, dag) and not self._is_fresh((kind, dag)):
            self._asker.drop(lambda key: isinstance(key, tuple) and key[0] in OF_A_DAG)  # the user has typed on
            self._asker.do_later((kind, dag), PAUSE, lambda: self._refresh(kind, dag))

    def want_dags(self) -> None:
        """Request the IDs of DAGs, which most commands take."""
        self.want(Kind.DAG)

    def refresh(self, kind: Kind, dag: str = "") -> None:
        """Request names for ``.refresh``: over REST if possible, else through the CLI."""
        if (kind, dag) not in self._asked:
            self._asked.add((kind, dag))
            self._asker.do(lambda: self._refresh(kind, dag, through_cli=True))

    def forget(self) -> str | None:
        """Drop all names in memory and on disk; return why that failed, if it did."""
        self._forgotten += 1
        self._desk.clear()
        self._asker.clear()
        self._asked.clear()
        self._told.clear()
        self.catalogue.forget()
        return self._store.delete() if self._store is not None else None

    def can_rest(self, kind: Kind, dag: str = "") -> bool:
        """Return whether REST offers a kind here and has not been denied."""
        version = self._link.version
        return version is not None and not self.rest_denied and fetch.requests_for(kind, version, dag) is not None

    def close(self) -> None:
        """Save what has not been saved."""
        self._desk.wait(LAST_WAIT, for_later=False)
        if self._desk.waits("save"):
            self._save()

    def wait(self, timeout: float = 30.0) -> bool:
        """Wait until both threads are idle; for tests."""
        return self._asker.wait(timeout) and self._desk.wait(timeout)

    # -- what the threads do -----------------------------------------------------------------------------------------

    def _note(self, error: Exception) -> None:
        self.notice = str(error) if isinstance(error, ShellError) else f"names: {type(error).__name__}: {error}"

    def _learned_once(self) -> None:
        self.changed()

    def _asked_once(self) -> None:
        self.doing = ""
        self.changed()

    def _learn(self, line: ParsedLine, result: Result) -> None:
        if not self._confirmed:
            self.settle()  # AWS may have answered meanwhile
        changes, used = fetch.of_reply(line, result, self._link.grammar)
        self.catalogue.apply(changes, "reply", time.time())
        for kind, dag, text in used:
            self.catalogue.picked(kind, dag, text, time.time())
        if changes or used:
            self._learned()

    def _refresh(self, kind: Kind, dag: str, *, through_cli: bool = False) -> None:
        """Request names over REST, and through the CLI only if the user asked."""
        generation, key = self._forgotten, (kind, dag)
        self.doing, self.pressing = fetch.title(kind, dag), through_cli
        self.changed()
        self._failed[key] = time.monotonic()
        try:
            changes, source, trouble = self._ask(kind, dag, through_cli=through_cli)
        finally:
            self._asked.discard(key)
        if generation != self._forgotten:
            return
        self.notice = trouble
        self.catalogue.apply(changes, source, time.time())
        if not trouble:
            del self._failed[key]
            self._told[key] = time.monotonic()
        if changes:
            self._learned()

    def _ask(self, kind: Kind, dag: str, *, through_cli: bool) -> tuple[Sequence[Change], str, str]:
        """Return the changes, their source and what went wrong; the CLI is asked if REST returns nothing or not all."""
        told = fetch.FetchResult(trouble=NOT_ALLOWED)
        if self.can_rest(kind, dag):
            told = fetch.over_rest(self._link, kind, dag)
            self.rest_denied = told.denied
        some = [told.seen] if told.seen is not None else []
        if not through_cli or (some and not told.trouble):
            return some, "REST", told.trouble or (NOT_ALLOWED if told.denied else "")
        try:
            return fetch.through_cli(self._link, kind, dag), "CLI", ""
        except ShellError as error:
            return some, "REST", str(error)

    def _learned(self) -> None:
        self.catalogue.prepare()
        if self._store is not None and not self._desk.waits("save"):
            self._desk.do_later("save", SAVE_AFTER, self._save)

    def _save(self) -> None:
        if self._store is not None and self._confirmed:
            self.notice = self._store.save(self.catalogue) or self.notice

    def _is_fresh(self, key: ListKey) -> bool:
        """Return whether a list is recent, also from another session, or was requested in vain a moment ago."""
        known, stale = self.catalogue.known().get(key), STALE.get(key[0], STALE_ELSE)
        kept = time.time() - known.learned if known and known.source != "reply" else float("inf")
        told, failed = (time.monotonic() - times.get(key, float("-inf")) for times in (self._told, self._failed))
        return min(kept, told) < stale or failed < RESPITE


# -- candidates for completion -----------------------------------------------------------------------------------------

#: Most candidates for the menu.
LIMIT = 50


def name_candidates(
    live: NameRefresher | None, kind: Kind, dag: str, fragment: str, *, asked: bool = False
) -> tuple[Sequence[NameMatch], int]:
    """Return the best cached names of a kind for a fragment, and how many more fit; answers from memory.

    With ``asked`` (the user pressed Tab) names are requested if none are cached.
    """
    own = _kept_as(kind)
    if live is None or live.mode == "off" or own is None or (own in OF_A_DAG and not dag):
        return (), 0
    dag = dag if own in OF_A_DAG else ""
    live.want(own, dag)
    if asked and live.mode == "auto" and (own, dag) not in live.catalogue.known():
        live.refresh(own, dag)
    if kind is Kind.DATE:
        return _dates(live.catalogue.names(own, dag), fragment), 0
    found, more = live.catalogue.search(own, dag, fragment, LIMIT)
    return [_found(own, name) for name in found], more


def _kept_as(kind: Kind) -> Kind | None:
    """Return the kind of the cached names that a kind of argument takes."""
    if kind in (Kind.DATE, Kind.DATE_OR_RUN):
        return Kind.RUN
    return kind if kind in KEPT else None


def _dates(runs: Sequence[Name], fragment: str) -> list[NameMatch]:
    """Return the logical dates of runs, newest first."""
    dates = {run.facts["date"]: run for run in runs if run.facts.get("date", "").startswith(fragment)}
    return [NameMatch(date, run.text, run.facts.get("state", "")) for date, run in list(dates.items())[:LIMIT]]


def _found(kind: Kind, name: Name) -> NameMatch:
    facts = name.facts
    if kind is Kind.DAG:
        told = ["paused" if facts.get("paused") == "yes" else "", facts.get("owners", "")]
        last = facts.get("last_state", "")
        return NameMatch(name.text, ", ".join(part for part in told if part), last)
    if kind is Kind.RUN:
        return NameMatch(name.text, facts.get("date") or facts.get("after", ""), facts.get("state", ""))
    return NameMatch(name.text, next(iter(facts.values()), ""))
