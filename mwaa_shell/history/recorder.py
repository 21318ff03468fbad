"""The recorder of sent commands: writes each to the history and to the audit log, with secrets masked.

A history that cannot be written stops no command: the recorder tells the user once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from mwaa_shell.airflow.command_line import ParsedLine
from mwaa_shell.errors import UsageError
from mwaa_shell.history.audit_log import AuditLog
from mwaa_shell.history.entries import CommandOutcome, EnvironmentKey, HistoryEntry
from mwaa_shell.history.store import History, default_path
from mwaa_shell.mwaa.connection import Connection, EnvironmentRef
from mwaa_shell.names.cache_files import recall
from mwaa_shell.result import Result


class HistoryRecorder:
    """The history and the audit log of one run of the shell; the history is opened on first use."""

    def __init__(
        self,
        note: Callable[[str], None] = lambda text: None,
        secret_words: Callable[[], tuple[str, ...]] = tuple,
    ) -> None:
        """``note`` shows a notice to the user; ``secret_words`` returns the user's own names of secrets."""
        self._note = note
        self._secret_words = secret_words
        self._audit_log: AuditLog | None = None
        self._noted = False
        self._keys: dict[EnvironmentRef, EnvironmentKey] = {}  # under which each environment was last written down
        self._opening = threading.Lock()
        self._history: History | None = None

    @property
    def history(self) -> History:
        """The history, which any thread may open."""
        with self._opening:
            if self._history is None:
                self._history = History(default_path())
            return self._history

    def log_to(self, path: Path | None, *, output: bool = False) -> None:
        """Append an audit log to a file from now on, or none; with ``output``, include what commands print.

        Raises ``UsageError`` if the file cannot be written.
        """
        self._audit_log = AuditLog(path, output=output) if path is not None else None

    def begin(self, link: Connection, line: ParsedLine, origin: str) -> int | None:
        """Write a command to the history before it is sent; return its number, ``None`` if that failed."""
        from mwaa_shell.airflow.secrets.redaction import (  # reads all words of secrets: not before the prompt
            MASK,
            masked,
        )

        covered = masked(line.text, link.grammar, self._secret_words())
        key = self._key_of(link)
        number = self.history.begin(
            HistoryEntry(
                when=time.time(),
                account=key.account,
                region=key.region,
                environment=key.environment,
                line=covered.text.strip(),
                version=str(link.version or ""),
                origin=origin,
                masked=covered.anything or MASK in covered.text,
            )
        )
        self._note_trouble()
        return number

    def finish(self, number: int | None, link: Connection, line: ParsedLine, result: Result) -> None:
        """Write how a command ended to the audit log and, if it has a number there, to the history."""
        try:
            if self._audit_log is not None:
                self._append_to_log(self._audit_log, link, line, result)
        finally:
            if number is not None:
                self._key_of(link)
                outcome = CommandOutcome(
                    outcome=result.outcome,
                    seconds=result.seconds,
                    http_status=result.http_status,
                    stdout_bytes=len(result.stdout),
                    stderr_bytes=len(result.stderr),
                    version=str(link.version or ""),
                )
                self.history.finish(number, outcome)
                self._note_trouble()

    def close(self) -> None:
        """Close the history."""
        if self._history is not None:
            self._history.close()

    def news(self) -> str:
        """Return why commands are not remembered or were lost; empty if nothing is wrong, and from the second call."""
        if not self.history.trouble or self._noted:
            return ""
        self._noted = True
        return self.history.trouble

    def _key_of(self, link: Connection) -> EnvironmentKey:
        """Return the key of an environment; what this session wrote under another account gets it too."""
        key = environment_key(link)
        before = self._keys.get(link.target, key)
        if before.account != key.account:
            self.history.correct(before, key.account)
        self._keys[link.target] = key
        return key

    def _append_to_log(self, log: AuditLog, link: Connection, line: ParsedLine, result: Result) -> None:
        from mwaa_shell.airflow.secrets.redaction import masked  # reads all words of secrets: not before the prompt

        covered = masked(line.text.strip(), link.grammar, self._secret_words())
        try:
            log.write(link.target.name, covered, result, self._secret_words())
        except UsageError as error:
            self._note(str(error))
            self._audit_log = None

    def _note_trouble(self) -> None:
        news = self.news()
        if news:
            self._note(news)


def environment_key(link: Connection) -> EnvironmentKey:
    """Return the key of an environment: its account is as AWS said, else as the last session kept it, else empty."""
    if link.known.account:
        return EnvironmentKey(link.known.account, link.region, link.target.name)
    identity = recall(link.target)
    if identity is None:
        return EnvironmentKey("", link.region, link.target.name)
    return EnvironmentKey(identity.account, identity.region, link.target.name)
