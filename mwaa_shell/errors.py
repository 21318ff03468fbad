"""Every failure that is expected, as a tree, and the exit code of each branch.

::

    ShellError                  the base; its text is a sentence for the user
    ├── UsageError              2    the line or the options make no sense
    ├── NothingRan              3    certain: the environment did not run the command
    │   ├── PermissionMissing        an IAM action is not allowed
    │   ├── EnvironmentNotFound      no environment of that name in the region
    │   ├── CredentialsProblem       no credentials, expired ones, an unknown profile, no region
    │   └── LocalProblem             the private MWAA could not be provisioned or started
    ├── OutcomeUnknown          4    the command may have run, or may still be running
    └── RefusedByRule           5    a safety rule of the shell said no

Foreign exceptions (boto3, requests, uv, the operating system) are translated into these where they arise, once.
A sentence says what happened, to which environment, and what to do next.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What a script sees; an API."""

    OK = 0  #: the command ran and succeeded
    FAILED = 1  #: the command ran and failed, or the local command or file after it did
    USAGE = 2  #: a mistake in the options or in the line, which was not sent
    NOTHING_RAN = 3  #: AWS, credentials or connection; nothing ran
    UNKNOWN = 4  #: the outcome is unknown: the command may have run
    REFUSED = 5  #: refused by a safety rule: the line was not sent
    INTERRUPTED = 130  #: Ctrl-C
    PIPE = 141  #: whoever read the output has left


#: What each code means, in the words that ``--help`` and the README use.
EXIT_CODE_MEANINGS: dict[ExitCode, str] = {
    ExitCode.OK: "ok",
    ExitCode.FAILED: "the Airflow command failed, or the local command or file after it",
    ExitCode.USAGE: "usage: a mistake in the options or in the line, which was not sent",
    ExitCode.NOTHING_RAN: "AWS, credentials or connection: nothing ran",
    ExitCode.UNKNOWN: "outcome unknown: the command may have run",
    ExitCode.REFUSED: "refused by a safety rule: the line was not sent",
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.PIPE: "whoever read the output has left",
}


class ShellError(Exception):
    """An expected failure; ``str()`` of it is a sentence for the user."""

    exit_code = ExitCode.FAILED


class UsageError(ShellError):
    """The line or the options make no sense."""

    exit_code = ExitCode.USAGE


class NothingRan(ShellError):
    """It is certain that the environment did not run the command."""

    exit_code = ExitCode.NOTHING_RAN


class PermissionMissing(NothingRan):
    """An IAM action is not allowed; ``action`` names it, such as ``airflow:GetEnvironment``."""

    def __init__(self, message: str, action: str) -> None:
        super().__init__(message)
        self.action = action


class EnvironmentNotFound(NothingRan):
    """No environment of that name in this account and region."""


class CredentialsProblem(NothingRan):
    """No credentials, expired ones, an unknown profile or no region."""


class LocalProblem(NothingRan):
    """The private MWAA could not be provisioned or started."""


class OutcomeUnknown(ShellError):
    """The request may have reached the environment; whether the command ran is not known."""

    exit_code = ExitCode.UNKNOWN


class RefusedByRule(ShellError):
    """A safety rule of the shell said no."""

    exit_code = ExitCode.REFUSED
