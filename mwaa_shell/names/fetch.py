"""Where names come from: output that the user asked for, Airflow's REST API, and the CLI.

Each source returns changes for a catalogue. REST paths lack ``/api/v1`` (Airflow 2) and ``/api/v2`` (Airflow 3), which
MWAA's ``InvokeRestApi`` adds. A request has only parameters that every version knows, as Airflow 2 refuses others:
``fields``, which would make replies shorter, came with 2.9. Airflow 3 serves roles and users under ``/auth/fab/v1``,
which ``InvokeRestApi`` does not reach. Commands do not take the datasets of Airflow 2. Replies hold more than names,
such as values of variables: only what ``Name`` lists is read.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mwaa_shell.airflow.arguments import ParsedCommand, understand
from mwaa_shell.airflow.command_line import ParsedLine, parse, quote
from mwaa_shell.airflow.completion import dag_of
from mwaa_shell.airflow.grammar import Grammar
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.outcome import ENOUGH
from mwaa_shell.airflow.validation import validate
from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import NothingRan, PermissionMissing, ShellError
from mwaa_shell.job import Job, PhaseTimeout
from mwaa_shell.mwaa.airflow_rest import FIRST_PAGE, REST_SINCE, dag_path, newest_runs_first, next_page, rows_in
from mwaa_shell.mwaa.command_runner import run_under_lock
from mwaa_shell.mwaa.connection import Connection
from mwaa_shell.names.effects import used
from mwaa_shell.names.extract import learn
from mwaa_shell.names.model import KEPT, OF_A_DAG, Change, Name, NamesFound
from mwaa_shell.result import Result

# -- requests to REST, and how replies are read ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NamesRequest:
    """A GET request to the REST API for one page of the names of one kind."""

    kind: Kind
    path: str  #: as ``InvokeRestApi`` takes it, percent-encoded
    query: Mapping[str, object] = field(hash=False)
    dag: str = ""  #: whose tasks or runs; empty for the other kinds
    member: str = ""  #: where the reply holds them


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the REST API lists a kind, and which members of its reply are read."""

    path: str  #: after that of the DAG for its tasks and runs
    member: str
    name: str
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: the first that is there
    paged: bool = True


_BOTH = {
    Kind.DAG: _Source("/dags", "dags", "dag_id", {"paused": ("is_paused",), "owners": ("owners",)}),
    Kind.TASK: _Source("/tasks", "tasks", "task_id", {"operator": ("operator_name",)}, paged=False),
    Kind.RUN: _Source(
        "/dagRuns",
        "dag_runs",
        "dag_run_id",
        {"state": ("state",), "date": ("logical_date", "execution_date"), "after": ("run_after",)},
    ),
    Kind.VARIABLE: _Source("/variables", "variables", "key"),
    Kind.CONNECTION: _Source("/connections", "connections", "connection_id", {"type": ("conn_type",)}),
    Kind.POOL: _Source("/pools", "pools", "name", {"slots": ("slots",)}),
}
_SOURCES: Mapping[int, Mapping[Kind, _Source]] = {
    2: {**_BOTH, Kind.ROLE: _Source("/roles", "roles", "name"), Kind.USER: _Source("/users", "users", "username")},
    3: {**_BOTH, Kind.ASSET: _Source("/assets", "assets", "name")},
}


def requests_for(kind: Kind, version: Version, dag: str = "") -> NamesRequest | None:
    """Return the request for the first page of a kind, runs newest first; ``None`` if REST does not offer the kind."""
    source = _source(kind, version)
    if source is None or (kind in OF_A_DAG) != bool(dag):
        return None
    query = dict(FIRST_PAGE) if source.paged else {}
    if kind is Kind.RUN:
        query["order_by"] = newest_runs_first(version)
    return NamesRequest(kind, (dag_path(dag) if dag else "") + source.path, query, dag, source.member)


def _source(kind: Kind, version: Version) -> _Source | None:
    return _SOURCES[min(version.major, 3)].get(kind) if version >= REST_SINCE else None


def read(request: NamesRequest, reply: object) -> tuple[tuple[Name, ...], NamesRequest | None]:
    """Return the names on one page, and the request for the next page or ``None``.

    Objects that cannot be read and names that cannot be typed are left out. Raises ``ValueError`` if the reply has
    another form.
    """
    rows = rows_in(reply, request.path, request.member)
    source = _SOURCES[3].get(request.kind) or _SOURCES[2][request.kind]
    names = [_name(source, row) for row in rows if isinstance(row, dict)]
    query = next_page(request.query, len(rows), reply)
    following = replace(request, query=query) if query is not None else None
    return tuple(name for name in names if name is not None), following


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
    """Return a fact as text; empty for an unexpected type."""
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


# -- the three sources -------------------------------------------------------------------------------------------------

#: Pages that are asked for at most, of up to a hundred names each; of runs, those that are kept.
PAGES, RUN_PAGES = 100, 2
#: Bytes of output that names are learned from; longer output teaches none.
MAX_OUTPUT_BYTES = 16_000_000
#: Seconds between two pages: AWS allows about ten requests a second.
BETWEEN = 0.1
NOT_UPDATED = "InvokeRestApi: AWS wants the environment updated first; names are learned, .refresh asks"
#: What lists each kind through the CLI; the first that the environment's version takes is sent.
LISTS: dict[Kind, tuple[str, ...]] = {
    Kind.DAG: ("dags list -o json", "list_dags"),
    Kind.TASK: ("tasks list {dag}", "list_tasks {dag}"),
    Kind.RUN: ("dags list-runs {dag} -o json", "dags list-runs -d {dag} -o json", "list_dag_runs {dag}"),
    Kind.VARIABLE: ("variables list -o json", "variables"),
    Kind.CONNECTION: ("connections list -o json", "connections -l"),
    Kind.POOL: ("pools list -o json", "pool"),
    Kind.ROLE: ("roles list -o json",),
    Kind.USER: ("users list -o json", "list_users"),
    Kind.ASSET: ("assets list -o json",),
}
#: What a kind is called where there are many of them.
TITLES = {
    Kind.DAG: "DAGs", Kind.TASK: "tasks", Kind.RUN: "runs", Kind.VARIABLE: "variables",
    Kind.CONNECTION: "connections", Kind.POOL: "pools", Kind.ROLE: "roles", Kind.USER: "users", Kind.ASSET: "assets",
}  # fmt: skip


def title(kind: Kind, dag: str = "") -> str:
    """Return the plural of a kind, with its DAG."""
    return f"{TITLES[kind]} of {dag}" if dag else TITLES[kind]


def of_reply(
    line: ParsedLine, result: Result, grammar: Grammar | None
) -> tuple[Sequence[Change], Sequence[tuple[Kind, str, str]]]:
    """Return the changes that a result reports, and the names in the line if the command succeeded."""
    if grammar is None or not result.remote or result.http_status is None:
        return (), ()
    understanding = understand(line, grammar)
    stderr = result.stderr[-ENOUGH:].decode("utf-8", "replace")
    whole = b"" if len(result.stdout) > MAX_OUTPUT_BYTES else result.stdout
    changes = learn(understanding, whole.decode("utf-8", "replace"), stderr, result.ok)
    return changes, used_names(understanding) if result.ok else ()


def used_names(understanding: ParsedCommand) -> list[tuple[Kind, str, str]]:
    """Return the names in a line as kind, DAG (of tasks and runs) and name."""
    dag = dag_of(understanding)
    found = ((Kind.RUN if kind is Kind.DATE_OR_RUN else kind, text) for kind, text in used(understanding))
    return [
        (kind, dag if kind in OF_A_DAG else "", text)
        for kind, text in found
        if kind in KEPT and (dag or kind not in OF_A_DAG)
    ]


@dataclass(frozen=True, slots=True)
class FetchResult:
    """The outcome of REST requests: names, whether IAM denies them, and what went wrong."""

    seen: NamesFound | None = None
    denied: bool = False
    trouble: str = ""


def over_rest(link: Connection, kind: Kind, dag: str) -> FetchResult:
    """Return the names of a kind over REST; those before a page that failed as an incomplete list."""
    request = requests_for(kind, link.version, dag) if link.version else None
    names: list[Name] = []
    for page in range(RUN_PAGES if kind is Kind.RUN else PAGES):
        if request is None:
            break
        if page:
            time.sleep(BETWEEN)
        try:
            reply = link.api.invoke_rest(link.target.name, request.path, request.query)
            found, request = read(request, reply)
        except PermissionMissing as error:
            return FetchResult(denied=True, trouble=NOT_UPDATED if "updated" in str(error) else "")
        except (ShellError, ValueError) as error:
            seen = NamesFound(kind, tuple(names), dag) if names else None
            return FetchResult(seen, trouble=f"{title(kind, dag)} over REST: {error}")
        names += found
    cut = request is not None and kind is not Kind.RUN
    trouble = f"only {len(names):,} {title(kind, dag)} over REST; .refresh asks the CLI" if cut else ""
    return FetchResult(NamesFound(kind, tuple(names), dag, all=request is None), trouble=trouble)


def through_cli(link: Connection, kind: Kind, dag: str) -> Sequence[Change]:
    """Return the names of a kind as the CLI lists them; waits until no other command runs. Raises ``ShellError``."""
    line = listing(link.grammar, kind, dag)
    if line is None:
        raise NothingRan(f"Airflow {link.version or 'of an unknown version'} has no command that lists {title(kind)}")
    link.command_lock.refreshing = job = Job(lambda job: run_under_lock(link, line, job), "refresh")
    try:
        result = job.wait()
    except PhaseTimeout as late:
        raise NothingRan(f"{title(kind, dag)} did not come within {late.seconds:g} seconds") from None
    finally:
        link.command_lock.refreshing = None
    if not result.ok:
        raise NothingRan(f"{title(kind, dag)} could not be refreshed: {result.message}")
    changes = of_reply(line, result, link.grammar)[0]
    if not any(isinstance(one, NamesFound) and (one.kind, one.dag) == (kind, dag) for one in changes):
        where = link.target.name
        raise NothingRan(f"The list of {title(kind, dag)} on {where} could not be read: see {line.text}")
    return changes


def listing(grammar: Grammar | None, kind: Kind, dag: str) -> ParsedLine | None:
    """Return the command that lists a kind in this version of Airflow, ``None`` if there is none."""
    if grammar is None or (kind in OF_A_DAG and not dag):
        return None
    lines = (parse(text.replace("{dag}", quote(dag))) for text in LISTS.get(kind, ()))
    return next((line for line in lines if validate(understand(line, grammar)) is None), None)
