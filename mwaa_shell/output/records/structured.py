"""The data of a ``-o json`` or ``-o yaml`` output, apart from other text.

MWAA and Airflow print log lines, warnings and chatter before and after the data, and a DAG file may print anything.
Other text is written to standard error. The bytes of the data are passed on unchanged.
"""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import Any, NamedTuple

from mwaa_shell.airflow.command_line import output_format
from mwaa_shell.airflow.output_lines import SGR
from mwaa_shell.errors import ExitCode, State
from mwaa_shell.result import LazyBytes, Outcome, Result, chunks

#: The first line of a YAML record as Airflow writes it: a dash and a key.
RECORD = re.compile(r"- [^\s:#'\"][^:\n]*:(?: |$)")


class DataBlock(NamedTuple):
    """Data in an output, and the text before and after, each with its line ends."""

    data: str
    before: str
    after: str


def data_only(
    words: tuple[str, ...], result: Result, cost: str = "--data printed nothing", instead: str = "Leave out --data"
) -> Result:
    """Return a result whose standard output is only its JSON or YAML.

    Without such data it fails; ``cost`` is the consequence, and ``instead`` what to use, for the message.
    """
    wanted = output_format(words)
    if wanted not in ("json", "yaml") or not result.remote or not result.stdout:
        return result
    if wanted == "json" and isinstance(result.stdout, LazyBytes) and _is_one_list(result.stdout):
        return result
    text = result.stdout.decode("utf-8", "surrogateescape")
    found = find_data(text, wanted)
    if found is None:
        missing = result._replace(stdout=b"", stderr=bytes(result.stdout) + bytes(result.stderr))
        if not result.ok:
            return missing
        message = f"The output contains no {wanted.upper()}, so {cost}"
        hint = f"{instead}: {' '.join(words[:2])} may ignore -o {wanted}."
        failure = missing._replace(outcome=Outcome.FAILED, exit_code=ExitCode.FAILED)
        return failure._replace(message=message, state=State.RAN, hint=hint)
    rest = (found.before + found.after).encode("utf-8", "surrogateescape")
    if rest and not rest.endswith(b"\n"):
        rest += b"\n"
    return result._replace(stdout=found.data.encode("utf-8", "surrogateescape"), stderr=rest + bytes(result.stderr))


def _is_one_list(stdout: LazyBytes) -> bool:
    """Return whether a long output is one line with a list, and nothing else."""
    if stdout[:2] != b"[{" or not stdout.endswith(b"}]\n"):
        return False
    return sum(part.count(b"\n") for part in chunks(stdout)) == 1


def find_data(text: str, wanted: str) -> DataBlock | None:
    """Return the data in an output, or ``None``."""
    if wanted != "json":
        return find_yaml(text)
    found = find_json(text)
    return found[0] if found else None


#: The most beginnings to try for a value of several lines, which no known Airflow prints.
SPREAD_TRIES = 50


def find_json(text: str) -> tuple[DataBlock, Any] | None:
    """Return the last line with a list of records, else with any JSON, and its value."""
    lines = _lines(text)
    best: tuple[int, int, Any] | None = None  # the line, where the value begins in it, the value
    for index, line in enumerate(lines):
        start, value = _read(line)
        if value is not None and (best is None or _are_records(value) or not _are_records(best[2])):
            best = index, start, value
    if best is None:
        return _find_spread_json(text)
    index, start, value = best
    chatter = lines[index][:start]
    before = [*lines[:index], *([chatter + "\n"] if _plain(chatter) else [])]
    data = _plain(lines[index][start:]).strip() + "\n"
    return DataBlock(data, "".join(before), "".join(lines[index + 1 :])), value


def _read(line: str) -> tuple[int, Any]:
    """Return the start of JSON in a line and its value, also after colors and text."""
    whole = _value(line)
    if not _are_records(whole):
        for place in islice(re.finditer(r"\[\{|\[\](?=\s*\Z)", line), SPREAD_TRIES):
            found = _value(line[place.start() :])
            if _are_records(found):
                return place.start(), found
    return 0, whole


def _value(line: str) -> Any:
    """Return the list or object that a line is; ``None`` for anything else."""
    line = _plain(line)
    try:
        return json.loads(line) if line.startswith(("[", "{")) else None
    except (ValueError, RecursionError):
        return None


def _are_records(value: object) -> bool:
    """Return whether a value is a list of objects, as Airflow prints it."""
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _plain(text: str) -> str:
    """Return text without color codes."""
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
    """Return the last block of records (``- key: value``), or the empty list."""
    lines = _lines(text)
    start = end = -1
    inside = False
    for index, line in enumerate(lines):
        if RECORD.match(line):
            start = start if inside else index
            inside, end = True, index + 1
        elif not line.strip():
            continue
        elif inside and line.startswith("  "):
            end = index + 1
        elif line.strip() == "[]":
            start, end, inside = index, index + 1, False
        else:
            inside = False
    if start < 0:
        return None
    return DataBlock("".join(lines[start:end]), "".join(lines[:start]), "".join(lines[end:]))


def _lines(text: str) -> list[str]:
    """Return the lines with their ends. JSON may hold line ends other than newlines."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def text_of(value: Any) -> str:
    """Return a value of JSON or YAML as text."""
    if isinstance(value, str):
        return value
    return str(value) if value is None or isinstance(value, bool) else json.dumps(value)


def read_yaml(text: str) -> list[dict[str, Any]] | None:
    """Return the records of a list of mappings in YAML, or ``None``.

    Dates stay text, as Airflow printed them. A document with aliases is not read: Airflow writes none.
    """
    from mwaa_shell.output import yaml_text  # imports PyYAML, which only -o yaml needs

    try:
        records = yaml_text.load(text, aliases=False)
    except (ValueError, OverflowError, RecursionError):
        return None
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        return None
    return [{text_of(name): value for name, value in record.items()} for record in records]
