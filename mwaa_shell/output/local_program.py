"""The terminal, lent to a local program: a pager, or a command after ``|``.

The program gets the terminal in the modes that other shells start it with, and Ctrl-C for itself. Afterwards the modes
are restored.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from mwaa_shell.prompt_text import is_dumb

#: Standard input, whose terminal is lent, and where such a program and the shell write.
TERMINAL = 0
SCREEN, OTHER_SCREEN = 1, 2
#: Exit codes of a program that Ctrl-C ended, directly or through a shell.
STOPPED = (-signal.SIGINT, 128 + signal.SIGINT)


@contextmanager
def lend_terminal() -> Iterator[None]:
    """Ignore Ctrl-C and Ctrl-\\ and let the terminal edit lines until the block ends."""
    before = _modes()
    if before is not None:
        lent = list(before)
        lent[3] |= termios.ECHO | termios.ICANON | termios.ISIG
        _set(lent)
    try:
        with _keys_are_theirs():
            yield
    finally:
        if before is not None:
            _set(before)


def ensure_line_start() -> None:
    """Move the cursor to the start of a line, below text that a program has left.

    A terminal that is asked where its cursor is answers among the keys that are typed ahead. But a whole row of blanks
    reaches the next row from everywhere but from the beginning of one: a terminal wraps when there is more to come.
    Does nothing without a terminal, and on a dumb one, which may not wrap.
    """
    if is_dumb(os.environ) or not (os.isatty(SCREEN) and os.isatty(OTHER_SCREEN)):
        return
    with suppress(OSError):  # the terminal has gone
        os.write(SCREEN, b" " * os.get_terminal_size(SCREEN).columns + b"\r\x1b[K")


def program_name(command: str) -> str:
    """Return the program of a command, without variables, which may be secrets."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    return next((word for word in words if not re.match(r"\w+=", word)), "the local command")


def describe_exit(process: subprocess.Popen[bytes]) -> str:
    """Return the failure of a program, as a predicate for its name."""
    code = process.returncode
    if code < 0:
        return f"was ended by {signal.Signals(-code).name if -code in set(signal.Signals) else f'signal {-code}'}"
    return f"ended with exit code {code}" + (" (not found)" if code == 127 else "")


@contextmanager
def _keys_are_theirs() -> Iterator[None]:
    """Ignore Ctrl-C and Ctrl-\\ by handlers. Programs would inherit ``SIG_IGN``."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {one: signal.signal(one, lambda number, frame: None) for one in (signal.SIGINT, signal.SIGQUIT)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler or signal.SIG_DFL)


def _modes() -> list[Any] | None:
    """Return the modes of the terminal; ``None`` without one or in the background."""
    try:
        return termios.tcgetattr(TERMINAL) if os.tcgetpgrp(TERMINAL) == os.getpgrp() else None
    except (OSError, termios.error):
        return None


def _set(modes: list[Any]) -> None:
    if _modes() not in (None, modes):
        termios.tcsetattr(TERMINAL, termios.TCSADRAIN, modes)
