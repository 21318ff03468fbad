"""The user's folders on this system, by the platform's own rules: on Linux ``XDG_...`` variables put them elsewhere.

Who has no home, such as a user without a name in a container, gets folders in which nothing can be: what is not there
is not read, and what cannot be written says so.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

APP = "mwaa-shell"
#: A file stands where folders would have to be; the name is the end of a sentence.
NOWHERE = Path(os.devnull) / "HOME-is-not-set"


def cache() -> Path:
    """For what can be made anew."""
    import platformdirs

    return _found(platformdirs.user_cache_dir)


def data() -> Path:
    """For what is kept."""
    import platformdirs

    return _found(platformdirs.user_data_dir)


def config() -> Path:
    """For what the user writes."""
    import platformdirs

    return _found(platformdirs.user_config_dir)


def _found(ask: Callable[[str], str]) -> Path:
    try:
        folder = Path(ask(APP))
    except RuntimeError:  # what older versions return has a ~ in it, which would be made where one works
        return NOWHERE / APP
    return folder if folder.is_absolute() else NOWHERE / APP
