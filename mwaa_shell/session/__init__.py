"""State, the context of one line, the executor and the safety checks."""

from mwaa_shell.session.context import LineContext
from mwaa_shell.session.executor import DotCommands, Executor
from mwaa_shell.session.interface import UserInterface
from mwaa_shell.session.planning import Plan
from mwaa_shell.session.session import Session

__all__ = ["DotCommands", "Executor", "LineContext", "Plan", "Session", "UserInterface"]
