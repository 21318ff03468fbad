"""The adapter of requests for the web server: verified TLS, along a route, with access to the open socket."""

from __future__ import annotations

import http.client
import io
import os
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connectionpool import HTTPSConnectionPool

from mwaa_shell import __version__
from mwaa_shell.errors import NothingRan
from mwaa_shell.mwaa.idle import NEVER
from mwaa_shell.mwaa.route import Route

#: Interim responses that are skipped; a server that sends more of them makes no sense.
MOST_INTERIM = 100


def cut(opened: Sequence[Any]) -> None:
    """Close connections under whatever waits on them, from another thread."""
    for sock in opened:
        try:
            # The TCP side alone: unwrapping TLS here would race with the thread that reads. TLS inside TLS is a class
            # of urllib3's around the socket.
            socket.socket.shutdown(getattr(sock, "socket", sock), socket.SHUT_RDWR)
        except OSError:
            pass


class _Stream(io.BufferedReader):
    """What is read of one response; at its end, whether anything stands behind it on the connection."""

    def __init__(self, raw: io.RawIOBase, sock: Any) -> None:
        super().__init__(raw)
        self._sock = sock

    def close(self) -> None:
        """Cut a connection on which more has arrived: it would be taken for the answer to the next command."""
        if not self.closed and self._is_more_there():
            cut([self._sock])
        super().close()

    def _is_more_there(self) -> bool:
        """Whether there is a byte in this buffer, in that of TLS or in that of the system; waits for none."""
        with suppress(OSError, ValueError):  # nothing there is an error of TLS, and a closed socket has none either
            timeout = self._sock.gettimeout()
            self._sock.settimeout(0)
            try:
                return bool(self.peek(1))
            finally:
                self._sock.settimeout(timeout)
        return False


class _Response(http.client.HTTPResponse):
    """The final response to a request: interim ones, such as 102 and 103, are skipped."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp: io.BufferedReader = _Stream(self.fp.detach(), sock)

    def begin(self) -> None:
        """Read the status and the headers. 101 is final: what follows is no HTTP any more."""
        super().begin()
        for _ in range(MOST_INTERIM):
            if not 100 <= self.status < 200 or self.status == http.client.SWITCHING_PROTOCOLS:
                return
            self.headers = self.msg = None  # type: ignore[assignment]  # as before the first one was read
            super().begin()


class _Session(requests.Session):
    """A session that looks at no redirect: requests would read its body whole, however long that is."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """No response leads anywhere."""


class Adapter(HTTPAdapter):
    """One TLS context for the session, with its CA bundle read once, and a route for each request."""

    def __init__(self, context: ssl.SSLContext, opened: list[Any], route: Callable[[str], Route]) -> None:
        self._context = context
        self._opened = opened
        self._route = route
        super().__init__(max_retries=0, pool_connections=2, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        self._track(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """The manager for a proxy. A proxy that is reached over TLS is verified like a web server."""
        if proxy.lower().startswith("http"):
            kwargs["proxy_ssl_context"] = self._context
        made = proxy in self.proxy_manager
        manager = super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)
        if not made:
            self._track(manager)
        return manager

    def _track(self, manager: Any) -> None:
        classes = dict(manager.pool_classes_by_scheme)
        manager.pool_classes_by_scheme = {**classes, "https": _tracking(classes["https"], self._opened)}

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> HTTPSConnectionPool:
        """The pool of a request's route; the name to verify is the one that was asked for, wherever that leads."""
        route = self._route(request.url or "")
        manager = self.proxy_manager_for(route.proxy.url) if route.proxy else self.poolmanager
        pool: HTTPSConnectionPool = manager.connection_from_host(
            route.to_host, route.to_port, "https", {"server_hostname": route.host}
        )
        return pool

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Nothing to set: the context verifies, always."""


class WebSession:
    """A requests.Session and the sockets that it opened.

    Canceling a command discards the whole object, so that a late response cannot reach the next command.
    """

    def __init__(self, context: ssl.SSLContext, way: Callable[[str], Route]) -> None:
        self.opened: list[Any] = []
        self.turn = threading.Lock()  #: who has it is the only one on the session's connection
        self.used = NEVER
        self.taken: tuple[str, Route] | None = None
        self._way = way
        self.session = _Session()
        self.session.trust_env = False
        self.session.mount("https://", Adapter(context, self.opened, self._route_taken))
        self.session.headers["User-Agent"] = f"mwaa-shell/{__version__}"
        self.session.headers["Accept-Encoding"] = "gzip"  # all that transport.py can read

    def _route_taken(self, url: str) -> Route:
        """The way of the request that is being sent: asking the environment for proxies twice costs more than this."""
        return self.taken[1] if self.taken is not None and self.taken[0] == url else self._way(url)


def _tracking(base: Any, opened: list[Any]) -> type[HTTPSConnectionPool]:
    """A pool like ``base``, straight or SOCKS, that keeps hold of the socket of the connection that it made last."""

    class TrackedConnection(base.ConnectionCls):  # type: ignore[misc]
        response_class = _Response

        def connect(self) -> None:
            super().connect()
            opened[:] = [self.sock] if self.sock is not None else []

    class TrackedPool(base):  # type: ignore[misc]
        ConnectionCls = TrackedConnection

    return TrackedPool


#: Who may have named a CA bundle; the shell's own setting is ``--ca-bundle``, or the same word in ``config.toml``.
_NAMED_BY = "--ca-bundle, config.toml, REQUESTS_CA_BUNDLE, AWS_CA_BUNDLE, CURL_CA_BUNDLE or ~/.aws/config names it"


def tls_context(bundles: Sequence[str]) -> ssl.SSLContext:
    """A verifying context that trusts all of ``bundles`` (files, or folders of hashed ones), or what certifi holds."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies certificate and name, and trusts nobody yet
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for where in bundles or (DEFAULT_CA_BUNDLE_PATH,):
        try:
            folder = os.path.isdir(where)
            context.load_verify_locations(capath=where if folder else None, cafile=None if folder else where)
        except (OSError, ssl.SSLError) as error:
            raise NothingRan(f"The CA bundle {where} cannot be used, nothing ran: {error}; {_NAMED_BY}") from None
    return context


#: What the classes of requests, urllib3 and PySocks say about a proxy, the surest first.
_PROXY_PROBLEMS = {
    "SOCKS5AuthError": "wants a user and a password: scheme://USER:PASSWORD@HOST:PORT",
    "SOCKS5Error": "could not reach the web server",
    "ProxyConnectionError": "could not be reached",
    "GeneralProxyError": "does not speak SOCKS as it should",
}


def proxy_problem(error: BaseException) -> str:
    """What went wrong between here and a proxy, or at the proxy, as the end of a sentence; else nothing."""
    seen = list(causes(error))
    names = {type(one).__name__ for one in seen}
    if "GeneralProxyError" in names and isinstance(seen[-1], TimeoutError):
        return ""  # it waits for the web server itself
    if "GeneralProxyError" in names and isinstance(seen[-1], socket.gaierror):
        return "was not asked: socks5 looks the name up here, which failed; socks5h leaves that to the proxy"
    if not any(isinstance(one, requests.exceptions.ProxyError) for one in seen):
        return next((words for name, words in _PROXY_PROBLEMS.items() if name in names), "")
    said = str(seen[-1])
    if "407" in said:
        return _PROXY_PROBLEMS["SOCKS5AuthError"]
    return "did not let the request through" if "Tunnel connection failed" in said else "could not be reached"


def causes(error: BaseException) -> list[BaseException]:
    """An error and what it wraps, down to the innermost: requests and urllib3 wrap in several layers of text."""
    seen = [error]
    for _ in range(8):
        outer = seen[-1]
        inner = getattr(outer, "reason", None) or (outer.args[0] if outer.args else None)
        if not isinstance(inner, BaseException):
            inner = outer.__cause__ or outer.__context__
        if not isinstance(inner, BaseException):
            break
        seen.append(inner)
    return seen
