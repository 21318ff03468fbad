"""What the two local endpoints share: a threaded HTTP/1.1 server on loopback that speaks JSON, with or without TLS."""

from __future__ import annotations

import json
import re
import socket
import ssl
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from mwaa_shell import __version__

#: Bytes of the longest request body that is read, unless a subclass says otherwise.
MAX_BODY = 1024 * 1024
#: Seconds that a connection may be silent.
IDLE_TIMEOUT = 120


class Server(ThreadingHTTPServer):
    """A server on a free port of 127.0.0.1; with a context, over TLS."""

    daemon_threads = True
    request_queue_size = 32

    def __init__(self, handler: type[JsonHandler], context: ssl.SSLContext | None = None) -> None:
        self._context = context
        super().__init__(("127.0.0.1", 0), handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def finish_request(self, request: Any, client_address: Any) -> None:
        """On the connection's own thread: the TLS handshake must not hold up the others."""
        request.settimeout(IDLE_TIMEOUT)
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._context is not None:
            try:
                request = self._context.wrap_socket(request, server_side=True)
            except (OSError, ssl.SSLError):
                return  # a client that does not trust us, or is none
        super().finish_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""


class JsonHandler(BaseHTTPRequestHandler):
    """One request after the other on one connection; subclasses answer ``GET`` and ``POST``."""

    protocol_version = "HTTP/1.1"
    server_version = f"mwaa-shell-local/{__version__}"
    sys_version = ""
    longest = MAX_BODY  #: bytes of a request body

    def reply(self, status: int, value: object, headers: dict[str, str] | None = None) -> None:
        """Answer with a JSON value."""
        self._send(status, json.dumps(value).encode(), "application/json", headers or {})

    def page(self, status: int, html: str) -> None:
        """Answer with a page, as a gateway does."""
        self._send(status, html.encode(), "text/html", {})

    def _send(self, status: int, body: bytes, content_type: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self) -> bytes | None:
        """The request's body; ``None`` after a refusal for its length has been sent."""
        length = self.headers.get("Content-Length", "0")
        if not re.fullmatch("[0-9]{1,9}", length) or int(length) > self.longest:
            self.close_connection = True
            self.reply(413, {"message": "Request Too Long"})
            return None
        return self.rfile.read(int(length))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing: a request line may hold what is nobody else's business."""
