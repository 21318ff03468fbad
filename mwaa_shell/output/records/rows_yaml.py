"""The records of a ``-o yaml`` reply, read with PyYAML, which Airflow writes them with.

Dates stay text, as Airflow printed them. A document with aliases is not read: Airflow asks for none, and a few lines of
them can stand for gigabytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from mwaa_shell.output.records.data import text_of


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # ten times as quick where it is
    """A safe loader to which a date is text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(text: str) -> list[dict[str, str]] | None:
    """Return the records of a list of mappings with text for values; ``None`` for anything else."""
    records = read_values(text)
    if records is None:
        return None
    return [{name: text_of(value) for name, value in record.items()} for record in records]


def read_values(text: str) -> list[dict[str, Any]] | None:
    """Return the records with their values: text, numbers, lists, mappings; ``None`` for anything else."""
    try:
        records = yaml.load(text, _Loader)  # noqa: S506  (a subclass of the safe one)
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            return None
        containers = [id(one) for one in _containers(records, set())]
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
        return None
    if len(containers) != len(set(containers)):
        return None
    return [{text_of(name): value for name, value in record.items()} for record in records]


def _containers(value: object, seen: set[int]) -> Iterator[object]:
    """Yield each list and mapping in a value, one that stands in two places twice, and nothing inside it again."""
    if not isinstance(value, list | dict):
        return
    yield value
    if id(value) in seen:
        return
    seen.add(id(value))
    for inside in value.values() if isinstance(value, dict) else value:
        yield from _containers(inside, seen)
