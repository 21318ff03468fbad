"""An audit trail: one line of JSON for each command that was sent, in a file that the user names.

What a command printed is left out, and secrets are masked as in the history.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mwaa_shell.errors import UsageError

if TYPE_CHECKING:
    from mwaa_shell.result import Result


class Audit:
    """Appends to one file; several shells may have the same, as a line is written in one piece."""

    def __init__(self, path: Path) -> None:
        """Raises ``UsageError`` for a file that cannot be written; 0600 if it is new."""
        self.path = path.expanduser()
        self._append(b"")

    def write(self, environment: str, line: str, result: Result) -> None:
        """Add a command; ``line`` shows no secret any more. Raises ``UsageError`` if that fails."""
        entry = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "environment": environment,
            "line": line,
            "outcome": result.outcome.value,
            "seconds": round(result.seconds, 3),
            "http_status": result.http_status,
        }
        self._append(json.dumps(entry).encode() + b"\n")

    def _append(self, data: bytes) -> None:
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, data)
            finally:
                os.close(handle)
        except OSError as error:
            raise UsageError(f"The log {self.path} cannot be written: {error.strerror}") from None
