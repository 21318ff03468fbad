"""The history on disk: one SQLite file for all environments and shells of a user.

A command is written before it is sent and completed after, so that a shell that is killed leaves an entry that says
``unknown``. Nothing here raises: without a usable file every call answers as if there were no history, and ``trouble``
says why.

Two tables. ``commands`` has a row for each command. ``recent`` has one for each line that was typed (or repeated) in an
environment, under its newest number; triggers keep it, and its indexes answer every key in bounded time.

The file is readable by its owner only, from its creation on. A damaged one is moved aside, and a new one replaces it. A
file of a later version of the shell, or of another program, is left alone.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from mwaa_shell import paths
from mwaa_shell.history.entries import BATCH, CommandOutcome, EnvironmentKey, HistoryEntry, Search
from mwaa_shell.result import Outcome

if TYPE_CHECKING:
    import sqlite3

T = TypeVar("T")

#: Seconds that a call waits for another shell, and that a key waits for another thread of this shell.
PATIENCE, KEY_PATIENCE = 2.0, 0.02
#: SQLite's result codes for a damaged file and for a file of another kind.
DAMAGED = (11, 26)
#: Commands that are kept when a shell that has written ends.
KEPT = 100_000
#: Lines that are searched for a suggestion: the newest, and those with the typed beginning.
NEWEST, ALIKE = 2_000, 1_000
_LAST_CHARACTER = "\U0010ffff"

#: Numbers in the header of the file: the program, and the version of the tables.
APPLICATION, VERSION = 0x6D776173, 1
SCHEMA = (
    """CREATE TABLE commands (
        number INTEGER PRIMARY KEY AUTOINCREMENT, sent REAL, seconds REAL, account TEXT, region TEXT,
        environment TEXT, version TEXT, line TEXT, masked INTEGER, outcome TEXT, http_status INTEGER,
        stdout_bytes INTEGER, stderr_bytes INTEGER, origin TEXT, shell TEXT)""",
    """CREATE TABLE recent (
        environment TEXT, region TEXT, account TEXT, line TEXT, number INTEGER, masked INTEGER,
        PRIMARY KEY (environment, region, account, line)) WITHOUT ROWID""",
    "CREATE INDEX recent_here ON recent (environment, region, account, number, masked)",
    "CREATE INDEX recent_anywhere ON recent (number, masked)",
    "CREATE INDEX recent_alike ON recent (line, number, masked)",
    """CREATE TRIGGER command_typed AFTER INSERT ON commands
    WHEN NEW.origin = 'typed' OR NEW.origin LIKE 'rerun %' BEGIN
        INSERT OR REPLACE INTO recent
        VALUES (NEW.environment, NEW.region, NEW.account, NEW.line, NEW.number, NEW.masked);
    END""",
    """CREATE TRIGGER account_corrected AFTER UPDATE OF account ON commands BEGIN
        UPDATE OR REPLACE recent SET account = NEW.account WHERE number = NEW.number;
    END""",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)
#: The columns in the order of an entry's fields.
_COLUMNS = (
    "sent, account, region, environment, line, version, origin, masked, outcome, seconds, http_status, stdout_bytes,"
    " stderr_bytes, number, shell"
)
_INSERT = f"INSERT INTO commands ({_COLUMNS}) VALUES ({', '.join('?' * len(_COLUMNS.split(',')))})"  # noqa: S608
_FINISH = (
    "UPDATE commands SET outcome = ?, seconds = ?, http_status = ?, stdout_bytes = ?, stderr_bytes = ?,"
    " version = coalesce(nullif(?, ''), version) WHERE number = ? AND shell = ?"
)
_TYPED = "(origin = 'typed' OR origin LIKE 'rerun %')"
_HERE = "environment = ? AND region = ? AND account = ?"
_ANYWHERE = "1"
_ALL = Search()


def default_path() -> Path:
    """Return the path of the history; ``XDG_DATA_HOME`` moves it on Linux."""
    return paths.data_folder() / "history.sqlite"


class _ForeignFile(Exception):
    """A file that the shell must not change; the text is the reason."""


class _File:
    """The SQLite file, opened on first use, for many threads and processes."""

    def __init__(self, path: Path | None) -> None:
        self._given = path
        self.trouble = ""  #: the first reason why commands were not remembered
        self.is_off = False  #: the file cannot be opened, or was damaged twice
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._opened: tuple[int, int] | None = None  # device and inode
        self._was_damaged = False

    @cached_property
    def path(self) -> Path:
        """The real path, not a link: SQLite keeps its log beside the file."""
        return Path(os.path.realpath(self._given or default_path()))

    def _do(self, work: Callable[[sqlite3.Connection], T], otherwise: T, patience: float = -1) -> T:
        """Return the result of ``work``, or ``otherwise`` if that fails. Never raises.

        A call waits ``patience`` seconds for another thread, without limit if negative.
        """
        if self.is_off:
            return otherwise
        if patience < 0:
            with self._lock:  # no signal comes between acquire and release
                return self._try(work, otherwise)
        if not self._lock.acquire(timeout=patience):
            return otherwise
        try:
            return self._try(work, otherwise)
        finally:
            self._lock.release()

    def _try(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        try:
            try:
                return work(self._ready())
            except Exception as error:
                if self._was_damaged or not _is_damage(error):
                    raise
            self._move_aside()
            return work(self._ready())
        except Exception as error:  # the shell continues without a history
            if self._connection is None or _is_damage(error):
                self.is_off = True
                self._close()
            reason = "this Python has no sqlite3" if isinstance(error, ImportError) else str(error)
            reason = getattr(error, "strerror", None) or reason
            self.trouble = self.trouble or (
                f"The history in {self.path} cannot be used: {reason}. Commands are not remembered."
            )
            return otherwise

    def _ready(self) -> sqlite3.Connection:
        """Return a connection to the present file; others may have moved it aside."""
        if self._connection is not None and self._opened != self._identity():
            self._close()
        if self._connection is None:
            self._connection = self._open()
        return self._connection

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _open(self) -> sqlite3.Connection:
        import sqlite3  # loads SQLite: not before the prompt is shown

        named = self._given or default_path()
        for link in (named.parent, named):
            paths.check_owner(link)
        paths.make_folder(self.path.parent)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        paths.check_owner(self.path)
        if self.path.stat().st_mode & 0o077:
            self.path.chmod(0o600)
        self._opened = self._identity()
        address = f"{self.path.as_uri()}?mode=rw"  # rw: SQLite would create it with other permissions
        connection = sqlite3.connect(address, timeout=PATIENCE, isolation_level=None, check_same_thread=False, uri=True)
        try:
            connection.text_factory = lambda raw: raw.decode(errors="replace")
            if _is_empty(connection):
                connection.execute("BEGIN IMMEDIATE")
                for statement in SCHEMA if _is_empty(connection) else ():  # another shell may have made them
                    connection.execute(statement)
                connection.execute("COMMIT")
            with contextlib.suppress(sqlite3.OperationalError):  # another shell may be changing the mode
                connection.execute("PRAGMA journal_mode = WAL")  # readers do not wait for a writer
            connection.execute("PRAGMA synchronous = NORMAL")  # survives a crash, though not a power failure
        except BaseException:
            connection.close()
            raise
        return connection

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):  # even closing a damaged file may fail
                connection.close()

    def _move_aside(self) -> None:
        """Rename the damaged file and its log, unless another shell has just done so."""
        self._close()
        self._was_damaged = True
        if self._identity() != self._opened:
            return
        aside = f"{self.path}.corrupt-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{os.urandom(3).hex()}"
        for suffix in ("-wal", "-shm", ""):  # the file last: a shell without it makes a new one
            with contextlib.suppress(FileNotFoundError):
                os.replace(f"{self.path}{suffix}", f"{aside}{suffix}")
        self.trouble = self.trouble or f"The history was damaged. It is now {aside}, and the shell began a new one."


def _is_empty(connection: sqlite3.Connection) -> bool:
    """Return whether the file has no tables; raise ``_ForeignFile`` for a foreign one."""
    header = "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master) FROM {}, {}"
    application, version, tables = connection.execute(
        header.format("pragma_application_id", "pragma_user_version")  # in one query
    ).fetchone()
    if (application, version, tables) == (0, 0, 0):
        return True
    if application != APPLICATION:
        raise _ForeignFile("it belongs to another program")
    if version > VERSION:
        raise _ForeignFile("a later version of the shell wrote it")
    return False


def _is_damage(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in DAMAGED


class History(_File):
    """The history of all environments, for any thread and several shells."""

    def __init__(self, path: Path | None = None) -> None:
        """Open nothing yet; the default ``path`` is the file of the user."""
        super().__init__(path)
        self.shell = os.urandom(6).hex()  #: the mark of this shell's entries
        self._first: int | None = None  # the first entry of this shell

    def close(self) -> None:
        """Drop the oldest entries if need be, and close the file until the next call."""
        if self._first is not None:
            self._do(_drop_oldest, None)
        with self._lock:
            self._close()

    def __enter__(self) -> History:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # -- writing -----------------------------------------------------------------------------------------------------

    def begin(self, entry: HistoryEntry) -> int | None:
        """Write an entry before its command is sent; return its number or ``None``."""
        *values, _, _ = entry
        row = [*map(_storable, values), None, self.shell]
        number = self._do(lambda connection: connection.execute(_INSERT, row).lastrowid, None)
        self._first = self._first or number
        return number

    def finish(self, number: int | None, ending: CommandOutcome) -> None:
        """Complete an entry of this shell; ``number`` is what ``begin`` returned."""
        if number is not None:
            self._change(_FINISH, [*ending, number, self.shell])

    def correct(self, was: EnvironmentKey, account: str) -> None:
        """Move this shell's entries under ``was`` to the account that AWS has named."""
        if account != was.account:
            self._change(
                f"UPDATE commands SET account = ? WHERE {_HERE} AND shell = ?",  # noqa: S608
                [account, *_key(was), self.shell],
            )

    def _change(self, statement: str, values: Sequence[object]) -> None:
        row = [*map(_storable, values)]
        self._do(lambda connection: connection.execute(statement, row), None)

    # -- reading -----------------------------------------------------------------------------------------------------

    def get(self, number: int) -> HistoryEntry | None:
        """Return the entry with a number."""
        return next(iter(self._entries("number = ?", [number], 1)), None)

    def find(self, search: Search = _ALL, limit: int = 50) -> list[HistoryEntry]:
        """Return the newest entries that a search accepts, newest first."""
        escaped = re.sub(r"[\\%_]", r"\\\g<0>", search.text)
        wanted: list[tuple[bool, str, Sequence[object]]] = [
            (bool(search.text), "line LIKE ? ESCAPE '\\'", [f"%{escaped}%"]),
            (search.where is not None, _HERE, _key(search.where) if search.where else ()),
            (search.failed_only, "outcome <> 'ok'", ()),
            (search.this_shell, "shell = ?", [self.shell]),
            (search.since is not None, "sent >= ?", [search.since]),
            (bool(search.batch), "origin = ?", [f"{BATCH}{search.batch}"]),
        ]
        clauses = [clause for applies, clause, _ in wanted if applies]
        values = [value for applies, _, some in wanted if applies for value in some]
        return self._entries(" AND ".join(clauses) or _ANYWHERE, values, limit)

    def last(self, where: EnvironmentKey, back: int = 1, *, starts: str = "") -> HistoryEntry | None:
        """Return the typed entry some steps back whose line starts with a text.

        Steps go through what was typed in this shell, wherever it was sent, and then through what had been typed in
        this environment before: what other shells have done since is not in the way.
        """
        before = "" if self._first is None else "number < ? AND "
        clauses = [_TYPED, f"(shell = ? OR {before}{_HERE})"]
        values: list[object] = [self.shell, *([self._first] if before else []), *_key(where)]
        if starts:
            clauses.append("substr(line, 1, length(?)) = ?")
            values += [starts, starts]
        return next(iter(self._entries(" AND ".join(clauses), values, 1, back - 1)), None) if back > 0 else None

    def past(self, where: EnvironmentKey, batch: HistoryEntry | None = None) -> EnvironmentLookup:
        """Return the lookup for expansion, with the command of the last batch."""
        return EnvironmentLookup(self, where, batch)

    def lines(self, where: EnvironmentKey, limit: int = 1_000) -> list[str]:
        """Return distinct typed lines, newest first, those of this environment first."""
        query = "SELECT line FROM recent WHERE {} ORDER BY number DESC LIMIT ?"

        def read(connection: sqlite3.Connection) -> list[str]:
            found = dict.fromkeys(line for (line,) in connection.execute(query.format(_HERE), (*_key(where), limit)))
            if len(found) < limit:
                anywhere = connection.execute(query.format(_ANYWHERE), (2 * limit,))
                found |= dict.fromkeys(line for (line,) in anywhere)
            return list(found)[:limit]

        return self._do(read, [], KEY_PATIENCE)

    def suggest(self, prefix: str, where: EnvironmentKey) -> str | None:
        """Return the newest typed line without masks that continues a prefix.

        This environment comes first. ``None`` means that no line does, and empty that the file cannot be read now.
        """
        if not prefix.strip():
            return None

        def read(connection: sqlite3.Connection) -> str | None:
            for query, values in _suggestions(str(_storable(prefix)), where):
                for (line,) in connection.execute(query, values):
                    return str(line)
            return None

        unknown: str | None = ""
        return self._do(read, unknown, KEY_PATIENCE)

    def _entries(self, condition: str, values: Sequence[object], limit: int, skip: int = 0) -> list[HistoryEntry]:
        query = f"SELECT {_COLUMNS} FROM commands WHERE {condition} ORDER BY number DESC LIMIT ? OFFSET ?"  # noqa: S608
        row = [*map(_storable, values), limit, skip]
        return self._do(lambda connection: [_entry(*one) for one in connection.execute(query, row)], [])


def _drop_oldest(connection: sqlite3.Connection) -> None:
    """Delete the entries beyond the limit; leave it to another shell that is writing."""
    with contextlib.suppress(connection.OperationalError):
        for table in ("recent", "commands"):
            connection.execute(f"DELETE FROM {table} WHERE number <= (SELECT max(number) - {KEPT} FROM commands)")  # noqa: S608


class EnvironmentLookup(NamedTuple):
    """The entries that expansion at the prompt of an environment refers to."""

    history: History
    where: EnvironmentKey
    batch: HistoryEntry | None

    def get(self, number: int) -> HistoryEntry | None:
        return self.history.get(number)

    def last(self, back: int = 1, *, starts: str = "") -> HistoryEntry | None:
        found, batch = self.history.last(self.where, back, starts=starts), self.batch
        if batch is None or not batch.line.startswith(starts) or (found is not None and found.when > batch.when):
            return found
        newer = self.history.last(self.where, back - 1, starts=starts)
        return batch if back == 1 or (newer is not None and newer.when > batch.when) else newer


def _suggestions(prefix: str, where: EnvironmentKey) -> Iterator[tuple[str, Sequence[object]]]:
    """Yield queries to run until one has a row. Each reads a bounded number of rows."""
    for clause, key in ((_HERE, _key(where)), (_ANYWHERE, ())):
        newest = f"SELECT line, number, masked FROM recent WHERE {clause} ORDER BY number DESC LIMIT {NEWEST}"  # noqa: S608
        yield (
            f"SELECT line FROM ({newest}) WHERE substr(line, 1, ?) = ? AND line <> ? AND NOT masked LIMIT 1",  # noqa: S608
            [*key, len(prefix), prefix, prefix],
        )
        alike = f"SELECT line, number FROM recent WHERE {clause} AND line > ? AND line < ? AND NOT masked LIMIT {ALIKE}"  # noqa: S608
        yield (
            f"SELECT line FROM ({alike}) ORDER BY number DESC LIMIT 1",  # noqa: S608
            [*key, prefix, prefix + _LAST_CHARACTER],
        )


def _entry(*values: Any) -> HistoryEntry:
    entry = HistoryEntry(*values)
    words = {word.value: word for word in Outcome} | {"refused": Outcome.NOT_RUN}  # the word until November 2026
    return entry._replace(masked=bool(entry.masked), outcome=words.get(entry.outcome, Outcome.UNKNOWN))


def _key(where: EnvironmentKey) -> tuple[str, str, str]:
    return where.environment, where.region, where.account


def _storable(value: object) -> object:
    """Return a value for SQLite, with half characters of a terminal replaced."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else value
