"""What is done behind the first prompt, so that the first command need not wait for it: importing, and asking AWS.

Nothing here prints; what there is to say goes to the toolbar.
"""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import Callable
from dataclasses import dataclass

from mwaa_shell import debug
from mwaa_shell.errors import EnvironmentNotFound, PermissionMissing, ShellError
from mwaa_shell.link import Link
from mwaa_shell.sending import ask_version
from mwaa_shell.session import Session


@dataclass(frozen=True, slots=True)
class Changed:
    """Who is to be told that there is something new to show: of the environment, of its names."""

    environment: Callable[[], None]
    names: Callable[[], None]


class WarmUp:
    """The warm-up of one link, on a thread of its own."""

    def __init__(self, session: Session, link: Link, changed: Changed) -> None:
        self.notice = ""
        self.missing = False  #: AWS knows no such environment
        self._session = session
        self._link = link
        self._changed = changed

    def start(self) -> None:
        """Begin."""
        threading.Thread(target=self._run, name="warm-up", daemon=True).start()

    def _run(self) -> None:
        try:
            self._ask()
        except EnvironmentNotFound:
            self.missing = True
        except ShellError as error:
            debug.error("warm-up", error)
            self.notice = str(error)
        except Exception as error:  # a background thread never prints, not even a mistake of our own
            debug.error("warm-up", error)
            self.notice = f"the warm-up failed: {type(error).__name__}"
        finally:
            self._changed.environment()

    def _ask(self) -> None:
        self._ask_for_this()
        self._session.known_profiles, self._session.known_regions = map(tuple, self._link.environments.places())
        if not self._session.known_names:
            with contextlib.suppress(ShellError):  # who may not list them types the name
                self._session.known_names = tuple(self._link.environments.names())

    def _ask_for_this(self) -> None:
        live = self._session.names_of(self._link)
        if live is not None:
            live.changed = self._changed.names
            live.settle()
            self._changed.environment()
        import_aws()
        error = self._link.describe()
        self._changed.environment()
        if live is not None:
            live.settle()
            live.want_dags()
        read_knowledge(self._link)
        _ = self._link.client  # imports requests and reads the CA bundle
        import mwaa_shell.output.render  # noqa: F401  (the first reply is to be shown at once)

        if isinstance(error, PermissionMissing):
            self.notice = f"{error.action} is not allowed: the status is unknown"
            if self._link.version is None:
                self.notice = f"{error.action} is not allowed: asking the environment for its version"
                self._changed.environment()
                ask_version(self._link)
                self.notice = f"{error.action} is not allowed: the status is unknown"
        elif error is not None:
            self.notice = str(error)


def read_knowledge(link: Link) -> None:
    """Read what the first completion needs: the command tree, and the words that explain it."""
    from mwaa_shell.airflow.suggestions import suggest

    if link.grammar is not None:
        suggest("d", 1, link.grammar)


def import_aws() -> None:
    """Import boto3 with the garbage collector off: its pauses would be felt by whoever is typing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        import mwaa_shell.airflow.translation
        import mwaa_shell.directives.completion
        import mwaa_shell.mwaa.environments
        import mwaa_shell.mwaa.transport  # noqa: F401
    finally:
        if was_on:
            gc.enable()
