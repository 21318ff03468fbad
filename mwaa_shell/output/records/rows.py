"""The records of a reply, in whatever format Airflow printed them.

Four formats come from ``-o`` (2.0 and later), some more from 1.10, which had none. ``read_rows`` gives the same records
for all of them, as far as the format still holds them: text that was broken over lines is put together again, log
lines, warnings and what a DAG file printed are left out.

What a value looks like: text as it is; a missing one is ``None`` and a truth value ``True`` or ``False``, as Airflow's
own tables have them (plain ones leave a missing one out: there it is empty); a list or a mapping is JSON text where
the format is JSON or YAML, and what Airflow made of it elsewhere. Column names are Airflow's, except for the lists of
1.10 that have none: there the column is ``dag_id``.
"""

from __future__ import annotations

import json

from mwaa_shell.airflow.output_lines import SGR, LineKind, classify
from mwaa_shell.output.records import data, rows_plain, rows_table, rows_v1
from mwaa_shell.output.records.data import text_of

Row = dict[str, str]
#: What 2.0 and later print instead of an empty table.
NOTHING = "No data found"


def read_rows(stdout: str, wanted: str | None) -> list[Row] | None:
    """The records, in order; ``None`` where there are none to be seen, an empty list where Airflow says there are none.

    ``wanted`` is what ``-o`` asked for; ``None`` is the format that the command has of itself, known by its look.
    """
    if wanted == "json":
        return _read_json(stdout)
    if wanted == "yaml":
        from mwaa_shell.output.records import rows_yaml  # imports PyYAML

        found = data.find(SGR.sub("", stdout), "yaml")
        return rows_yaml.read(found.data) if found else None
    if wanted not in (None, "table", "plain"):
        return None
    text = SGR.sub("", stdout)
    if wanted == "plain":
        return rows_plain.read(_quiet(text)) or _nothing(text)
    return rows_table.read(text) or rows_v1.read(text) or _empty(text)


def read_lines(stdout: str) -> list[str]:
    """The lines of a reply that is a list without a heading, such as that of ``tasks list``; what a DAG file printed
    is among them."""
    return [line for line in _quiet(SGR.sub("", stdout)) if line.strip()]


def _read_json(stdout: str) -> list[Row] | None:
    found = data.find(stdout, "json")
    try:
        records = json.loads(found.data) if found else None
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            return None
        return [
            {name: value if isinstance(value, str) else text_of(value) for name, value in record.items()}
            for record in records
        ]
    except (ValueError, RecursionError):
        return None


def _quiet(text: str) -> list[str]:
    """The lines that are not noise, blank ones included."""
    return [line.text for line in classify(text) if line.kind in (LineKind.DATA, LineKind.BLANK)]


def _nothing(text: str) -> list[Row] | None:
    return [] if any(line.rstrip() == NOTHING for line in text.split("\n")) else None


def _empty(text: str) -> list[Row] | None:
    """An empty list for the table of 1.10 that has a heading and no rows, as for the sentence of the later ones."""
    return [] if rows_v1.is_empty(text) else _nothing(text)
