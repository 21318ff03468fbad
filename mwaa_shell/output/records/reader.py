"""The one table of a reply, with what stands around it, whatever format it came in.

``rows.read_rows`` reads the same formats for the names in them; here nothing of the reply is lost: what is no part of
the table stands before or after it, and a value is what JSON or YAML says it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import StringIO

from mwaa_shell.airflow.command_line import output_format
from mwaa_shell.airflow.output_lines import SGR, LineKind, classify
from mwaa_shell.output.records import data, rows_plain, rows_table, rows_v1
from mwaa_shell.output.records.block import Block
from mwaa_shell.output.records.rows import NOTHING
from mwaa_shell.reply_bytes import Body

#: Characters; a longer reply is not laid out, because nobody waits for that.
LIMIT = 4_000_000
#: Cells, with those that a record has not: more are not laid out either.
CELLS = 1_000_000
#: How deep a value may be nested; nothing that Airflow prints is.
DEEPEST = 20
#: Tables with a row for each property of one thing.
PROPERTIES = ("property_name", "property_value")
#: What ``export`` calls a file that is none.
STANDARD_OUTPUT = frozenset({"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"})


@dataclass(frozen=True, slots=True)
class Found:
    """Records, and the text around them."""

    columns: tuple[str, ...]  #: in Airflow's order
    records: tuple[Mapping[str, object], ...]  #: as JSON has them; what a table held is text
    before: str  #: whole lines of the reply
    after: str


def find(stdout: str, words: tuple[str, ...]) -> Found | None:
    """The one table or list of records in the reply to a command.

    ``None`` where there is none or where there are several, and where the reply is larger than ``LIMIT``.
    """
    if len(stdout) > LIMIT:
        return None
    wanted = output_format(words)
    if wanted == "json":
        return _of_json(stdout)
    if wanted == "yaml":
        return _of_yaml(stdout)
    if wanted == "plain":
        return _of_plain(stdout) or _of_nothing(stdout)
    if wanted not in (None, "table"):
        return None
    if is_export(words):
        return _of_export(stdout, words)
    return _of_table(stdout) or _of_nothing(stdout)


def find_in(reply: Body, words: tuple[str, ...], errors: str = "replace") -> Found | None:
    """The same for the bytes of a reply; ``errors`` is what decoding does with those that are no UTF-8."""
    if len(reply) > LIMIT * 4:  # more characters than are laid out, however many bytes each has
        return None
    return find(reply.decode("utf-8", errors), words)


def is_export(words: tuple[str, ...]) -> bool:
    """Whether a command exports connections or variables to standard output."""
    flags = ("-e", "--export") if words[:1] == ("variables",) else ()
    return (words[1:2] == ("export",) or any(flag in words for flag in flags)) and not STANDARD_OUTPUT.isdisjoint(words)


# -- JSON and YAML -----------------------------------------------------------------------------------------------------


def _of_json(stdout: str) -> Found | None:
    found, value = data.find_json(stdout) or (None, None)
    if found is None or value is None:
        return None
    records = [value] if isinstance(value, dict) else value
    _, other = (data.find_json(found.before) if found.before else None) or (None, None)
    if other and isinstance(other, list):
        return None
    return _made(records, found.before, found.after)


def _of_yaml(stdout: str) -> Found | None:
    from mwaa_shell.output.records import rows_yaml  # imports PyYAML

    found = data.find(SGR.sub("", stdout), "yaml")
    records = rows_yaml.read_values(found.data) if found else None
    if found is None or records is None:
        return None
    other = data.find(found.before, "yaml")
    if other is not None and other.data.strip() != "[]":
        return None
    return _made(records, found.before, found.after)


def _of_export(stdout: str, words: tuple[str, ...]) -> Found | None:
    """The records of a mapping: connections by their ids, variables by their keys."""
    found, value = data.find_json(stdout) or (None, None)
    if found is None or not isinstance(value, dict):
        return None
    if words[0] == "variables":
        return _made([{"key": name, "value": own} for name, own in value.items()], found.before, found.after)
    if not all(isinstance(own, dict) for own in value.values()):
        return None
    return _made([{"conn_id": name, **own} for name, own in value.items()], found.before, found.after)


def _made(records: object, before: str, after: str) -> Found | None:
    """``None`` for what is no list of records, or one of records that have nothing in common, such as sections."""
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        return None
    columns = _columns(records)
    if not records:
        return Found((), (), before, after)
    if not columns or len(columns) * len(records) > CELLS or not _alike(records) or not _is_shallow(records):
        return None
    return Found(columns, tuple(records), before, after)


def _columns(records: Iterable[Mapping[str, object]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for record in records for name in record))


def _alike(records: list[dict[str, object]]) -> bool:
    return len(records) == 1 or not records[0].keys().isdisjoint(records[1])


def _is_shallow(records: list[dict[str, object]]) -> bool:
    """Whether no value is nested so deep that writing it might exhaust the stack."""
    level: list[object] = [value for record in records for value in record.values() if isinstance(value, list | dict)]
    for _ in range(DEEPEST):
        inner = (item for value in level for item in (value.values() if isinstance(value, dict) else value))  # type: ignore[attr-defined]
        level = [item for item in inner if isinstance(item, list | dict)]
        if not level:
            return True
    return False


# -- tables ------------------------------------------------------------------------------------------------------------


def _of_table(stdout: str) -> Found | None:
    """The one table of Airflow 2 and 3, or of 1.10."""
    own = stdout.split("\n")
    lines = SGR.sub("", stdout).split("\n")
    block = rows_table.find(lines)
    if block is not None and _is_table(block, lines):
        other = rows_table.find(lines, block.first)
        if other is not None and _is_table(other, lines):
            return None
    elif rows_v1.boxes(lines) > 1:
        return None
    else:
        block = rows_v1.find(lines)
    if block is None:
        return None
    return _of_block(block, "\n".join([*own[: block.first], ""]), "\n".join(own[block.end :]))


def _is_table(block: Block, lines: list[str]) -> bool:
    """Whether it is Airflow's, with rows, and blanks at its end; a heading that somebody underlined has neither."""
    last = lines[block.end - 1]
    return bool(block.rows) and (len(block.names) > 1 or (last.startswith(" ") and not last.strip()))


def _of_block(block: Block, before: str, after: str) -> Found | None:
    records: list[dict[str, str]] = block.records
    if block.names == PROPERTIES:
        turned = {row[0]: row[1] for row in block.rows}
        records = [turned] if len(turned) == len(block.rows) else records
    if not records:
        return Found(block.names, (), before, after)
    if len(block.names) * len(block.rows) > CELLS:
        return None
    return Found(_columns(records), tuple(records), before, after)


def _of_plain(stdout: str) -> Found | None:
    """A table without rules: all lines from its heading on that are no noise."""
    own = list(StringIO(stdout, newline="\n"))
    kinds = [line.kind for line in classify(SGR.sub("", stdout))]
    quiet = [number for number, kind in enumerate(kinds) if kind in (LineKind.DATA, LineKind.BLANK)]
    if len(kinds) != len(own):  # a colour code beside a line end; the lines cannot be told apart
        return None
    block = rows_plain.find([SGR.sub("", own[number]).rstrip("\r\n") for number in quiet])
    if block is None:
        return None
    taken = frozenset(quiet[block.first :])
    first = quiet[block.first]
    after = "".join(line for number, line in enumerate(own) if number > first and number not in taken)
    return _of_block(block, "".join(own[:first]), after)


def _of_nothing(stdout: str) -> Found | None:
    """No rows, where Airflow says so."""
    lines = stdout.split("\n")
    for number in reversed(range(len(lines))):
        if SGR.sub("", lines[number]).rstrip() == NOTHING:
            return Found((), (), "\n".join([*lines[:number], ""]), "\n".join(lines[number + 1 :]))
    return None
