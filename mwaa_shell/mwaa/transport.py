"""How bytes travel to the web server: one POST over verified TLS. The only importer of requests and urllib3.

Connections are kept alive between commands and given up when they have been idle for long: a gateway drops idle ones
after about 60 seconds, and a command put on a dropped one may or may not have arrived. The command is the body of the
request, so as long as no byte of the body was asked for, nothing can have run: that is how a failure is told to be
certain (``NothingRan``) or not (``OutcomeUnknown``). Redirects are never followed here.
"""

from __future__ import annotations

import os
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool

from mwaa_shell import __version__
from mwaa_shell.errors import NothingRan, OutcomeUnknown, ShellError
from mwaa_shell.mwaa.reply import HttpReply, clip, unreadable
from mwaa_shell.settings import CONNECT_TIMEOUT

#: Seconds of silence after which a kept connection is not trusted with a command.
IDLE_LIMIT = 40.0
#: Longest reply that is taken, in bytes after decompression.
MAX_REPLY = 512 * 1024 * 1024
CHUNK = 256 * 1024


class _Body:
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


class _Adapter(HTTPAdapter):
    """One TLS context for the session, with its CA bundle read once, and a hold on the open socket."""

    def __init__(self, context: ssl.SSLContext, opened: list[socket.socket]) -> None:
        self._context = context
        self._pools = {"https": _tracking_pool(opened)}
        super().__init__(max_retries=0, pool_connections=2, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)
        manager.pool_classes_by_scheme = {**manager.pool_classes_by_scheme, **self._pools}
        return manager

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing to set: the context verifies, always."""


def _tracking_pool(opened: list[socket.socket]) -> type[HTTPSConnectionPool]:
    class Connection(HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            opened[:] = [self.sock] if self.sock is not None else []

    class Pool(HTTPSConnectionPool):
        ConnectionCls = Connection

    return Pool


def tls_context(bundles: Sequence[str]) -> ssl.SSLContext:
    """A verifying context that trusts all of ``bundles`` (files, or folders of hashed ones), or what certifi holds."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies certificate and name, and trusts nobody yet
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for where in bundles or (DEFAULT_CA_BUNDLE_PATH,):
        try:
            folder = os.path.isdir(where)
            context.load_verify_locations(capath=where if folder else None, cafile=None if folder else where)
        except (OSError, ssl.SSLError) as error:
            raise NothingRan(f"The CA bundle {where} cannot be used: {error}") from None
    return context


def bundles_for_web(chosen: str | None, aws: str | None, environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The CA bundles for the web server: ``--ca-bundle`` alone, else requests' variable and what boto3 is told."""
    environ = os.environ if environ is None else environ
    if chosen:
        return (chosen,)
    named = [bundle for bundle in (environ.get("REQUESTS_CA_BUNDLE"), aws) if bundle]
    return tuple(dict.fromkeys(named or [bundle for bundle in (environ.get("CURL_CA_BUNDLE"),) if bundle]))


class Transport:
    """A session with one web server after the other; safe to give up from another thread."""

    def __init__(self, bundles: Sequence[str], read_timeout: float, *, direct: bool = False) -> None:
        self._timeout = (CONNECT_TIMEOUT, read_timeout)
        self._direct = direct
        self._opened: list[socket.socket] = []
        self._used = 0.0
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.mount("https://", _Adapter(tls_context(bundles), self._opened))
        self._session.headers["User-Agent"] = f"mwaa-shell/{__version__}"

    def post(self, url: str, command: str, token: str, may_send: Callable[[], bool] = lambda: True) -> HttpReply:
        """Send one command as text and read the whole reply. Raises ``NothingRan`` or ``OutcomeUnknown``.

        ``may_send`` is asked once, when the connection stands and before the command goes.
        """
        if urlsplit(url).scheme != "https":
            raise NothingRan(f"The CLI endpoint is https without exception, not {url}")
        self._drop_idle()
        body = _Body(command.encode(), may_send)
        try:
            with self._session.post(
                url,
                data=body,
                headers={"Content-Type": "text/plain"},
                auth=_Bearer(token),
                timeout=self._timeout,
                proxies=None if self._direct else get_environ_proxies(url),
                allow_redirects=False,
                stream=True,
            ) as response:
                return _whole(response)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise _translate(error, body.asked, urlsplit(url).netloc, self._timeout[1]) from None
        finally:
            self._used = time.monotonic()

    def _drop_idle(self) -> None:
        if time.monotonic() - self._used > IDLE_LIMIT:
            self._session.close()  # the pools only: the session itself goes on

    def give_up(self) -> None:
        """Close the connection under whatever waits on it, from another thread."""
        for sock in list(self._opened):
            try:
                # The TCP side alone: unwrapping TLS here would race with the thread that reads.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self) -> None:
        """Let go of every connection."""
        self._session.close()


def _whole(response: requests.Response) -> HttpReply:
    chunks: list[bytes] = []
    size = 0
    for chunk in response.iter_content(CHUNK):
        size += len(chunk)
        if size > MAX_REPLY:
            raise unreadable(f"is larger than {MAX_REPLY // 1024 // 1024} MB")
        chunks.append(chunk)
    announced = response.headers.get("Content-Length", "")
    arrived = response.raw.tell()
    if announced.isdigit() and arrived < int(announced):
        raise unreadable(f"broke off after {arrived} of {announced} bytes")
    return HttpReply(
        response.status_code,
        b"".join(chunks),
        response.headers.get("Content-Type", ""),
        response.headers.get("Location", ""),
    )


def _translate(error: Exception, asked: bool, host: str, timeout: float) -> ShellError:
    """A foreign exception as a sentence; ``asked`` tells whether the command may have left this machine."""
    if asked:
        if isinstance(error, requests.ReadTimeout):
            return OutcomeUnknown(f"{host} did not answer within {timeout:g} seconds: the command may still be running")
        return OutcomeUnknown(f"The connection to {host} broke off: the command may have run ({_why(error)})")
    if isinstance(error, requests.exceptions.ProxyError):
        return NothingRan(
            f"The proxy on the way to {host} did not let the request through, nothing ran ({_why(error)})"
        )
    if isinstance(error, requests.exceptions.SSLError):
        return NothingRan(
            f"{host} did not prove who it is over TLS, nothing was sent ({_why(error)}); "
            "a company proxy wants its certificate in --ca-bundle"
        )
    if isinstance(error, requests.ConnectTimeout):
        return NothingRan(
            f"{host} could not be reached within {CONNECT_TIMEOUT:g} seconds, nothing ran; "
            "a private web server answers only inside its VPC (VPN, bastion or proxy)"
        )
    return NothingRan(f"{host} could not be reached, nothing ran ({_why(error)})")


def _why(error: BaseException) -> str:
    """The innermost reason, short: requests and urllib3 wrap it in several layers of text."""
    seen: BaseException = error
    for _ in range(8):
        inner = getattr(seen, "reason", None) or (seen.args[0] if seen.args else None)
        if not isinstance(inner, BaseException):
            inner = seen.__cause__ or seen.__context__
        if not isinstance(inner, BaseException):
            break
        seen = inner
    return clip(str(seen) or type(seen).__name__)
