"""The user's pager, for text that does not fit the terminal.

Text comes in pieces from a generator, so that 50 MB open as fast as a page: first as many as it takes to know that they
do not fit, the rest as the pager reads.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import chain

from mwaa_shell.output import measure
from mwaa_shell.output.local_program import STOPPED, describe_exit, lend_terminal
from mwaa_shell.prompt_text import is_dumb
from mwaa_shell.streams import Streams

#: Rows for the line with the result and for the next prompt.
OWN_ROWS = 2
#: Characters that are written at once.
SLICE = 32 * 1024
#: Characters that a pipe may hold unread, and more: a pager that has taken so many has shown something.
UNREAD = 256 * 1024

#: Characters that one cell may have, marks and colour codes with it, before text is taken for longer than the screen.
PER_CELL = 64
TAB = 8
#: Colour codes, what moves on, and text.
PARTS = re.compile(r"\x1b[^m]*m?|\n|\t|[^\x1b\n\t]+")

#: Pagers that could not be started; none is tried a second time.
_refused: set[tuple[str, ...]] = set()


def put(
    pieces: Iterable[str],
    streams: Streams,
    *,
    height: int,
    width: int,
    pager: bool,
) -> None:
    """Write text to the terminal (standard output): directly where it fits into ``height`` rows and ``width`` columns,
    through the user's pager where it does not and ``pager`` is true.

    The taking of pieces ends where the pager is left. Raises ``KeyboardInterrupt`` for Ctrl-C while it writes directly.
    """
    command = pager_command(os.environ) if pager else None
    left = iter(pieces)
    if command is None or tuple(command) in _refused:
        _directly(left, streams)
        return
    taken: list[str] = []
    rows = ScreenRows(height - OWN_ROWS, width)
    for piece in left:
        taken.append(piece)
        if not rows.fits(piece):
            _paged(command, chain(_encoded(taken), _encoded(left)), streams)  # the first screen does not wait
            return
    _directly(taken, streams)


def pager_command(environ: Mapping[str, str]) -> list[str] | None:
    """Return the pager and its arguments: ``PAGER`` split as a shell does, else less where it is installed.

    ``None`` for no pager: ``PAGER`` is empty, or it is not set and the terminal cannot place the cursor.
    """
    wanted = environ.get("PAGER")
    if wanted is None:
        able = not is_dumb(environ) and _has_less(environ.get("PATH"))
        return ["less"] if able else None
    try:
        words = shlex.split(wanted)
    except ValueError:  # a quote is open: no program has that name, which will be said
        words = [wanted]
    return [os.path.expanduser(words[0]), *words[1:]] if words else None


@cache
def _has_less(path: str | None) -> bool:
    """Whether less is in one of these folders; looked for once, for it is asked at every reply."""
    return shutil.which("less", path=path) is not None


def pager_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables of a pager. Unless LESS is set, less keeps colors and the screen."""
    return {"LESS": "-FRX", "LESSCHARSET": "utf-8", **environ}


def _directly(pieces: Iterable[str], streams: Streams) -> None:
    for data in _encoded(pieces):
        streams.data(data)


def _encoded(pieces: Iterable[str]) -> Iterator[bytes]:
    """The pieces as bytes: small ones together, a long one in slices."""
    held: list[str] = []
    size = 0
    for piece in pieces:
        for start in range(0, len(piece), SLICE):
            held.append(piece[start : start + SLICE])
            size += len(held[-1])
            if size >= SLICE:
                yield "".join(held).encode("utf-8", "replace")
                held, size = [], 0
    if held:
        yield "".join(held).encode("utf-8", "replace")


def _paged(command: list[str], left: Iterator[bytes], streams: Streams) -> None:
    streams.stdout.flush()
    unread: list[bytes] | None = []  # what went into the pipe and may not have come out; ``None`` once it must have
    with lend_terminal():
        try:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=0, env=pager_environment(os.environ))
        except OSError as error:
            reason = f"could not be started: {error.strerror}"
        else:
            unread = _fed(process, left)
            reason = describe_exit(process) if process.returncode and process.returncode not in STOPPED else ""
    if reason and unread is not None:
        _refused.add(tuple(command))
        streams.note(f"The pager {command[0]} {reason}; what does not fit is shown without one")
        for data in chain(unread, left):
            streams.data(data)


def _fed(process: subprocess.Popen[bytes], left: Iterator[bytes]) -> list[bytes] | None:
    """Write to a pager as it reads, and wait for its end; what it may not have read, ``None`` where that is over."""
    given: list[bytes] | None = []
    size = 0
    with process:
        try:
            for data in left:
                if given is not None:
                    given.append(data)
                _write(process, data)
                size += len(data)
                given = given if size < UNREAD else None
        except BrokenPipeError:
            pass  # it has been left
    return given


def _write(process: subprocess.Popen[bytes], data: bytes) -> None:
    assert process.stdin is not None
    view = memoryview(data)
    while view:
        view = view[process.stdin.write(view) or 0 :]


class ScreenRows:
    """A count of the rows that pieces of text take on a terminal, up to the rows that there are."""

    def __init__(self, rows: int, width: int) -> None:
        self._most = rows
        self._width = max(width, 1)
        self._left = max(rows, 1) * self._width * PER_CELL  #: characters that are looked at, whatever they are
        self._row = 0  #: rows that are full
        self._column = 0
        self._in_code = False

    def fits(self, piece: str) -> bool:
        """Return whether all text up to and with this piece fits; ``False`` is final."""
        for match in PARTS.finditer(self._behind_code(piece[: self._left])):
            text = match[0]
            if text[0] == "\x1b":  # only colour codes come here, and those end in m
                self._in_code = text[-1] != "m"
            elif text == "\n":
                self._row, self._column = self._row + 1, 0
            elif text == "\t":  # goes no further than the last column
                self._column = min((self._column // TAB + 1) * TAB, self._width - 1)
            elif text.isascii() and text.isprintable():
                self._fill(len(text))
            else:
                for cells in measure.columns(text):
                    self._step(cells)
            if self._row + bool(self._column) > self._most:
                self._left = 0
                return False
        self._left = max(self._left - len(piece), 0)
        return self._left > 0

    def _behind_code(self, piece: str) -> str:
        """The piece without the rest of a code that began in the one before."""
        if not self._in_code:
            return piece
        end = piece.find("m")
        self._in_code = end < 0
        return piece[end + 1 :] if end >= 0 else ""

    def _fill(self, cells: int) -> None:
        """Go on by so many characters of one cell each."""
        full, rest = divmod(self._column + cells - 1, self._width)
        self._row, self._column = self._row + full, rest + 1

    def _step(self, cells: int) -> None:
        """Go on in the row; what does not fit into its rest begins the next one, as a terminal wraps."""
        if self._column + cells > self._width:
            self._row, self._column = self._row + 1, 0
        self._column += min(cells, self._width)
