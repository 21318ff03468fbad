"""The history of commands: entries, where they are kept, how a typed line refers to them, and the audit log."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mwaa_shell.history.audit_log import AuditLog
    from mwaa_shell.history.entries import EnvironmentKey, HistoryEntry
    from mwaa_shell.history.expansion import expand
    from mwaa_shell.history.recorder import HistoryRecorder, environment_key
    from mwaa_shell.history.store import History

__all__ = ["AuditLog", "EnvironmentKey", "History", "HistoryEntry", "HistoryRecorder", "environment_key", "expand"]

#: Imported on first use: the context of a line needs the entries alone.
_MODULES = {
    "AuditLog": "audit_log",
    "EnvironmentKey": "entries",
    "History": "store",
    "HistoryEntry": "entries",
    "HistoryRecorder": "recorder",
    "environment_key": "recorder",
    "expand": "expansion",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
