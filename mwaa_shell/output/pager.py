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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from itertools import chain

from mwaa_shell.output import measure
from mwaa_shell.output.display import DisplayOptions
from mwaa_shell.output.local_program import STOPPED, describe_exit, lend_terminal
from mwaa_shell.prompt_text import is_dumb
from mwaa_shell.streams import Streams

#: Rows for the line with the result and for the next prompt.
OWN_ROWS = 2
#: Characters that are written at once.
SLICE = 32 * 1024
#: Characters that a pipe may hold unread, and more: a pager that has taken so many has shown something.
UNREAD = 256 * 1024

#: Characters that one cell may have, marks and color codes with it, before text is taken for longer than the screen.
PER_CELL = 16
TAB = 8
#: Options of less: one screen leaves at once, colors and the screen stay. The prompt has the lines, and how far down
#: these are where less has read to the end. ``$`` ends the prompt in the variable LESS.
LESS = "-FRX"
PROMPT = r"-Pslines %lt-%lb?L of %L.?pB (%pB\%).  q\: leave  h\: help$"
#: Keeps the two lines above the rows of a table in sight; less before 600 stops at options that it does not have, and
#: the first with it had mistakes in the drawing.
HEADER, HEADER_SINCE = "--header=2", 633
#: The rule below the heading of a table that the shell drew.
RULE = re.compile(r"(?:\x1b\[[\d;]*m)*─[─ ]*(?:\x1b\[[\d;]*m)*")


def put(pieces: Iterable[str], streams: Streams, view: DisplayOptions, *, pager: bool) -> None:
    """Write text to the terminal: directly if it fits, else through the user's pager.

    The taking of pieces ends where the pager is left. Raises ``KeyboardInterrupt`` for Ctrl-C while it writes directly.
    """
    command = pager_command(os.environ) if pager else None
    left = iter(pieces)
    taken, rows = "", view.height - OWN_ROWS
    for piece in left if command else ():
        taken += piece
        if command and (len(taken) > rows * view.width * PER_CELL or rows_of(taken, view.width) > rows):
            environ = pager_environment(os.environ, command, taken)
            _paged(command, environ, _encoded(chain([taken], left)), streams)
            return
    for data in _encoded(chain([taken], left)):
        streams.write_out(data)


def pager_command(environ: Mapping[str, str]) -> list[str] | None:
    """Return the pager and its arguments: ``PAGER``, else less if it is installed.

    ``None`` for no pager: ``PAGER`` is empty, or it is not set and the terminal cannot place the cursor.
    """
    wanted = environ.get("PAGER")
    if wanted is None:
        return None if is_dumb(environ) or not shutil.which("less", path=environ.get("PATH")) else ["less"]
    try:
        words = shlex.split(wanted)
    except ValueError:  # a quote is open: no program has that name
        words = [wanted]
    return [os.path.expanduser(words[0]), *words[1:]] if words else None


def pager_environment(environ: Mapping[str, str], command: Sequence[str] = (), text: str = "") -> dict[str, str]:
    """Return the environment variables of a pager for a text with this beginning.

    Unless LESS is set, less has a prompt of the shell's, and keeps the header of a table in sight where it can. Unless
    LESSSECURE is set, less neither writes files nor starts programs: the next command, typed while output arrives,
    reaches less as keys, of which ``s``, ``|`` and ``!`` do so.
    """
    first_lines = text[:SLICE].split("\n", 2)
    is_table = len(first_lines) > 2 and RULE.fullmatch(first_lines[1])
    header = is_table and "LESS" not in environ and _less_version(tuple(command)) >= HEADER_SINCE
    options = " ".join([LESS, *([HEADER] if header else []), PROMPT])
    return {"LESS": options, "LESSCHARSET": "utf-8", "LESSSECURE": "1", **environ}


@cache
def _less_version(command: tuple[str, ...]) -> int:
    """Return the version of the less that a command runs; 0 for any other pager."""
    if not command or os.path.basename(command[0]) != "less":
        return 0
    try:
        said = subprocess.run([command[0], "--version"], capture_output=True, timeout=2, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.match(rb"less (\d+)", said)
    return int(found[1]) if found else 0


def _encoded(pieces: Iterable[str]) -> Iterator[bytes]:
    """Yield the pieces as bytes: small ones together, a long one in slices."""
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


def _paged(command: list[str], environ: dict[str, str], left: Iterator[bytes], streams: Streams) -> None:
    """Write to a pager as it reads. If the pager fails early, write to the terminal."""
    streams.stdout.flush()
    given: list[bytes] = []
    size = 0
    with lend_terminal():
        try:
            process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environ)
        except OSError as error:
            reason = f"could not be started: {error.strerror}"
        else:
            assert process.stdin is not None
            with process, suppress(BrokenPipeError), process.stdin as pipe:  # it may be left before it has read all
                for data in left:
                    if size < UNREAD:
                        given.append(data)
                    size += len(data)
                    pipe.write(data)
                    pipe.flush()
            reason = describe_exit(process) if process.returncode and process.returncode not in STOPPED else ""
    if reason and size < UNREAD:
        streams.note(f"The pager {command[0]} {reason}. The output is shown without it.")
        for data in chain(given, left):
            streams.write_out(data)


def rows_of(text: str, width: int) -> int:
    """Return the rows that a text takes on a terminal."""
    lines = text.expandtabs(TAB).removesuffix("\n").split("\n") if text else []
    return sum(-(-measure.width(line) // width) or 1 for line in lines)
