"""The route of a connection to the web server: direct or through a proxy.

The options of the user replace the standard variables (``HTTPS_PROXY``, ``ALL_PROXY``, ``NO_PROXY``): where ``--proxy``
or ``--connect-to`` applies, the variables do not. All this is about the web server. For the AWS API, boto3 reads the
variables. A route changes only where bytes are sent. The name that TLS verifies, the ``Host`` header and the host that
may get a token stay the environment's.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec
from typing import NamedTuple
from urllib.parse import urlsplit

from mwaa_shell.addresses import Proxy, hide_logins, read_connect_to, read_proxy_address, with_brackets
from mwaa_shell.errors import NothingRan, UsageError

HTTPS_PORT = 443
#: The variables that may name a proxy for https, in the order in which they win.
VARIABLES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
EXTRA = "Install mwaa-shell with its extra: 'mwaa-shell[socks]'."


class Route(NamedTuple):
    """The way to one web server."""

    host: str  #: the environment's: the name that TLS verifies
    port: int
    to_host: str  #: where TCP goes, from here or from the proxy
    to_port: int
    proxy: Proxy | None = None
    moved: bool = False  #: by ``--connect-to``

    @property
    def first_hop(self) -> tuple[str, int]:
        """The host and port that this machine itself connects to."""
        return (self.proxy.host, self.proxy.port) if self.proxy else (self.to_host, self.to_port)

    @property
    def resolves_here(self) -> bool:
        """Whether this machine looks up the name of the web server, not the proxy. With ``socks5`` it does."""
        return self.proxy is None or self.proxy.scheme == "socks5"

    @property
    def words(self) -> str:
        """The way as a part of a sentence: nothing where it is straight."""
        moved = f"at {with_brackets(self.to_host)}:{self.to_port} (--connect-to)" if self.moved else ""
        proxy = f"through the proxy {self.proxy} ({self.proxy.source})" if self.proxy else ""
        return " ".join(part for part in (moved, proxy) if part)


def route_of(url: str, *, proxy: str | None = None, connect_to: Sequence[str] = (), direct: bool = False) -> Route:
    """Return the route of a request. With ``direct`` or an empty ``proxy``, the standard variables do not apply."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or HTTPS_PORT
    rule = next((one for one in map(read_connect_to, connect_to) if one.holds_for(host, port)), None)
    to_host, to_port = (rule.to_host or host, rule.to_port or port) if rule else (host, port)
    if proxy:
        chosen = read_proxy(proxy, "--proxy")
    elif direct or rule or proxy is not None:
        chosen = None
    else:
        chosen = standard_proxy(host, port)
    return Route(host, port, to_host, to_port, chosen, moved=rule is not None)


def read_proxy(text: str, source: str) -> Proxy:
    """Read a proxy's URL. Raises ``UsageError``, also for a SOCKS proxy without the extra for SOCKS."""
    proxy = read_proxy_address(text, source)
    if proxy.socks and find_spec("socks") is None:
        raise UsageError(f"{source} names a SOCKS proxy, and PySocks is missing", hint=EXTRA)
    return proxy


def standard_proxy(host: str, port: int) -> Proxy | None:
    """Return the proxy for a host, from the standard variables or the system settings.

    Raises ``NothingRan`` where they name no proxy but something else.
    """
    from requests.utils import get_environ_proxies, select_proxy  # the parser of options needs no requests

    url = f"https://{with_brackets(host)}:{port}"
    named = select_proxy(url, get_environ_proxies(url))
    if not named:
        return None
    source = next((name for name in VARIABLES if os.environ.get(name) == named), "the system's settings")
    try:
        return read_proxy(named, source)
    except UsageError as error:
        raise NothingRan(error.message, hint=error.hint) from None


def hide_credentials(text: str) -> str:
    """Return a text without the user and the password of any URL in it."""
    return hide_logins(text, os.environ)
