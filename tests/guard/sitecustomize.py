"""No test reaches a real environment: in every Python that a test starts, only loopback connects.

This folder is put first on ``PYTHONPATH`` by ``conftest.py``, so that child processes import this file too.
"""

from __future__ import annotations

import ipaddress
import sys
from typing import Any

LOCAL_NAMES = ("localhost", "ip6-localhost", "")


class ReachedOut(RuntimeError):
    """A test tried to leave this machine."""


def is_local(host: object) -> bool:
    """Whether a host is this machine, by its address or by a name that needs no resolver."""
    text = host.decode("latin-1") if isinstance(host, bytes) else str(host or "")
    if text in LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return text.endswith((".invalid", ".example"))  # reserved names, which never resolve


def guard(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook on connections and look-ups."""
    if event == "socket.connect" and isinstance(arguments[1], tuple) and not is_local(arguments[1][0]):
        raise ReachedOut(f"a test connects to {arguments[1]}")
    if event == "socket.getaddrinfo" and not is_local(arguments[0]):
        raise ReachedOut(f"a test looks up {arguments[0]!r}")


sys.addaudithook(guard)
