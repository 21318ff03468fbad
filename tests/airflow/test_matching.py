"""What fits, and what fits better."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwaa_shell.airflow.matching import INSIDE, PREFIX, SCATTERED, WORD, WORDS, best, rank


@pytest.mark.parametrize(
    ("typed", "candidate", "kind"),
    [
        ("", "anything", PREFIX),
        ("dags tr", "dags trigger", PREFIX),
        ("DAGS", "dags list", PREFIX),
        ("dtr", "dags trigger", WORDS),
        ("dlr", "dags list-runs", WORDS),
        ("dsi", "daily_sales_import", WORDS),
        ("di", "daily_sales_import", WORDS),
        ("trig", "dags trigger", WORD),
        ("sales", "daily_sales_import", WORD),
        ("ales", "daily_sales_import", INSIDE),
        ("dgr", "dags trigger", SCATTERED),
    ],
)
def test_kinds_of_fit(typed: str, candidate: str, kind: int) -> None:
    found = rank(typed, candidate)
    assert found is not None
    assert found[0] == kind


@pytest.mark.parametrize(("typed", "candidate"), [("x", "dags"), ("dtrx", "dags trigger"), ("sgad", "dags"), ("a", "")])
def test_what_does_not_fit(typed: str, candidate: str) -> None:
    assert rank(typed, candidate) is None


def test_best_first_and_equals_in_order() -> None:
    names = ["pools list", "dags details", "dags list", "tasks list", "dags list-runs"]
    assert best("dl", names, str) == ["dags list", "dags list-runs"]
    assert best("dgls", names, str) == ["dags list", "dags list-runs", "dags details"]
    assert best("dgl", names, str) == []
    assert best("list", names, str) == ["dags list", "dags list-runs", "pools list", "tasks list"]
    assert best("", names, str) == names


@given(st.text(max_size=20), st.text(max_size=40))
def test_a_fit_holds_all_letters_in_order(typed: str, candidate: str) -> None:
    if rank(typed, candidate) is not None:
        letters = iter(candidate.lower())
        assert all(letter in letters for letter in typed.lower() if letter.isalnum() and letter.isascii())


@given(st.text(max_size=40), st.integers(0, 40))
def test_every_beginning_is_a_prefix(candidate: str, length: int) -> None:
    assert rank(candidate[:length], candidate) == (PREFIX, 0)
