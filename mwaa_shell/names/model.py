"""Names, changes of names, and immutable sorted lists of names: pure values."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from mwaa_shell.airflow.knowledge import Kind

#: The kinds that are kept. Tasks and runs belong to a DAG; all others to the environment.
KEPT = (
    Kind.DAG, Kind.TASK, Kind.RUN, Kind.VARIABLE, Kind.CONNECTION, Kind.POOL, Kind.ROLE, Kind.USER, Kind.ASSET,
)  # fmt: skip
OF_A_DAG = frozenset({Kind.TASK, Kind.RUN})
NO_FACTS: Mapping[str, str] = MappingProxyType({})


class Name(NamedTuple):
    """A name, with facts about the object that has it.

    A fact is present only if an output or a response has it. A DAG has ``paused`` (yes, no), ``owners`` and
    ``last_state`` (of its last run). A run has ``state``, ``date`` (its logical date, as Airflow wrote it) and
    ``after`` (it does not start before). A task has ``operator``, a pool ``slots``, a connection ``type``. The value of
    a variable and the other members of a connection are never kept.
    """

    text: str
    facts: Mapping[str, str] = NO_FACTS


class NamesFound(NamedTuple):
    """The change that these names exist; runs are newest first."""

    kind: Kind
    names: tuple[Name, ...]
    dag: str = ""  #: whose tasks or runs; empty for the other kinds
    all: bool = False  #: there are no others: whatever else was known is gone


class NameRemoved(NamedTuple):
    """The change that a name does not exist (any more)."""

    kind: Kind
    text: str
    dag: str = ""


Change = NamesFound | NameRemoved


#: Most names of a kind, over all DAGs; most runs of a DAG.
NAMES, RUNS = 100_000, 200
#: Characters of the longest name: Airflow allows 250, for assets 1500.
LENGTH = 1_500
#: An index of so many names is made in under a millisecond, when it is first wanted.
SMALL = 400

Facts = Mapping[str, str]
ListKey = tuple[Kind, str]  #: a kind, and the DAG if the names belong to one


class NameList(NamedTuple):
    """The names of one kind, or of the tasks or runs of one DAG. Times are seconds since 1970 (UTC)."""

    texts: Sequence[str]  #: runs newest first, all others alphabetical
    facts: Mapping[str, Facts]  #: of each of these names
    learned: float  #: when a source last reported the list
    changed: float  #: when anything in it last changed
    source: str  #: the source: "output", "REST" or "CLI"
    complete: bool  #: whether there were no others then


def others(known: NameList, but: Container[str]) -> dict[str, Facts]:
    """Return the names of a list and their facts, without some of them."""
    return {text: facts for text, facts in known.facts.items() if text not in but}


def facts_of(names: Iterable[Name], old: NameList | None) -> dict[str, Facts]:
    """Return facts of names, merged with the old ones. Equal facts share one object."""
    kept: dict[tuple[tuple[str, str], ...], Facts] = {(): NO_FACTS}
    told = {}
    for name in names:
        text = name.text
        if not text or len(text) > LENGTH or not text.isprintable():
            continue  # cannot be typed, or must not reach a terminal
        before = old.facts.get(text, NO_FACTS) if old else NO_FACTS
        facts = {**before, **name.facts} if before else name.facts
        items = tuple(facts.items())
        if items not in kept:
            kept[items] = MappingProxyType(dict(facts))
        told[text] = kept[items]
    return told


def sort_and_limit(kind: Kind, facts: Mapping[str, Facts], base: NameList) -> NameList:
    """Return a list sorted as its kind demands and cut to its limit."""
    most = RUNS if kind is Kind.RUN else NAMES
    texts = list(_newest_first(facts) if kind is Kind.RUN else facts)[:most]
    cut = len(texts) < len(facts)
    if kind is not Kind.RUN:
        texts.sort(key=lambda text: (text.lower(), text))  # capitals make no difference but between equals
    left = {text: facts[text] for text in texts} if cut else facts
    return base._replace(texts=tuple(texts), facts=left, complete=base.complete and not cut)


def _newest_first(runs: Mapping[str, Facts]) -> Iterable[str]:
    """Return the runs by date if all dates compare, else in their order.

    An output may list only old runs, so a new list does not always come first.
    """
    try:
        dates = {text: datetime.fromisoformat(facts["date"]) for text, facts in runs.items()}
        return sorted(runs, key=dates.__getitem__, reverse=True)
    except (KeyError, ValueError, TypeError):
        return runs
