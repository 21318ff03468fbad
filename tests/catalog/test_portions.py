"""A long list that is read in portions teaches what it teaches as a whole."""

from __future__ import annotations

import json
import tracemalloc
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwaa_shell.airflow.command_line import parse
from mwaa_shell.airflow.grammar import load
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.understanding import Understanding, understand
from mwaa_shell.airflow.versions import Version
from mwaa_shell.body import chunks
from mwaa_shell.catalog import portions
from mwaa_shell.catalog.listings import listed
from mwaa_shell.catalog.names import Name, Seen
from mwaa_shell.catalog.portions import listed_in


def understood(line: str) -> Understanding:
    return understand(parse(line), load(Version(2, 10, 3)))


DAGS, RUNS = understood("dags list -o json"), understood("dags list-runs -d daily -o json")
TEXT = st.text('ab}],[{ "\\é\n', max_size=6)
RECORDS = st.lists(
    st.fixed_dictionaries({"dag_id": TEXT, "owners": TEXT, "is_paused": st.sampled_from(["True", "no"])})
)


def replies(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(portions, "PORTION", size)


@given(
    RECORDS,
    st.sampled_from(["", "[2026-01-01] a line of a log\n", "{[{\n"]),
    st.integers(1, 40),
    st.sampled_from([1, 60]),
)
def test_the_same_as_the_whole(records: list[dict[str, str]], before: str, cut: int, size: int) -> None:
    text = f"{before}{json.dumps([{'dag_id': 'first'}, *records], ensure_ascii=False)}\n"
    with pytest.MonkeyPatch.context() as patch:
        replies(patch, size)
        assert listed_in(DAGS, chunks(text.encode(), cut), "") == listed(DAGS, text, "")


def test_runs_of_several_dags_and_the_state_of_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [{"dag_id": "daily", "run_id": f"run_{n}", "state": "failed" if n else "success"} for n in range(30)]
    text = json.dumps([*runs, {"dag_id": "other", "run_id": "x", "state": "queued"}]) + "\n"
    replies(monkeypatch, 100)
    told, whole = listed_in(RUNS, [text.encode()], ""), listed(RUNS, text, "")
    assert {one for one in told if one.dag} == {one for one in whole if one.dag}
    (dags,) = (one for one in told if isinstance(one, Seen) and not one.dag)
    assert {name.text: name.facts["last_state"] for name in dags.names} == {"daily": "success", "other": "queued"}


def test_what_could_not_be_read_by_airflow_is_not_all(monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'Failed to load all files\n[{"dag_id": "a"}, {"dag_id": "b"}]\n'
    replies(monkeypatch, 1)
    assert listed_in(DAGS, [text.encode()], "") == listed(DAGS, text, "")
    assert not listed_in(DAGS, [text.encode()], "")[0].all  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text",
    ["", "no list\n", '[{"dag_id": "a"}, {"dag_id": "b"', '[{"dag_id": "a"} {"dag_id": "b"}]',
     '[{"dag_id": "a"}]\nmore\n', '[{"dag_id": "a"}, nonsense]', "[{" * 5000],
)  # fmt: skip
def test_what_is_no_whole_list_teaches_nothing(text: str) -> None:
    assert listed_in(DAGS, chunks(text.encode(), 10), "") == ()


def test_a_portion_that_is_no_list_of_records_leaves_others_possible(monkeypatch: pytest.MonkeyPatch) -> None:
    replies(monkeypatch, 1)
    (seen,) = listed_in(DAGS, [b'[{"dag_id": "a"}, 7, {"dag_id": "b"}]'], "")
    assert (len(seen.names), seen.all) == (2, False)  # type: ignore[union-attr]


def test_a_long_list_is_never_in_memory() -> None:
    record = json.dumps({"dag_id": "a", "note": "x" * 500}).encode()
    many = 40_000
    tracemalloc.start()
    try:
        pieces = (b"[" + record if not number else b", " + record for number in range(many))
        told = listed_in(DAGS, chain(pieces, [b"]\n"]), "")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert told == (Seen(Kind.DAG, (Name("a"),), all=True),)
    assert most < many * len(record) / 4
