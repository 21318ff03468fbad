"""Where names come from: replies that the user got, the REST API, the CLI. Each gives changes for a catalogue."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mwaa_shell.airflow.arguments import ParsedCommand, understand
from mwaa_shell.airflow.command_line import ParsedLine, parse, quote
from mwaa_shell.airflow.grammar import Grammar
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.outcome import ENOUGH
from mwaa_shell.airflow.suggestions import dag_of
from mwaa_shell.airflow.validation import validate
from mwaa_shell.errors import NothingRan, PermissionMissing, ShellError
from mwaa_shell.job import Job, PhaseTimeout
from mwaa_shell.mwaa.command_runner import run_under_lock
from mwaa_shell.names import rest
from mwaa_shell.names.arguments import used
from mwaa_shell.names.learning import learn
from mwaa_shell.names.model import KEPT, OF_A_DAG, Change, Name, NamesFound
from mwaa_shell.result import Result

if TYPE_CHECKING:
    from mwaa_shell.mwaa.connection import Connection

#: Pages that are asked for at most, of up to a hundred names each; of runs, those that are kept.
PAGES, RUN_PAGES = 100, 2
#: Bytes of output that names are learned from; longer output teaches none.
LONGEST = 16_000_000
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
    """A kind in the plural, with the DAG that they are of."""
    return f"{TITLES[kind]} of {dag}" if dag else TITLES[kind]


def of_reply(
    line: ParsedLine, result: Result, grammar: Grammar | None
) -> tuple[Sequence[Change], Sequence[tuple[Kind, str, str]]]:
    """What a reply tells, and which names the user has used with success."""
    if grammar is None or not result.remote or result.http_status is None:
        return (), ()
    understanding = understand(line, grammar)
    stderr = result.stderr[-ENOUGH:].decode("utf-8", "replace")
    whole = b"" if len(result.stdout) > LONGEST else result.stdout
    changes = learn(understanding, whole.decode("utf-8", "replace"), stderr, result.ok)
    return changes, used_names(understanding) if result.ok else ()


def used_names(understanding: ParsedCommand) -> list[tuple[Kind, str, str]]:
    """The names in a line with their kinds, and the DAG of tasks and runs."""
    dag = dag_of(understanding)
    found = ((Kind.RUN if kind is Kind.DATE_OR_RUN else kind, text) for kind, text in used(understanding))
    return [
        (kind, dag if kind in OF_A_DAG else "", text)
        for kind, text in found
        if kind in KEPT and (dag or kind not in OF_A_DAG)
    ]


@dataclass(frozen=True, slots=True)
class Told:
    """What REST told: names or nothing, whether it is not allowed, and what went wrong on the way."""

    seen: NamesFound | None = None
    denied: bool = False
    trouble: str = ""


def over_rest(link: Connection, kind: Kind, dag: str) -> Told:
    """The names as REST tells them; what came before a page that failed is told as some of them."""
    request = rest.requests_for(kind, link.version, dag) if link.version else None
    names: list[Name] = []
    for page in range(RUN_PAGES if kind is Kind.RUN else PAGES):
        if request is None:
            break
        if page:
            time.sleep(BETWEEN)
        try:
            reply = link.api.invoke_rest(link.target.name, request.path, request.query)
            found, request = rest.read(request, reply)
        except PermissionMissing as error:
            return Told(denied=True, trouble=NOT_UPDATED if "updated" in str(error) else "")
        except (ShellError, ValueError) as error:
            seen = NamesFound(kind, tuple(names), dag) if names else None
            return Told(seen, trouble=f"{title(kind, dag)} over REST: {error}")
        names += found
    cut = request is not None and kind is not Kind.RUN
    trouble = f"only {len(names):,} {title(kind, dag)} over REST; .refresh asks the CLI" if cut else ""
    return Told(NamesFound(kind, tuple(names), dag, all=request is None), trouble=trouble)


def through_cli(link: Connection, kind: Kind, dag: str) -> Sequence[Change]:
    """The names as the CLI lists them; waits for the environment's turn. Raises ``ShellError`` where nothing came."""
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
    """The command that lists a kind in this version; ``None`` where there is none."""
    if grammar is None or (kind in OF_A_DAG and not dag):
        return None
    lines = (parse(text.replace("{dag}", quote(dag))) for text in LISTS.get(kind, ()))
    return next((line for line in lines if validate(understand(line, grammar)) is None), None)
