"""A SQLite file that several shells share, opened on first use; errors become one sentence.

The file is readable by its owner only, from its creation on. A damaged one is moved aside and a fresh one begun; one
that another shell has moved aside, or that the user has deleted, is noticed before the next use. A file of a later
version of the shell, or of another program, is left alone. Where nothing helps, every call gets what it asked for as
the otherwise.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from mwaa_shell.paths import check_owner, make_folder

if TYPE_CHECKING:
    import sqlite3

T = TypeVar("T")
File = tuple[int, int]  #: device and inode: tells whether a path still leads to the file that was opened

#: Seconds that a call waits for another shell which is writing; once one has waited in vain, hardly any.
PATIENCE, IMPATIENCE = 2.0, 0.05
#: How often a call begins anew because the file is another one now.
TRIES = 4
#: SQLite's primary result codes: for a damaged file, one that is no database, and one that another shell has locked.
DAMAGED, LOCKED = (11, 26), (5, 6)


class Schema(NamedTuple):
    """The tables of a file; ``application`` and ``version`` are in its header."""

    application: int
    version: int
    statements: tuple[str, ...]  #: make them in an empty file


class _ForeignFile(Exception):
    """The file must be left alone; the text is the reason."""


class Database:
    """The SQLite file. Threads use it one at a time; processes share it."""

    def __init__(self, path: Path, tables: Schema) -> None:
        self._named = path
        self.path = Path(os.path.realpath(path))  # SQLite keeps its log beside the file itself, not beside a link
        self.trouble = ""  #: the first thing that went wrong, a sentence
        self._tables = tables
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._file: File | None = None
        self.is_off = False  #: it could not be opened, or was damaged twice
        self._moved = False  # a damaged one was moved aside

    def do(self, work: Callable[[sqlite3.Connection], T], otherwise: T, patience: float = -1) -> T:
        """Return the result of ``work``, or ``otherwise`` if that fails. Never raises.

        A call waits ``patience`` seconds for another thread, without limit if negative.
        """
        if self.is_off:
            return otherwise
        if patience < 0:
            with self._lock:  # a signal cannot come between the taking and the end of it
                return self._done(work, otherwise)
        if not self._lock.acquire(timeout=patience):
            return otherwise
        try:
            return self._done(work, otherwise)
        finally:
            self._lock.release()

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._lock:
            self._close()

    # -- all below: by the thread that holds the lock ----------------------------------------------------------------

    def _done(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        try:
            return self._attempt(work)
        except Exception as error:  # whatever it is, the shell goes on without its history
            self._failed(error)
            return otherwise

    def _attempt(self, work: Callable[[sqlite3.Connection], T]) -> T:
        for _ in range(TRIES - 1):
            try:
                return work(self._ready())
            except Exception as error:
                if _code(error) in DAMAGED and not self._moved:
                    self._move_aside()
                elif self._file == self._file_now():
                    raise
                self._close()  # another shell has taken the file away under our hands
        return work(self._ready())

    def _ready(self) -> sqlite3.Connection:
        if self._connection is not None and self._file != self._file_now():
            self._close()
        if self._connection is None:
            self._connection = self._opened()
        return self._connection

    def _failed(self, error: Exception) -> None:
        if self._connection is None or _code(error) in DAMAGED:
            self.is_off = True
            self._close()
        elif _code(error) in LOCKED:
            with contextlib.suppress(Exception):
                self._connection.execute(f"PRAGMA busy_timeout = {IMPATIENCE * 1000:.0f}")
        self._tell(f"The history in {self.path} cannot be used: {_reason(error)}. Commands are not remembered.")

    def _tell(self, sentence: str) -> None:
        self.trouble = self.trouble or sentence

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):  # a damaged file may not even be closed without a complaint
                connection.close()

    def _file_now(self) -> File | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    # -- opening -----------------------------------------------------------------------------------------------------

    def _opened(self) -> sqlite3.Connection:
        import sqlite3  # loads SQLite: not before the prompt stands

        self._make_private()
        self._file = self._file_now()
        address = f"{self.path.as_uri()}?mode=rw"  # never creates it, and with its own idea of permissions
        connection = sqlite3.connect(address, timeout=PATIENCE, isolation_level=None, check_same_thread=False, uri=True)
        try:
            connection.text_factory = lambda raw: raw.decode(errors="replace")
            self._furnish(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _make_private(self) -> None:
        """Create the folder (0700) and an empty file (0600)."""
        for link in (self._named.parent, self._named):
            check_owner(link)
        make_folder(self.path.parent)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        check_owner(self.path)
        if self.path.stat().st_mode & 0o077:
            self.path.chmod(0o600)

    def _furnish(self, connection: sqlite3.Connection) -> None:
        """Create the tables in an empty file; raise ``_ForeignFile`` if a file has others."""
        connection.execute("BEGIN")  # one look at all of it
        empty = self._is_empty(connection)
        connection.execute("COMMIT")
        if empty:
            connection.execute("BEGIN IMMEDIATE")
            if self._is_empty(connection):  # another shell may have been quicker
                self._make_tables(connection)
            connection.execute("COMMIT")
        # Nobody waits for somebody who writes; what the system has taken outlives the shell, if not a power failure.
        # Another shell may be changing the mode: then it is changed for us too.
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except Exception as error:
            if _code(error) not in LOCKED:
                raise
        connection.execute("PRAGMA synchronous = NORMAL")

    def _make_tables(self, connection: sqlite3.Connection) -> None:
        for statement in self._tables.statements:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {self._tables.application}")
        connection.execute(f"PRAGMA user_version = {self._tables.version}")

    def _is_empty(self, connection: sqlite3.Connection) -> bool:
        """Return whether there are no tables; raise ``_ForeignFile`` for those of others."""
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if (application, version, tables) == (0, 0, 0):
            return True
        if application != self._tables.application:
            raise _ForeignFile("it belongs to another program")
        if version > self._tables.version:
            raise _ForeignFile("a later version of the shell has written it")
        return False

    # -- a damaged file ----------------------------------------------------------------------------------------------

    def _move_aside(self) -> None:
        """Rename the damaged file and its log, unless another shell has just done so."""
        self._close()
        self._moved = True
        with _alone_in(self.path.parent):
            if self._file_now() != self._file:
                return
            aside = self._free_name()
            for suffix in ("-wal", "-shm", ""):  # the file last: whoever misses it begins a fresh one
                with contextlib.suppress(FileNotFoundError):
                    os.replace(f"{self.path}{suffix}", f"{aside}{suffix}")
        self._tell(f"The history was damaged: it is now {aside}, and a fresh one has begun.")

    def _free_name(self) -> Path:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        aside = Path(f"{self.path}.corrupt-{stamp}")
        return aside if not aside.exists() else Path(f"{aside}-{os.urandom(3).hex()}")


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold a lock on a folder, if the file system can lock."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _code(error: Exception) -> int:
    """Return SQLite's primary result code, 0 for any other error."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF if isinstance(code, int) else 0


def _reason(error: Exception) -> str:
    if isinstance(error, ImportError):
        return "this Python has no sqlite3"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)
