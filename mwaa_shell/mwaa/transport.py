"""The request of a command: one POST over TLS, and a response in bounded pieces.

Connections are kept between commands, and closed when they have been idle for long: a gateway drops idle ones after
about 60 seconds, and then a command may or may not have arrived. The command is the body of the request. Until a byte
of the body is requested, nothing can have run: that decides between ``NothingRan`` and ``OutcomeUnknown`` after a
failure. Redirects are never followed here. ``tls_adapter.py`` makes the connections.
"""

from __future__ import annotations

import os
import re
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
import urllib3

from mwaa_shell import debug_log
from mwaa_shell.durations import CONNECT_TIMEOUT, IDLE_LIMIT, MAX_RESPONSE, NEVER, clocks, idle_since, in_seconds
from mwaa_shell.errors import NothingRan, OutcomeUnknown, ShellError, State
from mwaa_shell.mwaa.response import HttpResponse, ResponseBuffer, Unreachable, clip, damaged, is_redirect
from mwaa_shell.mwaa.route import Route, hide_credentials, route_of
from mwaa_shell.mwaa.tls_adapter import WebSession, causes, close_sockets, proxy_problem, tls_context
from mwaa_shell.settings import Access

#: Seconds to open a connection in advance, and seconds that a command waits for it.
OPEN_TIMEOUT, OPEN_PATIENCE = 5.0, 1.0
#: Bytes that are taken from the wire, or decompressed, at a time.
CHUNK = 256 * 1024
MEGABYTE = 1024 * 1024


class _RequestBody:
    """The command's bytes; ``may_send`` is called before the first byte is sent."""

    def __init__(self, data: bytes, may_send: Callable[[], bool]) -> None:
        self.data = data
        self.requested = False
        self._may_send = may_send

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[bytes]:
        if not self._may_send():
            raise NothingRan("Canceled before the command was sent", state=State.NOT_SENT)
        self.requested = True
        yield self.data


class _Bearer(requests.auth.AuthBase):
    """The authorization with a token. Without an auth, requests lets a .netrc file replace the header."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def bundles_for_web(chosen: str | None, aws: str | None, environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the CA bundles for the web server.

    ``--ca-bundle`` replaces all others. Else they are those of requests' variable and of boto3, or of curl's variable.
    """
    environ = os.environ if environ is None else environ
    if chosen:
        return (chosen,)
    named = [bundle for bundle in (environ.get("REQUESTS_CA_BUNDLE"), aws) if bundle]
    return tuple(dict.fromkeys(named or [bundle for bundle in (environ.get("CURL_CA_BUNDLE"),) if bundle]))


def read_response(response: requests.Response, max_response: int) -> HttpResponse:
    """Return the response, of at most ``max_response`` MB compressed and decompressed.

    The shell decompresses it in bounded pieces: older versions of urllib3 inflate each piece whole, and a small
    response can then fill the memory. The body of a redirect is not read: it says nothing of the command.
    """
    headers = response.headers
    if is_redirect(response.status_code):
        return HttpResponse(response.status_code, b"", location=headers.get("Location", ""))
    encoding = headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise damaged(f"compressed as {clip(encoding)}")
    unzip = zlib.decompressobj(zlib.MAX_WBITS | 16) if "gzip" in encoding else None
    gathered = ResponseBuffer()
    size = arrived = 0
    for data in response.raw.stream(CHUNK, decode_content=False):
        arrived += len(data)
        left = data
        while left:  # what zlib keeps back comes with the next piece
            try:
                piece = unzip.decompress(left, CHUNK) if unzip is not None else left
            except zlib.error:
                raise damaged("invalid gzip") from None
            left = b"" if unzip is None or unzip.eof else unzip.unconsumed_tail
            size += len(piece)
            if max(size, arrived) > max_response * MEGABYTE:
                raise OutcomeUnknown(
                    f"The response is larger than {max_response} MB", hint="Raise --max-response.", state=State.RAN
                )
            gathered.add(piece)
    announced = headers.get("Content-Length", "")
    if announced.isdigit() and arrived < int(announced):
        raise damaged(f"{arrived} of {announced} bytes arrived")
    if unzip is not None and not unzip.eof and arrived:
        raise damaged(f"it ends after {arrived} bytes")
    streams, body = gathered.ended()
    return HttpResponse(
        response.status_code, body, headers.get("Content-Type", ""), headers.get("Location", ""), streams
    )


class TlsPeer(NamedTuple):
    """The other end of a verified connection."""

    date: str  #: the header, by which its clock is known
    tls: str  #: the version of the protocol, such as ``TLSv1.3``
    issuer: str  #: who signed its certificate
    expires: str  #: when that ends, as OpenSSL writes it


class Transport:
    """Sessions with one web server after the other. Another thread may close them."""

    def __init__(  # noqa: PLR0913  (two are needed, the others have names)
        self,
        bundles: Sequence[str],
        read_timeout: float,
        *,
        direct: bool = False,
        proxy: str | None = None,
        connect_to: Sequence[str] = (),
        max_response: int = MAX_RESPONSE,
        chosen_bundle: bool = True,
    ) -> None:
        """``max_response`` limits the decompressed response, in MB. ``route.py`` explains the others.

        ``chosen_bundle`` says that the shell's own settings name the CA bundle, not those of AWS.
        """
        self._max_response = max_response
        self._timeout = (CONNECT_TIMEOUT, read_timeout)
        self._direct, self._proxy, self._connect_to = direct, proxy, connect_to
        self._context = tls_context(tuple(bundles), chosen=chosen_bundle)
        self._changing = threading.Lock()
        self._line = self._new_line()

    def _new_line(self) -> WebSession:
        return WebSession(self._context, self.route)

    def route(self, url: str) -> Route:
        """Return the route of a request."""
        return route_of(url, proxy=self._proxy, connect_to=self._connect_to, direct=self._direct)

    def post(
        self, url: str, command: str, token: str, may_send: Callable[[], bool] = lambda: True, name: str = ""
    ) -> HttpResponse:
        """Send one command as text and read the whole response. Raises ``NothingRan`` or ``OutcomeUnknown``.

        ``may_send`` is called once, after connecting and before sending. ``name`` is the environment, for messages.
        """
        if urlsplit(url).scheme != "https":
            raise NothingRan(f"The CLI endpoint must be https, not {url}", state=State.NOT_SENT)
        route = self.route(url)
        line = self._free_session()
        _drop_idle(line)
        used = NEVER
        body = _RequestBody(command.encode(), may_send)
        ended = debug_log.start_timer("request", method="POST", url=url, way=route.words or None, bytes=len(body))
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
                whole = read_response(response, self._max_response)
                if whole.status >= 200 and not is_redirect(whole.status):  # else the connection is not used again
                    used = clocks()
                ended(status=whole.status, received=len(whole.body))
                return whole
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            ended(outcome=type(error).__name__, left=body.requested)
            raise _translate(error, body.requested, name or urlsplit(url).netloc, self._timeout[1], route) from None
        finally:
            line.used = used
            line.turn.release()

    def _free_session(self) -> WebSession:
        """Return the session, or a new one if the session is in use for a moment longer.

        The session may be opening a connection, which saves making another. Raises ``NothingRan`` if the command was
        canceled meanwhile: the connection is the next command's.
        """
        line = self._line
        if line.turn.acquire(timeout=OPEN_PATIENCE):
            return line
        fresh = self._new_line()
        fresh.turn.acquire()
        if not self._replace_session(line, fresh):
            raise NothingRan("Canceled before the command was sent", state=State.NOT_SENT)
        return fresh

    @property
    def is_open(self) -> bool:
        """Whether a connection is open, to judge by its age."""
        return idle_since(self._line.used) <= IDLE_LIMIT

    def open(self, host: str) -> None:
        """Open a connection for the next command, by a HEAD without a token.

        Errors are left for the command to report. Nothing happens while the connection is in use.
        """
        line = self._line
        if not line.turn.acquire(blocking=False):
            return
        ended = debug_log.start_timer("request", method="HEAD", host=host)
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
        """Verify a web server with a GET of its first page, without a token.

        Raises ``NothingRan`` if the web server is not reached or does not prove its name.
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
        """Close the connection of the waiting thread, from another thread.

        A connection that is being made cannot be closed. So the next command gets a new session.
        """
        self._replace_session(self._line, self._new_line())

    def _replace_session(self, line: WebSession, fresh: WebSession) -> bool:
        """Replace a session and cut its connection. Return ``False`` if another thread has done so."""
        with self._changing:
            if self._line is not line:
                return False
            self._line = fresh
        line.session.close()
        close_sockets(line.opened)
        return True

    def close(self) -> None:
        """Let go of every connection."""
        self._line.session.close()


def _drop_idle(line: WebSession) -> None:
    """Close a connection that was idle for too long, or left half-used by a failure."""
    if idle_since(line.used) > IDLE_LIMIT:
        line.session.close()  # the pools only: the session itself continues


def transport_for(access: Access, aws_bundle: str | None) -> Transport:
    """Return the transport of an environment. ``aws_bundle`` is the CA bundle of boto3."""
    return Transport(
        bundles_for_web(access.ca_bundle, aws_bundle),
        access.timeout,
        direct=access.direct,
        proxy=access.proxy,
        connect_to=access.connect_to,
        max_response=access.max_response,
        chosen_bundle=access.ca_bundle is not None,
    )


def _peer(response: requests.Response, connection: Any) -> TlsPeer:
    certificate = connection.getpeercert() or {}
    issuer = {name: value for part in certificate.get("issuer", ()) for name, value in part}
    return TlsPeer(
        response.headers.get("Date", ""),
        connection.version() or "TLS",
        clip(str(issuer.get("organizationName") or issuer.get("commonName") or "an unnamed issuer")),
        str(certificate.get("notAfter", "")),
    )


def _translate(error: Exception, requested: bool, name: str, timeout: float, route: Route) -> ShellError:
    """Return the error for a foreign exception. ``asked``: the command may have left this machine."""
    why = _why(error)
    if requested:
        if isinstance(error, requests.ReadTimeout | urllib3.exceptions.ReadTimeoutError):  # before it, or in it
            late = f"{name} did not answer within {in_seconds(timeout)} (--timeout)"
            return OutcomeUnknown(late, state=State.MAY_BE_RUNNING)
        return OutcomeUnknown(f"The connection to {name} broke", detail=why)
    if route.proxy is not None and (problem := proxy_problem(error, route.proxy.source)):
        text, hint = problem
        return NothingRan(f"The proxy {route.proxy} ({route.proxy.source}) {text}", hint=hint, detail=why)
    server = f"The web server of {name} {route.words}".rstrip()
    # A connection that breaks off after the handshake is an error of TLS too.
    untrusted = isinstance(causes(error)[-1], ssl.SSLCertVerificationError) or "doesn't match" in str(error)
    if isinstance(error, requests.exceptions.SSLError) and untrusted:
        hint = "Pass the certificate of your company proxy with --ca-bundle FILE."
        hint = "Correct --connect-to: it leads to another server." if route.moved else hint
        said = f"The TLS certificate of the web server of {name} {route.words}".rstrip()
        return NothingRan(f"{said} could not be verified ({_reason(why)})", hint=hint, state=State.NOT_SENT, detail=why)
    if isinstance(error, requests.ConnectTimeout):
        said = f"{server} did not accept a connection within {CONNECT_TIMEOUT:g} seconds"
    else:
        said = f"{server} could not be reached ({_reason(why)})"
    if route.proxy is not None:
        return NothingRan(said, hint="Check that the proxy can reach the web server.", detail=why)
    if route.moved:
        return NothingRan(said, hint="Open the tunnel that --connect-to leads to.", detail=why)
    return Unreachable(said, detail=why)


def _why(error: BaseException) -> str:
    """Return the innermost reason, short."""
    inner = causes(error)[-1]
    return clip(hide_credentials(str(inner)) or type(inner).__name__)


def _reason(why: str) -> str:
    """Return a reason of OpenSSL or the system, without numbers and source files."""
    plain = re.sub(r"\[[^\]]*\] ?|<[^<>]*>: |\(_ssl\.c:\d+\)", "", why)
    return plain.rpartition("certificate verify failed: ")[2].strip() or why
