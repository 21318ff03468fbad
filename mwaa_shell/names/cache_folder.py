"""Where names are kept."""

from __future__ import annotations

from pathlib import Path

from mwaa_shell import user_folders


def default_folder() -> Path:
    """In the user's cache folder, which ``XDG_CACHE_HOME`` puts elsewhere on Linux."""
    return user_folders.cache() / "names"
