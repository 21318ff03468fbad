"""What stands between a client and a web server: CONNECT and SOCKS5 proxies and a TCP forwarder, on loopback.

Each counts the connections that it let through, notes where they were to go and keeps every byte that it passed on, so
that a test can prove what it saw. Where a name leads is said by the test (``hosts``): nothing is resolved.
"""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

from tests.double import shut

Address = tuple[str, int]


class Relay(ABC):
    """A server that passes bytes on, both ways, once ``greet`` has found out where to."""

    def __init__(self, hosts: Mapping[str, Address] | None = None, context: ssl.SSLContext | None = None) -> None:
        self.hosts = dict(hosts or {})  #: where a name leads, besides addresses of loopback
        self.asked: list[Address] = []  #: where clients wanted to go, let through or not
        self.relayed = 0  #: how many were let through
        self.seen = bytearray()  #: what was passed on, both ways
        self._context = context
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _begin(self, work: Callable[..., None], *given: socket.socket) -> None:
        self._threads.append(threading.Thread(target=work, args=given, daemon=True))
        self._threads[-1].start()

    @abstractmethod
    def greet(self, client: socket.socket) -> socket.socket | None:
        """Talk to a client; the connection to where it wants to go, or ``None`` if it gets none."""

    def connected(self, host: str, port: int) -> socket.socket | None:
        """A connection to where a client wants to go, ``None`` where that leads nowhere."""
        self.asked.append((host, port))
        try:
            return socket.create_connection(self.hosts.get(host, (host, port)), timeout=60)
        except (OSError, RuntimeError):  # refused, or a name that this machine must not look up
            return None

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(client)
            self._begin(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            if self._context is not None:
                client = self._context.wrap_socket(client, server_side=True, do_handshake_on_connect=False)
                self._open.append(client)
                client.do_handshake()
            server = self.greet(client)
            if server is not None:
                self.relayed += 1
                self._open.append(server)
                self._begin(self._pump, server, client)
                self._pump(client, server)
                return
        shut(client)

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self.seen += data
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop listening and drop every connection once no thread uses it."""
        shut(self._listener)
        self._listener.close()
        for thread in self._threads:  # each may have begun further ones, which are behind it
            while thread.is_alive():
                for connection in self._open:
                    shut(connection)
                thread.join(0.1)
        for connection in self._open:
            connection.close()


class Forwarder(Relay):
    """What ``ssh -L`` and an SSM port forward are: every connection goes to one place."""

    def __init__(self, target: Address) -> None:
        self._target = target
        super().__init__()

    def greet(self, client: socket.socket) -> socket.socket | None:
        return self.connected(*self._target)


class ConnectProxy(Relay):
    """An HTTP proxy that knows CONNECT alone; with ``credentials``, whoever does not bring them gets a 407.

    ``refusal`` is the status line for everybody, where there is one.
    """

    def __init__(
        self,
        hosts: Mapping[str, Address] | None = None,
        *,
        credentials: str = "",
        refusal: str = "",
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.requests: list[list[str]] = []  #: the lines of each
        self._wanted = f"Basic {base64.b64encode(credentials.encode()).decode()}" if credentials else ""
        self._refusal = refusal
        super().__init__(hosts, context)

    def greet(self, client: socket.socket) -> socket.socket | None:
        lines = _head(client)
        self.requests.append(lines)
        method, target, _ = lines[0].split()
        given = next((line.split(": ", 1)[1] for line in lines if line.lower().startswith("proxy-auth")), "")
        if self._wanted and given != self._wanted:
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n")
            return None
        host, _, port = target.rpartition(":")
        server = self.connected(host, int(port)) if method == "CONNECT" and not self._refusal else None
        answer = "200 Connection established" if server else self._refusal or "502 Bad Gateway"
        client.sendall(f"HTTP/1.1 {answer}\r\n\r\n".encode())
        return server


def _head(client: socket.socket) -> list[str]:
    """The lines of a request's head; nothing behind it is read."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = client.recv(1)
        if not byte:
            raise ValueError("the client left")
        head += byte
    return head.decode("latin-1").strip().split("\r\n")


class SocksProxy(Relay):
    """SOCKS5 (RFC 1928) with CONNECT alone; with ``credentials``, user and password (RFC 1929) are wanted."""

    NO_AUTH, PASSWORD, NONE_FITS = 0, 2, 0xFF
    HOST_UNREACHABLE = 4

    def __init__(self, hosts: Mapping[str, Address] | None = None, *, credentials: str = "") -> None:
        self._credentials = credentials
        super().__init__(hosts)

    def greet(self, client: socket.socket) -> socket.socket | None:
        _, count = _exactly(client, 2)
        offered = _exactly(client, count)
        wanted = self.PASSWORD if self._credentials else self.NO_AUTH
        if wanted not in offered:
            client.sendall(bytes([5, self.NONE_FITS]))
            return None
        client.sendall(bytes([5, wanted]))
        if self._credentials and not self._authenticated(client):
            return None
        _, _, _, kind = _exactly(client, 4)
        server = self.connected(self._host(client, kind), int.from_bytes(_exactly(client, 2), "big"))
        client.sendall(bytes([5, 0 if server else self.HOST_UNREACHABLE, 0, 1, 0, 0, 0, 0, 0, 0]))
        return server

    def _authenticated(self, client: socket.socket) -> bool:
        _, length = _exactly(client, 2)
        user = _exactly(client, length)
        password = _exactly(client, _exactly(client, 1)[0])
        good = b":".join((user, password)).decode() == self._credentials
        client.sendall(bytes([1, 0 if good else 1]))
        return good

    @staticmethod
    def _host(client: socket.socket, kind: int) -> str:
        if kind == 3:
            return _exactly(client, _exactly(client, 1)[0]).decode()
        family, size = (socket.AF_INET, 4) if kind == 1 else (socket.AF_INET6, 16)
        return socket.inet_ntop(family, _exactly(client, size))


def _exactly(client: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = client.recv(size - len(data))
        if not piece:
            raise ValueError("the client left")
        data += piece
    return data
