"""The adapter of requests for the web server: verified TLS along a route.

It gives access to the open socket, to cut a connection from another thread.
"""

from __future__ import annotations

import http.client
import io
import os
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.connectionpool import HTTPSConnectionPool

from mwaa_shell import __version__
from mwaa_shell.durations import NEVER
from mwaa_shell.errors import NothingRan
from mwaa_shell.mwaa.route import Route

#: Interim responses that are skipped; a server that sends more of them makes no sense.
MOST_INTERIM = 100


def close_sockets(opened: Sequence[Any]) -> None:
    """Close connections under whatever waits on them, from another thread."""
    for sock in opened:
        with suppress(OSError):
            # The TCP side alone: unwrapping TLS here would race with the thread that reads. TLS inside TLS is a class
            # of urllib3's around the socket.
            socket.socket.shutdown(getattr(sock, "socket", sock), socket.SHUT_RDWR)


class _Stream(io.BufferedReader):
    """The stream of one response; at its end, no further bytes may follow."""

    def __init__(self, raw: io.RawIOBase, sock: Any) -> None:
        super().__init__(raw)
        self._sock = sock

    def close(self) -> None:
        """Close the stream. If more bytes have arrived, cut the connection: they are no next response."""
        if not self.closed and self._is_more_there():
            close_sockets([self._sock])
        super().close()

    def _is_more_there(self) -> bool:
        """Return at once whether a byte is in a buffer here, of TLS or of the system."""
        with suppress(OSError, ValueError):  # of TLS without a byte, and of a closed socket
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
    """A session that follows no redirect: requests would read its body, however long."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return no target: redirects are never followed."""


class Adapter(HTTPAdapter):
    """An adapter with one TLS context for the session, and a route for each request."""

    def __init__(self, context: ssl.SSLContext, opened: list[Any], route: Callable[[str], Route]) -> None:
        self._context = context
        self._opened = opened
        self._route = route
        super().__init__(max_retries=0, pool_connections=2, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        self._track(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Return the manager for a proxy. An https proxy is verified like a web server."""
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
        """Return the pool of a request's route. The name to verify is the requested one, wherever that leads."""
        route = self._route(request.url or "")
        manager = self.proxy_manager_for(route.proxy.url) if route.proxy else self.poolmanager
        pool: HTTPSConnectionPool = manager.connection_from_host(
            route.to_host, route.to_port, "https", {"server_hostname": route.host}
        )
        return pool

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Set nothing: the context always verifies."""


class WebSession:
    """A requests.Session and the sockets that it opened.

    Canceling a command discards the whole object, so that a late response cannot reach the next command.
    """

    def __init__(self, context: ssl.SSLContext, way: Callable[[str], Route]) -> None:
        self.opened: list[Any] = []
        self.turn = threading.Lock()  #: who has it is the only one on the session's connection
        self.used = NEVER
        self.session = _Session()
        self.session.trust_env = False
        self.session.mount("https://", Adapter(context, self.opened, way))
        self.session.headers["User-Agent"] = f"mwaa-shell/{__version__}"
        self.session.headers["Accept-Encoding"] = "gzip"  # all that transport.py can read


def _tracking(base: Any, opened: list[Any]) -> type[HTTPSConnectionPool]:
    """Return a pool like ``base`` that keeps the socket of its last connection."""

    class TrackedConnection(base.ConnectionCls):  # type: ignore[misc]
        response_class = _Response

        def connect(self) -> None:
            super().connect()
            opened[:] = [self.sock] if self.sock is not None else []

    class TrackedPool(base):  # type: ignore[misc]
        ConnectionCls = TrackedConnection

    return TrackedPool


@lru_cache(maxsize=4)  # reading certifi's takes 80 ms and 0.8 MB
def tls_context(bundles: tuple[str, ...], *, chosen: bool = True) -> ssl.SSLContext:
    """Return a verifying context that trusts ``bundles``, or what certifi has.

    Bundles are files, or folders of hashed certificates. ``chosen`` says that the shell's own settings name them,
    unless an environment variable does.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies certificate and name, and trusts nothing yet
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    for where in bundles or (DEFAULT_CA_BUNDLE_PATH,):
        try:
            folder = os.path.isdir(where)
            context.load_verify_locations(capath=where if folder else None, cafile=None if folder else where)
        except OSError as error:
            settings = "--ca-bundle, or ca-bundle in config.toml" if chosen else "ca_bundle in ~/.aws/config"
            variables = ("REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE", "CURL_CA_BUNDLE")
            source = next((name for name in variables if os.environ.get(name) == where), settings)
            why = "it holds no certificates" if isinstance(error, ssl.SSLError) else error.strerror
            message = f"The CA bundle {where} cannot be used ({why})"
            raise NothingRan(message, hint=f"Correct {source}.", detail=str(error)) from None
    return context


def proxy_problem(error: BaseException, source: str) -> tuple[str, str] | None:
    """Return what went wrong with a proxy: the end of a sentence, and the next step.

    ``None`` for other errors. The classes of requests, urllib3 and PySocks are the evidence. ``source`` is the option
    or the variable that names the proxy.
    """
    seen = list(causes(error))
    names = {type(one).__name__ for one in seen}
    refused = "refused the connection" if isinstance(seen[-1], ConnectionRefusedError) else "could not be reached"
    unreached = refused, f"Start the proxy, or change {source}."
    login = "requires a user and a password", "Write it as scheme://USER:PASSWORD@HOST:PORT."
    if "GeneralProxyError" in names and isinstance(seen[-1], TimeoutError):
        return None  # it waits for the web server itself
    if "GeneralProxyError" in names and isinstance(seen[-1], socket.gaierror):
        text = "was not used: socks5 looks up the web server on this machine, which failed"
        return text, "Write socks5h to let the proxy look it up."
    if any(isinstance(one, requests.exceptions.ProxyError) for one in seen):
        said = str(seen[-1])
        if "407" in said:
            return login
        if "Tunnel connection failed" in said:
            return "did not let the request through", "Allow the web server on the proxy."
        return unreached
    if "SOCKS5AuthError" in names:
        return login
    if "SOCKS5Error" in names:
        return "could not reach the web server", "Check that the proxy can reach the web server."
    if "ProxyConnectionError" in names:
        return unreached
    if "GeneralProxyError" in names:
        return "does not speak SOCKS", f"Correct the scheme or the port in {source}."
    return None


def causes(error: BaseException) -> list[BaseException]:
    """Return an error and the errors inside, the innermost last. requests and urllib3 wrap in several layers."""
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
