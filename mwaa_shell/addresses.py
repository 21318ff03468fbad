"""Addresses of proxies, their logins, and ``--connect-to`` rules.

A login is masked in every text, even in a malformed address. No parser accepts a password with a blank, ``/``, ``@`` or
``#``, and each parser quotes another part of such an address in its message.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from mwaa_shell.errors import UsageError

#: The kinds of proxy, and the port of each that names none. ``socks5`` resolves names here, ``socks5h`` at the proxy.
PROXY_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}
_PART = r"(\[[^\s\[\]/@]+\]|[^\s:\[\]/@]*)"
_CONNECT_TO = re.compile(rf"{_PART}:(\d*):{_PART}:(\d*)")
#: Replaces a secret, as in Airflow.
MASK = "***"
#: Characters of a secret. Shorter ones would be masked in ordinary words.
SHORTEST = 4
#: What separates the parts of an address for some parser.
BETWEEN = re.compile(r"[\s/?#@:;,\\\[\]\"'|<>{}^`]+")
#: The standard environment variables for proxies, in lower case.
VARIABLES = frozenset({"http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "ws_proxy", "wss_proxy"})
#: User and password in a URL, wherever it is in a text; with a colon in it, which begins no port, up to the last @.
WITH_PASSWORD = re.compile(r"(?<=//)[^\s/?#:@\[]*:(?!\d{1,5}(?:[/?#\s'\"]|$))(?:(?!://)[^\n\"'])*(?=@)")
CREDENTIALS = re.compile(r"(?<=//)[^\s/]*(?=@)")
SCHEME = re.compile(r"[A-Za-z][\w+.-]*://")
#: What urllib3 quotes of an address that it cannot read.
UNREADABLE = re.compile(r"(?<=Failed to parse: )\S.*?(?= is not a valid host or port|$)", re.MULTILINE)


def login_of(address: str) -> str:
    """Return the login of an address, up to the last ``@``, or an empty string."""
    scheme = SCHEME.match(address)
    return address[scheme.end() if scheme else 0 :].rpartition("@")[0]


def password_pieces(address: str | None) -> Iterator[str]:
    """Yield the password of an address and its parts, as written and unescaped."""
    password = login_of(address or "").partition(":")[2]
    for written in dict.fromkeys((password, unquote(password))):
        yield written
        yield from (piece for piece in BETWEEN.split(written) if len(piece) >= SHORTEST)


def hide_login(address: str) -> str:
    """Return an address without its login."""
    login = login_of(address)
    return address.replace(f"{login}@", f"{MASK}@", 1) if login else address


def hide_logins(text: str, environ: Mapping[str, str]) -> str:
    """Return a text without the logins of its URLs and of the proxy variables."""
    for name, address in environ.items():
        if name.lower() in VARIABLES and address and "@" in address:
            text = text.replace(f"{login_of(address)}@", f"{MASK}@")
            pieces = (piece for piece in password_pieces(address) if len(piece) >= SHORTEST)
            for piece in sorted(pieces, key=len, reverse=True):
                text = text.replace(piece, MASK)
    for look in (WITH_PASSWORD, CREDENTIALS):
        text = look.sub(MASK, text)
    return UNREADABLE.sub(MASK, text)


class Proxy(NamedTuple):
    """A proxy and its source. The URL may hold a password, ``str()`` does not."""

    scheme: str
    host: str
    port: int
    source: str  #: an option or a variable
    url: str = ""

    @property
    def socks(self) -> bool:
        return self.scheme.startswith("socks")

    def __repr__(self) -> str:
        return f"{self.scheme}://{with_brackets(self.host)}:{self.port}"


class ConnectTo(NamedTuple):
    """One ``--connect-to`` rule: a host and port, and where they lead.

    An empty host or port matches any, and leads to the same.
    """

    host: str
    port: int | None
    to_host: str
    to_port: int | None

    def holds_for(self, host: str, port: int) -> bool:
        """Return whether the rule holds for this host and port."""
        return self.host.lower() in ("", host.lower()) and self.port in (None, port)


def read_proxy_address(text: str, source: str = "--proxy") -> Proxy:
    """Return the proxy of a URL, ``http`` without a scheme, as in curl.

    Raises ``UsageError``, which quotes no part of the URL.
    """
    url = text if "://" in text else f"http://{text}"
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme.lower(), parts.hostname or "", parts.port
    except ValueError:
        raise _malformed(source) from None
    strange = re.search(r"[^\x21-\x7e]", url) or parts.path not in ("", "/") or parts.query or parts.fragment
    if scheme not in PROXY_PORTS or not host or strange or port == 0:
        raise _malformed(source)
    return Proxy(scheme, host, port or PROXY_PORTS[scheme], source, url)


def _malformed(source: str) -> UsageError:
    return UsageError(
        f"{source} requires the URL of a proxy, such as socks5h://127.0.0.1:1080 or http://proxy.example:3128",
        hint="In a password, write %40 for @, %3A for :, %2F for / and %23 for #.",
    )


def read_connect_to(text: str) -> ConnectTo:
    """Return the rule of curl's ``HOST:PORT:HOST:PORT``. Raises ``UsageError``."""
    found = _CONNECT_TO.fullmatch(text)
    ports = [int(port[:6]) if port else None for port in (found[2], found[4])] if found else []
    if found is None or any(port is not None and not 0 < port < 65536 for port in ports):
        raise UsageError(
            f"--connect-to requires HOST:PORT:HOST:PORT, not '{hide_logins(text, os.environ)}'",
            hint="Write it as in --connect-to ::127.0.0.1:8443.",
        )
    if not found[3] and not found[4]:
        raise UsageError(f"--connect-to {text} changes nothing", hint="Name a host or a port to connect to.")
    return ConnectTo(found[1].strip("[]"), ports[0], found[3].strip("[]"), ports[1])


def with_brackets(host: str) -> str:
    """Return a host for an address: an IPv6 address gets its brackets."""
    return f"[{host}]" if ":" in host else host
