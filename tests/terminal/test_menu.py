"""What the menu draws of the candidates, on a screen of prompt_toolkit's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.application.current import set_app
from prompt_toolkit.buffer import CompletionState
from prompt_toolkit.completion import Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.input import DummyInput
from prompt_toolkit.layout import Layout
from prompt_toolkit.layout.containers import HSplit, Window
from prompt_toolkit.layout.mouse_handlers import MouseHandlers
from prompt_toolkit.layout.screen import Char, Screen, WritePosition
from prompt_toolkit.output import DummyOutput
from prompt_toolkit.shortcuts import PromptSession

from mwaa_shell.terminal.layout import furnish
from mwaa_shell.terminal.menu import Menu, Widths


@pytest.fixture
def session() -> Iterator[PromptSession[str]]:
    """Without a terminal."""
    with create_app_session(input=DummyInput(), output=DummyOutput()):
        made: PromptSession[str] = PromptSession(bottom_toolbar="below")
        with set_app(made.app):
            yield made


def drawn_cells(
    session: PromptSession[str], completions: list[Completion], width: int, menu: Menu | None = None, current: int = 0
) -> list[list[Char]]:
    """The cells of the menu at the height that it wants, with one candidate selected."""
    session.default_buffer.complete_state = CompletionState(Document("d"), completions, current)
    menu = menu or Menu(session.default_buffer, lambda: 8)
    screen = Screen()
    width, height = min(width, menu.preferred_width(width).preferred), menu.preferred_height(width, 24).preferred
    menu.write_to_screen(screen, MouseHandlers(), WritePosition(2, 1, width, height), "", erase_bg=True, z_index=None)
    assert screen.height == 1 + height
    return [[screen.data_buffer[1 + row][x] for x in sorted(screen.data_buffer[1 + row])] for row in range(height)]


def drawn(session: PromptSession[str], completions: list[Completion], width: int) -> list[str]:
    """Their text."""
    return ["".join(cell.char for cell in row) for row in drawn_cells(session, completions, width)]


def test_items_and_what_is_said_of_them_stand_in_columns(session: PromptSession[str]) -> None:
    completions = [Completion("dags", display_meta="All DAGs"), Completion("dags list", display_meta="再")]
    assert drawn(session, completions, 80) == [" dags       All DAGs ", " dags list  再       "]
    assert drawn(session, [Completion("a"), Completion("b")], 80) == [" a     ", " b     "]


def test_what_is_too_long_is_cut(session: PromptSession[str]) -> None:
    assert drawn(session, [Completion("abcdefghij", display_meta="said")], 18) == [" abcdefghij  said "]
    assert drawn(session, [Completion("abcdefghij", display_meta="said of it")], 20) == [" abcdefghij  sai... "]
    assert drawn(session, [Completion("日本語日本語")], 10) == [" 日本...  "]


@pytest.mark.parametrize("width", range(2, 30))
def test_a_row_takes_no_more_cells_than_there_are(session: PromptSession[str], width: int) -> None:
    (row,) = drawn_cells(session, [Completion("日本 abc", display_meta="said 再実行")], width)
    assert len(row) <= width
    assert sum(cell.width for cell in row) <= width


@pytest.mark.parametrize("width", range(2, 12))
def test_so_does_one_beside_the_bar(session: PromptSession[str], width: int) -> None:
    rows = drawn_cells(session, [Completion("日本 abc")] * 20, width)
    assert {len(row) for row in rows} <= set(range(width + 1))
    assert all("scrollbar" in row[-1].style for row in rows)


def test_each_piece_has_its_style(session: PromptSession[str]) -> None:
    said: StyleAndTextTuples = [("class:state", "failed"), ("", " x")]
    completions = [Completion("z", display_meta=said), Completion("b", style="class:doubtful")]
    first, second = drawn_cells(session, completions, 80)
    styles = {cell.char: cell.style.split() for cell in first}
    assert styles["z"] == ["class:completion-menu", "class:completion-menu.completion.current"]
    assert styles["f"] == ["class:completion-menu", "class:completion-menu.meta.completion.current", "class:state"]
    assert second[1].style.split() == ["class:completion-menu", "class:completion-menu.completion", "class:doubtful"]


def test_letters_take_the_cells_that_they_need(session: PromptSession[str]) -> None:
    (row,) = drawn_cells(session, [Completion("e\u0301日x\x1b")], 80)
    assert [cell.char for cell in row] == [" ", "e\u0301", "日", "", "x", "^[", ""]
    (row,) = drawn_cells(session, [Completion("", display="\u0301abcd")], 80)
    assert "".join(cell.char for cell in row) == " \u0301abcd  "


@pytest.mark.parametrize(
    ("walk", "first"),
    [((0, 6), 0), ((0, 7), 1), ((0, 7, 1), 0), ((0, 19), 12), ((0, 19, 13), 12), ((0, 19, 12), 11), ((19, 0), 0)],
)
def test_the_selected_row_is_in_sight_and_the_next_one_too(
    session: PromptSession[str], walk: tuple[int, ...], first: int
) -> None:
    completions = [Completion(f"dag_{number:02}") for number in range(20)]
    menu = Menu(session.default_buffer, lambda: 8)
    for current in walk:
        rows = drawn_cells(session, completions, 80, menu, current)
    texts = ["".join(cell.char for cell in row).split()[0] for row in rows]
    assert texts == [f"dag_{number:02}" for number in range(first, first + 8)]
    (selected,) = (text for text, row in zip(texts, rows, strict=True) if ".current" in row[1].style)
    assert selected == f"dag_{walk[-1]:02}"


def test_a_menu_of_one_row_shows_the_selected_one(session: PromptSession[str]) -> None:
    menu = Menu(session.default_buffer, lambda: 1)
    for current in (0, 2, 1):
        (row,) = drawn_cells(session, [Completion(name) for name in "abc"], 80, menu, current)
        assert row[1].char == "abc"[current]


def test_the_bar_tells_which_rows_these_are(session: PromptSession[str]) -> None:
    completions = [Completion(f"dag_{number:02}") for number in range(40)]
    menu = Menu(session.default_buffer, lambda: 8)
    for current, button in ((0, [0, 1]), (20, [2, 3]), (39, [6, 7])):
        rows = drawn_cells(session, completions, 80, menu, current)
        assert [number for number, row in enumerate(rows) if "scrollbar.button" in row[-1].style] == button
    assert not any("scrollbar" in row[-1].style for row in drawn_cells(session, completions[:8], 80))


def test_a_low_terminal_has_fewer_rows_and_no_bar_for_that(session: PromptSession[str]) -> None:
    menu, screen = Menu(session.default_buffer, lambda: 8), Screen()
    completions = [Completion(f"dag_{number:02}") for number in range(6)]
    session.default_buffer.complete_state = CompletionState(Document("d"), completions, 5)
    width = menu.preferred_width(80).preferred
    menu.write_to_screen(screen, MouseHandlers(), WritePosition(0, 0, width, 3), "", erase_bg=True, z_index=None)
    rows = ["".join(screen.data_buffer[y][x].char for x in range(width)) for y in range(3)]
    assert rows == [" dag_03 ", " dag_04 ", " dag_05 "]


def test_the_next_list_begins_at_its_top(session: PromptSession[str]) -> None:
    menu = Menu(session.default_buffer, lambda: 8)
    drawn_cells(session, [Completion(f"dag_{number:02}") for number in range(40)], 80, menu, 39)
    rows = drawn_cells(session, [Completion(name) for name in "abc"], 80, menu)
    assert [row[1].char for row in rows] == ["a", "b", "c"]


def test_widths_follow_a_list_that_grows() -> None:
    widths, completions = Widths(), [Completion("a")]
    assert widths.of(completions) == (7, 0)
    completions.append(Completion("a longer one", display_meta="said"))
    assert widths.of(completions) == (14, 6)


def test_what_is_never_shown_is_not_laid_out(session: PromptSession[str]) -> None:
    before = len(list(session.layout.walk()))
    furnish(session.layout, Menu(session.default_buffer, lambda: 8), ())
    left = list(session.layout.walk())
    assert len(left) < before / 2
    assert session.layout.current_window in left
    assert any(isinstance(one, Menu) for one in left)


def test_another_layout_is_refused(session: PromptSession[str]) -> None:
    with pytest.raises(TypeError, match="another way"):
        furnish(Layout(HSplit([Window()])), Menu(session.default_buffer, lambda: 8), ())
