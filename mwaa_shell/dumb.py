"""Whether a terminal does more than print; on the way to the first prompt, so it imports nothing that takes time."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def is_dumb(environ: Mapping[str, str]) -> bool:
    """Whether the terminal cannot move its cursor, erase or colour, or nobody has said what it is."""
    return environ.get("TERM", "").lower() in ("", "dumb", "unknown")
