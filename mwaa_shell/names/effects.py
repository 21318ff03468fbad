"""What a command did to names, read from its line and its output: created, deleted, changed, or reported missing. Pure.

Airflow's sentences for a missing name differ from 1.10 to 3.3. A sentence counts only as a whole line, alone or after
the name of an exception, so output of a DAG file or a task is hardly ever taken for one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from mwaa_shell.airflow.arguments import ParsedCommand, Part, Role, names_of
from mwaa_shell.airflow.command_line import output_format
from mwaa_shell.airflow.grammar import Option
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.airflow.knowledge import kind as kind_of
from mwaa_shell.airflow.output_lines import SGR, data_lines
from mwaa_shell.airflow.versions import Version
from mwaa_shell.names.model import NO_FACTS, Change, Name, NameRemoved, NamesFound
from mwaa_shell.output.records import Row, read_rows

#: Characters; the longest name that Airflow's database takes.
MAX_NAME_LENGTH = 250


def is_name(text: str) -> bool:
    """Return whether a text can be a name: 1 to 250 printable characters, no blanks around it."""
    return 0 < len(text) <= MAX_NAME_LENGTH and text.isprintable() and text == text.strip()


def value(understanding: ParsedCommand, argument: str) -> str:
    """Return the first value of an argument, by its long flag or its name; empty if it is not given."""
    return next(iter(values(understanding, argument)), "")


def values(understanding: ParsedCommand, argument: str) -> list[str]:
    """Return all values of an argument, by its long flag or its name."""
    return [part.value for part in understanding.parts if _takes(part) and argument in _names(part)]


def used(understanding: ParsedCommand) -> Iterator[tuple[Kind, str]]:
    """Yield the names in a line with their kinds.

    Only the first value of an option is a name: Airflow 1.10 has ``-s KEY VALUE``.
    """
    if understanding.command is None:
        return
    before: Option | None = None
    for part in understanding.parts:
        first = part.argument is not before
        before = part.argument if part.role is Role.VALUE and isinstance(part.argument, Option) else None
        if _takes(part) and part.argument is not None and first and is_name(part.value):
            yield kind_of(understanding.command.name, part.argument), part.value


def _takes(part: Part) -> bool:
    return part.role in (Role.VALUE, Role.POSITIONAL)


def _names(part: Part) -> tuple[str, ...]:
    return names_of(part.argument) if part.argument is not None else ()


# -- what a successful command changed ---------------------------------------------------------------------------------

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
    """Return the changes of names that a successful command made."""
    command = understanding.command
    does = EFFECTS.get(command.name) if command else None
    return tuple(does(understanding, stdout)) if does else ()


def needed(understanding: ParsedCommand) -> tuple[NamesFound, ...]:
    """Return the names of a line that must exist because the command would fail without them."""
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
    """Return a deletion before a setting, as Airflow 1.10 runs both in one line."""
    deleted, made = value(understanding, "--delete"), value(understanding, "--set")
    return [*_gone(Kind.VARIABLE, [deleted]), *_seen(Kind.VARIABLE, [made])]


def _v1_connections(understanding: ParsedCommand, stdout: str) -> Iterable[Change]:
    name = [value(understanding, "--conn_id")]
    if "--delete" in understanding.given:
        return _gone(Kind.CONNECTION, name) if DELETED.search(stdout) else []
    return _seen(Kind.CONNECTION, name) if "--add" in understanding.given and ADDED.search(stdout) else []


def _v1_pool(understanding: ParsedCommand, stdout: str) -> Iterable[Change]:
    """Return the deleted pool, which Airflow 1.10 prints."""
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


# -- what does not exist -----------------------------------------------------------------------------------------------

#: ``{}`` is the name, ``{dag}`` the DAG of the line; 1.10 to 3.3.
SENTENCES: Mapping[Kind, tuple[str, ...]] = {
    Kind.DAG: (
        "Dag id {} not found",
        "Dag id {} not found in DagModel",
        "dag_id could not be found: {}. Either the dag did not exist or it failed to parse.",
        "Dag '{}' could not be found; either it does not exist or it failed to parse.",
        "Dag '{}' could not be found in the database.",
        "DAG: {} does not exist in 'dag' table",
        "DAG: {} does not exist in the database",
        "Can not find dag '{}'",
        "Can not find dag '{}' in database",
        "Could not find dag {}",
    ),
    Kind.TASK: ("Task {} not found",),
    Kind.RUN: (
        "DagRun for {dag} with run_id or execution_date of '{}' not found",
        "DagRun for {dag} with run_id or logical_date of '{}' not found",
    ),
    Kind.VARIABLE: ("Variable {} does not exist", "Variable {} does not exist."),
    Kind.CONNECTION: ("Did not find a connection with `conn_id`={}", "Connection not found."),
    Kind.POOL: ("Pool {} does not exist", "Pool '{}' doesn't exist"),
    Kind.ROLE: ("Role named '{}' does not exist", "{} is not a valid role.", '"{}" is not a valid role.'),
    Kind.USER: ('User "{}" does not exist', "{} is not a valid user", "{} is not a valid user."),
    Kind.ASSET: ("Asset with name {} does not exist.",),
}
#: With these a DAG is looked for in some files or bundles only.
ELSEWHERE = frozenset({"--subdir", "--bundle-name", "--dagfile-path"})
EXCEPTION = re.compile(r"(?:\w+\.)+\w+: ")
#: No reply that is but such a sentence, with log lines around it, is longer.
SHORT = 10_000
#: What follows a sentence on its line and depends on the environment.
TAIL = " Valid roles are: ["


def absent(understanding: ParsedCommand, stdout: str, stderr: str, ok: bool) -> Iterator[NameRemoved]:
    """Yield the names of the line that the output reports as missing.

    The output of a command that did not fail must have that one sentence alone.
    """
    names = [(Kind.RUN if kind is Kind.DATE_OR_RUN else kind, text) for kind, text in used(understanding)]
    if not names or (ok and (len(stdout) > SHORT or len(data_lines(stdout)) != 1)):
        return
    said = set(_sentences(stdout + "\n" + stderr))
    dag = next((text for kind, text in names if kind is Kind.DAG), "")
    for kind, text in dict.fromkeys(names):
        if kind is Kind.DAG and understanding.given & ELSEWHERE:
            continue
        if any(form.format(text, dag=dag) in said for form in SENTENCES.get(kind, ())):
            yield NameRemoved(kind, text, dag if kind in (Kind.TASK, Kind.RUN) else "")


def _sentences(text: str) -> Iterator[str]:
    for line in SGR.sub("", text).split("\n"):
        whole = line.strip().split(TAIL)[0]
        found = EXCEPTION.match(whole)
        yield whole
        if found:
            yield whole[found.end() :]
