"""The history on disk: all environments and all shells of a user in one SQLite file.

A command is written before it is sent and completed after, so that a shell that is killed leaves an entry that says
``unknown``. Nothing here raises: without a usable file every call answers as if there were no history, and ``trouble``
says why.

Two tables. ``commands`` has a row for each command. ``recent`` has one for each line that was typed (or repeated) in an
environment, under its newest number; triggers keep it, and its indexes answer every key in bounded time.

What is too old is dropped when a shell that has written leaves.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mwaa_shell import paths
from mwaa_shell.history.database import Database, Schema
from mwaa_shell.history.entries import CommandOutcome, EnvironmentKey, HistoryEntry, Search
from mwaa_shell.history.expansion import HistoryLookup
from mwaa_shell.result import Outcome

if TYPE_CHECKING:
    import sqlite3


#: Seconds that a key waits for another thread of this shell.
KEY_PATIENCE = 0.02
#: So many of the newest commands are kept. The oldest go when there are ``SLACK`` more, so many at a time.
KEPT, SLACK, AT_ONCE = 100_000, 1_000, 1_000
#: For a suggestion so many of the newest lines are looked at, and so many of all that begin as typed.
NEWEST, ALIKE = 2_000, 1_000
_LAST_CHARACTER = "\U0010ffff"

SCHEMA = Schema(
    application=0x6D776173,
    version=1,
    statements=(
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
    ),
)
#: The columns in the order of an entry's fields.
_COLUMNS = (
    "sent, account, region, environment, line, version, origin, masked, outcome, seconds, http_status, stdout_bytes,"
    " stderr_bytes, number, shell"
)
_VALUES = attrgetter(*(one.name for one in fields(HistoryEntry)))
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
    """Return the path of the history, in the user's data folder, which ``XDG_DATA_HOME`` moves on Linux."""
    return paths.data_folder() / "history.sqlite"


class History:
    """The history of all environments, for any thread; several shells may share the file."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, SCHEMA)
        self.shell = os.urandom(6).hex()  #: what the entries of this shell are marked with
        self._first: int | None = None  # the first entry of this shell

    @property
    def path(self) -> Path:
        return self._database.path

    @property
    def trouble(self) -> str:
        """The first reason why commands are not remembered or were lost; empty if there is none."""
        return self._database.trouble

    @property
    def is_off(self) -> bool:
        """Whether there is no history at all; ``trouble`` has the reason."""
        return self._database.is_off

    def close(self) -> None:
        """Close the file, after dropping the oldest entries if this shell has written; a later call opens it again."""
        if self._first is not None:
            self._database.do(_drop_oldest, None)
        self._database.close()

    def __enter__(self) -> History:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # -- writing -----------------------------------------------------------------------------------------------------

    def begin(self, entry: HistoryEntry) -> int | None:
        """Write an entry before its command is sent; return its number, ``None`` if that failed."""
        *values, _, _ = _VALUES(entry)
        row = [*map(_storable, values), None, self.shell]
        number = self._database.do(lambda connection: connection.execute(_INSERT, row).lastrowid, None)
        self._first = self._first or number
        return number

    def finish(self, number: int | None, ending: CommandOutcome) -> None:
        """Complete an entry of this shell; ``number`` is what ``begin`` returned."""
        if number is not None:
            self._change(_FINISH, [*ending, number, self.shell])

    def correct(self, was: EnvironmentKey, account: str) -> None:
        """Move the entries that this shell wrote under ``was`` to the account that AWS has named."""
        if account != was.account:
            self._change(
                f"UPDATE commands SET account = ? WHERE {_HERE} AND shell = ?",  # noqa: S608
                [account, *_key(was), self.shell],
            )

    def _change(self, statement: str, values: Sequence[object]) -> None:
        row = [*map(_storable, values)]
        self._database.do(lambda connection: connection.execute(statement, row), None)

    # -- reading -----------------------------------------------------------------------------------------------------

    def get(self, number: int) -> HistoryEntry | None:
        """Return the entry with a number."""
        return next(iter(self._entries("number = ?", [number], 1)), None)

    def find(self, search: Search = _ALL, limit: int = 50) -> list[HistoryEntry]:
        """Return the newest entries that a search accepts, newest first."""
        wanted: list[tuple[bool, str, Sequence[object]]] = [
            (bool(search.text), "line LIKE ? ESCAPE '\\'", [f"%{_escaped(search.text)}%"]),
            (search.where is not None, _HERE, _key(search.where) if search.where else ()),
            (search.failed_only, "outcome <> 'ok'", ()),
            (search.this_shell, "shell = ?", [self.shell]),
            (search.since is not None, "sent >= ?", [search.since]),
        ]
        clauses = [clause for applies, clause, _ in wanted if applies]
        values = [value for applies, _, some in wanted if applies for value in some]
        return self._entries(" AND ".join(clauses) or _ANYWHERE, values, limit)

    def last(self, where: EnvironmentKey, back: int = 1, *, starts: str = "", inside: str = "") -> HistoryEntry | None:
        """Return the typed entry so many steps back whose line starts with one text and contains another.

        Steps go through what was typed in this shell, wherever it was sent, and then through what had been typed in
        this environment before: what other shells have done since is not in the way.
        """
        before = "" if self._first is None else "number < ? AND "
        clauses = [_TYPED, f"(shell = ? OR {before}{_HERE})"]
        values: list[object] = [self.shell, *([self._first] if before else []), *_key(where)]
        for text, clause in ((starts, "substr(line, 1, length(?)) = ?"), (inside, "instr(line, ?) > 0")):
            if text:
                clauses.append(clause)
                values += [text] * clause.count("?")
        return next(iter(self._entries(" AND ".join(clauses), values, 1, back - 1)), None) if back > 0 else None

    def past(self, where: EnvironmentKey) -> HistoryLookup:
        """Return the lookup for expansion at the prompt of an environment."""
        return _EnvironmentLookup(self, where)

    def lines(self, where: EnvironmentKey, limit: int = 1_000) -> list[str]:
        """Return distinct typed lines, newest first: those of this environment, then all others. Some are masked."""
        query = "SELECT line FROM recent WHERE {} ORDER BY number DESC LIMIT ?"

        def read(connection: sqlite3.Connection) -> list[str]:
            found = dict.fromkeys(line for (line,) in connection.execute(query.format(_HERE), (*_key(where), limit)))
            if len(found) < limit:
                anywhere = connection.execute(query.format(_ANYWHERE), (2 * limit,))
                found |= dict.fromkeys(line for (line,) in anywhere)
            return list(found)[:limit]

        return self._database.do(read, [], KEY_PATIENCE)

    def suggest(self, prefix: str, where: EnvironmentKey) -> str | None:
        """Return the newest typed line that continues a prefix, of this environment first, never a masked one.

        ``None`` if there is none, empty if the file cannot be read now.
        """
        if not prefix.strip():
            return None

        def read(connection: sqlite3.Connection) -> str | None:
            for query, values in _suggestions(str(_storable(prefix)), where):
                for (line,) in connection.execute(query, values):
                    return str(line)
            return None

        unknown: str | None = ""
        return self._database.do(read, unknown, KEY_PATIENCE)

    def _entries(self, condition: str, values: Sequence[object], limit: int, skip: int = 0) -> list[HistoryEntry]:
        query = f"SELECT {_COLUMNS} FROM commands WHERE {condition} ORDER BY number DESC LIMIT ? OFFSET ?"  # noqa: S608
        row = [*map(_storable, values), limit, skip]
        return self._database.do(lambda connection: [_entry(*one) for one in connection.execute(query, row)], [])


def _drop_oldest(connection: sqlite3.Connection) -> None:
    """Delete some of the entries beyond the limit; leave it to another shell that is writing."""
    import sqlite3  # loaded by now: the file is open

    ends = "SELECT (SELECT min(number) FROM commands), (SELECT max(number) FROM commands)"
    first, last = connection.execute(ends).fetchone()
    if first is None or last - first < KEPT + SLACK:
        return
    upto = min(last - KEPT, first + AT_ONCE)
    with contextlib.suppress(sqlite3.OperationalError), connection:
        connection.execute("BEGIN IMMEDIATE")
        for table in ("commands", "recent"):
            connection.execute(f"DELETE FROM {table} WHERE number <= ?", [upto])  # noqa: S608


class _EnvironmentLookup(NamedTuple):
    history: History
    where: EnvironmentKey

    def get(self, number: int) -> HistoryEntry | None:
        return self.history.get(number)

    def last(self, back: int = 1, *, starts: str = "", inside: str = "") -> HistoryEntry | None:
        return self.history.last(self.where, back, starts=starts, inside=inside)


def _suggestions(prefix: str, where: EnvironmentKey) -> Iterator[tuple[str, Sequence[object]]]:
    """Yield queries for one line, to be run until one has a row; each reads a bounded number of rows."""
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
    words = {word.value: word for word in Outcome}
    return replace(entry, masked=bool(entry.masked), outcome=words.get(entry.outcome, Outcome.UNKNOWN))


def _key(where: EnvironmentKey) -> tuple[str, str, str]:
    return where.environment, where.region, where.account


def _storable(value: object) -> object:
    """Return a value that SQLite can store: half a character, from a terminal without UTF-8, is replaced."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def _escaped(text: str) -> str:
    """Escape a text for LIKE."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
