"""Sockets on loopback only, for every Python of a local environment's virtualenv.

The virtualenv imports this file, so it runs inside the Airflow's own Python (3.7 to 3.13), never inside the shell's,
and imports nothing of this package. ``airflow_process.py`` puts a copy into the virtualenv, with a ``.pth`` file that
imports the copy.

A socket that a program binds to a port of its choice is bound on loopback, whichever address the program names. A
socket without such a port may be a client's and stays as it is. On such a socket, ``listen`` fails outside of loopback.
"""

import errno
import socket

#: The class, whatever another library puts into its place later.
SOCKET = socket.socket
#: By address family: the loopback address.
LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


def is_loopback(host):
    """Return whether a host is loopback, without looking up a name."""
    text = host.decode("latin-1") if isinstance(host, (bytes, bytearray)) else str(host)
    return text in ("localhost", "::1") or (text.startswith("127.") and text.replace(".", "").isdigit())


def bind(self, address):
    """Bind as ``socket.bind`` does, a port of the caller's choice on loopback only."""
    chosen = self.family in LOOPBACK and isinstance(address, tuple) and len(address) > 1 and address[1]
    if chosen and not is_loopback(address[0]):
        address = (LOOPBACK[self.family], *address[1:])
    return super(SOCKET, self).bind(address)


def listen(self, *backlog):
    """Listen as ``socket.listen`` does; raise ``OSError`` outside of loopback."""
    if self.family in LOOPBACK and not is_loopback(self.getsockname()[0]):
        raise OSError(errno.EADDRNOTAVAIL, "a local environment of mwaa-shell listens on 127.0.0.1 only")
    return super(SOCKET, self).listen(*backlog)


SOCKET.bind = bind
SOCKET.listen = listen
