"""Lengths of time as users write and the shell prints them, and idle times."""

from __future__ import annotations

import re
import time

from mwaa_shell.errors import UsageError

#: Seconds to wait for a connection to be made, on both sides.
CONNECT_TIMEOUT = 10.0
#: Seconds to wait for a response: MWAA's gateway gives up at about 60.
READ_TIMEOUT = 75.0
#: MB of the longest response, decompressed.
MAX_RESPONSE = 512
#: Seconds in each unit that users write.
UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
#: Seconds in each unit of a distance, from the largest on; each is used from twice its size on.
DISTANCE_UNITS = ((31_557_600, "y"), (86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def parse_duration(text: str) -> float:
    """Return the seconds of ``90``, ``90s``, ``30m``, ``2h`` or ``1d``. Raises ``UsageError`` for other texts."""
    match = re.fullmatch(r"([0-9]{1,7}(?:\.[0-9]{1,3})?)([smhd]?)", text.strip().lower())
    if match is None or not float(match[1]):
        raise UsageError(f"'{text.strip()}' is not a length of time", hint="Write 90s, 30m, 2h or 1d.")
    return float(match[1]) * UNITS[match[2] or "s"]


def parse_age(text: str) -> float | None:
    """Return the seconds of ``90s``, ``30m``, ``3h``, ``2d`` or ``1w``, or ``None``."""
    match = re.fullmatch(r"([0-9]{1,9})([smhdw])", text.strip().lower())
    return int(match[1]) * UNITS[match[2]] if match else None


def format_duration(seconds: float) -> str:
    """Return ``3.2 s``, ``45 s``, ``1 min 12 s``, ``2 h 5 min`` or ``3 d 4 h``."""
    seconds = max(seconds, 0.0)
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for size, unit, below, small in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // below
            return f"{whole // size} {unit}" + (f" {rest} {small}" if rest else "")
    return f"{whole} s"


def in_seconds(seconds: float) -> str:
    """Return ``1 second``, ``2.5 seconds`` or ``75 seconds``, as a limit is given."""
    return f"{seconds:g} second{'' if seconds == 1 else 's'}"


def format_age(seconds: float) -> str:
    """Return an age, rounded down: ``now``, ``5 min old``, ``3 h old`` or ``2 d old``."""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit} old"
    return "now"


def format_distance(seconds: float) -> str:
    """Return ``3 min ago``, ``in 2 h`` (for negative seconds) or ``now``."""
    size = abs(seconds)
    if size < 1:
        return "now"
    unit, name = next((unit, name) for unit, name in DISTANCE_UNITS if size >= 2 * unit or unit == 1)
    count = int(size // unit)
    return f"{count} {name} ago" if seconds > 0 else f"in {count} {name}"


# -- the idle time of a kept connection, also when the machine has slept meanwhile -------------------------------------

#: Seconds of silence after which a kept connection is not trusted: gateways drop idle ones after about 60.
IDLE_LIMIT = 40.0

#: Seconds of two clocks: one stops while the machine sleeps, a user can set the other.
Clocks = tuple[float, float]
NEVER: Clocks = (float("-inf"), float("-inf"))


def clocks() -> Clocks:
    """Return the time of both clocks, in seconds."""
    return time.monotonic(), time.time()


def idle_since(used: Clocks) -> float:
    """Return the most seconds that can have passed since the clocks showed ``used``."""
    return max(abs(now - then) for now, then in zip(clocks(), used, strict=True))
