"""The live region on a terminal emulator: it is drawn in its place, and leaves what stood above it alone."""

from __future__ import annotations

import io
import os
import re
import signal
from collections.abc import Iterator

import pyte
import pytest

from mwaa_shell.output.presenter import PlainCanvas
from mwaa_shell.preferences import Preferences
from mwaa_shell.result import Result
from mwaa_shell.streams import Streams
from mwaa_shell.terminal.canvas import Progress, TerminalCanvas, canvas_for, fitting
from tests.terminal.emulator import Screen


class Room:
    """A canvas on an emulator; nobody sits at the keyboard."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, columns: int = 40, rows: int = 8) -> None:
        self.written = io.BytesIO()
        self.screen = Screen(columns, rows, lambda text: None)
        self._stream = pyte.ByteStream(self.screen)
        self.size = (columns, rows)
        monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size(self.size))
        streams = Streams(io.StringIO(), self.written, io.BytesIO(), False, True, False)
        self.canvas = TerminalCanvas(streams, Progress(streams), Preferences())

    def feed(self, data: bytes = b"") -> str:
        """What stands on the screen, with what was written since."""
        self._stream.feed(data + self.written.getvalue())
        self.written.seek(0)
        self.written.truncate()
        return "\n".join(self.screen.row_text(y) for y in range(self.screen.lines)).rstrip("\n")

    def resize(self, columns: int, rows: int) -> None:
        self.size = (columns, rows)
        self.screen.resize(rows, columns)


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    before = signal.getsignal(signal.SIGCONT)
    yield Room(monkeypatch)
    signal.signal(signal.SIGCONT, before)


def test_a_picture_takes_the_place_of_the_one_before(room: Room) -> None:
    room.feed(b"above\r\n")
    room.canvas.draw(["one", "two", "three"])
    assert room.feed() == "above\none\ntwo\nthree"
    room.canvas.draw(["1", "2"])
    assert room.feed() == "above\n1\n2"
    room.canvas.draw(["1", "2", "3", "4"])
    assert room.feed() == "above\n1\n2\n3\n4"


def test_the_same_picture_is_not_written_twice(room: Room) -> None:
    room.canvas.draw(["one"])
    room.feed()
    room.canvas.draw(["one"])
    assert room.written.getvalue() == b""


def test_the_cursor_is_hidden_while_it_moves_and_stands_below_the_picture(room: Room) -> None:
    room.canvas.draw(["one"])
    assert room.written.getvalue().startswith(b"\x1b[?25l")
    room.feed()
    assert not room.screen.cursor.hidden
    room.canvas.finish(["done"])
    assert room.feed(b"") == "done"
    assert not room.screen.cursor.hidden
    assert (room.screen.cursor.x, room.screen.cursor.y) == (0, 1)


def test_picture_begins_at_the_bottom_and_scrolls_the_text_above(room: Room) -> None:
    room.feed(b"".join(b"line %d\r\n" % number for number in range(7)))
    room.canvas.draw(["a", "b", "c"])
    room.canvas.draw(["a", "B", "c"])
    assert room.feed() == "line 3\nline 4\nline 5\nline 6\na\nB\nc"
    assert room.screen.scrolled == ["line 0", "line 1", "line 2"]


def test_never_more_rows_than_the_screen_has(room: Room) -> None:
    lines = [f"row {number}" for number in range(30)]
    room.canvas.draw(lines)
    room.canvas.draw([*lines[:5], "changed", *lines[6:]])
    assert room.feed() == "\n".join([*lines[:5], "changed", "… 24 more lines (all are printed at the end)"[:38] + "…"])
    assert room.screen.scrolled == []


def test_the_last_picture_is_whole(room: Room) -> None:
    room.canvas.draw(["row 0", "row 1"])
    lines = [f"row {number}" for number in range(30)]
    room.canvas.finish(lines)
    room.feed()
    assert room.screen.scrolled + [room.screen.row_text(y) for y in range(7)] == lines
    room.canvas.draw(["a new one"])
    assert "row 29\na new one" in room.feed()


def test_no_line_is_wider_than_the_screen(room: Room) -> None:
    room.canvas.draw(["x" * 100, "\x1b[31m" + "漢" * 30 + "\x1b[0m", "end"])
    room.canvas.draw(["y" * 100, "\x1b[31m" + "漢" * 30 + "\x1b[0m", "end"])
    assert room.feed() == "y" * 38 + "…\n" + "漢" * 19 + "…\nend"


def test_a_long_line_of_the_last_picture_is_not_cut_off(room: Room) -> None:
    room.canvas.draw(["short"])
    room.canvas.finish(["x" * 100, "y" * 40, "end"])
    assert room.feed() == "\n".join(["x" * 40, "x" * 40, "x" * 20, "y" * 40, "end"])


def test_a_long_line_of_the_last_picture_leaves_nothing_behind_it(room: Room) -> None:
    room.canvas.draw(["short", "z" * 39, "end"])
    room.canvas.finish(["x" * 50, "end"])
    assert room.feed() == "\n".join(["x" * 40, "x" * 10, "end"])


def test_a_picture_begins_below_what_the_shell_wrote_while_it_was_stopped(room: Room) -> None:
    room.canvas.draw(["row 0", "row 1"])
    room.feed()
    signal.raise_signal(signal.SIGCONT)
    room.feed(b"[1]+  Stopped\r\n$ fg\r\n")
    room.canvas.draw(["row 2", "row 3"])
    assert room.feed() == "row 0\nrow 1\n[1]+  Stopped\n$ fg\nrow 2\nrow 3"


@pytest.mark.parametrize("size", [(20, 8), (40, 3), (60, 12), (15, 4)])
def test_a_window_that_changes_its_size(room: Room, size: tuple[int, int]) -> None:
    room.canvas.draw(["x" * 30, "y" * 30, "z" * 30, "end"])
    room.feed()
    room.resize(*size)
    for last in ("end", "END"):
        room.canvas.draw(["x" * 30, "y" * 30, "z" * 30, last])
    shown = room.feed().splitlines()
    assert shown.count("end") == 0
    assert len([line for line in shown if line.startswith("x")]) == 1
    assert len(shown) <= size[1] - 1


def test_only_known_sequences_are_written(room: Room) -> None:
    room.canvas.draw(["a", "b"])
    room.canvas.draw(["b"])
    room.resize(1, 2)
    room.canvas.draw(["b"])
    room.canvas.finish(["b"])
    codes = set(re.findall(rb"\x1b\[[?0-9;]*[A-Za-z]", room.written.getvalue()))
    assert codes <= {b"\x1b[?25l", b"\x1b[?25h", b"\x1b[2A", b"\x1b[1A", b"\x1b[K", b"\x1b[J", b"\x1b[H", b"\x1b[2J"}


def test_which_canvas_is_for_whom(monkeypatch: pytest.MonkeyPatch) -> None:
    def chosen(*, tty: bool) -> object:
        streams = Streams(io.StringIO(), io.BytesIO(), io.BytesIO(), False, tty, False)
        return canvas_for(streams, Progress(streams), Preferences())

    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(chosen(tty=True), TerminalCanvas)
    assert isinstance(chosen(tty=False), PlainCanvas)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(chosen(tty=True), PlainCanvas)


def test_the_plain_one_keeps_data_and_talk_apart() -> None:
    out, err = io.BytesIO(), io.BytesIO()
    streams = Streams(io.StringIO(), out, err, False, False, False)
    plain = PlainCanvas(streams, Preferences())
    plain.draw(["never"])
    plain.notice("round 1")
    plain.write_result(Result(stdout=b"\x1b[31mdata\xff\n", stderr=b"never", words=("version",)))
    plain.finish(["never"])
    plain.bell()
    assert (out.getvalue(), err.getvalue()) == (b"\x1b[31mdata\xff\n", b"mwaa-shell: round 1\n")


def test_how_many_lines_fit() -> None:
    assert fitting(["a", "b"], 2) == ["a", "b"]
    assert fitting(["a", "b", "c"], 2) == ["a", "… 2 more lines (all are printed at the end)"]
    assert len(fitting(["a", "b"], 1)) == 1
