"""The login in the address of a proxy, however badly it is written, and texts without it.

A password with a blank or with ``/``, ``@``, ``#`` and the like in it makes an address that no parser takes, and each
parser quotes another part of such an address in what it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

MASK = "***"
#: Characters of a piece of a login; what is shorter would be masked in every other word.
SHORTEST = 4
#: What separates the parts of an address for some parser.
BETWEEN = re.compile(r"[\s/?#@:;,\\\[\]\"'|<>{}^`]+")
#: The standard variables, in lower case.
VARIABLES = frozenset({"http_proxy", "https_proxy", "all_proxy", "ftp_proxy", "ws_proxy", "wss_proxy"})
#: User and password in a URL, wherever it stands in a text; with a colon in it, which begins no port, up to the last @.
WITH_PASSWORD = re.compile(r"(?<=//)[^\s/?#:@\[]*:(?!\d{1,5}(?:[/?#\s'\"]|$))(?:(?!://)[^\n\"'])*(?=@)")
CREDENTIALS = re.compile(r"(?<=//)[^\s/]*(?=@)")
SCHEME = re.compile(r"[A-Za-z][\w+.-]*://")
#: What urllib3 quotes of an address that it cannot read.
UNREADABLE = re.compile(r"(?<=Failed to parse: )\S.*?(?= is not a valid host or port|$)", re.MULTILINE)


def login_of(address: str) -> str:
    """What stands before the last ``@`` of an address, without the scheme; empty where there is no login."""
    scheme = SCHEME.match(address)
    return address[scheme.end() if scheme else 0 :].rpartition("@")[0]


def password_pieces(address: str | None) -> Iterator[str]:
    """The password of an address, as it is and without its escapes, and what a parser may take for a part of it."""
    from urllib.parse import unquote

    password = login_of(address or "").partition(":")[2]
    for written in dict.fromkeys((password, unquote(password))):
        yield written
        yield from (piece for piece in BETWEEN.split(written) if len(piece) >= SHORTEST)


def hide_login(address: str) -> str:
    """An address, and nothing else, without its login."""
    login = login_of(address)
    return address.replace(f"{login}@", f"{MASK}@", 1) if login else address


def hide_logins(text: str, environ: Mapping[str, str]) -> str:
    """A text without the user and the password of any URL in it, and without those that the proxy variables have."""
    for name, address in environ.items():
        if name.lower() in VARIABLES and address and "@" in address:
            text = text.replace(f"{login_of(address)}@", f"{MASK}@")
            pieces = (piece for piece in password_pieces(address) if len(piece) >= SHORTEST)
            for piece in sorted(pieces, key=len, reverse=True):
                text = text.replace(piece, MASK)
    for look in (WITH_PASSWORD, CREDENTIALS):
        text = look.sub(MASK, text)
    return UNREADABLE.sub(MASK, text)
