"""The signature of a request to the AWS API, Signature Version 4, checked as AWS checks it.

The algorithm is the one that AWS documents for signed API requests: a canonical form of the request, a string to sign
with the scope of the key, and a key that is derived from the secret for that scope.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote, unquote

from mwaa_shell.settings import AccessKey

ALGORITHM = "AWS4-HMAC-SHA256"
#: What the name of a service is to signatures; MWAA's is not its host's.
SERVICE = "airflow"
#: Seconds that the clock of a client may be away from AWS's.
SKEW = 300
_AUTHORIZATION = re.compile(
    rf"{ALGORITHM}\s+Credential=(?P<key>[^/,\s]+)/(?P<day>\d{{8}})/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)"
    r"/aws4_request,\s*SignedHeaders=(?P<headers>[a-z0-9;-]+),\s*Signature=(?P<signature>[0-9a-f]{64})",
    re.ASCII,
)
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)


class SignedRequest(NamedTuple):
    """A request as it arrived."""

    method: str
    target: str  #: the path and the query, percent-encoded
    headers: Mapping[str, Sequence[str]]  #: by name in small letters
    body: bytes = b""


class Complaint(NamedTuple):
    """Why AWS does not accept a signature: all of these are HTTP 403."""

    code: str
    message: str


def complaint(request: SignedRequest, keys: AccessKey, region: str, now: datetime) -> Complaint | None:
    """Return why the signature of a request is not accepted, ``None`` for a good one."""
    authorization = " ".join(request.headers.get("authorization", ()))
    if not authorization:
        return Complaint("MissingAuthenticationTokenException", "Missing Authentication Token")
    found = _AUTHORIZATION.fullmatch(authorization.strip())
    moment = _moment(" ".join(request.headers.get("x-amz-date", ())))
    if found is None or moment is None:
        what = "the Authorization header" if found is None else "X-Amz-Date"
        return Complaint("IncompleteSignatureException", f"{what} is not complete: {ALGORITHM} is needed")
    if not hmac.compare_digest(found["key"].encode(), keys.access_key.encode()):
        return Complaint("UnrecognizedClientException", "The security token included in the request is invalid.")
    if (found["region"], found["service"]) != (region, SERVICE):
        wrong = f"to a valid region ({region})" if found["region"] != region else f"to the correct service ({SERVICE})"
        return Complaint("InvalidSignatureException", f"Credential should be scoped {wrong}.")
    if abs((now - moment).total_seconds()) > SKEW or found["day"] != f"{moment:%Y%m%d}":
        return Complaint(
            "InvalidSignatureException", f"Signature expired: {moment:%Y%m%dT%H%M%SZ} is not the time here"
        )
    names = found["headers"].split(";")
    if "host" not in names or not set(names) <= set(request.headers):
        return Complaint("InvalidSignatureException", _MISMATCH)
    expected = _sign(request, names, keys.secret_key, moment, f"{found['day']}/{region}/{SERVICE}/aws4_request")
    return (
        None if hmac.compare_digest(expected, found["signature"]) else Complaint("InvalidSignatureException", _MISMATCH)
    )


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _sign(request: SignedRequest, names: Sequence[str], secret: str, moment: datetime, scope: str) -> str:
    """Return the signature that a request must have."""
    text = "\n".join(
        (ALGORITHM, f"{moment:%Y%m%dT%H%M%SZ}", scope, hashlib.sha256(_canonical(request, names)).hexdigest())
    )
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def _canonical(request: SignedRequest, names: Sequence[str]) -> bytes:
    """Return the canonical form of a request. The path is encoded once more, as for every service but S3."""
    path, _, query = request.target.partition("?")
    pairs = sorted(tuple(_encoded(part) for part in (name, value)) for name, _, value in _pairs(query))
    headers = [f"{name}:{','.join(' '.join(value.split()) for value in request.headers[name])}" for name in names]
    lines = (
        request.method,
        quote(path or "/", safe="/~"),
        "&".join(f"{name}={value}" for name, value in pairs),
        *headers,
        "",
        ";".join(names),
        hashlib.sha256(request.body).hexdigest(),
    )
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _pairs(query: str) -> list[tuple[str, str, str]]:
    return [part.partition("=") for part in query.split("&") if part]


def _encoded(text: str) -> str:
    return quote(unquote(text), safe="-_.~")
