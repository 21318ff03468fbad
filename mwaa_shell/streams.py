"""The three standard streams as one value, so that tests can replace them: who is a terminal, and who gets what.

Standard output carries data and nothing else; everything that the shell has to say goes to standard error.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping
from typing import BinaryIO, TextIO

from mwaa_shell.prompt_text import is_dumb


class Streams:
    """Where lines come from and where bytes go; no dataclass, for the first prompt waits for this file."""

    __slots__ = ("color", "no_color", "stderr", "stderr_tty", "stdin", "stdin_tty", "stdout", "stdout_tty")

    def __init__(  # noqa: PLR0913, PLR0917  (a value with as many members)
        self,
        stdin: TextIO,
        stdout: BinaryIO,
        stderr: BinaryIO,
        stdin_tty: bool,
        stdout_tty: bool,
        stderr_tty: bool,
        color: str = "auto",
        no_color: bool = False,
    ) -> None:
        self.stdin, self.stdout, self.stderr = stdin, stdout, stderr
        self.stdin_tty, self.stdout_tty, self.stderr_tty = stdin_tty, stdout_tty, stderr_tty
        self.color = color
        self.no_color = no_color  #: NO_COLOR is set, or the terminal cannot

    def data(self, data: bytes) -> None:
        """Bytes for standard output, exactly as they are."""
        left = memoryview(data)
        while left:  # an unbuffered stream may take only a part
            left = left[self.stdout.write(left) or 0 :]
        self.stdout.flush()

    def talk(self, data: bytes) -> None:
        """Bytes for standard error; what went to standard output before comes first."""
        self.stdout.flush()
        self.stderr.write(data)
        self.stderr.flush()

    def note(self, text: str) -> None:
        """A sentence of the shell's own; what it quotes cannot drive the terminal."""
        if text:
            shown = "".join(char if char.isprintable() or char in "\n\t" else "?" for char in text)
            self.talk(f"mwaa-shell: {shown}\n".encode(errors="replace"))

    @property
    def interactive(self) -> bool:
        """Somebody sits at a keyboard and sees at least one of the two streams."""
        return self.stdin_tty and (self.stdout_tty or self.stderr_tty)

    def pretty(self, *, stderr: bool = False) -> bool:
        """Whether what goes to standard output (or error) is made for eyes: a terminal, or colour that is forced."""
        return self.color == "always" or (self.stderr_tty if stderr else self.stdout_tty)

    def colored(self, *, stderr: bool = False) -> bool:
        """Whether what goes to standard output (or error) may be coloured."""
        if self.color != "auto":
            return self.color == "always"
        return not self.no_color and (self.stderr_tty if stderr else self.stdout_tty)


def standard_streams(color: str = "auto", environ: Mapping[str, str] | None = None) -> Streams:
    """The process's own streams."""
    environ = os.environ if environ is None else environ
    _close_gaps()
    stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)
    if isinstance(stdin, io.TextIOWrapper) and not stdin.isatty():
        stdin.reconfigure(errors="surrogateescape")  # what is no text is refused line by line
    stdout = sys.stdout.buffer if sys.stdout else open(1, "wb", closefd=False)
    stderr = sys.stderr.buffer if sys.stderr else open(2, "wb", closefd=False)
    return Streams(
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        stdin_tty=stdin.isatty(),
        stdout_tty=stdout.isatty(),
        stderr_tty=stderr.isatty(),
        color=color,
        no_color=bool(environ.get("NO_COLOR")) or is_dumb(environ),
    )


def _close_gaps() -> None:
    """Where the process was started with a standard stream closed, nothing else must take its number."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # by local commands, as any standard stream
