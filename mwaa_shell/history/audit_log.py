"""An audit trail: one line of JSON for each command that was sent, in a file that the user names.

Secrets are masked as in the history. What a command printed is left out unless the user asks for it; of commands that
may print passwords it always is, and the line says so.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mwaa_shell.errors import UsageError
from mwaa_shell.paths import append_to

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mwaa_shell.airflow.redaction import Masked
    from mwaa_shell.result import Result


class AuditLog:
    """Appends to one file; several shells may have the same, as a line is written in one piece."""

    def __init__(self, path: Path, *, output: bool = False) -> None:
        """Raises ``UsageError`` for a file that cannot be written; 0600 if it is new."""
        self.path = Path(os.path.expanduser(path))  # as it is where nobody knows the folder
        self._output = output
        self._append(b"")

    def write(self, environment: str, line: Masked, result: Result, patterns: Sequence[str] = ()) -> None:
        """Add a command. Raises ``UsageError`` if that fails; ``patterns`` are the user's own names of secrets."""
        entry: dict[str, object] = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "environment": environment,
            "line": line.text,
            "outcome": result.outcome.value,
            "seconds": round(result.seconds, 3),
            "http_status": result.http_status,
        }
        if self._output:
            entry |= _bodies(line, result, patterns)
        self._append(json.dumps(entry).encode() + b"\n")

    def _append(self, data: bytes) -> None:
        try:
            handle = append_to(self.path)
            try:
                os.write(handle, data)
            finally:
                os.close(handle)
        except OSError as error:
            raise UsageError(f"The log {self.path} cannot be written: {error.strerror}; name another") from None


def _bodies(line: Masked, result: Result, patterns: Sequence[str]) -> dict[str, object]:
    """Both streams as text, or why they are left out."""
    from mwaa_shell.airflow.command_line import parse
    from mwaa_shell.airflow.secret_replies import covered, why_not_kept

    words = result.words or parse(line.text).values
    if words[:1] == (".send",):
        words = words[1:]
    sent = any(not place.local for place in line.places)  # what is local stays on this machine
    reason = why_not_kept(words, masked=sent)
    if reason:
        return {"output": f"left out: {reason}"}
    streams = {"stdout": result.stdout, "stderr": result.stderr}
    return {name: covered(data.decode("utf-8", "replace"), patterns) for name, data in streams.items()}
