"""Lengths of time, as people write and read them. Pure."""

from __future__ import annotations

import re

from mwaa_shell.errors import UsageError

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def span(seconds: float) -> str:
    """``3.2 s``, ``45 s``, ``1 min 12 s``, ``2 h 5 min``, ``3 d 4 h``."""
    seconds = max(seconds, 0.0)
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for size, unit, below, small in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // below
            return f"{whole // size} {unit}" + (f" {rest} {small}" if rest else "")
    return f"{whole} s"


def read_span(text: str) -> float:
    """The seconds of ``90``, ``90s``, ``30m``, ``2h``, ``1d``; raises ``UsageError``."""
    found = re.fullmatch(r"([0-9]{1,7}(?:\.[0-9]{1,3})?)([smhd]?)", text.strip().lower())
    if found is None or not float(found[1]):
        raise UsageError(f"{text.strip() or 'An empty text'} is no length of time: write 90s, 30m, 2h or 1d")
    return float(found[1]) * UNITS[found[2] or "s"]
