"""What Airflow's REST API is asked for the names of one kind, and how its replies are read. Pure.

Paths stand without ``/api/v1`` (Airflow 2) or ``/api/v2`` (Airflow 3): MWAA's ``InvokeRestApi`` puts that in front.
Only parameters that every version knows are sent: Airflow 2 refuses a request with one that it does not know.
``fields``, which would keep a run's conf and all else that is not wanted off the line, is not among them: it is known
from 2.9 on only, and it is a list, of which AWS does not say how it is passed on.

Airflow 3 has roles and users under ``/auth/fab/v1`` and so out of reach; the datasets of Airflow 2 are no names that
its commands take. Replies hold more than names, values of variables among it: nothing but what ``Name`` lists is taken
out of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.versions import Version
from mwaa_shell.names.model import OF_A_DAG, Name

#: The first version whose REST API MWAA offers.
SINCE = Version(2, 4, 3)
#: Names on one page: what Airflow gives at most unless it is configured otherwise.
PAGE = 100


@dataclass(frozen=True, slots=True)
class Request:
    """One GET of the REST API: the next page of the names of one kind."""

    kind: Kind
    path: str  #: as ``InvokeRestApi`` takes it, percent-encoded
    query: Mapping[str, object] = field(hash=False)
    dag: str = ""  #: whose tasks or runs; empty for the other kinds
    member: str = ""  #: where the reply holds them


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the names of a kind are, and what of each of them is read: member of the reply, then of the fact."""

    path: str
    member: str
    name: str
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: the first that is there
    order: str = ""
    paged: bool = True


_BOTH = {
    Kind.DAG: _Source("/dags", "dags", "dag_id", {"paused": ("is_paused",), "owners": ("owners",)}),
    Kind.TASK: _Source("/dags/{dag}/tasks", "tasks", "task_id", {"operator": ("operator_name",)}, paged=False),
    Kind.RUN: _Source(
        "/dags/{dag}/dagRuns",
        "dag_runs",
        "dag_run_id",
        {"state": ("state",), "date": ("logical_date", "execution_date"), "after": ("run_after",)},
        order="-execution_date",
    ),
    Kind.VARIABLE: _Source("/variables", "variables", "key"),
    Kind.CONNECTION: _Source("/connections", "connections", "connection_id", {"type": ("conn_type",)}),
    Kind.POOL: _Source("/pools", "pools", "name", {"slots": ("slots",)}),
}
_SOURCES: Mapping[int, Mapping[Kind, _Source]] = {
    2: {**_BOTH, Kind.ROLE: _Source("/roles", "roles", "name"), Kind.USER: _Source("/users", "users", "username")},
    # A logical date may be missing there; every run has a time after which it may start.
    3: {
        **_BOTH,
        Kind.RUN: replace(_BOTH[Kind.RUN], order="-run_after"),
        Kind.ASSET: _Source("/assets", "assets", "name"),
    },
}


def requests_for(kind: Kind, version: Version, dag: str = "") -> Request | None:
    """What to ask first for the names of a kind, runs newest first; ``None`` where REST does not offer them."""
    source = _source(kind, version)
    if source is None or (kind in OF_A_DAG) != bool(dag):
        return None
    query: dict[str, object] = {"limit": PAGE, "offset": 0} if source.paged else {}
    if source.order:
        query["order_by"] = source.order
    return Request(kind, source.path.replace("{dag}", quote(dag, safe="")), query, dag, source.member)


def _source(kind: Kind, version: Version) -> _Source | None:
    return _SOURCES[min(version.major, 3)].get(kind) if version >= SINCE else None


def read(request: Request, reply: object) -> tuple[tuple[Name, ...], Request | None]:
    """The names on one page and what to ask for the next; without a next one, these are the last.

    What is not readable in a reply is left out, also names that nobody could type. A reply that is not of this shape
    at all raises ``ValueError``.
    """
    rows = reply.get(request.member) if isinstance(reply, dict) else None
    if not isinstance(rows, list):
        raise ValueError(f"the reply to GET {request.path} holds no {request.member}")
    source = _SOURCES[3].get(request.kind) or _SOURCES[2][request.kind]
    names = [_name(source, row) for row in rows if isinstance(row, dict)]
    total = reply.get("total_entries") if isinstance(reply, dict) else None
    return tuple(name for name in names if name is not None), _next(request, len(rows), total)


def _next(request: Request, rows: int, total: object) -> Request | None:
    """The page after one of so many rows; its length is the server's choice, whatever limit was asked for."""
    offset = request.query.get("offset")
    if not isinstance(offset, int) or not isinstance(total, int) or rows == 0 or offset + rows >= total:
        return None
    return replace(request, query={**request.query, "offset": offset + rows})


def _name(source: _Source, row: Mapping[str, object]) -> Name | None:
    text = row.get(source.name)
    if not isinstance(text, str) or not text or not text.isprintable():
        return None
    facts = {}
    for fact, keys in source.facts.items():
        said = next((words for key in keys if (words := _words(row.get(key)))), "")
        if said:
            facts[fact] = said
    return Name(text, facts) if facts else Name(text)


def _words(value: object) -> str:
    """A fact as text; nothing for what is none."""
    match value:
        case bool():
            text = "yes" if value else "no"
        case int() | str():
            text = str(value)
        case list():
            text = ", ".join(item.strip() for item in value if isinstance(item, str))
        case _:
            text = ""
    return text if text.isprintable() else ""
