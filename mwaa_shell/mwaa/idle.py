"""How long a kept connection has been idle, also where the machine has slept meanwhile."""

from __future__ import annotations

import time

#: Seconds of silence after which a kept connection is not trusted: gateways drop idle ones after about 60.
IDLE_LIMIT = 40.0

#: What two clocks show: one stands still while the machine sleeps, the other one can be set.
Clocks = tuple[float, float]
NEVER: Clocks = (float("-inf"), float("-inf"))


def clocks() -> Clocks:
    """Return what both clocks show now, in seconds."""
    return time.monotonic(), time.time()


def idle_since(used: Clocks) -> float:
    """Return the most seconds that can have passed since the clocks showed ``used``."""
    return max(abs(now - then) for now, then in zip(clocks(), used, strict=True))
