"""A long reply while it arrives: its two streams are decoded at once, so that it is never in memory as a whole.

Exactly one form is read here: a JSON object of ``stdout`` and ``stderr``, in any order and with any white space, whose
values are base64 without an escape in them. A reply of any other form is put together as it came,
for ``reply.py`` to read.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable

from mwaa_shell.mwaa.reply import CommandOutput
from mwaa_shell.reply_bytes import IN_MEMORY, Body, Joined, Large, Spool

_NAMED = rb'[ \t\n\r]*"(stdout|stderr)"[ \t\n\r]*:[ \t\n\r]*"'
#: What stands before the first stream, between the two and behind the second, up to the quote that begins a value.
_BETWEEN = (re.compile(rb"[ \t\n\r]*\{" + _NAMED), re.compile(rb'"[ \t\n\r]*,' + _NAMED))
_END = re.compile(rb'"[ \t\n\r]*\}[ \t\n\r]*')
#: Bytes that may stand there.
MOST_BETWEEN = 1000


class Encoded(Large):
    """The base64 of a stream, which is made when it is read."""

    def __init__(self, stream: Body) -> None:
        self._stream = stream

    def __len__(self) -> int:
        return -(-len(self._stream) // 3) * 4

    def read(self, start: int, end: int) -> bytes:
        group = start // 4
        data = self._stream[group * 3 : -(-end // 4) * 3]
        return binascii.b2a_base64(data, newline=False)[start - group * 4 : end - group * 4]


class Reader:
    """Takes the pieces of one reply, however it is cut."""

    def __init__(self) -> None:
        self.fits = True  #: it may still be of the one form
        self._between = [b""]  #: what stood around the streams until now
        self._names: list[str] = []
        self._spools: list[Spool] = []
        self._letters = b""  #: of a group of four that is not whole yet
        self._inside = False  #: a stream, or what stands between
        self._rest: list[bytes] = []  #: what came from where it is not of that form any more

    def feed(self, data: bytes) -> None:
        """The next piece."""
        while data and self.fits:
            data = self._stream(data) if self._inside else self._glue(data)
        if data:
            self._rest.append(data)

    def _glue(self, data: bytes) -> bytes:
        """Take what stands around the streams; the rest."""
        number = len(self._spools)
        seen = self._between[-1] + data[:MOST_BETWEEN]
        if number == len(_BETWEEN):
            self._between[-1] += data
            self.fits = len(self._between[-1]) <= MOST_BETWEEN
            return b""
        found = _BETWEEN[number].match(seen)
        if found is None:
            self._between[-1] += data
            self.fits = len(self._between[-1]) < MOST_BETWEEN
            return b""
        rest = data[found.end() - len(self._between[-1]) :]
        self._between[-1] = found[0]
        self._names.append(found[1].decode())
        self._spools.append(Spool())
        self._inside = True
        return rest

    def _stream(self, data: bytes) -> bytes:
        """Take what belongs to a stream; the rest, which begins with the quote that ends it."""
        end = data.find(b'"')
        letters = self._letters + (data if end < 0 else data[:end])
        # The last group may have padding, and is told to be the last one by what comes behind it.
        made = _decoded(letters) if end >= 0 else _decoded(letters[: _before_last(letters)], padded=False)
        if made is None:
            self.fits = False
            return data
        self._spools[-1].add(made)
        self._letters = b"" if end >= 0 else letters[_before_last(letters) :]
        if end < 0:
            return b""
        self._inside = False
        self._between.append(b"")
        return data[end:]

    def ended(self) -> tuple[CommandOutput | None, Body]:
        """The streams, or nothing where it was of another form; and the reply as it came."""
        streams = [spool.body() for spool in self._spools]
        found = dict(zip(self._names, streams, strict=True))
        whole = self._as_it_came(streams)
        if not self.fits or len(found) < len(_BETWEEN) or not _END.fullmatch(self._between[-1]):
            return None, bytes(whole)
        return CommandOutput(found["stdout"], found["stderr"]), whole

    def _as_it_came(self, streams: Iterable[Body]) -> Joined:
        """Made of what stood between the streams and of the streams, which are encoded again."""
        parts: list[Body] = []
        for between, stream in zip(self._between, streams, strict=False):
            parts += [between, Encoded(stream)]
        return Joined(*parts, *self._between[len(self._spools) :], self._letters, b"".join(self._rest))


def _before_last(letters: bytes) -> int:
    """How many letters are in the groups before the last one, which may not be whole."""
    return max(len(letters) - 1, 0) // 4 * 4


def _decoded(letters: bytes, *, padded: bool = True) -> bytes | None:
    """What whole groups stand for; ``None`` for broken base64, and where it would be encoded in another way."""
    try:
        made = binascii.a2b_base64(letters, strict_mode=True)
    except binascii.Error:
        return None
    over = len(made) % 3
    if not over:
        return made if len(made) * 4 == len(letters) * 3 else None
    alike = padded and letters.endswith(binascii.b2a_base64(made[-over:], newline=False))
    return made if alike else None


class Gathered:
    """A reply as its pieces come: one that is not large stays as it is."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._in_memory = in_memory
        self._held: list[bytes] = []
        self._size = 0
        self._reader: Reader | None = None

    def add(self, data: bytes) -> None:
        """The next piece."""
        self._size += len(data)
        if self._reader is not None:
            self._reader.feed(data)
            return
        self._held.append(data)
        if self._size > self._in_memory:
            self._reader = Reader()
            held, self._held = self._held, []
            for piece in held:
                self._reader.feed(piece)

    def ended(self) -> tuple[CommandOutput | None, Body]:
        """The streams where they are known already, and the reply as it came."""
        return self._reader.ended() if self._reader is not None else (None, b"".join(self._held))
