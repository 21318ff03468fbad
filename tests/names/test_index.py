"""The order of names: a slow and obvious reference, and that the fast index agrees with it."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mwaa_shell.airflow.matching import INSIDE, PREFIX, SCATTERED, WORD, WORDS, fits
from mwaa_shell.names import catalogue
from mwaa_shell.names.catalogue import NameIndex

WORDS_OF_DAGS = ("daily", "Sales", "import", "v2", "DAGRun", "07", "aa", "a", "ümlaut", "İ", "x1y2")
NAMES = st.one_of(
    st.text(string.ascii_letters + string.digits + "_-./:@ üÜßİ", min_size=1, max_size=12),
    st.lists(st.sampled_from(WORDS_OF_DAGS), min_size=1, max_size=9).map("_".join),
    st.lists(st.sampled_from(WORDS_OF_DAGS), min_size=1, max_size=4).map("".join),
)
FRAGMENTS = st.one_of(
    st.text("abdilmpstvxy012_-üi̇", max_size=5),
    st.sampled_from(["", "dsi", "a", "aa", "aaa", "sal", "s_i", "dr", "x1", "1y", "2", "-", "daily_sales_import", "İ"]),
)


def word_starts(name: str) -> list[int]:
    """Where words begin: after a character that is no letter or digit, between letters and digits, and at capitals."""

    def is_start(at: int) -> bool:
        here, before, after = name[at], name[at - 1] if at else " ", name[at + 1 : at + 2]
        if not here.isalnum():
            return False
        if not before.isalnum() or here.isdecimal() != before.isdecimal():
            return True
        if not (here.isascii() and before.isascii()):
            return False
        return here.isupper() and (before.islower() or (before.isupper() and after.isascii() and after.islower()))

    return [at for at in range(len(name)) if is_start(at)]


def abbreviates(typed: str, words: Sequence[str]) -> bool:
    """Whether the text is made of beginnings of some of the words."""
    if not typed:
        return True
    return any(
        abbreviates(typed[length:], words[number + 1 :])
        for number, word in enumerate(words)
        for length in range(1, len(word) + 1)
        if typed.startswith(word[:length])
    )


def fit_of(typed: str, name: str) -> tuple[int, int] | None:
    """How a name fits, in the plainest way."""
    low = name.lower()
    starts = word_starts(name if len(low) == len(name) else low)
    words = [low[start:end] for start, end in pairwise([*starts, len(low)])]
    position, places = -1, []
    for letter in typed:
        position = low.find(letter, position + 1)
        if position < 0:
            return None
        places.append(position)
    if low.startswith(typed):
        return PREFIX, 0
    if any(low.startswith(typed, start) for start in starts):
        return WORD, 0
    if abbreviates(typed, words):
        return WORDS, 0
    return (INSIDE, 0) if typed in low else (SCATTERED, places[-1] - places[0])


def reference(names: Sequence[str], fragment: str, picks: Mapping[str, float]) -> list[str]:
    """All that fit, best first."""
    ranked = []
    for number, name in enumerate(names):
        fit = fit_of(fragment.lower(), name)
        if fit is not None:
            ranked.append((fit[0], name not in picks, -picks.get(name, 0), fit[1], number))
    return [names[number] for *_, number in sorted(ranked)]


def check(found: tuple[tuple[str, ...], int], expected: list[str], limit: int) -> None:
    """The shown names are the best ones; the count is not too high."""
    assert list(found[0]) == expected[:limit]
    assert found[1] <= len(expected) - len(found[0])


@pytest.mark.parametrize(
    ("typed", "name", "way"),
    [
        ("daily", "daily_sales_import", PREFIX),
        ("sal", "daily_sales_import", WORD),
        ("sales_im", "daily_sales_import", WORD),
        ("2", "etl_v2", WORD),
        ("sal", "DailySalesImport", WORD),
        ("run", "lastDAGRun", WORD),
        ("dsi", "daily_sales_import", WORDS),
        ("dsi", "team.daily-sales/import:v2", WORDS),
        ("dsi", "DailySalesImport", WORDS),
        ("saim", "daily_sales_import", WORDS),
        ("dv2", "daily_v2", WORDS),
        ("ales", "daily_sales_import", INSIDE),
        ("y_s", "daily_sales_import", INSIDE),
        ("dlmp", "daily_sales_import", SCATTERED),
    ],
)
def test_ways_to_fit(typed: str, name: str, way: int) -> None:
    fit = fits(typed, name)
    assert fit is not None
    assert fit[0] == way


@pytest.mark.parametrize(("typed", "name"), [("x", "daily"), ("yd", "daily"), ("dailyy", "daily"), ("a", "")])
def test_what_does_not_fit(typed: str, name: str) -> None:
    assert fits(typed, name) is None


def test_best_first() -> None:
    names = ["adspi", "daily_sales_import", "dsi_load", "DSI_check", "load_dsi", "odsi", "xd_x_s_xi"]
    found = NameIndex(names).search("dsi")
    best = ("dsi_load", "DSI_check", "load_dsi", "daily_sales_import", "odsi", "adspi", "xd_x_s_xi")
    assert found == (best, 0)


def test_picked_names_stand_first_among_equals() -> None:
    names = ["load_a", "load_b", "load_c", "reload_d", "unloaded"]
    found = NameIndex(names).search("load", picks={"unloaded": 9.0, "load_b": 1.0, "load_c": 2.0, "gone": 5.0})
    assert found[0] == ("load_c", "load_b", "load_a", "unloaded", "reload_d")


def test_the_given_order_counts() -> None:
    runs = [f"manual__2026-01-{day:02}" for day in range(28, 0, -1)]
    assert NameIndex(runs).search("man", 2) == ((runs[0], runs[1]), 26)


def test_how_many_more() -> None:
    many = [f"team_{number:05}" for number in range(2000)] + ["zebra"]
    built = NameIndex(many)
    assert built.search("", 50)[1] == 1951
    assert built.search("team", 50) == (tuple(many[:50]), 1950)
    found = built.search("00", 50)
    assert found[0] == tuple(many[:50])
    assert 100 < found[1] <= 1950
    assert built.search("zeb") == (("zebra",), 0)
    assert built.search("zebra_") == ((), 0)
    assert built.search("q") == ((), 0)
    assert NameIndex([]).search("x") == ((), 0)


@given(
    st.lists(NAMES, unique=True, max_size=30),
    FRAGMENTS,
    st.dictionaries(NAMES, st.floats(0.5, 9), max_size=3),
    st.data(),
)
def test_a_search_agrees_with_the_reference(
    names: list[str], fragment: str, picks: dict[str, float], data: st.DataObject
) -> None:
    limit = data.draw(st.integers(1, 10))
    check(NameIndex(names).search(fragment, limit, picks), reference(names, fragment, picks), limit)


@settings(max_examples=300)
@given(st.lists(NAMES, unique=True, min_size=1, max_size=30), FRAGMENTS, st.data())
def test_a_search_agrees_key_by_key(names: list[str], fragment: str, data: st.DataObject) -> None:
    limit = data.draw(st.integers(1, 10))
    picked = data.draw(st.lists(st.sampled_from(names), unique=True, max_size=3))
    picks = {name: float(number) for number, name in enumerate(picked, 1)}
    if data.draw(st.booleans()):
        names = sorted(names, key=str.lower)
    built = NameIndex(names)
    for length in range(len(fragment) + 1):
        check(built.search(fragment[:length], limit, picks), reference(names, fragment[:length], picks), limit)


def test_a_jumble_is_searched_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "COMPARED", 10)
    names = [f"x_acb{number:05}" for number in range(1000)]
    found = NameIndex([*names, "x_cab"]).search("ab")
    assert (found[0][0], len(found[0])) == ("x_cab", 11)


def test_added_letters_find_names_beyond_the_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "COMPARED", 10)
    built = NameIndex([*(f"x_acb{number:05}" for number in range(1000)), "x_acbz"])
    assert len(built.search("ab")[0]) == 10
    assert built.search("abz") == (("x_acbz",), 0)


def test_another_fragment_finds_names_that_did_not_fit() -> None:
    built = NameIndex(["abc", "xbc"])
    assert built.search("ab") == (("abc",), 0)
    assert built.search("b") == (("abc", "xbc"), 0)
    assert built.search("xb") == (("xbc",), 0)
