"""Held here: text reaches a terminal safe, whole and colored, and no more of it is read than is looked at."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.measure import RESET
from mwaa_shell.output.render import CHUNK, decoded, is_help_the_answer, is_noise_the_answer, readable
from mwaa_shell.output.render import COLORED as BUDGET
from mwaa_shell.output.sanitiser import sanitise_chunks
from tests.output.quiet_terminal import COLORING, shown_on

SAMPLES = Path(__file__).parents[2] / "samples"
COLORED = DisplayOptions(color=True)
CODE = re.compile(r"\x1b\[[0-9;]*m")
LOG = "[2026-11-22T12:56:31.444+0000] {__init__.py:43} INFO - Loaded API auth backend: session\n"
FRAME = '  File "/usr/local/lib/python3.11/site-packages/airflow/cli.py", line 3, in f\n'
#: Lines of every kind, of which text is made.
LINES = [
    '[{"a": 1, "b": null, "c": "x\\"y"}]', "{", '    "a": [', "- dag_id: a", "  owners:", "  - x", "dag | owners",
    "===+===", "", LOG[:-1], "2026-11-22T13:05:49Z [error    ] text [x] a=1", "x.py:1: UserWarning: w",
    "  warnings.warn(",
    "Traceback (most recent call last):", FRAME[:-1], "    g()", "KeyError: 'a'", "airflow dags command error: no",
    "a | success | 2024-01-01T00:00:00+00:00", "usage: airflow dags [-h]", "options:", "  -h, --help  x", "[INFO] said",
    "During handling of the above exception, another exception occurred:", "│ größe │", "\t tab", '"open', "50%\r100%",
    "\x1b]0;t\x07\x1b[31mred", "running",
]  # fmt: skip
TEXT = st.lists(st.sampled_from(LINES), max_size=30).map("\n".join) | st.text(max_size=60)


def cut(text: str, places: list[int]) -> list[str]:
    edges = [0, *sorted(places), len(text)]
    return [text[start:end] for start, end in itertools.pairwise(edges)]


def plain(pieces: Iterator[str]) -> str:
    return CODE.sub("", "".join(pieces))


@settings(deadline=None)
@given(TEXT, st.lists(st.integers(0, 400)))
def test_where_text_is_cut_makes_no_difference(text: str, places: list[int]) -> None:
    whole = "".join(readable([text], DisplayOptions()))
    assert "".join(readable(cut(text, places), DisplayOptions())) == whole
    assert plain(readable(cut(text, places), COLORED)) == whole


@settings(deadline=None)
@given(TEXT, st.sampled_from(["auto", "monokai", "xcode"]), st.sampled_from([16, 256, 1 << 24]))
def test_color_is_all_that_it_adds(text: str, style: str, colors: int) -> None:
    view = DisplayOptions(color=True, style=style, colors=colors)
    assert plain(readable([text], view)) == "".join(readable([text], DisplayOptions()))


@settings(deadline=None)
@given(TEXT)
@example("\x1b[2J\x1b]0;t\x07\n" * 3)
def test_a_terminal_is_only_colored(text: str) -> None:
    shown_on("".join(readable([text], COLORED)), COLORING)
    shown_on("".join(sanitise_chunks([text])))


@settings(deadline=None)
@given(TEXT)
def test_every_piece_begins_and_ends_plain(text: str) -> None:
    for piece in readable([text], COLORED):
        codes = CODE.findall(piece)
        assert not codes or codes[-1] == RESET
        assert all((code == RESET) is bool(place % 2) for place, code in enumerate(codes))


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_recorded_outputs_are_readable(path: Path) -> None:
    for sample in json.loads(path.read_text()).values():
        for text in (sample["stdout"], sample["stderr"]):
            colored = "".join(readable([text], COLORED))
            assert CODE.sub("", colored) == plain(readable(cut(text, list(range(7, len(text), 501))), COLORED))
            assert CODE.sub("", colored) == "".join(readable([text], DisplayOptions()))
            assert "".join(sanitise_chunks([text])) == text


ENDLESS = {
    "log lines": LOG,
    "frames": FRAME,
    "tracebacks": "Traceback (most recent call last):\n" + FRAME * 9 + "KeyError: 'a'\n",
    "help": "  -h, --help  x\noptions:\n",
    "data": "a | b\n",
    "JSON": '    "key": "value",\n',
    "a line": '"key": "value \\"", ',
    "a line of blanks": " " * 100,
    "a line of backslashes": "\\" * 99,
    "a line of escapes": "\x1b[31m\x1b]0;" * 99,
    "characters without any width": "\u200d\u0301" * 99,
}


@pytest.mark.parametrize("kind", ENDLESS)
@pytest.mark.parametrize(
    "start", ["", "Traceback (most recent call last):\n", "usage: airflow\n", LOG, "- a: b\n", '["']
)
def test_nothing_is_waited_for_that_may_never_end(kind: str, start: str) -> None:
    taken = itertools.count()

    def chunks() -> Iterator[str]:
        yield start
        for _ in zip(range(2000), taken, strict=False):
            yield ENDLESS[kind] * (4096 // len(ENDLESS[kind]) + 1)
        raise AssertionError("8 MB were read")

    pieces = readable(chunks(), COLORED)
    shown = 0
    while shown < 200_000:
        shown += len(CODE.sub("", next(pieces)))


def test_what_is_beyond_many_screens_is_plain() -> None:
    colored = list(readable([LOG] * (3 * BUDGET // len(LOG)), COLORED, fold=False))
    assert CODE.search(colored[0])
    shown = 0
    for piece in colored:
        assert (CODE.search(piece) is not None) == (shown < BUDGET - len(LOG))
        shown += len(CODE.sub("", piece))
    assert shown > 2 * BUDGET


def test_the_first_screen_does_not_wait_for_the_rest_of_a_piece() -> None:
    piece = next(readable(['    "key": "value",\n' * 10_000], COLORED))
    assert len(CODE.sub("", piece)) < 10_000


def test_of_a_long_line_the_beginning_is_colored() -> None:
    for line in ("2024-01-01 " * 60_000, '[{"a": [' + '"key", 12, ' * 60_000):
        colored = "".join(readable(cut(f"{line}\n", list(range(0, len(line), 999))), COLORED))
        assert CODE.search(colored[:100])
        assert not CODE.search(colored[-100_000:])


def test_bytes_are_decoded_as_they_are_wanted() -> None:
    data = ("é" * CHUNK).encode() + b"\xff"
    chunks = decoded(data)
    assert len(next(chunks)) == CHUNK // 2
    assert "".join(chunks)[-2:] == "é\ufffd"
    assert list(decoded(b"")) == []


@pytest.mark.parametrize(
    ("line", "noise", "help_"),
    [
        ("tasks test a b 2024-01-01", True, False),
        ("dags test a", True, False),
        ("db clean --dry-run", True, False),
        ("test a b 2024-01-01", True, False),
        ("backfill a", True, False),  # Airflow 1
        ("backfill create --dag-id a", False, False),
        ("dags trigger a", False, False),
        ("tasks list a", False, False),
        ("tasks", False, False),
        ("tasks test --help", True, True),
        ("-h", False, True),
        ("", False, False),
    ],
)
def test_what_a_command_is_run_for(line: str, noise: bool, help_: bool) -> None:
    words = tuple(line.split())
    assert (is_noise_the_answer(words), is_help_the_answer(words)) == (noise, help_)
