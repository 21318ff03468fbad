"""Held here: wrapped text fits, and nothing of it is lost but blanks at a fold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwaa_shell.output.measure import clip, cut_word, widest, width, wrap
from mwaa_shell.output.tables.cells import clean_cell

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"


def test_text_is_folded_at_blanks() -> None:
    assert wrap("a note on the run", 9) == ["a note on", "the run"]
    assert wrap("one  two", 4) == ["one", "two"]
    assert wrap("short", 9) == ["short"]
    assert wrap("", 9) == [""]
    assert wrap("   ", 2) == [""]


def test_paths_and_lists_are_folded_behind_their_separators() -> None:
    assert wrap("/usr/local/airflow/dags/sales.py", 12) == ["/usr/local/", "airflow/", "dags/", "sales.py"]
    assert wrap("can_read,can_edit,menu_access", 18) == ["can_read,can_edit,", "menu_access"]


def test_a_word_without_any_is_cut_where_the_line_ends() -> None:
    assert wrap("x" * 7, 3) == ["xxx", "xxx", "x"]
    assert wrap("airflow.providers.ftp.hooks.ftp.FTPHook", 30) == ["airflow.providers.ftp.hooks.", "ftp.FTPHook"]
    assert wrap("a-" + "x" * 10, 8) == ["a-xxxxxx", "xxxx"]
    assert wrap("日本語の名前", 5) == ["日本", "語の", "名前"]


def test_line_ends_and_indents_stay() -> None:
    assert wrap("a\n  b\n\nc", 5) == ["a", "  b", "", "c"]


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("✈\ufe0f", 2), (FAMILY, 2)])
def test_width_is_that_of_a_terminal(text: str, columns: int) -> None:
    assert width(text) == columns
    assert widest(f"{text}\n") == columns


def test_marks_stay_with_what_they_stand_on() -> None:
    assert wrap("e\u0301" * 4, 2) == ["e\u0301e\u0301"] * 2


@given(st.text().map(clean_cell), st.integers(2, 40))
def test_any_text_fits_and_is_whole(text: str, room: int) -> None:
    lines = wrap(text, room)
    assert all(width(line) <= room for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_clipped_lines_keep_their_color_codes() -> None:
    assert width("\x1b[1mab\x1b[0m漢e\u0301") == 5
    assert clip("\x1b[1mabcdef\x1b[0m", 4) == "\x1b[1mabc…\x1b[0m"
    assert clip("ab漢字", 4) == "ab…"
    assert clip("abcd", 4) == "abcd"


def test_words_are_cut_where_the_room_ends() -> None:
    assert cut_word("ab漢字c", 3) == ["ab", "漢", "字c"]
    assert cut_word("a.bcd", 3) == ["a.b", "cd"]
    assert cut_word("", 3) == [""]


@given(st.text().map(clean_cell), st.integers(2, 40))
def test_any_clipped_line_fits(text: str, room: int) -> None:
    line = text.replace("\n", " ")
    assert width(clip(line, room)) <= room
