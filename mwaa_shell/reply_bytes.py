"""The bytes of an output: plain ``bytes``, or for a large one bytes that are read in parts from a file.

Callers of a ``Body`` slice it for a part and use ``chunks`` for all of it. ``bytes`` and ``decode`` load the whole.
"""

from __future__ import annotations

import os
import sys
import tempfile
import weakref
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import IO

#: Bytes that are kept in memory; what is longer goes to a file.
IN_MEMORY = 4_000_000
#: Bytes that are read at a time.
CHUNK = 1 << 18


class LazyBytes(ABC):
    """Bytes that are not in memory. They do not change, and any thread may read them."""

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of bytes."""

    @abstractmethod
    def read(self, start: int, end: int) -> bytes:
        """Return the bytes from ``start`` up to ``end``, both within the length."""

    def __getitem__(self, part: slice) -> bytes:
        """Return a part of the bytes, in order."""
        start, end, step = part.indices(len(self))
        if step != 1:
            raise ValueError("bytes that are read in parts are read in order")
        return self.read(start, end) if start < end else b""

    def __bytes__(self) -> bytes:
        return b"".join(chunks(self))

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """Return all bytes as text."""
        return bytes(self).decode(encoding, errors)

    def endswith(self, end: bytes) -> bool:
        """Return whether the bytes end in ``end``."""
        return not end or self[-len(end) :] == end


Body = bytes | LazyBytes


def chunks(body: Body, size: int = CHUNK) -> Iterator[bytes]:
    """Yield all bytes in order, at most ``size`` at a time."""
    if isinstance(body, bytes) and 0 < len(body) <= size:
        yield body
        return
    for start in range(0, len(body), size):
        yield body[start : start + size]


class ConcatBytes(LazyBytes):
    """Several bodies one after the other."""

    def __init__(self, *parts: Body) -> None:
        self._parts = [(part, len(part)) for part in parts]
        self._size = sum(size for _, size in self._parts)

    def __len__(self) -> int:
        return self._size

    def read(self, start: int, end: int) -> bytes:
        made = []
        for part, size in self._parts:
            first, last = max(start, 0), min(end, size)
            if first < last:
                made.append(part[first:last])
            start, end = start - size, end - size
        return b"".join(made)


def joined(*parts: Body) -> Body:
    """Return the parts as one body, as plain bytes where all parts are plain."""
    plain = [part for part in parts if isinstance(part, bytes)]
    return b"".join(plain) if len(plain) == len(parts) else ConcatBytes(*parts)


class FileBytes(LazyBytes):
    """Bytes in a temporary file without a name, which the system removes with this object."""

    def __init__(self, file: IO[bytes]) -> None:
        """``file`` is empty and unbuffered."""
        self._file = file
        weakref.finalize(self, file.close)  # and not by __del__: in a circle of garbage the file may have to go first
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def read(self, start: int, end: int) -> bytes:
        parts = []
        while start < end and (part := os.pread(self._file.fileno(), end - start, start)):
            parts.append(part)
            start += len(part)
        return b"".join(parts)

    def add(self, data: bytes) -> None:
        """Append bytes, before the first read. Raises ``OSError``; the bytes before stay."""
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) or 0 :]
        self._size += len(data)


class SpoolWriter:
    """Collects the bytes of a stream, in memory or for a long one in a file."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._in_memory = in_memory
        self._held: list[bytes] = []
        self._size = 0
        self._spooled: FileBytes | None = None

    def add(self, data: bytes) -> None:
        """Append bytes."""
        self._held.append(data)
        self._size += len(data)
        if self._size > self._in_memory:
            self._move()

    def body(self) -> Body:
        """Return all bytes; no more may be added."""
        return b"".join(self._held) if self._spooled is None else self._spooled

    def _move(self) -> None:
        """Move the bytes in memory to the file; without room for a file they stay in memory."""
        try:
            self._spooled = self._spooled or FileBytes(tempfile.TemporaryFile(buffering=0))
            self._spooled.add(b"".join(self._held))
            self._held = []
        except OSError:
            before = bytes(self._spooled) if self._spooled is not None else b""
            self._held.insert(0, before)
            self._spooled, self._in_memory = None, sys.maxsize
