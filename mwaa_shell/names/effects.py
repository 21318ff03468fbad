"""What a command that succeeded did to names, read from its line and from what it says it did."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from mwaa_shell.airflow.arguments import ParsedCommand
from mwaa_shell.airflow.command_line import output_format
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.versions import Version
from mwaa_shell.names.arguments import is_name, used, value, values
from mwaa_shell.names.model import NO_FACTS, Change, Name, NameRemoved, NamesFound
from mwaa_shell.output.records import Row, read_rows

#: Commands that fail where one of the names in their line does not exist: these kinds are there if they succeed.
NEEDED: Mapping[str, tuple[Kind, ...]] = {
    **dict.fromkeys(
        ("dags details", "dags list-runs", "dags next-execution", "dags show", "dags state", "dags test", "tasks list",
         "dag_state", "list_dag_runs", "list_tasks", "next_execution", "show_dag"),
        (Kind.DAG,),
    ),
    **dict.fromkeys(
        ("tasks failed-deps", "tasks render", "tasks run", "tasks state", "tasks test", "render", "run",
         "task_failed_deps", "task_state", "test"),
        (Kind.DAG, Kind.TASK),
    ),
    "tasks states-for-dag-run": (Kind.DAG, Kind.DATE_OR_RUN),
    "connections get": (Kind.CONNECTION,),
    "pools get": (Kind.POOL,),
    "variables get": (Kind.VARIABLE,),
    "users add-role": (Kind.USER, Kind.ROLE),
}  # fmt: skip
#: With these they do not fail.
UNLESS = frozenset({"--default", "--dagfile-path", "--subdir", "--bundle-name"})
DATE = re.compile(r"\d{4}-?\d\d-?\d\d")

PAUSED = re.compile(r"^Dag: (.+), paused: (?:True|False)$", re.MULTILINE)
#: ``trigger`` before 2.6; between 2.4 and 2.6 with the state.
CREATED = re.compile(
    r"^Created <DagRun (\S+) @ (.{1,99}?): (.{1,999}?), (?:state:(\w+), |externally triggered)", re.MULTILINE
)
#: Since then a new run waits in a queue; before, and where the reply does not say it, it runs at once.
QUEUED_SINCE = Version(2, 1)
ADDED = re.compile(r"^[^\S\n]*(?:Successfully added|A connection with) `conn_id`=", re.MULTILINE)
DELETED = re.compile(r"^[^\S\n]*Successfully deleted (?:connection with )?`conn_id`=", re.MULTILINE)
REMOVED = re.compile(r"^Removed \d+ record", re.MULTILINE)
CREATED_USER = re.compile(r'(?:^User ".+" created|^(?>.*?user ).+ created\.?$|already exists? in the db)', re.MULTILINE)
DELETED_USER = re.compile(r'^User "?(.+?)"? deleted\.?$', re.MULTILINE)


def effects(understanding: ParsedCommand, stdout: str) -> tuple[Change, ...]:
    """What a command that succeeded changed."""
    command = understanding.command
    does = EFFECTS.get(command.name) if command else None
    return tuple(does(understanding, stdout)) if does else ()


def needed(understanding: ParsedCommand) -> tuple[NamesFound, ...]:
    """What must exist, as a command that succeeded would have failed without it."""
    wanted = NEEDED.get(understanding.command.name, ()) if understanding.command else ()
    if not wanted or understanding.given & UNLESS:
        return ()
    names = [(kind, text) for kind, text in used(understanding) if kind in wanted]
    dag = next((text for kind, text in names if kind is Kind.DAG), "")
    found: list[NamesFound] = []
    for kind, text in names:
        if kind is Kind.DATE_OR_RUN and not DATE.match(text) and dag:
            found.append(NamesFound(Kind.RUN, (Name(text),), dag))
        elif kind is Kind.TASK and dag:
            found.append(NamesFound(kind, (Name(text),), dag))
        elif kind not in (Kind.TASK, Kind.DATE_OR_RUN):
            found.append(NamesFound(kind, (Name(text),)))
    return tuple(found)


def _seen(kind: Kind, texts: Iterable[str], facts: Mapping[str, str] = NO_FACTS, dag: str = "") -> Iterable[Change]:
    names = tuple(Name(text, facts) for text in texts if is_name(text))
    return [NamesFound(kind, names, dag)] if names else []


def _gone(kind: Kind, texts: Iterable[str]) -> Iterable[Change]:
    return [NameRemoved(kind, text) for text in texts if is_name(text)]


def _rows(understanding: ParsedCommand, stdout: str) -> list[Row]:
    return read_rows(stdout, output_format(understanding.line.values)) or []


def _paused(state: str) -> Callable[[ParsedCommand, str], Iterable[Change]]:
    """The state is the command's: the column ``is_paused`` of 3.x holds what was before."""

    def change(understanding: ParsedCommand, stdout: str) -> Iterable[Change]:
        ids = [row.get("dag_id", "") for row in _rows(understanding, stdout)] or PAUSED.findall(stdout)
        return _seen(Kind.DAG, ids, MappingProxyType({"paused": state}))

    return change


def _triggered(understanding: ParsedCommand, stdout: str) -> Iterable[Change]:
    first = "queued" if understanding.grammar.version >= QUEUED_SINCE else "running"
    made = [
        (row.get("dag_id", ""), row.get("dag_run_id") or row.get("run_id", ""), row.get("logical_date", ""),
         row.get("state", ""))
        for row in _rows(understanding, stdout)
    ] or [(dag, run, date, state or first) for dag, date, run, state in CREATED.findall(stdout)]  # fmt: skip
    for dag, run, date, state in made:
        if is_name(dag) and is_name(run):
            facts = {"state": state, "date": date}
            known = {fact: text for fact, text in facts.items() if is_name(text) and text != "None"}
            yield NamesFound(Kind.DAG, (Name(dag),))
            yield NamesFound(Kind.RUN, (Name(run, MappingProxyType(known)),), dag)


def _deleted_dag(understanding: ParsedCommand, stdout: str) -> Iterable[Change]:
    return _gone(Kind.DAG, [value(understanding, "dag_id")]) if REMOVED.search(stdout) else []


def _set_pool(understanding: ParsedCommand, stdout: str) -> Iterable[Change]:
    slots = value(understanding, "slots")
    return _seen(Kind.POOL, [value(understanding, "pool")], MappingProxyType({"slots": slots}) if slots else NO_FACTS)


def _deleted_users(understanding: ParsedCommand, stdout: str) -> Iterable[Change]:
    """By the reply, as the line may have an address instead."""
    return _gone(Kind.USER, DELETED_USER.findall(stdout))


def _made(kind: Kind, argument: str, said: re.Pattern[str] | None = None) -> Callable[..., Iterable[Change]]:
    """The argument's values exist now, if the reply says so."""

    def change(understanding: ParsedCommand, stdout: str) -> Iterable[Change]:
        return _seen(kind, values(understanding, argument)) if not said or said.search(stdout) else []

    return change


def _unmade(kind: Kind, argument: str, said: re.Pattern[str] | None = None) -> Callable[..., Iterable[Change]]:
    """The argument's values exist no more, if the reply says so."""

    def change(understanding: ParsedCommand, stdout: str) -> Iterable[Change]:
        return _gone(kind, values(understanding, argument)) if not said or said.search(stdout) else []

    return change


def _v1_variables(understanding: ParsedCommand, stdout: str) -> Iterable[Change]:
    """A deletion comes before a setting in the same line."""
    deleted, made = value(understanding, "--delete"), value(understanding, "--set")
    return [*_gone(Kind.VARIABLE, [deleted]), *_seen(Kind.VARIABLE, [made])]


def _v1_connections(understanding: ParsedCommand, stdout: str) -> Iterable[Change]:
    name = [value(understanding, "--conn_id")]
    if "--delete" in understanding.given:
        return _gone(Kind.CONNECTION, name) if DELETED.search(stdout) else []
    return _seen(Kind.CONNECTION, name) if "--add" in understanding.given and ADDED.search(stdout) else []


def _v1_pool(understanding: ParsedCommand, stdout: str) -> Iterable[Change]:
    """The reply to a deletion shows the pool that is gone."""
    name = value(understanding, "--delete")
    return _gone(Kind.POOL, [name]) if name in [row.get("Pool") for row in _rows(understanding, stdout)] else []


EFFECTS: Mapping[str, Callable[[ParsedCommand, str], Iterable[Change]]] = {
    "dags delete": _deleted_dag,
    "dags pause": _paused("yes"),
    "dags unpause": _paused("no"),
    "dags trigger": _triggered,
    "assets materialize": _triggered,
    "variables set": _made(Kind.VARIABLE, "key"),
    "variables delete": _unmade(Kind.VARIABLE, "key"),
    "connections add": _made(Kind.CONNECTION, "conn_id", ADDED),
    "connections delete": _unmade(Kind.CONNECTION, "conn_id", DELETED),
    "pools set": _set_pool,
    "pools delete": _unmade(Kind.POOL, "pool"),
    "roles create": _made(Kind.ROLE, "role"),
    "roles delete": _unmade(Kind.ROLE, "role"),
    "users create": _made(Kind.USER, "--username", CREATED_USER),
    "users delete": _deleted_users,
    # 1.10
    "delete_dag": _deleted_dag,
    "pause": _paused("yes"),
    "unpause": _paused("no"),
    "trigger_dag": _triggered,
    "variables": _v1_variables,
    "connections": _v1_connections,
    "pool": _v1_pool,
    "create_user": _made(Kind.USER, "--username", CREATED_USER),
    "delete_user": _deleted_users,
}
