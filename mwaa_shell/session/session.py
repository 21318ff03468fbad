"""The state of one run of the shell that outlives a command, and nothing else.

A session is on one environment at a time. It makes nothing that takes it: what runs lines is the ``Executor``.
"""

from __future__ import annotations

import copy
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from mwaa_shell import airflow, mwaa, names
from mwaa_shell.airflow.versions import parse_version
from mwaa_shell.config import Config, as_preferences
from mwaa_shell.durations import in_seconds
from mwaa_shell.errors import NothingRan, State, UsageError
from mwaa_shell.history import HistoryEntry, HistoryRecorder
from mwaa_shell.interrupts import INTERRUPTS
from mwaa_shell.job import Interrupted, Job, PhaseTimeout, ProgressListener
from mwaa_shell.mwaa import Connection, ConnectionPool, EnvironmentRef
from mwaa_shell.preferences import Preferences
from mwaa_shell.result import Outcome
from mwaa_shell.settings import Access, Protection, Settings

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Grammar
    from mwaa_shell.monitor import Snapshot
    from mwaa_shell.output import Canvas, Transcript
    from mwaa_shell.result import Result

T = TypeVar("T")


#: Outcomes after which a run may exist although no output names it.
OPEN = ("unknown", "interrupted")


def new_run_id() -> str:
    """Return a new run ID with the name of the shell, the time and random characters."""
    return f"mwaa-shell__{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}+00:00__{secrets.token_hex(3)}"


class RunIds:
    """The run IDs of triggers that have not ended, by environment and words.

    A trigger whose end is unknown keeps its run ID: typed again, it cannot start a second run.
    """

    def __init__(self, make: Callable[[], str] = new_run_id) -> None:
        self._make = make
        self._open: dict[tuple[EnvironmentRef, tuple[str, ...]], str] = {}

    def of(self, environment: EnvironmentRef, words: tuple[str, ...]) -> str:
        """Return the run ID of a trigger, the same until it has ended."""
        return self._open.setdefault((environment, words), self._make())

    def settle(self, environment: EnvironmentRef, words: tuple[str, ...], outcome: str) -> None:
        """Drop the run ID of a trigger that has certainly ended."""
        if outcome not in OPEN:
            self._open.pop((environment, words), None)


class RunRef(NamedTuple):
    """A DAG run of an environment."""

    dag: str
    run: str  #: its ID, or empty if that is unknown


class Batch(NamedTuple):
    """A command on several environments, and those of them that were not ok."""

    origin: str  #: its origin in the history
    when: float  #: its start in seconds since 1970 (UTC)
    typed: str  #: the line of ``.on``, with its secrets masked
    options: str  #: options of ``.on``, each with a space after it
    line: str  #: the Airflow command
    left: tuple[str, ...]  #: environments that were not ok, as ``.on`` takes them
    unknown: tuple[str, ...]  #: environments of ``left`` where it may have run

    @property
    def entry(self) -> HistoryEntry:
        """The whole command as an entry without a number, for history expansion."""
        outcome = Outcome.UNKNOWN if self.unknown else Outcome.FAILED if self.left else Outcome.OK
        return HistoryEntry(self.when, "", "", "", self.typed, origin=self.origin, outcome=outcome)


class Session:
    """The open environment, the connections and all state between commands."""

    def __init__(self, settings: Settings, ui: UserInterface | None = None) -> None:
        self.settings = settings
        self.ui = ui or UserInterface()
        self.preferences = Preferences(as_preferences(settings.config.general))  # until an environment is open
        if settings.secret_words:
            self.preferences.set("secret-words", " ".join(settings.secret_words.split()))
        self._configured_secret_words = _secret_words_in(settings.config)
        self.connections = ConnectionPool(settings.config)
        self.recorder = HistoryRecorder(self.ui.note, lambda: self.secret_words)
        if settings.log_file is not None:
            self.recorder.log_to(settings.log_file, output=settings.log_output)
        self.run_ids = RunIds()
        self.read_only = settings.read_only or settings.config.doubtful  #: only read-only commands are sent
        self.last_result: Result | None = None  #: of the last Airflow command
        self.last_batch: Batch | None = None  #: the last command on several environments
        self.transcript: Transcript | None = None  #: the file of ``.tee``
        self.listed_environments: tuple[str, ...] = ()  #: environments of the last listing, for completion
        self.listed_profiles: tuple[str, ...] = ()
        self.listed_regions: tuple[str, ...] = ()
        self.access = settings.access  #: profile, region and so on of the latest ``.use``
        self.opened: EnvironmentRef | None = None  #: the open environment as the user named it
        self.previous: EnvironmentRef | None = None  #: the environment before it
        self._recent: dict[EnvironmentRef, RunRef] = {}
        self._snapshots: dict[EnvironmentRef, Snapshot] = {}
        self._connection: Connection | None = None
        self._triggered: dict[EnvironmentRef, RunRef] = {}
        self._names: dict[EnvironmentRef, names.NameRefresher] = {}
        self._making_names = threading.Lock()
        self._said_version = settings.airflow_version
        if settings.environment:
            self.open(settings.environment, settings.access)

    # -- the environment ---------------------------------------------------------------------------------------------

    @property
    def connection(self) -> Connection:
        """The connection to the open environment; raises ``UsageError`` for none."""
        if self._connection is None:
            raise UsageError("No environment is open", hint="Open one with .use NAME. List them with .envs.")
        return self._connection

    @property
    def target(self) -> EnvironmentRef | None:
        """The open environment, if one is open."""
        return self._connection.target if self._connection else None

    def open(self, name: str, access: Access) -> None:
        """Open an environment without asking AWS."""
        opened, before = EnvironmentRef(name, access), self.opened
        self._connection, self.access, self.opened = self.connections.get(opened), access, opened
        if before not in (None, opened):
            self.previous = before
        configured = self.settings.config.on(name)
        self.preferences.given = as_preferences(configured)
        if not self._connection.version and "airflow-version" in configured:
            self._connection.version = parse_version(str(configured["airflow-version"].value))
        if self._said_version:  # --airflow-version is about the environment opened first
            self._connection.version = parse_version(self._said_version)
            self._said_version = None

    def beside(self, target: EnvironmentRef, ui: UserInterface) -> Session:
        """Return a session on another environment that shares the objects of this one.

        A number or another plain value is copied: a later change of one is not seen by the other.
        """
        other = copy.copy(self)
        other.ui, other.preferences = ui, self.preferences.copy()
        other.last_result = other.transcript = other._said_version = None
        other.open(*target)
        return other

    @property
    def triggered(self) -> RunRef | None:
        """The run that was triggered last in the open environment, by this session."""
        return self._triggered.get(self.connection.target)

    @triggered.setter
    def triggered(self, run: RunRef) -> None:
        self._triggered[self.connection.target] = run
        self.recent = run

    @property
    def recent(self) -> RunRef | None:
        """The run of the open environment that this session used last."""
        return self._recent.get(self.connection.target)

    @recent.setter
    def recent(self, run: RunRef) -> None:
        self._recent[self.connection.target] = run

    @property
    def snapshot(self) -> Snapshot | None:
        """The run of the open environment that this session has read last, for completion."""
        return self._snapshots.get(self._connection.target) if self._connection is not None else None

    @snapshot.setter
    def snapshot(self, snapshot: Snapshot) -> None:
        self._snapshots[self.connection.target] = snapshot
        if self.cached_names is not None:
            self.cached_names.note_state(snapshot.run.dag, snapshot.run.run_id, snapshot.run.state)

    @property
    def cached_names(self) -> names.NameRefresher | None:
        """The cached names of the open environment; ``None`` where none are kept."""
        return self.cached_names_of(self._connection) if self._connection is not None else None

    def cached_names_of(self, connection: Connection) -> names.NameRefresher | None:
        """Return the cached names of an environment, on any thread, or ``None``."""
        if not self.ui.keeps_names:
            return None
        with self._making_names:
            if connection.target not in self._names:
                self._names[connection.target] = names.NameRefresher(connection, self.preferences)
            return self._names[connection.target]

    def loaded_names_of(self, connection: Connection) -> names.NameRefresher | None:
        """Return the cached names if they are loaded, for what is drawn early."""
        return self._names.get(connection.target)

    # -- what holds for lines ----------------------------------------------------------------------------------------

    @property
    def grammar(self) -> Grammar | None:
        """The command tree of the open environment; ``None`` while its version is unknown."""
        return self._connection.grammar if self._connection else None

    @property
    def secret_words(self) -> tuple[str, ...]:
        """The user's own names of secrets, of all environments in ``config.toml``.

        A command can be sent to other environments, and one history has the commands of all.
        """
        return (*self.preferences.list_of("secret-words"), *self._configured_secret_words)

    def rules(self) -> airflow.line_rules.LineRules:
        """Return the rules for lines of the open environment, as far as it is known now."""
        return airflow.line_rules.LineRules(self.grammar, self.secret_words, self.settings.validate, _secret_parameters)

    def protection(self) -> Protection:
        """Return the confirmations that the open environment needs."""
        return self.protection_of(self.target.name if self.target else "")

    def protection_of(self, name: str, protect: str | None = None, read_only: bool | None = None) -> Protection:
        """Return the confirmations that an environment needs.

        ``protect`` and ``read_only`` are values that later lines will set.
        """
        if protect is None and self.preferences.is_set("protect"):
            protect = self.preferences["protect"]
        now = self.read_only if read_only is None else read_only
        config = self.settings.config
        if self.settings.read_only:
            hint = "Start without --read-only to change data."
        elif config.doubtful and now and read_only is None:
            hint = f"Fix the reported mistake in {config.name}, or run .readonly off."
        else:
            off = f"Set read-only = false in {config.name} to change data."
            hint = "Run .readonly off to change data." if now else off
        only_reads = self.settings.only_reads(name, now)
        return Protection(name, self.settings.protects(name, protect), only_reads, hint if only_reads else "")

    # -- waiting -----------------------------------------------------------------------------------------------------

    def wait_for(self, phase: str, limit: float, ask: Callable[[], T], watcher: ProgressListener | None = None) -> T:
        """Run slow work that changes nothing, up to ``limit`` seconds or Ctrl-C."""

        def work(job: Job[T]) -> T:
            job.begin_phase(phase, limit)
            return ask()

        try:
            with INTERRUPTS.defer() as pressed:
                answer = Job(work, phase).wait(watcher or self.ui.watcher)
        except PhaseTimeout as late:
            text = f"AWS did not answer within {in_seconds(late.seconds)} ({phase})"
            hint = "Check the network of this machine with .doctor."
            raise NothingRan(text, hint=hint, state=State.NOT_SENT) from None
        except Interrupted:
            mwaa.programs.end_programs()
            raise
        if pressed.is_set():  # while the result arrived
            raise Interrupted(phase)
        return answer

    def close(self) -> None:
        """Save the cached names and close the history."""
        try:
            for cached in self._names.values():
                cached.close()
        finally:
            self.recorder.history.close()


def _secret_words_in(config: Config) -> tuple[str, ...]:
    preferences = Preferences()
    words: list[str] = []
    for values in (config.general, *(values for _, values in config.environments)):
        preferences.given = as_preferences(values)
        words += preferences.list_of("secret-words")
    return tuple(dict.fromkeys(words))


def _secret_parameters(line: str, grammar: Grammar | None, secret_words: tuple[str, ...]) -> set[str]:
    """Return the secret parameters of a line with ``.do``; read nothing for others."""
    if not line.lstrip().startswith(".do"):
        return set()
    from mwaa_shell.saved_commands import secret_parameters  # 5 ms of a start, needed by .do alone

    return secret_parameters(line, grammar, secret_words)


def _ignore(text: str) -> None:
    """Show nothing."""


@dataclass(slots=True)
class UserInterface:
    """Functions that show something to the user or ask; ``None`` for missing ones."""

    note: Callable[[str], None] = _ignore  #: shows a sentence
    watcher: ProgressListener | None = None  #: shows the progress of a wait
    bar: ProgressListener | None = None  #: shows the progress of an import without a watcher
    interactive: bool = False  #: the user sits at a prompt
    canvas: Canvas | None = None  #: shows pictures that change
    choose: Callable[[Sequence[Connection]], str | None] | None = None  #: chooses one environment of several
    pick: Callable[[Sequence[tuple[str, str]]], int | None] | None = None  #: picks a row, each with a description
    ask: Callable[[str], bool] | None = None  #: asks for a yes or no
    ask_name: Callable[[str], str | None] | None = None  #: asks for a typed name before a destructive command
    ask_secret: Callable[[str], str | None] | None = None  #: reads a secret without echo
    draws_tables: bool = False  #: draws tables, so commands get ``-o json``
    keeps_names: bool = False  #: completes names
