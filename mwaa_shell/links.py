"""The links that a session has made, one for each way to reach an environment, and the names that are known of each."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from mwaa_shell.config import Config
from mwaa_shell.link import CliSlot, Link, MakeEnvironments, Target
from mwaa_shell.preferences import Preferences
from mwaa_shell.settings import with_file

if TYPE_CHECKING:
    from mwaa_shell.catalog.live import LiveNames


class Links:
    """What is slow to get is made once and kept for as long as the session is there."""

    def __init__(self, make: MakeEnvironments, preferences: Preferences, config: Config) -> None:
        self._make = make
        self._config = config
        self._preferences = preferences
        self._links: dict[Target, Link] = {}
        self._slots: dict[str, CliSlot] = {}
        self._live: dict[Target, LiveNames] = {}
        self._making = threading.Lock()

    def to(self, target: Target) -> Link:
        """The link to a target, with what the user's file says of it: the one that is there already, or a new one."""
        access = with_file(target.access, self._config.on(target.name), os.environ)
        target = Target(target.name, access)
        if target not in self._links:
            slot = self._slots.setdefault(target.name, CliSlot())  # however the environment is reached
            self._links[target] = Link(target, None, self._make, slot)
        return self._links[target]

    def names_of(self, link: Link) -> LiveNames:
        """The names of one environment: another one has others."""
        from mwaa_shell.catalog.live import LiveNames

        with self._making:  # behind the prompt, and by what is typed at the same time
            if link.target not in self._live:
                self._live[link.target] = LiveNames(link, self._preferences)
            return self._live[link.target]

    def names_so_far(self, link: Link) -> LiveNames | None:
        """The same without making any: for what is drawn before anything can be known."""
        return self._live.get(link.target)

    def close(self) -> None:
        """Keep what has to be kept."""
        for live in self._live.values():
            live.close()
