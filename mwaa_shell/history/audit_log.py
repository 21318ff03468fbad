"""The audit log of ``--log-file``: one line of JSON for each command that was sent.

Secrets are masked as in the history. Output is included only if the user asks for it, and never for commands that may
print passwords: the line then has the reason.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mwaa_shell.airflow.command_line import parse
from mwaa_shell.errors import UsageError
from mwaa_shell.paths import append_to
from mwaa_shell.result import Result

if TYPE_CHECKING:  # imported before the prompt stands, where no line has been masked yet
    from mwaa_shell.airflow.secrets.redaction import Masked


class AuditLog:
    """An audit log in one file, which several shells may share: a line is written in one piece."""

    def __init__(self, path: Path, *, output: bool = False) -> None:
        """Create the file, with 0600, if there is none; raise ``UsageError`` if it cannot be written."""
        self.path = Path(os.path.expanduser(path))  # as it is where nobody knows the folder
        self._output = output
        self._append(b"")

    def write(self, environment: str, line: Masked, result: Result, patterns: Sequence[str] = ()) -> None:
        """Append a command; ``patterns`` are the user's own names of secrets. Raises ``UsageError`` if that fails."""
        entry: dict[str, object] = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "environment": environment,
            "line": line.text,
            "outcome": result.outcome.value,
            "seconds": round(result.seconds, 3),
            "http_status": result.http_status,
        }
        if self._output:
            entry |= _output_of(line, result, patterns)
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


def _output_of(line: Masked, result: Result, patterns: Sequence[str]) -> dict[str, object]:
    """Return both streams as text, or the reason why they are left out."""
    from mwaa_shell.airflow.secrets.output import mask_output, why_not_kept  # not before the prompt stands

    words = result.words or parse(line.text).values
    if words[:1] == (".send",):
        words = words[1:]
    sent = any(not place.local for place in line.places)  # what is local stays on this machine
    reason = why_not_kept(words, masked=sent)
    if reason:
        return {"output": f"left out: {reason}"}
    streams = {"stdout": result.stdout, "stderr": result.stderr}
    return {name: mask_output(data.decode("utf-8", "replace"), patterns) for name, data in streams.items()}
