"""Chooses one environment among several, each with its Airflow version and status.

The names are there from one listing; versions and statuses appear as GetEnvironment answers behind it, where it is
allowed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from mwaa_shell.errors import ShellError
from mwaa_shell.mwaa.connection import Connection
from mwaa_shell.terminal import choosing

#: GetEnvironment calls at once; an account has 10 environments in a region unless it asked for more.
AT_ONCE = 5


class Environments:
    """The environments whose name holds what was typed, those that begin with it first."""

    asks = "environment"
    refuses = "No environment, or more than one, has a name with that in it"

    def __init__(self, links: Sequence[Connection]) -> None:
        self._links = links
        self.tells = f"{len(links)} environments"

    def names(self) -> Sequence[str]:
        """As AWS lists them."""
        return [link.target.name for link in self._links]

    def matching(self, typed: str) -> list[int]:
        """The places of those that fit, best first."""
        typed = typed.strip().lower()
        names = [name.lower() for name in self.names()]
        fit = [place for place, name in enumerate(names) if typed in name]
        return sorted(fit, key=lambda place: not names[place].startswith(typed))

    def about(self, place: int) -> Callable[[], str]:
        """What is known of one at the moment of drawing, its columns under those of the others."""
        link = self._links[place]

        def describe() -> str:
            version = f"Airflow {link.version!s:<8}" if link.version else ""
            return "  ".join(part for part in (version, link.known.status) if part) or "…"

        return describe


def choose(links: Sequence[Connection]) -> str | None:
    """Let the user choose; ``None`` if they would rather not."""
    turns = threading.Semaphore(AT_ONCE)

    def begin(changed: Callable[[], None]) -> None:
        for link in links:  # daemons: leaving must not wait for AWS
            threading.Thread(target=_describe, args=(link, turns, changed), daemon=True).start()

    place = choosing.choose(Environments(links), begin)
    return None if place is None else links[place].target.name


def _describe(link: Connection, turns: threading.Semaphore, changed: Callable[[], None]) -> None:
    try:
        with turns:
            link.describe()
    except ShellError:
        pass  # the name alone is enough to choose by
    changed()
