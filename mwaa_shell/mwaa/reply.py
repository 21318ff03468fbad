"""The response of the CLI endpoint: a command's two streams, or a sentence about why there are none. Pure.

JSON with ``stdout`` and ``stderr`` is the result of a command at any HTTP status. AWS documents nothing about other
responses: they are read in the order JSON ``message`` or ``detail``, the title of an HTML page, clipped text.

A long response is decoded while it arrives, so that it is never in memory as a whole. One form is decoded so: a JSON
object of ``stdout`` and ``stderr``, in any order and with any white space, whose values are base64 without an escape.
A response of another form is kept as it came.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Iterable
from typing import NamedTuple

from mwaa_shell.errors import NothingRan, OutcomeUnknown, ShellError
from mwaa_shell.reply_bytes import IN_MEMORY, Body, ConcatBytes, LazyBytes, SpoolWriter

#: Longest piece of foreign text that a sentence quotes, in characters.
CLIP = 300
_NAMED = rb'[ \t\n\r]*"(stdout|stderr)"[ \t\n\r]*:[ \t\n\r]*"'
#: What stands before the first stream, between the two and behind the second, up to the quote that begins a value.
_AROUND = (re.compile(rb"[ \t\n\r]*\{" + _NAMED), re.compile(rb'"[ \t\n\r]*,' + _NAMED))
_CLOSING = re.compile(rb'"[ \t\n\r]*\}[ \t\n\r]*')
#: Bytes that may stand there.
MOST_BETWEEN = 1000


class CommandOutput(NamedTuple):
    """What the airflow program wrote, decoded from base64."""

    stdout: Body
    stderr: Body


class HttpReply(NamedTuple):
    """Status and body, whole and decompressed."""

    status: int
    body: Body
    content_type: str = ""
    location: str = ""
    streams: CommandOutput | None = None  #: of a long reply, which was decoded while it came


def is_redirect(status: int) -> bool:
    """Whether an HTTP status says that the answer is elsewhere, or that there is none."""
    return 300 <= status < 400


class RequestInfo(NamedTuple):
    """Whom a reply is from, and how they were asked."""

    environment: str = ""
    log: str = ""  #: where in CloudWatch its web server writes
    slash: bool = False  #: the form of the path that was asked for


#: Where nobody has said whom.
ANYBODY = RequestInfo()


class CommandRejected(ShellError):
    """HTTP 400 without a command's streams: the command failed before Airflow could say anything."""


class Unreachable(NothingRan):
    """No connection to the web server."""


#: What says that nothing ran now, but may in a moment.
BUSY = (429, 503)
#: What an HTTP status says about the command where the reply holds none of its output, and what to do about it.
_STATUS = {
    400: (CommandRejected, "{name} rejected the command", ".help COMMAND tells what its Airflow takes"),
    401: (NothingRan, "{name} did not accept the token, nothing ran", ".doctor shows whose it is, and its way"),
    403: (
        NothingRan,
        "{name} refused: MWAA blocks this command, or did not accept the token; nothing ran",
        ".help COMMAND tells what is blocked, .doctor whose token it is",
    ),
    404: (NothingRan, "{name} has no CLI endpoint at this path, nothing ran", ""),
    413: (NothingRan, "the command is too long for {name}, nothing ran", "shorten it, such as by JSON in a variable"),
    429: (NothingRan, "{name} is asked too often, nothing ran", "wait a moment, then run it again"),
    503: (
        NothingRan,
        "the web server of {name} is busy (it runs about 4 commands at once) or not ready, nothing ran",
        "wait a moment, then run it again",
    ),
    500: (OutcomeUnknown, "the web server of {name} failed: the command may have run, or MWAA does not support it", ""),
    502: (OutcomeUnknown, "the web server of {name} gave no answer to the gateway: the command may have run", ""),
    504: (
        OutcomeUnknown,
        "the gateway of {name} stopped waiting after about 60 seconds: the command may still be running",
        "",
    ),
}
_NO_RESULT = (
    OutcomeUnknown,
    "the reply of {name} is not a command's result, the command may have run",
    ".raw --reply shows it",
)
_REFUSED = (NothingRan, "{name} refused the request, nothing ran", ".raw --reply shows its answer")


def read(reply: HttpReply, asked: RequestInfo = ANYBODY) -> CommandOutput:
    """The command's streams, or raises the sentence that stands for what came instead."""
    if reply.streams is not None:
        return reply.streams
    members = _json_object(bytes(reply.body))
    if members is not None and "stdout" in members and "stderr" in members:
        return CommandOutput(_stream(members["stdout"], "stdout"), _stream(members["stderr"], "stderr"))
    other = _REFUSED if 400 <= reply.status < 500 else _NO_RESULT
    kind, sentence, advice = _STATUS.get(reply.status, other)
    said = _what_it_says(reply, members)
    happened = sentence.format(name=asked.environment or "the environment") + (f" ({said})" if said else "")
    advice = advice or _advice(reply.status, asked)
    raise kind(f"HTTP {reply.status}: {happened}" + (f"; {advice}" if advice else ""))


def unreadable(what: str) -> OutcomeUnknown:
    """The error for a body that cannot be taken for a whole reply."""
    return OutcomeUnknown(f"The reply {what}: the command may have run")


def _advice(status: int, asked: RequestInfo) -> str:
    """What to do, where that depends on whom and how was asked: a 404 may be about the form of the path."""
    if status == 404:
        first, other = ("/aws_mwaa/cli/", "/aws_mwaa/cli") if asked.slash else ("/aws_mwaa/cli", "/aws_mwaa/cli/")
        return f"asked for {first}, the next command asks for {other}; if that fails too: .doctor shows who answers"
    return f"{asked.log} in CloudWatch may tell why" if status in (500, 502) and asked.log else ""


def _json_object(body: bytes) -> dict[str, object] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _stream(value: object, name: str) -> bytes:
    if value is None:
        return b""
    if not isinstance(value, str):
        raise unreadable(f"holds no text as {name}")
    try:
        return base64.b64decode(value.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise unreadable(f"holds broken base64 as {name}") from None


def _what_it_says(reply: HttpReply, members: dict[str, object] | None) -> str:
    for key in ("message", "Message", "detail", "title"):
        if members is not None and isinstance(members.get(key), str):
            return clip(str(members[key]))
    text = reply.body.decode("utf-8", "replace")
    title = re.search(r"<title[^<>]*>([^<]*)</title>", text[:65536], re.IGNORECASE)
    if title:
        return clip(html.unescape(title[1]))
    if re.match(r"\s*<", text):
        return clip(html.unescape(re.sub(r"<[^<>]*>", " ", text[:65536])))
    return clip(text)


def clip(text: str) -> str:
    """Foreign text on one line, without what is not to be seen or turns text around, at most ``CLIP`` characters."""
    words = " ".join("".join(char if char.isprintable() else " " for char in text[: CLIP * 4]).split())
    return words if len(words) <= CLIP else words[: CLIP - 3] + "..."


class Base64Bytes(LazyBytes):
    """The base64 of a stream, which is made when it is read."""

    def __init__(self, stream: Body) -> None:
        self._stream = stream

    def __len__(self) -> int:
        return -(-len(self._stream) // 3) * 4

    def read(self, start: int, end: int) -> bytes:
        group = start // 4
        data = self._stream[group * 3 : -(-end // 4) * 3]
        return binascii.b2a_base64(data, newline=False)[start - group * 4 : end - group * 4]


class StreamReader:
    """Takes the pieces of one reply, however it is cut."""

    def __init__(self) -> None:
        self.fits = True  #: it may still be of the one form
        self._between = [b""]  #: what stood around the streams until now
        self._names: list[str] = []
        self._spools: list[SpoolWriter] = []
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
        if number == len(_AROUND):
            self._between[-1] += data
            self.fits = len(self._between[-1]) <= MOST_BETWEEN
            return b""
        found = _AROUND[number].match(seen)
        if found is None:
            self._between[-1] += data
            self.fits = len(self._between[-1]) < MOST_BETWEEN
            return b""
        rest = data[found.end() - len(self._between[-1]) :]
        self._between[-1] = found[0]
        self._names.append(found[1].decode())
        self._spools.append(SpoolWriter())
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
        if not self.fits or len(found) < len(_AROUND) or not _CLOSING.fullmatch(self._between[-1]):
            return None, bytes(whole)
        return CommandOutput(found["stdout"], found["stderr"]), whole

    def _as_it_came(self, streams: Iterable[Body]) -> ConcatBytes:
        """Made of what stood between the streams and of the streams, which are encoded again."""
        parts: list[Body] = []
        for between, stream in zip(self._between, streams, strict=False):
            parts += [between, Base64Bytes(stream)]
        return ConcatBytes(*parts, *self._between[len(self._spools) :], self._letters, b"".join(self._rest))


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


class ResponseBuffer:
    """A reply as its pieces come: one that is not large stays as it is."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._in_memory = in_memory
        self._held: list[bytes] = []
        self._size = 0
        self._reader: StreamReader | None = None

    def add(self, data: bytes) -> None:
        """The next piece."""
        self._size += len(data)
        if self._reader is not None:
            self._reader.feed(data)
            return
        self._held.append(data)
        if self._size > self._in_memory:
            self._reader = StreamReader()
            held, self._held = self._held, []
            for piece in held:
                self._reader.feed(piece)

    def ended(self) -> tuple[CommandOutput | None, Body]:
        """The streams where they are known already, and the reply as it came."""
        return self._reader.ended() if self._reader is not None else (None, b"".join(self._held))
