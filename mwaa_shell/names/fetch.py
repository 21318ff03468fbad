"""The sources of names: output of commands, Airflow's REST API, and the CLI.

Each source returns changes for a catalogue. Airflow 3 serves roles and users under ``/auth/fab/v1``, which MWAA's
``InvokeRestApi`` does not reach. Commands do not take the datasets of Airflow 2. Responses hold more than names, such
as values of variables: only what ``Name`` lists is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from mwaa_shell.airflow.arguments import understand
from mwaa_shell.airflow.command_line import ParsedLine
from mwaa_shell.airflow.completion import dag_of
from mwaa_shell.airflow.grammar import Grammar
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.outcome import ENOUGH
from mwaa_shell.airflow.rest import REST_SINCE, RestRequest, list_all, next_page, rows_in, runs_request, tasks_request
from mwaa_shell.airflow.validation import first_valid
from mwaa_shell.airflow.versions import Version
from mwaa_shell.errors import NothingRan, PermissionMissing, ShellError, State, sentence
from mwaa_shell.job import Job, PhaseTimeout
from mwaa_shell.mwaa import Connection, run_under_lock
from mwaa_shell.names.extract import RUN_FACTS, learn, names_absent, names_used
from mwaa_shell.names.model import KEPT, OF_A_DAG, Change, Name, NameRemoved, NamesFound
from mwaa_shell.result import Result

# -- requests to REST, and their responses -----------------------------------------------------------------------------


class Source(NamedTuple):
    """The REST listing of a kind: its path, and the members of its response."""

    member: str  #: where the response holds the objects
    name: str
    facts: Mapping[str, tuple[str, ...]] = MappingProxyType({})  #: the first that is there
    only: int = 0  #: the major version of Airflow that offers it, if not all do


SOURCES = {
    Kind.DAG: Source("dags", "dag_id", {"paused": ("is_paused",), "owners": ("owners",)}),
    Kind.TASK: Source("tasks", "task_id", {"operator": ("operator_name",)}),
    Kind.RUN: Source("dag_runs", "dag_run_id", RUN_FACTS),
    Kind.VARIABLE: Source("variables", "key"),
    Kind.CONNECTION: Source("connections", "connection_id", {"type": ("conn_type",)}),
    Kind.POOL: Source("pools", "name", {"slots": ("slots",)}),
    Kind.ROLE: Source("roles", "name", only=2),
    Kind.USER: Source("users", "username", only=2),
    Kind.ASSET: Source("assets", "name", only=3),
}


def request_for(kind: Kind, version: Version, dag: str = "") -> RestRequest | None:
    """Return the request for the first page of a kind, runs newest first. ``None`` if REST does not offer the kind."""
    source = SOURCES.get(kind)
    if source is None or version < REST_SINCE or source.only not in (0, min(version.major, 3)):
        return None
    if (kind in OF_A_DAG) != bool(dag):
        return None
    if kind is Kind.RUN:
        return runs_request(dag, version)
    return tasks_request(dag) if kind is Kind.TASK else list_all(f"/{source.member}")


def names_in(kind: Kind, rows: Iterable[Mapping[str, object]]) -> Iterator[Name]:
    """Yield the names in the objects of a response, except names that cannot be typed."""
    source = SOURCES[kind]
    for row in rows:
        text = row.get(source.name)
        if isinstance(text, str) and text and text.isprintable():
            facts = {
                fact: next(filter(None, (_words(row.get(key)) for key in keys)), "")
                for fact, keys in source.facts.items()
            }
            yield Name(text, {fact: words for fact, words in facts.items() if words})


def _words(value: object) -> str:
    """Return a fact as text; empty for an unexpected type."""
    if isinstance(value, list):
        value = ", ".join(item.strip() for item in value if isinstance(item, str))
    if isinstance(value, bool):
        value = "yes" if value else "no"
    return str(value) if isinstance(value, int | str) and str(value).isprintable() else ""


# -- the three sources -------------------------------------------------------------------------------------------------

#: Pages that are asked for at most, of up to a hundred names each; of runs, those that are kept.
PAGES, RUN_PAGES = 100, 2
#: Bytes of output that names are learned from; longer output teaches none.
MAX_OUTPUT_BYTES = 16_000_000
NOT_UPDATED = (
    "The REST API is not available until the environment is updated. "
    "Completion uses the names in past output, and .refresh loads names."
)
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


def of_output(
    line: ParsedLine, result: Result, grammar: Grammar | None
) -> tuple[Sequence[Change], Sequence[tuple[Kind, str, str]]]:
    """Return the changes that a result reports.

    If the command succeeded, return the names in the line, too, as kind, DAG (of tasks and runs) and name.
    """
    if grammar is None or not result.remote or result.http_status is None:
        return (), ()
    understanding = understand(line, grammar)
    stderr = result.stderr[-ENOUGH:].decode("utf-8", "replace")
    whole = b"" if len(result.stdout) > MAX_OUTPUT_BYTES else result.stdout
    changes = learn(understanding, whole.decode("utf-8", "replace"), stderr, result.ok)
    dag, used = dag_of(understanding), []
    for kind, text in names_used(understanding) if result.ok else ():
        kept = Kind.RUN if kind is Kind.DATE_OR_RUN else kind
        if kept in KEPT and (dag or kept not in OF_A_DAG):
            used.append((kept, dag if kept in OF_A_DAG else "", text))
    return changes, used


def missing_names(line: ParsedLine, result: Result, grammar: Grammar | None) -> list[NameRemoved]:
    """Return the names of a line that its output reports as missing."""
    if grammar is None or not result.remote or result.http_status is None:
        return []
    stdout, stderr = (text[-ENOUGH:].decode("utf-8", "replace") for text in (result.stdout, result.stderr))
    return list(names_absent(understand(line, grammar), stdout, stderr, result.ok))


class FetchResult(NamedTuple):
    """The result of REST requests: names, whether IAM denies them, and the problem."""

    names: NamesFound | None = None
    denied: bool = False
    trouble: str = ""


def over_rest(connection: Connection, kind: Kind, dag: str) -> FetchResult:
    """Return the names of a kind over REST. If a page failed, those before it are an incomplete list."""
    request = request_for(kind, connection.version, dag) if connection.version else None
    names: list[Name] = []
    for _ in range(RUN_PAGES if kind is Kind.RUN else PAGES):
        if request is None:
            break
        try:
            response = connection.api.invoke_rest(connection.target.name, request)
            rows = rows_in(response, SOURCES[kind].member)
        except PermissionMissing as error:
            return FetchResult(denied=True, trouble=NOT_UPDATED if "updated" in str(error) else "")
        except (ShellError, ValueError) as error:
            partial = NamesFound(kind, tuple(names), dag) if names else None
            why = str(error) if isinstance(error, ShellError) else f"The REST API's response is malformed: {error}"
            return FetchResult(partial, trouble=f"{sentence(why)} Completion may lack {title(kind, dag)}.")
        names += names_in(kind, (row for row in rows if isinstance(row, dict)))
        request = next_page(request, len(rows), response)
    cut = request is not None and kind is not Kind.RUN
    trouble = f"The REST API listed only {len(names):,} {title(kind, dag)}. .refresh loads all through the CLI."
    return FetchResult(NamesFound(kind, tuple(names), dag, all=request is None), trouble=trouble if cut else "")


def through_cli(connection: Connection, kind: Kind, dag: str) -> Sequence[Change]:
    """Return the names of a kind as the CLI lists them. Raises ``ShellError``. It waits until no other command runs."""
    line = listing(connection.grammar, kind, dag)
    if line is None:
        raise NothingRan(
            f"Airflow {connection.version or 'of an unknown version'} has no command that lists {title(kind)}"
        )
    connection.command_lock.refreshing = job = Job(lambda job: run_under_lock(connection, line, job), "refresh")
    try:
        result = job.wait()
    except PhaseTimeout as late:
        raise NothingRan(f"{title(kind, dag)} did not arrive within {late.seconds:g} seconds") from None
    finally:
        connection.command_lock.refreshing = None
    if not result.ok:
        message = f"{title(kind, dag)} could not be refreshed: {result.message}"
        raise NothingRan(message, state=result.state, hint=result.hint, detail=result.detail)
    changes = of_output(line, result, connection.grammar)[0]
    if not any(isinstance(one, NamesFound) and (one.kind, one.dag) == (kind, dag) for one in changes):
        where = connection.target.name
        message = f"The list of {title(kind, dag)} on {where} could not be read"
        raise NothingRan(message, state=State.RAN, hint=f"See {line.text}")
    return changes


def listing(grammar: Grammar | None, kind: Kind, dag: str) -> ParsedLine | None:
    """Return the command of this Airflow version that lists a kind, or ``None``."""
    if grammar is None or (kind in OF_A_DAG and not dag):
        return None
    return first_valid(LISTS.get(kind, ()), grammar, dag=dag)
