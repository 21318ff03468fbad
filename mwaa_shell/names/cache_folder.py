"""Where names are kept."""

from __future__ import annotations

from pathlib import Path

from mwaa_shell import paths


def default_folder() -> Path:
    """In the user's cache folder, which ``XDG_CACHE_HOME`` puts elsewhere on Linux."""
    return paths.cache_folder() / "names"
