"""What a prompt says of the environment that it is on, from its very first drawing, and whether its terminal can more
than print; imports nothing that takes time.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

#: Which environments are protected where nobody has said more: names or patterns, with commas.
PROTECTED = "*prod*"

#: What colour the name of an environment can have; the terminal's own shades.
COLOURS = ("red", "green", "yellow", "blue", "magenta", "cyan")


def is_dumb(environ: Mapping[str, str]) -> bool:
    """Whether the terminal cannot move its cursor, erase or colour, or nobody has said what it is."""
    return environ.get("TERM", "").lower() in ("", "dumb", "unknown")


def is_protected(name: str, patterns: str) -> bool:
    """Whether an environment's name fits one of the patterns, which stand behind each other with commas."""
    from fnmatch import fnmatchcase

    return any(fnmatchcase(name.lower(), one.strip().lower()) for one in patterns.split(",") if one.strip())


def mark(name: str, *, protected: bool, read_only: bool, colour: str = "auto") -> list[tuple[str, str]]:
    """The prompt in pieces, each with the name of its style before it; ``auto`` is red where it is protected."""
    said = [word for word, holds in (("protected", protected), ("read-only", read_only)) if holds]
    warning = [("class:warning", f"[{' '.join(said)}]"), ("", " ")] if said else []
    kind = f".{colour}" if colour in COLOURS else ".protected" if protected else ""
    return [*warning, (f"class:environment{kind}", name), ("class:mark", "> ")]
