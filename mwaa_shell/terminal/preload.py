"""The preloader, which imports and calls AWS in the background.

The first command does not wait for either. Nothing here prints: the prompt shows the notices.
"""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Callable

from mwaa_shell import airflow, debug_log, mwaa, output
from mwaa_shell import session as sessions
from mwaa_shell.errors import CredentialsProblem, EnvironmentNotFound, PermissionMissing, ShellError, sentence
from mwaa_shell.faces import load
from mwaa_shell.mwaa import Connection
from mwaa_shell.session import Session
from mwaa_shell.terminal.completer import read_for_completion


class Preloader:
    """The preloader of one connection, on a thread of its own."""

    def __init__(
        self,
        session: Session,
        connection: Connection,
        changed: Callable[[], None] = lambda: None,
        names_changed: Callable[[], None] = lambda: None,
    ) -> None:
        """Call ``changed`` and ``names_changed`` when there is something new to show."""
        self.notice = ""
        self.has_imported = False  #: the modules that any key needs
        self.missing = False  #: AWS knows no such environment
        self.blocks = ""  #: why no command can be sent at all, until the prompt has shown it
        self._shown: set[str] = set()  #: messages of errors that commands have shown
        self._begun = False
        self._session = session
        self._connection = connection
        self._changed, self._names_changed = changed, names_changed

    def start(self) -> None:
        """Begin, if it has not begun."""
        if self._begun:
            return
        self._begun = True
        threading.Thread(target=self._run, name="warm-up", daemon=True).start()

    def _run(self) -> None:
        try:
            self._ask()
        except EnvironmentNotFound:
            self.missing = True
        except ShellError as error:
            debug_log.error("warm-up", error)
            self._say(error)
        except Exception as error:  # a background thread never prints, not even a bug
            debug_log.error("warm-up", error)
            self.notice = f"The shell could not prepare the first command: {type(error).__name__}"
        finally:
            look_for_garbage()
            self._changed()

    def _ask(self) -> None:
        self._ask_for_this()
        self._session.listed_profiles, self._session.listed_regions = map(tuple, self._connection.api.places())
        if not self._session.listed_environments:
            with contextlib.suppress(ShellError):  # who may not list them types the name
                sessions.remember_names(self._session, self._connection.api.names(), self._connection)

    def _ask_for_this(self) -> None:
        read_for_completion(None)
        load(output.style)
        self.has_imported = True
        self._changed()
        live = self._session.cached_names_of(self._connection)
        if live is not None:
            live.changed = self._names_changed
            live.settle()
            self._changed()
        load(mwaa)  # boto3 and requests
        error = self._connection.load_info()
        read_for_completion(self._connection.grammar)  # before anything is drawn with it
        self._changed()
        if live is not None:
            live.settle()
            live.want(airflow.knowledge.Kind.DAG)
        self._connection.open_web_server()
        load(sessions)  # what runs a command
        look_for_garbage()

        if isinstance(error, PermissionMissing):
            self.notice = f"{error.action} is not permitted. The shell does not know the status of the environment."
            if self._connection.version is None:
                self.notice = f"{error.action} is not permitted. The shell sends one version command instead."
                self._changed()
                mwaa.ask_version(self._connection)
        elif error is not None:
            self._say(error)

    def withhold(self, message: str) -> None:
        """Drop the report of an error that a command has shown."""
        self._shown.add(message)
        if message in (self.blocks or self.notice):
            self.blocks = self.notice = ""

    def _say(self, error: ShellError) -> None:
        if error.message in self._shown:
            return
        self.notice = str(error)
        if isinstance(error, CredentialsProblem):
            hint = error.hint or "Run .doctor."
            self.blocks = f"error: {sentence(error.message)}\nhint: {hint}"


def look_for_garbage() -> None:
    """Let Python collect garbage again, but not among imported modules."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
