"""Where names are kept."""

from __future__ import annotations

from pathlib import Path

import platformdirs


def default_folder() -> Path:
    """In the user's cache folder, which ``XDG_CACHE_HOME`` puts elsewhere on Linux."""
    return Path(platformdirs.user_cache_dir("mwaa-shell")) / "names"
