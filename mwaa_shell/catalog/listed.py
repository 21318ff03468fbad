"""The environments of the last listing of each account and region, kept for a shell's completion: names, nothing else.

What cannot be read or written is as if nothing had been listed. Private MWAAs are not reached by their names, and are
not kept.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mwaa_shell.catalog.folder import default_folder
from mwaa_shell.private_files import make_folder
from mwaa_shell.settings import Access

#: So many listings are kept, the last ones.
MOST = 50
#: Bytes; a file that is longer is none of ours.
LONGEST = 1_000_000


def keep(names: Sequence[str], access: Access, region: str) -> None:
    """Keep what was listed with an access, in the place of what was listed with it before."""
    if access.keys is not None:
        return
    key = json.dumps([access.profile or os.environ.get("AWS_PROFILE", ""), region])
    rows = dict(_read())
    if rows.pop(key, None) == list(names):
        return
    rows[key] = list(names)
    with contextlib.suppress(OSError):
        _write(dict(list(rows.items())[-MOST:]))


def listed() -> Iterator[tuple[str, str, str]]:
    """The name, the profile and the region of each environment that was listed, whatever state the file is in."""
    for key, names in _read().items():
        try:
            profile, region = json.loads(key)
        except (ValueError, TypeError, RecursionError):
            continue
        if isinstance(names, list) and isinstance(profile, str) and isinstance(region, str):
            yield from ((name, profile, region) for name in names if isinstance(name, str))


def _file() -> Path:
    return default_folder() / "listed.json"


def _read() -> Mapping[str, object]:
    try:
        with _file().open("rb") as file:
            rows = json.loads(file.read(LONGEST))
    except (OSError, ValueError, RecursionError):
        return {}
    return rows if isinstance(rows, dict) else {}


def _write(rows: Mapping[str, object]) -> None:
    import tempfile

    folder = make_folder(_file().parent)
    handle, name = tempfile.mkstemp(prefix=".listed.", dir=folder)  # 0600 from creation
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(rows, file)
        os.replace(name, _file())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
