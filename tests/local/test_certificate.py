"""The certificate of a local web server: for this machine alone, trusted with its authority."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path

import pytest

from mwaa_shell.errors import LocalProblem
from mwaa_shell.local import launcher
from mwaa_shell.local.http_server import AUTHORITY, server_context
from mwaa_shell.settings import LocalSettings


def handshake(context: ssl.SSLContext, authority: Path, name: str) -> dict[str, object]:
    """Return what a client that trusts an authority sees of a server."""
    here, there = socket.socketpair()
    server = threading.Thread(target=lambda: served(context, there))
    server.start()
    try:
        with ssl.create_default_context(cafile=str(authority)).wrap_socket(here, server_hostname=name) as client:
            return dict(client.getpeercert() or {})
    finally:
        here.close()
        server.join()


def served(context: ssl.SSLContext, connection: socket.socket) -> None:
    try:
        with context.wrap_socket(connection, server_side=True) as server:
            server.recv(1)
    except OSError:
        pass
    finally:
        connection.close()


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_clients_that_trust_the_authority_reach_this_machine(tmp_path: Path, name: str) -> None:
    context = server_context(tmp_path)
    seen = handshake(context, tmp_path / AUTHORITY, name)
    issuer = {key: value for part in seen["issuer"] for key, value in part}  # type: ignore[attr-defined]
    assert issuer["organizationName"] == "mwaa-shell --local"
    lasts = ssl.cert_time_to_seconds(str(seen["notAfter"])) - ssl.cert_time_to_seconds(str(seen["notBefore"]))
    assert lasts > 0


def test_other_names_and_other_authorities_are_refused(tmp_path: Path) -> None:
    context = server_context(tmp_path)
    (tmp_path / "other").mkdir()
    server_context(tmp_path / "other")
    for authority, name in ((tmp_path, "example.com"), (tmp_path / "other", "127.0.0.1")):
        with pytest.raises(ssl.SSLCertVerificationError):
            handshake(context, authority / AUTHORITY, name)


def test_only_certificates_of_authority_and_server_are_written(tmp_path: Path) -> None:
    server_context(tmp_path)
    assert {one.name for one in tmp_path.iterdir()} == {"ca.pem", "server.pem"}
    assert "PRIVATE KEY" not in (tmp_path / "ca.pem").read_text()


def test_without_trustme_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "find_spec", lambda name: None)
    starting = launcher.running(LocalSettings(("2.10.3",)), 20.0, lambda text: None)
    with pytest.raises(LocalProblem, match="trustme is missing"), starting:
        pass
