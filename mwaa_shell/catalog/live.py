"""The names of the open environment, kept true: learned from replies, asked for over REST, refreshed when told to.

One thread of its own does all of it, one thing after the other; it never prints. Whoever types only reads what is there
and says what would be of use. Nothing goes through the CLI unless the user asked for it.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.catalog.catalog import Catalogue, Key
from mwaa_shell.catalog.names import OF_A_DAG, Change
from mwaa_shell.errors import ShellError

if TYPE_CHECKING:
    from mwaa_shell.airflow.command_line import ParsedLine
    from mwaa_shell.catalog.store import Store
    from mwaa_shell.link import Link
    from mwaa_shell.preferences import Preferences
    from mwaa_shell.result import Result

#: Seconds without a key after which what the cursor stands at is asked for.
PAUSE = 0.3
#: Seconds after which names are asked for again, when they are wanted.
STALE = {Kind.RUN: 20.0}
STALE_ELSE = 300.0
#: Seconds to leave an environment alone after a refresh that failed.
RESPITE = 60.0
#: Seconds after a change until names are written to disk.
SAVE_AFTER = 2.0

NOT_ALLOWED = "airflow:InvokeRestApi is not allowed: names are learned, .refresh asks"

Task = Callable[[], None]


class LiveNames:
    """All about the names of one link. ``changed`` is called, on the thread, whenever there is something to show."""

    def __init__(self, link: Link, preferences: Preferences, folder: Path | None = None) -> None:
        self.catalogue = Catalogue()
        self.notice = ""  #: why names are missing, for the toolbar
        self.doing = ""  #: what is being refreshed, in words
        self.changed: Callable[[], None] = lambda: None
        self.rest_denied = False  #: for as long as the session lasts
        self._link = link
        self._preferences = preferences
        self._folder = folder
        self._store: Store | None = None
        self._tasks: deque[Task] = deque()
        self._wanted: dict[Key, float] = {}  #: what would be of use, and when it is to be asked for
        self._asked: set[Key] = set()  #: the user wants these, and they have not come yet
        self._failed: dict[Key, float] = {}
        self._save_at: float | None = None
        self._awake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._busy = False

    @property
    def mode(self) -> str:
        """auto, learn or off."""
        return self._preferences["names"]

    @property
    def is_asking(self) -> bool:
        """Whether names are being asked for, or about to be."""
        return bool(self.doing or self._asked)

    # -- what others tell and ask ------------------------------------------------------------------------------------

    def learn(self, line: ParsedLine, result: Result) -> None:
        """Take in what a reply tells, behind the prompt."""
        self.notice = ""
        if self.mode != "off":
            self._do(lambda: self._learn(line, result))

    def settle(self) -> None:
        """Take in what was kept for this environment; once its account is known, by AWS or from the last time."""
        from mwaa_shell.catalog import last_seen

        if self.mode == "off":
            return
        seen = last_seen.of(self._link)
        self._link.last_version = seen.version if seen else None
        if seen is None or (self._store is not None and self._store.owner == seen.owner):
            return
        from mwaa_shell.catalog.store import Store, default_folder

        if self._store is not None:  # the account is another than the last time: so are the names
            self.catalogue.forget()
        self._store = Store(self._folder or default_folder(), seen.account, seen.region, self._link.target.name)
        kept, trouble = self._store.load()
        self.catalogue.merge(kept.known(), kept.picks())
        self.catalogue.prepare()
        self.notice = trouble or self.notice

    def want(self, kind: Kind, dag: str = "") -> None:
        """The cursor stands where such a name goes: ask REST after a pause in typing, unless the names are fresh."""
        if self.mode == "auto" and self.can_rest(kind, dag) and not self._is_fresh((kind, dag)):
            with self._awake:
                for other in [key for key in self._wanted if key[0] in OF_A_DAG]:  # the user has typed on
                    del self._wanted[other]
                self._wanted[kind, dag] = time.monotonic() + PAUSE
                self._wake()

    def want_dags(self) -> None:
        """DAG ids are of use to nearly everything."""
        self.want(Kind.DAG)

    def refresh(self, kind: Kind, dag: str = "") -> None:
        """Ask for names because the user said so: over REST where that is possible, else through the CLI."""
        if (kind, dag) not in self._asked:
            self._asked.add((kind, dag))
            self._do(lambda: self._refresh(kind, dag, through_cli=True))

    def forget(self) -> str | None:
        """Know nothing any more, here and on disk; why that could not be done."""
        with self._awake:
            self._wanted.clear()
            self._save_at = None
        self.catalogue.forget()
        return self._store.delete() if self._store is not None else None

    def can_rest(self, kind: Kind, dag: str = "") -> bool:
        """Whether REST may be asked for such names, as far as is known."""
        from mwaa_shell.catalog.rest import requests_for

        version = self._link.version
        return version is not None and not self.rest_denied and requests_for(kind, version, dag) is not None

    def summary(self) -> str:
        """How many DAGs are known, and how old that is."""
        dags = self.catalogue.known().get((Kind.DAG, ""))
        if self.mode == "off" or dags is None:
            return ""
        return f"{len(dags.texts):,} DAG{'s' * (len(dags.texts) != 1)}, {age(time.time() - dags.learned)}"

    def close(self) -> None:
        """Keep what is not kept yet."""
        if self._save_at is not None:
            self._save()

    def wait(self, timeout: float = 30.0) -> bool:
        """Wait until there is nothing left to do; for tests and for who runs without a prompt."""
        with self._awake:
            return self._awake.wait_for(lambda: not (self._busy or self._tasks or self._wanted), timeout)

    # -- the thread --------------------------------------------------------------------------------------------------

    def _do(self, task: Task) -> None:
        with self._awake:
            self._tasks.append(task)
            self._wake()

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="names", daemon=True)
            self._thread.start()
        self._awake.notify_all()

    def _run(self) -> None:
        while True:
            task = self._next()
            try:
                task()
            except ShellError as error:
                self.notice = str(error)
            except Exception as error:  # a background thread never prints, not even a mistake of our own
                self.notice = f"names: {type(error).__name__}: {error}"
            finally:
                with self._awake:
                    self._busy, self.doing = False, ""
                    self._awake.notify_all()
                self.changed()

    def _next(self) -> Task:
        """What is to be done next; waits for it."""
        with self._awake:
            while True:
                now = time.monotonic()
                task = self._due(now)
                if task is not None:
                    self._busy = True
                    return task
                times = [*self._wanted.values(), *([self._save_at] if self._save_at is not None else [])]
                self._awake.wait(max(min(times) - now, 0.0) if times else None)

    def _due(self, now: float) -> Task | None:
        if self._tasks:
            return self._tasks.popleft()
        for (kind, dag), at in self._wanted.items():
            if at <= now:
                del self._wanted[kind, dag]
                return lambda: self._refresh(kind, dag)
        return self._save if self._save_at is not None and self._save_at <= now else None

    # -- what the thread does ----------------------------------------------------------------------------------------

    def _learn(self, line: ParsedLine, result: Result) -> None:
        from mwaa_shell.catalog import sources

        changes, used = sources.of_reply(line, result, self._link.grammar)
        self.catalogue.apply(changes, "reply", time.time())
        for kind, dag, text in used:
            self.catalogue.picked(kind, dag, text, time.time())
        if changes or used:
            self._learned()

    def _refresh(self, kind: Kind, dag: str, *, through_cli: bool = False) -> None:
        """Over REST; through the CLI only where the user asked."""
        from mwaa_shell.catalog import sources

        self.doing = sources.title(kind, dag)
        self.changed()
        self._failed[kind, dag] = time.monotonic()
        try:
            changes, source = self._ask(kind, dag, through_cli=through_cli)
        finally:
            self._asked.discard((kind, dag))
        if source:
            self.catalogue.apply(changes, source, time.time())
            del self._failed[kind, dag]
            self.notice = ""
            self._learned()
        else:
            self.notice = NOT_ALLOWED

    def _ask(self, kind: Kind, dag: str, *, through_cli: bool) -> tuple[Sequence[Change], str]:
        """What was told, and by whom; nothing and nobody where REST is not allowed and nothing else may be asked."""
        from mwaa_shell.catalog import sources

        if self.can_rest(kind, dag):
            seen, self.rest_denied = sources.over_rest(self._link, kind, dag)
            if seen is not None:
                return [seen], "REST"
        return (sources.through_cli(self._link, kind, dag), "CLI") if through_cli else ((), "")

    def _learned(self) -> None:
        self.catalogue.prepare()
        if self._store is not None and self._save_at is None:
            self._save_at = time.monotonic() + SAVE_AFTER

    def _save(self) -> None:
        self._save_at = None
        if self._store is not None:
            self.notice = self._store.save(self.catalogue) or self.notice

    def _is_fresh(self, key: Key) -> bool:
        """Whether the names were told, or asked for in vain, not long ago."""
        known = self.catalogue.known().get(key)
        age = time.time() - known.learned if known and known.source != "reply" else float("inf")
        failed = time.monotonic() - self._failed.get(key, float("-inf"))
        return age < STALE.get(key[0], STALE_ELSE) or failed < RESPITE


def age(seconds: float) -> str:
    """A time that has passed, roughly: ``now``, ``5 min``, ``3 h``, ``2 d``."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit}"
    return "now"
