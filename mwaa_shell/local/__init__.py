"""Local environments: a real Airflow on this machine behind the AWS API and the CLI endpoint of MWAA."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mwaa_shell.local.launcher import Notices, RunningServer, serve, start_local

__all__ = ["Notices", "RunningServer", "serve", "start_local"]


def __getattr__(name: str) -> object:
    """Import the launcher when it is first asked for: the server imports this package too, and starts without it."""
    if name not in __all__:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.launcher"), name)
