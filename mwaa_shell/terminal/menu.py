"""The menu under the line: what it draws of the candidates, how high it is, and where it stands.

It is drawn anew at each key. prompt_toolkit's own asks all candidates for their widths several times a drawing; here
each is asked once, and only the rows on the screen are made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prompt_toolkit.application import get_app
from prompt_toolkit.buffer import Buffer, CompletionState
from prompt_toolkit.completion import Completion
from prompt_toolkit.data_structures import Point
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout.containers import Window
from prompt_toolkit.layout.controls import UIContent
from prompt_toolkit.layout.dimension import Dimension
from prompt_toolkit.layout.margins import ConditionalMargin, ScrollbarMargin
from prompt_toolkit.layout.menus import CompletionsMenuControl
from prompt_toolkit.utils import get_cwidth

#: What stands for the end of a text for which there is no room.
CUT = "..."


class Widths:
    """How wide the two columns of some candidates want to be; measured once, as long as there come no more."""

    def __init__(self) -> None:
        self._of: Sequence[Completion] = ()
        self._count = 0
        self._columns = 0, 0

    def of(self, completions: Sequence[Completion]) -> tuple[int, int]:
        """Of the items and of what is said of them, in cells; no room for that where nothing is said of any."""
        if self._of is not completions or self._count != len(completions):
            self._of, self._count = completions, len(completions)
            items = max((get_cwidth(one.display_text) for one in completions), default=0)
            said = max((get_cwidth(one.display_meta_text) for one in completions), default=0)
            self._columns = max(items + 2, CompletionsMenuControl.MIN_WIDTH), said + 2 if said else 0
        return self._columns


class MenuControl(CompletionsMenuControl):
    """The candidates, one in a row; the mouse is prompt_toolkit's."""

    def __init__(self) -> None:
        self._widths = Widths()

    def preferred_width(self, max_available_width: int) -> int | None:
        """Room for the widest of each column."""
        state = get_app().current_buffer.complete_state
        return sum(self._widths.of(state.completions)) if state else 0

    def create_content(self, width: int, height: int) -> UIContent:
        """The rows, made when they are drawn."""
        state = get_app().current_buffer.complete_state
        if state is None:
            return UIContent()
        first, second = self._widths.of(state.completions)
        first = min(first, width)
        second = min(second, width - first)

        def row(number: int) -> StyleAndTextTuples:
            one, current = state.completions[number], ".current" * (number == state.complete_index)
            style = f"{one.style} {one.selected_style}" if current else one.style
            shown = _column(one.display, first, f"class:completion-menu.completion{current} {style}")
            return shown + _column(one.display_meta, second, f"class:completion-menu.meta.completion{current} ")

        return UIContent(row, len(state.completions), Point(0, state.complete_index or 0))


def _column(text: StyleAndTextTuples, width: int, style: str) -> StyleAndTextTuples:
    """A text in so many cells, a blank on each side of it; its own styles go on top."""
    if width <= 0:
        return []
    fitted, taken = _fitted(text, width - 2)
    pieces = [(f"{style} {own}" if own else style, part) for own, part in fitted]
    return [(style, " "), *pieces, (style, " " * (width - 1 - taken))]


def _fitted(text: StyleAndTextTuples, room: int) -> tuple[list[tuple[str, str]], int]:
    """What there is room for, and how much that takes."""
    taken = sum(get_cwidth(part) for _, part, *_ in text)
    if taken <= room:
        return [(style, part) for style, part, *_ in text], taken
    fitted, taken = [], 0
    for style, char in ((style, char) for style, part, *_ in text for char in part):
        if taken + get_cwidth(char) > room - len(CUT):
            break
        fitted.append((style, char))
        taken += get_cwidth(char)
    return [*fitted, ("", CUT[: max(room, 0)])], taken + min(len(CUT), max(room, 0))


class Menu:
    """The menu of one buffer; ``most_rows`` is how many rows the user wants at most."""

    def __init__(self, buffer: Buffer, most_rows: Callable[[], int]) -> None:
        self._buffer = buffer
        self._most_rows = most_rows

    def furnish(self, window: Window) -> None:
        """Take the place of prompt_toolkit's menu in its window."""
        window.content = MenuControl()
        window.height = lambda: Dimension(min=1, max=self._most_rows())
        window.right_margins = [ConditionalMargin(ScrollbarMargin(), Condition(self._scrolls))]

    def rows(self) -> int:
        """How many rows it takes now."""
        state = self._buffer.complete_state
        return min(len(state.completions), self._most_rows()) if state else 0

    def position(self) -> int | None:
        """Where the word begins that it completes; its own margin stands before it."""
        state = self._buffer.complete_state
        if state is None or not state.completions:
            return None
        return max(state.original_document.cursor_position + state.completions[0].start_position - 1, 0)

    def _scrolls(self) -> bool:
        state: CompletionState | None = self._buffer.complete_state
        return state is not None and len(state.completions) > self._most_rows()
