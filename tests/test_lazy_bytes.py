"""Bytes that are read in parts are the same bytes, wherever they are."""

from __future__ import annotations

import errno
import os
import tempfile
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwaa_shell.result import Body, LazyBytes, SpoolWriter, chunks


def spooled(*pieces: bytes, in_memory: int = 0) -> Body:
    spool = SpoolWriter(in_memory)
    for piece in pieces:
        spool.add(piece)
    return spool.body()


def test_what_is_short_stays_plain() -> None:
    assert spooled(b"one", b"two", in_memory=6) == b"onetwo"


def test_what_is_long_is_in_a_file() -> None:
    body = spooled(b"one", b"two", in_memory=5)
    assert isinstance(body, LazyBytes)
    assert (len(body), bytes(body), body.decode()) == (6, b"onetwo", "onetwo")


@given(st.lists(st.binary(max_size=20), min_size=1), st.integers(0, 30), st.integers(-70, 70), st.integers(-70, 70))
def test_every_part_is_that_of_plain_bytes(pieces: list[bytes], in_memory: int, start: int, end: int) -> None:
    body, plain = spooled(*pieces, in_memory=in_memory), b"".join(pieces)
    assert (bytes(body), len(body), bool(body)) == (plain, len(plain), bool(plain))
    assert (body[start:end], body[start:], body[:end]) == (plain[start:end], plain[start:], plain[:end])
    assert body.endswith(plain[-2:])
    assert not body.endswith(plain + b"x")


@given(st.binary(), st.integers(1, 9), st.booleans())
def test_chunks_are_all_of_the_data(data: bytes, size: int, large: bool) -> None:
    parts = list(chunks(spooled(data) if large else data, size))
    assert b"".join(parts) == data
    assert all(0 < len(part) <= size for part in parts)


def test_only_order_is_read() -> None:
    with pytest.raises(ValueError, match="in order"):
        spooled(b"abc")[::-1]


def test_file_is_private_and_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[IO[bytes]] = []
    make = tempfile.TemporaryFile

    def kept(*args: Any, **more: Any) -> IO[bytes]:
        opened.append(make(*args, **more))
        return opened[0]

    monkeypatch.setattr(tempfile, "TemporaryFile", kept)
    body = spooled(b"abc")
    found = os.fstat(opened[0].fileno())
    assert (found.st_nlink, found.st_mode & 0o077, found.st_size) == (0, 0, 3)
    del body
    assert opened[0].closed


def test_without_room_for_files_memory_has_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **more: Any) -> IO[bytes]:
        raise OSError(errno.ENOSPC, "no room")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert spooled(b"one", b"two") == b"onetwo"


def test_a_disk_that_fills_up_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        """A file that takes three bytes of the second piece, and no more."""

        def __init__(self) -> None:
            self.own = tempfile.TemporaryFile(buffering=0)
            self.left = 6

        def fileno(self) -> int:
            return self.own.fileno()

        def close(self) -> None:
            self.own.close()

        def write(self, data: memoryview) -> int:
            if not self.left:
                raise OSError(errno.ENOSPC, "no room")
            written = self.own.write(data[: self.left])
            self.left -= written
            return written

    full = Full()
    monkeypatch.setattr("mwaa_shell.result.tempfile.TemporaryFile", lambda **more: full)
    assert spooled(b"one", b"second", b"third") == b"onesecondthird"
    assert full.own.closed
