"""Records in a format: two for people, three for programs.

``table`` and ``vertical`` are for people: dates in a zone, ``yes`` and ``no``, colors. ``json``, ``yaml``
and ``csv`` hold the values as Airflow printed them. All of them are made safe for a terminal, unless they
go elsewhere.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.records import Records
from mwaa_shell.output.tables import cells
from mwaa_shell.output.tables.table import quiet, table, vertical

#: No line of YAML is broken: the largest number that PyYAML takes.
WIDEST = 2**31 - 1
SURROGATE = re.compile("[\ud800-\udfff]")


def drawn(found: Records, format: str, view: DisplayOptions, *, faithful: bool = False) -> list[str]:  # noqa: A002
    """Return records as lines without line ends; in ``csv`` a value with line ends takes several.

    ``format`` is ``table``, which is vertical where a table is of no use, ``vertical``, ``json``, ``yaml`` or ``csv``;
    any other is a table. With ``faithful`` every value stays as it is: nothing is made safe for a
    terminal, no date is converted, there is no colour.
    """
    if format in DATA:
        lines = DATA[format](found)
        return lines if faithful else cells.cleaned(lines)
    if faithful:
        view = replace(view, zone=None, color=False, now=None)
    if not found.records:
        return list(quiet(["no rows"], view))
    made = table(found, view) if format != "vertical" else None
    return vertical(found, view) if made is None else made


def _json(found: Records) -> list[str]:
    made = json.dumps(found.records, indent=2, ensure_ascii=False)
    # One half of a surrogate pair is no character: only JSON's own escape can hold it.
    return SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", made).split("\n")


def _yaml(found: Records) -> list[str]:
    import yaml  # heavy: only -o yaml needs it

    records = [dict(record) for record in found.records]
    quick = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    try:
        made = _dumped(records, quick)
    except UnicodeEncodeError:  # one half of a surrogate pair, which only Python's own emitter escapes
        made = _dumped(records, yaml.SafeDumper)
    return made.removesuffix("\n").split("\n")


def _dumped(records: list[dict[str, object]], dumper: Any) -> str:
    import yaml  # heavy: only -o yaml needs it

    text: str = yaml.dump(records, Dumper=dumper, sort_keys=False, allow_unicode=True, width=WIDEST)
    return text


class _Rows:
    """A file for a CSV writer that keeps each row."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, row: str) -> None:
        self.written.append(row)


def _csv(found: Records) -> list[str]:
    """CSV of RFC 4180 but for the line ends; a missing value is an empty field, a list or a mapping is JSON."""
    if not found.columns:
        return []
    rows = _Rows()
    writer = csv.writer(rows, lineterminator="\r\n")  # with another one it puts no quotes around a bare CR
    writer.writerow(found.columns)
    writer.writerows([_field(record.get(name)) for name in found.columns] for record in found.records)
    return [line for row in rows.written for line in row.removesuffix("\r\n").split("\n")]


def _field(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return value if isinstance(value, str) else json.dumps(value) if isinstance(value, float) else str(value)


DATA: Mapping[str, Callable[[Records], list[str]]] = {"json": _json, "yaml": _yaml, "csv": _csv}
