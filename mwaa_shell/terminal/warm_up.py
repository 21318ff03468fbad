"""What is done behind the first prompt, so that the first command need not wait for it: importing, and asking AWS.

Nothing here prints; what there is to say goes to the toolbar.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable

from mwaa_shell.errors import EnvironmentNotFound, PermissionMissing, ShellError
from mwaa_shell.link import Link
from mwaa_shell.sending import ask_version
from mwaa_shell.session import Session


class WarmUp:
    """The warm-up of one link, on a thread of its own."""

    def __init__(self, session: Session, link: Link, changed: Callable[[], None]) -> None:
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
            self.notice = str(error)
        except Exception as error:  # a background thread never prints, not even a mistake of our own
            self.notice = f"the warm-up failed: {type(error).__name__}: {error}"
        finally:
            self._changed()

    def _ask(self) -> None:
        live = self._session.names_of(self._link)
        if live is not None:
            live.settle()
            self._changed()
        import_aws()
        error = self._link.describe()
        self._changed()
        if live is not None:
            live.settle()
            live.want_dags()
        read_knowledge(self._link)
        _ = self._link.client  # imports requests and reads the CA bundle
        import mwaa_shell.output.highlight  # noqa: F401  (the first reply is to be shown at once)

        if isinstance(error, PermissionMissing):
            self.notice = f"{error.action} is not allowed: the status is unknown"
            if self._link.version is None:
                self.notice = f"{error.action} is not allowed: asking the environment for its version"
                self._changed()
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
