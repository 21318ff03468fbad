"""The text of the prompt from its first drawing, without slow imports."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

#: Which environments are protected by default: names or patterns, with commas.
PROTECTED = "*prod*"

#: Shown on the first prompt until a key is pressed.
PLACEHOLDER = ".help helps, Tab completes, Ctrl-D leaves"
#: Colors for the name of an environment, in the order of their codes.
COLORS = ("red", "green", "yellow", "blue", "magenta", "cyan")


def is_dumb(environ: Mapping[str, str]) -> bool:
    """Return whether the terminal cannot move its cursor or erase. ``TERM`` is unset, ``dumb`` or ``unknown`` there."""
    return environ.get("TERM", "").lower() in ("", "dumb", "unknown")


def is_protected(name: str, patterns: str) -> bool:
    """Return whether a name matches one of several patterns, with commas between."""
    from fnmatch import fnmatchcase  # imports re, which --version does not need

    return any(fnmatchcase(name.lower(), one.strip().lower()) for one in patterns.split(",") if one.strip())


def mark(name: str, *, protected: bool, read_only: bool, color: str = "auto") -> list[tuple[str, str]]:
    """Return the prompt as styles and texts, red for a protected environment."""
    said = [word for word, holds in (("protected", protected), ("read-only", read_only)) if holds]
    warning = [("class:warning", f"[{' '.join(said)}]"), ("", " ")] if said else []
    kind = f".{color}" if color in COLORS else ".protected" if protected else ""
    return [*warning, (f"class:environment{kind}", name), ("class:mark", "> ")]
