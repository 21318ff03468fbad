"""Lets prompt_toolkit draw what has been typed before work goes on that takes longer than a key may."""

from __future__ import annotations

import asyncio

#: Seconds until the loop has nothing else to do: then it draws.
SOON = 0.02


async def drawn() -> None:
    """Wait until that is on the screen."""
    await asyncio.sleep(SOON)
