"""A terminal that bears nothing but text: what moves its cursor, asks it or sets anything of it fails the test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pyte

#: What printing plain lines does to a terminal.
PRINTING = frozenset({"draw", "linefeed", "carriage_return", "tab"})
COLORING = frozenset({"select_graphic_rendition"})


class AnsweringScreen(pyte.Screen):
    """A screen that must not be asked."""

    def write_process_input(self, data: str) -> None:
        """An answer to a question that the text asked."""
        raise AssertionError(f"the terminal answered {data!r}")


class Guard:
    """Stands between the stream and the screen, and hands on what is allowed."""

    def __init__(self, screen: pyte.Screen, allowed: frozenset[str]) -> None:
        self._screen = screen
        self._allowed = allowed

    def __getattr__(self, event: str) -> Callable[..., Any]:
        def act(*values: Any, **named: Any) -> Any:
            assert event in self._allowed, f"the terminal was made to {event}"
            return getattr(self._screen, event)(*values, **named)

        return act


def shown_on(text: str, also: frozenset[str] = frozenset()) -> pyte.Screen:
    """The screen once the text was printed, by way of a line discipline that ends lines as a terminal wants it."""
    screen = AnsweringScreen(80, 24)
    before = set(screen.mode)
    pyte.Stream(cast("pyte.Screen", Guard(screen, PRINTING | also))).feed(text.replace("\n", "\r\n"))
    assert (screen.title, screen.icon_name, screen.margins, screen.mode) == ("", "", None, before)
    return screen
