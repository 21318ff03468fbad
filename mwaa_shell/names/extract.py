"""Names in the output of a command: which list has which kind of name in which column. Pure.

Only names are read: no value of a variable, and nothing of a connection but its type. Text that cannot be a name
(empty, too long, with control characters) is left out.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from mwaa_shell.airflow.arguments import HELP, ParsedCommand
from mwaa_shell.airflow.command_line import output_format
from mwaa_shell.airflow.knowledge import Kind
from mwaa_shell.names.effects import absent, effects, is_name, needed, value
from mwaa_shell.names.model import NO_FACTS, OF_A_DAG, Change, Name, NamesFound
from mwaa_shell.output.records import Row, read_lines, read_rows


def learn(understanding: ParsedCommand, stdout: str, stderr: str, ok: bool) -> tuple[Change, ...]:
    """Return the changes that a command's output reports, in the order to apply them; never raises.

    ``ok`` is whether the command succeeded. A name that the output reports as missing is removed either way: Airflow
    1.10 reports it and succeeds.
    """
    if understanding.command is None or understanding.given.intersection(HELP.flags):
        return ()
    gone = tuple(absent(understanding, stdout, stderr, ok))
    if gone or not ok:
        return gone
    told = (*effects(understanding, stdout), *listed(understanding, stdout, stderr))
    return (*(change for change in needed(understanding) if not any(_holds(one, change) for one in told)), *told)


def _holds(told: Change, one: NamesFound) -> bool:
    """Return whether the output has the name that the line implies."""
    if not isinstance(told, NamesFound) or (told.kind, told.dag) != (one.kind, one.dag):
        return False
    return any(name.text == one.names[0].text for name in told.names)


@dataclass(frozen=True, slots=True)
class Listing:
    """Output that lists names; the first column that exists is read, as versions differ."""

    kind: Kind
    column: tuple[str, ...]
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: of names.Name -> the columns that say it
    some: bool = False  #: never all there are
    when: frozenset[str] = frozenset()  #: a list only with one of these options
    unless: frozenset[str] = frozenset()  #: no such list with one of these
    filters: frozenset[str] = frozenset()  #: not all there are with one of these


def _flags(*flags: str) -> frozenset[str]:
    return frozenset(flags)


_DAG = {"paused": ("is_paused", "paused"), "owners": ("owners", "owner")}
_RUN = {"state": ("state",), "date": ("logical_date", "execution_date"), "after": ("run_after",)}
_DAGS = Listing(Kind.DAG, ("dag_id",), _DAG, filters=_flags("--subdir", "--bundle-name", "--local"))
_RUN_FILTERS = _flags("--state", "--no-backfill", "--no_backfill", "--start-date", "--end-date")
_RUNS = Listing(Kind.RUN, ("run_id",), _RUN, filters=_RUN_FILTERS)
_CONNECTION = {"type": ("conn_type", "Conn Type")}
_POOL = {"slots": ("slots", "Slots")}
LISTS: Mapping[str, Listing] = {
    "dags list": _DAGS,
    "dags details": Listing(Kind.DAG, ("dag_id",), _DAG, some=True),
    "dags list-jobs": Listing(Kind.DAG, ("dag_id",), some=True),
    "dags list-runs": _RUNS,
    "tasks states-for-dag-run": Listing(Kind.TASK, ("task_id",), some=True),
    "variables list": Listing(Kind.VARIABLE, ("key",)),
    "connections list": Listing(Kind.CONNECTION, ("conn_id",), _CONNECTION, filters=_flags("--conn-id")),
    "connections get": Listing(Kind.CONNECTION, ("conn_id",), _CONNECTION, some=True),
    "pools list": Listing(Kind.POOL, ("pool",), _POOL),
    "pools get": Listing(Kind.POOL, ("pool",), _POOL, some=True),
    "roles list": Listing(Kind.ROLE, ("name",), filters=_flags("--permission")),
    "users list": Listing(Kind.USER, ("username",)),
    "assets list": Listing(Kind.ASSET, ("name",), unless=_flags("--alias")),
    "assets details": Listing(Kind.ASSET, ("name",), some=True, unless=_flags("--alias")),
    # 1.10
    "list_dags": _DAGS,
    "list_dag_runs": _RUNS,
    "list_users": Listing(Kind.USER, ("Username",)),
    "connections": Listing(Kind.CONNECTION, ("Conn Id",), _CONNECTION, when=_flags("--list")),
    "pool": Listing(
        Kind.POOL, ("Pool",), _POOL, unless=_flags("--delete", "--import"), filters=_flags("--set", "--get", "--export")
    ),
}
#: Lists without a heading: one name a line.
TASKS = ("tasks list", "list_tasks")
VARIABLES = "variables"
VARIABLES_UNLESS = _flags("--set", "--get", "--json", "--default", "--import", "--export", "--delete")
#: Commands whose rows hold ids of DAGs in a list.
REPORTS = ("dags report",)
#: Airflow's own word that files of DAGs could not be read: what they hold is not in the list.
UNREADABLE = ("Failed to load all files", "Failed to import: ")
#: A task in the tree that ``--tree`` prints: its operator and its id.
IN_TREE = re.compile(r" *<\w+\(([\w.]+)\): ([\w.-]+)>")
ID = re.compile(r"[\w.-]+")
#: How 1.10 shortens what is too long for its table.
SHORTENED = "..."


def listed(understanding: ParsedCommand, stdout: str, stderr: str) -> tuple[Change, ...]:
    """Return the names in the output of a successful list."""
    command = understanding.command
    if command is None:
        return ()
    if command.name in TASKS:
        return _tasks(understanding, stdout)
    if command.name == VARIABLES and not understanding.given & VARIABLES_UNLESS:
        return (NamesFound(Kind.VARIABLE, _distinct(map(Name, read_lines(stdout))), all=bool(stdout)),)
    rows = read_rows(stdout, output_format(understanding.line.values))
    if rows is None:
        return ()
    if command.name in REPORTS:
        found = (id_ for row in rows for id_ in ID.findall(row.get("dags", "")))
        return (NamesFound(Kind.DAG, _distinct(map(Name, found))),)
    listing = LISTS.get(command.name)
    given = understanding.given
    if listing is None or given & listing.unless or (listing.when and not given & listing.when):
        return ()
    unreadable = listing.kind is Kind.DAG and any(words in stdout or words in stderr for words in UNREADABLE)
    complete = not (listing.some or given & listing.filters or unreadable)
    return _from_rows(understanding, listing, _turned(rows), complete)


def _from_rows(understanding: ParsedCommand, listing: Listing, rows: list[Row], complete: bool) -> tuple[Change, ...]:
    dag = value(understanding, "dag_id") or value(understanding, "--dag-id")
    if not rows:
        wanted = listing.kind not in OF_A_DAG or is_name(dag)
        return (
            (NamesFound(listing.kind, (), dag if listing.kind in OF_A_DAG else "", True),)
            if complete and wanted
            else ()
        )
    column = next((name for name in listing.column if name in rows[0]), None)
    if column is None:
        return ()
    complete = complete and all(_unquoted(row[column]) for row in rows)
    if listing.kind not in OF_A_DAG:
        return (NamesFound(listing.kind, _distinct(_names(rows, column, listing)), all=complete),)
    by_dag: dict[str, list[Row]] = {}
    for row in rows:
        by_dag.setdefault(row.get("dag_id") or dag, []).append(row)
    return tuple(
        change
        for name, own in by_dag.items()
        if is_name(name)
        for change in _of_a_dag(name, _distinct(_names(own, column, listing)), listing, complete)
    )


def _of_a_dag(dag: str, names: tuple[Name, ...], listing: Listing, complete: bool) -> tuple[Change, ...]:
    """Return the DAG and its tasks or runs, with the state of its last run if all runs are listed."""
    last = names[0].facts.get("state", "") if names and complete and listing.kind is Kind.RUN else ""
    facts = {"last_state": last} if last else NO_FACTS
    return (NamesFound(Kind.DAG, (Name(dag, facts),)), NamesFound(listing.kind, names, dag, complete))


def _turned(rows: list[Row]) -> list[Row]:
    """Return one record instead of a row for each property, which tables of ``details`` have."""
    if not rows or list(rows[0]) != ["property_name", "property_value"]:
        return rows
    return [{row["property_name"]: row["property_value"] for row in rows}]


def _names(rows: Iterable[Row], column: str, listing: Listing) -> Iterable[Name]:
    """Yield the names of a column; equal facts share one object, as there may be thousands."""
    wanted = [name for columns in listing.facts.values() for name in columns]
    known: dict[tuple[str, ...], Mapping[str, str]] = {}
    for row in rows:
        mark = tuple([row.get(name, "") for name in wanted])
        if mark not in known:
            known[mark] = _facts(row, listing.facts)
        yield Name(_unquoted(row.get(column, "")), known[mark])


def _unquoted(text: str) -> str:
    """Return the name in a cell; empty if Airflow 1.10 shortened it, as it does with quoted connections."""
    if text[:1] not in ("'", '"') or text[:1] != text[-1:]:
        return text
    try:
        inner = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    return "" if SHORTENED in text else str(inner)


def _facts(row: Row, wanted: Mapping[str, Sequence[str]]) -> Mapping[str, str]:
    facts = {}
    for fact, columns in wanted.items():
        text = next((row[name] for name in columns if name in row), "")
        text = _written(fact, text) if text not in ("", "None") else ""
        if is_name(text):
            facts[fact] = text
    return MappingProxyType(facts) if facts else NO_FACTS


def _written(fact: str, text: str) -> str:
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
    """Return the IDs at the end of the output, which Airflow sorts: text that a DAG file printed seldom fits in."""
    start = len(lines)
    while start and ID.fullmatch(lines[start - 1]) and (start == len(lines) or lines[start - 1] < lines[start]):
        start -= 1
    return lines[start:]
