"""Names as the menu offers them: the best for a fragment, with what is known of each. Answers from memory."""

from __future__ import annotations

from collections.abc import Sequence

from mwaa_shell.airflow.completion import NameMatch
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.names.model import KEPT, OF_A_DAG, Name
from mwaa_shell.names.refresher import NameRefresher

#: How many are handed to the menu at most.
LIMIT = 50


def offered(
    live: NameRefresher | None, kind: Kind, dag: str, fragment: str, *, asked: bool = False
) -> tuple[Sequence[NameMatch], int]:
    """What is known of a kind; with ``asked`` (the user pressed Tab) it is asked for where nothing is."""
    own = _kept_as(kind)
    if live is None or live.mode == "off" or own is None or (own in OF_A_DAG and not dag):
        return (), 0
    dag = dag if own in OF_A_DAG else ""
    live.want(own, dag)
    if asked and live.mode == "auto" and (own, dag) not in live.catalogue.known():
        live.refresh(own, dag)
    if kind is Kind.DATE:
        return _dates(live.catalogue.names(own, dag), fragment), 0
    found, more = live.catalogue.search(own, dag, fragment, LIMIT)
    return [_found(own, name) for name in found], more


def _kept_as(kind: Kind) -> Kind | None:
    """The kind of the names that go where this kind is wanted."""
    if kind in (Kind.DATE, Kind.DATE_OR_RUN):
        return Kind.RUN
    return kind if kind in KEPT else None


def _dates(runs: Sequence[Name], fragment: str) -> list[NameMatch]:
    """The logical dates of runs, newest first."""
    dates = {run.facts["date"]: run for run in runs if run.facts.get("date", "").startswith(fragment)}
    return [NameMatch(date, run.text, run.facts.get("state", "")) for date, run in list(dates.items())[:LIMIT]]


def _found(kind: Kind, name: Name) -> NameMatch:
    facts = name.facts
    if kind is Kind.DAG:
        told = ["paused" if facts.get("paused") == "yes" else "", facts.get("owners", "")]
        last = facts.get("last_state", "")
        return NameMatch(name.text, ", ".join(part for part in told if part), last)
    if kind is Kind.RUN:
        return NameMatch(name.text, facts.get("date") or facts.get("after", ""), facts.get("state", ""))
    return NameMatch(name.text, next(iter(facts.values()), ""))
