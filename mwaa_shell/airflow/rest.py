"""Requests to Airflow's REST API as MWAA's ``InvokeRestApi`` takes them. Pure.

Paths lack ``/api/v1`` (Airflow 2) and ``/api/v2`` (Airflow 3), which MWAA adds. AWS takes 64 characters of a path, so
IDs are in the bodies of the two lists that are posted; Airflow asks only for permission to read them. A request has
only parameters that every version takes, as Airflow 2 refuses others: ``fields``, which would make responses shorter,
came with 2.9. Both schemas were read in Airflow 2.4.3, 2.10.3, 3.0.6 and 3.3.1.
"""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from typing import Any
from urllib.parse import quote, unquote

from mwaa_shell.airflow import command_line
from mwaa_shell.airflow.grammar import data_of, nearest, versions
from mwaa_shell.airflow.knowledge import Danger, Kind, Level
from mwaa_shell.airflow.versions import Version

#: The first Airflow whose REST API MWAA offers, as its user guide says.
REST_SINCE = Version(2, 4, 3)
#: The first Airflow whose list of task instances selects IDs of tasks and runs; before, these members are ignored.
IDS_SINCE = Version(2, 7, 1)
#: Characters of a path that AWS takes.
LONGEST_PATH = 64
#: Objects on one page: Airflow's own limit, unless it is configured otherwise.
PAGE_SIZE = 100
RUNS, TASK_INSTANCES = "/dags/~/dagRuns/list", "/dags/~/dagRuns/~/taskInstances/list"


@dataclass(frozen=True, slots=True)
class RestRequest:
    """One request to Airflow's REST API."""

    path: str  #: as ``InvokeRestApi`` takes it, percent-encoded
    query: Mapping[str, object] = field(default_factory=dict, hash=False)
    body: Mapping[str, object] | None = field(default=None, hash=False)
    method: str = "GET"


def is_too_long(path: str) -> bool:
    """Return whether AWS refuses a path for its length."""
    return len(path) > LONGEST_PATH


def path_of(text: str) -> str:
    """Return a path for ``InvokeRestApi``: a slash first, no API version, no query."""
    path = f"/{text.partition('?')[0].lstrip('/')}"
    for version in ("/api/v1/", "/api/v2/"):
        path = f"/{path.removeprefix(version)}" if path.startswith(version) else path
    return path


def post(path: str, body: Mapping[str, object]) -> RestRequest:
    """Return a POST request."""
    return RestRequest(path, {}, body, "POST")


def list_all(path: str) -> RestRequest:
    """Return the request for the first page of a list that has no names in its path."""
    return RestRequest(path, {"limit": PAGE_SIZE, "offset": 0})


def next_page(request: RestRequest, rows: int, response: object) -> RestRequest | None:
    """Return the request for the page after so many objects, ``None`` after the last.

    The server decides how many objects a page has, whatever limit was requested.
    """
    name, place = ("offset", request.query) if request.body is None else ("page_offset", request.body)
    offset = place.get(name)
    total = response.get("total_entries") if isinstance(response, dict) else None
    if not isinstance(offset, int) or not isinstance(total, int) or rows == 0 or offset + rows >= total:
        return None
    place = {**place, name: offset + rows}
    return replace(request, query=place) if request.body is None else replace(request, body=place)


def rows_in(response: object, member: str) -> list[object]:
    """Return the objects on a page. Raise ``ValueError`` for a response of another form."""
    rows = response.get(member) if isinstance(response, dict) else None
    if not isinstance(rows, list):
        raise ValueError(f"the response has no {member}")
    return rows


def all_rows(ask: Callable[[RestRequest], object], first: RestRequest, member: str) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a list, page by page. Raise ``ValueError`` for another form."""
    request: RestRequest | None = first
    while request is not None:
        response = ask(request)
        rows = rows_in(response, member)
        yield from (row for row in rows if isinstance(row, dict))
        request = next_page(request, len(rows), response)


def reason_in(response: object) -> str:
    """Return Airflow's reason for a refusal, of v1 or v2; empty for another form."""
    if not isinstance(response, Mapping):
        return ""
    why = next((response[key] for key in ("detail", "title", "error", "message") if response.get(key)), "")
    mistakes = [one for one in why if isinstance(one, Mapping)] if isinstance(why, list) else []
    return ", ".join(map(_mistake, mistakes)) or str(why)


def _mistake(one: Mapping[str, object]) -> str:
    """Return a mistake as v2 lists it: a place such as ``body.conf``, and a sentence."""
    where = one.get("loc")
    place = f"{'.'.join(map(str, where))}: " if isinstance(where, list) else ""
    return f"{place}{one.get('msg') or one.get('type') or ''}"


def dag_request(dag: str) -> RestRequest:
    """Return the request for a DAG. A long ID is searched for in the list of DAGs."""
    path = f"/dags/{quote(dag, safe='')}"
    return RestRequest(path) if not is_too_long(path) else RestRequest("/dags", {"dag_id_pattern": dag})


def dag_in(response: object, dag: str) -> Mapping[str, object]:
    """Return the DAG in a response to ``dag_request``; empty if it does not exist."""
    rows: Sequence[object] = [response]
    if isinstance(response, dict) and isinstance(response.get("dags"), list):
        rows = [row for row in response["dags"] if isinstance(row, dict) and row.get("dag_id") == dag]
    return next((row for row in rows if isinstance(row, dict)), {})


def tasks_request(dag: str) -> RestRequest | None:
    """Return the request for the tasks of a DAG; ``None`` for a long ID."""
    path = f"/dags/{quote(dag, safe='')}/tasks"
    return RestRequest(path) if not is_too_long(path) else None


def clear_path(dag: str) -> str:
    """Return the path that clears task instances of a DAG; empty for a long ID."""
    path = f"/dags/{quote(dag, safe='')}/clearTaskInstances"
    return "" if is_too_long(path) else path


def runs_request(dag: str, version: Version, *, limit: int = PAGE_SIZE, date: str = "", state: str = "") -> RestRequest:
    """Return the request for runs of a DAG, newest first.

    With a date of ``run_date`` or a state, those of that date or state only.
    """
    name = _run_date(version)
    dates = {f"{name}_gte": date, f"{name}_lte": date} if date else {}
    states = {"states": [state]} if state else {}
    page = {"page_limit": limit, "page_offset": 0}
    return post(RUNS, {"dag_ids": [dag], "order_by": f"-{name}", **page, **dates, **states})


def run_date(row: Mapping[str, object], version: Version) -> str:
    """Return the date of a run for ``runs_request``; empty for none."""
    return str(row.get(_run_date(version)) or "")


def _run_date(version: Version) -> str:
    """Return the member with the date of a run. In Airflow 3, some lack a logical date."""
    return "run_after" if version.major >= 3 else "execution_date"


def tasks_of_run_request(dag: str, run_id: str, date: str, version: Version) -> RestRequest:
    """Return the request for the task instances of a run with this ``run_date``.

    Before Airflow 2.7.1 those of other runs of that date are among them.
    """
    select: dict[str, object] = {"dag_run_ids": [run_id]}
    if version < IDS_SINCE:
        select = {"execution_date_gte": date, "execution_date_lte": date} if date else {}
    return post(TASK_INSTANCES, {"dag_ids": [dag], **select, "page_limit": PAGE_SIZE, "page_offset": 0})


# -- the paths of a version: what each does, and how dangerous that is -------------------------------------------------

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
#: Parts after which a POST or PATCH changes nothing.
READING = ("list", "dry_run")
VERBS = {"GET": "show", "POST": "create", "PUT": "set", "PATCH": "change", "DELETE": "delete"}
#: Kinds of names that are in a path.
KINDS = {
    "dag_id": Kind.DAG,
    "dag_run_id": Kind.RUN,
    "task_id": Kind.TASK,
    "variable_key": Kind.VARIABLE,
    "connection_id": Kind.CONNECTION,
    "pool_name": Kind.POOL,
    "role_name": Kind.ROLE,
    "username": Kind.USER,
}


@dataclass(frozen=True, slots=True)
class RestOperation:
    """One method of one path."""

    method: str
    path: str  #: with ``{names}``
    query: tuple[str, ...] = ()  #: names of parameters
    body: Mapping[str, str] = field(default_factory=dict)  #: names of members, with their types

    @property
    def summary(self) -> str:
        """A short phrase about the operation."""
        nouns, last = data_of("rest_words.toml")["nouns"], data_of("rest_words.toml")["last"]
        parts = self.path.strip("/").split("/")
        words = [part for part in parts if not _is_name(part)]
        owned = [part for part, name in pairwise(parts) if part != words[-1] and _is_name(name)]
        owners = [nouns[part][0] for part in owned if part in nouns]
        if words[-1] == "list":
            return f"list {nouns[words[-2]][1]} of any DAG"
        if words[-1] in last and not _is_name(parts[-1]):
            return str(last[words[-1]]).format(owners[-1] if owners else nouns.get(words[0], ("request",))[0])
        one, several = nouns.get(words[-1], (words[-1], words[-1]))
        of = f" of {_a(owners[-1])}" if owners and words[-1] != "dagRuns" else ""
        if _is_name(parts[-1]):
            return f"{VERBS[self.method]} {_a(one)}{of}"
        if self.method in ("GET", "PATCH", "DELETE"):
            return f"{'list' if self.method == 'GET' else VERBS[self.method]} {several}{of}"
        return f"{VERBS[self.method]} {_a(one)}{of}"


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeioX' else 'a'} {noun}"


def _is_name(part: str) -> bool:
    return part.startswith("{") or part == "~"


@cache
def operations(version: Version) -> tuple[RestOperation, ...]:
    """Return the operations of an Airflow version by their paths; none before 2.4.3.

    A version without a table has the one of the next lower version: tables are made only where paths have changed.
    """
    known = nearest(version)
    for one in reversed(versions()):
        if known is not None and one.major == known.major and one <= known:
            try:
                data = pkgutil.get_data(__package__, f"data/rest-{one}.json")
            except FileNotFoundError:
                continue
            assert data is not None  # every way to install a package can read its files
            return tuple(operations_in(json.loads(data)["paths"]))
    return ()


def operations_in(paths: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Iterator[RestOperation]:
    """Yield the operations of a table."""
    for path, methods in paths.items():
        for method, facts in methods.items():
            yield RestOperation(method, path, tuple(facts.get("query", ())), facts.get("body", {}))


def operation_of(method: str, path: str, version: Version) -> RestOperation | None:
    """Return the operation of a request; words of a path come before names."""
    found = [one for one in operations(version) if one.method == method and fits(one.path, path)]
    return min(found, key=lambda one: one.path.count("{"), default=None)


def fits(template: str, path: str) -> bool:
    """Return whether a path has the form of a template."""
    wanted, parts = template.split("/"), path.split("/")
    return len(wanted) == len(parts) and all(
        part == want or (want.startswith("{") and part != "") for want, part in zip(wanted, parts, strict=True)
    )


def danger_of_request(request: RestRequest) -> Danger:
    """Return the danger level of a request by its method and path, and the reason."""
    last = request.path.rstrip("/").rpartition("/")[2]
    body = request.body or {}
    if request.method == "GET" or (request.method in ("POST", "PATCH") and last in READING):
        return Danger(Level.READ, "")
    clears = request.method == "POST" and last.startswith("clear")
    if clears and body.get("dry_run") is True:
        return Danger(Level.READ, "")
    if request.method == "DELETE":
        return Danger(Level.DESTROY, f"deletes {request.path}")
    if clears:
        return Danger(Level.DESTROY, "clears task instances, which start over")
    if request.method == "PUT" and last == "cancel":
        return Danger(Level.DESTROY, "cancels the runs that have not started")
    actions = body.get("actions")
    if isinstance(actions, list) and any(isinstance(one, dict) and one.get("action") == "delete" for one in actions):
        return Danger(Level.DESTROY, "deletes what its actions name")
    return Danger(Level.CHANGE, "")


def short_form(method: str, path: str) -> str:
    """Return the shorter request for a path that is too long; empty for none."""
    if method != "GET":
        return ""
    match [unquote(part) for part in path.strip("/").split("/")]:
        case ["dags", dag]:
            return f"GET /dags -q {command_line.quote(f'dag_id_pattern={dag}')}"
        case ["dags", dag, "dagRuns", *_] if len(path.strip("/").split("/")) <= 4:
            return f"POST {RUNS} -d {_json({'dag_ids': [dag]})}"
        case ["dags", dag, "dagRuns", run, "taskInstances", *tasks] if len(tasks) <= 1:
            ids = {"dag_ids": [dag], "dag_run_ids": [run]} | ({"task_ids": tasks} if tasks else {})
            return f"POST {TASK_INSTANCES} -d {_json(ids)}"
    return ""


def _json(value: object) -> str:
    return command_line.quote(json.dumps(value))
