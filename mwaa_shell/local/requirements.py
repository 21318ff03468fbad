"""A team's own ``requirements.txt`` for a local environment: how the file is read, and what tells two of them apart.

The file is read as MWAA's are written: nested files, constraints, and paths below ``/usr/local/airflow``, which stand
for the folders of DAGs and plugins. Airflow's own constraints, which MWAA tells teams to name, are the pins of what is
installed. Constraints of the team's own take the place of those pins, as on MWAA.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mwaa_shell.errors import LocalProblem
from mwaa_shell.local.folders import fingerprint

#: Where MWAA puts what a team brings.
ON_MWAA = "/usr/local/airflow"
#: The constraints that Airflow publishes for each version.
OF_AIRFLOW = re.compile(r"https://raw\.githubusercontent\.com/apache/airflow/constraints-")
_INCLUDES, _CONSTRAINS = ("-r", "--requirement"), ("-c", "--constraint")
_COMMENT = re.compile(r"(^|\s)#.*$")


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a file asks for, with the files that it names read in."""

    path: Path  #: of the file; relative paths in it are relative to its folder
    lines: tuple[str, ...]
    constraints: tuple[str, ...] | None = None  #: the team's own; ``None`` where those of Airflow hold
    stamps: tuple[str, ...] = ()  #: of local files and folders that the lines name

    @property
    def key(self) -> str:
        """A mark that changes with what is asked for."""
        said = json.dumps([self.lines, self.constraints, self.stamps])
        return hashlib.sha256(said.encode()).hexdigest()[:12]


def read(path: Path, dags: Path | None, plugins: Path | None) -> Requirements:
    """Read a file; raises ``LocalProblem`` with the reason."""
    path = Path(os.path.expanduser(path)).resolve()
    places = {f"{ON_MWAA}/dags": dags, f"{ON_MWAA}/plugins": plugins}
    known = {place: str(folder) for place, folder in places.items() if folder is not None}
    lines: list[str] = []
    constraints: list[str] | None = None
    for option, value in _read(path, known, ()):
        if option == "constraint" and not OF_AIRFLOW.match(value):
            constraints = [*(constraints or []), value]
        elif option == "line":
            lines.append(value)
    stamps = tuple(stamp for line in lines for stamp in _stamps(line, path.parent))
    return Requirements(path, tuple(lines), None if constraints is None else tuple(constraints), stamps)


def _read(path: Path, known: dict[str, str], above: tuple[Path, ...]) -> Iterator[tuple[str, str]]:
    """Each line, and each constraint: one of a file as a line, one of an address as that."""
    if path in above:
        raise LocalProblem(f"{path} names itself")
    for line in _lines(path, known):
        option, value = _option(line)
        if option not in (*_INCLUDES, *_CONSTRAINS):
            yield "line", line
        elif option in _CONSTRAINS and "://" in value:
            yield "constraint", f"-c {value}" if not OF_AIRFLOW.match(value) else value
        else:
            named = (path.parent / value).resolve()
            kind = "line" if option in _INCLUDES else "constraint"
            yield from ((kind if one == "line" else one, text) for one, text in _read(named, known, (*above, path)))


def _lines(path: Path, known: dict[str, str]) -> list[str]:
    """The lines that say something, those that go on joined, with MWAA's paths replaced by those here."""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise LocalProblem(f"The requirements {path} cannot be read: {why}") from None
    for place, here in known.items():
        text = text.replace(place, here)
    whole = text.replace("\\\r\n", " ").replace("\\\n", " ").splitlines()
    return [line for line in (_COMMENT.sub("", line).strip() for line in whole) if line]


def _option(line: str) -> tuple[str, str]:
    """The option that a line begins with, and its value without quotes; two empty texts where there is none."""
    found = re.match(r"(--[a-z-]+)(?:\s*=\s*|\s+)(.+)|(-[a-z])\s*=?\s*(.+)", line)
    if found is None:
        return "", ""
    return found[1] or found[3], (found[2] or found[4]).strip().strip("'\"")


def _stamps(line: str, folder: Path) -> Iterator[str]:
    """What tells whether a file or a folder that a line names has changed."""
    try:
        words = shlex.split(line)
    except ValueError:
        return
    for word in words:
        path = folder / word.removeprefix("file://")
        if "/" in word and path.is_file():
            yield f"{path.stat().st_size}:{path.stat().st_mtime_ns}"
        elif "/" in word and path.is_dir():
            yield fingerprint(path)
