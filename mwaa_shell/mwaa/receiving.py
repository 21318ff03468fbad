"""How a reply is taken from the wire: a bounded piece after the other, none larger than it was said to be.

Replies are decompressed here and not by urllib3, whose older versions inflate each piece whole: a small reply can be
made to fill the memory.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mwaa_shell.mwaa.reply import HttpReply, clip, is_redirect, unreadable
from mwaa_shell.mwaa.streamed import Gathered

if TYPE_CHECKING:
    import requests

CHUNK = 256 * 1024
MEGABYTE = 1024 * 1024
#: How a gzip file begins.
GZIP = b"\x1f"


class _Unpacked:
    """The pieces of a body, decompressed one bounded piece after the other."""

    def __init__(self, encoding: str) -> None:
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            raise unreadable(f"is compressed as {clip(encoding)}, which was not asked for")
        self._zip = zlib.decompressobj(zlib.MAX_WBITS | 16) if "gzip" in encoding else None
        self.whole = self._zip is None  #: nothing is missing at the end

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """What a piece of the body holds."""
        if self._zip is None:
            yield data
            return
        while data:  # what is held back at the end of a piece comes with the next: the last one ends in a checksum
            if self._zip.eof:  # one gzip file behind the other, or anything else behind the last one
                if not data.startswith(GZIP):
                    return
                self._zip = zlib.decompressobj(zlib.MAX_WBITS | 16)
            try:
                piece = self._zip.decompress(data, CHUNK)
            except zlib.error as error:
                raise unreadable(f"is said to be gzip and is none ({error})") from None
            yield piece
            self.whole = self._zip.eof
            data = self._zip.unused_data if self.whole else self._zip.unconsumed_tail


def whole(response: requests.Response, max_reply: int) -> HttpReply:
    """The reply, if it is no longer than ``max_reply`` MB on the way and when it is decompressed.

    The body of a redirect is left where it is: it says nothing of the command.
    """
    if is_redirect(response.status_code):
        return HttpReply(response.status_code, b"", location=response.headers.get("Location", ""))
    gathered = Gathered()
    size = arrived = 0
    unpacked = _Unpacked(response.headers.get("Content-Encoding", "").strip().lower())
    for data in response.raw.stream(CHUNK, decode_content=False):
        arrived += len(data)
        for chunk in unpacked.pieces(data):
            size += len(chunk)
            if max(size, arrived) > max_reply * MEGABYTE:
                raise unreadable(f"is larger than {max_reply} MB (--max-reply takes more)")
            gathered.add(chunk)
    announced = response.headers.get("Content-Length", "")
    if announced.isdigit() and arrived < int(announced):
        raise unreadable(f"broke off after {arrived} of {announced} bytes")
    if not unpacked.whole and arrived:
        raise unreadable(f"broke off after {arrived} bytes")
    streams, body = gathered.ended()
    return HttpReply(
        response.status_code,
        body,
        response.headers.get("Content-Type", ""),
        response.headers.get("Location", ""),
        streams,
    )
