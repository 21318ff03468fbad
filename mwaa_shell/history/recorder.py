"""The recorder of commands, for the history and the log of ``--log-file``.

Secrets are masked. If the history cannot be written, commands run all the same, and the recorder says so once.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from mwaa_shell import airflow
from mwaa_shell.addresses import MASK
from mwaa_shell.airflow.command_line import ParsedLine, parse
from mwaa_shell.errors import UsageError
from mwaa_shell.history.entries import CommandOutcome, EnvironmentKey, HistoryEntry
from mwaa_shell.history.store import History
from mwaa_shell.mwaa import Connection, EnvironmentRef
from mwaa_shell.names import recall
from mwaa_shell.paths import append_to
from mwaa_shell.result import Result


class HistoryRecorder:
    """The history and the audit log of one run of the shell."""

    def __init__(
        self, note: Callable[[str], None] = lambda text: None, secret_words: Callable[[], tuple[str, ...]] = tuple
    ) -> None:
        """Take a function that shows a notice and one for the user's names of secrets."""
        self._note = note
        self._secret_words = secret_words
        self._audit_log: AuditLog | None = None
        self._noted = False
        self._keys: dict[EnvironmentRef, EnvironmentKey] = {}  # the key of the latest entry of each environment
        self.history = History()

    def log_to(self, path: Path | None, *, output: bool = False) -> None:
        """Append an audit log to a file from now on; ``output`` includes the output.

        Raises ``UsageError`` if the file cannot be written.
        """
        self._audit_log = AuditLog(path, output=output) if path is not None else None

    def begin(self, connection: Connection, line: ParsedLine, origin: str) -> int | None:
        """Write a command before it is sent; return its number, or ``None``."""
        masked = airflow.secrets.redaction.mask_line(line.text, connection.grammar, self._secret_words())
        key = self._key_of(connection)
        number = self.history.begin(
            HistoryEntry(
                when=time.time(),
                account=key.account,
                region=key.region,
                environment=key.environment,
                line=masked.text.strip(),
                version=str(connection.version or ""),
                origin=origin,
                masked=MASK in masked.text,
            )
        )
        self._note_trouble()
        return number

    def finish(self, number: int | None, connection: Connection, line: ParsedLine, result: Result) -> None:
        """Write the end of a command to the audit log and the history."""
        try:
            if self._audit_log is not None:
                masked = airflow.secrets.redaction.mask_line(
                    line.text.strip(), connection.grammar, self._secret_words()
                )
                self._audit_log.write(connection.target.name, masked, result, self._secret_words())
        except UsageError as error:
            self._note(str(error))
            self._audit_log = None
        finally:
            if number is not None:
                self._key_of(connection)
                outcome = CommandOutcome(
                    outcome=result.outcome,
                    seconds=result.seconds,
                    http_status=result.http_status,
                    stdout_bytes=len(result.stdout),
                    stderr_bytes=len(result.stderr),
                    version=str(connection.version or ""),
                )
                self.history.finish(number, outcome)
                self._note_trouble()

    def news(self) -> str:
        """Return once why commands are not remembered or were lost; else empty."""
        if not self.history.trouble or self._noted:
            return ""
        self._noted = True
        return self.history.trouble

    def _key_of(self, connection: Connection) -> EnvironmentKey:
        """Return the key of an environment, and correct the account of older entries."""
        key = environment_key(connection)
        before = self._keys.get(connection.target, key)
        if before.account != key.account:
            self.history.correct(before, key.account)
        self._keys[connection.target] = key
        return key

    def _note_trouble(self) -> None:
        news = self.news()
        if news:
            self._note(news)


def environment_key(connection: Connection) -> EnvironmentKey:
    """Return the key of an environment, with its account as far as known.

    AWS has reported the account, now or in the last session. Otherwise it is empty.
    """
    if connection.info.account:
        return EnvironmentKey(connection.info.account, connection.region, connection.target.name)
    identity = recall(connection.target)
    if identity is None:
        return EnvironmentKey("", connection.region, connection.target.name)
    return EnvironmentKey(identity.account, identity.region, connection.target.name)


class AuditLog:
    """The audit log of ``--log-file``: a line of JSON for each sent command.

    Several shells may share the file: a line is written in one piece. Secrets are masked as in the history. Output is
    included only if the user asks for it, and never for commands that may print passwords: the line has the reason.
    """

    def __init__(self, path: Path, *, output: bool = False) -> None:
        """Create a file with mode 0600; raise ``UsageError`` if that fails."""
        self.path = Path(os.path.expanduser(path))  # unchanged if the home folder is unknown
        self._output = output
        self._append(b"")

    def write(
        self, environment: str, line: airflow.secrets.redaction.Masked, result: Result, patterns: Sequence[str] = ()
    ) -> None:
        """Append a command; raise ``UsageError`` if that fails."""
        entry: dict[str, object] = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "environment": environment,
            "line": line.text,
            "outcome": result.outcome.value,
            "seconds": round(result.seconds, 3),
            "http_status": result.http_status,
        }
        if result.message and not result.judged:
            entry |= {"message": result.message, "state": result.state.value, "hint": result.hint}
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
            raise UsageError(
                f"The log {self.path} cannot be written ({error.strerror})", hint="Pass another --log-file."
            ) from None


def _output_of(line: airflow.secrets.redaction.Masked, result: Result, patterns: Sequence[str]) -> dict[str, object]:
    """Return both streams as text, or the reason why they are left out."""
    words = result.words or parse(line.text).values
    if words[:1] == (".send",):
        words = words[1:]
    sent = any(not place.local for place in line.places)  # secrets of a local command were not sent
    reason = airflow.secrets.output.why_not_kept(words, masked=sent)
    if reason:
        return {"output": f"left out: {reason}"}
    texts = {"stdout": result.stdout.decode("utf-8", "replace"), "stderr": result.stderr.decode("utf-8", "replace")}
    return {name: airflow.secrets.output.mask_output(text, patterns) for name, text in texts.items()}
