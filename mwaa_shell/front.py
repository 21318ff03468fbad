"""Who stands in front of a session: what a way to run brings along. Nobody, by default: then nothing can be asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mwaa_shell.job import Watcher
    from mwaa_shell.output.live import Canvas
    from mwaa_shell.session import Session
    from mwaa_shell.settings import Access


#: What is said where an environment could have been chosen, and none was.
NONE_CHOSEN = "No environment was chosen: mwaa-shell NAME or .use NAME opens one"


def _unheard(text: str) -> None:
    """Nobody listens."""


@dataclass(slots=True)
class Front:
    """How somebody waits, is told something and is asked."""

    note: Callable[[str], None] = _unheard  #: says a sentence
    watcher: Watcher | None = None  #: shows what is waited for; who has one sits at a prompt
    canvas: Canvas | None = None  #: where something that goes on is shown
    choose: Callable[[Session, Access, Sequence[str]], str | None] | None = None  #: an environment of a region
    pick: Callable[[Sequence[tuple[str, str]]], int | None] | None = None  #: a row, each with what is to be said of it
    ask: Callable[[str], bool] | None = None  #: a yes or no
    ask_name: Callable[[str], str | None] | None = None  #: what they type instead, for what is dearer
    ask_secret: Callable[[str], str | None] | None = None  #: reads what a mask stands for, unseen
    draws_tables: bool = False  #: looks at replies: a command that can is asked for data, to draw it
    keeps_names: bool = False  #: has use for names that complete
