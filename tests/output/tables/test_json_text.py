"""Held here: JSON on a terminal has the colours that any JSON has there, and can do nothing to it."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from mwaa_shell.output.painting.highlight import KNOWN, Look, Painter
from mwaa_shell.output.painting.theme import DARK, PLAIN
from mwaa_shell.output.tables import json_text
from mwaa_shell.output.tables.cells import clean

TEXTS = st.text(st.characters()) | st.sampled_from(["success", "2026-11-22T12:56:31+00:00", "None", "\ud800", 'a"\\'])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=3,
)


@given(st.lists(st.dictionaries(TEXTS, VALUES, max_size=4), max_size=3))
@example([{"state": "success", "n": index, "again": "same", "ok": index == 1} for index in range(60)])
@example([{"a": "\x1b[31m", "b\n": "\u202e\x7f\x9b", "c": {"d": ["\x1b"]}}])
@example([{}])
def test_it_is_painted_as_any_json_is(records: list[dict[str, object]]) -> None:
    plain = f"{json_text.text(records)}\n"
    lines = [clean(line) for line in plain.split("\n")]
    assert "".join(json_text.painted(records, DARK)) == Painter(DARK).paint(Look.JSON, "\n".join(lines))


def test_a_truth_a_number_and_their_text_are_told_apart() -> None:
    records: list[dict[str, object]] = [{"one": 1}, {"one": True}, {"one": "1"}, {"one": 1.0}, {"one": "True"}]
    shown = "".join(json_text.painted(records, DARK)).replace(PLAIN, "")
    values = [line.partition(": ")[2] for line in shown.split("\n") if "one" in line]
    number, string, constant = (DARK.codes[role] for role in ("number", "string", "constant"))
    assert values == [f"{number}1", f"{constant}true", f'{string}"1"', f"{number}1.0", f'{constant}"True"']


def test_each_piece_is_made_when_it_is_wanted() -> None:
    class Counted(dict[str, object]):
        seen = 0

        def items(self):  # type: ignore[no-untyped-def]
            Counted.seen += 1
            return super().items()

    pieces = json_text.painted([Counted(a=1) for _ in range(json_text.TOGETHER * 3)], DARK)
    next(pieces)
    assert Counted.seen == json_text.TOGETHER


def test_what_is_known_by_heart_is_bounded() -> None:
    colours = json_text._Colours(DARK)
    for number in range(KNOWN * 2 + 10):
        colours.member(f"name{number}", f"value{number}")
    assert max(len(colours._names), len(colours._texts)) <= KNOWN + 1
