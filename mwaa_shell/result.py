"""The result of one line, of an Airflow command or a dot-command."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from mwaa_shell.errors import ExitCode, OutcomeUnknown, ShellError
from mwaa_shell.reply_bytes import Body


class Outcome(StrEnum):
    """How a line ended, in the words of the history."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"  #: may have run
    INTERRUPTED = "interrupted"
    REFUSED = "refused"  #: certain that nothing ran


class NextLine(NamedTuple):
    """A line that runs in place of another one, and its origin for the history."""

    line: str
    origin: str


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one line. ``stdout`` and ``stderr`` are the bytes that Airflow wrote, decoded from base64."""

    outcome: Outcome = Outcome.OK
    exit_code: ExitCode = ExitCode.OK
    stdout: Body = b""
    stderr: Body = b""
    message: str = ""  #: what the shell has to say about it, a sentence or nothing
    remark: str = ""  #: how to read what Airflow printed, for whoever looks at it; mostly nothing
    reply: Body = b""  #: the HTTP body as it came, nothing for a directive
    http_status: int | None = None
    token_seconds: float = 0.0  #: how long CreateCliToken took
    command_seconds: float = 0.0  #: how long the environment took to answer
    remote: bool = False  #: an Airflow command that was sent, not one of the shell's own
    raw: bool = False  #: to be shown as it is, without colour or order
    leaves: bool = False  #: the user asked to leave the shell
    brings: tuple[NextLine, ...] = ()  #: lines to run in its place
    proposal: str = ""  #: a line to put on the prompt, for the user to run
    proposed: tuple[NextLine, ...] = ()  #: the lines of the proposal that stand for others, and where each comes from
    words: tuple[str, ...] = ()  #: of the command that was sent: its name, then whole flags and their values
    outcomes: tuple[Outcome, ...] = ()  #: of what each line of stdout tells: its word is coloured by it
    added: str = ""  #: what the shell added to what was typed
    paged: bool = True  #: may go through a pager; not where the end of it is what somebody wants to see
    clipboard: bytes = b""  #: text to put on the terminal's clipboard
    hidden: tuple[str, ...] = ()  #: secrets of the line that was sent, which a reply may repeat
    format: str = ""  #: what to draw the records of the reply as, whatever the session draws

    @property
    def seconds(self) -> float:
        """Token and command together."""
        return self.token_seconds + self.command_seconds

    @property
    def ok(self) -> bool:
        return self.outcome is Outcome.OK


def talk(text: str) -> Result:
    """Return the result of a dot-command that succeeded and has a text to show."""
    end = "" if text.endswith("\n") or not text else "\n"
    return Result(stdout=f"{text}{end}".encode(errors="replace"))  # half a character has no bytes


def from_error(error: ShellError) -> Result:
    """Return the result of a line that failed before there was a response."""
    outcome = Outcome.UNKNOWN if isinstance(error, OutcomeUnknown) else Outcome.REFUSED
    if error.exit_code is ExitCode.FAILED:
        outcome = Outcome.FAILED
    return Result(outcome=outcome, exit_code=error.exit_code, message=str(error))


def failed(message: str) -> Result:
    """Return the result of a command that ran and failed."""
    return Result(Outcome.FAILED, ExitCode.FAILED, message=message)


def interrupted(message: str, *, remote: bool) -> Result:
    """Return the result of a line whose wait ended with Ctrl-C."""
    return Result(Outcome.INTERRUPTED, ExitCode.INTERRUPTED, message=message, remote=remote)
