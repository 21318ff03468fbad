"""What is known of an environment's names, and what changes that: plain values that all its sources share. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from mwaa_shell.airflow.knowledge import Kind

#: The kinds that are kept. Tasks and runs belong to a DAG; all others to the environment.
KEPT = (
    Kind.DAG, Kind.TASK, Kind.RUN, Kind.VARIABLE, Kind.CONNECTION, Kind.POOL, Kind.ROLE, Kind.USER, Kind.ASSET,
)  # fmt: skip
OF_A_DAG = frozenset({Kind.TASK, Kind.RUN})
NO_FACTS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Name:
    """One name and what is known of what bears it.

    Facts, each only where it is known: of a DAG ``paused`` (yes, no), ``owners``, ``last_state`` (of its last run); of
    a run ``state``, ``date`` (its logical date, as Airflow wrote it) and ``after`` (it does not start before); of a
    task ``operator``; of a pool ``slots``. Never a variable's value, nor anything of a connection but its type
    (``type``).
    """

    text: str
    facts: Mapping[str, str] = field(default_factory=lambda: NO_FACTS, hash=False)


@dataclass(frozen=True, slots=True)
class NamesFound:
    """These names exist. Runs stand newest first."""

    kind: Kind
    names: tuple[Name, ...]
    dag: str = ""  #: whose tasks or runs; empty for the other kinds
    all: bool = False  #: there are no others: whatever else was known is gone


@dataclass(frozen=True, slots=True)
class NameRemoved:
    """This name exists no more, or never did."""

    kind: Kind
    text: str
    dag: str = ""


Change = NamesFound | NameRemoved
