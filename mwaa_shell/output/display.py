"""Options for the display of an output: the terminal and the settings of the user."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mwaa_shell.preferences import Preferences
    from mwaa_shell.streams import Streams


@dataclass(frozen=True, slots=True)
class DisplayOptions:
    """The screen and the wishes of whoever reads."""

    width: int = 80  #: columns of the terminal
    height: int = 24  #: its rows
    color: bool = False
    format: str = "auto"  #: ``auto``, ``table``, ``vertical``, ``json``, ``yaml``, ``csv`` or ``raw``
    own_tables: bool = True  #: draw tables ourselves; otherwise they stay as Airflow drew them
    reveal: bool = False  #: show passwords that Airflow prints
    zone: tzinfo | None = UTC  #: for dates; ``None`` leaves them as Airflow wrote them
    style: str = "auto"  #: of pygments, by its name; ``auto`` is the shell's own for the background
    theme: str = "auto"  #: the background: ``auto``, ``dark`` or ``light``
    background: str = ""  #: what the terminal says of its colours, as ``COLORFGBG`` has it
    colors: int = 256  #: how many the terminal has: 16, 256 or 16,777,216
    now: datetime | None = None  #: aware; what dates are compared with, ``None`` for no comparison


def view_of(streams: Streams, preferences: Preferences, *, stderr: bool = False) -> DisplayOptions:
    """Return the options for the terminal of this process, at its current size."""
    import shutil  # heavy: imports bz2 and lzma

    width, height = shutil.get_terminal_size()
    return DisplayOptions(
        width=max(width, 20),
        height=max(height, 5),
        color=streams.colored(stderr=stderr),
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
    """Return how many colors a terminal has by its environment variables: 16, 256 or 16,777,216."""
    if environ.get("COLORTERM") in ("truecolor", "24bit"):
        return 1 << 24
    return 256 if "256color" in environ.get("TERM", "") else 16


def zone(name: str) -> tzinfo | None:
    """Return the time zone of a setting; ``None`` leaves dates as Airflow wrote them."""
    if name == "airflow":
        return None
    if name == "utc":
        return UTC
    from zoneinfo import ZoneInfo  # heavy: only a named zone needs it

    return ZoneInfo(name) if name != "local" else _local_zone()


def _local_zone() -> tzinfo:
    """The machine's own zone, with its changes over the year where its name can be found out."""
    try:
        link = os.readlink(LOCAL)
    except OSError:  # a file of its own, or none
        link = ""
    own = _named_zone(os.environ.get("TZ", "").removeprefix(":"), link)
    return own or datetime.now().astimezone().tzinfo or UTC  # the offset of now, for want of the name


LOCAL = "/etc/localtime"


@lru_cache(maxsize=8)
def _named_zone(variable: str, link: str) -> tzinfo | None:
    """The zone that ``TZ`` names, else the one that the machine's own file is a link to."""
    from zoneinfo import ZoneInfo  # heavy: only a named zone needs it

    linked = os.path.realpath(os.path.join(os.path.dirname(LOCAL), link)).partition("/zoneinfo/")[2]
    name = variable or linked
    if not name or Path(name).is_absolute():
        return None
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError, RecursionError):  # an unknown name is a KeyError
        return None
