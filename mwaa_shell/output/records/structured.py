"""The data of a ``-o json`` or ``-o yaml`` output, apart from what else stands on standard output.

MWAA and Airflow print log lines, warnings and chatter before and after the data, and a DAG file may print anything.
What is not data is not lost: it goes to standard error. The bytes of the data are passed on as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import Any, ClassVar, NamedTuple

from mwaa_shell.airflow.command_line import output_format
from mwaa_shell.airflow.output_lines import SGR
from mwaa_shell.errors import ExitCode
from mwaa_shell.reply_bytes import LazyBytes, chunks, joined
from mwaa_shell.result import Outcome, Result

#: The first line of a YAML record as Airflow writes it: a dash and a key.
RECORD = re.compile(r"- [^\s:#'\"][^:\n]*:(?: |$)")


@dataclass(frozen=True, slots=True)
class DataBlock:
    """Data in an output, and the text before and after, each with its line ends."""

    data: str
    before: str
    after: str

    @property
    def rest(self) -> str:
        """The text that is not data."""
        return self.before + self.after


def data_only(words: tuple[str, ...], result: Result) -> Result:
    """Return a result whose standard output is only the data of its JSON or YAML output."""
    wanted = output_format(words)
    if wanted not in ("json", "yaml") or not result.remote or not result.stdout:
        return result
    if wanted == "json" and isinstance(result.stdout, LazyBytes) and _is_one_list(result.stdout):
        return result
    text = result.stdout.decode("utf-8", "surrogateescape")
    found = find_data(text, wanted)
    if found is None:
        missing = replace(result, stdout=b"", stderr=joined(result.stdout, result.stderr))
        if not result.ok:
            return missing
        message = f"The reply holds no {wanted.upper()}: what came instead is on standard error"
        return replace(missing, outcome=Outcome.FAILED, exit_code=ExitCode.FAILED, message=message)
    rest = found.rest.encode("utf-8", "surrogateescape")
    if rest and not rest.endswith(b"\n"):
        rest += b"\n"
    return replace(result, stdout=found.data.encode("utf-8", "surrogateescape"), stderr=joined(rest, result.stderr))


def _is_one_list(stdout: LazyBytes) -> bool:
    """Whether a long reply is one line that looks like a list of records: what is clean need not be read as a whole."""
    if stdout[:2] != b"[{" or not stdout.endswith(b"}]\n"):
        return False
    return sum(part.count(b"\n") for part in chunks(stdout)) == 1


def find_data(text: str, wanted: str) -> DataBlock | None:
    """Return the data in an output, ``None`` where there is none."""
    if wanted != "json":
        return find_yaml(text)
    found = find_json(text)
    return found[0] if found else None


#: How many beginnings are tried for a value that spreads over lines, which no known Airflow prints.
SPREAD_TRIES = 50


def find_json(text: str) -> tuple[DataBlock, Any] | None:
    """Return the last line that is a list of records, else the last that is any JSON; and its value."""
    lines = _lines(text)
    best, found = -1, _NONE
    for index, line in enumerate(lines):
        own = _read(line)
        if own.rank and own.rank >= found.rank:
            best, found = index, own
    if best < 0:
        return _find_spread_json(text)
    chatter = lines[best][: found.start]
    before = [*lines[:best], *([chatter + "\n"] if _plain(chatter) else [])]
    data = _plain(lines[best][found.start :]).strip() + "\n"
    return DataBlock(data, "".join(before), "".join(lines[best + 1 :])), found.value


#: The rank of what Airflow prints, a list of objects; of another list or object; of anything else.
RECORDS, OTHER, NOTHING = 2, 1, 0


class _LineValue(NamedTuple):
    """What JSON there is in a line."""

    rank: int
    start: int = 0  #: where it begins
    value: Any = None


_NONE = _LineValue(NOTHING)


def _read(line: str) -> _LineValue:
    """Behind colour codes, and where there are records behind what somebody printed without a newline."""
    whole = _value(line)
    if whole.rank == RECORDS:
        return whole
    for place in islice(re.finditer(r"\[\{|\[\](?=\s*\Z)", line), SPREAD_TRIES):
        found = _value(line[place.start() :])
        if found.rank == RECORDS:
            return found._replace(start=place.start())
    return whole


def _value(line: str) -> _LineValue:
    line = _plain(line)
    if not line.startswith(("[", "{")):
        return _NONE
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return _NONE
    records = isinstance(value, list) and all(isinstance(item, dict) for item in value)
    return _LineValue(RECORDS if records else OTHER, 0, value)


def _plain(text: str) -> str:
    """Without colour codes."""
    return SGR.sub("", text) if "\x1b" in text else text


def _find_spread_json(text: str) -> tuple[DataBlock, Any] | None:
    decoder = json.JSONDecoder()
    starts = [match.start() for match in re.finditer(r"^[\[{]", text, re.MULTILINE)]
    for start in starts[:SPREAD_TRIES]:
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        return DataBlock(text[start:end] + "\n", text[:start], text[end:].lstrip("\n")), value
    return None


def find_yaml(text: str) -> DataBlock | None:
    """Return the last block of records (``- key: value`` and the indented lines below), or the empty list."""
    lines = _lines(text)
    start = end = -1
    index = 0
    while index < len(lines):
        if RECORD.match(lines[index]):
            start, index = index, _block_end(lines, index)
            end = index
        elif lines[index].strip() == "[]":
            start, end = index, index + 1
            index += 1
        else:
            index += 1
    if start < 0:
        return None
    return DataBlock("".join(lines[start:end]), "".join(lines[:start]), "".join(lines[end:]))


def _lines(text: str) -> list[str]:
    """The lines with their ends; only a newline ends one, as JSON may hold other separators."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _block_end(lines: list[str], index: int) -> int:
    """One past the last line that belongs to the records that begin at ``index``."""
    last = index
    while index < len(lines) and (
        RECORD.match(lines[index]) or lines[index].startswith("  ") or not lines[index].strip()
    ):
        last = index if lines[index].strip() else last
        index += 1
    return last + 1


def text_of(value: Any) -> str:
    """Return a value of JSON or YAML as text."""
    if isinstance(value, str):
        return value
    return str(value) if value is None or isinstance(value, bool) else json.dumps(value)


def read_yaml(text: str) -> list[dict[str, Any]] | None:
    """Return the records of a list of mappings as PyYAML reads them, ``None`` for anything else.

    Dates stay text, as Airflow printed them. A document with aliases is not read: Airflow writes none, and a few lines
    of them can stand for gigabytes.
    """
    import yaml  # heavy: only -o yaml needs it

    try:
        records = yaml.load(text, _loader())  # noqa: S506  (a subclass of the safe one)
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            return None
        containers = [id(one) for one in _containers(records, set())]
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
        return None
    if len(containers) != len(set(containers)):
        return None
    return [{text_of(name): value for name, value in record.items()} for record in records]


@cache
def _loader() -> Any:
    """The safe loader (the one in C where there is one: ten times as quick), to which a date is text."""
    import yaml  # heavy: only -o yaml needs it

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        yaml_implicit_resolvers: ClassVar = {
            first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
            for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

    return Loader


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
