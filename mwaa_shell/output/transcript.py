"""A transcript in a file that the user names: each command as a comment, and its output byte for byte."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from mwaa_shell.errors import UsageError
from mwaa_shell.output.sanitise import sanitise
from mwaa_shell.output.show import mask_secrets_in
from mwaa_shell.paths import append_to
from mwaa_shell.reply_bytes import Body, chunks, joined
from mwaa_shell.result import Result


class Transcript:
    """A file that commands are appended to, created with mode 0600 and open only while a command is added."""

    def __init__(self, path: Path) -> None:
        """Open a transcript. Raises ``UsageError`` for a file that cannot be written."""
        try:
            self.path = path.expanduser().absolute()  # the same wherever the shell goes
            writable = not self.path.exists() or self.path.is_file() or self.path.is_char_device()
        except (OSError, RuntimeError, ValueError) as error:
            raise UsageError(f"{path} is no name for a file ({error})") from None
        if not writable:
            raise UsageError(f"{self.path} is no file to write to")
        self._append(b"")

    def add(self, prompt: str, line: str, result: Result, now: datetime, *, shown: bool) -> None:
        """Add a command and, where it was ``shown``, its output.

        ``prompt`` names the environment, the secrets of ``line`` are masked, ``now`` is aware. Raises ``UsageError``
        where the file cannot be written.
        """
        said = f"{now.isoformat(timespec='seconds')} {prompt}> {line}"
        if result.added:
            said += f" {result.added}"
        output = mask_secrets_in(result.hidden, result).stdout if result.hidden else result.stdout
        output = output if shown else b""
        end = b"\n" if output and not output.endswith(b"\n") else b""
        ended = "" if result.ok else _comment(f"{result.outcome.value}: {result.message}")
        self._append(joined(_comment(said).encode(errors="replace"), output, end + ended.encode(errors="replace")))

    def _append(self, data: Body) -> None:
        try:
            handle = append_to(self.path)
            with os.fdopen(handle, "wb", buffering=0) as file:
                for part in chunks(data):
                    left = memoryview(part)
                    while left:
                        left = left[file.write(left) or 0 :]
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise UsageError(f"{self.path} cannot be written: {reason}") from None


def _comment(text: str) -> str:
    """Every line behind a ``#``, as in the scripts that the shell reads."""
    return "".join(f"# {sanitise(line)}\n" for line in text.split("\n"))
