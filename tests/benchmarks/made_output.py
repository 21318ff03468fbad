"""Outputs of any size: log lines, JSON in lines or in one line, a table."""

from __future__ import annotations

from tests.benchmarks.output import LOG, RECORD, ROW

KINDS = ("log", "json", "line", "table")


def made(kind: str, size: int) -> bytes:
    """About so many bytes of one kind."""
    unit = {"log": LOG, "json": "    " + RECORD.strip() + "\n", "line": RECORD, "table": ROW}[kind]
    text = unit * (size // len(unit) + 1)
    return f"[{text.rstrip(', ')}]\n".encode() if kind == "line" else text.encode()
