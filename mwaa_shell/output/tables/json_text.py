"""Records as JSON: what ``json.dumps`` makes of a list with an indent of two, which is Python's own slow way there.

As text for programs, and painted for a terminal, where the roles of its parts are those that ``highlight`` gives them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from mwaa_shell.output.painting.highlight import KNOWN, SHORT, Look, Painter, scalar
from mwaa_shell.output.painting.theme import Theme
from mwaa_shell.output.tables.cells import clean

AS_JSON = json.JSONEncoder(ensure_ascii=False).encode
SURROGATE = re.compile("[\ud800-\udfff]")
#: Records that are handed on at a time.
TOGETHER = 25

Record = Mapping[str, object]


def text(records: Sequence[Record]) -> str:
    """All of it, without a line end behind it."""
    return _escaped("".join(_pieces(records, lambda name, value: f"{AS_JSON(name)}: {_as_json(value)}")))


def painted(records: Sequence[Record], theme: Theme) -> Iterator[str]:
    """The same, safe for a terminal and in colour, with a line end behind it; each piece is made when it is wanted."""
    yield from _pieces(records, _Colours(theme).member)
    yield "\n"


def _pieces(records: Sequence[Record], member: Callable[[str, object], str]) -> Iterator[str]:
    if not records:
        yield "[]"
        return
    before = "[\n"
    for start in range(0, len(records), TOGETHER):
        yield before + ",\n".join([_object(record, member) for record in records[start : start + TOGETHER]])
        before = ",\n"
    yield "\n]"


def _object(record: Record, member: Callable[[str, object], str]) -> str:
    members = ",\n    ".join([member(name, value) for name, value in record.items()])
    return f"  {{\n    {members}\n  }}" if members else "  {}"


def _as_json(value: object) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, indent=2, ensure_ascii=False).replace("\n", "\n    ")
    return AS_JSON(value)


def _escaped(made: str) -> str:
    """One half of a pair that stands alone is no character, and only JSON's own escape can hold it."""
    return made if made.isascii() else SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", made)


class _Colours:
    """Paints members. Names, and states among the values, come again and again."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._painter = Painter(theme)
        self._names: dict[str, str] = {}
        self._texts: dict[str, str] = {}

    def member(self, name: str, value: object) -> str:
        key = self._names.get(name) or self._name(name)
        if isinstance(value, str):
            return f"{key} {self._texts.get(value) or self._text(value)}"
        return f"{key} {self._painter.paint(Look.JSON, clean(_escaped(_as_json(value))))}"

    def _name(self, name: str) -> str:
        if len(self._names) > KNOWN:
            self._names.clear()
        made = self._names[name] = self._theme.paint("key", f"{clean(_escaped(AS_JSON(name)))}:")
        return made

    def _text(self, value: str) -> str:
        written = clean(_escaped(AS_JSON(value)))
        made = self._theme.paint(scalar(written) or "string", written)
        if len(self._texts) > KNOWN:
            self._texts.clear()
        if len(value) < SHORT:
            self._texts[value] = made
        return made
