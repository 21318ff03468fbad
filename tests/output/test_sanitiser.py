"""Held here: nothing that a server prints can drive a terminal, and nothing that is harmless is changed.

The proof is a terminal emulator that fails as soon as anything but text is done to it.
"""

from __future__ import annotations

import itertools
import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mwaa_shell.output.sanitiser import sanitise, sanitise_chunks
from tests.output.quiet_terminal import shown_on

#: Text in which control characters and parts of escape sequences are common.
HOSTILE = st.text(
    st.sampled_from("\x1b[]0;m?Hj\x07\x9b\r\n\t\x08\x7f\x85\u202e\u2066\u200f\u061c\u2028a1") | st.characters(),
    max_size=40,
)
#: What a terminal or a reader's eye may be driven by: Unicode's bidirectional controls.
BIDI = {
    chr(code)
    for code in range(0x10000)  # Unicode has none beyond
    if unicodedata.bidirectional(chr(code)) in ["LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"]
}
PLAIN = st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"], exclude_characters="\u3164\uffa0").filter(
    lambda char: not "\U000e0000" <= char <= "\U000e0fff"
)
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
@given(st.text(PLAIN | st.sampled_from("\n\t")).map(lambda text: "a" + text.replace("\n", "\na")))
@example("│ dag_id\t| größe 日本語 🎉\n")
def test_plain_text_is_not_changed(text: str) -> None:
    assert sanitise(text) == text


@settings(deadline=None)
@given(st.lists(st.integers(0, 255)), st.text("ab \n"))
def test_colors_are_dropped_wherever_they_stand(codes: list[int], text: str) -> None:
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
        ("\r\r\n", "^M\n"),
        ("\x1b]0;never ended\nnext", "^[]0;never ended\nnext"),
        ("\x1bP+q\x1b_a\x1b^b\x1bXc", "^[P+q^[_a^[^b^[Xc"),
        ("\x9d0;t\x9c \x90 \x85", "<U+009D>0;t<U+009C> <U+0090> <U+0085>"),
        ("a\x08b\x0bc\x0cd\x0e\x0f\x05", "a^Hb^Kc^Ld^N^O^E"),
        ("\x1b[" + "1;" * 128 + "m.", "."),
        ("\x1b[" + "1;" * 129 + "m.", "^[[" + "1;" * 129 + "m."),
        ("pass\u200bword", "pass<U+200B>word"),
        ("pass\u200dword\u200d", "pass<U+200D>word<U+200D>"),
        ("a\U000e0041b\U000e0101", "a<U+E0041>b<U+E0101>"),
        ("\udc9b", "<U+DC9B>"),
        ("\u0301a", "\u25cc\u0301a"),
        ("a\n\u0301\r\n\u0301", "a\n\u25cc\u0301\n\u25cc\u0301"),
        ("", ""),
    ],
)
def test_control_characters_are_shown_as_text(text: str, shown: str) -> None:
    assert sanitise(text) == shown
    assert re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown) is None


@pytest.mark.parametrize(
    "text",
    [
        "e\u0301 größe",
        "👩\u200d💻 🏳\ufe0f\u200d🌈 5\ufe0f\u20e3",
        "می\u200cخواهم",
        "क्\u200dष",
        "ภาษาไทย 日本語 ｱｲｳ 한국어",
        "│ ╒══╕ ─ \u00ad",
    ],
)
def test_writing_of_all_languages_and_emoji_stay(text: str) -> None:
    assert sanitise(text) == text


def test_joiners_join_no_joiners() -> None:
    assert sanitise("é\u200d\u200d\u200dé") == "é" + "<U+200D>" * 3 + "é"


@settings(deadline=None)
@given(HOSTILE, st.lists(st.integers(0, 40)))
@example("\x1b[31mred\x1b[0m\r\n", list(range(20)))
@example("é\u200dé\n\u0301", list(range(6)))
def test_where_text_is_cut_makes_no_difference(text: str, cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(text)]
    chunks = [text[start:end] for start, end in itertools.pairwise(edges)]
    assert "".join(sanitise_chunks(chunks)) == sanitise(text)


def test_a_chunk_is_taken_only_when_it_is_wanted() -> None:
    endless = sanitise_chunks(itertools.repeat("\x1b]0;"))
    assert next(endless) == "^[]0;"


#: Bytes in which what drives a terminal is common.
DRIVERS = st.sampled_from(
    rb"\x1b [ ] \x9b \xc2\x9b \xc2\x9d ? 2J 6n c 0;t 52;c;eA== \x07 \x1b\\ \r \n \t \x08 \x0e \x05 \x7f #8 (0 31m H"
    rb" P _ X a \xe2\x80\xae \xe6\x97\xa5 e\xcc\x81 \xf0\x9f\x8e\x89".split()
).map(lambda written: written.decode("unicode_escape").encode("latin-1"))


@settings(deadline=None)
@given(st.lists(DRIVERS | st.binary(max_size=4)).map(b"".join))
def test_whatever_a_server_prints_a_terminal_only_shows_text(data: bytes) -> None:
    text = sanitise(data.decode("utf-8", "replace"))
    lines = text.split("\n")
    cells = sum(1 + 2 * len(line) // 80 + 8 * line.count("\t") // 80 for line in lines)
    screen = shown_on(text)
    assert screen.cursor.y < min(cells + 1, 24)
    assert shown_on("").cursor.y == 0


@pytest.mark.parametrize(
    "data", ["\x1b[2J", "\x1b]0;t\x07", "\x1b[6n", "\x9b6n", "\x1b[?25l", "\x1bc", "\x08", "\x1b#8"]
)
def test_the_proof_notices_what_drives_a_terminal(data: str) -> None:
    with pytest.raises(AssertionError, match="the terminal"):
        shown_on(data)
