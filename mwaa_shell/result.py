"""The result of one Airflow command or dot-command, and the bytes of its output.

A ``Body`` is plain ``bytes``, or for a large output ``LazyBytes``, which are read in parts from a file. Callers slice
it for a part and use ``chunks`` for all of it; ``bytes`` and ``decode`` load the whole.
"""

from __future__ import annotations

import os
import sys
import tempfile
import weakref
from collections.abc import Iterator
from enum import StrEnum
from typing import IO, NamedTuple

from mwaa_shell.errors import ExitCode, OutcomeUnknown, ShellError, State

#: Bytes of a body in memory; a longer one is kept in a file.
IN_MEMORY = 4_000_000
#: Bytes that are read at a time.
CHUNK = 1 << 18


class LazyBytes:
    """Bytes in an unnamed temporary file, for all threads. The system removes the file with this object."""

    def __init__(self, file: IO[bytes]) -> None:
        """``file`` is empty and unbuffered."""
        self._file = file
        weakref.finalize(self, file.close)  # __del__ may run after the file is gone
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, data: bytes) -> None:
        """Append bytes, before the first read. Raises ``OSError``; the bytes before stay."""
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) or 0 :]
        self._size += len(data)

    def __getitem__(self, part: slice) -> bytes:
        """Return a part of the bytes, in order."""
        start, end, step = part.indices(len(self))
        if step != 1:
            raise ValueError("bytes that are read in parts are read in order")
        parts = []
        while start < end and (data := os.pread(self._file.fileno(), end - start, start)):
            parts.append(data)
            start += len(data)
        return b"".join(parts)

    def __bytes__(self) -> bytes:
        return b"".join(chunks(self))

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Return all bytes as text."""
        return bytes(self).decode(encoding, errors)

    def endswith(self, end: bytes) -> bool:
        """Return whether the bytes end in ``end``."""
        return not end or self[-len(end) :] == end


Body = bytes | LazyBytes


def chunks(body: Body, size: int = CHUNK) -> Iterator[bytes]:
    """Yield all bytes in order, at most ``size`` at a time."""
    for start in range(0, len(body), size):
        yield body[start : start + size]


class SpoolWriter:
    """A collector of the bytes of a stream, in memory or for many in a file."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._in_memory = in_memory
        self._held: list[bytes] = []
        self._size = 0
        self._spooled: LazyBytes | None = None

    def add(self, data: bytes) -> None:
        """Append bytes."""
        self._held.append(data)
        self._size += len(data)
        if self._size > self._in_memory:
            self._move()

    def body(self) -> Body:
        """Return all bytes; no more may be added."""
        return b"".join(self._held) if self._spooled is None else self._spooled

    def _move(self) -> None:
        """Move the bytes from memory to the file, unless there is no room for a file."""
        try:
            self._spooled = self._spooled or LazyBytes(tempfile.TemporaryFile(buffering=0))
            self._spooled.add(b"".join(self._held))
            self._held = []
        except OSError:
            before = bytes(self._spooled) if self._spooled is not None else b""
            self._held.insert(0, before)
            self._spooled, self._in_memory = None, sys.maxsize


class Outcome(StrEnum):
    """The outcome of a line, in the words of the history."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"  #: may have run
    INTERRUPTED = "interrupted"
    NOT_RUN = "not run"  #: nothing ran for certain


class NextLine(NamedTuple):
    """A line that runs in place of another one, and its origin for the history."""

    line: str
    origin: str


class Part(NamedTuple):
    """The output of one environment of several, which follows a heading of its own."""

    heading: str
    result: Result


class Result(NamedTuple):
    """The result of one line, with the decoded bytes of both output streams."""

    outcome: Outcome = Outcome.OK
    exit_code: ExitCode = ExitCode.OK
    stdout: Body = b""
    stderr: Body = b""
    message: str = ""  #: what happened to what, or the reason of Airflow; often empty
    state: State = State.NONE  #: of the command, for a message of the shell
    hint: str = ""  #: one next step
    detail: str = ""  #: foreign text about it, for ``--debug``
    judged: bool = False  #: the message is the reason for a failure in the output of Airflow
    remark: str = ""  #: how to read the output; often empty
    response: Body = b""  #: the HTTP body as it came, nothing for a dot-command
    http_status: int | None = None
    token_seconds: float = 0.0  #: how long CreateCliToken took
    command_seconds: float = 0.0  #: how long the environment took to answer
    remote: bool = False  #: an Airflow command that was sent, not one of the shell's own
    raw: bool = False  #: to be shown as it is, without color or order
    page: bool = False  #: a page of the documentation: lines in the first column are headings
    leaves: bool = False  #: the user asked to leave the shell
    drawn: bool = False  #: the screen shows ``stdout`` already, as a picture that was redrawn
    clears: bool = False  #: the user asked for an empty screen
    next_lines: tuple[NextLine, ...] = ()  #: lines to run in its place
    proposal: str = ""  #: a line to put on the prompt
    proposed: tuple[NextLine, ...] = ()  #: lines of the proposal from the history, with their origin
    words: tuple[str, ...] = ()  #: of the command that was sent: its name, then whole flags and their values
    outcomes: tuple[Outcome, ...] = ()  #: of each line of stdout, which color its word
    added: str = ""  #: flags that the shell added to the typed line
    paged: bool = True  #: may go through a pager; not where its end matters most
    clipboard: bytes = b""  #: text to put on the terminal's clipboard
    hidden: tuple[str, ...] = ()  #: secrets of the line that was sent, which an output may repeat
    secret: bool = False  #: ``stdout`` has a secret that the user asked to see: in no transcript
    parts: tuple[Part, ...] = ()  #: outputs of several environments, shown after the streams
    format: str = ""  #: the output format of this result, before that of the session
    log: bool = False  #: stdout is a log without records, whose lines are all shown
    shown: Body = b""  #: a terminal shows this in place of stdout; empty for stdout

    @property
    def seconds(self) -> float:
        """Token and command together."""
        return self.token_seconds + self.command_seconds

    @property
    def ok(self) -> bool:
        return self.outcome is Outcome.OK


def text_result(text: str) -> Result:
    """Return the result of a dot-command that succeeded and has a text to show."""
    end = "" if text.endswith("\n") or not text else "\n"
    return Result(stdout=f"{text}{end}".encode(errors="replace"))  # half a character has no bytes


def from_error(error: ShellError) -> Result:
    """Return the result of a line that failed before there was a response."""
    outcome = Outcome.UNKNOWN if isinstance(error, OutcomeUnknown) else Outcome.NOT_RUN
    if error.exit_code is ExitCode.FAILED:
        outcome = Outcome.FAILED
    return Result(outcome, error.exit_code, message=str(error), state=error.state, hint=error.hint, detail=error.detail)


def failed(message: str, *, hint: str = "") -> Result:
    """Return the result of a command that ran and failed."""
    return Result(Outcome.FAILED, ExitCode.FAILED, message=message, hint=hint)


def interrupted(message: str = "", *, remote: bool, state: State = State.NONE) -> Result:
    """Return the result of a line whose wait ended with Ctrl-C."""
    return Result(Outcome.INTERRUPTED, ExitCode.INTERRUPTED, message=message, state=state, remote=remote)
