"""Names in little memory: the same names and facts as in a dict."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.catalog import known
from mwaa_shell.catalog.catalog import Catalogue
from mwaa_shell.catalog.names import Gone, Name, Seen
from mwaa_shell.catalog.packed import PILE, Packed, Packing, order, pairs, with_facts

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
FACTS = st.dictionaries(st.sampled_from(["paused", "owners"]), st.sampled_from(["yes", "no", "ada"]))


def pack(facts: dict[str, dict[str, str]]) -> Packed:
    packing = Packing()
    for text in sorted(facts, key=order):
        assert packing.add(text, facts[text])
    return packing.packed()


@given(st.dictionaries(NAMES, FACTS), st.dictionaries(NAMES, FACTS))
def test_what_is_packed_is_what_came(facts: dict[str, dict[str, str]], news: dict[str, dict[str, str]]) -> None:
    packed = pack(facts)
    names = sorted(facts, key=order)
    assert list(packed) == list(packed.texts) == names
    assert dict(pairs(packed)) == facts
    assert packed.texts == tuple(names)
    assert packed.texts[1:3] == tuple(names[1:3])
    assert [packed.texts[-1 - at] for at in range(len(names))] == names[::-1]
    assert all(packed.get(text) == facts.get(text) for text in (*facts, *news))
    changed = with_facts(packed, news)
    assert dict(pairs(changed)) == {text: news.get(text, old) for text, old in facts.items()}
    assert dict(pairs(packed)) == facts


def test_names_come_in_their_order_and_once() -> None:
    packing = Packing()
    assert packing.add("A", {})
    assert packing.add("a", {})
    assert not packing.add("a", {})
    assert not packing.add("A", {})
    assert packing.add("b", {})
    assert list(packing.packed()) == ["A", "a", "b"]


def test_places_beyond_the_end_are_none() -> None:
    texts = pack({"a": {}, "b": {}}).texts
    for at in (2, -3):
        with pytest.raises(IndexError):
            texts[at]


def test_facts_that_are_nobodys_do_not_pile_up() -> None:
    packed = pack({"a": {}, "b": {}})
    for number in range(3 * PILE):
        packed = packed.with_facts({"a": {"last_state": str(number)}})
        assert len(packed._tables) <= len(packed) + PILE
    assert packed["a"] == {"last_state": str(3 * PILE - 1)}


def test_what_names_have_in_common_is_kept_once() -> None:
    packed = pack({f"dag_{number:05}": {"owners": "data"} for number in range(10_000)})
    assert len(packed._tables) == 1
    size = sum(map(sys.getsizeof, (packed.texts._bytes, packed.texts._ends, packed._which)))
    assert size < 25 * 10_000


def test_a_long_list_changes_like_a_short_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def told(small: int) -> tuple[list[tuple[str, dict[str, str]]], list[str], int]:
        monkeypatch.setattr(known, "SMALL", small)
        catalogue = Catalogue()
        names = tuple(Name(f"dag_{number:02}", {"paused": "no"}) for number in range(40))
        catalogue.apply([Seen(Kind.DAG, names, all=True)], "REST", 1)
        catalogue.prepare()
        catalogue.apply([Seen(Kind.DAG, (Name("dag_07", {"paused": "yes"}),))], "reply", 2)
        catalogue.apply([Seen(Kind.RUN, (Name("r", {"state": "failed"}),), "dag_08")], "reply", 3)
        catalogue.apply([Seen(Kind.DAG, (Name("Dag_05b"),)), Gone(Kind.DAG, "dag_30")], "reply", 4)
        catalogue.prepare()
        found, more = catalogue.search(Kind.DAG, "", "dag_0", 5)
        all_of_them = [(name.text, dict(name.facts)) for name in catalogue.names(Kind.DAG)]
        return all_of_them, [f"{name.text} {dict(name.facts)}" for name in found], more

    assert told(3) == told(400)


def test_merging_takes_long_lists_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "SMALL", 3)
    one, other = Catalogue(), Catalogue()
    one.apply([Seen(Kind.POOL, tuple(Name(f"p{number}") for number in range(9)), all=True)], "REST", 1)
    other.merge(one.known(), {})
    assert isinstance(other.known()[Kind.POOL, ""].facts, Packed)
    assert other.known()[Kind.POOL, ""].texts is one.known()[Kind.POOL, ""].texts
