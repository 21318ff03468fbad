"""The user interface of a session: what a way to run brings along. Without one, nothing can be asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mwaa_shell.job import ProgressListener
    from mwaa_shell.mwaa.connection import Connection
    from mwaa_shell.output.canvas import Canvas

#: Shown where an environment could have been chosen, and the user chose none.
NONE_CHOSEN = "No environment was chosen: mwaa-shell NAME or .use NAME opens one"


def _ignore(text: str) -> None:
    """Show nothing."""


@dataclass(slots=True)
class UserInterface:
    """How the user waits, is told something and is asked. ``None`` stands for what is not possible."""

    note: Callable[[str], None] = _ignore  #: shows a sentence
    watcher: ProgressListener | None = None  #: shows what is waited for
    interactive: bool = False  #: the user sits at a prompt
    canvas: Canvas | None = None  #: where something that changes is shown
    choose: Callable[[Sequence[Connection]], str | None] | None = None  #: chooses one environment of several
    pick: Callable[[Sequence[tuple[str, str]]], int | None] | None = None  #: picks a row, each with a description
    ask: Callable[[str], bool] | None = None  #: a yes or no
    ask_name: Callable[[str], str | None] | None = None  #: a name to be typed, before what destroys
    ask_secret: Callable[[str], str | None] | None = None  #: reads a secret without echo
    draws_tables: bool = False  #: draws output: a command that can is asked for JSON
    keeps_names: bool = False  #: completes names
