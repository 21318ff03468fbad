"""Held here: nothing that a server prints can drive a terminal, and nothing that is harmless is changed."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mwaa_shell.output.sanitise import sanitise

#: Text in which control characters and parts of escape sequences are common.
HOSTILE = st.text(
    st.sampled_from("\x1b[]0;m?Hj\x07\x9b\r\n\t\x08\x7f\x85\u202e\u2066\u200f\u061c\u2028a1") | st.characters(),
    max_size=40,
)
#: What a terminal or a reader's eye may be driven by: Unicode's bidirectional controls.
BIDI = {
    chr(code)
    for code in range(0x110000)
    if unicodedata.bidirectional(chr(code)) in ["LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"]
}
MARKS = {"\u200e", "\u200f", "\u061c"}


@settings(deadline=None)
@given(HOSTILE)
@example("\x1b\x1b[0m[31m")
@example("\r\x1b[0m\n")
def test_no_control_character_is_left(text: str) -> None:
    safe = sanitise(text)
    left = {char for char in safe if unicodedata.category(char) == "Cc" or char in BIDI | MARKS}
    assert left <= {"\n", "\t"}


@pytest.mark.parametrize(
    "code", [*range(0x20), *range(0x7F, 0xA0), *map(ord, sorted(BIDI | MARKS)), 0x2028, 0x2029, 0xFEFF]
)
def test_every_control_character_but_tab_and_newline_is_shown(code: int) -> None:
    safe = sanitise(f"a{chr(code)}b")
    assert safe.startswith("a")
    assert safe.endswith("b")
    assert (chr(code) in safe) is (code in (0x09, 0x0A))
    assert len(safe) > 3 or code in (0x09, 0x0A)


@settings(deadline=None)
@given(HOSTILE)
def test_what_is_safe_stays_as_it_is(text: str) -> None:
    assert sanitise(sanitise(text)) == sanitise(text)


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"]) | st.sampled_from("\n\t")))
@example("│ dag_id\t| größe 日本語 🎉\n")
def test_plain_text_is_not_changed(text: str) -> None:
    assert sanitise(text) == text


@settings(deadline=None)
@given(st.lists(st.integers(0, 255)), st.text("ab \n"))
def test_colours_are_dropped_wherever_they_stand(codes: list[int], text: str) -> None:
    color = f"\x1b[{';'.join(map(str, codes))}m"
    assert sanitise(color.join(["", *text, ""])) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\nb\r\n", "a\nb\n"),
        ("50%\r100%", "50%^M100%"),
        ("\x1b]0;owned\x07", "^[]0;owned^G"),
        ("\x1b]52;c;ZXZpbA==\x1b\\", "^[]52;c;ZXZpbA==^[\\"),
        ("\x1b[2J\x1b[H", "^[[2J^[[H"),
        ("\x1b[31mred\x1b[0m \x1b[38:5:1mx\x1b[m", "red x"),
        ("\x9b31m", "<U+009B>31m"),
        ("\x7f\x00", "^?^@"),
        ("gpj.\u202eexe", "gpj.<U+202E>exe"),
        ("\ufeffdata", "<U+FEFF>data"),
        ("", ""),
    ],
)
def test_how_it_is_shown(text: str, shown: str) -> None:
    assert sanitise(text) == shown
    assert re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown) is None
