"""The cached names of one environment: changes go in, candidates come out.

Each list (one per kind, and one per DAG for tasks and runs) is a frozen value that is replaced as a whole. So readers
need no lock and never wait. Writers wait for each other.
"""

from __future__ import annotations

import re
import threading
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, islice, pairwise
from math import log2
from types import MappingProxyType
from typing import NamedTuple

from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.matching import PREFIX, WORD, fits
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
    others,
    sort_and_limit,
)

#: Most DAGs whose tasks, and whose runs, are kept.
DAGS = 2_000
#: So many picked names are kept of a list, and so many lists of them; after so many seconds a pick counts half.
PICKS, PICKED_LISTS, HALF_LIFE = 50, 500, 3 * 86_400.0
NO_PICKS: Mapping[str, float] = MappingProxyType({})
#: So many names that may fit are compared, in their order; more are not counted.
COMPARED = 3000


class ListSummary(NamedTuple):
    """A row of ``.names``: the size of a list, its source, and its age in seconds."""

    kind: Kind
    dag: str
    size: int
    source: str
    age: float
    complete: bool


class NameCatalogue:
    """The cached names of one environment, for any thread."""

    def __init__(self) -> None:
        self._lists: dict[ListKey, NameList] = {}
        self._indexes: dict[ListKey, NameIndex] = {}
        self._picks: dict[ListKey, Mapping[str, float]] = {}
        self._changing = threading.Lock()

    def apply(self, changes: Iterable[Change], source: str, now: float) -> None:
        """Apply changes from a source ("output", "REST" or "CLI"). A name of a long list takes up to 3 microseconds."""
        with self._changing:
            for change in changes:
                if isinstance(change, NamesFound):
                    self._add(change, source, now)
                else:
                    self._remove(change, now)
            self._apply_limits()

    def names(self, kind: Kind, dag: str = "") -> list[Name]:
        """Return all names of a kind, or the tasks or runs of a DAG. Runs are newest first, others alphabetical."""
        entry = self._lists.get((kind, dag))
        return _names(entry, entry.texts) if entry else []

    def search(self, kind: Kind, dag: str, fragment: str, limit: int = 50) -> tuple[list[Name], int]:
        """Return the best names for a fragment, and at least how many more fit."""
        entry = self._lists.get((kind, dag))
        if entry is None:
            return [], 0
        found, more = self._index((kind, dag), entry).search(fragment, limit, self._picks.get((kind, dag), NO_PICKS))
        return _names(entry, found), more

    def prepare(self) -> None:
        """Build the indexes of long lists, in a thread after ``apply`` or ``merge``. A name takes 1.5 microseconds."""
        for key, entry in self.snapshot().items():
            if len(entry.texts) > SMALL:
                self._index(key, entry)

    def record_use(self, kind: Kind, dag: str, text: str, now: float) -> None:
        """Record that the user used a name. Among equals, frequent and recent names come first."""
        with self._changing:
            scores = self._picks.get((kind, dag), NO_PICKS)
            self._pick((kind, dag), {**scores, text: _used_again(scores.get(text), now)})

    def forget(self) -> None:
        """Drop all names and picks."""
        with self._changing:
            self._lists, self._indexes, self._picks = {}, {}, {}

    def summary(self, now: float) -> list[ListSummary]:
        """Return a summary of each list, by kind and then by DAG."""
        order = list(Kind)
        lists = sorted(self.snapshot().items(), key=lambda one: (order.index(one[0][0]), one[0][1]))
        return [
            ListSummary(kind, dag, len(entry.texts), entry.source, max(0.0, now - entry.learned), entry.complete)
            for (kind, dag), entry in lists
        ]

    def snapshot(self) -> dict[ListKey, NameList]:
        """Return a snapshot of all lists."""
        return dict(self._lists)

    def picks(self) -> dict[ListKey, Mapping[str, float]]:
        """Return the scores of picked names: the higher, the more they are used."""
        return dict(self._picks)

    def merge(self, saved: Mapping[ListKey, NameList], picks: Mapping[ListKey, Mapping[str, float]]) -> None:
        """Add saved lists and picks. Of two complete lists, the list that changed last stays."""
        with self._changing:
            for key, old in saved.items():
                mine = self._lists.get(key)
                newer = mine is not None and mine.complete and old.complete and old.changed > mine.changed
                if mine is None or newer:
                    self._put(key, sort_and_limit(key[0], old.facts, old))
                elif not mine.complete:
                    base = old._replace(changed=mine.changed) if old.complete else mine
                    self._put(key, sort_and_limit(key[0], {**mine.facts, **others(old, mine.facts)}, base))
            for key, scores in picks.items():
                self._pick(key, {**scores, **self._picks.get(key, NO_PICKS)})
            self._apply_limits()

    def _index(self, key: ListKey, entry: NameList) -> NameIndex:
        index = self._indexes.get(key)
        if index is None or index.names is not entry.texts:
            index = self._indexes[key] = NameIndex(entry.texts)
        return index

    # Below here a lock is held.

    def _pick(self, key: ListKey, scores: Mapping[str, float]) -> None:
        """Keep the scores of the most used names, for the lists that were used last."""
        self._picks.pop(key, None)
        self._picks[key] = dict(sorted(scores.items(), key=lambda one: -one[1])[:PICKS])
        while len(self._picks) > PICKED_LISTS:
            del self._picks[next(iter(self._picks))]

    def _add(self, change: NamesFound, source: str, now: float) -> None:
        key = (change.kind, change.dag)
        old = self._lists.get(key)
        facts = facts_of(change.names, old)
        if change.all or old is None:
            self._put(key, sort_and_limit(change.kind, facts, NameList((), {}, now, now, source, change.all)))
        else:
            base = old._replace(changed=now) if old.complete else old._replace(changed=now, learned=now, source=source)
            stays = all(text in old.facts for text in facts)  # known names say nothing of their order
            merged = {**old.facts, **facts} if stays else {**facts, **others(old, facts)}
            self._put(key, sort_and_limit(change.kind, merged, base))
        if change.kind is Kind.RUN:
            self._note_last_state(change.dag, now)

    def _note_last_state(self, dag: str, now: float) -> None:
        """Set the last state of a DAG to the state of its newest run."""
        runs, dags = self._lists.get((Kind.RUN, dag)), self._lists.get((Kind.DAG, ""))
        if runs and runs.texts and dags and dag in dags.facts:
            state = runs.facts[runs.texts[0]].get("state")
            if state and dags.facts[dag].get("last_state") != state:
                facts = MappingProxyType({**dags.facts[dag], "last_state": state})
                self._lists[Kind.DAG, ""] = dags._replace(facts={**dags.facts, dag: facts}, changed=now)

    def _remove(self, removal: NameRemoved, now: float) -> None:
        key = (removal.kind, removal.dag)
        old = self._lists.get(key)
        if old and removal.text in old.facts:
            left = others(old, {removal.text})
            self._put(key, sort_and_limit(removal.kind, left, old._replace(changed=now)))
        if removal.kind is Kind.DAG:
            for kind in OF_A_DAG:
                self._drop((kind, removal.text))

    def _put(self, key: ListKey, entry: NameList) -> None:
        """Replace a list. Its index stays if the names do not differ."""
        old = self._lists.get(key)
        if old is not None and old.texts == entry.texts:
            entry = entry._replace(texts=old.texts)
        self._lists[key] = entry

    def _drop(self, key: ListKey) -> None:
        self._lists.pop(key, None)
        self._indexes.pop(key, None)

    def _apply_limits(self) -> None:
        """Drop the lists of tasks and runs that changed longest ago."""
        for kind in OF_A_DAG:
            total = 0
            lists = [(entry.changed, key) for key, entry in self._lists.items() if key[0] is kind]
            for number, (_, key) in enumerate(sorted(lists, key=lambda one: -one[0])):
                total += len(self._lists[key].texts)
                if number >= DAGS or total > NAMES:
                    self._drop(key)


def _names(entry: NameList, texts: Iterable[str]) -> list[Name]:
    """Return those of the names that are still in the list."""
    return [Name(text, facts) for text in texts if (facts := entry.facts.get(text)) is not None]


def _used_again(score: float | None, now: float) -> float:
    """Return a raised score: the logarithm of a count that halves in ``HALF_LIFE``."""
    today = now / HALF_LIFE
    return today + log2(1 + (2 ** min(score - today, 60.0) if score is not None else 0))


# -- the index ---------------------------------------------------------------------------------------------------------


class NameIndex:
    """The best of many distinct names for a fragment, from one lowercase text. Pure.

    ``airflow.matching`` says what is better. Among equals, names that the user picked come first, then the order in
    which the names were given. A search takes about 1 ms with 5,000 names and up to 40 ms with 100,000. While letters
    are added, later searches compare only the names that fitted before. Any thread may search.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self._numbers = {name: number for number, name in enumerate(names)}
        lowered = [_lowered(name) for name in names]
        self._is_sorted = all(one <= other for one, other in pairwise(lowered))
        self._text = "\n".join(["", *lowered])
        self._starts = array("I", accumulate((len(name) + 1 for name in lowered), initial=1))
        self._narrowed: tuple[str, list[int]] = "", []  #: a fragment, and the numbers of all names with its letters

    def search(
        self, fragment: str, limit: int = 50, picks: Mapping[str, float] = NO_PICKS
    ) -> tuple[tuple[str, ...], int]:
        """Return the best names, and at least how many more fit. A higher score in ``picks`` means more use."""
        typed = fragment.lower()
        before, among = self._narrowed
        if before and typed.startswith(before):
            fitting = sorted(self._fitting(typed, among, picks))
            self._narrowed = typed, [row[-1] for row in fitting]
            return self._best(fitting, limit), max(len(fitting) - limit, 0)
        literal = re.escape(typed)
        numbers = {self._numbers[name] for name in picks if name in self._numbers}
        beginning = [*islice(self._matching(f"\n{literal}"), limit + 1)] if typed else range(len(self.names))[:limit]
        numbers.update(beginning)
        if not typed or len(beginning) > limit:
            count = self._beginning_with(typed)
            shown = self._best(sorted(self._fitting(typed, numbers, picks)), limit)
            return shown, count - len(shown)
        numbers.update(islice(self._matching(literal), COMPARED))
        fitting = self._fitting(typed, numbers, picks)
        if sum(row[0] in (PREFIX, WORD) for row in fitting) <= limit:
            letters = "".join(rf"[^{re.escape(letter)}\n]*+{re.escape(letter)}" for letter in typed)
            scattered = [*islice(self._matching(f"\n{letters}"), COMPARED)]
            fitting += self._fitting(typed, set(scattered) - numbers, picks)
            if len(scattered) < COMPARED:  # all names with these letters: one more letter needs no other name
                self._narrowed = typed, [row[-1] for row in fitting]
        return self._best(sorted(fitting), limit), max(len(fitting) - limit, 0)

    def _beginning_with(self, typed: str) -> int:
        """Return the number of names that begin with a text. Runs are not in alphabetical order."""
        if not self._is_sorted:
            return self._text.count(f"\n{typed}")

        def beginning(name: str) -> str:
            return _lowered(name)[: len(typed)]

        first = bisect_left(self.names, typed, key=beginning)
        return bisect_right(self.names, typed, lo=first, key=beginning) - first

    def _fitting(
        self, typed: str, numbers: Iterable[int], picks: Mapping[str, float]
    ) -> list[tuple[int, float, int, int]]:
        """Return rows of the names that fit.

        They sort best first and end with the number of the name.
        """
        unpicked = float("-inf")
        return [
            (fit[0], -picks.get(self.names[number], unpicked), fit[1], number)
            for number in numbers
            if (fit := fits(typed, self.names[number])) is not None
        ]

    def _best(self, ranked: Sequence[tuple[int, float, int, int]], limit: int) -> tuple[str, ...]:
        return tuple(self.names[number] for *_, number in ranked[:limit])

    def _matching(self, pattern: str) -> Iterator[int]:
        """Yield the numbers of the names in which a pattern matches, with repetitions."""
        for match in re.finditer(pattern, self._text):
            yield bisect_right(self._starts, match.end() - 1) - 1


def _lowered(name: str) -> str:
    return name.lower().replace("\n", " ")
