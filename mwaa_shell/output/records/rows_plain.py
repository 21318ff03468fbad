"""The records of a ``-o plain`` reply: a heading and rows, in columns that at least two blanks keep apart.

Nothing else marks the table, so its heading is known by its words: names of columns that Airflow has, and failing
that the first line that could be one. A cell with line ends of its own goes on in lines where no other cell stands.
"""

from __future__ import annotations

import re

from mwaa_shell.output.records.block import Block

#: The first columns of every reply that has records; a heading begins with one, for tables with any columns.
FIRST = frozenset({
    "Provider", "auth_manager_class", "class", "conf", "conn_id", "connection_type", "dag_id", "dag_run_id", "executor",
    "file", "fileloc", "filepath", "hook_class_name", "hook_name", "id", "key", "logical_date", "name", "package_name",
    "plugin_name", "pool", "property_name", "provider", "run_id", "section", "task_id", "uri",
})  # fmt: skip
HEADING = re.compile(r" *[A-Za-z][\w.]*(?:  +[A-Za-z][\w.]*)*")


def read(lines: list[str]) -> list[dict[str, str]] | None:
    """The records among the lines of a reply without its noise; ``None`` if there is no table."""
    block = find(lines)
    return block.records if block else None


def find(lines: list[str]) -> Block | None:
    """The table among these lines, which is all from its heading on; ``None`` if there is none."""
    lines = [line.rstrip() for line in lines]
    first = _heading(lines)
    if first is None:
        return None
    body = [line for line in lines[first + 1 :] if line]
    names = lines[first].split()
    spans = _spans(lines[first], body)
    rows: list[list[str]] = []
    for line in body:
        cells = [line[start:end] for start, end in spans]
        filled = [number for number, cell in enumerate(cells) if cell.strip()]
        if rows and len(filled) == 1 and filled[0] > 0 and rows[-1][filled[0]]:
            rows[-1][filled[0]] += "\n" + cells[filled[0]].rstrip()
        else:
            rows.append([cell.strip() for cell in cells])
    return Block(tuple(names), rows, first, len(lines))


def _heading(lines: list[str]) -> int | None:
    likely = [number for number, line in enumerate(lines) if HEADING.fullmatch(line) and _distinct(line)]
    known = [number for number in likely if lines[number].split()[0] in FIRST]
    several = [number for number in likely if len(lines[number].split()) > 1]
    return next(iter((*known, *several)), None)


def _distinct(line: str) -> bool:
    words = line.split()
    return len(set(words)) == len(words)


def _spans(heading: str, body: list[str]) -> list[tuple[int, int]]:
    """Where each named column starts and ends, read off the places where every line is blank."""
    width = max(map(len, [heading, *body]))
    used = bytearray(b" " * width)
    for line in (heading, *body):
        for found in re.finditer(r"[^ ]+", line):
            used[found.start() : found.end()] = b"x" * (found.end() - found.start())
    blocks = [(found.start(), found.end()) for found in re.finditer(rb"x+(?: x+)*", bytes(used))]
    starts: list[int] = []
    words = [found.start() for found in re.finditer(r"\S+", heading)]
    for word in words:
        block = next(start for start, end in blocks if start <= word < end)
        starts.append(block if not starts or block > starts[-1] else word)
    return list(zip([0, *starts[1:]], [*starts[1:], width], strict=True))
