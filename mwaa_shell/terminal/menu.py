"""The menu under the line: what it draws of the candidates, how high it is, and where it stands.

It is drawn anew at each key. prompt_toolkit's own asks all candidates for their widths several times a drawing, and
goes over each of its cells five times; here each candidate is asked once, and only the rows on the screen are made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from prompt_toolkit.buffer import Buffer, CompletionState
from prompt_toolkit.completion import Completion
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout.containers import Container
from prompt_toolkit.layout.dimension import Dimension
from prompt_toolkit.layout.menus import CompletionsMenu, CompletionsMenuControl
from prompt_toolkit.layout.mouse_handlers import MouseHandlers
from prompt_toolkit.layout.screen import Screen, WritePosition
from prompt_toolkit.utils import get_cwidth

from mwaa_shell.terminal.cells import cells

#: What stands for the end of a text for which there is no room.
CUT = "..."
#: So many rows stay between the selected one and an edge, where there are more.
MARGIN = 1


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
            items = max((_width(one.display) for one in completions), default=0)
            said = max((_width(one.display_meta) for one in completions), default=0)
            self._columns = max(items + 2, CompletionsMenuControl.MIN_WIDTH), said + 2 if said else 0
        return self._columns


class Menu(Container):
    """The menu of one buffer; ``most_rows`` is how many rows the user wants at most. No mouse is asked for."""

    def __init__(self, buffer: Buffer, most_rows: Callable[[], int]) -> None:
        self._buffer = buffer
        self._most_rows = most_rows
        self._widths = Widths()
        self._top = 0  # which candidate stands in the first row

    def furnish(self, menu: CompletionsMenu) -> None:
        """Take the place of prompt_toolkit's menu in what shows it while there are candidates."""
        menu.content = self

    @property
    def _state(self) -> CompletionState | None:
        return self._buffer.complete_state

    def rows(self) -> int:
        """How many rows it takes now."""
        state = self._state
        return min(len(state.completions), self._most_rows()) if state else 0

    def position(self) -> int | None:
        """Where the word begins that it completes; its own margin stands before it."""
        state = self._state
        if state is None or not state.completions:
            return None
        return max(state.original_document.cursor_position + state.completions[0].start_position - 1, 0)

    # -- as a container of prompt_toolkit ----------------------------------------------------------------------------

    def reset(self) -> None:
        """Begin with the first candidate."""
        self._top = 0

    def get_children(self) -> list[Container]:
        """There are none."""
        return []

    def preferred_width(self, max_available_width: int) -> Dimension:
        """Room for the widest of each column, and for the bar where there are more than rows."""
        state = self._state
        if state is None:
            return Dimension(preferred=0)
        return Dimension(preferred=sum(self._widths.of(state.completions)) + self._scrolls(state))

    def preferred_height(self, width: int, max_available_height: int) -> Dimension:
        """A row for each candidate, as far as the user wants that."""
        return Dimension(preferred=max(self.rows(), 1))

    def write_to_screen(  # noqa: PLR0913, PLR0917  (prompt_toolkit calls it so)
        self,
        screen: Screen,
        mouse_handlers: MouseHandlers,
        write_position: WritePosition,
        parent_style: str,
        erase_bg: bool,
        z_index: int | None,
    ) -> None:
        """Draw the rows that are to be seen, from the top on."""
        state, at, style = self._state, write_position, f"{parent_style} class:completion-menu"
        if state is None or not state.completions:
            return
        self._scroll(state.complete_index or 0, len(state.completions), at.height)
        bar = _bar(self._top, at.height, len(state.completions)) if self._scrolls(state) else []
        room = at.width - bool(bar)
        for row, completion in enumerate(state.completions[self._top : self._top + at.height]):
            drawn = self._row(completion, room, style, is_current=self._top + row == state.complete_index)
            if bar:
                drawn.append((f"{style} {bar[row]}", " "))
            columns = range(at.xpos, at.xpos + at.width)
            screen.data_buffer[at.ypos + row].update(zip(columns, cells(drawn), strict=False))
        screen.height = max(screen.height, at.ypos + at.height)

    def _scrolls(self, state: CompletionState) -> bool:
        """Whether there are more than the user wants to see at a time."""
        return len(state.completions) > self._most_rows()

    def _scroll(self, current: int, count: int, rows: int) -> None:
        """As little as leaves the current candidate in sight, and what is next to it if there is room."""
        margin = min(MARGIN, (rows - 1) // 2)
        self._top = min(self._top, max(current - margin, 0))
        self._top = max(self._top, min(current + margin, count - 1) - rows + 1)
        self._top = max(min(self._top, count - rows), 0)

    def _row(self, one: Completion, width: int, style: str, *, is_current: bool) -> StyleAndTextTuples:
        """A candidate and what is said of it, in so many cells."""
        state = self._state
        first, second = self._widths.of(state.completions) if state else (0, 0)
        first = min(first, width)
        second = min(second, width - first)
        current, own = ".current" * is_current, one.style
        if is_current and one.selected_style:
            own += f" {one.selected_style}"
        row = _column(one.display, first, f"{style} class:completion-menu.completion{current} {own}")
        return [*row, *_column(one.display_meta, second, f"{style} class:completion-menu.meta.completion{current}")]


def _bar(top: int, rows: int, count: int) -> list[str]:
    """The styles of the bar's cells: where the rows on the screen stand among all; two at least, as elsewhere."""
    height, start = max(1, rows * rows // count), rows * top // count
    return [f"class:scrollbar.{'button' if start <= row <= start + height else 'background'}" for row in range(rows)]


def _width(text: StyleAndTextTuples) -> int:
    """How many cells a text takes."""
    return sum([get_cwidth(piece[1]) for piece in text])


def _column(text: StyleAndTextTuples, width: int, style: str) -> StyleAndTextTuples:
    """A text in so many cells, a blank on each side of it; its own styles go on top."""
    if width <= 0:
        return []
    fitted, taken = _fitted(text, width - 2)
    pieces = [(f"{style} {own}" if own else style, part) for own, part in fitted]
    return [(style, " "), *pieces, (style, " " * (width - 1 - taken))]


def _fitted(text: StyleAndTextTuples, room: int) -> tuple[list[tuple[str, str]], int]:
    """What there is room for, and how much that takes."""
    taken = _width(text)
    if taken <= room:
        return [(style, part) for style, part, *_ in text], taken
    fitted, taken = [], 0
    for style, char in ((style, char) for style, part, *_ in text for char in part):
        if taken + get_cwidth(char) > room - len(CUT):
            break
        fitted.append((style, char))
        taken += get_cwidth(char)
    return [*fitted, ("", CUT[: max(room, 0)])], taken + min(len(CUT), max(room, 0))
