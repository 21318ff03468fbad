"""What came back from the CLI endpoint: a command's two streams, or a sentence about why there are none. Pure.

JSON with ``stdout`` and ``stderr`` is the result of a command at any HTTP status. AWS documents nothing about other
replies: they are read in the order JSON ``message`` or ``detail``, the title of an HTML page, clipped text.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from typing import NamedTuple

from mwaa_shell.errors import NothingRan, OutcomeUnknown, ShellError
from mwaa_shell.reply_bytes import Body

#: Longest piece of foreign text that a sentence quotes, in characters.
CLIP = 300


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
