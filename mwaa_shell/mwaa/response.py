"""The response of the CLI endpoint: a command's two streams, or an error. Pure.

JSON with ``stdout`` and ``stderr`` is the result of a command at any HTTP status. AWS documents no other responses.
They are read in the order JSON ``message`` or ``detail``, the title of an HTML page, clipped text.

A response is decoded while it arrives, so that a long one is never whole in memory. Only the usual form is decoded so:
a JSON object of ``stdout`` and ``stderr``, in any order and with any white space, whose values are base64 without an
escape. A file keeps the undecoded response for ``.raw --http``.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from typing import NamedTuple

from mwaa_shell.errors import NothingRan, OutcomeUnknown, ShellError, State
from mwaa_shell.result import Body, SpoolWriter

#: Longest piece of foreign text that a sentence quotes, in characters.
CLIP = 300
#: The usual form between its quotes, without the streams; the white space of JSON may surround each part.
_BETWEEN, _NAMES, _BLANKS = [b"{", b":", b",", b":", b"}"], {b"stdout", b"stderr"}, b" \t\r\n"
#: Parts between the quotes of the usual form, and the bytes that a part may have unless it is a stream.
MOST_PARTS, MOST_BETWEEN = 9, 1000


class CommandOutput(NamedTuple):
    """The output of the airflow program, decoded from base64."""

    stdout: Body
    stderr: Body


class HttpResponse(NamedTuple):
    """Status and body, whole and decompressed."""

    status: int
    body: Body
    content_type: str = ""
    location: str = ""
    streams: CommandOutput | None = None  #: of a response that was decoded while it came


def is_redirect(status: int) -> bool:
    """Return whether an HTTP status redirects, or has no body."""
    return 300 <= status < 400


class RequestInfo(NamedTuple):
    """The environment that a response is from, and the form of the request."""

    environment: str = ""
    log: str = ""  #: the CloudWatch log group of its web server
    slash: bool = False  #: whether the path of the request ended in a slash

    @property
    def name(self) -> str:
        """The name of the environment for messages."""
        return self.environment or "the environment"


UNKNOWN_REQUEST = RequestInfo()


class CommandRejected(ShellError):
    """HTTP 400 without a command's streams: the command failed before Airflow printed."""


class Unreachable(NothingRan):
    """No connection to the web server."""


#: HTTP statuses after which the same command may run in a moment.
BUSY = (429, 503)


class _StatusError(NamedTuple):
    """The error for an HTTP status without the output of a command."""

    kind: type[ShellError]
    message: str
    hint: str = ""
    state: State | None = None


_WAIT = "Wait a moment and run the command again."
_SEE_RESPONSE = "See .raw --http, then run .doctor."
_LOG = "See the CloudWatch log group {log}."
_STATUS_ERRORS = {
    400: _StatusError(
        CommandRejected,
        "{name} rejected the command without output (HTTP 400)",
        "Check its arguments with .help COMMAND.",
    ),
    401: _StatusError(NothingRan, "{name} did not accept the token (HTTP 401)", "Run .doctor."),
    403: _StatusError(
        NothingRan,
        "{name} refused the command (HTTP 403)",
        "MWAA blocks some commands: see .help COMMAND. If this one is allowed, run .doctor.",
    ),
    404: _StatusError(
        NothingRan,
        "{name} has no CLI endpoint at {path} (HTTP 404)",
        "Run the command again: the shell will try {other_path}. If that fails, run .doctor.",
    ),
    413: _StatusError(
        NothingRan,
        "The command is too long for {name} (HTTP 413)",
        "Shorten it, for example by storing the JSON in an Airflow variable.",
    ),
    429: _StatusError(NothingRan, "Too many requests to {name} (HTTP 429)", _WAIT),
    503: _StatusError(NothingRan, "The web server of {name} is busy or not ready (HTTP 503)", _WAIT),
    500: _StatusError(OutcomeUnknown, "The web server of {name} failed (HTTP 500)", _LOG),
    502: _StatusError(OutcomeUnknown, "The web server of {name} did not answer its gateway (HTTP 502)", _LOG),
    504: _StatusError(
        OutcomeUnknown,
        "{name} did not answer within MWAA's limit of about 60 seconds (HTTP 504)",
        state=State.MAY_BE_RUNNING,
    ),
}
_REFUSED = _StatusError(NothingRan, "{name} refused the request (HTTP {status})", _SEE_RESPONSE)
#: A phrase of HTTP with a reason, as a local environment blocks what MWAA blocks.
_REASON = re.compile(r"(?:Forbidden|Internal Server Error): (.+)")
_NO_OUTPUT = "The response from {name} is not command output"


def read_output(response: HttpResponse, request: RequestInfo = UNKNOWN_REQUEST) -> CommandOutput:
    """Return the command's streams. Raises the ``ShellError`` for any other response."""
    if response.streams is not None:
        return response.streams
    members = _json_object(bytes(response.body))
    if members is not None and "stdout" in members and "stderr" in members:
        return CommandOutput(_stream(members["stdout"], "stdout"), _stream(members["stderr"], "stderr"))
    words = _message_in(response, members)
    raise _error(response.status, words, request)


def _error(status: int, words: str, request: RequestInfo) -> ShellError:
    """Return the error for a response that is not the output of a command."""
    paths = ("/aws_mwaa/cli/", "/aws_mwaa/cli") if request.slash else ("/aws_mwaa/cli", "/aws_mwaa/cli/")
    meaning = _STATUS_ERRORS.get(status) or (_REFUSED if 400 <= status < 500 else None)
    if meaning is None:
        quoted = f': "{words}"' if words else " (empty)"
        http = "" if status == 200 else f" (HTTP {status})"
        hint = f"A proxy or login page may have answered. {_SEE_RESPONSE}"
        return OutcomeUnknown(f"{_NO_OUTPUT.format(name=request.name)}{http}{quoted}", hint=hint)
    facts = {"name": request.name, "status": status, "log": request.log, "path": paths[0], "other_path": paths[1]}
    reason = _REASON.fullmatch(words)
    hint = "" if meaning.hint is _LOG and not request.log else meaning.hint.format(**facts)
    hint = reason[1] if reason else hint
    return meaning.kind(meaning.message.format(**facts), hint=hint, state=meaning.state, detail=words)


def damaged(how: str) -> OutcomeUnknown:
    """Return the error for a body that is not a whole response."""
    return OutcomeUnknown(f"The response is damaged ({how})", hint="See .raw --http.")


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
        raise damaged(f"no text in {name}")
    try:
        return base64.b64decode(value.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise damaged(f"invalid base64 in {name}") from None


def _message_in(response: HttpResponse, members: dict[str, object] | None) -> str:
    for key in ("message", "Message", "detail", "title"):
        if members is not None and isinstance(members.get(key), str):
            return clip(str(members[key]))
    text = response.body.decode("utf-8", "replace")
    title = re.search(r"<title[^<>]*>([^<]*)</title>", text[:65536], re.IGNORECASE)
    if title:
        return clip(html.unescape(title[1]))
    if re.match(r"\s*<", text):
        return clip(html.unescape(re.sub(r"<[^<>]*>", " ", text[:65536])))
    return clip(text)


def clip(text: str) -> str:
    """Return foreign text on one line, visible, of at most ``CLIP`` characters."""
    words = " ".join("".join(char if char.isprintable() else " " for char in text[: CLIP * 4]).split())
    return words if len(words) <= CLIP else words[: CLIP - 3] + "..."


class ResponseBuffer:
    """A response that arrives in pieces: streams are decoded, long ones go to files."""

    def __init__(self) -> None:
        self._whole = SpoolWriter()
        self._fits = True  # the response may still have the usual form
        self._parts = [b""]  # between the quotes so far; parts of streams stay empty
        self._streams = (SpoolWriter(), SpoolWriter())
        self._letters = b""  # base64 that is not decoded yet: up to a group of four

    def add(self, data: bytes) -> None:
        """Take the next piece."""
        self._whole.add(data)
        first, *others = data.split(b'"') if self._fits else [b""]
        self._take(first)
        for piece in others:
            if self._in_stream:
                self._decode(self._letters, last=True)
                self._letters = b""
            self._parts.append(b"")
            self._take(piece)

    def ended(self) -> tuple[CommandOutput | None, Body]:
        """Return the streams of a response of the usual form, and the undecoded response."""
        whole = self._whole.body()
        names = self._parts[1::4]
        if not self._fits or [one.strip(_BLANKS) for one in self._parts[::2]] != _BETWEEN or set(names) != _NAMES:
            return None, bytes(whole)
        streams = dict(zip(names, (one.body() for one in self._streams), strict=True))
        return CommandOutput(streams[b"stdout"], streams[b"stderr"]), whole

    @property
    def _in_stream(self) -> bool:
        return len(self._parts) in (4, 8)

    def _take(self, piece: bytes) -> None:
        if self._in_stream:
            letters = self._letters + piece
            whole = max(len(letters) - 1, 0) // 4 * 4
            self._decode(letters[:whole], last=False)
            self._letters = letters[whole:]
        else:
            self._parts[-1] += piece
            self._fits = self._fits and len(self._parts) <= MOST_PARTS and len(self._parts[-1]) <= MOST_BETWEEN

    def _decode(self, letters: bytes, *, last: bool) -> None:
        """Decode whole groups of four. Broken base64, and padding before the last group, are not the usual form."""
        try:
            self._streams[len(self._parts) > 4].add(binascii.a2b_base64(letters, strict_mode=True))
        except binascii.Error:
            self._fits = False
        self._fits = self._fits and (last or b"=" not in letters)
