"""The ``credential_process`` of a profile: a program that gives credentials, and that may ask for a code or a password.

The program gets the terminal as with the AWS CLI, except at a prompt. The prompt reads the same terminal, and the
program runs whenever AWS is asked, also behind the prompt: two readers share out the keys, and neither can be used. So
at a prompt a program starts without a terminal, and one that asks fails at once.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from mwaa_shell.interrupts import signals_wait

#: The variable by which gpg, and what is built on it, finds a terminal that is not its own.
NAMES_A_TERMINAL = "GPG_TTY"


class _Kept:
    """Whether a prompt keeps the terminal, and which programs run; a process has one terminal."""

    def __init__(self) -> None:
        self.is_kept = False
        self.has_commands = False  #: on standard input
        self.running: set[_Program] = set()
        self.asking: set[Attached] = set()  #: may be asking at the terminal
        self.make_way: Callable[[], object] = lambda: None


_kept = _Kept()


class _Program(subprocess.Popen[bytes]):
    """A program that botocore starts and reads to its end."""

    def communicate(self, *arguments: Any, **options: Any) -> tuple[bytes, bytes]:
        """Return what the program printed; ``end_programs`` ends it meanwhile."""
        try:
            return super().communicate(*arguments, **options)
        except BaseException:  # Ctrl-C, which the program may ignore
            with suppress(ProcessLookupError, PermissionError):
                self.end()
            raise
        finally:
            _kept.running.discard(self)

    def end(self) -> None:
        """Ask the program to end."""
        self.terminate()


class Attached(_Program):
    """A program that may ask at the terminal of the shell; what the shell shows there makes way first."""

    def __init__(self, words: list[str], **options: Any) -> None:
        _kept.asking.add(self)
        _kept.make_way()
        try:
            super().__init__(words, stdin=subprocess.DEVNULL if _kept.has_commands else None, **options)
        except BaseException:
            _kept.asking.discard(self)
            raise

    def communicate(self, *arguments: Any, **options: Any) -> tuple[bytes, bytes]:
        """Return what the program printed; the terminal is free then."""
        try:
            return super().communicate(*arguments, **options)
        finally:
            _kept.asking.discard(self)


class Detached(_Program):
    """A program with an empty standard input, in a session of its own: such a session has no terminal."""

    def __init__(self, words: list[str], **options: Any) -> None:
        environ = {name: value for name, value in os.environ.items() if name != NAMES_A_TERMINAL}
        super().__init__(words, stdin=subprocess.DEVNULL, start_new_session=True, env=environ, **options)

    def end(self) -> None:
        """Ask the program, and what it has started, to end."""
        os.killpg(self.pid, signal.SIGTERM)


def popen(words: list[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a program that gives credentials: ``subprocess.Popen`` for botocore. It ends with the shell."""
    atexit.unregister(end_programs)
    atexit.register(end_programs)
    with signals_wait():  # once the program runs, somebody has to know of it
        program = Detached(words, **options) if _kept.is_kept else Attached(words, **options)
        _kept.running.add(program)
    return program


def keep_standard_input() -> None:
    """Keep standard input for the commands that it holds: a program that reads would take them for answers."""
    _kept.has_commands = True


def is_at_terminal() -> bool:
    """Return whether a program runs that may be asking at the terminal now."""
    return bool(_kept.asking)


def before_each(make_way: Callable[[], object]) -> None:
    """Call this on any thread before a program gets the terminal."""
    _kept.make_way = make_way


def gets_a_terminal() -> bool:
    """Return whether a program that is started now may ask at the terminal."""
    return not _kept.is_kept


def keep_terminal() -> None:
    """Keep the terminal for a prompt, for as long as the process runs."""
    _kept.is_kept = True


def end_programs() -> None:
    """End the programs that still run: nobody waits for them any more, and the terminal is not theirs.

    Ctrl-C does not reach one that runs without a terminal, nor what it has started; one with a terminal may ignore it.
    """
    for program in tuple(_kept.running):
        if program.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                program.end()
