"""What is done behind the first prompt, so that the first command need not wait for it: importing, and asking AWS.

Nothing here prints; what there is to say goes to the toolbar.
"""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Callable
from typing import NamedTuple

from mwaa_shell import debug_log
from mwaa_shell.errors import CredentialsProblem, EnvironmentNotFound, PermissionMissing, ShellError
from mwaa_shell.mwaa.connection import Connection
from mwaa_shell.session import Session
from mwaa_shell.terminal.completer import read_for_completion


class PreloadListeners(NamedTuple):
    """Who is to be told that there is something new to show: of the environment, of its names."""

    environment: Callable[[], None]
    names: Callable[[], None]


class Preloader:
    """The warm-up of one link, on a thread of its own."""

    def __init__(self, session: Session, link: Connection, changed: PreloadListeners) -> None:
        self.notice = ""
        self.missing = False  #: AWS knows no such environment
        self.blocks = ""  #: why no command can be sent from here at all, until that has been told
        self._begun = False
        self._session = session
        self._link = link
        self._changed = changed

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
        except Exception as error:  # a background thread never prints, not even a mistake of our own
            debug_log.error("warm-up", error)
            self.notice = f"the warm-up failed: {type(error).__name__}"
        finally:
            look_for_garbage()
            self._changed.environment()

    def _ask(self) -> None:
        self._ask_for_this()
        self._session.known_profiles, self._session.known_regions = map(tuple, self._link.api.places())
        if not self._session.known_names:
            from mwaa_shell.session.environment import remember_names

            with contextlib.suppress(ShellError):  # who may not list them types the name
                remember_names(self._session, self._link.api.names(), self._link)

    def _ask_for_this(self) -> None:
        import_for_typing()
        live = self._session.names_of(self._link)
        if live is not None:
            live.changed = self._changed.names
            live.settle()
            self._changed.environment()
        import_aws()
        error = self._link.describe()
        read_for_completion(self._link.grammar)  # before anything is drawn with it
        self._changed.environment()
        if live is not None:
            live.settle()
            live.want_dags()
        self._link.open_web_server()
        import_for_the_first_command()
        look_for_garbage()

        if isinstance(error, PermissionMissing):
            self.notice = f"{error.action} is not allowed: the status is unknown"
            if self._link.version is None:
                self.notice = f"{error.action} is not allowed: asking the environment for its version"
                self._changed.environment()
                from mwaa_shell.mwaa.command_runner import ask_version

                ask_version(self._link)
                self.notice = f"{error.action} is not allowed: the status is unknown"
        elif error is not None:
            self._say(error)

    def _say(self, error: ShellError) -> None:
        self.notice = str(error)
        if isinstance(error, CredentialsProblem):
            self.blocks = self.notice


def look_for_garbage() -> None:
    """Let Python collect garbage again, but not among what has been imported: the start has turned that off."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def import_for_the_first_command() -> None:
    """Import what sending a command and showing its reply take."""
    import mwaa_shell.dot_commands
    import mwaa_shell.output.render
    import mwaa_shell.output.show
    import mwaa_shell.output.style.formatter
    import mwaa_shell.output.style.lexer
    import mwaa_shell.output.style.text
    import mwaa_shell.session.executor
    import mwaa_shell.terminal.canvas  # noqa: F401


def import_for_typing() -> None:
    """Import what the keys of any line need: its colours, its secrets, its candidates."""
    import mwaa_shell.airflow.arguments
    import mwaa_shell.airflow.secrets.redaction
    import mwaa_shell.dot_commands.completion
    import mwaa_shell.output.style.command_lexer
    import mwaa_shell.output.style.styles  # noqa: F401


def import_aws() -> None:
    """Import what asks AWS and the web server, and what reads their replies."""
    import mwaa_shell.airflow.translation.translate
    import mwaa_shell.mwaa.aws
    import mwaa_shell.mwaa.transport  # noqa: F401
