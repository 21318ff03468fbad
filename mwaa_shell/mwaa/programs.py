"""The ``credential_process`` of a profile: a program that prints credentials.

It may ask for a code or a password. The program gets the terminal as with the AWS CLI, except at a prompt. The prompt
reads the same terminal, and the program also runs in the background of the prompt. Two readers would share the keys,
and neither would work. So at a prompt, a program starts without a terminal, and fails at once if it asks.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from mwaa_shell.interrupts import signals_wait

#: The variable with which gpg, and programs that use gpg, find a terminal that is not their own.
NAMES_A_TERMINAL = "GPG_TTY"


class TerminalUse:
    """The use of the terminal: whether a prompt keeps it, and which programs run. A process has one terminal."""

    def __init__(self) -> None:
        self.is_kept = False  #: for a prompt, for as long as the process runs
        self.has_commands = False  #: on standard input: a program must not read them
        self.is_over = False  #: as the shell ends: no program may start
        self.starting = threading.Lock()  #: held until a program that starts is in ``running``
        self.running: set[Program] = set()
        self.asking: set[Program] = set()  #: may be asking at the terminal now
        self.make_way: Callable[[], object] = lambda: None  #: called on any thread before a program gets the terminal


TERMINAL = TerminalUse()


class Program(subprocess.Popen[bytes]):
    """A program that botocore starts and reads to its end.

    It may ask at the terminal of the shell, after ``make_way`` has cleared it. A detached program has an empty standard
    input and its own session, which has no terminal.
    """

    def __init__(self, words: list[str], *, detached: bool, **options: Any) -> None:
        self._detached = detached
        if detached:
            environ = {name: value for name, value in os.environ.items() if name != NAMES_A_TERMINAL}
            self._start(words, stdin=subprocess.DEVNULL, start_new_session=True, env=environ, **options)
            return
        TERMINAL.asking.add(self)
        TERMINAL.make_way()
        try:
            self._start(words, stdin=subprocess.DEVNULL if TERMINAL.has_commands else None, **options)
        except BaseException:
            TERMINAL.asking.discard(self)
            raise

    def _start(self, words: list[str], **options: Any) -> None:
        with TERMINAL.starting:
            if TERMINAL.is_over:
                raise InterruptedError("the shell ends")
            super().__init__(words, **options)
            TERMINAL.running.add(self)

    def communicate(self, *arguments: Any, **options: Any) -> tuple[bytes, bytes]:
        """Return what the program printed; ``end_programs`` ends it meanwhile."""
        try:
            return super().communicate(*arguments, **options)
        except BaseException:  # Ctrl-C, which the program may ignore
            with suppress(ProcessLookupError, PermissionError):
                self.end()
            raise
        finally:
            TERMINAL.running.discard(self)
            TERMINAL.asking.discard(self)

    def end(self) -> None:
        """Ask the program to end, and what a detached one has started."""
        if self._detached:
            os.killpg(self.pid, signal.SIGTERM)
        else:
            self.terminate()


def popen(words: list[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a program that gives credentials: ``subprocess.Popen`` for botocore. It ends with the shell."""
    with signals_wait():  # a running program must be in ``running``
        return Program(words, detached=TERMINAL.is_kept, **options)


@atexit.register  # once: a thread that registers it while the shell ends may be too late
def _end_all() -> None:
    """End the programs as the shell ends. A thread whose program was ended would start it again."""
    with TERMINAL.starting:
        TERMINAL.is_over = True
    end_programs()


def end_programs() -> None:
    """End the programs that still run, before the prompt uses the terminal again.

    Ctrl-C does not reach a program without a terminal, nor its children. A program with a terminal may ignore Ctrl-C.
    """
    for program in tuple(TERMINAL.running):
        if program.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                program.end()
