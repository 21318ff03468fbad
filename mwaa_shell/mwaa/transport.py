"""The way of a command to the web server: one POST over verified TLS, and the response in bounded pieces.

Connections are kept between commands and given up when they have been idle for long: a gateway drops idle ones after
about 60 seconds, and a command on a dropped one may or may not have arrived. The command is the body of the request.
As long as no byte of the body was asked for, nothing can have run: that decides between ``NothingRan`` and
``OutcomeUnknown`` after a failure. Redirects are never followed here. ``tls_adapter.py`` makes the connections.
"""

from __future__ import annotations

import os
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
import urllib3

from mwaa_shell import debug_log
from mwaa_shell.errors import NothingRan, OutcomeUnknown, ShellError
from mwaa_shell.limits import CONNECT_TIMEOUT, MAX_REPLY
from mwaa_shell.mwaa.idle import IDLE_LIMIT, NEVER, clocks, idle_since
from mwaa_shell.mwaa.reply import HttpReply, ResponseBuffer, Unreachable, clip, is_redirect, unreadable
from mwaa_shell.mwaa.route import Route, hide_credentials, route_of
from mwaa_shell.mwaa.tls_adapter import WebSession, causes, cut, proxy_problem, tls_context
from mwaa_shell.settings import Access

#: Seconds that a connection which is opened ahead is waited for: by itself, and by a command that wants to go over it.
OPEN_TIMEOUT, OPEN_PATIENCE = 5.0, 1.0
#: Bytes that are taken from the wire, or decompressed, at a time.
CHUNK = 256 * 1024
MEGABYTE = 1024 * 1024
#: The first byte of a gzip file.
GZIP = b"\x1f"


class _RequestBody:
    """The command's bytes; asks leave before the first of them goes, and notes that they went."""

    def __init__(self, data: bytes, may_send: Callable[[], bool]) -> None:
        self.data = data
        self.asked = False
        self._may_send = may_send

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[bytes]:
        if not self._may_send():
            raise NothingRan("Given up before the command was sent")
        self.asked = True
        yield self.data


class _Bearer(requests.auth.AuthBase):
    """Sets the token itself: without an auth of its own, requests lets a .netrc file replace the header."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def bundles_for_web(chosen: str | None, aws: str | None, environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The CA bundles for the web server: ``--ca-bundle`` alone, else requests' variable and what boto3 is told."""
    environ = os.environ if environ is None else environ
    if chosen:
        return (chosen,)
    named = [bundle for bundle in (environ.get("REQUESTS_CA_BUNDLE"), aws) if bundle]
    return tuple(dict.fromkeys(named or [bundle for bundle in (environ.get("CURL_CA_BUNDLE"),) if bundle]))


class _Unpacker:
    """Decompresses a body in bounded pieces.

    urllib3 does not: its older versions inflate each piece whole, and a small reply can be made to fill the memory.
    """

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


def read_response(response: requests.Response, max_reply: int) -> HttpReply:
    """Return the reply, if it is no longer than ``max_reply`` MB on the way and when it is decompressed.

    The body of a redirect is left where it is: it says nothing of the command.
    """
    if is_redirect(response.status_code):
        return HttpReply(response.status_code, b"", location=response.headers.get("Location", ""))
    gathered = ResponseBuffer()
    size = arrived = 0
    unpacked = _Unpacker(response.headers.get("Content-Encoding", "").strip().lower())
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


class TlsPeer(NamedTuple):
    """Who answered at the other end of a verified connection."""

    status: int  #: of HTTP
    date: str  #: the header, by which its clock is known
    tls: str  #: the version of the protocol, such as ``TLSv1.3``
    issuer: str  #: who signed its certificate
    expires: str  #: when that ends, as OpenSSL writes it


class Transport:
    """A session with one web server after the other; safe to give up from another thread."""

    def __init__(  # noqa: PLR0913  (two are needed, the others have names)
        self,
        bundles: Sequence[str],
        read_timeout: float,
        *,
        direct: bool = False,
        proxy: str | None = None,
        connect_to: Sequence[str] = (),
        max_reply: int = MAX_REPLY,
    ) -> None:
        """``max_reply`` is the longest reply that is taken, in MB after decompression; ``route.py`` tells the rest."""
        self._max_reply = max_reply
        self._timeout = (CONNECT_TIMEOUT, read_timeout)
        self._direct, self._proxy, self._connect_to = direct, proxy, connect_to
        self._context = tls_context(bundles)
        self._changing = threading.Lock()
        self._line = self._new_line()

    def _new_line(self) -> WebSession:
        return WebSession(self._context, self.route)

    def route(self, url: str) -> Route:
        """The way that a request takes."""
        return route_of(url, proxy=self._proxy, connect_to=self._connect_to, direct=self._direct)

    def post(self, url: str, command: str, token: str, may_send: Callable[[], bool] = lambda: True) -> HttpReply:
        """Send one command as text and read the whole reply. Raises ``NothingRan`` or ``OutcomeUnknown``.

        ``may_send`` is asked once, when the connection stands and before the command goes.
        """
        if urlsplit(url).scheme != "https":
            raise NothingRan(f"The CLI endpoint is https without exception, not {url}")
        route = self.route(url)
        line = self._take_turn()
        line.taken = url, route
        _drop_idle(line)
        used = NEVER
        body = _RequestBody(command.encode(), may_send)
        ended = debug_log.timed("request", method="POST", url=url, way=route.words or None, bytes=len(body))
        try:
            with line.session.post(
                url,
                data=body,
                headers={"Content-Type": "text/plain", "Host": urlsplit(url).netloc},
                auth=_Bearer(token),
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                reply = read_response(response, self._max_reply)
                if reply.status >= 200 and not is_redirect(reply.status):  # else the connection is not used again
                    used = clocks()
                ended(status=reply.status, received=len(reply.body))
                return reply
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            ended(outcome=type(error).__name__, left=body.asked)
            raise _translate(error, body.asked, urlsplit(url).netloc, self._timeout[1], route) from None
        finally:
            line.used = used
            line.turn.release()

    def _take_turn(self) -> WebSession:
        """Wait a moment for a connection that is being opened, which saves making another; then go without it.

        Raises ``NothingRan`` for whoever was given up meanwhile: what is there now is the next command's.
        """
        line = self._line
        if line.turn.acquire(timeout=OPEN_PATIENCE):
            return line
        fresh = self._new_line()
        fresh.turn.acquire()
        if not self._leave(line, fresh):
            raise NothingRan("Given up before the command was sent")
        return fresh

    @property
    def is_open(self) -> bool:
        """Whether a connection is there, as far as its age tells."""
        return idle_since(self._line.used) <= IDLE_LIMIT

    def open(self, host: str) -> None:
        """Open a connection to a web server for the command that comes next, by a HEAD without a token.

        What goes wrong is left for the command to say. Nothing happens while something else is on its way.
        """
        line = self._line
        if not line.turn.acquire(blocking=False):
            return
        ended = debug_log.timed("request", method="HEAD", host=host)
        try:
            _drop_idle(line)
            line.used = NEVER
            with line.session.head(
                f"https://{host}/",
                headers={"Host": host},
                timeout=(CONNECT_TIMEOUT, OPEN_TIMEOUT),
                allow_redirects=False,
            ) as response:
                line.used = clocks()
                ended(status=response.status_code)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError, ShellError) as error:
            ended(outcome=type(error).__name__)
        finally:
            line.turn.release()

    def greet(self, host: str) -> TlsPeer:
        """Ask a web server for its first page, without a token: whether it is reached, and proves who it is.

        Raises ``NothingRan``.
        """
        url = f"https://{host}/"
        route, line = self.route(url), self._line
        try:
            with line.session.get(
                url, headers={"Host": host}, timeout=self._timeout, allow_redirects=False, stream=True
            ) as response:
                return _peer(response, line.opened[-1])
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise _translate(error, False, host, self._timeout[1], route) from None

    def give_up(self) -> None:
        """Close the connection under whatever waits on it, from another thread; one that comes about later is nobody's.

        A connection that is being made cannot be closed: what is posted next has a session of its own.
        """
        self._leave(self._line, self._new_line())

    def _leave(self, line: WebSession, fresh: WebSession) -> bool:
        """Go over to a fresh one and cut the connection of the other; ``False`` where somebody else has done that."""
        with self._changing:
            if self._line is not line:
                return False
            self._line = fresh
        line.session.close()
        cut(line.opened)
        return True

    def close(self) -> None:
        """Let go of every connection."""
        self._line.session.close()


def _drop_idle(line: WebSession) -> None:
    """Let go of a connection that may be gone, and of one that a failure has left."""
    if idle_since(line.used) > IDLE_LIMIT:
        line.session.close()  # the pools only: the session itself goes on


def transport_for(access: Access, aws_bundle: str | None) -> Transport:
    """The transport for one way to reach an environment; ``aws_bundle`` is what boto3 is told to trust."""
    return Transport(
        bundles_for_web(access.ca_bundle, aws_bundle),
        access.timeout,
        direct=access.direct,
        proxy=access.proxy,
        connect_to=access.connect_to,
        max_reply=access.max_reply,
    )


def _peer(response: requests.Response, connection: Any) -> TlsPeer:
    certificate = connection.getpeercert() or {}
    issuer = {name: value for part in certificate.get("issuer", ()) for name, value in part}
    return TlsPeer(
        response.status_code,
        response.headers.get("Date", ""),
        connection.version() or "TLS",
        clip(str(issuer.get("organizationName") or issuer.get("commonName") or "nobody named")),
        str(certificate.get("notAfter", "")),
    )


def _translate(error: Exception, asked: bool, host: str, timeout: float, route: Route) -> ShellError:
    """A foreign exception as a sentence; ``asked`` tells whether the command may have left this machine."""
    if asked:
        if isinstance(error, requests.ReadTimeout | urllib3.exceptions.ReadTimeoutError):  # before it, or in it
            return OutcomeUnknown(f"{host} did not answer within {timeout:g} seconds: the command may still be running")
        return OutcomeUnknown(f"The connection to {host} broke off: the command may have run ({_why(error)})")
    told = f"{host} {route.words}".rstrip()
    if route.proxy is not None and (problem := proxy_problem(error)):
        return NothingRan(f"The proxy {route.proxy} ({route.proxy.source}) {problem}, nothing ran ({_why(error)})")
    if isinstance(error, requests.exceptions.SSLError) and _is_about_trust(error):
        advice = "a company proxy wants its certificate in --ca-bundle"
        advice = "--connect-to leads to another server" if route.moved else advice
        return NothingRan(f"{told} did not prove who it is over TLS, nothing was sent ({_why(error)}); {advice}")
    if isinstance(error, requests.ConnectTimeout):
        said = f"{told} could not be reached within {CONNECT_TIMEOUT:g} seconds, nothing ran"
    else:
        said = f"{told} could not be reached, nothing ran ({_why(error)})"
    if route.proxy is not None:
        return NothingRan(f"{said}; does the proxy stand where the web server answers?")
    return NothingRan(f"{said}; is the tunnel open?") if route.moved else Unreachable(said)


def _is_about_trust(error: Exception) -> bool:
    """A connection that breaks off during or after the handshake is an error of TLS too."""
    return isinstance(causes(error)[-1], ssl.SSLCertVerificationError) or "doesn't match" in str(error)


def _why(error: BaseException) -> str:
    """The innermost reason, short."""
    inner = causes(error)[-1]
    return clip(hide_credentials(str(inner)) or type(inner).__name__)
