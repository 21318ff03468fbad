"""The environments of the last listing of each account and region, kept for a shell's completion: names, nothing else.

What cannot be read or written is as if nothing had been listed. Private MWAAs are not reached by their names, and are
not kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from mwaa_shell.names.cache_file import keep_row, rows_of
from mwaa_shell.names.cache_folder import default_folder
from mwaa_shell.settings import Access, profile_of_boto3

#: So many listings are kept, the last ones.
MOST = 50


def keep(names: Sequence[str], access: Access, region: str) -> None:
    """Keep what was listed with an access, in the place of what was listed with it before."""
    if access.keys is not None:
        return
    key = json.dumps([profile_of_boto3(access), region])
    keep_row(_file(), key, list(names), MOST)


def listed() -> Iterator[tuple[str, str, str]]:
    """The name, the profile and the region of each environment that was listed, whatever state the file is in."""
    for key, names in rows_of(_file()).items():
        try:
            profile, region = json.loads(key)
        except (ValueError, TypeError, RecursionError):
            continue
        if isinstance(names, list) and isinstance(profile, str) and isinstance(region, str):
            yield from ((name, profile, region) for name in names if isinstance(name, str))


def _file() -> Path:
    return default_folder() / "listed.json"
