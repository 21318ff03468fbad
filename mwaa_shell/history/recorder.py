"""Writes down what is sent, before and after: the one place that knows both a running command and the history.

What goes in shows no secret. A history that cannot be written stops nobody: it says so once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from mwaa_shell.airflow.command_line import ParsedLine
from mwaa_shell.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from mwaa_shell.history.audit_log import AuditLog
    from mwaa_shell.history.entries import Where
    from mwaa_shell.history.store import History
    from mwaa_shell.mwaa.connection import Connection, EnvironmentRef
    from mwaa_shell.mwaa.environment import EnvironmentInfo
    from mwaa_shell.result import Result


class HistoryRecorder:
    """The history of one run of the shell, opened when it is first wanted."""

    def __init__(
        self,
        note: Callable[[str], None] = lambda text: None,
        secret_words: Callable[[], tuple[str, ...]] = tuple,
    ) -> None:
        self._note = note
        self._secret_words = secret_words  # the user's own names of secrets
        self._audit: AuditLog | None = None
        self._told = False
        self._seen: dict[EnvironmentRef, EnvironmentInfo] = {}  # as AWS had told of each when that was last kept
        self._places: dict[EnvironmentRef, Where] = {}  # under which each environment was last written down
        self._opening = threading.Lock()
        self._history: History | None = None

    @property
    def history(self) -> History:
        """What is kept; opened on any thread."""
        from mwaa_shell.history.store import History, default_path

        with self._opening:
            if self._history is None:
                self._history = History(default_path())
            return self._history

    def log_to(self, path: Path | None, *, output: bool = False) -> None:
        """Keep an audit trail in a file from now on, or none; raises ``UsageError`` if it cannot be written.

        With ``output``, also what is printed.
        """
        from mwaa_shell.history.audit_log import AuditLog

        self._audit = AuditLog(path, output=output) if path is not None else None

    @property
    def audits(self) -> bool:
        """Whether there is an audit trail."""
        return self._audit is not None

    def begin(self, link: Connection, line: ParsedLine, origin: str) -> int | None:
        """Write a command down before it is sent; its number, if it could be written."""
        from mwaa_shell.airflow.redaction import MASK, masked
        from mwaa_shell.history.entries import Entry
        from mwaa_shell.names import environment_cache

        covered = masked(line.text, link.grammar, self._secret_words())
        if self._seen.get(link.target) is not link.known:
            environment_cache.of(link)  # so that the next shell knows whose history this is before it asks AWS
            self._seen[link.target] = link.known
        where = self._place(link)
        number = self.history.begin(
            Entry(
                when=time.time(),
                account=where.account,
                region=where.region,
                environment=where.environment,
                line=covered.text.strip(),
                version=str(link.version or ""),
                origin=origin,
                masked=covered.anything or MASK in covered.text,
            )
        )
        self._tell()
        return number

    def finish(self, number: int | None, link: Connection, line: ParsedLine, result: Result) -> None:
        """Write down how it ended, in the history if it has a number there, whatever becomes of the audit trail."""
        try:
            if self._audit is not None:
                self._log(link, line, result)
        finally:
            if number is not None:
                self._finish(number, link, result)

    def _finish(self, number: int, link: Connection, result: Result) -> None:
        from mwaa_shell.history.entries import Ending

        self._place(link)
        self.history.finish(
            number,
            Ending(
                outcome=result.outcome,
                seconds=result.seconds,
                http_status=result.http_status,
                stdout_bytes=len(result.stdout),
                stderr_bytes=len(result.stderr),
                version=str(link.version or ""),
            ),
        )
        self._tell()

    def _place(self, link: Connection) -> Where:
        """Where a command is written down; what this shell wrote under another account goes there too."""
        where = where_of(link)
        before = self._places.get(link.target, where)
        if before.account != where.account:
            self.history.correct(before, where.account)
        self._places[link.target] = where
        return where

    def _log(self, link: Connection, line: ParsedLine, result: Result) -> None:
        from mwaa_shell.airflow.redaction import masked

        assert self._audit is not None
        covered = masked(line.text.strip(), link.grammar, self._secret_words())
        try:
            self._audit.write(link.target.name, covered, result, self._secret_words())
        except UsageError as error:
            self._note(str(error))
            self._audit = None

    def close(self) -> None:
        if self._history is not None:
            self._history.close()

    def news(self) -> str:
        """Why commands are not remembered, or were lost; empty if all is well, or this has been asked for before."""
        if not self.history.trouble or self._told:
            return ""
        self._told = True
        return self.history.trouble

    def _tell(self) -> None:
        news = self.news()
        if news:
            self._note(news)


def where_of(link: Connection) -> Where:
    """The environment as the history knows it: its account as AWS has told, else as it was last seen."""
    from mwaa_shell.history.entries import Where

    if link.known.account:
        return Where(link.known.account, link.region, link.target.name)
    from mwaa_shell.names.environment_cache import recall

    seen = recall(link.target)
    return Where(seen.account, seen.region, link.target.name) if seen else Where("", link.region, link.target.name)
