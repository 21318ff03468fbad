"""What the menu draws of the candidates."""

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
from prompt_toolkit.output import DummyOutput
from prompt_toolkit.shortcuts import PromptSession
from prompt_toolkit.utils import get_cwidth

from mwaa_shell.terminal.layout import furnish
from mwaa_shell.terminal.menu import Menu, MenuControl, Widths


@pytest.fixture
def session() -> Iterator[PromptSession[str]]:
    """Without a terminal."""
    with create_app_session(input=DummyInput(), output=DummyOutput()):
        made: PromptSession[str] = PromptSession(bottom_toolbar="below")
        with set_app(made.app):
            yield made


def rows(session: PromptSession[str], completions: list[Completion], width: int) -> list[StyleAndTextTuples]:
    """The rows of the menu in so many cells, the first of them selected."""
    session.default_buffer.complete_state = CompletionState(Document("d"), completions, 0)
    content = MenuControl().create_content(width, 8)
    return [content.get_line(row) for row in range(content.line_count)]


def drawn(session: PromptSession[str], completions: list[Completion], width: int) -> list[str]:
    """Their text."""
    return ["".join(text for _, text, *_ in row) for row in rows(session, completions, width)]


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
    (row,) = drawn(session, [Completion("日本 abc", display_meta="said 再実行")], width)
    assert get_cwidth(row) <= width


def test_each_piece_has_its_style(session: PromptSession[str]) -> None:
    said: StyleAndTextTuples = [("class:state", "failed"), ("", " x")]
    first, second = rows(session, [Completion("a", display_meta=said), Completion("b", style="class:doubtful")], 80)
    styles = [(style.split(), text) for style, text, *_ in first]
    assert (["class:completion-menu.completion.current"], "a") in styles
    assert (["class:completion-menu.meta.completion.current", "class:state"], "failed") in styles
    assert second[1][0].split() == ["class:completion-menu.completion", "class:doubtful"]


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
    assert any(isinstance(one, Window) and isinstance(one.content, MenuControl) for one in left)


def test_another_layout_is_refused(session: PromptSession[str]) -> None:
    with pytest.raises(TypeError, match="another way"):
        furnish(Layout(HSplit([Window()])), Menu(session.default_buffer, lambda: 8), ())
