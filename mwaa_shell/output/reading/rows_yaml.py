"""The records of a ``-o yaml`` reply: the little of YAML that Airflow's own writer prints.

Blocks of ``- key: value``, lists and mappings below a key, text in quotes or without, broken over lines at spaces. No
anchors, no tags, no ``|`` blocks: Airflow asks for none of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Any

#: A colon ends a key where a blank or nothing follows it; any other is a part of the key.
_REST = r"(?:[^:]|:(?=\S))*+"
KEY = re.compile(
    rf"""('(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|[^\s'"\-#\[{{]{_REST}|-[^\s:]{_REST}):(?: +(.*))?$""", re.DOTALL
)
#: Deeper than this nothing is taken apart: no reply is, and a line of dashes must not exhaust the stack.
DEEPEST = 20
WORDS: Mapping[str, Any] = {"null": None, "~": None, "": None, "true": True, "false": False, "[]": [], "{}": {}}
SHORT_ESCAPES = {"0": "\0", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
                 "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029"}  # fmt: skip
ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)


def read(text: str) -> list[dict[str, str]] | None:
    """The records of a list of mappings with text for values; ``None`` for anything else."""
    records = read_values(text)
    if records is None:
        return None
    return [{name: text_of(value) for name, value in record.items()} for record in records]


def read_values(text: str) -> list[dict[str, Any]] | None:
    """The records with their values as they are: text, numbers, lists, mappings; ``None`` for anything else."""
    if text.strip() == "[]":
        return []
    records = _node([line.rstrip("\n") for line in text.rstrip().split("\n")], 0)
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        return None
    return records


def text_of(value: Any) -> str:
    """A value of JSON or YAML as text."""
    if isinstance(value, str):
        return value
    return str(value) if value is None or isinstance(value, bool) else json.dumps(value)


def _node(lines: list[str], depth: int) -> Any:
    """What a block says; its first line is not indented."""
    first = lines[0]
    if depth < DEEPEST and (first == "-" or first.startswith("- ")):
        chunks = _chunks(lines, lambda line: line == "-" or line.startswith("- "))
        return [_node([chunk[0][2:], *(line[2:] for line in chunk[1:])], depth + 1) for chunk in chunks]
    if depth < DEEPEST and KEY.match(first):
        chunks = _chunks(lines, lambda line: not line.startswith((" ", "- ")) and KEY.match(line) is not None)
        return dict(_pair(chunk, depth) for chunk in chunks)
    return _scalar(_folded(lines))


def _chunks(lines: list[str], begins: Callable[[str], bool]) -> list[list[str]]:
    """The lines from each that begins something up to the next."""
    number = 0

    def count(line: str) -> int:
        nonlocal number
        number += bool(begins(line))
        return number

    return [list(chunk) for _, chunk in groupby(lines, count)]


def _pair(chunk: list[str], depth: int) -> tuple[str, Any]:
    found = KEY.match(chunk[0])
    if found is None:  # what stands before the first key: nothing that Airflow prints
        return chunk[0], None
    name, value = _scalar(found[1]), found[2] or ""
    below = chunk[1:]
    if value or not any(line.strip() for line in below):
        return text_of(name), _scalar(_folded([value, *below]))
    indent = min(len(line) - len(line.lstrip(" ")) for line in below if line.strip())
    below = [line[indent:] for line in below]
    while not below[0]:
        del below[0]
    return text_of(name), _node(below, depth + 1)


def _folded(lines: list[str]) -> str:
    """A text over several lines: one line end is a space, each blank line a line end, an escaped one is nothing."""
    whole = lines[0]
    blanks = 0
    for line in lines[1:]:
        piece = line.strip(" ")
        if not piece:
            blanks += 1
            continue
        if whole.startswith('"') and (len(whole) - len(whole.rstrip("\\"))) % 2:
            whole = whole[:-1] + piece
        else:
            whole = whole.rstrip(" ") + ("\n" * blanks or " ") + piece
        blanks = 0
    return whole


def _scalar(text: str) -> Any:
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if len(text) > 1 and text[0] == text[-1] == '"':
        return ESCAPE.sub(_unescaped, text[1:-1])
    if text in WORDS:
        return WORDS[text]
    return int(text) if re.fullmatch(r"-?(?:0|[1-9][0-9]{0,17})", text) else text


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2] or found[3]
    if code is None:
        return SHORT_ESCAPES.get(found[4], found[4])
    number = int(code, 16)
    return chr(number) if number < 0x110000 else ""
