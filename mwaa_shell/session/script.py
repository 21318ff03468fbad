"""Lines of files, of ``-c``, of standard input and of pasted blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from mwaa_shell.airflow.command_line import logical_lines
from mwaa_shell.errors import UsageError
from mwaa_shell.history import FILE, TYPED

#: Files deep that a file may run files; a file that runs itself fails there.
DEEPEST = 10


class ScriptLine(NamedTuple):
    """One logical line, its place ``FILE:NUMBER`` and its origin for the history."""

    text: str
    where: str = ""
    origin: str = TYPED


def read_script(path: Path) -> str:
    """Return the text of a file; raise ``UsageError`` if it cannot be read."""
    try:
        return path.expanduser().read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        reason = "unknown home folder" if isinstance(error, RuntimeError) else reason
        raise UsageError(f"{path} cannot be read ({reason})") from None


def script_lines(text: Iterable[str], name: str = "", origin: str = TYPED) -> Iterator[ScriptLine]:
    """Yield the logical lines of a text as they arrive, with the name of its file."""
    return (ScriptLine(line, f"{name}:{number}" if name else "", origin) for number, line in logical_lines(text))


def load_script(path: Path) -> list[ScriptLine]:
    """Return the lines of a file; raise ``UsageError`` if it cannot be read."""
    return list(script_lines(read_script(path).split("\n"), str(path), FILE))
