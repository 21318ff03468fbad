"""The state of one run of the shell that outlives a command, and nothing else.

A session is on one environment at a time. It makes nothing that takes it: what runs lines is the ``Executor``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from mwaa_shell.airflow.line_rules import LineRules
from mwaa_shell.airflow.versions import parse_version
from mwaa_shell.config import as_preferences
from mwaa_shell.errors import NothingRan, UsageError
from mwaa_shell.history.recorder import HistoryRecorder
from mwaa_shell.job import Interrupted, Job, PhaseTimeout, ProgressListener
from mwaa_shell.mwaa.connection import Connection, ConnectionPool, EnvironmentRef, MakeApi, real_api
from mwaa_shell.preferences import Preferences
from mwaa_shell.session.interface import UserInterface
from mwaa_shell.session.run_ids import RunIds
from mwaa_shell.settings import Access, Protection, Settings

if TYPE_CHECKING:
    from mwaa_shell.airflow.grammar import Grammar
    from mwaa_shell.names.refresher import NameRefresher
    from mwaa_shell.output.transcript import Transcript
    from mwaa_shell.result import Result

T = TypeVar("T")


class Session:
    """The environment that the shell is on, the connections it has, the last output."""

    def __init__(self, settings: Settings, ui: UserInterface | None = None, make: MakeApi = real_api) -> None:
        self.settings = settings
        self.ui = ui or UserInterface()
        self.preferences = Preferences()
        if settings.secret_words:
            self.preferences.set("secret-words", " ".join(settings.secret_words.split()))
        self.links = ConnectionPool(make, settings.config)
        self.record = HistoryRecorder(self.ui.note, lambda: self.secret_words)
        if settings.log_file is not None:
            self.record.log_to(settings.log_file, output=settings.log_output)
        self.run_ids = RunIds()
        self.read_only = settings.read_only or settings.config.doubtful  #: send nothing but what reads
        self.last: Result | None = None  #: of the last Airflow command
        self.tee: Transcript | None = None  #: the transcript of what is shown
        self.known_names: tuple[str, ...] = ()  #: environments of the last listing, for completion
        self.known_profiles: tuple[str, ...] = ()
        self.known_regions: tuple[str, ...] = ()
        self.access = settings.access  #: how AWS is reached, as far as the user has said it here
        self._link: Connection | None = None
        self._names: dict[EnvironmentRef, NameRefresher] = {}
        self._making_names = threading.Lock()
        self._said_version = settings.airflow_version
        if settings.environment:
            self.open(settings.environment, settings.access)

    # -- the environment ---------------------------------------------------------------------------------------------

    @property
    def link(self) -> Connection:
        """The connection to the open environment; raises ``UsageError`` where none is open."""
        if self._link is None:
            raise UsageError("No environment is open: .use NAME opens one, .envs lists them")
        return self._link

    @property
    def here(self) -> EnvironmentRef | None:
        """The open environment, if one is open."""
        return self._link.target if self._link else None

    def open(self, name: str, access: Access) -> None:
        """Go to an environment; AWS is not asked."""
        self._link, self.access = self.links.get(EnvironmentRef(name, access)), access
        said = self.settings.config.on(name)
        self.preferences.given = as_preferences(said)
        if not self._link.version and "airflow-version" in said:
            self._link.version = parse_version(str(said["airflow-version"].value))
        if self._said_version:  # the user said it of the environment that is opened first
            self._link.version = parse_version(self._said_version)
            self._said_version = None

    @property
    def live(self) -> NameRefresher | None:
        """The cached names of the open environment; ``None`` where none are kept."""
        return self.names_of(self._link) if self._link is not None else None

    def names_of(self, link: Connection) -> NameRefresher | None:
        """Return the cached names of one environment; ``None`` where none are kept. Called from any thread."""
        if not self.ui.keeps_names:
            return None

        from mwaa_shell.names.refresher import NameRefresher  # 15 ms of a start, needed behind the prompt

        with self._making_names:
            if link.target not in self._names:
                self._names[link.target] = NameRefresher(link, self.preferences)
            return self._names[link.target]

    def names_so_far(self, link: Connection) -> NameRefresher | None:
        """Return them if they have been read already: for what is drawn before anything can be known."""
        return self._names.get(link.target)

    # -- what holds for lines ----------------------------------------------------------------------------------------

    @property
    def grammar(self) -> Grammar | None:
        """The command tree of the open environment; ``None`` while its version is unknown."""
        return self._link.grammar if self._link else None

    @property
    def secret_words(self) -> tuple[str, ...]:
        """The user's own names of secrets."""
        return self.preferences.list_of("secret-words")

    def rules(self) -> LineRules:
        """Return the rules for lines of the open environment, as far as it is known now."""
        return LineRules(self.grammar, self.secret_words, self.settings.validate, _secret_parameters)

    def protection(self) -> Protection:
        """Return which confirmations the open environment needs."""
        return self.protection_of(self.here.name if self.here else "")

    def protection_of(self, name: str, protect: str | None = None, read_only: bool | None = None) -> Protection:
        """Return which confirmations an environment needs, as later lines will set ``protect`` and ``read_only``."""
        if protect is None and self.preferences.is_set("protect"):
            protect = self.preferences["protect"]
        now = self.read_only if read_only is None else read_only
        config = self.settings.config
        if self.settings.read_only:
            why = "as --read-only says"
        elif config.doubtful and now and read_only is None:
            why = f"until {config.name} is mended or .readonly off lifts that"
        else:
            why = "as .readonly says" if now else f"as {config.name} says"
        return self.settings.protection(name, protect, read_only=now, why=why)

    # -- waiting -----------------------------------------------------------------------------------------------------

    def wait_for(self, phase: str, limit: float, ask: Callable[[], T], watcher: ProgressListener | None = None) -> T:
        """Run something slow that changes nothing, for at most ``limit`` seconds; Ctrl-C stops the waiting."""

        def work(job: Job[T]) -> T:
            job.begin_phase(phase, limit)
            return ask()

        try:
            return Job(work, phase).wait(watcher or self.ui.watcher)
        except PhaseTimeout as late:
            raise NothingRan(f"AWS gave no answer within {late.seconds:g} seconds ({phase}), nothing ran") from None
        except Interrupted:
            from mwaa_shell.mwaa.programs import end_programs  # imports subprocess

            end_programs()
            raise

    def close(self) -> None:
        """Keep what has to be kept; the session is over."""
        try:
            for names in self._names.values():
                names.close()
        finally:
            self.record.close()


def _secret_parameters(line: str, grammar: Grammar | None, secret_words: tuple[str, ...]) -> set[str]:
    """Name the secret parameters of a line that runs a saved command; for any other line nothing is read."""
    if not line.lstrip().startswith(".do"):
        return set()
    from mwaa_shell.saved_commands import secret_parameters  # 5 ms of a start, needed by .do alone

    return secret_parameters(line, grammar, secret_words)
