"""The tree of expected failures, with exit codes and states of the command.

Foreign exceptions (boto3, requests, uv, the operating system) are translated into these where they arise, once. The
fields of an error: ``message`` (what happened to what), ``state`` (of the command), ``hint`` (one next step) and
``detail`` (foreign text for ``--debug``).
"""

from __future__ import annotations

import re
from enum import IntEnum, StrEnum

TYPE_CHECKING = False  # the module of that name delays the first prompt
if TYPE_CHECKING:
    from typing import Self


class ExitCode(IntEnum):
    """The exit codes, which scripts rely on."""

    OK = 0  #: the command ran and succeeded
    FAILED = 1  #: the command ran and failed, or the local command or file after it did
    USAGE = 2  #: a mistake in the options or in the line, which was not sent
    NOTHING_RAN = 3  #: AWS, credentials or connection; nothing ran
    UNKNOWN = 4  #: the outcome is unknown: the command may have run
    REFUSED = 5  #: refused by a safety rule: the line was not sent
    INTERRUPTED = 130  #: Ctrl-C
    PIPE = 141  #: the reader of the output has left


class State(StrEnum):
    """The state of the command, as a sentence for the user."""

    NONE = ""  #: no command was on its way, or the message says it
    NOT_SENT = "Nothing was sent."
    NOT_RUN = "Nothing ran."
    MAY_HAVE_RUN = "The command may have run."
    MAY_BE_RUNNING = "The command may still be running."
    RAN = "The command ran."


#: The message where the user refused a confirmation.
CANCELED = "Canceled"


def sentence(message: str, state: State = State.NONE) -> str:
    """Return a message with a full stop, followed by the state."""
    stop = "" if not message or message.endswith((".", "?", "!", ":")) or "\n" in message else "."
    return f"{message}{stop} {state.value}".strip()


def with_hint(message: str, hint: str) -> str:
    """Return a message with its hint; without a hint, the message is unchanged."""
    return f"{sentence(message)} {hint}" if hint else message


#: Dot-commands in hints, and what a command line has instead.
_AT_COMMAND_LINE = (
    (r"(?<!\.help )\.doctor\b", "mwaa-shell doctor"),
    (r"\.help ([a-z]+)\b", r"mwaa-shell help \1"),
    (r"\.help \.([a-z]+)\b", r"mwaa-shell -c '.help .\1'"),
    (r"\.help COMMAND\b", "mwaa-shell -c '.help COMMAND'"),
    (r"(?<=List them with )\.([a-z]+)\b", r"mwaa-shell -c .\1"),
    (r"\.(help|envs)\b", r"mwaa-shell -c .\1"),
)


def for_command_line(hint: str) -> str:
    """Return a hint of the prompt in the words of the command line."""
    for dot_command, words in _AT_COMMAND_LINE:
        hint = re.sub(rf"(?<![\w'/-])(?<!-c ){dot_command}", words, hint)
    return hint


class ShellError(Exception):
    """An expected failure; ``str()`` of it is the message, which needs no full stop."""

    exit_code = ExitCode.FAILED
    state = State.NONE  #: of every error of the class, unless it is given

    def __init__(self, message: str, *, hint: str = "", state: State | None = None, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.detail = detail
        if state is not None:
            self.state = state

    def with_message(self, message: str, state: State | None = None) -> Self:
        """Return a copy with another message, and with another state if one is given."""
        changed = type(self).__new__(type(self), message)
        changed.__dict__.update(self.__dict__, message=message)
        changed.state = self.state if state is None else state
        return changed


class UsageError(ShellError):
    """A mistake in the command or in the options."""

    exit_code = ExitCode.USAGE


class NothingRan(ShellError):
    """A failure after which the environment has certainly run nothing."""

    exit_code = ExitCode.NOTHING_RAN
    state = State.NOT_RUN


class PermissionMissing(NothingRan):
    """An IAM action that is not permitted, such as ``airflow:GetEnvironment``."""

    state = State.NOT_SENT

    def __init__(self, message: str, action: str, *, hint: str = "", detail: str = "") -> None:
        super().__init__(message, hint=hint, detail=detail)
        self.action = action


class EnvironmentNotFound(NothingRan):
    """A name without an environment in this account and region."""

    state = State.NONE


class LogMissing(NothingRan):
    """A name without a log group or log stream in CloudWatch."""

    state = State.NONE


class RestNotFound(NothingRan):
    """An object that Airflow's REST API does not have (HTTP 404)."""


class CredentialsProblem(NothingRan):
    """Missing or expired credentials, an unknown profile or no region."""

    state = State.NOT_SENT


class LocalProblem(NothingRan):
    """A local environment that cannot be provisioned or started."""

    state = State.NONE


class OutcomeUnknown(ShellError):
    """A failure after which the command may have run."""

    exit_code = ExitCode.UNKNOWN
    state = State.MAY_HAVE_RUN


class RefusedByRule(ShellError):
    """A command that a safety check blocked."""

    exit_code = ExitCode.REFUSED
    state = State.NOT_SENT
