"""The TLS certificate of a local environment's web server, made by trustme at each start, for 127.0.0.1 alone."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

from mwaa_shell.errors import LocalProblem

#: The file that clients have to trust, in the folder of the certificate.
AUTHORITY = "ca.pem"
#: Who signs, as the doctor and browsers show it.
ISSUER = "mwaa-shell --local"
#: How long a certificate is valid. It ends with the server in any case.
VALID = timedelta(days=7)


def require_trustme() -> None:
    """Raise ``LocalProblem`` if trustme is not installed, before anything else takes minutes."""
    if find_spec("trustme") is None:
        raise LocalProblem("trustme, which makes the certificate, is missing: install mwaa-shell with [local]")


def server_context(folder: Path) -> ssl.SSLContext:
    """Return what the web server speaks TLS with. Write its certificate and its authority's into an owner-only folder.

    The key of the authority is in no file and ends with this call.
    """
    import trustme  # imports cryptography: 60 ms, and only the server of local environments needs it

    authority = trustme.CA(organization_name=ISSUER)
    until = datetime.now(UTC) + VALID
    issued = authority.issue_cert("127.0.0.1", "localhost", organization_name=ISSUER, not_after=until)
    authority.cert_pem.write_to_path(str(folder / AUTHORITY))
    issued.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(folder / "server.pem")
    return context
