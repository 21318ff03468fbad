"""YAML, read and written with PyYAML. Imported where there is some, because PyYAML takes long to import."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

import yaml

#: No line of YAML is broken: the largest number that PyYAML takes.
WIDEST = 2**31 - 1


class TextDatesLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The safe loader to which a date is text, in C if available (ten times as fast)."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def load(text: str, *, aliases: bool = True) -> Any:
    """Return the value of YAML, with dates as text. Raises ``ValueError`` or ``RecursionError``.

    Without ``aliases``, a document with one is refused: a few lines can expand to gigabytes.
    """
    try:
        if not aliases and any(isinstance(one, yaml.AliasEvent) for one in yaml.parse(text, TextDatesLoader)):
            raise ValueError("an alias")
        return yaml.load(text, TextDatesLoader)  # noqa: S506  (a subclass of the safe one)
    except yaml.YAMLError:
        raise ValueError("no YAML") from None


def dump(value: object) -> str:
    """Return a value as Airflow writes it: keys sorted, lines broken."""
    return yaml.safe_dump(value, allow_unicode=True)


def dump_records(records: Sequence[dict[str, object]]) -> str:
    """Return records with their columns in order, each value on one line."""
    write: Any = partial(yaml.dump, records, sort_keys=False, allow_unicode=True, width=WIDEST)
    try:
        text: str = write(Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper))
    except UnicodeEncodeError:  # half a surrogate pair, which only Python's emitter escapes
        text = write(Dumper=yaml.SafeDumper)
    return text
