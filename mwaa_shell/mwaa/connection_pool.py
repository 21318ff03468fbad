"""The connections that a session has made, one for each way to reach an environment."""

from __future__ import annotations

import os

from mwaa_shell.config import Config
from mwaa_shell.mwaa.connection import CommandLock, Connection, EnvironmentRef, MakeApi
from mwaa_shell.settings import with_file


class ConnectionPool:
    """What is slow to get is made once and kept for as long as the session is there."""

    def __init__(self, make: MakeApi, config: Config) -> None:
        self._make = make
        self._config = config
        self._links: dict[EnvironmentRef, Connection] = {}
        self._locks: dict[str, CommandLock] = {}

    def get(self, target: EnvironmentRef) -> Connection:
        """The link to a target, with what the user's file says of it: the one that is there already, or a new one."""
        access = with_file(target.access, self._config.on(target.name), os.environ)
        target = EnvironmentRef(target.name, access)
        if target not in self._links:
            command_lock = self._locks.setdefault(target.name, CommandLock())  # however the environment is reached
            self._links[target] = Connection(target, None, self._make, command_lock)
        return self._links[target]
