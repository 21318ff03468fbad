"""The HTTP/1.1 server of both local endpoints: threaded, on loopback, JSON.

The web server uses TLS. trustme makes its certificate at each start, for this machine only.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from mwaa_shell import __version__

#: Bytes of the longest request body that is read, unless a subclass says otherwise.
MAX_BODY = 1024 * 1024
#: Seconds that a connection may be silent.
IDLE_TIMEOUT = 120
#: The file that clients have to trust, in the folder of the certificate.
AUTHORITY = "ca.pem"
#: Who signs, as the doctor and browsers show it.
ISSUER = "mwaa-shell --local"
#: How long a certificate is valid. It ends with the server in any case.
VALID = timedelta(days=7)


def server_context(folder: Path) -> ssl.SSLContext:
    """Return the TLS context of the web server, and write its certificates.

    They are in an owner-only folder. The key of the authority is in no file and ends with this call.
    """
    import trustme  # imports cryptography (60 ms), which no client needs

    authority = trustme.CA(organization_name=ISSUER)
    until = datetime.now(UTC) + VALID
    issued = authority.issue_cert("127.0.0.1", "localhost", organization_name=ISSUER, not_after=until)
    authority.cert_pem.write_to_path(str(folder / AUTHORITY))
    issued.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(folder / "server.pem")
    return context


class AwsError(Exception):
    """An error in the form that botocore reads. ``members`` are in its body besides the message."""

    def __init__(self, status: int, code: str, message: str, members: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.members = status, code, members or {}


class Server(ThreadingHTTPServer):
    """A server on a free port of 127.0.0.1. With a context it uses TLS."""

    daemon_threads = True
    request_queue_size = 32

    def __init__(self, handler: type[JsonHandler], context: ssl.SSLContext | None = None) -> None:
        self._context = context
        super().__init__(("127.0.0.1", 0), handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Handle a connection on its own thread: a TLS handshake delays no other one."""
        request.settimeout(IDLE_TIMEOUT)
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._context is None:
            super().finish_request(request, client_address)
            return
        try:
            encrypted = self._context.wrap_socket(request, server_side=True)
        except OSError:
            return  # a client that does not trust the certificate, or is not one
        with encrypted:
            super().finish_request(encrypted, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a client that went away."""


class JsonHandler(BaseHTTPRequestHandler):
    """The handler of the requests of one connection. Subclasses handle ``GET`` and ``POST``."""

    protocol_version = "HTTP/1.1"
    server_version = f"mwaa-shell-local/{__version__}"
    sys_version = ""
    longest = MAX_BODY  #: bytes of a request body

    def respond(self, status: int, value: object, headers: dict[str, str] | None = None) -> None:
        """Send a JSON value."""
        self._send(status, json.dumps(value).encode(), "application/json", headers or {})

    def page(self, status: int, html: str) -> None:
        """Send a page, as a gateway does."""
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
        """Return the request's body. If it is too long, send an error and return ``None``."""
        length = self.headers.get("Content-Length", "0")
        if not re.fullmatch("[0-9]{1,9}", length) or int(length) > self.longest:
            self.close_connection = True
            self.respond(413, {"message": "Request Too Long"})
            return None
        return self.rfile.read(int(length))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Log nothing: a request line may have secrets."""
