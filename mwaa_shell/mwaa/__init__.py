"""MWAA: the AWS API, the connection to an environment, and one command on it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mwaa_shell.mwaa.command_runner import run_command
    from mwaa_shell.mwaa.connection import Connection, ConnectionPool, EnvironmentRef
    from mwaa_shell.mwaa.environment import EnvironmentInfo

__all__ = ["Connection", "ConnectionPool", "EnvironmentInfo", "EnvironmentRef", "run_command"]

#: The module of each name, imported when the name is first asked for: the prompt uses ``mwaa.programs`` alone.
_MODULES = {
    "Connection": "connection",
    "ConnectionPool": "connection",
    "EnvironmentInfo": "environment",
    "EnvironmentRef": "connection",
    "run_command": "command_runner",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
