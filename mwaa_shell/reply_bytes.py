"""The bytes of a stream: plain ``bytes`` for all but large ones, which are read in parts from where they are.

Whoever takes a ``Body`` slices it for a part, goes through ``chunks`` for all of it, and calls ``bytes`` or ``decode``
only where nothing less will do.
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


class Large(ABC):
    """Bytes that are somewhere else. They do not change, and any thread may read them."""

    @abstractmethod
    def __len__(self) -> int:
        """How many they are."""

    @abstractmethod
    def read(self, start: int, end: int) -> bytes:
        """Those from ``start`` up to ``end``, both within them."""

    def __getitem__(self, part: slice) -> bytes:
        """A part of them, in order."""
        start, end, step = part.indices(len(self))
        if step != 1:
            raise ValueError("bytes that are read in parts are read in order")
        return self.read(start, end) if start < end else b""

    def __bytes__(self) -> bytes:
        return b"".join(chunks(self))

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        """All of them as text."""
        return bytes(self).decode(encoding, errors)

    def endswith(self, end: bytes) -> bool:
        """Whether these are the last ones."""
        return not end or self[-len(end) :] == end


Body = bytes | Large


def chunks(body: Body, size: int = CHUNK) -> Iterator[bytes]:
    """All bytes in order, at most ``size`` at a time."""
    if isinstance(body, bytes) and 0 < len(body) <= size:
        yield body
        return
    for start in range(0, len(body), size):
        yield body[start : start + size]


class Joined(Large):
    """Several one behind the other."""

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
    """The parts one behind the other; plain bytes where they are all plain."""
    plain = [part for part in parts if isinstance(part, bytes)]
    return b"".join(plain) if len(plain) == len(parts) else Joined(*parts)


class Spooled(Large):
    """Bytes in a temporary file that has no name, is nobody else's, and is gone with this."""

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
        """Write more of them, before anybody reads. Raises ``OSError``; what was there before stays."""
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) or 0 :]
        self._size += len(data)


class Spool:
    """Takes the bytes of a stream as they come; those of a long one go to a file."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._in_memory = in_memory
        self._held: list[bytes] = []
        self._size = 0
        self._spooled: Spooled | None = None

    def add(self, data: bytes) -> None:
        """These come next."""
        self._held.append(data)
        self._size += len(data)
        if self._size > self._in_memory:
            self._move()

    def body(self) -> Body:
        """All that came; nothing may come after."""
        return b"".join(self._held) if self._spooled is None else self._spooled

    def _move(self) -> None:
        """Write to the file what is held; without room for files, memory has to do."""
        try:
            self._spooled = self._spooled or Spooled(tempfile.TemporaryFile(buffering=0))
            self._spooled.add(b"".join(self._held))
            self._held = []
        except OSError:
            before = bytes(self._spooled) if self._spooled is not None else b""
            self._held.insert(0, before)
            self._spooled, self._in_memory = None, sys.maxsize
