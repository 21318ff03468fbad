"""Held here: what a value looks like, and that no value can do more than be looked at."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.tables.cells import CellKind, CellTexts, clean_cell, label, plain, texts

VIEW = DisplayOptions(zone=ZoneInfo("Europe/Berlin"))
DATE = "2026-11-22T12:56:31.444000+00:00"


def shown(*values: object, kind: CellKind = CellKind.OTHER, view: DisplayOptions = VIEW) -> list[str]:
    return texts(list(values), view, kind).shown


def test_what_is_missing_is_not_what_is_empty() -> None:
    assert shown(None, "", "x") == ["-", "", "x"]


def test_truth_is_yes_or_no_where_a_column_holds_nothing_else() -> None:
    assert shown("True", "False", None, "", True) == ["yes", "no", "-", "", "yes"]
    assert texts(["True"], VIEW).truths
    assert shown("True", "maybe") == ["True", "maybe"]
    assert shown("True", 1) == ["True", "1"]
    assert shown(None, "") == ["-", ""]


def test_lists_and_mappings() -> None:
    assert shown(["airflow"], ["a", "b"], [], {}, {"ü": [1]}, [{"name": "x"}]) == [
        "airflow", "a, b", "[]", "{}", '{"ü": [1]}', '[{"name": "x"}]',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (["1", "20", "", None], True), ([1, 2.5], True), (["1", "x"], False), ([True], False), ([], False),
        ([None], False), ([[1]], False), (["١"], False),
    ],
)  # fmt: skip
def test_numbers_are_known(values: list[object], numbers: bool) -> None:
    assert texts(values, VIEW).numbers is numbers
    assert texts(values, VIEW, CellKind.ID).numbers is numbers


def test_dates_are_in_the_zone() -> None:
    made = texts([DATE, "", "2026-01-31 00:00:00+00:00"], VIEW, CellKind.DATE)
    assert made.shown == ["2026-11-22 13:56:31", "", "2026-01-31 01:00:00"]
    assert list(made.dated) == [0, 2]
    assert shown(DATE, kind=CellKind.DATE, view=DisplayOptions(zone=None)) == [DATE]
    assert shown(DATE) == [DATE]


def test_text_of_users_stays_as_it_is() -> None:
    for values in (["None", None], ["True", "False"], [DATE], ["1e3", "007"], ["true"]):
        assert shown(*values, kind=CellKind.WRITTEN) == [value or "-" for value in values]


def test_ids_stay_unchanged() -> None:
    assert texts([DATE, "True", "None", f"manual__{DATE}"], VIEW, CellKind.ID).shown == [
        DATE, "True", "None", f"manual__{DATE}",
    ]  # fmt: skip


def test_line_ends_and_tabs() -> None:
    assert shown("a\n\tb\n") == ["a\n    b"]
    assert texts(["a\nb\tc"], VIEW, CellKind.ID).shown == ["a^Jb^Ic"]


def test_nothing_acts_on_the_terminal() -> None:
    assert shown("\x1b]0;title\x07", "a\x9bb") == ["^[]0;title^G", "a<U+009B>b"]
    assert label("a\x1b[2Jb") != "a\x1b[2Jb"
    assert clean_cell("\ud800") == label("\ud800") == "<U+D800>"


def test_plain_text_is_untouched() -> None:
    assert [plain(value) for value in ("\x1b", None, 5, True, 1.5, ["a", None])] == [
        "\x1b", "None", "5", "True", "1.5", "a, None",
    ]  # fmt: skip


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["True", "None", DATE]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.lists(VALUES), st.sampled_from(CellKind))
def test_every_value_has_a_text(values: list[object], kind: CellKind) -> None:
    made: CellTexts = texts(values, VIEW, kind)
    assert len(made.shown) == len(values)
    for text in made.shown:
        assert "\x1b" not in text
        assert "\t" not in text
        text.encode()
        assert not (kind is CellKind.ID and "\n" in text)
