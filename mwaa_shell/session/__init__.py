"""State, the context of one line, the executor and the safety checks."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from mwaa_shell.session.context import LineContext
from mwaa_shell.session.interface import UserInterface
from mwaa_shell.session.session import Session

if TYPE_CHECKING:
    from mwaa_shell.session.executor import Executor, Step
    from mwaa_shell.session.planning import Plan

__all__ = ["Executor", "LineContext", "Plan", "Session", "Step", "UserInterface"]

#: Imported when they are first asked for: the prompt stands before any line is checked or run.
_LATER = {"Executor": "executor", "Step": "executor", "Plan": "planning"}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
