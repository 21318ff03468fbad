"""Options for the display of an output: the terminal and the settings of the user."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from mwaa_shell.preferences import Preferences
    from mwaa_shell.streams import Streams


@dataclass(frozen=True, slots=True)
class DisplayOptions:
    """The screen's size and colors, and the user's preferences for output."""

    width: int = 80  #: columns of the terminal
    height: int = 24  #: its rows
    color: bool = False
    format: str = "auto"  #: ``auto``, ``table``, ``vertical``, ``json``, ``yaml``, ``csv`` or ``raw``
    own_tables: bool = True  #: draw tables ourselves; otherwise they stay as Airflow drew them
    reveal: bool = False  #: show passwords that Airflow prints
    zone: tzinfo | None = UTC  #: for dates; ``None`` leaves them as Airflow wrote them
    style: str = "auto"  #: of pygments, by its name; ``auto`` is the shell's own for the background
    theme: str = "auto"  #: the background: ``auto``, ``dark`` or ``light``
    background: str = ""  #: the colors of the terminal, from ``COLORFGBG``
    colors: int = 256  #: how many the terminal has: 16, 256 or 16,777,216
    now: datetime | None = None  #: aware, to compare dates with; ``None`` for no comparison


def view_of(streams: Streams, preferences: Preferences) -> DisplayOptions:
    """Return the options for the terminal of this process, at its current size."""
    width, height = shutil.get_terminal_size()
    return DisplayOptions(
        width=max(width, 20),
        height=max(height, 5),
        color=streams.use_color(),
        format=preferences["output"],
        own_tables=preferences["tables"] == "own",
        reveal=preferences["reveal"] == "on",
        zone=zone(preferences["zone"]),
        style=preferences["style"],
        theme=preferences["theme"],
        background=os.environ.get("COLORFGBG", ""),
        colors=terminal_colors(os.environ),
        now=datetime.now(UTC),
    )


def terminal_colors(environ: Mapping[str, str]) -> int:
    """Return the number of colors of a terminal: 16, 256 or 16,777,216."""
    if environ.get("COLORTERM") in ("truecolor", "24bit"):
        return 1 << 24
    return 256 if "256color" in environ.get("TERM", "") else 16


def zone(name: str) -> tzinfo | None:
    """Return the time zone of a setting; ``None`` leaves dates as Airflow wrote them."""
    if name == "airflow":
        return None
    if name == "utc":
        return UTC
    return ZoneInfo(name) if name != "local" else _local_zone()


def _local_zone() -> tzinfo:
    """Return the machine's time zone, or its current offset if the zone has no name."""
    name = os.environ.get("TZ", "").removeprefix(":") or os.path.realpath("/etc/localtime").partition("/zoneinfo/")[2]
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError, RecursionError):  # a name that is unknown, or of hundreds of parts
        return datetime.now().astimezone().tzinfo or UTC
