"""What is known of one environment's names: how it grows, shrinks and is searched."""

from __future__ import annotations

import pytest

from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.names import catalogue as module
from mwaa_shell.names import model as known_names
from mwaa_shell.names.catalogue import ListSummary, NameCatalogue
from mwaa_shell.names.model import Change, Name, NameRemoved, NamesFound

DAY = 86_400.0


def known(*changes: Change, source: str = "REST", now: float = 100.0) -> NameCatalogue:
    """A catalogue that was told this."""
    catalogue = NameCatalogue()
    catalogue.apply(changes, source, now)
    return catalogue


def dags(*texts: str, whole: bool = True) -> NamesFound:
    return NamesFound(Kind.DAG, tuple(map(Name, texts)), all=whole)


def runs(*texts: str, dag: str = "sales", whole: bool = False, state: str = "success") -> NamesFound:
    return NamesFound(Kind.RUN, tuple(Name(text, {"state": state}) for text in texts), dag, whole)


def texts(catalogue: NameCatalogue, kind: Kind, dag: str = "") -> list[str]:
    return [name.text for name in catalogue.names(kind, dag)]


def test_nothing_is_known_at_first() -> None:
    empty = NameCatalogue()
    assert empty.names(Kind.DAG) == []
    assert empty.search(Kind.DAG, "", "x") == ([], 0)
    assert empty.summary(0) == []


def test_names_stand_in_alphabetical_order_and_runs_as_given() -> None:
    catalogue = known(dags("sales", "Orders", "inventory"), runs("run_2", "run_9", "run_1"))
    assert texts(catalogue, Kind.DAG) == ["inventory", "Orders", "sales"]
    assert texts(catalogue, Kind.RUN, "sales") == ["run_2", "run_9", "run_1"]
    assert texts(catalogue, Kind.RUN, "orders") == []


def test_all_replaces_but_keeps_the_facts_of_those_that_stay() -> None:
    first = NamesFound(Kind.DAG, (Name("a", {"last_state": "failed", "paused": "no"}), Name("b")))
    catalogue = known(first, NamesFound(Kind.DAG, (Name("a", {"paused": "yes"}), Name("c")), all=True))
    assert texts(catalogue, Kind.DAG) == ["a", "c"]
    assert catalogue.names(Kind.DAG)[0].facts == {"last_state": "failed", "paused": "yes"}


def test_newly_seen_runs_stand_in_front() -> None:
    catalogue = known(runs("run_2", "run_1"), runs("run_3", "run_2", state="failed"))
    names = catalogue.names(Kind.RUN, "sales")
    assert [(name.text, name.facts["state"]) for name in names] == [
        ("run_3", "failed"), ("run_2", "failed"), ("run_1", "success"),
    ]  # fmt: skip


def test_who_tells_of_one_known_run_does_not_put_it_in_front() -> None:
    catalogue = known(dags("sales"), runs("run_2", "run_1"), runs("run_1", state="failed"))
    names = catalogue.names(Kind.RUN, "sales")
    assert [(name.text, name.facts["state"]) for name in names] == [("run_2", "success"), ("run_1", "failed")]
    assert catalogue.names(Kind.DAG)[0].facts["last_state"] == "success"


def test_runs_with_dates_stand_by_their_dates() -> None:
    """An output may have old runs alone, as after a filter for failed runs."""
    new = Name("new", {"date": "2026-03-02T00:00:00+00:00", "state": "running"})
    old = Name("old", {"date": "2026-03-01T00:00:00.5+00:00", "state": "failed"})
    catalogue = known(dags("sales"), NamesFound(Kind.RUN, (new,), "sales"), NamesFound(Kind.RUN, (old,), "sales"))
    assert texts(catalogue, Kind.RUN, "sales") == ["new", "old"]
    assert catalogue.names(Kind.DAG)[0].facts["last_state"] == "running"


def test_the_newest_runs_state_is_the_dags_last_state() -> None:
    catalogue = known(dags("orders", "sales"), runs("run_2", "run_1", state="failed"))
    assert [dict(name.facts) for name in catalogue.names(Kind.DAG)] == [{}, {"last_state": "failed"}]
    catalogue.apply([runs("run_3", state="running", dag="unknown")], "output", 101)
    assert texts(catalogue, Kind.DAG) == ["orders", "sales"]


def test_a_dag_that_is_gone_takes_its_tasks_and_runs_along() -> None:
    tasks = NamesFound(Kind.TASK, (Name("load"),), "sales")
    other = NamesFound(Kind.TASK, (Name("load"),), "orders")
    catalogue = known(dags("sales", "orders"), tasks, other, runs("run_1"), NameRemoved(Kind.DAG, "sales"))
    assert texts(catalogue, Kind.DAG) == ["orders"]
    assert [(line.kind, line.dag) for line in catalogue.summary(100)] == [(Kind.DAG, ""), (Kind.TASK, "orders")]


def test_a_name_that_is_gone_leaves_alone() -> None:
    catalogue = known(
        runs("run_2", "run_1"), NameRemoved(Kind.RUN, "run_2", "sales"), NameRemoved(Kind.RUN, "run_1", "orders")
    )
    assert texts(catalogue, Kind.RUN, "sales") == ["run_1"]
    assert catalogue.search(Kind.RUN, "sales", "run")[0] == catalogue.names(Kind.RUN, "sales")


def test_single_name_keeps_age_and_completeness_of_a_list() -> None:
    catalogue = known(dags("a", "b"), now=100)
    catalogue.apply([dags("c", whole=False)], "output", 160)
    catalogue.apply([NamesFound(Kind.POOL, (Name("p"),))], "output", 150)
    catalogue.apply([NamesFound(Kind.POOL, (Name("q"),))], "CLI", 170)
    assert catalogue.summary(200) == [
        ListSummary(Kind.DAG, "", 3, "REST", 100, True),
        ListSummary(Kind.POOL, "", 2, "CLI", 30, False),
    ]


@pytest.mark.parametrize("text", ["", "a\nb", "\x1b[2J", "x" * 5000])
def test_what_nobody_could_type_is_no_name(text: str) -> None:
    assert texts(known(dags(text, "fine")), Kind.DAG) == ["fine"]


def test_searching_ranks_and_counts() -> None:
    catalogue = known(dags("daily_sales_import", "dsi_old", *[f"dsi_{number:02}" for number in range(60)]))
    found, more = catalogue.search(Kind.DAG, "", "DSI", 61)
    assert found[0].text == "dsi_00"
    assert (len(found), more) == (61, 1)
    assert catalogue.search(Kind.DAG, "", "DSI", 70)[0][-1].text == "daily_sales_import"


def test_searching_follows_every_change() -> None:
    catalogue = known(dags("a1", "a2"))
    assert len(catalogue.search(Kind.DAG, "", "a")[0]) == 2
    catalogue.apply([dags("a3", whole=False), NameRemoved(Kind.DAG, "a1")], "output", 101)
    assert [name.text for name in catalogue.search(Kind.DAG, "", "a")[0]] == ["a2", "a3"]
    catalogue.apply([NamesFound(Kind.DAG, (Name("a3", {"paused": "yes"}),))], "output", 102)
    assert catalogue.search(Kind.DAG, "", "a3")[0][0].facts == {"paused": "yes"}


def test_what_is_picked_often_and_lately_stands_first() -> None:
    catalogue = known(dags("a1", "a2", "a3", "a4"))
    for text, when in (("a2", 0), ("a3", 0), ("a3", 1), ("a4", 9 * DAY)):
        catalogue.record_use(Kind.DAG, "", text, when)
    assert [name.text for name in catalogue.search(Kind.DAG, "", "a")[0]] == ["a4", "a3", "a2", "a1"]
    catalogue.record_use(Kind.DAG, "", "a2", -1e12)  # a clock that went astray does no harm
    assert len(catalogue.search(Kind.DAG, "", "a")[0]) == 4


def test_picks_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PICKS", 2)
    monkeypatch.setattr(module, "PICKED_LISTS", 2)
    catalogue = NameCatalogue()
    for when, dag in enumerate(["a", "b", "a", "c", "a", "a"]):
        catalogue.record_use(Kind.RUN, dag, f"run_{when}", when)
    assert {dag: list(picks) for (_, dag), picks in catalogue.picks().items()} == {
        "c": ["run_3"],
        "a": ["run_5", "run_4"],
    }


def test_forgetting() -> None:
    catalogue = known(dags("a"), runs("run_1"))
    catalogue.record_use(Kind.DAG, "", "a", 100)
    catalogue.forget()
    assert (catalogue.summary(100), catalogue.snapshot(), catalogue.picks()) == ([], {}, {})
    assert catalogue.search(Kind.DAG, "", "") == ([], 0)


def test_there_are_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_names, "RUNS", 3)
    for one in (known_names, module):
        monkeypatch.setattr(one, "NAMES", 5)
    monkeypatch.setattr(module, "DAGS", 2)
    catalogue = known(runs("r1", "r0", "r_1", "r_2", whole=True, dag="a"), dags(*"abcdefgh"))
    assert texts(catalogue, Kind.RUN, "a") == ["r1", "r0", "r_1"]
    assert texts(catalogue, Kind.DAG) == list("abcde")
    assert not any(line.complete for line in catalogue.summary(100))
    for when, dag in enumerate("bcd", 101):
        catalogue.apply([NamesFound(Kind.TASK, (Name("t"),), dag)], "output", when)
    catalogue.apply([runs("r1", "r2", "r3", dag="b")], "output", 110)
    kept = [(line.kind, line.dag) for line in catalogue.summary(200)]
    assert kept == [(Kind.DAG, ""), (Kind.TASK, "c"), (Kind.TASK, "d"), (Kind.RUN, "b")]


def test_merging_loses_no_names_to_an_incomplete_list() -> None:
    mine = known(runs("run_9"), now=300)
    mine.merge(known(runs("run_2", "run_1", whole=True), now=200).snapshot(), {})
    assert texts(mine, Kind.RUN, "sales") == ["run_9", "run_2", "run_1"]
    assert mine.summary(300) == [ListSummary(Kind.RUN, "sales", 3, "REST", 100, True)]


def test_merging_adds_the_lists_and_picks_of_a_file() -> None:
    mine = known(dags("a", "b"))
    saved = known(dags("b", "c"), runs("run_1", dag="b"))
    saved.record_use(Kind.DAG, "", "c", 200)
    mine.merge(saved.snapshot(), saved.picks())
    assert texts(mine, Kind.DAG) == ["a", "b"]
    assert texts(mine, Kind.RUN, "b") == ["run_1"]
    assert list(mine.picks()[Kind.DAG, ""]) == ["c"]
