"""The records of an output: one reader for tables, JSON and YAML.

``find_records`` is for drawing: it requires one table and returns what is around it, such as log lines and warnings.
``read_rows`` is for the names in an output: it takes the last table, with text for each value as Airflow's own tables
have it; a list or a mapping of JSON or YAML is JSON text. Column names are Airflow's, but for the lists of 1.10 that
have none: there the column is ``dag_id``. ``-o plain`` is not read: it is for people and for awk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mwaa_shell.airflow.command_line import output_format
from mwaa_shell.airflow.output_lines import SGR, LineKind, classify
from mwaa_shell.output.records.printed_tables import PrintedTable, count_boxes, find_table, find_table_v1
from mwaa_shell.output.records.structured import find_json, find_yaml, read_yaml, text_of
from mwaa_shell.result import Body

Row = dict[str, str]
#: Characters; a longer output is not drawn as a table, because that takes seconds.
LIMIT = 4_000_000
#: Cells, with those that a record has not; more are not drawn either.
CELLS = 1_000_000
#: The deepest nesting of a value, far beyond that of Airflow.
DEEPEST = 20
#: The columns of a table with a row for each property of one thing.
PROPERTIES = ("property_name", "property_value")
#: The file name with which ``export`` prints.
STANDARD_OUTPUT = frozenset({"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"})
#: The line that Airflow 2.0 and later print for an empty table.
NOTHING = "No data found"


@dataclass(frozen=True, slots=True)
class Records:
    """Records, and the text around them."""

    columns: tuple[str, ...]  #: in Airflow's order
    records: tuple[Mapping[str, object], ...]  #: values as in JSON; those of a table are text
    before: str  #: whole lines of the output
    after: str
    printed: bool = False  #: read from a table: all values are text, a missing one is ``None``


def find_records(stdout: str, words: tuple[str, ...]) -> Records | None:
    """Return the one table or list of records in the output of a command.

    ``None`` for no table and for several, for records without a common column, and for an output over ``LIMIT``.
    """
    if len(stdout) > LIMIT:
        return None
    wanted = "json" if ".rest" in words[:2] else output_format(words)
    exported = wanted in (None, "table") and is_export(words)
    found = _read_export(stdout, words) if exported else _read(stdout, wanted)
    if found is None or _is_among_several(found, wanted, exported=exported):
        return None
    records = found.records
    if not records:
        return found
    alike = len(records) == 1 or not records[0].keys().isdisjoint(records[1])
    if not found.columns or not alike or len(found.columns) * len(records) > CELLS:
        return None
    if wanted in ("json", "yaml") or found.columns != PROPERTIES:
        return found
    properties = {str(row[PROPERTIES[0]]): row[PROPERTIES[1]] for row in records}
    return (
        replace(found, columns=tuple(properties), records=(properties,)) if len(properties) == len(records) else found
    )


def find_in_bytes(output: Body, words: tuple[str, ...], errors: str = "replace") -> Records | None:
    """Return the records in bytes. ``errors`` is for bytes that are not UTF-8."""
    if len(output) > LIMIT * 4:  # more characters than are drawn, however many bytes each has
        return None
    return find_records(output.decode("utf-8", errors), words)


def read_rows(stdout: str, wanted: str | None) -> list[Row] | None:
    """Return the last records in an output, as text; empty if Airflow reports no data.

    ``wanted`` is what ``-o`` asked for; ``None`` is the format that the command has of itself, known by its look.
    ``None`` where there are no records to be seen.
    """
    found = _read(stdout, wanted, one=False)
    if found is None:
        return None
    return [{name: text_of(value) for name, value in record.items()} for record in found.records]


def read_lines(stdout: str) -> list[str]:
    """Return the lines of a list without a heading, such as that of ``tasks list``.

    What a DAG file printed is among them.
    """
    lines = classify(SGR.sub("", stdout))
    return [line.text for line in lines if line.kind is LineKind.DATA and line.text.strip()]


def is_export(words: tuple[str, ...]) -> bool:
    """Return whether a command exports connections or variables to standard output."""
    flags = ("-e", "--export") if words[:1] == ("variables",) else ()
    return (words[1:2] == ("export",) or any(flag in words for flag in flags)) and not STANDARD_OUTPUT.isdisjoint(words)


def _read(stdout: str, wanted: str | None, *, one: bool = True) -> Records | None:
    """Return the last records in an output. With ``one``, a JSON object is a list of one."""
    if wanted == "json":
        found, value = find_json(stdout) or (None, None)
        value = _listed_in(value) if one and isinstance(value, dict) else value
        return _records(value, found.before, found.after) if found else None
    if wanted == "yaml":
        found = find_yaml(SGR.sub("", stdout))
        return _records(read_yaml(found.data), found.before, found.after) if found else None
    if wanted == "plain":
        return _read_nothing(stdout)
    return _read_table(stdout) or _read_nothing(stdout) if wanted in (None, "table") else None


def _is_among_several(found: Records, wanted: str | None, *, exported: bool) -> bool:
    """Return whether the output has other records before these."""
    if wanted == "json" or exported:
        _, other = (find_json(found.before) if found.before and not exported else None) or (None, None)
        return bool(other) and isinstance(other, list)
    if wanted == "yaml":
        block = find_yaml(SGR.sub("", found.before))
        return block is not None and block.data.strip() != "[]"
    lines = SGR.sub("", found.before).split("\n")
    table = find_table(lines)
    return count_boxes(lines) > 0 or (table is not None and _is_airflows(table, lines))


# -- JSON and YAML -----------------------------------------------------------------------------------------------------


def _listed_in(value: Mapping[str, Any]) -> list[Any]:
    """Return the objects of a list of the REST API, or any other object alone."""
    lists = [own for own in value.values() if isinstance(own, list)]
    return lists[0] if "total_entries" in value and len(lists) == 1 else [value]


def _read_export(stdout: str, words: tuple[str, ...]) -> Records | None:
    """Return the records of an export: connections by ID, variables by key."""
    found, value = find_json(stdout) or (None, None)
    if found is None or not isinstance(value, dict):
        return None
    if words[0] == "variables":
        return _records([{"key": name, "value": own} for name, own in value.items()], found.before, found.after)
    if not all(isinstance(own, dict) for own in value.values()):
        return None
    return _records([{"conn_id": name, **own} for name, own in value.items()], found.before, found.after)


def _records(records: Any, before: str, after: str) -> Records | None:
    """Return a list of records with the text around it; ``None`` for other values."""
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        return None
    columns = tuple(dict.fromkeys(name for record in records for name in record))
    return Records(columns, tuple(records), before, after) if _is_shallow(records) else None


def _is_shallow(records: Sequence[Mapping[str, object]]) -> bool:
    """Return whether JSON of the value is certain not to exhaust the stack."""
    level: list[object] = [value for record in records for value in record.values() if isinstance(value, list | dict)]
    for _ in range(DEEPEST):
        inner = (item for value in level for item in (value.values() if isinstance(value, dict) else value))  # type: ignore[attr-defined]
        level = [item for item in inner if isinstance(item, list | dict)]
        if not level:
            return True
    return False


# -- tables ------------------------------------------------------------------------------------------------------------


def _read_table(stdout: str) -> Records | None:
    """Return the last table of Airflow 2 and 3, else that of 1.10."""
    own = stdout.split("\n")
    lines = SGR.sub("", stdout).split("\n")
    table = find_table(lines)
    if table is None or not _is_airflows(table, lines):
        table = find_table_v1(lines)
    if table is None:
        return None
    before, after = "\n".join([*own[: table.first], ""]), "\n".join(own[table.end :])
    records = tuple(dict(zip(table.names, row, strict=True)) for row in table.rows)
    return Records(tuple(dict.fromkeys(table.names)), records, before, after, printed=True)


def _is_airflows(table: PrintedTable, lines: list[str]) -> bool:
    """Return whether a table is Airflow's: rows, and columns or a last line of blanks."""
    last = lines[table.end - 1]
    return bool(table.rows) and (len(table.names) > 1 or (last.startswith(" ") and not last.strip()))


def _read_nothing(stdout: str) -> Records | None:
    """Return no rows if Airflow prints that there is no data."""
    lines = stdout.split("\n")
    for number in reversed(range(len(lines))):
        if SGR.sub("", lines[number]).rstrip() == NOTHING:
            return Records((), (), "\n".join([*lines[:number], ""]), "\n".join(lines[number + 1 :]))
    return None
