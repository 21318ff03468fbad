"""No core file of this process: its memory holds tokens and the keys of AWS."""

from __future__ import annotations

import sys

#: Of Linux's ``prctl``: whether a crash is written down at all, to a file or by a program that the system runs.
PR_SET_DUMPABLE = 4


def prevent() -> None:
    """Disable core files of this process; programs that the shell starts inherit the limit."""
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, most))
    if sys.platform == "linux":  # a system that hands core files to a program does not look at the limit
        import ctypes

        try:
            ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
        except (OSError, AttributeError):
            pass
