"""Watching an environment: a command in rounds, and a DAG run until it ends."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mwaa_shell.monitor.follow import FollowOptions, RunFollower
    from mwaa_shell.monitor.watch import Watch, WatchCondition, WatchOptions

__all__ = ["FollowOptions", "RunFollower", "Watch", "WatchCondition", "WatchOptions"]

#: Imported on first use: a watch needs neither runs nor REST.
_MODULES = {
    "FollowOptions": "follow",
    "RunFollower": "follow",
    "Watch": "watch",
    "WatchCondition": "watch",
    "WatchOptions": "watch",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
