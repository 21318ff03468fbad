"""The cached names of one environment: from output, over REST, through the CLI.

One thread reads output and saves, another one sends requests, so a slow response does not delay what is cached. Neither
prints. The CLI is used only when the user asks for a refresh.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from pathlib import Path
from types import MappingProxyType

from mwaa_shell.airflow.command_line import ParsedLine
from mwaa_shell.airflow.completion import NameMatch
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.errors import ShellError, sentence
from mwaa_shell.mwaa import Connection
from mwaa_shell.names import fetch
from mwaa_shell.names.cache_files import EnvironmentIdentity, cache_folder, identify
from mwaa_shell.names.catalogue import NameCatalogue
from mwaa_shell.names.model import KEPT, OF_A_DAG, Change, ListKey, Name, NamesFound
from mwaa_shell.names.store import NameStore
from mwaa_shell.preferences import Preferences
from mwaa_shell.result import Result
from mwaa_shell.suggestions import closest

#: Seconds without a key after which names for the cursor are requested.
PAUSE = 0.3
#: Seconds after which names are requested again, if the cursor is at one.
STALE = {Kind.RUN: 20.0}
STALE_ELSE = 300.0
#: Seconds to leave an environment alone after a refresh that failed.
RESPITE = 60.0
#: Seconds after a change until names are written to disk, and to wait at the end for what is being learned.
SAVE_AFTER, LAST_WAIT = 2.0, 2.0
#: Most names to compare with a missing name. Each takes 30 microseconds.
COMPARED = 5_000
#: Most candidates for the menu.
LIMIT = 50
Task = Callable[[], None]
TOO_LONG = "The REST API cannot list the tasks of a DAG with so long an ID. Tab loads them through the CLI."
NOT_PERMITTED = (
    "airflow:InvokeRestApi is not permitted. Completion uses the names in past output, and .refresh loads names."
)


class TaskQueue:
    """A thread that runs tasks in order, or after a delay, by their keys. It starts with the first one.

    It never prints, and never keeps the program alive.
    """

    def __init__(self, name: str, failed: Callable[[Exception], None], after: Callable[[], None]) -> None:
        """Make a queue. ``failed`` gets what a task raised, ``after`` follows each task; both run on the thread."""
        self._name = name
        self._failed = failed
        self._after = after
        self._tasks: dict[Hashable, tuple[float, Task]] = {}  #: by key, each with the time at which it is due
        self._awake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._busy = False

    def do(self, task: Task) -> None:
        """Run a task after those in the queue."""
        self.do_later(object(), 0.0, task)

    def do_later(self, key: Hashable, seconds: float, task: Task) -> None:
        """Run a task after some seconds, in place of a waiting task with its key."""
        with self._awake:
            self._tasks[key] = time.monotonic() + seconds, task
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._awake.notify_all()

    def drop(self, which: Callable[[Hashable], bool] = lambda key: True) -> None:
        """Cancel the waiting tasks, or those whose keys ``which`` accepts."""
        with self._awake:
            self._tasks = {key: task for key, task in self._tasks.items() if not which(key)}

    def waits(self, key: Hashable) -> bool:
        """Return whether a waiting task has this key."""
        return key in self._tasks

    def wait(self, timeout: float, *, for_later: bool = True) -> bool:
        """Wait at most ``timeout`` seconds for an empty queue; return whether it is empty.

        Without ``for_later``, tasks that are not due yet do not count.
        """
        with self._awake:
            return self._awake.wait_for(
                lambda: (
                    not self._busy and not any(for_later or due <= time.monotonic() for due, _ in self._tasks.values())
                ),
                timeout,
            )

    def _run(self) -> None:
        while True:
            task = self._next()
            try:
                task()
            except Exception as error:  # a background thread never prints, even a bug
                self._failed(error)
            self._after()
            with self._awake:  # who waits sees what follows the task, too
                self._busy = False
                self._awake.notify_all()

    def _next(self) -> Task:
        """Wait until a task is due, and take it."""
        with self._awake:
            while True:
                key = min(self._tasks, key=lambda one: self._tasks[one][0], default=None)
                left = self._tasks[key][0] - time.monotonic() if key is not None else None
                if left is not None and left <= 0:
                    self._busy = True
                    return self._tasks.pop(key)[1]
                self._awake.wait(left)


class NameRefresher:
    """The cached names of one connection. ``changed`` is called on a thread when the toolbar has something new."""

    def __init__(self, connection: Connection, preferences: Preferences, folder: Path | None = None) -> None:
        self.catalogue = NameCatalogue()
        self.notice = ""  #: why names are missing, until the prompt has shown that
        self.pressing = False  #: the notice is about names that the user asked for
        self.doing = ""  #: what is being refreshed, in words
        self.lookups = 0  #: how often candidates were looked up
        self.changed: Callable[[], None] = lambda: None
        self.rest_denied = False  #: for as long as the session lasts
        self._connection = connection
        self._preferences = preferences
        self._folder = folder
        self._store: NameStore | None = None
        self._confirmed = False  #: AWS has reported the account, or denied it
        self._forgotten = 0  #: how often: an earlier request counts no more
        self._too_long: set[str] = set()  #: DAGs with a notice that REST cannot list their tasks
        self._requested: set[ListKey] = set()  #: requested by the user, without a response yet
        self._refreshed: dict[ListKey, float] = {}  #: when a refresh succeeded
        self._failed: dict[ListKey, float] = {}
        self._desk = TaskQueue("names", self._note, lambda: self.changed())  # noqa: PLW0108  (it is set later)
        self._asker = TaskQueue("refresh", self._note, self._end_refresh)

    @property
    def mode(self) -> str:
        """The preference ``names``: auto, learn or off."""
        return self._preferences["names"]

    @property
    def is_asking(self) -> bool:
        """Whether a request for names runs or waits."""
        return bool(self.doing or self._requested)

    def summary(self) -> str:
        """Return how many DAGs are cached, in words; empty without a list."""
        dags = self.catalogue.snapshot().get((Kind.DAG, ""))
        if self.mode == "off" or dags is None:
            return ""
        return f"{len(dags.texts):,} DAG{'s' * (len(dags.texts) != 1)} cached"

    # -- for the prompt and commands ---------------------------------------------------------------------------------

    def learn(self, line: ParsedLine, result: Result) -> None:
        """Add the names in a result to the cached names, on a thread."""
        self.notice, self.pressing = "", False
        if self.mode != "off":
            self._desk.do(lambda: self._learn(line, result))

    def note_state(self, dag: str, run_id: str, state: str) -> None:
        """Change the state of a cached run, on a thread."""
        if self.mode != "off":
            self._desk.do(lambda: self._note_state(dag, run_id, state))

    def similar_to_missing(self, line: ParsedLine, result: Result) -> str:
        """Return the cached name most similar to a missing name of the command, or empty."""
        for gone in fetch.missing_names(line, result, self._connection.grammar):
            if found := self.similar(gone.kind, gone.text, gone.dag):
                return found
        return ""

    def similar(self, kind: Kind, missing: str, dag: str = "") -> str:
        """Return the cached name most similar to a missing one, or empty."""
        known = [name.text for name in self.catalogue.names(kind, dag) if name.text != missing]
        return (closest(missing, known) if len(known) <= COMPARED else None) or ""

    def settle(self) -> None:
        """Load the cached names from disk. Until AWS reports the account, it is that of the last session."""
        if self.mode == "off" or self._confirmed:
            return
        identity = identify(self._connection)
        self._confirmed = identity is not None and identity.confirmed
        self._connection.last_version = identity.version if identity else None
        if identity is not None and (self._store is None or self._store.owner != identity.owner):
            self._load(identity)

    def _load(self, identity: EnvironmentIdentity) -> None:
        if self._store is not None:  # the account is another than the last time: so are the names
            self.catalogue.forget()
        folder, name = self._folder or cache_folder(), self._connection.target.name
        self._store = NameStore(folder, identity.account, identity.region, name)
        kept, trouble = self._store.load()
        self.catalogue.merge(kept.snapshot(), kept.picks())
        self.catalogue.prepare()
        self.notice = trouble or self.notice

    def want(self, kind: Kind, dag: str = "") -> None:
        """Request names over REST for the cursor, unless they are fresh. A pause in typing comes first."""
        if self.mode != "auto" or self._is_fresh((kind, dag)):
            return
        if self.can_rest(kind, dag):
            self._asker.drop(lambda key: isinstance(key, tuple) and key[0] in OF_A_DAG)  # the user has typed on
            self._asker.do_later((kind, dag), PAUSE, lambda: self._refresh(kind, dag))
        elif kind is Kind.TASK and self.can_rest(Kind.RUN, dag) and dag not in self._too_long:
            self._too_long.add(dag)
            self.notice = TOO_LONG

    def refresh(self, kind: Kind, dag: str = "") -> None:
        """Request names for ``.refresh``: over REST if possible, else through the CLI."""
        if (kind, dag) not in self._requested:
            self._requested.add((kind, dag))
            self._asker.do(lambda: self._refresh(kind, dag, through_cli=True))

    def forget(self) -> str | None:
        """Drop all names in memory and on disk; return why that failed, if it did."""
        self._forgotten += 1
        self._desk.drop()
        self._asker.drop()
        self._requested.clear()
        self._refreshed.clear()
        self.catalogue.forget()
        return self._store.delete() if self._store is not None else None

    def can_rest(self, kind: Kind, dag: str = "") -> bool:
        """Return whether REST offers a kind here and has not been denied."""
        version = self._connection.version
        return version is not None and not self.rest_denied and fetch.request_for(kind, version, dag) is not None

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
        self.notice = _sentence(error) if isinstance(error, ShellError) else f"names: {type(error).__name__}: {error}"

    def _end_refresh(self) -> None:
        self.doing = ""
        self.changed()

    def _learn(self, line: ParsedLine, result: Result) -> None:
        if not self._confirmed:
            self.settle()  # AWS may have answered meanwhile
        changes, used = fetch.of_output(line, result, self._connection.grammar)
        self.catalogue.apply(changes, "output", time.time())
        for kind, dag, text in used:
            self.catalogue.record_use(kind, dag, text, time.time())
        if changes or used:
            self._learned()

    def _note_state(self, dag: str, run_id: str, state: str) -> None:
        """Change the state of a cached run. Another run is not added: its place in the order is unknown."""
        if any(run.text == run_id for run in self.catalogue.names(Kind.RUN, dag)):
            run = Name(run_id, MappingProxyType({"state": state}))
            self.catalogue.apply([NamesFound(Kind.RUN, (run,), dag)], "REST", time.time())
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
            self._requested.discard(key)
        if generation != self._forgotten:
            return
        self.notice = trouble
        self.catalogue.apply(changes, source, time.time())
        if not trouble:
            del self._failed[key]
            self._refreshed[key] = time.monotonic()
        if changes:
            self._learned()

    def _ask(self, kind: Kind, dag: str, *, through_cli: bool) -> tuple[Sequence[Change], str, str]:
        """Return the changes, their source and the problem. The CLI runs only if REST does not return everything."""
        result = fetch.FetchResult(trouble=NOT_PERMITTED)
        if self.can_rest(kind, dag):
            result = fetch.over_rest(self._connection, kind, dag)
            self.rest_denied = result.denied
        some = [result.names] if result.names is not None else []
        if not through_cli or (some and not result.trouble):
            return some, "REST", result.trouble or (NOT_PERMITTED if result.denied else "")
        try:
            return fetch.through_cli(self._connection, kind, dag), "CLI", ""
        except ShellError as error:
            return some, "REST", _sentence(error)

    def _learned(self) -> None:
        self.catalogue.prepare()
        if self._store is not None and not self._desk.waits("save"):
            self._desk.do_later("save", SAVE_AFTER, self._save)

    def _save(self) -> None:
        if self._store is not None and self._confirmed:
            self.notice = self._store.save(self.catalogue) or self.notice

    def _is_fresh(self, key: ListKey) -> bool:
        """Return whether a list is recent, of any session, or its request has just failed."""
        known, stale = self.catalogue.snapshot().get(key), STALE.get(key[0], STALE_ELSE)
        kept = time.time() - known.learned if known and known.source != "output" else float("inf")
        refreshed, failed = (
            time.monotonic() - times.get(key, float("-inf")) for times in (self._refreshed, self._failed)
        )
        return min(kept, refreshed) < stale or failed < RESPITE


# -- candidates for completion -----------------------------------------------------------------------------------------


def name_candidates(
    live: NameRefresher | None, kind: Kind, dag: str, fragment: str, *, asked: bool = False
) -> tuple[Sequence[NameMatch], int]:
    """Return the best cached names of a kind for a fragment, and how many more fit.

    Takes them from memory. With ``asked`` (the user pressed Tab) names are requested if none are cached.
    """
    own = Kind.RUN if kind in (Kind.DATE, Kind.DATE_OR_RUN) else kind
    if live is None or live.mode == "off" or own not in KEPT or (own in OF_A_DAG and not dag):
        return (), 0
    dag = dag if own in OF_A_DAG else ""
    live.lookups += 1
    live.want(own, dag)
    if asked and live.mode == "auto" and (own, dag) not in live.catalogue.snapshot():
        live.refresh(own, dag)
    if kind is Kind.DATE:
        dates = {run.facts.get("date", ""): run for run in live.catalogue.names(own, dag)}  # newest first
        found = [(date, run) for date, run in dates.items() if date and date.startswith(fragment)]
        return [NameMatch(date, run.text, run.facts.get("state", "")) for date, run in found[:LIMIT]], 0
    names, more = live.catalogue.search(own, dag, fragment, LIMIT)
    return [_match_of(own, name) for name in names], more


def _match_of(kind: Kind, name: Name) -> NameMatch:
    facts = name.facts
    if kind is Kind.DAG:
        parts = ["paused" if facts.get("paused") == "yes" else "", facts.get("owners", "")]
        last = facts.get("last_state", "")
        return NameMatch(name.text, ", ".join(part for part in parts if part), last)
    if kind is Kind.RUN:
        return NameMatch(name.text, facts.get("date") or facts.get("after", ""), facts.get("state", ""))
    return NameMatch(name.text, next(iter(facts.values()), ""))


def _sentence(error: ShellError) -> str:
    """Return the message of an error, with its hint if it has one."""
    return f"{sentence(error.message)} {error.hint}" if error.hint else error.message
