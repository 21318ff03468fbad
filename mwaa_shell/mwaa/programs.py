"""The ``credential_process`` of a profile: a program that gives credentials, and that may ask for a code or a password.

The program gets the terminal as with the AWS CLI, except at a prompt. The prompt reads the same terminal, and the
program runs whenever AWS is asked, also behind the prompt: two readers share out the keys, and neither can be used. So
at a prompt a program starts without a terminal, and one that asks fails at once.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from typing import Any

#: The variable by which gpg, and what is built on it, finds a terminal that is not its own.
NAMES_A_TERMINAL = "GPG_TTY"


class _Kept:
    """Whether a prompt keeps the terminal, and which programs run with and without one; a process has one terminal."""

    def __init__(self) -> None:
        self.is_kept = False
        self.has_commands = False  #: on standard input
        self.detached: set[Detached] = set()
        self.attached: set[Attached] = set()
        self.make_way: Callable[[], object] = lambda: None


_kept = _Kept()


class Attached(subprocess.Popen[bytes]):
    """A program that may ask at the terminal of the shell; what the shell shows there makes way first."""

    def __init__(self, words: list[str], **options: Any) -> None:
        _kept.attached.add(self)
        _kept.make_way()
        stdin = subprocess.DEVNULL if _kept.has_commands else None
        try:
            super().__init__(words, stdin=stdin, **options)
        except BaseException:
            _kept.attached.discard(self)
            raise

    def communicate(self, *arguments: Any, **options: Any) -> tuple[bytes, bytes]:
        """Return what the program printed."""
        try:
            return super().communicate(*arguments, **options)
        finally:
            _kept.attached.discard(self)


class Detached(subprocess.Popen[bytes]):
    """A program with an empty standard input, in a session of its own: such a session has no terminal."""

    def __init__(self, words: list[str], **options: Any) -> None:
        environ = {name: value for name, value in os.environ.items() if name != NAMES_A_TERMINAL}
        super().__init__(words, stdin=subprocess.DEVNULL, start_new_session=True, env=environ, **options)

    def communicate(self, *arguments: Any, **options: Any) -> tuple[bytes, bytes]:
        """Return what the program printed; ``end_detached`` ends the program meanwhile."""
        _kept.detached.add(self)
        try:
            return super().communicate(*arguments, **options)
        finally:
            _kept.detached.discard(self)


def popen(words: list[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a program that gives credentials: ``subprocess.Popen`` for botocore."""
    return Detached(words, **options) if _kept.is_kept else Attached(words, **options)


def keep_standard_input() -> None:
    """Keep standard input for the commands that it holds: a program that reads would take them for answers."""
    _kept.has_commands = True


def is_at_terminal() -> bool:
    """Return whether a program runs that may be asking at the terminal now."""
    return bool(_kept.attached)


def before_each(make_way: Callable[[], object]) -> None:
    """Call this on any thread before a program gets the terminal."""
    _kept.make_way = make_way


def gets_a_terminal() -> bool:
    """Return whether a program that is started now may ask at the terminal."""
    return not _kept.is_kept


def keep_terminal() -> None:
    """Keep the terminal for a prompt, for as long as the process runs."""
    _kept.is_kept = True


def end_detached() -> None:
    """End the programs that run without a terminal, and what they started: Ctrl-C does not reach their sessions."""
    for program in tuple(_kept.detached):
        if program.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(program.pid, signal.SIGTERM)
