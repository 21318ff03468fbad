"""Names in the output of a command: listed, created, deleted, changed or missing. Pure.

Only names are read: no value of a variable, and nothing of a connection but its type. Text that cannot be a name
(empty, too long, with control characters) is left out. Airflow's sentences for a missing name differ from 1.10 to 3.3.
A sentence counts only as a whole line, alone or after the name of an exception, so output of a DAG file or a task is
hardly ever taken for one.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from mwaa_shell.airflow.arguments import HELP, ParsedCommand, Role, names_of
from mwaa_shell.airflow.command_line import output_format
from mwaa_shell.airflow.grammar import Option, data_of
from mwaa_shell.airflow.knowledge import Kind, argument_kind
from mwaa_shell.airflow.output_lines import SGR, data_lines
from mwaa_shell.airflow.versions import Version
from mwaa_shell.names.model import NO_FACTS, OF_A_DAG, Change, Name, NameRemoved, NamesFound
from mwaa_shell.output.records import Row, read_lines, read_rows

#: Characters; the longest name that Airflow's database takes.
MAX_NAME_LENGTH = 250
_VALUES = (Role.VALUE, Role.POSITIONAL)


def is_name(text: str) -> bool:
    """Return whether a text can be a name: 1 to 250 printable characters, stripped."""
    return 0 < len(text) <= MAX_NAME_LENGTH and text.isprintable() and text == text.strip()


def value(understanding: ParsedCommand, argument: str) -> str:
    """Return the first value of an argument, by its long flag or name; else empty."""
    return next(iter(values(understanding, argument)), "")


def values(understanding: ParsedCommand, argument: str) -> list[str]:
    """Return all values of an argument, by its long flag or its name."""
    return [
        part.value
        for part in understanding.parts
        if part.role in _VALUES and part.argument is not None and argument in names_of(part.argument)
    ]


def names_used(understanding: ParsedCommand) -> Iterator[tuple[Kind, str]]:
    """Yield the names in a line with their kinds. Of an option only the first value is one (1.10: ``-s KEY VALUE``)."""
    if understanding.command is None:
        return
    before: Option | None = None
    for part in understanding.parts:
        first = part.argument is not before
        before = part.argument if part.role is Role.VALUE and isinstance(part.argument, Option) else None
        if part.role in _VALUES and part.argument is not None and first and is_name(part.value):
            yield argument_kind(understanding.command.name, part.argument), part.value


# -- what a successful command changed ---------------------------------------------------------------------------------

PAUSED = re.compile(r"^Dag: (.+), paused: (?:True|False)$", re.MULTILINE)
#: ``trigger`` before 2.6; between 2.4 and 2.6 with the state.
CREATED = re.compile(
    r"^Created <DagRun (\S+) @ (.{1,99}?): (.{1,999}?), (?:state:(\w+), |externally triggered)", re.MULTILINE
)
#: Since then a new run waits in a queue; before, and where the output does not say it, it runs at once.
QUEUED_SINCE = Version(2, 1)
ADDED = re.compile(r"^[^\S\n]*(?:Successfully added|A connection with) `conn_id`=", re.MULTILINE)
DELETED = re.compile(r"^[^\S\n]*Successfully deleted (?:connection with )?`conn_id`=", re.MULTILINE)
REMOVED = re.compile(r"^Removed \d+ record", re.MULTILINE)
CREATED_USER = re.compile(r'(?:^User ".+" created|^(?>.*?user ).+ created\.?$|already exists? in the db)', re.MULTILINE)
DELETED_USER = re.compile(r'^User "?(.+?)"? deleted\.?$', re.MULTILINE)


def triggered_run(understanding: ParsedCommand, stdout: str) -> tuple[str, str] | None:
    """Return the DAG and the run ID of a triggered run.

    They are what the output reports, else those of the command, whose run ID may be empty. ``None`` for other commands
    and without a DAG.
    """
    command = understanding.command
    if command is None or EFFECTS.get(command.name) is not _triggered:
        return None
    made = [one for one in _triggered(understanding, stdout) if isinstance(one, NamesFound) and one.kind is Kind.RUN]
    if made:
        return made[-1].dag, made[-1].names[0].text
    dag, run = value(understanding, "dag_id"), value(understanding, "--run-id") or value(understanding, "--run_id")
    return (dag, run) if dag else None


def _existing(kind: Kind, texts: Iterable[str], facts: Mapping[str, str] = NO_FACTS) -> Iterable[Change]:
    names = tuple(Name(text, facts) for text in texts if is_name(text))
    return [NamesFound(kind, names)] if names else []


def _removed(kind: Kind, texts: Iterable[str]) -> Iterable[Change]:
    return [NameRemoved(kind, text) for text in texts if is_name(text)]


def _rows(understanding: ParsedCommand, stdout: str) -> list[Row]:
    return read_rows(stdout, output_format(understanding.line.values)) or []


def _paused(state: str) -> Callable[[ParsedCommand, str], Iterable[Change]]:
    """Return a function for DAGs that change to a state. The column ``is_paused`` of Airflow 3 has the state before."""

    def change(understanding: ParsedCommand, stdout: str) -> Iterable[Change]:
        ids = [row.get("dag_id", "") for row in _rows(understanding, stdout)] or PAUSED.findall(stdout)
        return _existing(Kind.DAG, ids, MappingProxyType({"paused": state}))

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
            columns = (("state", state), ("date", date))
            facts = {fact: text for fact, text in columns if is_name(text) and text != "None"}
            yield NamesFound(Kind.DAG, (Name(dag),))
            yield NamesFound(Kind.RUN, (Name(run, MappingProxyType(facts)),), dag)


def _set_pool(understanding: ParsedCommand, stdout: str) -> Iterable[Change]:
    slots = value(understanding, "slots")
    return _existing(
        Kind.POOL, [value(understanding, "pool")], MappingProxyType({"slots": slots}) if slots else NO_FACTS
    )


def _deleted_users(understanding: ParsedCommand, stdout: str) -> Iterable[Change]:
    """Return the users in the output: the command may have an email address."""
    return _removed(Kind.USER, DELETED_USER.findall(stdout))


def _values_are(
    change: Callable[[Kind, Iterable[str]], Iterable[Change]],
    kind: Kind,
    argument: str,
    confirmation: re.Pattern[str] | None = None,
) -> Callable[[ParsedCommand, str], Iterable[Change]]:
    """Make the ``change`` of the values of an argument, if the output confirms that."""
    return lambda understanding, stdout: (
        change(kind, values(understanding, argument)) if not confirmation or confirmation.search(stdout) else []
    )


def _v1_variables(understanding: ParsedCommand, stdout: str) -> Iterable[Change]:
    """Return a deletion before a setting, as Airflow 1.10 runs both in one line."""
    deleted, made = value(understanding, "--delete"), value(understanding, "--set")
    return [*_removed(Kind.VARIABLE, [deleted]), *_existing(Kind.VARIABLE, [made])]


def _v1_connections(understanding: ParsedCommand, stdout: str) -> Iterable[Change]:
    name = [value(understanding, "--conn_id")]
    if "--delete" in understanding.given:
        return _removed(Kind.CONNECTION, name) if DELETED.search(stdout) else []
    return _existing(Kind.CONNECTION, name) if "--add" in understanding.given and ADDED.search(stdout) else []


def _v1_pool(understanding: ParsedCommand, stdout: str) -> Iterable[Change]:
    """Return the deleted pool, which Airflow 1.10 prints."""
    name = value(understanding, "--delete")
    return _removed(Kind.POOL, [name]) if name in [row.get("Pool") for row in _rows(understanding, stdout)] else []


EFFECTS: Mapping[str, Callable[[ParsedCommand, str], Iterable[Change]]] = {
    "dags delete": _values_are(_removed, Kind.DAG, "dag_id", REMOVED),
    "dags pause": _paused("yes"),
    "dags unpause": _paused("no"),
    "dags trigger": _triggered,
    "assets materialize": _triggered,
    "variables set": _values_are(_existing, Kind.VARIABLE, "key"),
    "variables delete": _values_are(_removed, Kind.VARIABLE, "key"),
    "connections add": _values_are(_existing, Kind.CONNECTION, "conn_id", ADDED),
    "connections delete": _values_are(_removed, Kind.CONNECTION, "conn_id", DELETED),
    "pools set": _set_pool,
    "pools delete": _values_are(_removed, Kind.POOL, "pool"),
    "roles create": _values_are(_existing, Kind.ROLE, "role"),
    "roles delete": _values_are(_removed, Kind.ROLE, "role"),
    "users create": _values_are(_existing, Kind.USER, "--username", CREATED_USER),
    "users delete": _deleted_users,
    # 1.10
    "delete_dag": _values_are(_removed, Kind.DAG, "dag_id", REMOVED),
    "pause": _paused("yes"),
    "unpause": _paused("no"),
    "trigger_dag": _triggered,
    "variables": _v1_variables,
    "connections": _v1_connections,
    "pool": _v1_pool,
    "create_user": _values_are(_existing, Kind.USER, "--username", CREATED_USER),
    "delete_user": _deleted_users,
}


# -- what does not exist -----------------------------------------------------------------------------------------------

#: With these a DAG is looked for in some files or bundles only.
ELSEWHERE = frozenset({"--subdir", "--bundle-name", "--dagfile-path"})
EXCEPTION = re.compile(r"(?:\w+\.)+\w+: ")
#: No output that is but such a sentence, with log lines around it, is longer.
SHORT = 10_000
#: What follows a sentence on its line and depends on the environment.
TAIL = " Valid roles are: ["


def names_absent(understanding: ParsedCommand, stdout: str, stderr: str, ok: bool) -> Iterator[NameRemoved]:
    """Yield the names of the line that the output reports as missing.

    The output of a command that did not fail must have that one sentence alone.
    """
    names = [(Kind.RUN if kind is Kind.DATE_OR_RUN else kind, text) for kind, text in names_used(understanding)]
    if not names or (ok and (len(stdout) > SHORT or len(data_lines(stdout)) != 1)):
        return
    sentences = set(_sentences(stdout + "\n" + stderr))
    dag = next((text for kind, text in names if kind is Kind.DAG), "")
    for kind, text in dict.fromkeys(names):
        if kind is Kind.DAG and understanding.given & ELSEWHERE:
            continue
        if any(form.format(text, dag=dag) in sentences for form in data_of("missing_names.toml").get(kind.value, ())):
            yield NameRemoved(kind, text, dag if kind in (Kind.TASK, Kind.RUN) else "")


def _sentences(text: str) -> Iterator[str]:
    for line in SGR.sub("", text).split("\n"):
        whole = line.strip().split(TAIL)[0]
        found = EXCEPTION.match(whole)
        yield whole
        if found:
            yield whole[found.end() :]


# -- lists -------------------------------------------------------------------------------------------------------------


class NameListing(NamedTuple):
    """Output that lists names. The first column that exists is read, as versions differ."""

    kind: Kind
    column: tuple[str, ...]
    facts: Mapping[str, tuple[str, ...]] = MappingProxyType({})  #: of names.Name -> the columns that say it
    some: bool = False  #: never all there are
    when: str = ""  #: a list only with this option
    unless: str = ""  #: no such list with one of these options, split at blanks
    filters: str = ""  #: not all there are with one of these


_DAG = {"paused": ("is_paused", "paused"), "owners": ("owners", "owner")}
RUN_FACTS = {"state": ("state",), "date": ("logical_date", "execution_date"), "after": ("run_after",)}
_DAGS = NameListing(Kind.DAG, ("dag_id",), _DAG, filters="--subdir --bundle-name --local")
_RUN_FILTERS = "--state --no-backfill --no_backfill --start-date --end-date"
_RUNS = NameListing(Kind.RUN, ("run_id",), RUN_FACTS, filters=_RUN_FILTERS)
_CONNECTION = {"type": ("conn_type", "Conn Type")}
_POOL = {"slots": ("slots", "Slots")}
LISTS: Mapping[str, NameListing] = {
    "dags list": _DAGS,
    "dags details": NameListing(Kind.DAG, ("dag_id",), _DAG, some=True),
    "dags list-jobs": NameListing(Kind.DAG, ("dag_id",), some=True),
    "dags list-runs": _RUNS,
    "tasks states-for-dag-run": NameListing(Kind.TASK, ("task_id",), some=True),
    "variables list": NameListing(Kind.VARIABLE, ("key",)),
    "connections list": NameListing(Kind.CONNECTION, ("conn_id",), _CONNECTION, filters="--conn-id"),
    "connections get": NameListing(Kind.CONNECTION, ("conn_id",), _CONNECTION, some=True),
    "pools list": NameListing(Kind.POOL, ("pool",), _POOL),
    "pools get": NameListing(Kind.POOL, ("pool",), _POOL, some=True),
    "roles list": NameListing(Kind.ROLE, ("name",), filters="--permission"),
    "users list": NameListing(Kind.USER, ("username",)),
    "assets list": NameListing(Kind.ASSET, ("name",), unless="--alias"),
    "assets details": NameListing(Kind.ASSET, ("name",), some=True, unless="--alias"),
    # 1.10
    "list_dags": _DAGS,
    "list_dag_runs": _RUNS,
    "list_users": NameListing(Kind.USER, ("Username",)),
    "connections": NameListing(Kind.CONNECTION, ("Conn Id",), _CONNECTION, when="--list"),
    "pool": NameListing(Kind.POOL, ("Pool",), _POOL, unless="--delete --import", filters="--set --get --export"),
}
#: Lists without a heading: one name a line.
TASKS = ("tasks list", "list_tasks")
VARIABLES = "variables"
VARIABLES_UNLESS = "--set --get --json --default --import --export --delete"
#: Commands whose rows hold ids of DAGs in a list.
REPORTS = ("dags report",)
#: Airflow's own word that files of DAGs could not be read: what they hold is not in the list.
UNREADABLE = ("Failed to load all files", "Failed to import: ")
#: A task in the tree that ``--tree`` prints: its operator and its id.
IN_TREE = re.compile(r" *<\w+\(([\w.]+)\): ([\w.-]+)>")
ID = re.compile(r"[\w.-]+")
#: How 1.10 shortens what is too long for its table.
SHORTENED = "..."


def _names_listed(understanding: ParsedCommand, stdout: str, stderr: str) -> tuple[Change, ...]:
    """Return the names in the output of a successful list."""
    command = understanding.command
    if command is None:
        return ()
    if command.name in TASKS:
        return _tasks(understanding, stdout)
    if command.name == VARIABLES and understanding.given.isdisjoint(VARIABLES_UNLESS.split()):
        return (NamesFound(Kind.VARIABLE, _distinct(map(Name, read_lines(stdout))), all=bool(stdout)),)
    rows = read_rows(stdout, output_format(understanding.line.values))
    if rows is None:
        return ()
    if command.name in REPORTS:
        found = (item.strip() for row in rows for item in _items(row.get("dags", "")))
        return (NamesFound(Kind.DAG, _distinct(Name(item) for item in found if ID.fullmatch(item))),)
    listing = LISTS.get(command.name)
    given = understanding.given
    if listing is None or not given.isdisjoint(listing.unless.split()) or (listing.when and listing.when not in given):
        return ()
    if rows and list(rows[0]) == ["property_name", "property_value"]:  # a row for each, as tables of details have
        rows = [{row["property_name"]: row["property_value"] for row in rows}]
    unreadable = listing.kind is Kind.DAG and any(words in stdout or words in stderr for words in UNREADABLE)
    complete = given.isdisjoint(listing.filters.split()) and not (listing.some or unreadable)
    return _from_rows(understanding, listing, rows, complete)


def _from_rows(
    understanding: ParsedCommand, listing: NameListing, rows: list[Row], complete: bool
) -> tuple[Change, ...]:
    dag = (value(understanding, "dag_id") or value(understanding, "--dag-id")) if listing.kind in OF_A_DAG else ""
    if not rows:
        nothing = complete and (listing.kind not in OF_A_DAG or is_name(dag))
        return (NamesFound(listing.kind, (), dag, True),) if nothing else ()
    column = next((name for name in listing.column if name in rows[0]), None)
    if column is None:
        return ()
    complete = complete and all(_unquoted(row[column]) for row in rows)
    if listing.kind not in OF_A_DAG:
        return (NamesFound(listing.kind, _distinct(_names(rows, column, listing)), all=complete),)
    by_dag: dict[str, list[Row]] = {}
    for row in rows:
        by_dag.setdefault(row.get("dag_id") or dag, []).append(row)
    changes: list[Change] = []
    for name, own in by_dag.items():
        if is_name(name):
            names = _distinct(_names(own, column, listing))
            last = names[0].facts.get("state", "") if names and complete and listing.kind is Kind.RUN else ""
            changes.append(NamesFound(Kind.DAG, (Name(name, {"last_state": last} if last else NO_FACTS),)))
            changes.append(NamesFound(listing.kind, names, name, complete))
    return tuple(changes)


def _names(rows: Iterable[Row], column: str, listing: NameListing) -> Iterable[Name]:
    columns = [name for some in listing.facts.values() for name in some]
    cache: dict[tuple[str, ...], Mapping[str, str]] = {}  # there may be thousands of rows and few different facts
    for row in rows:
        key = tuple([row.get(name, "") for name in columns])
        if key not in cache:
            cache[key] = _facts(row, listing)
        text = row.get(column, "")
        yield Name("" if text == "None" else _unquoted(text), cache[key])  # a scheduler's job has no DAG


def _unquoted(text: str) -> str:
    """Return the name in a cell, empty if Airflow 1.10 shortened it. Airflow 1.10 quotes the names of connections."""
    if text[:1] not in ("'", '"') or text[:1] != text[-1:]:
        return text
    try:
        inner = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    return "" if SHORTENED in text else str(inner)


def _facts(row: Row, listing: NameListing) -> Mapping[str, str]:
    facts = {}
    for fact, columns in listing.facts.items():
        text = next((row[name] for name in columns if name in row), "")
        text = _fact_text(fact, text) if text not in ("", "None") else ""
        if is_name(text):
            facts[fact] = text
    return MappingProxyType(facts) if facts else NO_FACTS


def _fact_text(fact: str, text: str) -> str:
    """Return a fact in the words of ``Name``."""
    if fact == "paused":
        return {"True": "yes", "False": "no"}.get(text, "")
    if fact == "owners":
        return ", ".join(part.strip() for part in _items(text))
    return _unquoted(text)


def _items(text: str) -> list[str]:
    """Return the items of a list written as JSON, Python or words with commas."""
    if not text.startswith("["):
        return text.split(",")
    try:
        found = json.loads(text) if '"' in text else ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return []
    return [str(item) for item in found]


def _distinct(names: Iterable[Name]) -> tuple[Name, ...]:
    """Return those that can be names, each once."""
    found: dict[str, Name] = {}
    for name in names:
        if name.text not in found and is_name(name.text):
            found[name.text] = name
    return tuple(found.values())


def _tasks(understanding: ParsedCommand, stdout: str) -> tuple[Change, ...]:
    dag = value(understanding, "dag_id")
    if not is_name(dag):
        return ()
    lines = read_lines(stdout)
    in_tree = [found for line in lines if (found := IN_TREE.fullmatch(line))]
    if "--tree" in understanding.given:
        names = _distinct(Name(found[2], MappingProxyType({"operator": found[1]})) for found in in_tree)
    else:
        names = _distinct(map(Name, _sorted_end(lines)))
    complete = bool(names) and "--subdir" not in understanding.given and "--bundle-name" not in understanding.given
    return (NamesFound(Kind.DAG, (Name(dag),)), NamesFound(Kind.TASK, names, dag, complete))


def _sorted_end(lines: list[str]) -> list[str]:
    """Return the IDs at the end of the output, which Airflow sorts. Text that a DAG file printed seldom fits in."""
    start = len(lines)
    while start and ID.fullmatch(lines[start - 1]) and (start == len(lines) or lines[start - 1] < lines[start]):
        start -= 1
    return lines[start:]


# -- all of it ---------------------------------------------------------------------------------------------------------


def learn(understanding: ParsedCommand, stdout: str, stderr: str, ok: bool) -> tuple[Change, ...]:
    """Return the changes that a command's output reports, in order; never raises.

    ``ok`` is whether the command succeeded. A name that the output reports as missing is removed either way: Airflow
    1.10 reports it and succeeds.
    """
    if understanding.command is None or understanding.given.intersection(HELP.flags):
        return ()
    gone = tuple(names_absent(understanding, stdout, stderr, ok))
    if gone or not ok:
        return gone
    does = EFFECTS.get(understanding.command.name)
    changes = tuple(does(understanding, stdout)) if does is not None else ()
    return (*changes, *_names_listed(understanding, stdout, stderr))
