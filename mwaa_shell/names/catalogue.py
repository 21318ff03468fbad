"""The cached names of one environment: changes from replies go in, candidates for completion come out.

Each list (one per kind, and one per DAG for tasks and runs) is a frozen value that is replaced as a whole. So readers
need no lock and never wait. Writers wait for each other.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from math import log2
from types import MappingProxyType

from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.names.index import NO_PICKS, NameIndex
from mwaa_shell.names.model import (
    NAMES,
    OF_A_DAG,
    SMALL,
    Change,
    ListKey,
    Name,
    NameList,
    NameRemoved,
    NamesFound,
    facts_of,
    merged,
    ordered,
    others,
    without,
)

#: Most DAGs whose tasks, and whose runs, are kept.
DAGS = 2_000
#: So many picked names are kept of a list, and so many lists of them; after so many seconds a pick counts half.
PICKS, PICKED_LISTS, HALF_LIFE = 50, 500, 3 * 86_400.0


@dataclass(frozen=True, slots=True)
class ListSummary:
    """A row of ``.names``: how many names a list has, from where, and its age in seconds."""

    kind: Kind
    dag: str
    count: int
    source: str
    age: float
    complete: bool


class NameCatalogue:
    """The cached names of one environment, for any thread."""

    def __init__(self) -> None:
        self._known: dict[ListKey, NameList] = {}
        self._indexes: dict[ListKey, NameIndex] = {}
        self._picks: dict[ListKey, Mapping[str, float]] = {}
        self._gone: dict[ListKey, set[str]] = {}  # what another shell may still think is there
        self._changing = threading.Lock()
        self._picking = threading.Lock()  # of its own: who picks a name shall not wait for a long reply

    def apply(self, changes: Iterable[Change], source: str, now: float) -> None:
        """Apply changes from a source ("reply", "REST" or "CLI"). Takes 1 to 3 us a name for long lists."""
        with self._changing:
            for change in changes:
                if isinstance(change, NamesFound):
                    self._see(change, source, now)
                else:
                    self._lose(change, now)
            self._keep_to_the_limits()

    def names(self, kind: Kind, dag: str = "") -> list[Name]:
        """Return all names of a kind, or the tasks or runs of a DAG: runs newest first, others alphabetical."""
        known = self._known.get((kind, dag))
        return _names(known, known.texts) if known else []

    def search(self, kind: Kind, dag: str, fragment: str, limit: int = 50) -> tuple[list[Name], int]:
        """Return the best names for a fragment, and at least how many more fit.

        Until ``prepare`` has run, a long list is searched by its last index, or by how its names begin.
        """
        known = self._known.get((kind, dag))
        if known is None:
            return [], 0
        index = self._index((kind, dag), known)
        if index is None:
            return _beginning(known, fragment, limit)
        found = index.search(fragment, limit, self._picks.get((kind, dag), NO_PICKS))
        return _names(known, found.names), found.more

    def prepare(self) -> None:
        """Build the indexes of long lists, in a thread after ``apply`` or ``merge``. Takes about 1.5 us a name."""
        for key, known in self.known().items():
            index = self._indexes.get(key)
            if len(known.texts) > SMALL and (index is None or index.names is not known.texts):
                index = NameIndex(known.texts)
                with self._changing:
                    if self._known.get(key) is not None:
                        self._indexes[key] = index

    def picked(self, kind: Kind, dag: str, text: str, now: float) -> None:
        """Note that the user has used a name: frequent and recent ones come first among equals."""
        with self._picking:
            scores = self._picks.get((kind, dag), NO_PICKS)
            self._pick((kind, dag), {**scores, text: _used_again(scores.get(text), now)})

    def forget(self) -> None:
        """Drop all names and picks."""
        with self._changing, self._picking:
            self._known, self._indexes, self._picks = {}, {}, {}

    def summary(self, now: float) -> list[ListSummary]:
        """Return a summary of each list, by kind and then by DAG."""
        order = list(Kind)
        return [
            ListSummary(kind, dag, len(known.texts), known.source, max(0.0, now - known.learned), known.complete)
            for (kind, dag), known in sorted(self.known().items(), key=lambda one: (order.index(one[0][0]), one[0][1]))
        ]

    def known(self) -> dict[ListKey, NameList]:
        """Return a snapshot of all lists."""
        return dict(self._known)

    def picks(self) -> dict[ListKey, Mapping[str, float]]:
        """Return the scores of picked names: the higher, the more they are used."""
        return dict(self._picks)

    def merge(self, known: Mapping[ListKey, NameList], picks: Mapping[ListKey, Mapping[str, float]]) -> None:
        """Merge the lists of another catalogue: the later change wins, and incomplete lists are combined."""
        with self._changing, self._picking:
            for key, other in known.items():
                mine = self._known.get(key)
                left = without(other, self._gone.get(key, frozenset()))
                self._put(key, merged(key[0], mine, left) if mine else ordered(key[0], left.facts, left))
            for key, theirs in picks.items():
                ours = self._picks.get(key, NO_PICKS)
                self._pick(
                    key, {**theirs, **{text: max(score, theirs.get(text, score)) for text, score in ours.items()}}
                )
            self._drop_tasks_and_runs_of_no_dag()
            self._keep_to_the_limits()

    def _index(self, key: ListKey, known: NameList) -> NameIndex | None:
        """Return the index of a list, or of a similar older one until ``prepare`` has run; ``None`` if none fits."""
        index = self._indexes.get(key)
        if index is not None and index.names is known.texts:
            return index
        if len(known.texts) > SMALL:
            return index if index is not None and len(index.names) > len(known.texts) // 2 else None
        index = self._indexes[key] = NameIndex(known.texts)
        return index

    # Below here a lock is held.

    def _pick(self, key: ListKey, scores: Mapping[str, float]) -> None:
        """Keep the scores of the most used names, for the lists that were picked from last."""
        self._picks.pop(key, None)
        self._picks[key] = dict(sorted(scores.items(), key=lambda one: -one[1])[:PICKS])
        while len(self._picks) > PICKED_LISTS:
            del self._picks[next(iter(self._picks))]

    def _see(self, seen: NamesFound, source: str, now: float) -> None:
        key = (seen.kind, seen.dag)
        old = self._known.get(key)
        told = facts_of(seen.names, old)
        if key in self._gone:
            self._gone[key].difference_update(told)
        if seen.all or old is None:
            self._put(key, ordered(seen.kind, told, NameList((), {}, now, now, source, seen.all)))
        else:
            fresh = replace(old, changed=now) if old.complete else replace(old, changed=now, learned=now, source=source)
            stays = all(text in old.facts for text in told)  # who tells of known runs tells nothing of their order
            merged = {**old.facts, **told} if stays else {**told, **others(old, told)}
            self._put(key, ordered(seen.kind, merged, fresh))
        if seen.kind is Kind.RUN:
            self._note_last_state(seen.dag, now)

    def _note_last_state(self, dag: str, now: float) -> None:
        """Set the last state of a DAG to the state of its newest run."""
        runs, dags = self._known.get((Kind.RUN, dag)), self._known.get((Kind.DAG, ""))
        if runs and runs.texts and dags and dag in dags.facts:
            state = runs.facts[runs.texts[0]].get("state")
            if state and dags.facts[dag].get("last_state") != state:
                facts = MappingProxyType({**dags.facts[dag], "last_state": state})
                self._known[Kind.DAG, ""] = replace(dags, facts={**dags.facts, dag: facts}, changed=now)

    def _lose(self, gone: NameRemoved, now: float) -> None:
        key = (gone.kind, gone.dag)
        self._gone.setdefault(key, set()).add(gone.text)
        old = self._known.get(key)
        if old and gone.text in old.facts:
            left = others(old, {gone.text})
            self._put(key, ordered(gone.kind, left, replace(old, changed=now)))
        if gone.kind is Kind.DAG:
            for drop in [(kind, gone.text) for kind in OF_A_DAG if (kind, gone.text) in self._known]:
                self._drop(drop)

    def _put(self, key: ListKey, known: NameList) -> None:
        """Replace a list; its index stays if the names are the same."""
        old = self._known.get(key)
        if old is not None and old.texts == known.texts:
            known = replace(known, texts=old.texts)
        elif len(known.texts) <= SMALL:
            self._indexes.pop(key, None)
        self._known[key] = known

    def _drop(self, key: ListKey) -> None:
        del self._known[key]
        self._indexes.pop(key, None)

    def _drop_tasks_and_runs_of_no_dag(self) -> None:
        """Drop tasks and runs of DAGs that a later, complete list of DAGs does not have."""
        dags = self._known.get((Kind.DAG, ""))
        if dags and dags.complete:
            for (kind, dag), known in list(self._known.items()):
                if kind in OF_A_DAG and dag not in dags.facts and known.changed < dags.learned:
                    self._drop((kind, dag))

    def _keep_to_the_limits(self) -> None:
        """Drop the lists of tasks and runs that changed longest ago."""
        for kind in OF_A_DAG:
            total = 0
            lists = [(known.changed, key) for key, known in self._known.items() if key[0] is kind]
            for number, (_, key) in enumerate(sorted(lists, key=lambda one: -one[0])):
                total += len(self._known[key].texts)
                if number >= DAGS or total > NAMES:
                    self._drop(key)


def _names(known: NameList, texts: Iterable[str]) -> list[Name]:
    """Return those of the names that are still in the list."""
    return [Name(text, facts) for text in texts if (facts := known.facts.get(text)) is not None]


def _beginning(known: NameList, fragment: str, limit: int) -> tuple[list[Name], int]:
    """Return the names of an alphabetical list that begin with a fragment, and how many more do."""
    typed = fragment.lower()
    low = bisect_left(known.texts, typed, key=str.lower)
    end = bisect_right(known.texts, typed, low, key=lambda text: text.lower()[: len(typed)])
    shown = _names(known, known.texts[low : min(end, low + limit)])
    return shown, end - low - len(shown)


def _used_again(score: float | None, now: float) -> float:
    """Return a raised score: the logarithm of a count that halves over time, so scores compare at any moment."""
    today = now / HALF_LIFE
    return today + log2(1 + (2 ** min(score - today, 60.0) if score is not None else 0))
