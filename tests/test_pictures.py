"""What draws the pictures of the documentation: a clock that stands, and a film whose frames follow each other."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pyte
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "screenshots"))

from film import Frame, at, film, merged
from render import svg
from shot import Shot, shot

BEGUN = datetime(2026, 11, 23, 0, 59, 58, tzinfo=UTC)
SVG = "{http://www.w3.org/2000/svg}"


def seen(text: str, columns: int = 72) -> Shot:
    screen = pyte.Screen(columns, 3)
    pyte.Stream(screen).feed(text)
    return shot(screen, BEGUN)


def first_row(text: str) -> str:
    return "".join(cell.data for cell in seen(text).rows[0]).rstrip()


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("ok 12.3 s (with -o json)", "ok 0.6 s (with -o json)"),
        ("failed 1.9 s: no", "failed 0.6 s: no"),
        ("run manual__2026-11-23T01:00:11+00:00", "run manual__2026-03-02T09:00:10+00:00"),
        ("end 2026-11-23 01:00:11.995137+00:00", "end 2026-03-02 09:00:10.000000+00:00"),
        ("    1  2026-11-23 01:01  ok", "    1  2026-03-02 09:01  ok"),
        ("    2  2026-11-23 00:59  ok", "    2  2026-03-02 09:00  ok"),
        ("due 2026-01-31 00:00:00", "due 2026-01-31 00:00:00"),  # somebody typed it
        ("join     success  01:00:04     8.4 s    1", "join     success  09:00:05     2.0 s    1"),
        ("asked at http://127.0.0.1:51234 in 17 ms", "asked at http://127.0.0.1:40443 in 1 ms"),
        ("2026-11-22 23:59:59 (5 s ago)", "2026-03-02 08:00:00 (now)"),
        ("an Airflow of 10.3 s is none", "an Airflow of 10.3 s is none"),
    ],
)
def test_what_the_clock_decided_is_drawn_as_on_one_morning(text: str, drawn: str) -> None:
    assert first_row(text) == drawn


def test_a_wide_character_keeps_its_two_cells() -> None:
    assert [cell.data for cell in seen("表 ok", 6).rows[0]] == ["表", "", " ", "o", "k", " "]


def test_frames_that_look_the_same_are_one() -> None:
    frames = merged([Frame(seen(text), 0.5) for text in ("a", "a", "b", "a")])
    assert [frame.seconds for frame in frames] == [1.0, 0.5, 0.5]
    assert [at(frames, seconds) for seconds in (0, 0.9, 1.0, 1.6, 9)] == [0, 0, 1, 2, 2]


def test_a_film_shows_each_frame_in_its_time() -> None:
    frames = [Frame(seen(text), seconds) for text, seconds in (("a", 1.0), ("a\r\nb", 2.0), ("c", 1.0))]
    drawn = film(frames, "a & b", still=1)
    width = int(ET.fromstring(drawn).attrib["width"])
    steps = re.findall(r"([\d.]+)%\{transform:translateX\((-?\d+)px\)\}", drawn)
    assert [(float(percent), int(left)) for percent, left in steps] == [
        *((0, 0), (25, -width), (75, -2 * width)),
        (100, -2 * width),
    ]
    assert "animation:film 4.00s steps(1,end) infinite" in drawn
    assert f'id="film" transform="translate({-width} 0)"' in drawn


def test_a_row_of_many_frames_is_drawn_once() -> None:
    frames = [Frame(seen(f"first\r\n{text}"), 1.0) for text in "abc"]
    drawn = film(frames, "title", still=0)
    names = [group.attrib["id"] for group in ET.fromstring(drawn).iter(f"{SVG}g") if "id" in group.attrib]
    used = [use.attrib["href"].removeprefix("#") for use in ET.fromstring(drawn).iter(f"{SVG}use")]
    assert (names.count("r0"), used.count("r0"), set(used) <= set(names)) == (1, 3, True)
    assert drawn.count(">first</text>") == 1


def test_the_same_shot_gives_the_same_picture() -> None:
    assert svg(seen("x"), "t") == svg(seen("x"), "t") != svg(seen("y"), "t")
