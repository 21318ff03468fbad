"""A small file of rows that nobody else can read, written whole: what is kept of all environments together.

What cannot be read or written is as if nothing had been kept.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from mwaa_shell.paths import make_folder

#: Bytes; a file that is longer is none of ours.
LONGEST = 1_000_000


def rows_of(path: Path) -> Mapping[str, object]:
    """The rows by their keys, whatever state the file is in."""
    try:
        with path.open("rb") as file:
            rows = json.loads(file.read(LONGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return rows if isinstance(rows, dict) else {}


def keep_row(path: Path, key: str, row: object, most: int) -> None:
    """Put a row behind all others, in the place of what had its key; so many are kept, the last ones."""
    rows = dict(rows_of(path))
    if rows.pop(key, None) == row:
        return
    rows[key] = row
    with contextlib.suppress(OSError):
        _write(path, dict(list(rows.items())[-most:]))


def _write(path: Path, rows: Mapping[str, object]) -> None:
    import tempfile

    folder = make_folder(path.parent)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}.", dir=folder)  # 0600 from creation
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(rows, file)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
