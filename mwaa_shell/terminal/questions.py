"""Questions about what has been entered, asked right below it: nothing that was typed before answers them."""

from __future__ import annotations

import shutil
import sys
import termios
import textwrap

from prompt_toolkit.application import get_app_session
from prompt_toolkit.input.typeahead import clear_typeahead
from prompt_toolkit.shortcuts import prompt

from mwaa_shell.output.sanitise import sanitise
from mwaa_shell.terminal.spurious_keys import spurious_keys


def yes(question: str) -> bool:
    """Whether the user says yes; anything but y or yes is a no. Ctrl-C and Ctrl-D are one too."""
    said = _answer(f"{question} [y/N] ")
    return said is not None and said.strip().lower() in ("y", "yes")


def typed(question: str) -> str | None:
    """What the user types, ``None`` if they would rather not."""
    return _answer(f"{question}: ")


def read_secret(name: str) -> str | None:
    """What the user types for a secret, unseen; ``None`` if they would rather not."""
    try:
        return prompt(f"{name}: ", is_password=True, key_bindings=spurious_keys())
    except (KeyboardInterrupt, EOFError):
        return None


def _answer(question: str) -> str | None:
    _forget_typed()
    try:
        return prompt(_folded(sanitise(question)), key_bindings=spurious_keys())
    except (KeyboardInterrupt, EOFError):
        return None


def _folded(question: str) -> str:
    """The question with its lines ended between words, and a blank at its end."""
    lines = textwrap.wrap(question, max(shutil.get_terminal_size().columns - 1, 20)) or [""]
    return "\n".join(lines) + question[len(question.rstrip()) :]


def _forget_typed() -> None:
    """Drop the keys that were pressed before the question could be read: it must not be answered by chance."""
    clear_typeahead(get_app_session().input)
    try:
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
    except (OSError, ValueError, termios.error):
        pass  # no terminal: nothing was typed ahead
