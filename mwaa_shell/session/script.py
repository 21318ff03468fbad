"""Lines of files, of ``-c``, of standard input and of pasted blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mwaa_shell.airflow.command_line import logical_lines
from mwaa_shell.errors import UsageError
from mwaa_shell.history.entries import FILE, TYPED

#: How many files deep a file may run files: one that runs itself ends here.
DEEPEST = 10


@dataclass(frozen=True, slots=True)
class Line:
    """One logical line, where it stands (``FILE:NUMBER``, or nothing) and where the history says that it came from."""

    text: str
    where: str = ""
    origin: str = TYPED


def read(path: Path) -> str:
    """The text of a file; raises ``UsageError`` for one that cannot be read."""
    try:
        return path.expanduser().read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        reason = "nobody knows that home folder" if isinstance(error, RuntimeError) else reason
        raise UsageError(f"{path} cannot be read: {reason}") from None


def lines_of(text: Iterable[str], name: str = "", origin: str = TYPED) -> Iterator[Line]:
    """The lines of a text as they come, those that go on in the next one joined; ``name`` is the file's."""
    return (Line(line, f"{name}:{number}" if name else "", origin) for number, line in logical_lines(text))


def lines_in(path: Path) -> list[Line]:
    """The lines of a file; raises ``UsageError`` for one that cannot be read."""
    return list(lines_of(read(path).split("\n"), str(path), FILE))
